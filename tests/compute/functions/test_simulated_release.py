"""A release from beginning to end: the steps, checks and alarms of the template, the real code of the check, and a function that fails when it likes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import prodready_constructs
from prodready_constructs.contracts import AlarmSpec, MathMetric
from prodready_constructs.posture import Release
from tests.compute.functions.fake_aws import VERSION, FakeAws, serving
from tests.compute.functions.parts import POSTURE, a_function
from tests.support.aws_endpoint import aws_settings
from tests.support.code import code_at
from tests.support.synthesis import Template, new_stack, synth

CODE = Path(prodready_constructs.__file__).parent / "compute" / "functions" / "handlers" / "smoke_check" / "index.py"
#: Minute -> percent of the executions of the new version that fail.
Errors = Callable[[int], float]


def healthy(_: int) -> float:
    return 0


@dataclass
class Deployment:
    """What CodeDeploy does: asks the check, moves the weight, looks at the alarms every minute."""

    template: Template
    rate: AlarmSpec
    ask: Callable[[], str]
    #: (minute, percent of the calls that meet the new version)
    weights: list[tuple[int, int]] = field(default_factory=list)
    status: str = "Created"

    def run(self, errors: Errors) -> Deployment:
        group = self.template.props("AWS::CodeDeploy::DeploymentGroup")
        assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= set(group["AutoRollbackConfiguration"]["Events"])
        if self.ask() != "Succeeded":
            return self.back(0, "Failed")
        minute = 0
        seen: list[float] = []
        for weight, minutes in self.steps():
            self.weights.append((minute, weight))
            for _ in range(minutes):
                seen.append(errors(minute))
                minute += 1
                last = seen[-self.rate.periods :]
                if len(last) == self.rate.periods and all(value > self.rate.threshold for value in last):
                    return self.back(minute, "Stopped")
        self.weights.append((minute, 100))
        self.status = "Succeeded"
        return self

    def back(self, minute: int, status: str) -> Deployment:
        self.weights.append((minute, 0))
        self.status = status
        return self

    def steps(self) -> list[tuple[int, int]]:
        configs = self.template.of_type("AWS::CodeDeploy::DeploymentConfig").values()
        if not configs:  # CodeDeployDefault.LambdaAllAtOnce
            return []
        (config,) = configs
        routing = config["Properties"]["TrafficRoutingConfig"]
        if canary := routing.get("TimeBasedCanary"):
            return [(canary["CanaryPercentage"], canary["CanaryInterval"])]
        linear = routing["TimeBasedLinear"]
        return [(weight, linear["LinearInterval"]) for weight in range(linear["LinearPercentage"], 100, linear["LinearPercentage"])]


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Deployment]:
    """Deploy with a release, against a fake AWS: the check's settings are those of the template."""

    def run(release: Release, *, aws: FakeAws | None = None, errors: Errors = healthy) -> Deployment:
        stack = new_stack()
        function = a_function(stack, posture=replace(POSTURE, release=release))
        function.add_smoke_check({"ping": 1}, expects={"ok": True})
        template = synth(stack)
        settings: dict[str, Any] = template.props("AWS::Lambda::Function", "SmokeCheck")["Environment"]["Variables"]
        (rate,) = [spec for spec in function.rollback_specs if isinstance(spec.metric, MathMetric)]
        with serving(aws or FakeAws()) as served:
            for name, value in {**settings, **aws_settings(served.url), "NEW_VERSION": VERSION, "PAUSE": "0"}.items():
                monkeypatch.setenv(name, value)
            return Deployment(template=template, rate=rate, ask=lambda: asked(served)).run(errors)

    return run


def asked(aws: FakeAws) -> str:
    """The real code of the check; what CodeDeploy was told of it."""
    code: Any = code_at(CODE)
    code.handler({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}, None)
    return aws.statuses[-1]["status"]


CANARY = Release(strategy="CANARY", percent=5, bake=timedelta(minutes=20))
LINEAR = Release(strategy="LINEAR", percent=25, bake=timedelta(minutes=2))


@pytest.mark.control("FN-2")
@pytest.mark.parametrize(
    ("release", "weights"),
    [
        (CANARY, [(0, 5), (20, 100)]),
        (LINEAR, [(0, 25), (2, 50), (4, 75), (6, 100)]),
        (Release(strategy="BLUE_GREEN"), [(0, 100)]),
    ],
)
def test_a_healthy_version_takes_over_step_by_step(
    deploy: Callable[..., Deployment], release: Release, weights: list[tuple[int, int]]
) -> None:
    done = deploy(release)
    assert (done.status, done.weights) == ("Succeeded", weights)


@pytest.mark.control("FN-2")
def test_a_version_that_fails_its_check_meets_nobody(deploy: Callable[..., Deployment]) -> None:
    done = deploy(CANARY, aws=FakeAws(function_error="Unhandled"))
    assert (done.status, done.weights) == ("Failed", [(0, 0)])


@pytest.mark.control("FN-2")
def test_a_version_that_passes_and_then_fails_is_gone_within_a_minute(deploy: Callable[..., Deployment]) -> None:
    done = deploy(CANARY, errors=lambda minute: 30 if minute >= 7 else 0)
    assert (done.status, done.weights) == ("Stopped", [(0, 5), (8, 0)])
    done = deploy(LINEAR, errors=lambda minute: 6 if minute >= 3 else 0)
    assert (done.status, done.weights) == ("Stopped", [(0, 25), (2, 50), (4, 0)])


@pytest.mark.control("FN-2")
def test_a_few_errors_do_not_stop_a_release(deploy: Callable[..., Deployment]) -> None:
    assert deploy(CANARY, errors=lambda _: 4).status == "Succeeded"
