"""Rollback twins: what releases step by step is told which alarms bring it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION
from tests.monitoring.watched import ERRORS, Watched
from tests.support.synthesis import Template, new_stack, synth

BASE = "https://runbooks.example.com"
TWIN = replace(ERRORS, id="Errors", periods=3, datapoints=2, severity=Severity.CRITICAL)


class Released(Watched):
    """A construct of somebody else's that shifts visitors."""

    brought_back_by: tuple[str, ...] = ()

    @property
    def rollback_specs(self) -> tuple[AlarmSpec, ...]:
        return (TWIN, replace(TWIN, id="Slow"))

    def roll_back_on(self, alarm_names: Sequence[str]) -> None:
        self.brought_back_by = tuple(alarm_names)


def routes(stack: cdk.Stack) -> Routes:
    return Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))


@pytest.fixture(scope="module")
def built() -> tuple[Released, Template, Any]:
    stack = new_stack()
    released = Released(stack, "Orders")
    alerting = routes(stack)
    Watch(stack, "Watch", routes=alerting, watching=[released, alerting], runbook_base_url=BASE)
    names = stack.resolve(list(released.brought_back_by))
    return released, synth(stack), names


@pytest.mark.control("WEB-4")
def test_each_twin_is_an_alarm_that_the_release_knows_by_name(built: tuple[Released, Template, Any]) -> None:
    _, template, names = built
    twins = {name: alarm for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items() if "Rollback" in name}
    assert names == [{"Ref": name} for name in twins]
    assert len(names) == 2
    for alarm in twins.values():
        assert (alarm["Properties"]["EvaluationPeriods"], alarm["Properties"]["DatapointsToAlarm"]) == (3, 2)


@pytest.mark.control("WEB-4", "OPS-2")
def test_a_twin_wakes_nobody_and_is_not_in_the_sum_of_critical_alarms(built: tuple[Released, Template, Any]) -> None:
    _, template, names = built
    topics = template.of_type("AWS::SNS::Topic")
    (composite,) = template.of_type("AWS::CloudWatch::CompositeAlarm").values()
    for name in (one["Ref"] for one in names):
        (action,) = template.of_type("AWS::CloudWatch::Alarm")[name]["Properties"]["AlarmActions"]
        assert "Warning" in action["Ref"]
        assert action["Ref"] in topics
        assert name not in str(composite)


@pytest.mark.control("OPS-3")
def test_a_twin_has_a_runbook_page(built: tuple[Released, Template, Any]) -> None:
    _, template, names = built
    described = [template.of_type("AWS::CloudWatch::Alarm")[one["Ref"]]["Properties"]["AlarmDescription"] for one in names]
    assert [text.rpartition("/")[2] for text in described] == ["Orders-ErrorsRollback", "Orders-SlowRollback"]


def test_what_does_not_release_is_told_nothing() -> None:
    stack = new_stack()
    alerting = routes(stack)
    Watch(stack, "Watch", routes=alerting, watching=[Watched(stack, "Orders"), alerting], runbook_base_url=BASE)
    assert not [name for name in synth(stack).of_type("AWS::CloudWatch::Alarm") if "Rollback" in name]


@pytest.mark.control("WEB-4", "LIB-2")
def test_refuses_a_release_of_another_stack() -> None:
    stack = new_stack()
    other = cdk.Stack(stack.node.root, "Other")  # type: ignore[arg-type]
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Watch: got 'Other/Orders, which releases step by step, of Other'; allowed: releases of Stack: a deployment names its "
        r"alarms, and they name what is deployed; make a Watch in its stack",
    ):
        Watch(stack, "Watch", routes=routes(stack), watching=[Released(other, "Orders")], runbook_base_url=BASE)
