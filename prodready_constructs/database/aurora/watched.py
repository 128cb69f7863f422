"""One cluster as its alarms see it, and the commands that every runbook of it begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.contracts import AlarmSpec, Comparison, Metric, MissingData, RunbookSpec, Severity
from prodready_constructs.database.aurora.engine import AuroraEngine
from prodready_constructs.database.classes import InstanceClass

Statistic = Literal["Average", "Maximum", "Minimum", "Sum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedCluster:
    """What the alarms are computed from. *identifier* and the instances' *names* are literal, *source* and *members* references.

    Attributes:
        failures: refused connections, counted from the log; None where the engine has a metric for them.
        secret_arn: of the master password; None in a global database, which has none.
        global_name: of the global database it belongs to; secondary: it follows a primary in another region.
    """

    identifier: str
    source: str
    members: tuple[str, ...]
    names: tuple[str, ...]
    engine: AuroraEngine
    instance_class: InstanceClass
    serverless: bool
    connection_limit: int
    failures: Metric | None
    failure_log: str
    insights: bool
    backtracks: bool
    secret_arn: str | None
    global_name: str | None
    secondary: bool


def metric(db: WatchedCluster, name: str, statistic: Statistic = "Average", *, period: timedelta = timedelta(minutes=1)) -> Metric:
    """A metric of the cluster: of all its instances together, whichever of them is the writer just now."""
    return Metric(namespace="AWS/RDS", name=name, dimensions={"DBClusterIdentifier": db.identifier}, statistic=statistic, period=period)


def describe(db: WatchedCluster) -> str:
    """The command that shows the cluster and which member is the writer."""
    return f"aws rds describe-db-clusters --db-cluster-identifier {db.identifier} --query 'DBClusters[0].[Status,DBClusterMembers]'"


def recent_events(db: WatchedCluster) -> str:
    """The command that shows a day of its events."""
    return f"aws rds describe-events --source-type db-cluster --source-identifier {db.identifier} --duration 1440"


def series(db: WatchedCluster, name: str) -> str:
    """The command that shows three hours of a metric, five minutes a point."""
    return (
        f"aws cloudwatch get-metric-statistics --namespace AWS/RDS --metric-name {name} "
        f"--dimensions Name=DBClusterIdentifier,Value={db.identifier} --period 300 --statistics Average Maximum "
        "--start-time $(date -u -d '3 hours ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)"
    )


def cluster_alarm(
    db: WatchedCluster,
    alarm_id: str,
    name: str,
    threshold: float,
    *,
    meaning: str,
    causes: tuple[str, ...],
    source: str,
    severity: Severity = Severity.WARNING,
    statistic: Statistic = "Maximum",
    comparison: Comparison = "GreaterThanThreshold",
    periods: int = 15,
    datapoints: int | None = None,
    missing_data: MissingData = "missing",
) -> AlarmSpec:
    """An alarm on one metric, minute by minute, of the worst instance. Silence stays silence: the events tell of a cluster that is gone."""
    return AlarmSpec(
        id=alarm_id,
        metric=metric(db, name, statistic),
        threshold=threshold,
        comparison=comparison,
        severity=severity,
        source=source,
        periods=periods,
        datapoints=datapoints,
        missing_data=missing_data,
        runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=(series(db, name), describe(db), recent_events(db))),
    )
