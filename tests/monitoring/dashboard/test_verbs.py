"""What can be added: numbers of the business, log lines, cost, choices; each time the body is still what CloudWatch documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from bench.messages import counted, total
from prodready_constructs.contracts import GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import BusinessMetric, BusinessMetrics, Dashboard, DashboardVariable, Routes, Slo, Watch
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.monitoring.dashboard.test_dashboard import GRAPHS, body_of
from tests.monitoring.slo.test_slo import REQUEST_BASED
from tests.monitoring.watched import CPU, Watched
from tests.support.dashboard_body import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

ORDERS = BusinessMetric(
    title="Orders a minute",
    metric=Metric(namespace="Shop", name="OrdersPlaced", dimensions={"Environment": "production"}, statistic="Sum"),
    unit="orders",
    goal=40,
)
BASKET = BusinessMetric(
    title="Average basket",
    metric=MathMetric(
        expression="value / orders",
        using={
            "value": Metric(namespace="Shop", name="OrderValue", dimensions={"Environment": "production"}, statistic="Sum"),
            "orders": Metric(namespace="Shop", name="OrdersPlaced", dimensions={"Environment": "production"}, statistic="Sum"),
        },
        label="EUR an order",
    ),
)
RUNBOOK = RunbookSpec(meaning="Nobody buys.", causes=("the checkout fails",), first_commands=("aws cloudwatch describe-alarms",))
NO_ORDERS = ORDERS.alarm(
    "NoOrders", when="LessThanThreshold", threshold=1, severity=Severity.CRITICAL, source="The shop sells every minute", runbook=RUNBOOK
)
ENVIRONMENT = DashboardVariable(id="environment", label="Environment", replaces="Environment", values=("production", "staging"))


def a_dashboard(stack: cdk.Stack, **changes: Any) -> Dashboard:
    given: dict[str, Any] = {"posture": PRODUCTION.monitoring, "title": "T", "watches": [], **changes}
    return Dashboard(stack, "Dashboard", **{"watching": given.pop("watching", None) or [Watched(stack, "A", graphs=GRAPHS[:1])], **given})


@pytest.fixture(scope="module")
def built() -> tuple[Template, dict[str, Any], list[str]]:
    stack = new_stack()
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))
    business = BusinessMetrics(stack, "Business", shown=[ORDERS], alarms=[NO_ORDERS])
    promise = Slo(stack, "Promise", of=REQUEST_BASED, target=99.9)
    watch = Watch(stack, "Watch", routes=routes, watching=[business, promise, routes], runbook_base_url="https://runbooks.example.com")
    dashboard = a_dashboard(stack, watching=[routes, business, Watched(stack, "A", graphs=GRAPHS), promise], watches=[watch])
    dashboard.add_business(BASKET)
    dashboard.add_log_lines("Last errors", log_groups=["/shop/orders", "/shop/mail"], query="filter level = 'ERROR' | limit 20")
    dashboard.add_cost(monthly_budget=900, services=["AmazonRDS"])
    dashboard.add_variable(ENVIRONMENT)
    dashboard.add_variable(DashboardVariable(id="api", label="API", kind="pattern", replaces='"orders"', values=("orders", "mail")))
    template = synth(stack)
    return template, body_of(template), findings(stack)


@pytest.mark.control("OPS-4")
def test_sections_stand_in_their_order(built: tuple[Template, dict[str, Any], list[str]]) -> None:
    headings = [widget["properties"]["markdown"] for widget in built[1]["widgets"] if widget["type"] == "text"]
    assert [heading for heading in headings if heading.startswith("## ")] == [
        "## Objectives",
        "## Data stores",
        "## Business",
        "## Logs",
        "## Cost",
        "## Alerting",
    ]


@pytest.mark.control("OPS-4")
def test_the_body_is_what_cloudwatch_documents(built: tuple[Template, dict[str, Any], list[str]]) -> None:
    assert faults(built[1]) == []


@pytest.mark.control("OPS-4")
def test_numbers_of_the_business(built: tuple[Template, dict[str, Any], list[str]]) -> None:
    widgets = {widget["properties"].get("title"): widget["properties"] for widget in built[1]["widgets"]}
    orders = widgets["Orders a minute"]
    assert orders["metrics"][0][:4] == ["Shop", "OrdersPlaced", "Environment", "production"]
    assert orders["annotations"] == {"horizontal": [{"label": "goal", "value": 40}]}
    assert widgets["Average basket"]["metrics"][-1][0]["expression"] == "value0 / orders0"
    alarm = built[0].props("AWS::CloudWatch::Alarm", "NoOrders")
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (1, 15, "breaching")


def test_silence_alarms_only_where_less_is_bad() -> None:
    much = ORDERS.alarm("Flood", when="GreaterThanThreshold", threshold=9, severity=Severity.WARNING, source="x", runbook=RUNBOOK)
    assert (NO_ORDERS.missing_data, much.missing_data) == ("breaching", "notBreaching")


@pytest.mark.control("OPS-4")
def test_log_lines(built: tuple[Template, dict[str, Any], list[str]]) -> None:
    (log,) = [widget["properties"] for widget in built[1]["widgets"] if widget["type"] == "log"]
    assert log["query"] == "SOURCE '/shop/orders' | SOURCE '/shop/mail' | filter level = 'ERROR' | limit 20"
    assert log["region"] == "us-east-1"


@pytest.mark.control("COST-1")
def test_cost_stands_below_its_budget(built: tuple[Template, dict[str, Any], list[str]]) -> None:
    month, services = [widget["properties"] for widget in built[1]["widgets"] if "Charges" in widget["properties"].get("title", "")]
    assert month["metrics"] == [
        ["AWS/Billing", "EstimatedCharges", "Currency", "USD", {"stat": "Maximum", "region": "us-east-1", "period": 21600, "label": "all"}]
    ]
    assert month["annotations"] == {"horizontal": [{"label": "budget", "value": 900}]}
    assert services["metrics"][0][2:6] == ["ServiceName", "AmazonRDS", "Currency", "USD"]


def test_cost_is_of_us_east_1_wherever_the_stack_is() -> None:
    stack = new_stack(region="eu-west-1")
    a_dashboard(stack).add_cost()
    charges = [widget for widget in body_of(synth(stack))["widgets"] if widget["properties"].get("title") == "Charges this month"]
    assert [widget["properties"]["metrics"][0][-1]["region"] for widget in charges] == ["us-east-1"]


@pytest.mark.control("OPS-4")
def test_variables(built: tuple[Template, dict[str, Any], list[str]]) -> None:
    environment, api = built[1]["variables"]
    assert environment == {
        "type": "property",
        "property": "Environment",
        "inputType": "select",
        "id": "environment",
        "label": "Environment",
        "defaultValue": "production",
        "visible": True,
        "values": [{"label": "production", "value": "production"}, {"label": "staging", "value": "staging"}],
    }
    assert (api["type"], api["pattern"]) == ("pattern", '"orders"')


def test_clean(built: tuple[Template, dict[str, Any], list[str]]) -> None:
    assert not [finding for finding in built[2] if "/Dashboard" in finding or "/Business" in finding]


def test_the_name_and_the_logical_id_stay() -> None:
    stack = new_stack()
    a_dashboard(stack, title="Shop: production")
    ((logical_id, resource),) = synth(stack).of_type("AWS::CloudWatch::Dashboard").items()
    assert logical_id == "DashboardB5E3F5DB"
    assert resource["Properties"]["DashboardName"] == "Stack-Shop-production"


@pytest.mark.parametrize("flags", [{}, None])
def test_with_and_without_feature_flags(flags: dict[str, Any] | None) -> None:
    stack = new_stack(new_app(flags=flags))
    a_dashboard(stack).add_business(ORDERS)
    assert faults(body_of(synth(stack))) == []


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("posture", [PRODUCTION, STAGING], ids=["production", "staging"])
def test_words_that_could_break_json_or_markdown(posture: Any, region: str) -> None:
    stack = new_stack(region=region)
    nasty = 'A "quoted" \\ back\nslash ${AWS::Region} \u2028 <b>'
    graph = GraphSpec(title=nasty, metrics=(replace(CPU.metric, label=nasty),), unit=nasty)
    dashboard = a_dashboard(stack, posture=posture.monitoring, title=nasty, watching=[Watched(stack, "A", graphs=(graph,) * 7)])
    dashboard.add_log_lines(nasty, log_groups=["/a"], query=nasty)
    body = body_of(synth(stack))
    assert faults(body) == []
    assert body["widgets"][0]["properties"]["markdown"].startswith(f"# {nasty}")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 100, 300])
def test_any_number_of_graphs_fits_the_grid(count: int) -> None:
    stack = new_stack()
    a_dashboard(stack, watching=[Watched(stack, "A", graphs=(GRAPHS * 75)[:count]), Watched(stack, "B", graphs=GRAPHS[:2])])
    body = body_of(synth(stack))
    assert faults(body) == []
    assert sum(widget["type"] == "metric" for widget in body["widgets"]) == count + 2


def test_many_alarms_take_as_many_widgets_as_they_need() -> None:
    stack = new_stack()
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))
    many = Watched(stack, "Many", *(replace(CPU, id=f"Alarm{number}") for number in range(250)))
    watch = Watch(stack, "Watch", routes=routes, watching=[many], runbook_base_url="https://runbooks.example.com")
    a_dashboard(stack, watches=[watch])
    body = body_of(synth(stack))
    assert [len(widget["properties"]["alarms"]) for widget in body["widgets"] if widget["type"] == "alarm"] == [100, 100, 50]
    assert faults(body) == []


LINE = GRAPHS[0].metrics[0]
WIDE = GraphSpec(title="Wide", metrics=(LINE,) * 501)


@pytest.mark.control("OPS-4")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda s: a_dashboard(s, watching=[Watched(s, "W", graphs=(WIDE,))]),
            r"^Stack/Dashboard: Wide: got '501 metrics in one graph'; allowed: 500, CloudWatch's limit; draw them in several graphs: nobody can tell",
        ),
        (
            lambda s: a_dashboard(s, watching=[Watched(s, "W", graphs=(replace(WIDE, metrics=(LINE,) * 500),) * 6)]),
            r"^Stack/Dashboard: got '3,000 metrics'; allowed: 2,500 metrics, CloudWatch's limit; split the constructs over two dashboards$",
        ),
        (
            lambda s: a_dashboard(s, watching=[Watched(s, "W", graphs=(GraphSpec(title="x" * 1_000_000, metrics=(LINE,)),))]),
            r"^Stack/Dashboard: got '1,00\d,\d{3} bytes'; allowed: 1,000,000 bytes, a whole template; split the constructs over two dashboards$",
        ),
        (
            lambda s: a_dashboard(s).add_business(),
            r"^Stack/Dashboard: add_business: got \[\]; allowed: at least one BusinessMetric; name one$",
        ),
        (
            lambda s: a_dashboard(s).add_log_lines("x", log_groups=[], query="limit 1"),
            r"^Stack/Dashboard: add_log_lines: got \"0 log groups and 'limit 1'\"; allowed: at least one log group, and a query; say where to look",
        ),
        (
            lambda s: a_dashboard(s).add_log_lines("x", log_groups=["/a"], query=" "),
            r"^Stack/Dashboard: add_log_lines: got \"1 log groups and ' '\"; allowed: at least one log group, and a query; say where to look for",
        ),
        (
            lambda s: a_dashboard(s).add_cost(monthly_budget=0),
            r"^Stack/Dashboard: add_cost: monthly_budget: got 0; allowed: US dollars above 0; leave it out$",
        ),
        (
            lambda s: a_dashboard(s).add_variable(ENVIRONMENT),
            r"^Stack/Dashboard: add_variable environment: got 'Environment'; allowed: a property that a widget has; add the metrics first, or mend",
        ),
        (
            lambda s: a_dashboard(s).add_variable(replace(ENVIRONMENT, kind="pattern", replaces="nowhere")),
            r"^Stack/Dashboard: add_variable environment: got 'nowhere'; allowed: a pattern that a widget has; add the metrics first, or mend the",
        ),
        (
            lambda s: twice(a_dashboard(s)),
            r"^Stack/Dashboard: add_variable environment: got 'environment'; allowed: an id that no other variable has",
        ),
        (
            lambda _: replace(ENVIRONMENT, id="an environment"),
            r"^DashboardVariable\.id: got 'an environment'; allowed: letters, digits, - and _, at",
        ),
        (
            lambda _: replace(ENVIRONMENT, values=("production",)),
            r"^DashboardVariable environment: values: got \['production'\]; allowed: two different values or more; a choice of one is no choice$",
        ),
        (
            lambda _: replace(ENVIRONMENT, kind="pattern", replaces="("),
            r"^DashboardVariable environment: replaces: got '\('; allowed: a regular expression; mend it: missing \), ",
        ),
        (lambda _: replace(ORDERS, title=" "), r"^BusinessMetric\.title: got ' '; allowed: what people call it; name it$"),
        (
            lambda _: replace(ORDERS, metric=CPU.metric),
            r"^BusinessMetric\.metric: got 'AWS/RDS'; allowed: at least one metric of a namespace of yours: AWS keeps AWS/ for itself; publish",
        ),
        (
            lambda s: BusinessMetrics(s, "Business", shown=[]),
            r"^Stack/Business: shown: got \[\]; allowed: at least one BusinessMetric; name what you live by$",
        ),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())


def twice(dashboard: Dashboard) -> None:
    dashboard.add_business(ORDERS)
    dashboard.add_variable(ENVIRONMENT)
    dashboard.add_variable(ENVIRONMENT)


def test_messages() -> None:
    stack = new_stack()
    dashboard = a_dashboard(stack)
    with counted() as counts:
        dashboard.add_business(ORDERS)
    assert total(counts) <= 3, counts
    assert counts["callback"] == 0


def test_the_judge_finds_what_is_wrong() -> None:
    widget = {"type": "metric", "x": 0, "y": 0, "width": 8, "height": 6, "properties": {"region": "us-east-1", "metrics": [["A", "b"]]}}
    good: dict[str, Any] = {"start": "-PT6H", "widgets": [widget]}
    assert faults(good) == []

    def bent(**changes: Any) -> list[str]:
        return faults({"widgets": [{**widget, **changes}]})

    properties = widget["properties"]
    assert isinstance(properties, dict)
    assert bent(x=20) == ["widgets[0]: outside of the grid: 20, 0, 8 x 6"]
    assert bent(type="graph") == ["widgets[0]: unknown type graph"]
    assert bent(colour="red") == ["widgets[0]: unknown key colour"]
    assert bent(properties={**properties, "titel": "x"}) == ["widgets[0].properties: unknown key titel"]
    assert bent(properties={"region": "us-east-1"}) == ["widgets[0].properties: no metrics"]
    for row, fault in (
        (["A"], "not a namespace, a name and pairs of dimensions: ['A']"),
        (["A", "b", "c"], "not a namespace, a name and pairs of dimensions: ['A', 'b', 'c']"),
    ):
        assert bent(properties={**properties, "metrics": [row]}) == [f"widgets[0].metrics[0]: {fault}"]
    assert bent(properties={**properties, "metrics": [["A", "b", {"period": 61}]]}) == ["widgets[0].metrics[0].period: 61"]
    assert bent(properties={**properties, "metrics": [[{"expression": "m1 * 2"}]]}) == ["widgets[0].metrics[0]: m1 is no id of this widget"]
    assert bent(properties={**properties, "metrics": [["A", "b", {"id": "m"}]] * 2}) == ["widgets[0]: id m twice"]
    assert faults({"widgets": [widget, widget]}) == ["widgets[1]: on widgets[0]"]
    assert faults({"widgets": [], "start": "yesterday"}) == ["body.start: 'yesterday'"]
    assert faults({}) == ["body: no widgets"]
    assert json.loads(json.dumps(good)) == good
