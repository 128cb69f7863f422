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
from prodready_constructs.posture import PRODUCTION
from tests.monitoring.watched import CPU, ERRORS, Watched
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
    assert title["properties"]["markdown"] == "# Shop: production"
    assert critical["type"] == "alarm"
    assert len(critical["properties"]["alarms"]) == 1
    assert "AnyCritical" in critical["properties"]["alarms"][0]
    assert len(alarms["properties"]["alarms"]) == 6
    assert [widget["y"] for widget in (title, critical, alarms)] == [0, 1, 3]


@pytest.mark.control("OPS-4")
def test_every_construct_with_graphs_has_a_header_and_rows_of_three(body: dict[str, Any]) -> None:
    texts = [widget["properties"]["markdown"] for widget in body["widgets"] if widget["type"] == "text"]
    assert texts == ["# Shop: production", "## Stack/Orders", "## Far/Vault"]
    graphs = [widget for widget in body["widgets"] if widget["type"] == "metric"]
    assert [(graph["x"], graph["y"]) for graph in graphs[:4]] == [(0, 8), (8, 8), (16, 8), (0, 14)]
    boxes = {(widget["x"], widget["y"]) for widget in body["widgets"]}
    assert len(boxes) == len(body["widgets"]), "no two widgets on one spot"


@pytest.mark.control("OPS-4")
def test_every_metric_names_its_region(body: dict[str, Any]) -> None:
    graphs = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
    cpu, _, site, _, vault = graphs
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
            r"^Stack/Dashboard: got '502 widgets'; allowed: 500 widgets, CloudWatch's limit; split the constructs over two dashboards",
        ),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())
