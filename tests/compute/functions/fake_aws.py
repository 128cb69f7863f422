"""Lambda and CodeDeploy on a loopback port, which can misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.aws_endpoint import Call, Reply, aws_endpoint, refused, said

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

    def reply(self, call: Call) -> Reply:
        """To a call of either service."""
        if not call.path.startswith("/2015-03-31/functions/"):
            return self._take_status(call)
        self.invocations.append((call.path.split("/")[3], call.parameters))
        if self.refusals:
            return refused(*self.refusals.pop(0))
        if self.hangs:
            self.released.wait(10)
        return Reply(content=self.answer, headers={"X-Amz-Function-Error": self.function_error} if self.function_error else {})

    def _take_status(self, call: Call) -> Reply:
        assert call.headers["x-amz-target"] == "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"
        if self.codedeploy_error is not None:
            return refused(*self.codedeploy_error)
        self.statuses.append(call.parameters)
        return said({"lifecycleEventHookExecutionId": call.parameters["lifecycleEventHookExecutionId"]})


@contextmanager
def serving(aws: FakeAws) -> Iterator[FakeAws]:
    """*aws* on a loopback port, until the block ends."""
    with aws_endpoint(aws.reply) as aws.url:
        try:
            yield aws
        finally:
            aws.released.set()
