"""The real CDK CLI against the emulator: bootstrap, deploy, destroy; accounts side by side, for none needs another."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from prodready_constructs.local.assembly import Assembly, Stack
from prodready_constructs.local.processes import ProcessGroup, side_by_side
from prodready_constructs.local.session import Session

_TAIL = 3000
_WRITING = threading.Lock()


class DeploymentError(RuntimeError):
    """The CDK CLI failed; the message carries what it said last."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run of the CLI ended."""

    exit_code: int
    said: str


def bootstrap(session: Session, assembly: Assembly, *, log: Path) -> list[str]:
    """``cdk bootstrap`` every account and region that the assembly goes to; returns them as ``aws://account/region``."""
    targets = {account: [f"aws://{account}/{region}" for region in regions] for account, regions in assembly.environments.items()}

    def one(account: str, region: str) -> None:
        command = ["bootstrap", *targets[account], "--no-notices"]
        _demand(run_cdk(session, command, account=account, region=region, log=log), "cdk bootstrap")

    side_by_side([partial(one, account, regions[0]) for account, regions in assembly.environments.items()])
    return [target for each in targets.values() for target in each]


def deploy(session: Session, assembly: Assembly, *, log: Path, only: Iterable[Stack] | None = None) -> None:
    """``cdk deploy`` the stacks (all, by default) with what they need."""

    def one(account: str, region: str, stacks: Sequence[str]) -> None:
        _demand(try_deploy(session, assembly, stacks, account=account, region=region, log=log), f"cdk deploy {' '.join(stacks)}")

    side_by_side([partial(one, *each) for each in _by_account(assembly.roots if only is None else only)])


def try_deploy(session: Session, assembly: Assembly, stacks: Sequence[str], *, account: str, region: str, log: Path) -> Outcome:
    """``cdk deploy``, its failure returned rather than raised."""
    options = ["--require-approval", "never", "--no-notices", "--ci", "--concurrency", "4", "--progress", "events"]
    command = ["deploy", "--app", str(assembly.folder.resolve()), *stacks, *options]
    return run_cdk(session, command, account=account, region=region, log=log)


def destroy(session: Session, assembly: Assembly, *, log: Path) -> None:
    """``cdk destroy`` every stack of the assembly."""

    def one(account: str, region: str, stacks: Sequence[str]) -> None:
        command = ["destroy", "--app", str(assembly.folder.resolve()), *stacks, "--force", "--no-notices", "--ci", "--concurrency", "4"]
        _demand(run_cdk(session, command, account=account, region=region, log=log), f"cdk destroy {' '.join(stacks)}")

    side_by_side([partial(one, *each) for each in _by_account(assembly.stacks)])


def run_cdk(session: Session, arguments: Sequence[str], *, account: str, region: str, log: Path) -> Outcome:
    """Run the CLI away from any ``cdk.json``, and keep what it says in *log*: each run in one piece, when it has ended."""
    # A home of its own for each account: the CLI keeps in it which account it speaks for.
    home = session.folder / account
    home.mkdir(exist_ok=True)
    command = [str(session.tools.cdk), *arguments]
    environment = {**session.environment(account, region), "HOME": str(home)}
    with tempfile.TemporaryFile(dir=home) as output:
        try:
            code = ProcessGroup(command, environment=environment, folder=home, log=output).wait()
        finally:
            output.seek(0)
            said = output.read()
            with _WRITING, log.open("ab") as kept:
                kept.write(f"\n$ cdk {' '.join(arguments)}\n".encode() + said)
    return Outcome(code, said.decode(errors="replace"))


def _by_account(stacks: Iterable[Stack]) -> list[tuple[str, str, list[str]]]:
    ordered = sorted(stacks, key=lambda stack: stack.account)
    groups = ((account, list(group)) for account, group in groupby(ordered, key=lambda stack: stack.account))
    return [(account, group[0].region, [stack.id for stack in group]) for account, group in groups]


def _demand(outcome: Outcome, command: str) -> None:
    if outcome.exit_code:
        raise DeploymentError(f"{command} ended with {outcome.exit_code}:\n{reason(outcome)}")


def reason(outcome: Outcome) -> str:
    """The part of the CLI's words that says what failed."""
    start = outcome.said.find("Failed resources:")
    return (outcome.said[start:] if start >= 0 else outcome.said)[-_TAIL:].strip()
