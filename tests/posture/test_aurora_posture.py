"""The floors of Aurora's posture: staging may be small, never unrecoverable."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING

PROVISIONED = {"instance_class": "r7g.large", "min_capacity": None, "max_capacity": None}


@pytest.mark.control("DB-1", "DB-2", "DB-4", "DB-5", "DB-7")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"min_capacity": 20},
            r"^AuroraPosture.min_capacity, max_capacity: got '20 > 16'; allowed: the first at most the second; raise max_capacity$",
        ),
        ({"min_capacity": 0.7}, r"^AuroraPosture.min_capacity: got 0.7; allowed: steps of 0.5; the nearest is 0.5$"),
        ({"max_capacity": 16.3}, r"^AuroraPosture.max_capacity: got 16.3; allowed: steps of 0.5; the nearest is 16.5$"),
        (
            {"max_capacity": 300},
            r"^AuroraPosture.max_capacity: got 300; allowed: 1.0 to 256.0 \(capacity units of Serverless v2\); the nearest is 256.0$",
        ),
        (
            {"min_capacity": 0.5, "max_capacity": 0.5},
            r"^AuroraPosture.max_capacity: got 0.5; allowed: 1.0 to 256.0 \(.*\); the nearest is 1.0$",
        ),
        ({"min_capacity": -1}, r"^AuroraPosture.min_capacity: got -1; allowed: 0.0 to 256.0 \(.*\); the nearest is 0.0$"),
        (
            {"min_capacity": None},
            r"^AuroraPosture.min_capacity, max_capacity: got \"None to 16 with instance_class='serverless'\"; "
            r"allowed: 0 to 256 capacity units in steps of 0.5; say both, such as 2 and 16$",
        ),
        (
            {"instance_class": "r7g.large"},
            r"^AuroraPosture.min_capacity, max_capacity: got \"2 to 16 with instance_class='r7g.large'\"; "
            r"allowed: None with a class: its size is its capacity; set both to None, or instance_class='serverless'$",
        ),
        (
            {"min_capacity": 0},
            r"^AuroraPosture.min_capacity: got '0 with readers=1'; allowed: at least 0.5 where a reader stands by: .*; "
            r"set min_capacity=0.5, or readers=0 where waiting is no harm$",
        ),
        (
            {"readers": 0},
            r"^AuroraPosture.recovery_time: got '0:02:00 with readers=0'; allowed: at least 4:00:00, .*; set readers=1, or promise no more",
        ),
        ({"readers": 16}, r"^AuroraPosture.readers: got 16; allowed: 0 to 15 \(Aurora replicas of one cluster\); the nearest is 15$"),
        ({"storage": "gp3"}, r"^AuroraPosture.storage: got 'gp3'; allowed: one of 'aurora', 'aurora-iopt1' \(.*\); choose one of them$"),
        (
            {"backtrack_window": timedelta(hours=73)},
            r"^AuroraPosture.backtrack_window: got '3 days, 1:00:00'; allowed: 0:00:00 to 3 days \(.*\); the nearest is 3 days$",
        ),
        (
            {"backup_retention": timedelta(days=6)},
            r"^AuroraPosture.backup_retention: got '6 days'; allowed: 7 days to 35 days \(.*\); the nearest",
        ),
        ({"rotation_period": timedelta(days=91)}, r"^AuroraPosture.rotation_period: got '91 days'; allowed: 1 day to 90 days \(.*DB-4\)"),
        ({"insights_retention": timedelta(days=30)}, r"^AuroraPosture.insights_retention in days: got 30; allowed: one of 7, 465"),
        ({"monitoring_interval": timedelta(0)}, r"^AuroraPosture.monitoring_interval in seconds: got 0; allowed: one of 1, 5, 10"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(PRODUCTION.aurora, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"min_capacity": 0.5, "max_capacity": 256},
        {"min_capacity": 16, "max_capacity": 16},
        {"readers": 15, "backtrack_window": timedelta(hours=72), "storage": "aurora-iopt1"},
        PROVISIONED,
    ],
)
def test_takes_the_bounds(changes: dict[str, Any]) -> None:
    assert replace(PRODUCTION.aurora, **changes)


def test_where_waiting_is_no_harm_it_may_pause() -> None:
    assert replace(STAGING.aurora, min_capacity=0).min_capacity == 0


def test_a_posture_cannot_promise_less_time_than_its_aurora() -> None:
    slow = replace(PRODUCTION.aurora, recovery_time=timedelta(hours=2))
    with pytest.raises(
        ConfigurationError, match=r"^Posture.recovery.recovery_time: got '1:00:00'; allowed: at least the 2:00:00 that the aurora promises"
    ):
        replace(PRODUCTION, aurora=slow)
    short = replace(PRODUCTION.aurora, backup_retention=timedelta(days=7))
    with pytest.raises(
        ConfigurationError, match=r"^Posture.aurora.backup_retention: got '7 days beside recovery.daily_retention of 35 days'"
    ):
        replace(PRODUCTION, aurora=short)


@pytest.mark.control("DB-2", "DB-5")
def test_staging_differs_in_size_and_readers_only() -> None:
    differing = {name for name in PRODUCTION.aurora.__slots__ if getattr(PRODUCTION.aurora, name) != getattr(STAGING.aurora, name)}
    assert differing == {"min_capacity", "max_capacity", "readers", "backup_retention", "recovery_time"}
