"""The worker as a process against a queue on loopback, and its loop against queues that misbehave."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from prodready_constructs import PRODUCTION
from tests.examples.reference_service.running import running
from tests.examples.reference_service.test_answers import ERRORS, counted, module
from tests.support.aws_endpoint import Call, Reply, aws_endpoint, said

pytestmark = pytest.mark.control("FN-5")
#: As a user's worker, with messages that take as long as they say; what ECS answers comes from loopback.
PROGRAM = """
import sys, time
import sqs, worker
sqs.CREDENTIALS = sys.argv[1]
sys.exit(worker.main(handle=lambda body: time.sleep(float(body))))
"""


@dataclass
class Queue:
    """Amazon SQS and the credentials of ECS, as far as a worker sees them."""

    url: str = ""
    waiting: list[tuple[str, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    #: Seconds that an empty receive takes, and when a receive is held until a message comes.
    poll: float = 0.05

    def actions(self, name: str) -> list[dict[str, Any]]:
        return [call.parameters for call in self.calls if call.operation == name]

    def until(self, name: str, seconds: float = 5) -> None:
        end = time.monotonic() + seconds
        while not self.actions(name):
            assert time.monotonic() < end, self.calls
            time.sleep(0.01)

    def answer(self, call: Call) -> Reply:
        if call.method == "GET":
            ends = "2099-01-01T00:00:00Z"
            return said({"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "secret", "Token": "token", "Expiration": ends})
        self.calls.append(call)
        if call.operation != "ReceiveMessage":
            return said({})
        time.sleep(0 if self.waiting else self.poll)
        taken, self.waiting[:1] = self.waiting[:1], []
        return said({"Messages": [{"MessageId": name, "Body": body, "ReceiptHandle": f"handle of {name}"} for name, body in taken]})


@pytest.fixture
def queue() -> Iterator[Queue]:
    one = Queue()
    with aws_endpoint(one.answer) as one.url:
        yield one


def a_worker(queue: Queue, log: Path, **more: object) -> Any:
    settings = {"ORDERS_QUEUE_URL": f"{queue.url}/111122223333/orders", "AWS_REGION": "us-east-1"}
    return running(log, "-c", PROGRAM, queue.url, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/credentials/x", **{**settings, **more})


def test_it_finishes_the_message_in_hand_after_sigterm(queue: Queue, tmp_path: Path) -> None:
    queue.waiting = [("first", "0"), ("in hand", "0.8"), ("next", "0")]
    with a_worker(queue, tmp_path / "log") as worker:
        worker.wait_for("message done")
        time.sleep(0.2)
        worker.term()
        worker.term()
        assert worker.end() == 0
        assert [one["ReceiptHandle"] for one in queue.actions("DeleteMessage")] == ["handle of first", "handle of in hand"]
        assert queue.waiting == [("next", "0")], "left for another"
        assert [line["message"] for line in worker.lines] == ["working", "message done", "message done", "stopped"]
        assert worker.lines[2]["duration_ms"] >= 800


def test_a_message_that_comes_after_sigterm_is_given_back(queue: Queue, tmp_path: Path) -> None:
    queue.poll = 0.6
    with a_worker(queue, tmp_path / "log") as worker:
        queue.until("ReceiveMessage")
        worker.term()
        queue.waiting = [("late", "0")]
        assert worker.end() == 0
        (back,) = queue.actions("ChangeMessageVisibility")
        assert (back["ReceiptHandle"], back["VisibilityTimeout"]) == ("handle of late", 0)
        assert queue.actions("DeleteMessage") == []


def test_a_message_that_fails_is_left_alone_and_the_next_is_done(queue: Queue, tmp_path: Path) -> None:
    queue.waiting = [("bad", "no number"), ("good", "0")]
    with a_worker(queue, tmp_path / "log") as worker:
        worker.wait_for("message done")
        worker.term()
        assert worker.end() == 0
        assert [one["ReceiptHandle"] for one in queue.actions("DeleteMessage")] == ["handle of good"]
        (line,) = [line for line in worker.lines if line["message"] == "message failed"]
        assert counted(line, ERRORS)
        assert (line["message_id"], line["error"].startswith("ValueError")) == ("bad", True)


def test_it_polls_long_and_takes_one_at_a_time(queue: Queue, tmp_path: Path) -> None:
    with a_worker(queue, tmp_path / "log") as worker:
        queue.until("ReceiveMessage")
        worker.term()
        assert worker.end() == 0
    asked = queue.actions("ReceiveMessage")[0]
    assert (asked["WaitTimeSeconds"], asked["MaxNumberOfMessages"]) == (20, 1)
    assert asked["QueueUrl"].endswith("/111122223333/orders")
    # A poll that has begun and the longest message must fit between SIGTERM and SIGKILL.
    assert asked["WaitTimeSeconds"] < PRODUCTION.workers.stop_timeout.seconds / 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"ORDERS_QUEUE_URL": "orders"},
            "QUEUE_URL: given 'orders'; allowed: https://sqs.<region>.amazonaws.com/<account>/<queue>; set it",
        ),
        (
            {"OTHER_QUEUE_URL": "https://x/y"},
            "QUEUE_URL: given ORDERS_QUEUE_URL, OTHER_QUEUE_URL; allowed: one queue for a worker; leave the others out",
        ),
        ({"AWS_REGION": ""}, "AWS_REGION: not given; ECS sets it in every task that has a task role"),
        (
            {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ""},
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: not given; ECS sets it in every task that has a task role",
        ),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: given 'loud'; allowed: debug, info, warning, error, critical; leave it out for 'info'"),
    ],
)
def test_a_bad_setting_is_said_in_the_log(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    usual = {"ORDERS_QUEUE_URL": "https://x/y", "AWS_REGION": "us-east-1", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}
    with running(tmp_path / "log", "-c", PROGRAM, "http://127.0.0.1:9", **{**usual, **settings}) as worker:
        assert worker.end() == 2
        assert [(line["level"], line["message"]) for line in worker.lines] == [("critical", f"bad setting: {said}")]


class Mute:
    """A queue that does not answer, but sometimes does."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked = 0

    def receive(self, wait_seconds: int) -> None:
        self.asked += 1
        if not (self.answers.pop(0) if self.answers else False):
            raise ConnectionError("refused")

    def delete(self, message: object) -> None:
        raise AssertionError(message)

    give_back = delete


def test_a_queue_that_does_not_answer_ends_it_so_that_ecs_starts_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, stream = module("worker", monkeypatch), io.StringIO()
    core = __import__("core")
    queue = Mute(False, False, False, False, True)
    assert worker.run(queue, print, core.Log(stream=stream), threading.Event(), pause=0.001) == 1
    assert queue.asked == 5 + worker.MOST_FAILURES, "an answer in between begins the count again"
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == ["info", *["error"] * 9]


def test_requests_are_signed_as_boto_signs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = module("sqs", monkeypatch)
    url, body = "https://sqs.eu-central-1.amazonaws.com/111122223333/orders.fifo", b'{"QueueUrl": "x"}'
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage"}
    credentials = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG", "Token": "IQoJb3JpZ2luX2VjE"}
    request = AWSRequest("POST", url, data=body, headers=headers)
    SigV4Auth(Credentials(*credentials.values()), "sqs", "eu-central-1").add_auth(request)
    # The second in which it did.
    at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    ours = sqs.signed(url, body, headers, region="eu-central-1", credentials=credentials, at=at)
    assert ours["authorization"] == request.headers["Authorization"]
    assert (ours["x-amz-date"], ours["x-amz-security-token"]) == (request.headers["X-Amz-Date"], credentials["Token"])
