"""The function that brings dead letters back, run as code against an SQS on a loopback port."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

import prodready_constructs
from tests.compute.workers.fake_sqs import DEAD_LETTERS, FakeSqs, a_task, serving
from tests.support.aws_endpoint import aws_settings
from tests.support.code import code_at
from tests.support.loopback import nobody_there

CODE = Path(prodready_constructs.__file__).parent / "compute" / "workers" / "handlers" / "redrive" / "index.py"
MINUTE = 60


INDEX: Any = code_at(CODE)
Served = Callable[[FakeSqs], FakeSqs]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name, value in {
        "DEAD_LETTERS_ARN": DEAD_LETTERS,
        "DEAD_LETTERS_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/orders-dead-letters",
        "RATE": "10",
        "WATCH_SECONDS": "129600",
        "TIMEOUT_SECONDS": "0.3",
    }.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:

        def serve(fake: FakeSqs) -> FakeSqs:
            for name, value in aws_settings(stack.enter_context(serving(fake))).items():
                monkeypatch.setenv(name, value)
            return fake

        yield serve


@pytest.mark.control("STORE-3")
def test_dead_letters_go_back_slowly(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    sqs = served(FakeSqs(waiting=7))
    assert INDEX.handler({}) == {"outcome": "started", "messages": 7, "task": "handle-of-the-new-task"}
    assert sqs.asked("StartMessageMoveTask") == [{"SourceArn": DEAD_LETTERS, "MaxNumberOfMessagesPerSecond": 10}]
    assert json.loads(capsys.readouterr().out) == {
        "level": "INFO",
        "message": "redrive",
        "outcome": "started",
        "messages": 7,
        "task": "handle-of-the-new-task",
    }


def test_nothing_to_move(served: Served) -> None:
    sqs = served(FakeSqs(waiting=0))
    assert INDEX.handler(None) == {"outcome": "nothing"}
    assert not sqs.asked("StartMessageMoveTask")


def test_a_move_that_is_under_way_is_left_alone(served: Served) -> None:
    sqs = served(FakeSqs(waiting=7, tasks=[a_task(status="RUNNING", started=time.time(), moved=3, to_move=10)]))
    assert INDEX.handler({}) == {"outcome": "running", "moved": 3, "messages": 10}
    assert not sqs.asked("StartMessageMoveTask")
    assert not sqs.asked("CancelMessageMoveTask")


def test_somebody_was_faster(served: Served) -> None:
    served(FakeSqs(waiting=7, overtaken=True))
    assert INDEX.handler({}) == {"outcome": "running"}


@pytest.mark.control("STORE-3")
def test_the_same_messages_are_not_moved_twice(served: Served) -> None:
    sqs = served(FakeSqs(waiting=5, tasks=[a_task(started=time.time() - 30 * MINUTE, moved=10)]))
    wanted = "5 dead letters, 30 minutes after 10 were moved back: mend the cause, then invoke this with force"
    with pytest.raises(INDEX.DeadLettersCameBackError, match=re.escape(wanted)):
        INDEX.handler({})
    assert not sqs.asked("StartMessageMoveTask")
    assert INDEX.handler({"force": True})["outcome"] == "started"


@pytest.mark.parametrize(
    ("waiting", "tasks"),
    [
        (4, [a_task(started=time.time() - 30 * MINUTE, moved=10)]),
        (10, [a_task(started=time.time() - 37 * 60 * MINUTE, moved=10)]),
        (10, [a_task(status="FAILED", started=time.time() - MINUTE, moved=0)]),
    ],
    ids=["few came back", "long ago", "moved nothing"],
)
def test_other_messages_are(served: Served, waiting: int, tasks: list[dict[str, Any]]) -> None:
    served(FakeSqs(waiting=waiting, tasks=tasks))
    assert INDEX.handler({})["outcome"] == "started"


def test_the_latest_move_counts(served: Served) -> None:
    old, new = a_task(started=time.time() - 600 * MINUTE, moved=2), a_task(started=time.time() - MINUTE, moved=100)
    served(FakeSqs(waiting=5, tasks=[old, new]))
    assert INDEX.handler({})["outcome"] == "started"


@pytest.mark.control("STORE-3")
def test_a_move_in_circles_is_stopped(served: Served) -> None:
    sqs = served(FakeSqs(waiting=7, tasks=[a_task(status="RUNNING", started=time.time(), moved=31, to_move=10)]))
    wanted = "a move of 10 messages has moved 31: they come back while it runs; it was cancelled"
    with pytest.raises(INDEX.DeadLettersCameBackError, match=re.escape(wanted)):
        INDEX.handler({"force": True})
    assert sqs.asked("CancelMessageMoveTask") == [{"TaskHandle": "handle-of-the-running-task"}]


@pytest.mark.parametrize("operation", ["ListMessageMoveTasks", "GetQueueAttributes", "StartMessageMoveTask"])
def test_a_refusal_is_a_failure(served: Served, operation: str) -> None:
    sqs = served(FakeSqs(waiting=7, failing={operation: (403, "AccessDeniedException")}))
    with pytest.raises(ClientError, match="AccessDeniedException"):
        INDEX.handler({})
    assert len(sqs.asked(operation)) == 1, "asking again does not help"


def test_an_error_of_sqs_is_tried_again_and_then_a_failure(served: Served) -> None:
    sqs = served(FakeSqs(waiting=7, failing={"GetQueueAttributes": (500, "InternalError")}))
    with pytest.raises(ClientError, match="InternalError"):
        INDEX.handler({})
    assert len(sqs.asked("GetQueueAttributes")) == 3
    assert not sqs.asked("StartMessageMoveTask")


def test_silence_is_a_failure(served: Served) -> None:
    sqs = served(FakeSqs(waiting=7, hanging={"ListMessageMoveTasks": threading.Event()}))
    with pytest.raises(ReadTimeoutError):
        INDEX.handler({})
    assert len(sqs.asked("ListMessageMoveTasks")) == 3


def test_nobody_there_is_a_failure(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served(FakeSqs())
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", f"http://127.0.0.1:{nobody_there()}")
    with pytest.raises(EndpointConnectionError):
        INDEX.handler({})
