"""One cache as its alarms see it: its nodes, and the commands that every runbook of it begins with. No AWS module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, Comparison, MathMetric, Metric, MissingData, RunbookSpec, Severity

FIVE_MINUTES = timedelta(minutes=5)
#: An alarm on metric math takes ten metrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
_MOST_METRICS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedCache:
    """What the alarms are computed from.

    Attributes:
        sources: name and value of the dimension of every part that reports: the nodes, or the serverless cache as a whole.
    """

    identifier: str
    title: str
    secret_arn: str
    serverless: bool
    sources: tuple[tuple[str, str], ...]

    @property
    def describe(self) -> str:
        """The command that shows the cache."""
        if self.serverless:
            return f"aws elasticache describe-serverless-caches --serverless-cache-name {self.identifier}"
        return f"aws elasticache describe-replication-groups --replication-group-id {self.identifier}"

    @property
    def recent_events(self) -> str:
        """The command that shows a day of its events."""
        kind = "serverless-cache" if self.serverless else "replication-group"
        return f"aws elasticache describe-events --source-type {kind} --source-identifier {self.identifier} --duration 1440"

    def series(self, name: str) -> str:
        """The command that shows three hours of a metric of the first source, five minutes a point."""
        dimension, value = self.sources[0]
        return (
            f"aws cloudwatch get-metric-statistics --namespace AWS/ElastiCache --metric-name {name} "
            f"--dimensions Name={dimension},Value={value} --period 300 --statistics Average Maximum Sum "
            "--start-time $(date -u -d '3 hours ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)"
        )

    def metric(self, name: str, statistic: str, source: tuple[str, str], period: timedelta = FIVE_MINUTES) -> Metric:
        """A metric of one source."""
        return Metric(
            namespace="AWS/ElastiCache",
            name=name,
            dimensions={source[0]: source[1]},
            statistic=statistic,
            period=period,
            label=f"{name} {source[1]}",
        )

    def batches(self, metrics_of_each: int = 1) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
        """The sources in groups that one alarm can measure, each with the suffix of its alarm's id: none, ``2``, ``3`` ..."""
        size = _MOST_METRICS // metrics_of_each
        for number, start in enumerate(range(0, len(self.sources), size), start=1):
            yield "" if number == 1 else str(number), self.sources[start : start + size]


def alarms(
    cache: WatchedCache,
    alarm_id: str,
    name: str,
    threshold: float,
    *,
    over: str,
    statistic: str,
    severity: Severity,
    meaning: str,
    causes: tuple[str, ...],
    source: str,
    comparison: Comparison = "GreaterThanThreshold",
    missing_data: MissingData = "missing",
    each: str = "{}",
    periods: int = 3,
    period: timedelta = FIVE_MINUTES,
) -> tuple[AlarmSpec, ...]:
    """An alarm on one metric *over* all nodes (``MAX``, ``SUM``), one for ten nodes; *each* is what is made of a node's series first."""
    return tuple(
        AlarmSpec(
            id=f"{alarm_id}{suffix}",
            metric=_over(cache, sources, over=over, name=name, statistic=statistic, each=each, period=period),
            threshold=threshold,
            comparison=comparison,
            severity=severity,
            source=source,
            periods=periods,
            missing_data=missing_data,
            runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=(cache.series(name), cache.describe, cache.recent_events)),
        )
        for suffix, sources in cache.batches()
    )


def _over(
    cache: WatchedCache, sources: tuple[tuple[str, str], ...], *, over: str, name: str, statistic: str, each: str, period: timedelta
) -> Metric | MathMetric:
    if len(sources) == 1 and each == "{}":
        return cache.metric(name, statistic, sources[0], period)
    using = {f"m{number}": cache.metric(name, statistic, one, period) for number, one in enumerate(sources)}
    terms = ",".join(each.format(one) for one in using)
    return MathMetric(expression=f"{over}([{terms}])", using=using, label=f"{over.capitalize()} of {name}", period=period)
