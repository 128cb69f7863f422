"""Dashboard: state on top, then every construct's graphs, each metric from its own region."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs.contracts import GraphSpec, Metric
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Dashboard, Routes, Watch
from prodready_constructs.monitoring.dashboard.tiers import metrics_in
from prodready_constructs.posture import PRODUCTION
from tests.monitoring.watched import CPU, ERRORS, Watched
from tests.support.dashboard_body import faults
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth, synth_all

GRAPHS = (
    GraphSpec(title="CPU", metrics=(CPU.metric,), unit="percent"),
    GraphSpec(title="Errors", metrics=(ERRORS.metric, ERRORS.metric)),
    GraphSpec(title="Site", metrics=(Metric(namespace="AWS/CloudFront", name="Requests", region="us-east-1", label="requests"),)),
    GraphSpec(title="Fourth", metrics=(CPU.metric,)),
)


@pytest.fixture(scope="module")
def built() -> tuple[Template, list[str]]:
    app = new_app()
    stack, far = new_stack(app), new_stack(app, "Far", region=SECOND_REGION)
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=())
    orders, vault, quiet = (
        Watched(stack, "Orders", graphs=GRAPHS),
        Watched(far, "Vault", graphs=GRAPHS[:1]),
        Watched(stack, "Quiet", silent=True),
    )
    watch = Watch(stack, "Watch", routes=routes, watching=[orders, routes], runbook_base_url="https://runbooks.example.com")
    Dashboard(stack, "Dashboard", posture=PRODUCTION.monitoring, title="Shop: production", watching=[orders, vault, quiet], watches=[watch])
    return synth_all(app)["Stack"], findings(stack)


def body_of(template: Template) -> dict[str, Any]:
    body = template.props("AWS::CloudWatch::Dashboard")["DashboardBody"]
    if isinstance(body, str):
        return json.loads(body)
    parts = body["Fn::Join"][1]
    return json.loads("".join(part if isinstance(part, str) else f"<{part.get('Fn::GetAtt', [part.get('Ref')])[0]}>" for part in parts))


@pytest.fixture(scope="module")
def body(built: tuple[Template, list[str]]) -> dict[str, Any]:
    return body_of(built[0])


@pytest.mark.control("OPS-4")
def test_status_stands_on_top(body: dict[str, Any]) -> None:
    title, critical, alarms = body["widgets"][:3]
    assert title["properties"]["markdown"] == (
        "# Shop: production\nMade from code: changes in the console are lost with the next deployment."
    )
    assert critical["type"] == "alarm"
    assert len(critical["properties"]["alarms"]) == 1
    assert "AnyCritical" in critical["properties"]["alarms"][0]
    assert len(alarms["properties"]["alarms"]) == 6
    assert {widget["properties"]["sortBy"] for widget in (critical, alarms)} == {"stateUpdatedTimestamp"}, "what is in alarm comes first"
    assert [widget["y"] for widget in (title, critical, alarms)] == [0, 2, 4]


@pytest.mark.control("OPS-4")
def test_every_construct_with_graphs_has_a_header_and_its_runbooks(body: dict[str, Any]) -> None:
    texts = [widget["properties"]["markdown"] for widget in body["widgets"][1:] if widget["type"] == "text"]
    base = "https://runbooks.example.com/Stack"
    names = ("CpuHigh", "LatencyHigh", "ErrorRate", "TaskStopped", "Failover")
    links = " · ".join(f"[{name}]({base}/Orders-{name})" for name in names)
    assert texts == ["## Data stores", f"### Stack/Orders\nRunbooks: {links}", "### Far/Vault"]


@pytest.mark.control("OPS-4")
def test_golden_signals_stand_in_one_row_before_the_rest(body: dict[str, Any]) -> None:
    graphs = [widget for widget in body["widgets"] if widget["type"] == "metric"]
    assert [(graph["properties"]["title"], graph["x"], graph["width"]) for graph in graphs] == [
        ("Site", 0, 8),
        ("Errors", 8, 8),
        ("CPU", 16, 8),
        ("Fourth", 0, 8),
        ("CPU", 0, 8),
    ]
    first, second, third, fourth, _ = (graph["y"] for graph in graphs)
    assert first == second == third < fourth


@pytest.mark.control("OPS-4")
def test_the_body_is_what_cloudwatch_documents(body: dict[str, Any]) -> None:
    assert faults(body) == []


@pytest.mark.control("OPS-4")
def test_every_metric_names_its_region(body: dict[str, Any]) -> None:
    site, _, cpu, _, vault = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
    assert cpu["metrics"] == [
        ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "orders", {"stat": "Average", "period": 60, "region": "us-east-1"}]
    ]
    assert cpu["yAxis"] == {"left": {"label": "percent", "showUnits": False}}
    assert vault["metrics"][0][-1]["region"] == SECOND_REGION
    assert site["metrics"][0] == [
        "AWS/CloudFront",
        "Requests",
        {"stat": "Average", "period": 60, "region": "us-east-1", "label": "requests"},
    ]


@pytest.mark.control("OPS-4")
def test_what_is_shown_is_what_is_watched(body: dict[str, Any]) -> None:
    shown = {(row[0], row[1]) for widget in body["widgets"] for row in widget["properties"].get("metrics", ()) if len(row) > 1}
    assert shown == {(metric.namespace, metric.name) for graph in GRAPHS for metric in metrics_in(graph)}


@pytest.mark.control("OPS-4")
def test_expressions_of_one_graph_do_not_share_ids(body: dict[str, Any]) -> None:
    rows = next(w["properties"]["metrics"] for w in body["widgets"] if w["properties"].get("title") == "Errors")
    ids = [row[-1]["id"] for row in rows]
    assert ids == ["errors0", "requests0", "result0", "errors1", "requests1", "result1"]
    assert rows[2][0]["expression"] == "100 * errors0 / requests0"
    assert rows[5][0]["expression"] == "100 * errors1 / requests1"
    assert rows[0][-1]["visible"] is False


def test_range_follows_the_posture(body: dict[str, Any]) -> None:
    assert body["start"] == "-PT12H"
    stack = new_stack()
    days = replace(PRODUCTION.monitoring, dashboard_span=PRODUCTION.monitoring.dashboard_span * 6)
    Dashboard(stack, "Dashboard", posture=days, title="T", watching=[Watched(stack, "A", graphs=GRAPHS[:1])], watches=[])
    assert body_of(synth(stack))["start"] == "-P3D"


def test_name_is_said_in_the_template_and_in_the_metadata(built: tuple[Template, list[str]]) -> None:
    template = built[0]
    assert template.props("AWS::CloudWatch::Dashboard")["DashboardName"] == "Stack-Shop-production"
    (recorded,) = template.recorded("Dashboard")
    assert recorded["dashboard"] == "Stack-Shop-production"
    assert recorded["shows"] == ["Stack/Orders", "Far/Vault", "Stack/Quiet"]
    assert recorded["watches"] == ["Stack/Watch"]


def test_clean(built: tuple[Template, list[str]]) -> None:
    assert not [finding for finding in built[1] if "Dashboard" in finding]


def dashboard(stack: cdk.Stack, **changes: Any) -> Dashboard:
    return Dashboard(
        stack, "Dashboard", **{"posture": PRODUCTION.monitoring, "title": "T", "watching": [Watched(stack, "A")], "watches": [], **changes}
    )


@pytest.mark.control("OPS-4")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda s: dashboard(s, title=" / "), r"^Stack/Dashboard: title: got ' / '; allowed: a heading with letters or digits; name the"),
        (lambda s: dashboard(s, watching=[]), r"^Stack/Dashboard: watching: got \[\]; allowed: at least one construct; show what"),
        (
            lambda s: dashboard(s, watching=[Watched(s, "Many", graphs=GRAPHS[:1] * 500)]),
            r"^Stack/Dashboard: got '503 widgets'; allowed: 500 widgets, CloudWatch's limit; split the constructs over two dashboards",
        ),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())
