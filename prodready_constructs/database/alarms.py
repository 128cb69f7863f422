"""Which metrics of a database wake somebody, and its graphs; thresholds computed from the instance class. No AWS module."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, Comparison, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.database.classes import GIB
from prodready_constructs.database.events import event_specs
from prodready_constructs.database.lag import lag_specs
from prodready_constructs.database.watched import WatchedInstance, describe, metric, recent_events, series

_CONNECTION_SHARE = 0.8
#: gp3 on RDS: 3,000 IOPS below 400 GiB, 12,000 from there (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html).
_STRIPED_FROM_GIB, _BASELINE_IOPS, _STRIPED_IOPS = 400, 3_000, 12_000


def alarm_specs(db: WatchedInstance) -> tuple[AnyAlarmSpec, ...]:
    """Every alarm and event of one instance."""
    return (*_resources(db), *_connections(db), *_latency(db), *_credits(db), *lag_specs(db), *event_specs(db))


def _spec(
    db: WatchedInstance,
    alarm_id: str,
    name: str,
    threshold: float,
    *,
    severity: Severity,
    meaning: str,
    causes: tuple[str, ...],
    source: str,
    comparison: Comparison = "GreaterThanThreshold",
    periods: int = 3,
) -> AlarmSpec:
    """An alarm on one RDS metric of five minutes. Silence stays silence: an instance that reports nothing is the events' business."""
    return AlarmSpec(
        id=alarm_id,
        metric=metric(db, name),
        threshold=threshold,
        comparison=comparison,
        severity=severity,
        source=source,
        periods=periods,
        missing_data="missing",
        runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=(series(db, name), describe(db), recent_events(db))),
    )


def _resources(db: WatchedInstance) -> tuple[AlarmSpec, ...]:
    memory, storage = db.instance_class.memory, db.storage_gib * GIB
    storage_causes = (
        "data grew and storage autoscaling has reached its ceiling (posture.max_storage_gib) or waits six hours after the last growth",
        "old transaction logs kept by a replication slot",
        "temporary files of a runaway query",
    )
    return (
        _spec(
            db,
            "CpuHigh",
            "CPUUtilization",
            80,
            severity=Severity.WARNING,
            meaning="The database has had no CPU to spare for a quarter of an hour: queries queue and answers get slow.",
            causes=("a query without an index", "more traffic than the class carries", "a maintenance job in office hours"),
            source="ledger OPS-2: CPU > 80 %",
        ),
        _spec(
            db,
            "MemoryLow",
            "FreeableMemory",
            memory * 0.1,
            comparison="LessThanThreshold",
            severity=Severity.WARNING,
            meaning="Less than a tenth of the instance's memory is free: the next large sort or burst of connections makes it swap or restart.",
            causes=("too many connections", "large sorts or hash joins", "a class too small for the working set"),
            source=f"a tenth of the {memory // GIB} GiB of db.{db.instance_class.name}: what a failover's reconnections need",
        ),
        _spec(
            db,
            "StorageLow",
            "FreeStorageSpace",
            storage * 0.1,
            comparison="LessThanThreshold",
            severity=Severity.CRITICAL,
            meaning="The disk is more than 90 % full and storage autoscaling has not relieved it: full means read-only, then down.",
            causes=storage_causes,
            source=f"ledger DB-10: less than 10 % of the {db.storage_gib} GiB allocated is free; three times five minutes lets autoscaling act first",
        ),
        _spec(
            db,
            "StorageShrinking",
            "FreeStorageSpace",
            storage * 0.2,
            comparison="LessThanThreshold",
            severity=Severity.WARNING,
            meaning="Less than a fifth of the disk is free; autoscaling grows it at a tenth, up to its ceiling.",
            causes=storage_causes,
            source="twice the critical threshold, so that the ceiling can be raised in daylight",
        ),
    )


