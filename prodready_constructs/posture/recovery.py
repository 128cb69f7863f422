"""How recoverable: backup retention, the copy in a second region, and the objectives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import ordered, within

#: RDS uploads transaction logs every five minutes, DynamoDB's latest restorable time is five minutes ago.
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
FINEST_RECOVERY_POINT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPosture:
    """Degrees of ``recovery.BackupPlan``, and the objectives that all stores are measured by.

    Attributes:
        daily_retention, weekly_retention, monthly_retention: how long recovery points are kept; None leaves the rule out.
        monthly_cold_after: when monthly recovery points move to cold storage, where they stay 90 days at least.
        copy_to_second_region: every recovery point is copied to the vault of the recovery stack.
        vault_lock: recovery points cannot be deleted before their time, in governance mode.
        recovery_time: the promised time to be back (RTO); recovery_point: the most data that may be lost (RPO).
        tested_point_age: how old the recovery point of a restore test may be; validation_window: how long what it restored may wait to be
            looked into; test_log_retention: of the function that looks.
        measurement_age: how long a measured recovery time counts, before it must be measured again.
        allowed_regions: the regions that backups and their copies may be in; any where there are none.
    """

    daily_retention: timedelta
    weekly_retention: timedelta | None
    monthly_retention: timedelta | None
    monthly_cold_after: timedelta | None
    copy_to_second_region: bool
    vault_lock: bool
    recovery_time: timedelta
    recovery_point: timedelta
    tested_point_age: timedelta
    validation_window: timedelta
    test_log_retention: timedelta
    measurement_age: timedelta
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        within(
            "RecoveryPosture.daily_retention",
            self.daily_retention,
            timedelta(days=7),
            timedelta(days=35),
            because="continuous backups are kept 35 days at most, and under a week a Monday cannot undo a Friday",
        )
        for name, longer in (("weekly_retention", self.weekly_retention), ("monthly_retention", self.monthly_retention)):
            if longer is not None:
                ordered(f"RecoveryPosture.daily_retention, {name}", self.daily_retention, longer, mend=f"raise {name}, or leave it None")
        within(
            "RecoveryPosture.recovery_point",
            self.recovery_point,
            FINEST_RECOVERY_POINT,
            timedelta(days=1),
            because="AWS restores databases to within five minutes at best, and the plan backs up daily",
        )
        within(
            "RecoveryPosture.recovery_time",
            self.recovery_time,
            timedelta(minutes=1),
            timedelta(days=7),
            because="nothing is back in less than a minute, and nobody waits a week",
        )
        within(
            "RecoveryPosture.tested_point_age",
            self.tested_point_age,
            timedelta(days=1),
            min(self.daily_retention, timedelta(days=30)),
            because="the newest recovery point is a day old, and one that has ended cannot be tested",
        )
        within(
            "RecoveryPosture.validation_window",
            self.validation_window,
            timedelta(hours=1),
            timedelta(hours=168),
            because="AWS Backup keeps what a test restored for a week at most",
        )
        within(
            "RecoveryPosture.test_log_retention",
            self.test_log_retention,
            timedelta(days=1),
            timedelta(days=3653),
            because="CloudWatch Logs' retentions",
        )
        within(
            "RecoveryPosture.measurement_age",
            self.measurement_age,
            timedelta(days=31),
            timedelta(days=400),
            because="a drill is held monthly at most, and data grows: what was measured over a year ago says little",
        )
        if self.monthly_cold_after is not None and self.monthly_retention is None:
            raise ConfigurationError(
                "RecoveryPosture.monthly_cold_after",
                given=f"{self.monthly_cold_after.days} days with monthly_retention=None",
                allowed="None without monthly recovery points",
                mend="set monthly_retention, or leave monthly_cold_after None",
            )
        if self.monthly_cold_after is not None and self.monthly_retention is not None:
            least = self.monthly_cold_after + timedelta(days=90)
            if self.monthly_retention < least:
                raise ConfigurationError(
                    "RecoveryPosture.monthly_retention",
                    given=f"{self.monthly_retention.days} days with monthly_cold_after={self.monthly_cold_after.days} days",
                    allowed=f"{least.days} days or more: AWS Backup keeps cold recovery points 90 days at least",
                    mend=f"use {least.days} days",
                )
