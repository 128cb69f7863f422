"""The code of the smoke check, run against Lambda and CodeDeploy on a loopback port."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import prodready_constructs
from tests.compute.functions.fake_aws import VERSION, FakeAws, serving
from tests.support.aws_endpoint import aws_settings
from tests.support.code import code_at
from tests.support.loopback import nobody_there

CODE = Path(prodready_constructs.__file__).parent / "compute" / "functions" / "handlers" / "smoke_check" / "index.py"
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}


INDEX: Any = code_at(CODE)
Served = Callable[[FakeAws], FakeAws]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name, value in {
        "AWS_MAX_ATTEMPTS": "1",
        "NEW_VERSION": VERSION,
        "PAYLOAD": '{"ping": 1}',
        "EXPECTS": '{"ok": true}',
        "ANSWER_WITHIN": "5",
        "PAUSE": "0",
    }.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:

        def start(aws: FakeAws) -> FakeAws:
            started = stack.enter_context(serving(aws))
            for name, value in aws_settings(started.url).items():
                monkeypatch.setenv(name, value)
            return started

        yield start


def status(aws: FakeAws) -> str:
    (told,) = aws.statuses
    assert (told["deploymentId"], told["lifecycleEventHookExecutionId"]) == ("d-1", "e-1")
    return told["status"]


@pytest.mark.control("FN-2")
def test_a_version_that_answers_may_take_over(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    aws = served(FakeAws())
    assert INDEX.handler(EVENT, None) == "Succeeded"
    assert aws.invocations == [(VERSION, {"ping": 1})]
    assert status(aws) == "Succeeded"
    assert json.loads(capsys.readouterr().out)["level"] == "INFO"


@pytest.mark.control("FN-2")
@pytest.mark.parametrize(
    ("misbehaving", "said"),
    [
        ({"function_error": "Unhandled", "answer": b'{"errorMessage": "boom"}'}, "the function failed: Unhandled"),
        ({"answer": b"<html>"}, "no usable answer: JSONDecodeError"),
        ({"answer": b'"ok"'}, "answer is no object"),
        ({"answer": b""}, "answer is no object"),
        ({"answer": b"{}"}, "answer has no 'ok'"),
        ({"answer": b'{"ok": false, "card": "4111111111111111"}'}, "answer.ok is not as expected"),
        ({"refusals": [(404, "ResourceNotFoundException")]}, "no usable answer: ResourceNotFoundException"),
        ({"refusals": [(502, "KMSAccessDeniedException")]}, "no usable answer: KMSAccessDeniedException"),
        ({"refusals": [(403, "AccessDeniedException")] * 6}, "no usable answer: ClientError"),
    ],
)
def test_a_version_that_does_not_is_sent_back(
    served: Served, capsys: pytest.CaptureFixture[str], misbehaving: dict[str, Any], said: str
) -> None:
    aws = served(FakeAws(**misbehaving))
    assert INDEX.handler(EVENT, None) == "Failed"
    assert status(aws) == "Failed"
    line = json.loads(capsys.readouterr().out)
    assert line["level"] == "ERROR"
    assert line["message"].startswith(said)
    # What the version answered may be somebody's.
    assert "4111" not in json.dumps(line)


@pytest.mark.control("FN-2")
def test_a_version_that_hangs_is_sent_back(served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ANSWER_WITHIN", "1")
    aws = served(FakeAws(hangs=True))
    assert INDEX.handler(EVENT, None) == "Failed"
    assert len(aws.invocations) == 1  # asked once
    assert status(aws) == "Failed"
    assert "ReadTimeoutError" in capsys.readouterr().out


@pytest.mark.control("FN-2")
def test_what_passes_by_itself_is_waited_for(served: Served) -> None:
    waiting = [(403, "AccessDeniedException"), (409, "ResourceConflictException"), (429, "TooManyRequestsException")]
    aws = served(FakeAws(refusals=waiting))
    assert INDEX.handler(EVENT, None) == "Succeeded"
    assert len(aws.invocations) == 4


@pytest.mark.control("FN-2")
def test_without_an_expectation_an_answer_is_enough(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPECTS", '{"body": {"items": [1]}}')
    served(FakeAws(answer=b'{"body": {"items": [1], "more": 2}}'))
    assert INDEX.handler(EVENT, None) == "Succeeded"


@pytest.mark.control("FN-2")
def test_a_version_nobody_can_reach_is_sent_back(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = served(FakeAws())
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{nobody_there()}")
    assert INDEX.handler(EVENT, None) == "Failed"
    assert status(aws) == "Failed"


@pytest.mark.control("FN-2")
def test_an_answer_codedeploy_did_not_get_is_an_error(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served(FakeAws())
    monkeypatch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", f"http://127.0.0.1:{nobody_there()}")
    with pytest.raises(EndpointConnectionError):
        INDEX.handler(EVENT, None)


@pytest.mark.control("FN-2")
def test_an_answer_codedeploy_refuses_is_an_error(served: Served) -> None:
    aws = served(FakeAws(codedeploy_error=(400, "InvalidLifecycleEventHookExecutionIdException")))
    with pytest.raises(ClientError, match="InvalidLifecycleEventHookExecutionIdException"):
        INDEX.handler(EVENT, None)
    assert aws.statuses == []


@pytest.mark.control("FN-2")
def test_an_event_that_is_not_codedeploys_asks_nothing(served: Served) -> None:
    aws = served(FakeAws())
    with pytest.raises(KeyError, match="DeploymentId"):
        INDEX.handler({}, None)
    assert aws.invocations == []
