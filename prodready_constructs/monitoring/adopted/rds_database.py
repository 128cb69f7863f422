"""RDS instances and Aurora clusters."""

from __future__ import annotations

from typing import Any

from aws_cdk import Token

from prodready_constructs.contracts import AnyAlarmSpec, RdsEventSpec, RunbookSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, LEDGER, RECOMMENDED, WARNING, Service

GIB = 1024**3
#: Bytes that must stay free where nobody says how large the disk is.
FREE = 10 * GIB
#: Transactions after which PostgreSQL must have vacuumed; at 2 billion it stops taking writes.
TRANSACTION_IDS = 1_000_000_000
#: Seconds for one operation of the disk, from which on AWS says that it wants looking into.
SLOW = 0.02


def instance(identifier: str, allocated: int | None) -> tuple[AnyAlarmSpec, ...]:
    """An instance; *allocated*: bytes of its disk, None when not known here."""
    of = Service(
        "AWS/RDS",
        {"DBInstanceIdentifier": identifier},
        (
            f"aws rds describe-db-instances --db-instance-identifier {identifier}",
            f"aws rds describe-events --source-type db-instance --source-identifier {identifier} --duration 1440",
        ),
    )
    free = allocated // 10 if allocated else FREE
    return (
        _busy(of),
        of.alarm(
            "DiskNearlyFull",
            of.metric("FreeStorageSpace", "Minimum"),
            free,
            comparison="LessThanThreshold",
            severity=CRITICAL,
            source=f"{LEDGER}: disk above 90 %; {RECOMMENDED}"
            if allocated
            else "Our reason: how large the disk is is not known here; at 10 GiB there is time to grow it",
            missing_data="missing",
            meaning="The disk is nearly full; a full one stops the database.",
            causes=("growth", "transaction logs that a stopped replica or replication slot holds", "a runaway temporary table"),
        ),
        *(
            of.alarm(
                f"{words}Used",
                of.metric(name, "Average"),
                10,
                comparison="LessThanThreshold",
                severity=WARNING,
                source=RECOMMENDED,
                periods=3,
                # Only instance classes that burst report it.
                missing_data="notBreaching",
                meaning=f"The disk has used up its burst of {what}; it falls to its baseline and queries wait.",
                causes=("more load than the instance class carries", "queries without an index", "a backup or bulk load"),
            )
            for name, words, what in (("EBSIOBalance%", "IoCredits", "operations"), ("EBSByteBalance%", "ThroughputCredits", "bytes"))
        ),
        *(
            of.alarm(
                f"Slow{kind}s",
                of.metric(f"{kind}Latency", "p90"),
                SLOW,
                severity=WARNING,
                source=f"{RECOMMENDED}: above 20 milliseconds is a cause for investigation",
                # An instance that is stopped reports nothing.
                missing_data="missing",
                meaning=f"The disk takes more than 20 milliseconds for one {kind.lower()} in ten: queries wait for it.",
                causes=(
                    "more operations than the volume has",
                    "a burst that is used up",
                    "a backup, a bulk load, a query without an index",
                ),
            )
            for kind in ("Read", "Write")
        ),
        of.alarm(
            "ReplicaBehind",
            of.metric("ReplicaLag", "Maximum"),
            60,
            severity=WARNING,
            source=RECOMMENDED,
            periods=10,
            # Only a replica reports it. So below.
            missing_data="notBreaching",
            meaning="The replica is more than a minute behind: readers see old data.",
            causes=("a long transaction", "a smaller class than the primary's", "a burst of writes"),
        ),
        of.alarm(
            "ReplicationStopped",
            of.metric("ReplicaLag", "Minimum"),
            0,
            comparison="LessThanThreshold",
            severity=CRITICAL,
            source=f"{RECOMMENDED}: the lag is -1 while replication is not active",
            periods=3,
            missing_data="notBreaching",
            meaning="Replication has stopped: the replica grows older by the minute.",
            causes=("a statement failed on the replica", "somebody wrote to the replica", "the replica's disk is full"),
        ),
        _wraparound(of),
        _events(identifier, "db-instance", ("failover", "failure", "low storage")),
    )


