"""The worker: takes one message after another from a queue, and finishes the one in hand on SIGTERM.

A message that fails is left alone: it is seen again after the queue's visibility timeout, and in the end goes to the dead letters. A message
that arrives after SIGTERM is given back. A queue that does not answer five times running ends the process, so that ECS starts it elsewhere.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from core import BadSettingError, Log, told_to_stop
from service import log_of, work
from sqs import Message, Queue

#: The longest poll that SQS offers; with the longest message it must stay below the time that ECS gives a worker to stop (120 seconds).
WAIT_SECONDS = 20
MOST_FAILURES = 5


class Source(Protocol):
    """What a worker needs of a queue."""

    def receive(self, wait_seconds: int) -> Message | None: ...
    def delete(self, message: Message) -> None: ...
    def give_back(self, message: Message) -> None: ...


def run(queue: Source, handle: Callable[[str], object], log: Log, stopping: threading.Event, *, pause: float = 1.0) -> int:
    """Work until *stopping*; the exit code. *pause*: seconds after a first failure of the queue, doubled with each one more."""
    failures = 0
    log.write("info", "working")
    while not stopping.is_set():
        try:
            message = queue.receive(WAIT_SECONDS)
            failures = 0
            if message is not None and stopping.is_set():
                queue.give_back(message)
                log.write("info", "message given back", message_id=message.message_id)
            elif message is not None:
                _one(queue, message, handle, log)
        except OSError as error:
            # Of the queue alone: what a message raises is caught where it is worked on. An answer other than 200 is an OSError, too.
            failures += 1
            log.write("error", "queue does not answer", error=repr(error), failures=failures)
            if failures == MOST_FAILURES:
                return 1
            stopping.wait(pause * 2 ** (failures - 1))
    log.write("info", "stopped")
    return 0


def _one(queue: Source, message: Message, handle: Callable[[str], object], log: Log) -> None:
    started = time.perf_counter()
    error = None
    try:
        handle(message.body)
    except Exception as raised:  # noqa: BLE001 - one bad message must not end the worker
        error = f"{type(raised).__name__}: {raised}"
    else:
        queue.delete(message)
    log.write(
        "error" if error else "info",
        "message failed" if error else "message done",
        message_id=message.message_id,
        duration_ms=round(1_000 * (time.perf_counter() - started), 3),
        error=error,
    )


def main(environment: Mapping[str, str] = os.environ, handle: Callable[[str], object] = work) -> int:
    """Work on the queue until SIGTERM."""
    try:
        log, queue = log_of(environment), Queue(environment)
    except BadSettingError as error:
        Log().write("critical", f"bad setting: {error}")
        return 2
    return run(queue, handle, log, told_to_stop())


if __name__ == "__main__":
    sys.exit(main())