def _connections(db: WatchedInstance) -> tuple[AlarmSpec, ...]:
    rotated = () if db.secret_arn is None else (f"aws secretsmanager describe-secret --secret-id {db.secret_arn} --query LastRotatedDate",)
    return (
        _spec(
            db,
            "ConnectionsHigh",
            "DatabaseConnections",
            int(db.connection_limit * _CONNECTION_SHARE),
            severity=Severity.WARNING,
            meaning=f"More than 80 % of the {db.connection_limit} connections are taken; the last ones are refused with an error to users.",
            causes=("a pool per process times more tasks", "a connection leak", "transactions left idle"),
            source=f"ledger DB-10: 80 % of max_connections, which the parameter group sets from db.{db.instance_class.name}'s memory",
        ),
        AlarmSpec(
            id="ConnectionFailures",
            metric=db.failures,
            threshold=5,
            comparison="GreaterThanOrEqualToThreshold",
            severity=Severity.CRITICAL,
            source="ledger OPS-2: database connection failures; five a minute in three of five minutes is no mistyped password",
            periods=5,
            datapoints=3,
            missing_data="notBreaching",
            runbook=RunbookSpec(
                meaning="Clients are turned away: wrong password, no TLS, or no connection left. Users see errors now.",
                causes=(
                    "the password was rotated, or the token is older than 15 minutes, and running tasks still hold it: replace them",
                    "connections exhausted (see ConnectionsHigh)",
                    "a client without TLS, or somebody guessing passwords",
                ),
                first_commands=(
                    f"aws logs tail {db.failure_log} --since 15m",
                    *rotated,
                    series(db, "DatabaseConnections"),
                ),
            ),
        ),
    )


def _latency(db: WatchedInstance) -> tuple[AlarmSpec, ...]:
    iops = _STRIPED_IOPS if db.storage_gib >= _STRIPED_FROM_GIB else _BASELINE_IOPS
    causes = (
        "more I/O than the volume's baseline",
        "the working set no longer fits in memory",
        "a snapshot or storage optimisation under way",
    )
    slow = "gp3 answers within single-digit milliseconds; 20 ms for a quarter of an hour is a volume at its limit"
    return (
        *(
            _spec(
                db,
                f"{direction}LatencyHigh",
                f"{direction}Latency",
                0.02,
                severity=Severity.WARNING,
                meaning=f"A {direction.lower()} of the disk takes more than 20 ms on average: every query waits for it.",
                causes=causes,
                source=slow,
            )
            for direction in ("Read", "Write")
        ),
        _spec(
            db,
            "DiskQueueDeep",
            "DiskQueueDepth",
            10 * iops / 1_000,
            severity=Severity.WARNING,
            meaning="Requests queue before the disk faster than it serves them.",
            causes=causes,
            source=f"EBS advises a queue of one per 1,000 IOPS (docs: EBS I/O characteristics); ten times that at {iops:,} IOPS is backlog",
        ),
    )


def _credits(db: WatchedInstance) -> tuple[AlarmSpec, ...]:
    earned = db.instance_class.credits_an_hour
    if earned is None:
        return ()
    return (
        _spec(
            db,
            "CpuCreditsLow",
            "CPUCreditBalance",
            earned / 2,
            comparison="LessThanThreshold",
            periods=12,  # an hour: a new instance begins with none and earns them
            severity=Severity.WARNING,
            meaning="The burstable class lives on borrowed CPU: RDS goes on at full speed and bills the surplus by the hour.",
            causes=("steady load above the class's baseline: an m or r class is cheaper", "a query without an index"),
            source=f"half an hour of the {earned} credits that db.{db.instance_class.name} earns an hour (EC2 burstable credits)",
        ),
    )


def graphs(db: WatchedInstance) -> tuple[GraphSpec, ...]:
    """One instance on the dashboard."""

    def graph(title: str, *names: str, unit: str | None = None) -> GraphSpec:
        metrics: tuple[Metric | MathMetric, ...] = tuple(metric(db, name, period=timedelta(minutes=1)) for name in names)
        return GraphSpec(title=f"{db.identifier}: {title}", metrics=metrics, unit=unit)

    return (
        graph("CPU", "CPUUtilization", *(("CPUCreditBalance",) if db.instance_class.credits_an_hour else ())),
        graph("connections", "DatabaseConnections", unit="Count"),
        GraphSpec(title=f"{db.identifier}: refused connections", metrics=(db.failures,), unit="Count"),
        graph("free memory and storage", "FreeableMemory", "FreeStorageSpace", unit="Bytes"),
        graph("disk latency", "ReadLatency", "WriteLatency", unit="Seconds"),
        graph("disk operations", "ReadIOPS", "WriteIOPS", "DiskQueueDepth"),
        *((graph("replica lag", "ReplicaLag", unit="Seconds"),) if db.replica_lag else ()),
        graph("network", "NetworkReceiveThroughput", "NetworkTransmitThroughput", unit="Bytes/Second"),
        *((graph("database load (active sessions)", "DBLoad", "DBLoadCPU", "DBLoadNonCPU"),) if db.insights else ()),
    )
