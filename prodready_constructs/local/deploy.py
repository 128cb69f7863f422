"""The real CDK CLI against the emulator: bootstrap, deploy, destroy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from prodready_constructs.local.assembly import Assembly, Stack
from prodready_constructs.local.processes import ProcessGroup
from prodready_constructs.local.session import Session

_TAIL = 3000


class DeploymentError(RuntimeError):
    """The CDK CLI failed; the message carries what it said last."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run of the CLI ended."""

    exit_code: int
    said: str


def bootstrap(session: Session, assembly: Assembly, *, log: Path) -> list[str]:
    """``cdk bootstrap`` every account and region that the assembly goes to; returns them as ``aws://account/region``."""
    done: list[str] = []
    for account, regions in assembly.environments.items():
        targets = [f"aws://{account}/{region}" for region in regions]
        _demand(run_cdk(session, ["bootstrap", *targets, "--no-notices"], account=account, region=regions[0], log=log), "cdk bootstrap")
        done += targets
    return done


def deploy(session: Session, assembly: Assembly, *, log: Path, only: Iterable[Stack] | None = None) -> None:
    """``cdk deploy`` the stacks (all, by default) with what they need."""
    for account, region, stacks in _by_account(assembly.roots if only is None else only):
        _demand(try_deploy(session, assembly, stacks, account=account, region=region, log=log), f"cdk deploy {' '.join(stacks)}")


def try_deploy(session: Session, assembly: Assembly, stacks: Sequence[str], *, account: str, region: str, log: Path) -> Outcome:
    """``cdk deploy``, its failure returned rather than raised."""
    options = ["--require-approval", "never", "--no-notices", "--ci", "--concurrency", "4", "--progress", "events"]
    command = ["deploy", "--app", str(assembly.folder.resolve()), *stacks, *options]
    return run_cdk(session, command, account=account, region=region, log=log)


def destroy(session: Session, assembly: Assembly, *, log: Path) -> None:
    """``cdk destroy`` every stack of the assembly."""
    for account, region, stacks in _by_account(assembly.stacks):
        command = ["destroy", "--app", str(assembly.folder.resolve()), *stacks, "--force", "--no-notices", "--ci", "--concurrency", "4"]
        _demand(run_cdk(session, command, account=account, region=region, log=log), f"cdk destroy {' '.join(stacks)}")


def run_cdk(session: Session, arguments: Sequence[str], *, account: str, region: str, log: Path) -> Outcome:
    """Run the CLI away from any ``cdk.json``, and keep what it says in *log*."""
    folder = session.folder / "work"
    folder.mkdir(exist_ok=True)
    with log.open("ab") as output:
        output.write(f"\n$ cdk {' '.join(arguments)}\n".encode())
        output.flush()
        start = output.tell()
        command = [str(session.tools.cdk), *arguments]
        code = ProcessGroup(command, environment=session.environment(account, region), folder=folder, log=output).wait()
    with log.open("rb") as written:
        written.seek(start)
        return Outcome(code, written.read().decode(errors="replace"))


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
