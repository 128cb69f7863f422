"""How somebody gets to a store at night, as a page of the runbooks."""

from __future__ import annotations

from prodready_constructs.contracts import ProcedureSpec, ProcedureStep, Severity
from prodready_constructs.network.bastion.tunnel import Tunnel


def reach(tunnel: Tunnel, *, path: str, wake: str | None) -> ProcedureSpec:
    """The page of one *tunnel* of the bastion at *path*; *wake* starts a bastion that may be asleep."""
    asleep = (
        ProcedureStep(
            do="Wake the bastion, if it is off hours: it takes two minutes",
            command=wake or "",
            expected="(no output)",
        )
        if wake
        else None
    )
    signs_in = (
        ProcedureStep(
            do="Sign in, in another terminal; it asks Secrets Manager for the password",
            command=tunnel.sign_in,
            expected="the prompt of the client",
        )
        if tunnel.sign_in
        else None
    )
    opens = ProcedureStep(
        do=f"Open the tunnel to 127.0.0.1:{tunnel.local_port}; it stays in the foreground until you interrupt it",
        command=tunnel.command,
        expected="Waiting for connections...",
    )
    return ProcedureSpec(
        id=f"Reach{tunnel.name}",
        title=f"Reach {tunnel.name} from your machine",
        when=f"{tunnel.name} must be looked into by hand. It has no address outside its network; {path} is the way to it.",
        steps=tuple(step for step in (asleep, opens, signs_in) if step),
        verify=(
            ProcedureStep(
                do="See your session, and nobody's that should not be there",
                command="aws ssm describe-sessions --state Active --query 'Sessions[].[Owner,DocumentName,StartDate]' --output table",
                expected=f"one line with your name and {tunnel.document}",
            ),
        ),
        escalation="No session after ten minutes: ask whoever grants sessions, and look at the alarms of the bastion.",
        severity=Severity.WARNING,
    )
