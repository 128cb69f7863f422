"""A plug-in of pytest: has every place that describes an alarm been visited by some test? Asked after a run of all tests that went well.

A place no test has come to describes alarms that nobody has evaluated: the run fails, and names the file and the line.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloudwatch.witness import Seen, escaped, places, witnessed

TESTS = Path(__file__).parents[2]
_LINES, _WHOLE = "alarm_lines", "whole_run"


class RollCall:
    """Witnesses from the moment it is made; with several workers each of them tells the one that leads."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._until = ExitStack()
        #: What was described until now.
        self.seen: Seen = self._until.enter_context(witnessed())
        self._whole: list[bool] = []
        self._missing: list[str] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A worker tells what it saw; who has no workers, or leads them, judges."""
        told = getattr(self._config, "workeroutput", None)
        if told is not None:
            told[_LINES], told[_WHOLE] = sorted(self.seen.lines), is_whole(session)
            return
        if not self._whole:
            self._whole = [is_whole(session)]
        if session.exitstatus == pytest.ExitCode.OK and all(self._whole):
            self._missing = escaped(self.seen.lines, places())
        if self._missing:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker is done. One that crashed tells nothing, and then nobody can say what escaped."""
        told = getattr(node, "workeroutput", {})
        self.seen.lines.update((file, line) for file, line in told.get(_LINES, ()))
        self._whole.append(bool(told.get(_WHOLE)))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it where people look."""
        for place in self._missing:
            terminalreporter.write_line(f"FAILED {place}: no test describes this alarm, so nobody has evaluated it", red=True)

    def pytest_unconfigure(self) -> None:
        """Nobody looks any more."""
        self._until.close()


def is_whole(session: pytest.Session) -> bool:
    """Whether all tests were asked for: each test module has come, and none was left out by its name or mark."""
    options = session.config.option
    there = {item.path for item in session.items}
    return not options.keyword and not options.markexpr and there >= set(TESTS.rglob("test_*.py"))
