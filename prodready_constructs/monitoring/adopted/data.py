"""The words that every service's file is written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import (
    AlarmSpec,
    AnyAlarmSpec,
    Comparison,
    GraphSpec,
    MathMetric,
    Metric,
    MissingData,
    RunbookSpec,
    Severity,
)

#: Where AWS says which metrics deserve an alarm, with statistic, period and datapoints, and with a threshold where one fits everybody.
RECOMMENDED = "AWS's recommended alarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html"
#: The people's thresholds.
LEDGER = "Ledger OPS-2"
CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING
MINUTE, FIVE, HOUR, DAY = timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Service:
    """One resource: the namespace and dimensions of its metrics, and the commands that every runbook of it begins with."""

    namespace: str
    dimensions: dict[str, str]
    commands: tuple[str, ...]
    period: timedelta = MINUTE
    region: str | None = None

    def metric(self, name: str, statistic: str = "Sum", *, period: timedelta | None = None, **dimensions: str) -> Metric:
        """One metric of the resource."""
        return Metric(
            namespace=self.namespace,
            name=name,
            dimensions={**self.dimensions, **dimensions},
            statistic=statistic,
            period=period or self.period,
            region=self.region,
        )

    def percent(self, part: tuple[Metric, ...], whole: Metric, label: str) -> MathMetric:
        """*part* as percent of *whole*; nothing of nothing is 0."""
        parts = {f"p{place}": metric for place, metric in enumerate(part)}
        some = " + ".join(f"FILL({name}, 0)" for name in parts)
        return MathMetric(
            expression=f"IF(whole > 0, 100 * ({some}) / whole, 0)", using={**parts, "whole": whole}, label=label, period=whole.period
        )

    def alarm(
        self,
        alarm_id: str,
        metric: Metric | MathMetric,
        threshold: float,
        *,
        severity: Severity,
        source: str,
        meaning: str,
        causes: tuple[str, ...],
        missing_data: MissingData,
        comparison: Comparison = "GreaterThanThreshold",
        periods: int = 5,
        datapoints: int | None = None,
        warm_up: timedelta | None = None,
    ) -> AlarmSpec:
        """One alarm, whose runbook begins with the metric itself."""
        shown = metric if isinstance(metric, Metric) else next(iter(metric.using.values()), None)
        return AlarmSpec(
            id=alarm_id,
            metric=metric,
            threshold=threshold,
            comparison=comparison,
            severity=severity,
            source=source,
            periods=periods,
            datapoints=datapoints,
            missing_data=missing_data,
            warm_up=warm_up,
            runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=(*((_series(shown),) if shown else ()), *self.commands)),
        )


def graphs(specs: tuple[AnyAlarmSpec, ...]) -> tuple[GraphSpec, ...]:
    """A graph of what each alarm looks at, two alarms on the same metric sharing one."""
    seen: dict[str, GraphSpec] = {}
    for spec in specs:
        if isinstance(spec, AlarmSpec):
            seen.setdefault(str(spec.metric), GraphSpec(title=_WORDS.sub(" ", spec.id).capitalize(), metrics=(spec.metric,)))
    return tuple(seen.values())


def _series(metric: Metric) -> str:
    """The command that prints three hours of *metric*."""
    percentile = metric.statistic[:1] == "p"
    statistic = f"--extended-statistics {metric.statistic}" if percentile else f"--statistics {metric.statistic}"
    named = " ".join(f"Name={name},Value={value}" for name, value in metric.dimensions.items())
    region = f" --region {metric.region}" if metric.region else ""
    return (
        f"aws cloudwatch get-metric-statistics --namespace {metric.namespace} --metric-name {metric.name} --dimensions {named} {statistic} "
        f"--period {max(300, int(metric.period.total_seconds()))} --start-time $(date -u -d '3 hours ago' +%FT%TZ) "
        f"--end-time $(date -u +%FT%TZ){region}"
    )
