"""How recoverable: backup retention, the copy in a second region, and the objectives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import within


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPosture:
    """Degrees of ``recovery.BackupPlan``, and the objectives that all stores are measured by.

    Attributes:
        daily_retention, weekly_retention, monthly_retention: how long recovery points are kept; None leaves the rule out.
        monthly_cold_after: when monthly recovery points move to cold storage, where they stay 90 days at least.
        copy_to_second_region: every recovery point is copied to the vault of the recovery stack.
        vault_lock: recovery points cannot be deleted before their time, in governance mode.
        recovery_time: the promised time to be back (RTO); recovery_point: the most data that may be lost (RPO).
    """

    daily_retention: timedelta
    weekly_retention: timedelta | None
    monthly_retention: timedelta | None
    monthly_cold_after: timedelta | None
    copy_to_second_region: bool
    vault_lock: bool
    recovery_time: timedelta
    recovery_point: timedelta

    def __post_init__(self) -> None:
        within(
            "RecoveryPosture.daily_retention",
            self.daily_retention,
            timedelta(days=7),
            timedelta(days=35),
            because="continuous backups are kept 35 days at most, and under a week a Monday cannot undo a Friday",
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
