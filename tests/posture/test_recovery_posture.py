"""What the recovery posture refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING

DAY = timedelta(days=1)


@pytest.mark.control("DR-1", "DR-4", "LIB-2")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"daily_retention": 6 * DAY},
            r"^RecoveryPosture.daily_retention: got '6 days'; allowed: 7 days to 35 days \(continuous backups .*; the nearest is 7 days$",
        ),
        ({"daily_retention": 36 * DAY}, r"got '36 days'; allowed: 7 days to 35 days .*; the nearest is 35 days$"),
        (
            {"weekly_retention": 20 * DAY},
            r"^RecoveryPosture.daily_retention, weekly_retention: got '35 days > 20 days'; allowed: .*; raise weekly_retention, or leave",
        ),
        ({"monthly_retention": 30 * DAY, "monthly_cold_after": None}, r"daily_retention, monthly_retention: got '35 days > 30 days'"),
        (
            {"monthly_retention": 119 * DAY},
            r"^RecoveryPosture.monthly_retention: got '119 days with monthly_cold_after=30 days'; allowed: 120 days or more: "
            r"AWS Backup keeps cold recovery points 90 days at least; use 120 days$",
        ),
        (
            {"monthly_retention": None},
            r"^RecoveryPosture.monthly_cold_after: got '30 days with monthly_retention=None'; allowed: None without .*; set monthly_ret",
        ),
        (
            {"tested_point_age": 31 * DAY},
            r"^RecoveryPosture.tested_point_age: got '31 days'; allowed: 1 day to 30 days \(the newest recovery point is a day old, and one "
            r"that has ended cannot be tested\); the nearest is 30 days$",
        ),
        (
            {"validation_window": timedelta(hours=169)},
            r"^RecoveryPosture.validation_window: got '7 days, 1:00:00'; allowed: 1:00:00 to 7 days \(AWS Backup keeps",
        ),
        ({"test_log_retention": timedelta(0)}, r"^RecoveryPosture.test_log_retention: got '0:00:00'; allowed: 1 day to 3653 days"),
        (
            {"measurement_age": 401 * DAY},
            r"^RecoveryPosture.measurement_age: got '401 days'; allowed: 31 days to 400 days \(a drill is held",
        ),
        ({"recovery_point": timedelta(minutes=4)}, r"RecoveryPosture.recovery_point: got '0:04:00'; allowed: 0:05:00 to 1 day"),
        ({"recovery_point": 2 * DAY}, r"RecoveryPosture.recovery_point: got '2 days'; .*; the nearest is 1 day$"),
        ({"recovery_time": timedelta(0)}, r"RecoveryPosture.recovery_time: got '0:00:00'; allowed: 0:01:00 to 7 days"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(PRODUCTION.recovery, **changes)


@pytest.mark.control("DR-1")
def test_bounds_are_inclusive() -> None:
    assert replace(STAGING.recovery, daily_retention=35 * DAY).daily_retention == 35 * DAY
    assert replace(PRODUCTION.recovery, monthly_retention=120 * DAY).monthly_retention == 120 * DAY
    assert replace(PRODUCTION.recovery, monthly_cold_after=None, monthly_retention=35 * DAY).monthly_cold_after is None


@pytest.mark.control("DR-1")
def test_staging_may_be_small_but_never_unrecoverable() -> None:
    assert STAGING.recovery.daily_retention >= 7 * DAY
    assert STAGING.recovery.recovery_point == PRODUCTION.recovery.recovery_point
