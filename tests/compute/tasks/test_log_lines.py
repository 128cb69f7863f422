"""The service's own log lines: counted by level, watched, and asked about with saved queries."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from aws_cdk import aws_ecs as ecs

from prodready_constructs.compute import WebService
from prodready_constructs.contracts import AlarmSpec, Metric
from prodready_constructs.posture import PRODUCTION
from tests.compute.support import IMAGE, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth


class Made(NamedTuple):
    services: tuple[WebService, WebService]
    template: Template
    findings: list[str]


@pytest.fixture(scope="module")
def two() -> Made:
    """Two services of one stack, without feature flags."""
    stack = new_stack(new_app(flags={}))
    vpc, image = a_vpc(stack), ecs.ContainerImage.from_registry(IMAGE)
    api, jobs = (WebService(stack, name, vpc=vpc, image=image, posture=PRODUCTION.compute) for name in ("Api", "Jobs"))
    found = findings(stack)
    return Made((api, jobs), synth(stack), found)


@pytest.mark.control("OPS-5")
def test_lines_are_counted_by_level_for_each_service(two: Made) -> None:
    filters = [found["Properties"] for found in two.template.of_type("AWS::Logs::MetricFilter").values()]
    named = {found["MetricTransformations"][0]["MetricName"]: found for found in filters}
    assert set(named) == {"Stack/Api-Errors", "Stack/Api-Warnings", "Stack/Jobs-Errors", "Stack/Jobs-Warnings"}
    for name, found in named.items():
        (transformation,) = found["MetricTransformations"]
        assert (transformation["MetricNamespace"], transformation["MetricValue"]) == ("ProdReady/WebService", "1")
        assert transformation["DefaultValue"] == 0
        assert found["LogGroupName"]["Ref"].startswith(f"{name.split('/')[1].split('-')[0]}Logs")
    levels = {name: re.findall(r'"(\w+)"', named[f"Stack/Api-{name}"]["FilterPattern"]) for name in ("Errors", "Warnings")}
    assert {"error", "ERROR", "Error", "critical", "CRITICAL", "fatal", "FATAL"} <= set(levels["Errors"])
    assert {"warn", "WARN", "warning", "WARNING"} <= set(levels["Warnings"])
    assert not set(levels["Errors"]) & set(levels["Warnings"])
    # CloudWatch Logs takes no longer pattern (PutMetricFilter, CloudWatch Logs API reference).
    assert all(len(found["FilterPattern"]) <= 1_024 for found in filters)


@pytest.mark.control("OPS-5")
def test_queries_are_saved_in_a_folder_of_the_service(two: Made) -> None:
    queries = [query["Properties"] for query in two.template.of_type("AWS::Logs::QueryDefinition").values()]
    assert sorted(query["Name"] for query in queries) == [
        f"Stack/{service}/{name}" for service in ("Api", "Jobs") for name in ("ErrorsByMessage", "RecentErrors", "SlowestRequests")
    ]
    for query in queries:
        (group,) = query["LogGroupNames"]
        assert group["Ref"].startswith(f"{query['Name'].split('/')[1]}Logs")
        assert "limit" in query["QueryString"]


@pytest.mark.control("OPS-2")
@pytest.mark.control("OPS-5")
def test_error_lines_that_last_wait_for_the_morning(two: Made) -> None:
    names = set()
    for service in two.services:
        (spec,) = [spec for spec in service.alarm_specs if spec.id == "ErrorLines"]
        assert isinstance(spec, AlarmSpec)
        assert isinstance(spec.metric, Metric)
        assert (spec.metric.statistic, spec.metric.period.total_seconds(), spec.periods, spec.datapoints) == ("Sum", 300, 3, 2)
        assert any("Logs" in command or "${Token[" in command for command in spec.runbook.first_commands)
        names.add(spec.metric.name)
    counted = {
        found["Properties"]["MetricTransformations"][0]["MetricName"] for found in two.template.of_type("AWS::Logs::MetricFilter").values()
    }
    assert names == {"Stack/Api-Errors", "Stack/Jobs-Errors"}
    assert names < counted, "the alarm watches what a filter counts"


@pytest.mark.control("GOV-1")
def test_no_pack_finds_anything(two: Made) -> None:
    assert two.findings == []
