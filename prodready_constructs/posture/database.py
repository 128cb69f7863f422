"""How much database: class, storage, standby, replicas, retention, rotation, windows and time limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, ordered, within
from prodready_constructs.posture._windows import windows_apart


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasePosture:
    """Degrees of ``database.MultiAzDatabase`` and ``database.ReadReplica``.

    Attributes:
        instance_class: RDS instance class without the ``db.`` prefix, e.g. ``t4g.medium``.
        storage_gib, max_storage_gib: gp3 storage to begin with and the ceiling of storage autoscaling, in GiB; the ceiling at
            least a tenth above, or RDS would never grow it.
        multi_az: a synchronous standby in a second zone.
        backup_retention: automated backups, 7 to 35 days.
        rotation_period: how often the passwords of the master and of application users are rotated, 1 to 90 days.
        rotation_window: a rotation begins within so many hours after midnight UTC: 1 to 24, whole.
        insights_retention: Performance Insights / Database Insights history (7 days free of charge; 465 days is the advanced mode).
        monitoring_interval: enhanced monitoring, every 1, 5, 10, 15, 30 or 60 seconds.
        log_retention: exported database logs.
        recovery_time: the time within which the database promises to be back after the loss of a zone.
        read_replicas: read replicas beside the database in its own region, 0 to 15; they need ``sign_in="iam"``.
        replica_lag: how far a read replica may fall behind before somebody hears of it, and so the most that is lost when one in another
            region takes over: 6 minutes to a day. A PostgreSQL source without writes looks five minutes late by itself.
        backup_window: every day, ``hh24:mi-hh24:mi`` in UTC; maintenance_window: once a week, ``ddd:hh24:mi-ddd:hh24:mi`` in UTC; apart.
        slow_statement: statements that take longer are logged, 10 milliseconds to a minute.
        statement_timeout: the longest a statement may take (MySQL: a SELECT); lock_timeout: the longest it may wait for a lock;
            idle_transaction_timeout: the longest a client may leave a transaction idle (MySQL: its connection). In whole seconds, a second
            to a day; None leaves the engine's default.
        allowed_regions: the regions that the database and its replicas may be in; any where there are none.
    """

    instance_class: str
    storage_gib: int
    max_storage_gib: int
    multi_az: bool
    backup_retention: timedelta
    rotation_period: timedelta
    rotation_window: timedelta
    insights_retention: timedelta
    monitoring_interval: timedelta
    log_retention: timedelta
    recovery_time: timedelta
    read_replicas: int
    replica_lag: timedelta
    backup_window: str
    maintenance_window: str
    slow_statement: timedelta
    statement_timeout: timedelta | None
    lock_timeout: timedelta | None
    idle_transaction_timeout: timedelta | None
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        if not _INSTANCE_CLASS.fullmatch(self.instance_class):
            raise ConfigurationError(
                "DatabasePosture.instance_class",
                given=self.instance_class,
                allowed="family and size, such as t4g.medium or r7g.2xlarge",
                mend="leave out the db. prefix" if self.instance_class.startswith("db.") else "write family, a dot, size",
            )
        within(
            "DatabasePosture.backup_retention",
            self.backup_retention,
            timedelta(days=7),
            timedelta(days=35),
            because="under a week a Monday cannot undo a Friday; RDS keeps 35 days at most",
        )
        within(
            "DatabasePosture.rotation_period",
            self.rotation_period,
            timedelta(days=1),
            timedelta(days=90),
            because="AWS Security Hub SecretsManager.4 and the ledger's DB-4",
        )
        one_of(
            "DatabasePosture.rotation_window in hours",
            self.rotation_window / timedelta(hours=1),
            range(1, 25),
            because="the duration of a rotation window, Secrets Manager",
        )
        within("DatabasePosture.storage_gib", self.storage_gib, 20, 65_536, because="gp3 on RDS")
        ordered(
            "DatabasePosture.storage_gib * 1.1, max_storage_gib",
            -(-self.storage_gib * 11 // 10),
            self.max_storage_gib,
            mend="raise max_storage_gib: RDS grows storage only towards a ceiling at least 10 % above it",
        )
        one_of("DatabasePosture.insights_retention in days", self.insights_retention.days, INSIGHTS_DAYS, because="standard, advanced mode")
        one_of(
            "DatabasePosture.monitoring_interval in seconds",
            int(self.monitoring_interval.total_seconds()),
            (1, 5, 10, 15, 30, 60),
            because="the intervals of enhanced monitoring",
        )
        if not self.multi_az and self.recovery_time < RESTORE_FROM_BACKUP:
            raise ConfigurationError(
                "DatabasePosture.recovery_time",
                given=f"{self.recovery_time} with multi_az=False",
                allowed=f"at least {RESTORE_FROM_BACKUP}, the time a restore from backup takes without a standby",
                mend="set multi_az=True, or promise no more than a restore keeps",
            )
        within("DatabasePosture.read_replicas", self.read_replicas, 0, MOST_REPLICAS, because="read replicas of one RDS instance")
        within(
            "DatabasePosture.replica_lag",
            self.replica_lag,
            timedelta(minutes=6),
            timedelta(days=1),
            because="RDS for PostgreSQL reports up to five minutes of lag when nothing is written",
        )
        windows_apart(
            "DatabasePosture.backup_window",
            self.backup_window,
            "DatabasePosture.maintenance_window",
            self.maintenance_window,
            shortest_minutes=30,  # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
        )
        self._check_time_limits()

    def _check_time_limits(self) -> None:
        within(
            "DatabasePosture.slow_statement",
            self.slow_statement,
            timedelta(milliseconds=10),
            timedelta(minutes=1),
            because="less logs everything, more nothing that a user has not noticed",
        )
        for name in ("statement_timeout", "lock_timeout", "idle_transaction_timeout"):
            limit: timedelta | None = getattr(self, name)
            if limit is None:
                continue
            within(f"DatabasePosture.{name}", limit, timedelta(seconds=1), timedelta(days=1), because="None is the engine's default")
            if limit.microseconds:
                raise ConfigurationError(
                    f"DatabasePosture.{name}", given=str(limit), allowed="whole seconds: MySQL counts in them", mend="round it up"
                )


_INSTANCE_CLASS = re.compile(r"[a-z]+\d+[a-z]*(-[a-z]+)?\.(micro|small|medium|large|\d{0,2}xlarge)")
#: Database Insights: 7 days is the standard mode, free of charge; 465 days (15 months) is what the advanced mode demands.
INSIGHTS_DAYS = (7, 465)

#: Read replicas of one source. Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html
MOST_REPLICAS = 15
#: Restoring an instance of ordinary size from its automated backup: our assumption, to be replaced by a restore drill's measurement.
RESTORE_FROM_BACKUP = timedelta(hours=4)
