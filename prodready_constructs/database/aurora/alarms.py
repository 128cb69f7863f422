"""Which metrics of a cluster wake somebody; thresholds computed from class and capacity. No AWS module."""

from __future__ import annotations

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, RunbookSpec, Severity
from prodready_constructs.database.aurora.data_alarms import copy_alarms, data_alarms
from prodready_constructs.database.aurora.events import event_specs
from prodready_constructs.database.aurora.watched import WatchedCluster, cluster_alarm, describe, metric, series
from prodready_constructs.database.classes import GIB

_CONNECTION_SHARE, _MEMORY_SHARE = 0.8, 0.1
#: The smallest local storage of a class, for temporary files.
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Performance.html
_LOCAL_STORAGE = 32 * GIB


def alarm_specs(db: WatchedCluster) -> tuple[AnyAlarmSpec, ...]:
    """Every alarm and event of one cluster."""
    return (*_compute(db), *_connections(db), *data_alarms(db), *copy_alarms(db), *event_specs(db))


def _compute(db: WatchedCluster) -> tuple[AlarmSpec, ...]:
    memory, klass = db.instance_class.memory, f"db.{db.instance_class.name}"
    busy = ("a query without an index", "more traffic than the instances carry", "reports on the instance that serves users")
    specs = [
        cluster_alarm(
            db,
            "CpuHigh",
            "CPUUtilization",
            80,
            meaning="An instance has had no CPU to spare for a quarter of an hour: queries queue and answers get slow.",
            causes=busy,
            source="ledger OPS-2: CPU > 80 %",
        ),
        cluster_alarm(
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
            cluster_alarm(
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
        cluster_alarm(
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
            cluster_alarm(
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
    high = cluster_alarm(
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
