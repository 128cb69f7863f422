"""One instance as its alarms see it, and the commands that every runbook of it begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import Metric
from prodready_constructs.database.classes import InstanceClass


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedInstance:
    """What the alarms are computed from. *identifier* is literal (for metrics and commands), *source* the instance's reference.

    Attributes:
        secret_arn: of the master password; None where the master user signs in by IAM.
        replica_lag: how far a read replica may fall behind; None for an instance that is none.
    """

    identifier: str
    source: str
    secret_arn: str | None
    instance_class: InstanceClass
    connection_limit: int
    storage_gib: int
    failures: Metric
    failure_log: str
    insights: bool
    replica_lag: timedelta | None = None


def metric(db: WatchedInstance, name: str, *, period: timedelta = timedelta(minutes=5), statistic: str = "Average") -> Metric:
    """A metric of the instance itself."""
    return Metric(namespace="AWS/RDS", name=name, dimensions={"DBInstanceIdentifier": db.identifier}, statistic=statistic, period=period)


def describe(db: WatchedInstance) -> str:
    """The command that shows the instance."""
    return f"aws rds describe-db-instances --db-instance-identifier {db.identifier}"


def recent_events(db: WatchedInstance) -> str:
    """The command that shows a day of its events."""
    return f"aws rds describe-events --source-type db-instance --source-identifier {db.identifier} --duration 1440"


def series(db: WatchedInstance, name: str) -> str:
    """The command that shows three hours of a metric, five minutes a point."""
    return (
        f"aws cloudwatch get-metric-statistics --namespace AWS/RDS --metric-name {name} "
        f"--dimensions Name=DBInstanceIdentifier,Value={db.identifier} --period 300 --statistics Average Maximum "
        "--start-time $(date -u -d '3 hours ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)"
    )
