"""One dashboard for an environment: status on top, then every construct with its graphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, GraphSpec, MathMetric, Metric, Watchable, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, Part, path_of, stated_region_of
from prodready_constructs.monitoring.watch import Watch
from prodready_constructs.monitoring.words import seconds
from prodready_constructs.posture import MonitoringPosture

CONTROLS = (
    ControlClaim(
        control="OPS-4",
        how="One dashboard shows the state of every alarm on top and the graphs of every construct below",
        frameworks=("NIST 800-53 r5 SI-4", "SOC 2 CC7.2"),
    ),
)

#: Limits and grid of a dashboard. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
#: and .../APIReference/CloudWatch-Dashboard-Body-Structure.html
MOST_WIDGETS = 500
MOST_ALARMS_IN_A_WIDGET = 100
GRID_WIDTH = 24
GRAPH_WIDTH, GRAPH_HEIGHT = 8, 6
_NAME = re.compile(r"[^A-Za-z0-9_-]+")


class Dashboard(Part):
    """One CloudWatch dashboard: composite status, every alarm, then each construct's graphs in rows of three.

    Args:
        posture: how far back it looks when opened.
        title: its heading, and (after the stack's name) its name.
        watching: the constructs to show, in this order; they may live in other stacks and regions.
        watches: whose alarms stand on top.

    Raises:
        ConfigurationError: nothing to show, no title, or more widgets than CloudWatch takes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: MonitoringPosture,
        title: str,
        watching: Sequence[Watchable],
        watches: Sequence[Watch],
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        if not (slug := _NAME.sub("-", title).strip("-")):
            raise ConfigurationError(
                f"{where}: title", given=title, allowed="a heading with letters or digits", mend="name the environment"
            )
        stack = self.stack
        region = self.stated_region or REGION
        layout = _Layout()
        layout.text(f"# {title}", height=1)
        composites = [watch.any_critical.attr_arn for watch in watches if watch.any_critical is not None]
        if composites:
            layout.alarms("Anything critical", composites, height=2)
        every_alarm = [arn for watch in watches for arn in watch.alarm_arns]
        for start in range(0, len(every_alarm), MOST_ALARMS_IN_A_WIDGET):
            layout.alarms("Alarms", every_alarm[start : start + MOST_ALARMS_IN_A_WIDGET], height=4)
        paths = []
        for watched in watching:
            path = path_of(watched)
            paths.append(path)
            graphs = watched.graphs
            if not graphs:
                continue
            home = stated_region_of(watched) or REGION
            layout.text(f"## {path}", height=1)
            layout.graphs(graphs, home=home, region=region)
        if len(paths) == 0:
            raise ConfigurationError(
                f"{where}: watching", given=[], allowed="at least one construct", mend="show what the environment runs"
            )
        if len(layout.widgets) > MOST_WIDGETS:
            raise ConfigurationError(
                where,
                given=f"{len(layout.widgets)} widgets",
                allowed=f"{MOST_WIDGETS} widgets, CloudWatch's limit",
                mend="split the constructs over two dashboards",
            )
        name = f"{stack.stack_name}-{slug}"
        #: The dashboard itself.
        self.dashboard = cloudwatch.CfnDashboard(
            self,
            "Dashboard",
            dashboard_name=name,
            dashboard_body=stack.to_json_string(
                {"start": _iso(posture.dashboard_span), "periodOverride": "inherit", "widgets": layout.widgets}
            ),
        )
        #: Its name in the CloudWatch console.
        self.dashboard_name = name
        record(self, controls=CONTROLS, tier="monitoring", dashboard=name, shows=paths, watches=[watch.path for watch in watches])


class _Layout:
    """Widgets from top to bottom on CloudWatch's grid of 24 columns."""

    def __init__(self) -> None:
        self.widgets: list[dict[str, Any]] = []
        self._y = 0

    def text(self, markdown: str, *, height: int) -> None:
        self._full_width("text", height, {"markdown": markdown})

    def alarms(self, title: str, arns: list[str], *, height: int) -> None:
        self._full_width("alarm", height, {"title": title, "alarms": arns})

    def graphs(self, graphs: Sequence[GraphSpec], *, home: str, region: str) -> None:
        """Rows of three. *home*: the region of the construct; *region*: the dashboard's, for what is computed."""
        per_row = GRID_WIDTH // GRAPH_WIDTH
        for index, graph in enumerate(graphs):
            self.widgets.append(
                {
                    "type": "metric",
                    "x": index % per_row * GRAPH_WIDTH,
                    "y": self._y + index // per_row * GRAPH_HEIGHT,
                    "width": GRAPH_WIDTH,
                    "height": GRAPH_HEIGHT,
                    "properties": _graph(graph, home=home, region=region),
                }
            )
        self._y += -(-len(graphs) // per_row) * GRAPH_HEIGHT

    def _full_width(self, kind: str, height: int, properties: dict[str, Any]) -> None:
        self.widgets.append({"type": kind, "x": 0, "y": self._y, "width": GRID_WIDTH, "height": height, "properties": properties})
        self._y += height


def _graph(graph: GraphSpec, *, home: str, region: str) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for number, metric in enumerate(graph.metrics):
        if isinstance(metric, MathMetric):
            # Ids are unique in a widget, and two expressions may use the same names: number them.
            ids = {name: f"{name}{number}" for name in metric.using}
            rows += [_row(used, home=home, id=ids[name], visible=False) for name, used in metric.using.items()]
            expression = _renamed(metric.expression, ids)
            rows.append(
                [
                    {
                        "expression": expression,
                        "label": metric.label,
                        "id": f"result{number}",
                        "region": home,
                        "period": seconds(metric.period),
                    }
                ]
            )
        else:
            rows.append(_row(metric, home=home))
    properties: dict[str, Any] = {"title": graph.title, "view": "timeSeries", "stacked": False, "region": region, "metrics": rows}
    if graph.unit is not None:
        properties["yAxis"] = {"left": {"label": graph.unit, "showUnits": False}}
    return properties


def _row(metric: Metric, *, home: str, **extra: Any) -> list[Any]:
    options: dict[str, Any] = {"stat": metric.statistic, "period": seconds(metric.period), "region": metric.region or home, **extra}
    if metric.label is not None:
        options["label"] = metric.label
    return [metric.namespace, metric.name, *(part for pair in metric.dimensions.items() for part in pair), options]


def _renamed(expression: str, ids: dict[str, str]) -> str:
    return re.sub(r"\b[a-z][A-Za-z0-9_]*\b", lambda match: ids.get(match.group(), match.group()), expression)


def _iso(span: timedelta) -> str:
    """The ISO 8601 duration that a dashboard's relative start is written in."""
    return f"-PT{seconds(span) // 3600}H" if span < timedelta(days=1) else f"-P{span.days}D"
