"""What wakes someone about a function, and what is deliberately silent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.contracts import AlarmSpec, EventSpec, MathMetric, Metric, Severity
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION
from tests.compute.functions.parts import POSTURE, a_function
from tests.support.synthesis import Template, new_stack, synth

CRITICAL = {"ErrorRate", "DeadLetters", "FailuresNotDelivered", "ReleaseFailed"}
WARNING = {"ElevatedErrorRate", "Throttles", "DurationNearTimeout", "ConcurrencyNearReserved", "RecursionStopped"}


def alarms(**changed: Any) -> dict[str, Any]:
    return {spec.id: spec for spec in a_function(new_stack(), **changed).alarm_specs}


@pytest.mark.control("FN-3", "OPS-2")
def test_what_wakes_and_what_waits() -> None:
    specs = alarms()
    assert {name for name, spec in specs.items() if spec.severity is Severity.CRITICAL} == CRITICAL
    assert {name for name, spec in specs.items() if spec.severity is Severity.WARNING} == WARNING


@pytest.mark.control("FN-3")
def test_silence_of_a_function_is_no_alarm() -> None:
    assert {spec.missing_data for spec in alarms().values() if isinstance(spec, AlarmSpec)} == {"notBreaching"}


@pytest.mark.control("FN-3")
def test_errors_are_counted_as_a_share_of_the_executions() -> None:
    specs = alarms()
    for name, percent in (("ErrorRate", 5), ("ElevatedErrorRate", 1)):
        metric = specs[name].metric
        assert isinstance(metric, MathMetric)
        assert {one.name for one in metric.using.values()} == {"Errors", "Invocations"}
        assert (specs[name].threshold, specs[name].periods, specs[name].datapoints) == (percent, 5, 3)


@pytest.mark.control("FN-3")
def test_thresholds_follow_timeout_and_reserve() -> None:
    specs = alarms(timeout=timedelta(seconds=20), posture=replace(POSTURE, reserved_concurrency=200))
    slow, crowded = specs["DurationNearTimeout"], specs["ConcurrencyNearReserved"]
    assert isinstance(slow.metric, Metric)
    assert (slow.threshold, slow.metric.statistic, slow.metric.name) == (16_000, "p95", "Duration")
    assert (crowded.threshold, crowded.metric.statistic) == (160, "Maximum")


@pytest.mark.control("FN-3")
def test_the_only_execution_there_is_may_be_in_use() -> None:
    assert "ConcurrencyNearReserved" not in alarms(posture=replace(POSTURE, reserved_concurrency=1))
    assert alarms(posture=replace(POSTURE, reserved_concurrency=2))["ConcurrencyNearReserved"].threshold == 1


@pytest.mark.control("FN-3")
def test_warm_executions_are_watched_where_there_are_some() -> None:
    specs = alarms(posture=replace(POSTURE, provisioned=1, max_provisioned=5))
    assert set(specs) == CRITICAL | WARNING | {"WarmExecutionsUsedUp"}
    assert specs["WarmExecutionsUsedUp"].metric.dimensions["Resource"].endswith(":live")


@pytest.mark.control("FN-2", "FN-3")
def test_a_release_that_failed_is_an_event() -> None:
    spec = alarms()["ReleaseFailed"]
    assert isinstance(spec, EventSpec)
    assert spec.pattern["detail"]["state"] == ["FAILURE", "STOP"]


@pytest.mark.control("FN-2")
def test_twins_are_faster_and_look_at_the_new_version() -> None:
    function = a_function(new_stack())
    originals = {spec.id: spec for spec in function.alarm_specs}
    for twin in function.rollback_specs:
        original = originals[twin.id]
        assert isinstance(original, AlarmSpec)
        assert twin.periods < original.periods
        assert twin.datapoints is None
    rate, slow, throttles = function.rollback_specs
    assert isinstance(rate.metric, MathMetric)
    assert all(set(one.dimensions) == {"FunctionName", "Resource", "ExecutedVersion"} for one in rate.metric.using.values())
    assert isinstance(slow.metric, Metric)
    assert set(slow.metric.dimensions) == {"FunctionName", "Resource", "ExecutedVersion"}
    # A call that is refused reaches no version.
    assert isinstance(throttles.metric, Metric)
    assert set(throttles.metric.dimensions) == {"FunctionName", "Resource"}


@pytest.fixture(scope="module")
def template() -> Template:
    stack = new_stack()
    function = a_function(stack)
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=["b@example.com"])
    Watch(stack, "Watch", routes=routes, watching=[function], runbook_base_url="https://runbooks.example.com")
    return synth(stack)


@pytest.mark.control("FN-3", "OPS-3")
def test_every_alarm_exists_and_names_this_function(template: Template) -> None:
    made = {name: alarm for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items() if name.startswith("WatchOrders")}
    # One of the critical ones is an event; three are twins.
    assert len(made) == len(CRITICAL | WARNING) - 1 + 3
    for alarm in made.values():
        text = json.dumps(alarm["Properties"])
        assert "OrdersFunction" in text or "OrdersDeadLetters" in text


@pytest.mark.control("OPS-3")
def test_a_function_is_drawn() -> None:
    graphs = a_function(new_stack()).graphs
    assert [graph.title for graph in graphs] == ["Executions", "Errors", "Duration", "Executions at a time", "Events given up"]
