"""The dashboards of both environments: what CloudWatch documents, and what the alarms look at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stacks.conftest import Platform
from tests.support.dashboard_body import faults

#: On the worker of the other tests of the platform: it is synthesized once.
pytestmark = pytest.mark.xdist_group("platform")


def text_of(value: Any) -> str:
    """A body as text; what only the deployment knows stands in angle brackets."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(text_of, value["Fn::Join"][1]))
    name = value.get("Ref") or value.get("Fn::GetAtt", ["value"])[0]
    return f"<{name}>"


def bodies(platform: Platform) -> dict[str, dict[str, Any]]:
    return {
        dashboard["Properties"]["DashboardName"]: json.loads(text_of(dashboard["Properties"]["DashboardBody"]))
        for template in platform.templates.values()
        for dashboard in template.of_type("AWS::CloudWatch::Dashboard").values()
    }


def shown_on(body: dict[str, Any]) -> set[tuple[str, str]]:
    rows = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", ())]
    return {(row[0], row[1]) for row in rows if len(row) > 1}


@pytest.mark.control("OPS-4")
def test_each_environment_has_one(platform: Platform) -> None:
    assert sorted(bodies(platform)) == ["ProdStack-shop-production", "StagingStack-shop-staging"]


@pytest.mark.control("OPS-4")
def test_every_body_is_what_cloudwatch_documents(platform: Platform) -> None:
    assert {name: faults(body) for name, body in bodies(platform).items() if faults(body)} == {}


@pytest.mark.control("OPS-4")
def test_tiers_stand_in_their_order(platform: Platform) -> None:
    body = bodies(platform)["ProdStack-shop-production"]
    headings = [widget["properties"]["markdown"] for widget in body["widgets"] if widget["type"] == "text"]
    sections = [heading.removeprefix("## ") for heading in headings if heading.startswith("## ")]
    everything = ("Edge", "Compute", "Data stores", "Queues and streams", "Network", "Identity and security", "Backups", "Alerting")
    assert [section for section in sections if section in everything] == list(everything)


@pytest.mark.control("OPS-4")
def test_whoever_is_woken_finds_the_metric_on_the_dashboard(platform: Platform) -> None:
    """Of the alarms on metrics of AWS, by namespace: an alarm whose service has no graph at all leaves its reader in the dark."""
    shown = {namespace for namespace, _ in shown_on(bodies(platform)["ProdStack-shop-production"])}
    looked_at: set[str] = set()
    for name, template in platform.templates.items():
        if not name.startswith("Prod"):
            continue
        for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
            properties = alarm["Properties"]
            looked_at.add(properties.get("Namespace", ""))
            looked_at |= {query["MetricStat"]["Metric"]["Namespace"] for query in properties.get("Metrics", ()) if "MetricStat" in query}
    assert {namespace for namespace in looked_at if isinstance(namespace, str) and namespace.startswith("AWS/")} <= shown
