"""Which metrics of a cluster wake somebody; thresholds computed from class, capacity and role. No AWS module."""

from __future__ import annotations

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, Comparison, MissingData, RunbookSpec, Severity
from prodready_constructs.database.aurora.events import event_specs
from prodready_constructs.database.aurora.watched import Statistic, WatchedCluster, describe, metric, recent_events, series
from prodready_constructs.database.classes import GIB

_CONNECTION_SHARE, _MEMORY_SHARE = 0.8, 0.1
#: The cluster volume of the versions offered here grows to 128 TiB at least.
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html
_VOLUME = 128 * 1024 * GIB
#: The smallest local storage of a class, for temporary files.
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Performance.html
_LOCAL_STORAGE = 32 * GIB
#: Aurora PostgreSQL turns read-only at 2^31 - 1,000,000 (Aurora user guide, MaximumUsedTransactionIDs); autovacuum forces a freeze at 200 million.
_TRANSACTION_IDS = 1_000_000_000


def alarm_specs(db: WatchedCluster) -> tuple[AnyAlarmSpec, ...]:
    """Every alarm and event of one cluster."""
    return (*_compute(db), *_connections(db), *_data(db), *_copies(db), *event_specs(db))


def _spec(
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


def _compute(db: WatchedCluster) -> tuple[AlarmSpec, ...]:
    memory, klass = db.instance_class.memory, f"db.{db.instance_class.name}"
    busy = ("a query without an index", "more traffic than the instances carry", "reports on the instance that serves users")
    specs = [
        _spec(
            db,
            "CpuHigh",
            "CPUUtilization",
            80,
            meaning="An instance has had no CPU to spare for a quarter of an hour: queries queue and answers get slow.",
            causes=busy,
            source="ledger OPS-2: CPU > 80 %",
        ),
        _spec(
            db,
            "MemoryLow",
            "FreeableMemory",
            memory * _MEMORY_SHARE,
            statistic="Minimum",
            comparison="LessThanThreshold",
            meaning="Less than a tenth of an instance's memory is free: the next large sort or burst of connections makes it swap or restart.",
            causes=("too many connections", "large sorts or hash joins", "too small for the working set"),
            source=f"a tenth of the {memory / GIB:g} GiB of {klass} at its largest; a serverless instance counts what it may still grow by as free",
        ),
    ]
    if db.serverless:
        specs.append(
            _spec(
                db,
                "CapacityHigh",
                "ACUUtilization",
                90,
                meaning="An instance has stood at nine tenths of its greatest capacity for a quarter of an hour: it cannot grow much further.",
                causes=(*busy, "a ceiling too low: raise posture.max_capacity"),
                source="the rest is what the next burst has to grow into (Aurora user guide, monitoring Serverless v2)",
            )
        )
        return tuple(specs)
    specs.append(
        _spec(
            db,
            "LocalStorageLow",
            "FreeLocalStorage",
            _LOCAL_STORAGE / 10,
            statistic="Minimum",
            comparison="LessThanThreshold",
            meaning="Local storage for temporary files is nearly used up: large sorts and index builds fail next.",
            causes=("a query that sorts more than fits in memory", "an index built on a large table", "logs of a verbose setting"),
            source="a tenth of the 32 GiB that the smallest class has",
        )
    )
    earned = db.instance_class.credits_an_hour
    if earned is not None:
        specs.append(
            _spec(
                db,
                "CpuCreditsLow",
                "CPUCreditBalance",
                earned / 2,
                statistic="Minimum",
                comparison="LessThanThreshold",
                periods=60,  # a new instance begins with none and earns them
                meaning="The burstable class lives on borrowed CPU: it goes on at full speed and bills the surplus by the hour.",
                causes=("steady load above the class's baseline: an r class or Serverless v2 is cheaper", "a query without an index"),
                source=f"half an hour of the {earned} credits that {klass} earns an hour (EC2 burstable credits)",
            )
        )
    return tuple(specs)


def _connections(db: WatchedCluster) -> tuple[AlarmSpec, ...]:
    high = _spec(
        db,
        "ConnectionsHigh",
        "DatabaseConnections",
        int(db.connection_limit * _CONNECTION_SHARE),
        meaning=f"More than 80 % of an instance's {db.connection_limit} connections are taken; the last ones are refused with an error to users.",
        causes=("a pool per process times more tasks", "a connection leak", "transactions left idle"),
        source=f"ledger DB-10: 80 % of max_connections, which the parameter group sets from {db.instance_class.memory / GIB:g} GiB of memory",
    )
    five_a_minute = db.failures or metric(db, "LoginFailures", "Maximum")
    failed = AlarmSpec(
        id="ConnectionFailures",
        metric=five_a_minute,
        # LoginFailures is an average by the second, the count from the log a sum by the minute.
        threshold=5 if db.failures else 5 / 60,
        comparison="GreaterThanOrEqualToThreshold",
        severity=Severity.CRITICAL,
        source="ledger OPS-2: database connection failures; five a minute in three of five minutes is no mistyped password",
        periods=5,
        datapoints=3,
        missing_data="notBreaching",
        runbook=RunbookSpec(
            meaning="Clients are turned away: wrong password or token, no TLS, or no connection left. Users see errors now.",
            causes=(
                "the master password was rotated and running tasks still hold the old one: replace them",
                "connections exhausted (see ConnectionsHigh)",
                "a client without TLS, or somebody guessing passwords",
            ),
            first_commands=(f"aws logs tail {db.failure_log} --since 15m", describe(db), series(db, "DatabaseConnections")),
        ),
    )
    return (high, failed)


def _data(db: WatchedCluster) -> tuple[AlarmSpec, ...]:
    mysql = db.engine.name == "aurora-mysql"
    # AWS advises the bytes left where they are published: they count what the bill does not.
    name, threshold, comparison = (
        ("AuroraVolumeBytesLeftTotal", 0.2 * _VOLUME, "LessThanThreshold")
        if mysql
        else ("VolumeBytesUsed", 0.8 * _VOLUME, "GreaterThanThreshold")
    )
    specs = [
        _spec(
            db,
            "VolumeLarge",
            name,
            threshold,
            comparison=comparison,  # type: ignore[arg-type]
            statistic="Average",
            periods=60,  # published every five minutes at best
            datapoints=1,
            meaning="The cluster volume is at four fifths of what Aurora grows to: at its end nothing can be written.",
            causes=("tables that are never archived", "a bloated table or an abandoned replication slot", "rows written in a loop"),
            source="four fifths of 128 TiB, which the versions offered here reach at least",
        ),
        _spec(
            db,
            "Deadlocks",
            "Deadlocks",
            0.1,
            periods=5,
            missing_data="notBreaching",
            meaning="Transactions kill each other faster than one in ten seconds: users see errors or retries.",
            causes=("two code paths that lock rows in another order", "a long transaction that holds many locks", "a migration under load"),
            source="our figure: one in ten seconds for five minutes is a pattern, not an accident",
        ),
    ]
    if not mysql:
        specs.append(
            _spec(
                db,
                "TransactionIdsOld",
                "MaximumUsedTransactionIDs",
                _TRANSACTION_IDS,
                missing_data="notBreaching",
                meaning="The oldest transaction was not vacuumed for a billion others: at two billion Aurora turns read-only.",
                causes=(
                    "a transaction or prepared transaction left open",
                    "a replication slot nobody reads",
                    "autovacuum too slow for a table",
                ),
                source="half of the 2,146,483,648 at which writing stops; ten days and more at a thousand transactions a second",
            )
        )
    if db.backtracks:
        specs.append(
            _spec(
                db,
                "BacktrackShort",
                "BacktrackWindowAlert",
                0,
                statistic="Sum",
                periods=1,
                missing_data="notBreaching",
                meaning="The cluster cannot be turned back as far as the posture says: more was changed than the records hold.",
                causes=("a bulk load or migration", "a window too long for the write load: shorten posture.backtrack_window"),
                source="https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Backtrack.html",
            )
        )
    return tuple(specs)


def _copies(db: WatchedCluster) -> tuple[AlarmSpec, ...]:
    if db.secondary:
        return (
            _spec(
                db,
                "GlobalLagHigh",
                "AuroraGlobalDBRPOLag",
                60_000,
                periods=5,
                severity=Severity.CRITICAL,
                meaning="This region is more than a minute behind the primary: as much would be lost if the primary's region failed now.",
                causes=("a burst of writes in the primary", "trouble between the regions", "a secondary too small to apply the changes"),
                source="a minute is the recovery point that recovery_facts states; a second is usual",
            ),
        )
    if len(db.members) == 1:
        return ()
    return (
        _spec(
            db,
            "ReplicaLagHigh",
            "AuroraReplicaLagMaximum",
            1_000,
            periods=5,
            missing_data="notBreaching",
            meaning="A reader is more than a second behind the writer: what was just written is not there yet.",
            causes=("a burst of writes", "a reader busy with long queries", "a reader too small"),
            source="ledger DB-10; usually well under 100 ms (Aurora user guide, replication): a second is ten times that",
        ),
    )
