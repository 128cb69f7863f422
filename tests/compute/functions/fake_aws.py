"""Lambda and CodeDeploy on a loopback port, which can misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

VERSION = "arn:aws:lambda:us-east-1:111122223333:function:orders:8"


@dataclass
class FakeAws:
    """What the two services answer, and what they were asked."""

    #: What the new version answers, as it comes over the wire.
    answer: bytes = b'{"ok": true, "echo": {"ping": 1}}'
    #: ``X-Amz-Function-Error``, where the function failed.
    function_error: str | None = None
    #: Refusals of the invocation, one an attempt, before an answer comes: (status, error type).
    refusals: list[tuple[int, str]] = field(default_factory=list)
    #: Set when the function's answer may come; until then, none does.
    released: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False
    #: What CodeDeploy refuses with, for good.
    codedeploy_error: tuple[int, str] | None = None
    invocations: list[tuple[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(aws: FakeAws) -> Iterator[FakeAws]:
    """*aws* on a loopback port, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if self.path.startswith("/2015-03-31/functions/"):
                self.invoke(unquote(self.path.split("/")[3]), json.loads(body))
            else:
                self.put_status(self.headers["X-Amz-Target"], json.loads(body))

        def invoke(self, function: str, payload: Any) -> None:
            aws.invocations.append((function, payload))
            if aws.refusals:
                status, kind = aws.refusals.pop(0)
                self.reply(status, json.dumps({"Message": kind}).encode(), {"x-amzn-ErrorType": kind})
                return
            if aws.hangs:
                aws.released.wait(10)
            self.reply(200, aws.answer, {"X-Amz-Function-Error": aws.function_error} if aws.function_error else {})

        def put_status(self, target: str, request: dict[str, str]) -> None:
            assert target == "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"
            if aws.codedeploy_error is not None:
                status, kind = aws.codedeploy_error
                self.reply(status, json.dumps({"__type": kind, "message": kind}).encode())
                return
            aws.statuses.append(request)
            self.reply(200, json.dumps({"lifecycleEventHookExecutionId": request["lifecycleEventHookExecutionId"]}).encode())

        def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            try:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # whoever asked has left

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    aws.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield aws
    finally:
        aws.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
