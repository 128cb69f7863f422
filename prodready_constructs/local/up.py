"""``up``: deploy an assembly to the emulator, read it back, run the drills, take it down, write the report."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.local import deploy
from prodready_constructs.local.alert_drill import alert_becomes_a_message
from prodready_constructs.local.assembly import Assembly, load
from prodready_constructs.local.background_drills import dead_letters_come_back, schedule_starts_its_job, smoke_test_decides
from prodready_constructs.local.drills import Drill, failing_update, gone, refused_deletion, refused_replacement, run_drill
from prodready_constructs.local.processes import signals_unwind
from prodready_constructs.local.progress import Progress
from prodready_constructs.local.readback import Kind, ReadBack, read_back
from prodready_constructs.local.readback.table import differing, totals
from prodready_constructs.local.report import Evidence, write_report
from prodready_constructs.local.restore_drill import restored_store_is_looked_into
from prodready_constructs.local.session import Session, SessionError, emulator
from prodready_constructs.local.tools import find_tools
from prodready_constructs.local.users_drill import users_come_back

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns the exit code: 0 when all that was read agrees and every drill passed."""
    arguments = _arguments().parse_args(argv)
    progress = Progress()
    try:
        with signals_unwind():
            return _Run(arguments.assembly, arguments.lock, arguments.out, progress).run()
    except (ConfigurationError, SessionError, deploy.DeploymentError) as error:
        progress.say(f"\nfailed: {error}")
        return 1
    except KeyboardInterrupt as stop:
        progress.say(f"\nstopped ({stop or 'Ctrl-C'}): the emulator and everything it started were ended")
        return _INTERRUPTED


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="prodready_constructs.local", description=__doc__)
    commands = parser.add_subparsers(required=True)
    up = commands.add_parser("up", help="deploy to the embedded emulator, read back, drill, destroy, report")
    up.add_argument("--assembly", type=Path, default=Path("cdk.out"), help="what cdk synth wrote (cdk.out)")
    up.add_argument("--lock", type=Path, help="the committed lock of stateful resources; made for the drill when not given")
    up.add_argument("--out", type=Path, default=Path("build"), help="where the report and the logs go (build)")
    return parser


@dataclass
class _Run:
    assembly_folder: Path
    lock: Path | None
    out: Path
    progress: Progress
    drills: list[Drill] = field(default_factory=list)
    found: ReadBack = field(default_factory=lambda: ReadBack((), ()))

    def run(self) -> int:
        self.out.mkdir(parents=True, exist_ok=True)
        log = self.out / "cdk.log"
        log.write_bytes(b"")
        with self.progress.phase("reading the assembly"):
            assembly = load(self.assembly_folder)
            tools = find_tools(Path.cwd())
            lock = self.lock if self.lock and self.lock.is_file() else None
        first = assembly.stacks[0]
        failure: BaseException | None = None
        try:
            with emulator(tools, account=first.account, region=first.region, log=self.out / "emulator.log") as session:
                self.progress.say(f"  the emulator listens on {session.endpoint}")
                self._in_emulator(session, assembly, lock, log)
            self.progress.say("✓ the emulator has ended: no process and no open port is left")
        except BaseException as error:
            failure = error
            raise
        finally:
            self._report(assembly, failure)
        self._summarize()
        return 0 if self._passed() else 1

    def _in_emulator(self, session: Session, assembly: Assembly, lock: Path | None, log: Path) -> None:
        with self.progress.phase("cdk bootstrap"):
            done = deploy.bootstrap(session, assembly, log=log)
        self.progress.say(f"  {', '.join(done)}")
        with self.progress.phase(f"cdk deploy {' '.join(stack.id for stack in assembly.roots)}, and what they need"):
            deploy.deploy(session, assembly, log=log)
        with self.progress.phase("reading the hardening back"):
            self.found = read_back(session, assembly)
        self._print_rows()
        with tempfile.TemporaryDirectory(prefix="prodready-drills-") as folder:
            self._drill("a failing update rolls back", lambda: failing_update(session, assembly, folder=Path(folder), log=log))
            self._drill("a stateful replacement is refused", lambda: refused_replacement(assembly, lock, folder=Path(folder)))
            self._drill("dead letters come back, once", lambda: dead_letters_come_back(session, assembly))
            self._drill("a smoke test stops a release or lets it through", lambda: smoke_test_decides(session, assembly))
            self._drill("a schedule starts its job", lambda: schedule_starts_its_job(session, assembly))
            self._drill("an alert becomes a message", lambda: alert_becomes_a_message(session, assembly))
            self._drill("a restored store is looked into", lambda: restored_store_is_looked_into(session, assembly))
            self._drill("the users of a lost pool come back", lambda: users_come_back(session, assembly, folder=Path(folder)))
        self._drill("a protected stack cannot be deleted", lambda: refused_deletion(session, assembly))
        with self.progress.phase("cdk destroy"):
            deploy.destroy(session, assembly, log=log)
        self._drill("everything is deleted", lambda: gone(session, assembly))

    def _drill(self, name: str, steps: Callable[[], Iterator[str]]) -> None:
        with self.progress.phase(f"drill: {name}"):
            self.drills.append(run_drill(name, steps()))
        for step in self.drills[-1].steps:
            self.progress.say(f"  {step}")

    def _print_rows(self) -> None:
        header = ("resource", "property", "expected", "found", "how", "")
        shown = sorted((row for row in self.found.rows if row.kind is not Kind.TEMPLATE_ONLY), key=lambda row: (row.stack, row.construct))
        for (stack, construct), rows in groupby(shown, key=lambda row: (row.stack, row.construct)):
            cells = [
                (row.resource, row.property, row.expected, row.found, row.kind.value, "agrees" if row.agrees else "DIFFERS") for row in rows
            ]
            self.progress.table(construct if construct.startswith(stack) else f"{stack}: {construct}", header, cells)
        unread = Counter(row.type for row in self.found.rows if row.kind is Kind.TEMPLATE_ONLY)
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(unread.items()))
        self.progress.say(f"\ntemplate-only (asserted on the template by the tests, not read here): {listed or 'none'}\n")

    def _passed(self) -> bool:
        return not differing(self.found.rows) and bool(self.drills) and all(drill.passed for drill in self.drills)

    def _report(self, assembly: Assembly, failure: BaseException | None) -> None:
        evidence = Evidence(
            assembly=assembly,
            found=self.found,
            drills=tuple(self.drills),
            phases=tuple(self.progress.phases),
            failure=None if failure is None else f"{type(failure).__name__}: {failure}",
        )
        for file in write_report(evidence, self.out):
            self.progress.say(f"wrote {file}")

    def _summarize(self) -> None:
        for row in differing(self.found.rows):
            self.progress.say(f"DIFFERS {row.construct} {row.resource}.{row.property}: expected {row.expected}, found {row.found}")
        counted = ", ".join(f"{count} {name}" for name, count in totals(self.found.rows).items())
        passed = sum(drill.passed for drill in self.drills)
        self.progress.say(f"{counted}; {passed} of {len(self.drills)} drills passed")
        if self.found.unsupported:
            self.progress.say(f"unsupported by the emulator, recorded only: {', '.join(self.found.unsupported)}")


if __name__ == "__main__":
    sys.exit(main())
