"""Releases from their beginning to their end: the synthesized template, Amazon ECS on a clock of its own, and the smoke test's real code.

The smoke test asks a side door on this machine, which leads to one version or the other as ECS has weighed the test rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.compute import SmokeTest, WebService
from prodready_constructs.edge import ProtectedLoadBalancer
from prodready_constructs.posture import PRODUCTION, Release
from tests.compute.service import amazon_ecs
from tests.compute.service.amazon_ecs import Outcome, RefusedError
from tests.compute.service.loopback import NAME, Answer, Request, side_door
from tests.compute.service.test_release import FUNCTION, smoke_settings, watched
from tests.compute.service.test_smoke_handler import INDEX
from tests.compute.support import IMAGE, a_vpc
from tests.edge.parts import a_domain, a_log_bucket
from tests.support.loopback import certificate_for
from tests.support.synthesis import Template, new_stack, synth

STRATEGIES = {
    "CANARY": PRODUCTION.compute.release,
    "BLUE_GREEN": Release(strategy="BLUE_GREEN"),
    "LINEAR": Release(strategy="LINEAR", percent=25, bake=timedelta(minutes=2)),
}
BEFORE = ["PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT"]
TURN = ["PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"]
AFTER = ["POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"]
WAY_BACK = ["PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT", "CLEAN_UP"]
HEALTHY, BROKEN = Answer(body='{"status": "ok"}'), Answer(500)


def synthesized(release: Release, *, own_hook: bool = False) -> Template:
    stack = new_stack()
    vpc = a_vpc(stack)
    door = ProtectedLoadBalancer(stack, "Front", vpc=vpc, posture=PRODUCTION.edge, access_logs=a_log_bucket(stack), domain=a_domain(stack))
    image = ecs.ContainerImage.from_registry(IMAGE)
    service = WebService(stack, "Api", vpc=vpc, load_balancer=door, image=image, posture=replace(PRODUCTION.compute, release=release))
    service.add_smoke_test(SmokeTest(path="/health", expect_body='"ok"', attempts=4, timeout=timedelta(seconds=1)))
    if own_hook:
        service.add_lifecycle_hook(
            lambda_.Function.from_function_arn(stack, "Approve", FUNCTION),
            stages=["PRE_PRODUCTION_TRAFFIC_SHIFT"],
            within=timedelta(hours=1),
        )
    watched(stack, service)
    return synth(stack)


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    return {name: synthesized(release) for name, release in STRATEGIES.items()}


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_for(NAME)[0]))


class World:
    """The two versions, and what asked them."""

    def __init__(self, new: Callable[[int], Answer]) -> None:
        self.new = new
        self.asked_new = 0
        self.release: amazon_ecs.Release | None = None

    def answer(self, request: Request) -> Answer:
        assert self.release is not None
        if request.headers.get("x-release-test") != "Stack/Api/Service" or request.server_name != NAME:
            return Answer(404, "Not found")
        if not self.release.tests:
            return Answer(body='{"status": "ok", "version": "old"}')
        self.asked_new += 1
        return self.new(self.asked_new)


@contextmanager
def world(template: Template, new: Callable[[int], Answer], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, Callable[..., Any]]]:
    """A side door of this machine in place of the load balancer's: all other settings are the template's."""
    both = World(new)
    with side_door(both.answer, certified=NAME) as door:
        settings = {**smoke_settings(template), "address": "127.0.0.1", "port": door.port}
        monkeypatch.setenv("SMOKE_TEST", json.dumps(settings))

        def invoke(name: str, event: dict[str, Any]) -> Any:
            assert name in template.of_type("AWS::Lambda::Function")
            return INDEX.handler(json.loads(json.dumps(event)), None)

        yield both, invoke


def released(
    template: Template,
    monkeypatch: pytest.MonkeyPatch,
    *,
    new: Callable[[int], Answer] = lambda number: HEALTHY,
    invoke: Callable[[str, dict[str, Any]], Any] | None = None,
    **given: Any,
) -> tuple[Outcome, amazon_ecs.Release, World]:
    with world(template, new, monkeypatch) as (both, smoke):

        def ask(name: str, event: dict[str, Any]) -> Any:
            return invoke(name, event) if invoke and name == FUNCTION else smoke(name, event)

        release = amazon_ecs.Release(template, invoke=ask, **given)
        both.release = release
        return release.run(), release, both


# -- healthy ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
@pytest.mark.parametrize(
    ("strategy", "shares", "minutes"),
    [("CANARY", [0, 10, 100], 2 + 15 + 5), ("BLUE_GREEN", [0, 100], 2 + 5), ("LINEAR", [0, 25, 50, 75, 100], 2 + 3 * 2 + 5)],
)
def test_a_healthy_version_takes_over(
    templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch, strategy: str, shares: list[int], minutes: int
) -> None:
    outcome, release, both = released(templates[strategy], monkeypatch)
    assert (outcome.status, outcome.reason) == ("SUCCESSFUL", "")
    assert outcome.stages == [*BEFORE, *TURN * (len(shares) - 1), *AFTER]
    assert sorted({step.visitors for step in outcome.steps}) == shares
    assert outcome.minutes == minutes
    assert both.asked_new == 1, "the smoke test asked the new version, and once was enough"
    first = next(step for step in outcome.steps if step.visitors)
    assert first.stage == "PRODUCTION_TRAFFIC_SHIFT"
    assert release.live.startswith("ApiServiceRouteAlternate")


@pytest.mark.control("WEB-4")
def test_the_next_release_goes_the_other_way_with_the_same_template(
    templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first, _ = released(templates["CANARY"], monkeypatch)
    outcome, second, both = released(templates["CANARY"], monkeypatch, live=first.live)
    assert outcome.status == "SUCCESSFUL"
    assert both.asked_new == 1
    assert second.live.startswith("ApiServiceRouteTargets")


# -- the smoke test says no ------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("answer", [BROKEN, Answer(body="maintenance"), Answer(raw=b"")], ids=["500", "wrong body", "cut off"])
def test_a_broken_version_never_meets_a_visitor(
    templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch, strategy: str, answer: Answer
) -> None:
    outcome, release, both = released(templates[strategy], monkeypatch, new=lambda number: answer)
    assert outcome.status == "ROLLBACK_SUCCESSFUL"
    assert outcome.reason.startswith("POST_TEST_TRAFFIC_SHIFT: ApiSmokeTestFunction")
    assert outcome.reason.endswith("said FAILED")
    assert outcome.most_visitors == 0
    assert both.asked_new == 4, "as often as its test says"
    assert outcome.stages == [*BEFORE, *WAY_BACK]
    assert release.live.startswith("ApiServiceRouteTargets")


@pytest.mark.control("WEB-4")
def test_a_version_that_warms_up_is_asked_again_and_goes_on(templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, _, both = released(templates["CANARY"], monkeypatch, new=lambda number: Answer(503) if number < 3 else HEALTHY)
    assert outcome.status == "SUCCESSFUL"
    assert both.asked_new == 3
    assert outcome.minutes == 22 + 2 * 0.5, "half a minute between attempts"


@pytest.mark.control("WEB-4")
def test_a_certificate_that_nobody_trusts_ends_the_release(templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    outcome, _, both = released(templates["CANARY"], monkeypatch)
    assert outcome.status == "ROLLBACK_SUCCESSFUL"
    assert (outcome.most_visitors, both.asked_new) == (0, 0)


# -- alarms ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
@pytest.mark.parametrize("what", ["ErrorRate", "UnhealthyHosts", "SlowResponses", "ErrorLines"])
def test_each_alarm_brings_a_canary_back_before_the_rest_of_the_visitors_meet_it(
    templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def goes_off(name: str, minute: float, visitors: int) -> bool:
        return f"{what}Rollback" in name and visitors > 0 and minute >= 6

    outcome, release, _ = released(templates["CANARY"], monkeypatch, alarm=goes_off)
    assert outcome.status == "ROLLBACK_SUCCESSFUL"
    assert f"{what}Rollback" in outcome.reason
    assert outcome.most_visitors == 10
    assert outcome.minutes == 6
    assert outcome.stages == [*BEFORE, *TURN, "TEST_TRAFFIC_SHIFT", "CLEAN_UP"]
    assert [step.visitors for step in outcome.steps][-3:] == [0, 0, 0]
    assert release.live.startswith("ApiServiceRouteTargets")


@pytest.mark.control("WEB-4")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_alarm_while_the_old_version_still_runs_leads_everybody_back(
    templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    outcome, _, _ = released(templates[strategy], monkeypatch, alarm=lambda name, minute, visitors: visitors == 100)
    assert outcome.status == "ROLLBACK_SUCCESSFUL"
    assert outcome.most_visitors == 100
    assert "BAKE_TIME" in outcome.stages
    assert outcome.steps[-1].visitors == 0


def test_a_release_that_mends_what_is_broken_is_not_stopped_by_it(templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, _, _ = released(templates["CANARY"], monkeypatch, alarm=lambda name, minute, visitors: "ErrorRate" in name and visitors < 100)
    assert outcome.status == "SUCCESSFUL", "an alarm that is on when a release begins is not looked at"


# -- other hooks -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def approved() -> Template:
    return synthesized(STRATEGIES["LINEAR"], own_hook=True)


@pytest.mark.control("WEB-4")
def test_a_hook_of_ones_own_is_asked_before_every_step(approved: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def approve(name: str, event: dict[str, Any]) -> dict[str, Any]:
        asked.append(event)
        waited = event.get("hookDetails", {}).get("waited", 0)
        if waited < 2:
            return {"hookStatus": "IN_PROGRESS", "callBackDelay": 60, "hookDetails": {"waited": waited + 1}}
        return {"hookStatus": "SUCCEEDED"}

    outcome, _, _ = released(approved, monkeypatch, invoke=approve)
    assert outcome.status == "SUCCESSFUL"
    assert len(asked) == 4 * 3
    assert {event["lifecycleStage"] for event in asked} == {"PRE_PRODUCTION_TRAFFIC_SHIFT"}
    assert outcome.minutes == 2 + 3 * 2 + 5 + 4 * 2


@pytest.mark.control("WEB-4")
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"hookStatus": "IN_PROGRESS", "callBackDelay": 600}, "did not decide within 60 minutes"),
        ({"hookStatus": "FAILED"}, "said FAILED"),
        (None, "HookStatus must not be null"),
        ({"status": "ok"}, "HookStatus must not be null"),
    ],
    ids=["undecided", "no", "nothing", "garbage"],
)
def test_what_does_not_say_yes_in_time_goes_back(approved: Template, monkeypatch: pytest.MonkeyPatch, said: Any, reason: str) -> None:
    outcome, _, _ = released(approved, monkeypatch, invoke=lambda name, event: said)
    assert outcome.status == "ROLLBACK_SUCCESSFUL"
    assert reason in outcome.reason
    assert outcome.most_visitors == 0


def test_a_hook_that_fails_goes_back(approved: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str, event: dict[str, Any]) -> Any:
        raise RuntimeError("Unhandled")

    outcome, _, _ = released(approved, monkeypatch, invoke=fails)
    assert (outcome.status, outcome.most_visitors) == ("ROLLBACK_SUCCESSFUL", 0)


# -- a template that ECS would not take ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bend", "message"),
    [
        (
            lambda body: _rule(body, "TestRule")["Actions"][0]["ForwardConfig"]["TargetGroups"].pop(),
            "both target groups must be associated",
        ),
        (lambda body: _statements(body).pop(2), r"may not elasticloadbalancing:ModifyRule"),
        (lambda body: _statements(body).pop(1), r"may not elasticloadbalancing:RegisterTargets"),
    ],
    ids=["a group without a rule", "no right to the rules", "no right to the groups"],
)
def test_the_simulation_is_no_pushover(templates: dict[str, Template], bend: Callable[[dict[str, Any]], Any], message: str) -> None:
    body = json.loads(json.dumps(templates["CANARY"].body))
    bend(body)
    with pytest.raises(RefusedError, match=message):
        amazon_ecs.Release(Template(body, {}), invoke=lambda name, event: None)


def _rule(body: dict[str, Any], name: str) -> dict[str, Any]:
    return dict(next(one for key, one in body["Resources"].items() if one["Type"] == amazon_ecs.RULE and name in key)["Properties"])


def _statements(body: dict[str, Any]) -> list[Any]:
    found = next(one for key, one in body["Resources"].items() if one["Type"] == "AWS::IAM::ManagedPolicy" and "ReleaseRole" in key)
    statements: list[Any] = found["Properties"]["PolicyDocument"]["Statement"]
    return statements
