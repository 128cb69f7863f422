"""When a read replica falls behind. No AWS module."""

from __future__ import annotations

from prodready_constructs.contracts import AlarmSpec, Metric, RunbookSpec, Severity
from prodready_constructs.database.watched import WatchedInstance, describe, metric, recent_events, series

_REPLICA_LAG = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html; ledger DB-10"


def lag_specs(db: WatchedInstance) -> tuple[AlarmSpec, ...]:
    """Lag, and replication that stands still; none for an instance that is no replica."""
    if db.replica_lag is None:
        return ()
    lag: Metric = metric(db, "ReplicaLag")
    replication = f"{describe(db)} --query 'DBInstances[0].StatusInfos'"
    return (
        AlarmSpec(
            id="ReplicaLagHigh",
            metric=lag,
            threshold=db.replica_lag.total_seconds(),
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            source=f"posture.replica_lag; {_REPLICA_LAG}",
            periods=3,
            # A replica that does not replicate reports no lag; RDS for PostgreSQL falls silent, RDS for MySQL says -1.
            missing_data="breaching",
            runbook=RunbookSpec(
                meaning="The replica is behind its source: readers see old data, and as much would be lost if it took over now.",
                causes=(
                    "more writes than the replica's class or disk can repeat",
                    "a long query or lock on the replica that holds replication up",
                    "a MySQL table without a primary key",
                ),
                first_commands=(series(db, "ReplicaLag"), replication, recent_events(db)),
            ),
        ),
        AlarmSpec(
            id="ReplicationStopped",
            metric=lag,
            threshold=0,
            comparison="LessThanThreshold",
            severity=Severity.CRITICAL,
            source=f"ReplicaLag is -1 while replication is not active; {_REPLICA_LAG}",
            periods=3,
            missing_data="notBreaching",
            runbook=RunbookSpec(
                meaning="Replication has stopped: the replica grows older by the minute, and after 30 days RDS ends it for good.",
                causes=("a statement failed on the replica", "somebody wrote to the replica", "the replica's disk is full"),
                first_commands=(replication, recent_events(db), describe(db)),
            ),
        ),
    )