def cluster(identifier: str) -> tuple[AnyAlarmSpec, ...]:
    """An Aurora cluster."""
    of = Service(
        "AWS/RDS",
        {"DBClusterIdentifier": identifier},
        (
            f"aws rds describe-db-clusters --db-cluster-identifier {identifier}",
            f"aws rds describe-events --source-type db-cluster --source-identifier {identifier} --duration 1440",
        ),
    )
    return (
        _busy(of),
        of.alarm(
            "WriterDown",
            of.metric("EngineUptime", "Average", Role="WRITER"),
            0,
            comparison="LessThanOrEqualToThreshold",
            severity=CRITICAL,
            source=RECOMMENDED,
            periods=2,
            missing_data="breaching",
            meaning="The writer has not been up for two minutes: nothing can be written.",
            causes=("a failover that takes long", "a crash", "maintenance"),
        ),
        of.alarm(
            "ReplicaBehind",
            of.metric("AuroraReplicaLagMaximum", "Maximum"),
            60_000,
            severity=WARNING,
            source=f"Our reason, as for RDS replicas in {RECOMMENDED}",
            periods=10,
            # A cluster without readers has no lag.
            missing_data="notBreaching",
            meaning="A reader is more than a minute behind the writer: it serves old data, or restarts.",
            causes=("a reader too small for the writes", "a long query on the reader"),
        ),
        _wraparound(of),
        _events(identifier, "db-cluster", ("failover", "failure")),
    )


def _busy(of: Service) -> AnyAlarmSpec:
    return of.alarm(
        "HighCpu",
        of.metric("CPUUtilization", "Average"),
        80,
        severity=WARNING,
        source=f"{LEDGER}: CPU above 80 %",
        missing_data="missing",
        meaning="The database is short of CPU: queries queue.",
        causes=("a query without an index", "more connections than usual", "a class too small for the load"),
    )


def _wraparound(of: Service) -> AnyAlarmSpec:
    return of.alarm(
        "TransactionIdsUsed",
        of.metric("MaximumUsedTransactionIDs", "Average"),
        TRANSACTION_IDS,
        severity=CRITICAL,
        source=RECOMMENDED,
        periods=1,
        # PostgreSQL only.
        missing_data="notBreaching",
        meaning="Autovacuum is so far behind that the database will stop taking writes to protect itself.",
        causes=("a transaction open for days", "an unused replication slot", "autovacuum switched off or starved"),
    )


def _events(identifier: str, kind: Any, categories: tuple[str, ...]) -> RdsEventSpec:
    return RdsEventSpec(
        id="Events",
        source_type=kind,
        source_ids=(identifier,),
        categories=categories,
        severity=CRITICAL,
        source="Amazon RDS user guide: event categories",
        runbook=RunbookSpec(
            meaning="RDS reports a failure or a failover of the database.",
            causes=("hardware or zone failure", "maintenance", "a disk that ran full"),
            first_commands=(f"aws rds describe-events --source-type {kind} --source-identifier {identifier} --duration 1440",),
        ),
    )


def _allocated(plain: Any) -> int | None:
    """Bytes of the disk of a CloudFormation resource, if the template says so."""
    size = getattr(plain, "allocated_storage", None)
    return int(size) * GIB if size and not Token.is_unresolved(size) else None


ADOPTS = {
    "aws_rds.IDatabaseInstance": lambda found: instance(found.instance_identifier, _allocated(found.node.default_child)),
    "aws_rds.CfnDBInstance": lambda found: instance(found.ref, _allocated(found)),
    "aws_rds.IDatabaseCluster": lambda found: cluster(found.cluster_identifier),
    "aws_rds.CfnDBCluster": lambda found: cluster(found.ref),
}
