"""The code of the smoke test, run against real servers: whatever the new version does, Amazon ECS gets one of three answers."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import prodready_constructs.compute.service as alcove
from tests.compute.service.loopback import NAME, Answer, Request, side_door
from tests.support.code import code_at
from tests.support.loopback import certificate_for, nobody_there

STAGE = "POST_TEST_TRAFFIC_SHIFT"
HEADERS = {"X-Release-Test": "Stack/Api/Service"}
ARN = "arn:aws:ecs:us-east-1:111122223333"
#: As the developer guide shows it.
EVENT = {
    "executionId": "3a0345ba-b029-404b-890d-7da2a4b266aa",
    "lifecycleStage": STAGE,
    "resourceArn": f"{ARN}:service-deployment/cluster/api/EZe5RNVLH6PPzHXINuP28",
    "executionDetails": {
        "serviceArn": f"{ARN}:service/cluster/api",
        "targetServiceRevisionArn": f"{ARN}:service-revision/cluster/api/9313423515462893900",
        "testTrafficWeights": {},
        "productionTrafficWeights": {},
    },
}


#: As Lambda loads it.
INDEX = code_at(Path(next(iter(alcove.__path__))) / "handlers" / "smoke_test" / "index.py")


def a_test(path: str = "/health", **changed: Any) -> dict[str, Any]:
    return {"path": path, "status": 200, "body": None, "attempts": 3, "timeout": 0.6, **changed}


def settings(port: int, *tests: dict[str, Any], **changed: Any) -> dict[str, Any]:
    plain = {"address": "127.0.0.1", "port": port, "server_name": None, "headers": HEADERS, "interfaces": None, "delay": 30}
    return {**plain, "tests": list(tests) or [a_test()], **changed}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[dict[str, Any], str]]:
    """Invoke the handler: its answer, and the reason in its log."""

    def invoke(configured: dict[str, Any] | str | None, *, event: Any = EVENT, attempt: int = 1) -> tuple[dict[str, Any], str]:
        if configured is None:
            monkeypatch.delenv("SMOKE_TEST", raising=False)
        else:
            monkeypatch.setenv("SMOKE_TEST", configured if isinstance(configured, str) else json.dumps(configured))
        if attempt > 1:
            event = {**event, "hookDetails": {"attempt": attempt}}
        said = INDEX.handler(event, None)
        (line,) = capsys.readouterr().out.splitlines()
        logged = json.loads(line)
        assert logged["hookStatus"] == said["hookStatus"]
        return said, logged["message"]

    return invoke


Run = Callable[..., tuple[dict[str, Any], str]]


def always(answer: Answer) -> Callable[[Request], Answer]:
    return lambda request: answer


# -- what passes ----------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
def test_a_healthy_version_goes_on(run: Run) -> None:
    with side_door(always(Answer())) as door:
        said, why = run(settings(door.port))
    assert said == {"hookStatus": "SUCCEEDED"}
    assert why == "1 of 1 tests passed in attempt 1"
    (asked,) = door.asked
    assert asked.path == "/health"
    assert asked.headers["x-release-test"] == "Stack/Api/Service", "without it the load balancer answers 404"
    assert asked.headers["user-agent"], "AWS WAF's common rules block requests without one"


@pytest.mark.control("WEB-4")
def test_the_certificate_is_that_of_the_domain_and_the_address_the_load_balancers_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_for(NAME)[0]))
    with side_door(always(Answer()), certified=NAME) as door:
        said, _ = run(settings(door.port, server_name=NAME))
    assert said == {"hookStatus": "SUCCEEDED"}
    (asked,) = door.asked
    assert (asked.server_name, asked.host) == (NAME, NAME)


def test_all_tests_must_pass_and_all_are_asked(run: Run) -> None:
    tests = a_test(), a_test("/gone?x=1", status=410), a_test("/version", body='"1.4.2"')
    answers = {"/health": Answer(), "/gone?x=1": Answer(410), "/version": Answer(body='{"version": "1.4.2"}')}
    with side_door(lambda request: answers[request.path]) as door:
        said, why = run(settings(door.port, *tests))
        assert (said["hookStatus"], why) == ("SUCCEEDED", "3 of 3 tests passed in attempt 1")
        answers["/version"] = Answer(body='{"version": "1.4.1"}')
        said, why = run(settings(door.port, *tests))
    assert said["hookStatus"] == "IN_PROGRESS"
    assert why == """attempt 1: /version: the answer lacks '"1.4.2"'; it begins with '{"version": "1.4.1"}'"""


def test_what_expects_an_error_is_content_with_it(run: Run) -> None:
    with side_door(always(Answer(401, "who are you"))) as door:
        said, _ = run(settings(door.port, a_test("/orders", status=401)))
    assert said == {"hookStatus": "SUCCEEDED"}


# -- what fails ------------------------------------------------------------------------------------------------------

WRONG = {
    "500": (Answer(500), r"answered 500, not 200"),
    "redirect": (Answer(302), r"answered 302, not 200"),
    "wrong body": (Answer(body="maintenance"), r"the answer lacks 'ok'; it begins with 'maintenance'"),
    "hang": (Answer(hangs=True), r"(no answer within 0\.\d s|no usable answer: TimeoutError: .*)"),
    "slow body": (Answer(drips=True), r"no answer within 0\.\d s"),
    "cut": (Answer(cuts=True), r"no usable answer: IncompleteRead: .*"),
    "no HTTP": (Answer(raw=b"SSH-2.0-OpenSSH_9.6\r\n"), r"no usable answer: BadStatusLine: SSH-2.0.*"),
    "empty": (Answer(raw=b""), r"no usable answer: RemoteDisconnected: .*"),
}


@pytest.mark.control("WEB-4")
@pytest.mark.parametrize(("answer", "problem"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_tried_again_and_then_goes_back(run: Run, answer: Answer, problem: str) -> None:
    with side_door(always(answer)) as door:
        configured = settings(door.port, a_test(body="ok"))
        started = time.monotonic()
        said, why = run(configured, attempt=2)
        assert time.monotonic() - started < 2
        assert said == {"hookStatus": "IN_PROGRESS", "callBackDelay": 30, "hookDetails": {"attempt": 3}}
        assert re.fullmatch(rf"attempt 2: /health: {problem}", why, re.DOTALL), why
        said, why = run(configured, attempt=3)
    assert said == {"hookStatus": "FAILED"}
    assert re.fullmatch(rf"attempt 3, the last: /health: {problem}", why, re.DOTALL), why


def test_nobody_there(run: Run) -> None:
    said, why = run(settings(nobody_there()))
    assert said["hookStatus"] == "IN_PROGRESS"
    assert "/health: no usable answer: ConnectionRefusedError" in why


def test_a_name_without_an_address(run: Run) -> None:
    said, why = run(settings(443, a_test(attempts=1, timeout=5), address="nothing.invalid"))
    assert said == {"hookStatus": "FAILED"}
    assert "/health: no address for nothing.invalid: " in why or "no answer within 5" in why


@pytest.mark.control("WEB-4")
@pytest.mark.parametrize(
    ("certified", "trusted", "problem"),
    [
        (NAME, False, "TLS failed: self-signed certificate"),
        ("other.example.com", True, f"TLS failed: Hostname mismatch, certificate is not valid for '{NAME}'."),
        (None, True, "TLS failed: "),
    ],
    ids=["untrusted", "another name", "no TLS at all"],
)
def test_a_certificate_that_does_not_verify(
    run: Run, monkeypatch: pytest.MonkeyPatch, certified: str | None, trusted: bool, problem: str
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate_for(certified or NAME)[0]))
    with side_door(always(Answer()), certified=certified) as door:
        # Whatever else this machine does: it is not the time that runs out.
        said, why = run(settings(door.port, a_test(timeout=10), server_name=NAME))
    assert said["hookStatus"] == "IN_PROGRESS"
    assert problem in why
    assert certified is None or door.asked == [], "nothing is sent to whom nobody knows"


def test_a_large_answer_is_read_in_part(run: Run) -> None:
    with side_door(always(Answer(body="x" * 70_000 + "end"))) as door:
        assert run(settings(door.port, a_test(body="x" * 100)))[0] == {"hookStatus": "SUCCEEDED"}
        assert run(settings(door.port, a_test(body="end")))[0]["hookStatus"] == "IN_PROGRESS"


# -- events and settings that nobody expects -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "garbage",
        {},
        {"lifecycleStage": 3},
        {**EVENT, "hookDetails": {"attempt": "x"}},
        {**EVENT, "hookDetails": {"attempt": 0}},
        {**EVENT, "hookDetails": {"attempt": True}},
        {**EVENT, "hookDetails": [1]},
        {**EVENT, "hookDetails": "3.14"},
    ],
    ids=str,
)
def test_garbage_goes_back_and_asks_nobody(run: Run, event: Any) -> None:
    with side_door(always(Answer())) as door:
        said, why = run(settings(door.port), event=event)
    assert said == {"hookStatus": "FAILED"}
    assert why.startswith("no event of a lifecycle hook: ")
    assert door.asked == []


@pytest.mark.parametrize("details", [None, {}, {"somebody": "else's"}])
def test_details_without_an_attempt_are_the_first(run: Run, details: Any) -> None:
    with side_door(always(Answer())) as door:
        assert run(settings(door.port), event={**EVENT, "hookDetails": details})[0] == {"hookStatus": "SUCCEEDED"}


@pytest.mark.parametrize("configured", [None, "", "{", "[]", "{}"])
def test_settings_that_cannot_be_read_go_back(run: Run, configured: str | None) -> None:
    said, why = run(configured)
    assert said == {"hookStatus": "FAILED"}
    assert why.startswith("the smoke test itself failed: ")


def test_one_test_out_of_attempts_ends_it_for_all(run: Run) -> None:
    with side_door(always(Answer(503))) as door:
        said, why = run(settings(door.port, a_test(attempts=1), a_test("/slow", attempts=9)))
    assert said == {"hookStatus": "FAILED"}
    assert why == "attempt 1, the last: /health: answered 503, not 200; /slow: answered 503, not 200"


# -- a public load balancer ------------------------------------------------------------------------------------------


class FakeEc2:
    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.filters: Any = None

    def describe_network_interfaces(self, **asked: Any) -> dict[str, Any]:
        self.filters = asked["Filters"]
        return {"NetworkInterfaces": [{"PrivateIpAddress": address} for address in self.addresses]}


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> FakeEc2:
    fake = FakeEc2("127.0.0.1")
    monkeypatch.setitem(sys.modules, "boto3", SimpleNamespace(client=lambda service, **_: fake))
    monkeypatch.setitem(sys.modules, "botocore.config", SimpleNamespace(Config=lambda **_: None))
    return fake


@pytest.mark.control("WEB-4")
def test_a_public_load_balancer_is_reached_by_an_interface_inside_the_vpc(run: Run, ec2: FakeEc2) -> None:
    with side_door(always(Answer())) as door:
        said, _ = run(settings(door.port, address="public.invalid", interfaces="ELB app/front/123"))
    assert said == {"hookStatus": "SUCCEEDED"}
    assert ec2.filters == [{"Name": "description", "Values": ["ELB app/front/123"]}]


def test_no_interface_is_tried_again(run: Run, ec2: FakeEc2) -> None:
    ec2.addresses = ()
    said, why = run(settings(443, address="public.invalid", interfaces="ELB app/front/123"))
    assert said["hookStatus"] == "IN_PROGRESS"
    assert "no network interface is described as 'ELB app/front/123'" in why
