"""An SQS on a loopback port that knows of message move tasks, and can misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.aws_endpoint import Reply, aws_endpoint, refused, said

DEAD_LETTERS = "arn:aws:sqs:us-east-1:111122223333:orders-dead-letters"


@dataclass
class FakeSqs:
    """What it answers, and what it was asked."""

    waiting: int = 0
    tasks: list[dict[str, Any]] = field(default_factory=list)
    #: Operation -> (status, error code) instead of an answer.
    failing: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Operation -> set when the answer may come: until then, none does.
    hanging: dict[str, threading.Event] = field(default_factory=dict)
    #: Started by somebody else between the question and the start.
    overtaken: bool = False
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """The requests of one operation."""
        return [request for name, request in self.calls if name == operation]

    def answer(self, operation: str, request: dict[str, Any]) -> Reply:
        self.calls.append((operation, request))
        if operation in self.hanging:
            self.hanging[operation].wait(10)
        if operation in self.failing:
            return refused(*self.failing[operation])
        return self._answers(operation)

    def _answers(self, operation: str) -> Reply:
        if operation == "ListMessageMoveTasks":
            return said({"Results": self.tasks})
        if operation == "GetQueueAttributes":
            return said({"Attributes": {"ApproximateNumberOfMessages": str(self.waiting)}})
        if operation == "CancelMessageMoveTask":
            return said({"ApproximateNumberOfMessagesMoved": 1})
        if self.overtaken or any(task["Status"] == "RUNNING" for task in self.tasks):
            self.tasks.append(a_task(status="RUNNING", started=2e9))
            return refused(400, "UnsupportedOperation")
        self.tasks.append(a_task(status="RUNNING", started=2e9))
        return said({"TaskHandle": "handle-of-the-new-task"})


def a_task(*, status: str = "COMPLETED", started: float, moved: int = 0, to_move: int = 0) -> dict[str, Any]:
    """A message move task; *started* in seconds since 1970."""
    task = {
        "Status": status,
        "SourceArn": DEAD_LETTERS,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": to_move,
        "StartedTimestamp": int(started * 1000),
    }
    return {**task, "TaskHandle": "handle-of-the-running-task"} if status == "RUNNING" else task


@contextmanager
def serving(fake: FakeSqs) -> Iterator[str]:
    """Serve *fake*, and give its address."""
    with aws_endpoint(lambda call: fake.answer(call.operation, call.parameters)) as url:
        try:
            yield url
        finally:
            for event in fake.hanging.values():
                event.set()
