"""Nothing is left behind, whatever the child does."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from prodready_constructs.local.processes import (
    MARKER,
    ProcessGroup,
    StoppedBySignal,
    closed,
    kill_marked,
    marked,
    new_marker,
    side_by_side,
    signals_unwind,
)

#: Ignores TERM, and so does the grandchild that it starts; says when both are ready.
_STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import signal,time,sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", code], start_new_session={escape})
time.sleep(600)
"""


def _start(code: str, marker: str, log: Path) -> ProcessGroup:
    with log.open("wb") as output:
        environment = {**os.environ, MARKER: marker}
        group = ProcessGroup([sys.executable, "-c", code], environment=environment, folder=log.parent, log=output, patience=0.3)
    deadline = time.monotonic() + 20
    while "ready" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return group


@pytest.mark.parametrize("escape", [False, True], ids=["in-its-group", "in-a-session-of-its-own"])
def test_children_that_ignore_term_are_killed(tmp_path: Path, escape: bool) -> None:
    marker = new_marker()
    group = _start(_STUBBORN.format(escape=escape), marker, tmp_path / "log")
    assert len(marked(marker)) == 2
    group.stop()
    kill_marked(marker)
    deadline = time.monotonic() + 5
    while marked(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert marked(marker) == []
    assert not group.alive()


def test_a_child_that_obeys_ends_without_being_killed(tmp_path: Path) -> None:
    code = "import signal,sys,time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('ready', flush=True); time.sleep(600)"
    group = _start(code, new_marker(), tmp_path / "log")
    group.stop()
    assert group.exit_code() == 7


def test_waiting_gives_the_exit_code_and_keeps_the_output(tmp_path: Path) -> None:
    group = _start("print('ready', flush=True); raise SystemExit(3)", new_marker(), tmp_path / "log")
    assert group.wait() == 3
    assert (tmp_path / "log").read_text() == "ready\n"


def _signal_myself(number: signal.Signals) -> None:
    with signals_unwind():
        os.kill(os.getpid(), number)
        time.sleep(5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_signal_unwinds(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(StoppedBySignal, match=number.name):
        _signal_myself(number)
    assert signal.getsignal(number) == before


def test_a_port_is_closed_when_nothing_listens() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        assert not closed(port)
    assert closed(port)


def test_the_emulator_ends_when_its_parent_is_killed() -> None:
    """The watch on stdin, without the emulator: the module is run by name and the parent's end of the pipe is closed."""
    code = (
        "import sys, time, threading; sys.argv = ['emulator']\n"
        "from prodready_constructs.local.emulator.__main__ import _end_with_parent\n"
        "threading.Thread(target=_end_with_parent, daemon=True).start()\n"
        "print('ready', flush=True); time.sleep(600)"
    )
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=log, start_new_session=True)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(timeout=20) == -signal.SIGKILL


def _waiting(code: str, folder: Path, marker: str, codes: list[int]) -> None:
    codes.append(_start(code, marker, folder / new_marker()).wait())


def meet(barrier: threading.Barrier) -> None:
    barrier.wait()


def test_jobs_are_done_side_by_side() -> None:
    meeting = threading.Barrier(2, timeout=20)
    side_by_side([lambda: meet(meeting)] * 2)
    assert not meeting.broken


def test_a_failing_job_is_raised_when_the_others_have_ended() -> None:
    failed, ended = threading.Event(), []

    def fail() -> None:
        failed.set()
        raise ValueError("one")

    def go_on() -> None:
        failed.wait(20)
        time.sleep(0.1)
        ended.append("other")

    with pytest.raises(ValueError, match="one"):
        side_by_side([fail, go_on])
    assert ended == ["other"]


def test_a_signal_ends_what_every_job_waits_for(tmp_path: Path) -> None:
    marker, codes = new_marker(), list[int]()
    code = "import time; print('ready', flush=True); time.sleep(600)"
    jobs = [lambda: _waiting(code, tmp_path, marker, codes)] * 2

    def interrupt() -> None:
        while [log.read_text() for log in tmp_path.iterdir()] != ["ready\n"] * 2:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt, daemon=True).start()
    started = time.monotonic()
    with pytest.raises(StoppedBySignal, match="SIGTERM"), signals_unwind():
        side_by_side(jobs)
    assert time.monotonic() - started < 20
    assert codes == [-signal.SIGTERM] * 2
    assert marked(marker) == []
