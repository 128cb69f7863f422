"""One table as its alarms and graphs see it. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import MathMetric, Metric

_MINUTE, _FIVE = timedelta(minutes=1), timedelta(minutes=5)
_LAST_HOUR = "--start-time $(date -u -d '-1 hour' +%FT%TZ) --end-time $(date -u +%FT%TZ)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What they need to know of it."""

    table: str
    indexes: tuple[str, ...]
    replica_regions: tuple[str, ...]
    max_read_units: int
    max_write_units: int
    user_errors: bool

    def metric(self, name: str, statistic: str = "Sum", **dimensions: str) -> Metric:
        """A metric of this table."""
        # DynamoDB sends how late replicas are every five minutes, all else that is watched here every minute.
        period = _FIVE if name == "ReplicationLatency" else _MINUTE
        return Metric(
            namespace="AWS/DynamoDB", name=name, dimensions={"TableName": self.table, **dimensions}, statistic=statistic, period=period
        )

    def filled(self, name: str, statistic: str = "Sum", *, label: str, **dimensions: str) -> MathMetric:
        """A metric of this table, 0 where there is none: without data an alarm on DynamoDB keeps its state, whatever it says of it.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
        """
        metric = self.metric(name, statistic, **dimensions)
        return MathMetric(expression="FILL(m0, 0)", using={"m0": metric}, label=label, period=metric.period)

    def series(self, name: str, statistic: str = "Sum", **dimensions: str) -> str:
        """The command that prints the last hour of a metric."""
        named = " ".join(f"Name={key},Value={value}" for key, value in {"TableName": self.table, **dimensions}.items())
        return (
            f"aws cloudwatch get-metric-statistics --namespace AWS/DynamoDB --metric-name {name} --dimensions {named} "
            f"--statistics {statistic} --period 60 {_LAST_HOUR}"
        )
