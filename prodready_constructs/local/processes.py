"""Child processes that leave nothing behind: each leads a process group, is asked to end, and is then made to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO

#: Carried in the environment of everything a session starts, so that a child that left its group is still found.
MARKER = "PRODREADY_LOCAL_SESSION"
_PROC = Path("/proc")


class StoppedBySignal(KeyboardInterrupt):
    """SIGINT, SIGTERM or SIGHUP arrived; unwound like Ctrl-C so that every ``finally`` runs."""


@contextmanager
def signals_unwind() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP end the program by an exception, also where a parent had them ignored."""

    def unwind(number: int, _: FrameType | None) -> None:
        raise StoppedBySignal(signal.Signals(number).name)

    before = {number: signal.signal(number, unwind) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def new_marker() -> str:
    """A value of ``MARKER`` for one session."""
    return uuid.uuid4().hex


#: Every group that was started here and has not been stopped, for whoever has to end them all.
_running: set[ProcessGroup] = set()


def side_by_side(jobs: Sequence[Callable[[], None]]) -> None:
    """Do the *jobs*, which wait for processes, at the same time; the first failure is raised when all have ended.

    What interrupts the waiting ends every process first, so that no job waits on.
    """
    with ThreadPoolExecutor(max(len(jobs), 1)) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            wait(futures)
        except BaseException:
            # Again, for what a job was just about to start.
            while wait(futures, timeout=0.05).not_done:
                for group in tuple(_running):
                    group.stop()
            raise
    for future in futures:
        future.result()


class ProcessGroup:
    """One child with everything it starts.

    Args: command, environment and folder of the child; *log*: where its output goes; *patience*: seconds between the
    request to end and the order.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: IO[bytes], patience: float = 3.0
    ) -> None:
        self._patience = patience
        self._child = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _running.add(self)

    @property
    def pid(self) -> int:
        return self._child.pid

    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._child.poll()

    def wait(self) -> int:
        """Wait for the end; whatever interrupts the waiting ends the group first."""
        try:
            code = self._child.wait()
        except BaseException:
            self.stop()
            raise
        self.stop()
        return code

    def stop(self) -> None:
        """TERM to the whole group, then KILL to what is left of it."""
        _running.discard(self)
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + self._patience
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._signal(signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=self._patience)
        if self._child.stdin:
            with suppress(OSError):
                self._child.stdin.close()

    def alive(self) -> bool:
        """Whether anything in the group still runs; an ended child that nobody waited for does not count."""
        self._child.poll()
        try:
            os.killpg(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return any(not _is_zombie(pid) for pid in _members(self.pid)) if _PROC.is_dir() else True

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def marked(marker: str) -> list[int]:
    """Processes of a session that still run, wherever they went; empty where there is no /proc to look in."""
    wanted = f"{MARKER}={marker}".encode()
    found = []
    for pid in _pids():
        try:
            environment = (_PROC / str(pid) / "environ").read_bytes()
        except OSError:
            continue
        if wanted in environment.split(b"\0") and pid != os.getpid():
            found.append(pid)
    return found


def kill_marked(marker: str) -> None:
    """End what escaped from its group."""
    for pid in marked(marker):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()] if _PROC.is_dir() else []


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` after the command: state, parent, group."""
    with suppress(OSError):
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return []


def _members(group: int) -> list[int]:
    return [pid for pid in _pids() if (fields := _stat(pid)) and int(fields[2]) == group]


def _is_zombie(pid: int) -> bool:
    fields = _stat(pid)
    return not fields or fields[0] == "Z"


def closed(port: int) -> bool:
    """Whether nothing listens on 127.0.0.1:*port*."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) != 0
