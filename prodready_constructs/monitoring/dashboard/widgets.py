"""Widgets as CloudWatch's dashboard body wants them, on its grid of 24 columns. Pure: data in, data out.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prodready_constructs.contracts import GraphSpec, MathMetric, Metric
from prodready_constructs.monitoring.words import seconds

GRID_WIDTH = 24
GRAPH_WIDTH, GRAPH_HEIGHT = 8, 6
LOG_HEIGHT = 6
MOST_ALARMS_IN_A_WIDGET = 100
#: Alarms of a widget that is 24 wide stand side by side: this many in a unit of height, about.
_ALARMS_IN_A_ROW = 12
_ID = re.compile(r"\b[a-z][A-Za-z0-9_]*\b")


@dataclass(slots=True)
class Layout:
    """Widgets from top to bottom, no two on one spot."""

    widgets: list[dict[str, Any]] = field(default_factory=list)
    _y: int = 0

    def text(self, markdown: str, *, height: int) -> None:
        """Words over the whole width."""
        self._row("text", height, [{"markdown": markdown}])

    def alarms(self, title: str, arns: Sequence[str], *, least_height: int = 2) -> None:
        """The states of alarms, those in alarm first; as many widgets as they need."""
        for start in range(0, len(arns), MOST_ALARMS_IN_A_WIDGET):
            some = list(arns[start : start + MOST_ALARMS_IN_A_WIDGET])
            height = max(least_height, 1 + -(-len(some) // _ALARMS_IN_A_ROW))
            self._row("alarm", height, [{"title": title, "alarms": some, "sortBy": "stateUpdatedTimestamp"}])

    def graphs(self, graphs: Sequence[GraphSpec], *, home: str, region: str, per_row: int = GRID_WIDTH // GRAPH_WIDTH) -> None:
        """Rows of *per_row*. *home*: the region of the construct; *region*: the dashboard's, for what is computed."""
        for start in range(0, len(graphs), per_row):
            drawn = [graph_properties(graph, home=home, region=region) for graph in graphs[start : start + per_row]]
            self._row("metric", GRAPH_HEIGHT, drawn, width=GRID_WIDTH // per_row)

    def log(self, properties: dict[str, Any]) -> None:
        """The answer of a query over the whole width."""
        self._row("log", LOG_HEIGHT, [properties])

    def _row(self, kind: str, height: int, side_by_side: Sequence[dict[str, Any]], *, width: int = GRID_WIDTH) -> None:
        for place, properties in enumerate(side_by_side):
            self.widgets.append(
                {"type": kind, "x": place * width, "y": self._y, "width": width, "height": height, "properties": properties}
            )
        self._y += height


def graph_properties(graph: GraphSpec, *, home: str, region: str) -> dict[str, Any]:
    """The properties of a metric widget: lines over time."""
    rows: list[list[Any]] = []
    for number, metric in enumerate(graph.metrics):
        if isinstance(metric, MathMetric):
            # Ids are unique in a widget, and two expressions may use the same names: number them.
            ids = {name: f"{name}{number}" for name in metric.using}
            period = seconds(metric.period)
            rows += [_row(used, home=home, period=period, id=ids[name], visible=False) for name, used in metric.using.items()]
            of_expression = {
                "expression": _renamed(metric.expression, ids),
                "label": metric.label,
                "id": f"result{number}",
                "region": home,
                "period": period,
            }
            rows.append([of_expression])
        else:
            rows.append(_row(metric, home=home, period=seconds(metric.period)))
    properties: dict[str, Any] = {"title": graph.title, "view": "timeSeries", "stacked": False, "region": region, "metrics": rows}
    if graph.unit is not None:
        properties["yAxis"] = {"left": {"label": graph.unit, "showUnits": False}}
    if graph.goal is not None:
        properties["annotations"] = {"horizontal": [{"label": graph.goal.label, "value": graph.goal.value}]}
    return properties


def _row(metric: Metric, *, home: str, **extra: Any) -> list[Any]:
    options: dict[str, Any] = {"stat": metric.statistic, "region": metric.region or home, **extra}
    if metric.label is not None:
        options["label"] = metric.label
    return [metric.namespace, metric.name, *(part for pair in metric.dimensions.items() for part in pair), options]


def _renamed(expression: str, ids: dict[str, str]) -> str:
    return _ID.sub(lambda match: ids.get(match.group(), match.group()), expression)
