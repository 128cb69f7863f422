"""An SQS on a loopback port that knows of message move tasks, and can misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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

    def answer(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        self.calls.append((operation, request))
        if operation in self.hanging:
            self.hanging[operation].wait(10)
        if operation in self.failing:
            status, code = self.failing[operation]
            return status, {"__type": f"com.amazonaws.sqs#{code}", "message": code}
        return self._answers(operation, request)

    def _answers(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if operation == "ListMessageMoveTasks":
            return 200, {"Results": self.tasks}
        if operation == "GetQueueAttributes":
            return 200, {"Attributes": {"ApproximateNumberOfMessages": str(self.waiting)}}
        if operation == "CancelMessageMoveTask":
            return 200, {"ApproximateNumberOfMessagesMoved": 1}
        if self.overtaken or any(task["Status"] == "RUNNING" for task in self.tasks):
            self.tasks.append(a_task(status="RUNNING", started=2e9))
            return 400, {"__type": "com.amazonaws.sqs#UnsupportedOperation", "message": "There is already a task running."}
        self.tasks.append(a_task(status="RUNNING", started=2e9))
        return 200, {"TaskHandle": "handle-of-the-new-task"}


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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            status, body = fake.answer(self.headers["X-Amz-Target"].removeprefix("AmazonSQS."), request)
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())
            except OSError:
                pass  # who asked has given up

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        for event in fake.hanging.values():
            event.set()
        server.shutdown()
        server.server_close()
