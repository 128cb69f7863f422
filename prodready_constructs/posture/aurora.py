"""How much Aurora: capacity, readers, storage, retention and rotation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, ordered, within
from prodready_constructs.posture.database import INSIGHTS_DAYS, RESTORE_FROM_BACKUP

#: The class of Serverless v2, as RDS calls it after ``db.``.
SERVERLESS = "serverless"
#: Aurora capacity units: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ServerlessV2ScalingConfiguration.html
_STEP, _SMALLEST_CEILING, _LARGEST = 0.5, 1, 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AuroraPosture:
    """Degrees of ``database.AuroraDatabase`` and ``database.AuroraSecondary``.

    Attributes:
        instance_class: ``serverless`` (Serverless v2), or a class without the ``db.`` prefix, e.g. ``r7g.large``.
        min_capacity, max_capacity: capacity units (about 2 GiB of memory each) between which every instance of a serverless cluster
            scales, in steps of 0.5; None with a class. A minimum of 0 pauses the cluster when nobody is connected.
        readers: instances beside the writer, 0 to 15; Aurora puts them into other zones and promotes the first one when the writer is lost.
        storage: ``aurora`` (I/O by the request) or ``aurora-iopt1`` (dearer by the hour, I/O included).
        backtrack_window: how far a MySQL cluster can be turned back in place, 0 to 72 hours.
        backup_retention: automated backups, 7 to 35 days.
        rotation_period: how often the passwords of the master and of application users are rotated, 1 to 90 days.
        rotation_window: a rotation begins within so many hours after midnight UTC: 1 to 24, whole.
        insights_retention: Database Insights history (7 days in the standard mode; 465 days is the advanced mode).
        monitoring_interval: enhanced monitoring, every 1, 5, 10, 15, 30 or 60 seconds.
        log_retention: exported database logs.
        recovery_time: the time within which the database promises to be back after the loss of a zone.
        allowed_regions: the regions that the database and its copies may be in; any where there are none.
    """

    instance_class: str
    min_capacity: float | None
    max_capacity: float | None
    readers: int
    storage: str
    backtrack_window: timedelta
    backup_retention: timedelta
    rotation_period: timedelta
    rotation_window: timedelta
    insights_retention: timedelta
    monitoring_interval: timedelta
    log_retention: timedelta
    recovery_time: timedelta
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        self._check_capacity()
        within("AuroraPosture.readers", self.readers, 0, 15, because="Aurora replicas of one cluster")
        one_of("AuroraPosture.storage", self.storage, ("aurora", "aurora-iopt1"), because="storage types of Aurora")
        within("AuroraPosture.backtrack_window", self.backtrack_window, timedelta(0), timedelta(hours=72), because="the reach of backtrack")
        within(
            "AuroraPosture.backup_retention",
            self.backup_retention,
            timedelta(days=7),
            timedelta(days=35),
            because="under a week a Monday cannot undo a Friday; RDS keeps 35 days at most",
        )
        within(
            "AuroraPosture.rotation_period",
            self.rotation_period,
            timedelta(days=1),
            timedelta(days=90),
            because="AWS Security Hub SecretsManager.4 and the ledger's DB-4",
        )
        one_of(
            "AuroraPosture.rotation_window in hours",
            self.rotation_window / timedelta(hours=1),
            range(1, 25),
            because="the duration of a rotation window, Secrets Manager",
        )
        one_of("AuroraPosture.insights_retention in days", self.insights_retention.days, INSIGHTS_DAYS, because="standard, advanced mode")
        one_of(
            "AuroraPosture.monitoring_interval in seconds",
            int(self.monitoring_interval.total_seconds()),
            (1, 5, 10, 15, 30, 60),
            because="the intervals of enhanced monitoring",
        )
        if self.readers == 0 and self.recovery_time < RESTORE_FROM_BACKUP:
            raise ConfigurationError(
                "AuroraPosture.recovery_time",
                given=f"{self.recovery_time} with readers=0",
                allowed=f"at least {RESTORE_FROM_BACKUP}, the time a restore takes where no reader can be promoted",
                mend="set readers=1, or promise no more than a restore keeps",
            )

    def _check_capacity(self) -> None:
        low, high = self.min_capacity, self.max_capacity
        if self.instance_class != SERVERLESS:
            if low is not None or high is not None:
                raise ConfigurationError(
                    "AuroraPosture.min_capacity, max_capacity",
                    given=f"{low} to {high} with instance_class={self.instance_class!r}",
                    allowed="None with a class: its size is its capacity",
                    mend=f"set both to None, or instance_class={SERVERLESS!r}",
                )
            return
        if low is None or high is None:
            raise ConfigurationError(
                "AuroraPosture.min_capacity, max_capacity",
                given=f"{low} to {high} with instance_class={SERVERLESS!r}",
                allowed=f"0 to {_LARGEST} capacity units in steps of {_STEP}",
                mend="say both, such as 2 and 16",
            )
        for name, value, smallest in (("min_capacity", low, 0.0), ("max_capacity", high, float(_SMALLEST_CEILING))):
            within(f"AuroraPosture.{name}", value, smallest, float(_LARGEST), because="capacity units of Serverless v2")
            if value % _STEP:
                raise ConfigurationError(
                    f"AuroraPosture.{name}",
                    given=value,
                    allowed=f"steps of {_STEP}",
                    mend=f"the nearest is {round(value / _STEP) * _STEP}",
                )
        ordered("AuroraPosture.min_capacity, max_capacity", low, high, mend="raise max_capacity")
        if low == 0 and self.readers:
            raise ConfigurationError(
                "AuroraPosture.min_capacity",
                given=f"0 with readers={self.readers}",
                allowed=f"at least {_STEP} where a reader stands by: a paused cluster keeps its first caller waiting for 15 seconds and more",
                mend=f"set min_capacity={_STEP}, or readers=0 where waiting is no harm",
            )
