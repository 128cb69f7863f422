"""The commands of ``prodready``, each a few lines over ``evidence`` and ``local``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from prodready_constructs.cli import publish
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.approvals import approvals_file
from prodready_constructs.evidence.lock import Change, check_lock, write_lock
from prodready_constructs.evidence.objectives import expired, objectives_in, table
from prodready_constructs.evidence.runbooks import runbook_document, write_runbooks

#: Exit codes: something is wrong with the app; something is wrong with the command.
REFUSED, MISUSED = 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 refused (said which and why), 2 a command that cannot be."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except ConfigurationError as error:
        # One line, whatever was given: what reads it is a terminal or a log.
        print(f"prodready: {' '.join(str(error).split())}", file=sys.stderr)
        return MISUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="prodready", description="Reads what cdk synth wrote.", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    assembly = argparse.ArgumentParser(add_help=False)
    assembly.add_argument("--assembly", type=Path, default=Path("cdk.out"), help="what cdk synth wrote (cdk.out)")
    locked = argparse.ArgumentParser(add_help=False)
    locked.add_argument("--lock", type=Path, default=Path("stateful.lock.json"), help="the committed lock (stateful.lock.json)")

    about = "take the stateful resources as they stand into the lock; refused while a loss is not approved"
    lock = commands.add_parser("lock", parents=[assembly, locked], help=about, description=about, allow_abbrev=False)
    lock.set_defaults(run=_lock)
    about = "list what the assembly would do to the locked resources; status 1 where one would be lost"
    check = commands.add_parser("check", parents=[assembly, locked], help=about, description=about, allow_abbrev=False)
    check.set_defaults(run=_check)
    about = "write a page for every alarm, every restore and every other recovery"
    runbooks = commands.add_parser("runbooks", parents=[assembly], help=about, description=about, allow_abbrev=False)
    runbooks.add_argument("--out", type=Path, default=Path("build/runbooks"), help="a directory of their own (build/runbooks)")
    runbooks.add_argument(
        "--html", type=Path, metavar="FILE", help="all of them in one HTML file too, to print and to have without a network"
    )
    runbooks.add_argument("--stacks", default="*", help="only stacks whose name is like this: 'Prod*'")
    runbooks.set_defaults(run=_runbooks)
    about = "print every way back from a loss: what it loses, how long it takes, who says so; status 1 where a measurement is too old"
    objectives = commands.add_parser("objectives", parents=[assembly], help=about, description=about, allow_abbrev=False)
    objectives.add_argument("--json", action="store_true", help="as JSON")
    objectives.set_defaults(run=_objectives)
    publish.add_command(commands, _publish)
    about = "deploy to the embedded emulator; `prodready local up --help` says more"
    local = commands.add_parser("local", help=about, description=about, allow_abbrev=False)
    local.add_argument("rest", nargs=argparse.REMAINDER, metavar="up ...")
    local.set_defaults(run=_local)
    return parser


def _lock(arguments: argparse.Namespace) -> int:
    # What is wrong with an approval is the guard's to say; only a loss keeps the lock from being written.
    if losses := [change for change in _changes(arguments) if change.blocks and change.kind != "stale approval"]:
        return _refuse(losses, arguments.lock)
    for change in write_lock(arguments.assembly, arguments.lock, today=date.today()):
        print(change)
    print(f"wrote {arguments.lock}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    changes = _changes(arguments)
    for change in changes:
        if not change.blocks:
            print(change)
    if blocking := [change for change in changes if change.blocks]:
        return _refuse(blocking, arguments.lock)
    print(f"{arguments.lock}: nothing is lost")
    return 0


def _changes(arguments: argparse.Namespace) -> list[Change]:
    return check_lock(arguments.assembly, arguments.lock, today=date.today())


def _refuse(changes: Sequence[Change], lock: Path) -> int:
    for change in changes:
        print(change, file=sys.stderr)
    print(f"{len(changes)} not approved: take each back, or approve it by name in {approvals_file(lock)}", file=sys.stderr)
    return REFUSED


def _runbooks(arguments: argparse.Namespace) -> int:
    written = write_runbooks(arguments.assembly, arguments.out, stacks=arguments.stacks)
    print(f"wrote {len(written)} pages to {arguments.out}")
    if arguments.html:
        page = runbook_document(arguments.assembly, stacks=arguments.stacks)
        arguments.html.parent.mkdir(parents=True, exist_ok=True)
        arguments.html.write_text(page, encoding="utf-8")
        print(f"wrote {arguments.html}")
    return 0


def _objectives(arguments: argparse.Namespace) -> int:
    found = objectives_in(arguments.assembly)
    print(json.dumps(found, indent=2) if arguments.json else table(found))
    old = expired(found, today=date.today())
    for line in old:
        print(line, file=sys.stderr)
    return REFUSED if old else 0


def _publish(arguments: argparse.Namespace) -> int:
    _require_boto3("prodready publish", mend="run: pip install 'prodready-constructs[local]'")
    return publish.run(arguments)


def _local(arguments: argparse.Namespace) -> int:
    _require_boto3("prodready local", mend="run: pip install 'prodready-constructs[local,node]'")
    from prodready_constructs.local.up import main as local  # noqa: PLC0415 - an extra

    return local(arguments.rest)


def _require_boto3(command: str, *, mend: str) -> None:
    if find_spec("boto3") is None:
        raise ConfigurationError(command, given="no boto3", allowed="an environment with the extra 'local'", mend=mend)
