"""What the business looks at: orders a minute, baskets, sign-ups. Drawn, and told of when it stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from constructs import Construct

from prodready_constructs.contracts import (
    AlarmSpec,
    AnyAlarmSpec,
    Comparison,
    ControlClaim,
    Goal,
    GraphSpec,
    MathMetric,
    Metric,
    RunbookSpec,
    Severity,
    record,
)
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

CONTROLS = (
    ControlClaim(
        control="OPS-4",
        how="Metrics of the business stand on the dashboard beside the system's own, and can tell somebody",
        frameworks=("SOC 2 CC7.2",),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessMetric:
    """A number that the business lives by.

    Attributes:
        title: what people call it: "Orders a minute".
        metric: of your own namespace (the application publishes it), or an expression.
        unit: of its axis. goal: drawn across the graph.

    Raises:
        ConfigurationError: no title, or a metric of AWS's own namespaces alone (that is a construct's graph).
    """

    title: str
    metric: Metric | MathMetric
    unit: str | None = None
    goal: float | None = None

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise ConfigurationError("BusinessMetric.title", given=self.title, allowed="what people call it", mend="name it")
        metrics = [self.metric] if isinstance(self.metric, Metric) else list(self.metric.using.values())
        if metrics and all(metric.namespace.startswith("AWS/") for metric in metrics):
            raise ConfigurationError(
                "BusinessMetric.metric",
                given=", ".join(sorted({metric.namespace for metric in metrics})),
                allowed="at least one metric of a namespace of yours: AWS keeps AWS/ for itself",
                mend="publish the metric from the application, or watch the construct whose metric it is",
            )

    @property
    def graph(self) -> GraphSpec:
        """Its graph."""
        goal = None if self.goal is None else Goal(self.goal, "goal")
        return GraphSpec(title=self.title, metrics=(self.metric,), unit=self.unit, goal=goal)

    def alarm(
        self,
        alarm_id: str,
        *,
        when: Comparison,
        threshold: float,
        severity: Severity,
        source: str,
        runbook: RunbookSpec,
        lasting: timedelta = timedelta(minutes=15),
    ) -> AlarmSpec:
        """An alarm on it, for ``BusinessMetrics(alarms=[...])``. *lasting*: how long *when* must hold.

        Silence alarms where *when* is ``LessThan...``: an application that publishes nothing sells nothing.
        """
        return AlarmSpec(
            id=alarm_id,
            metric=self.metric,
            threshold=threshold,
            comparison=when,
            severity=severity,
            source=source,
            runbook=runbook,
            periods=max(1, lasting // self.metric.period),
            missing_data="breaching" if when.startswith("Less") else "notBreaching",
        )


class BusinessMetrics(Part):
    """Numbers of the business as a construct: ``Watch`` makes its alarms, ``Dashboard`` draws it.

    Args:
        shown: what is drawn, in this order.
        alarms: made with ``metric.alarm(...)``.

    Raises:
        ConfigurationError: nothing to show.
    """

    def __init__(self, scope: Construct, construct_id: str, *, shown: Sequence[BusinessMetric], alarms: Sequence[AlarmSpec] = ()) -> None:
        super().__init__(scope, construct_id)
        if not shown:
            raise ConfigurationError(f"{self.path}: shown", given=[], allowed="at least one BusinessMetric", mend="name what you live by")
        self._shown, self._alarms = tuple(shown), tuple(alarms)
        record(self, controls=CONTROLS, tier="monitoring", watchable=bool(alarms), shown=[metric.title for metric in shown])

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Those given."""
        return self._alarms

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """One for each number."""
        return tuple(metric.graph for metric in self._shown)
