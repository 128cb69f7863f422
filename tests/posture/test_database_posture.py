"""The floors of a database's posture: staging may be small, never unrecoverable."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING


@pytest.mark.control("DB-2", "DB-4", "DB-5", "DB-7")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"backup_retention": timedelta(days=6)},
            r"^DatabasePosture.backup_retention: got '6 days'; allowed: 7 days to 35 days \(.*\); the nearest is 7 days$",
        ),
        (
            {"backup_retention": timedelta(days=36)},
            r"^DatabasePosture.backup_retention: got '36 days'; allowed: 7 days to 35 days \(.*\); the nearest is 35 days$",
        ),
        (
            {"rotation_period": timedelta(days=91)},
            r"^DatabasePosture.rotation_period: got '91 days'; allowed: 1 day to 90 days \(.*DB-4\); the nearest is 90 days$",
        ),
        ({"rotation_period": timedelta(hours=1)}, r"^DatabasePosture.rotation_period: got '1:00:00'; allowed: 1 day to 90 days"),
        ({"rotation_window": timedelta(minutes=90)}, r"^DatabasePosture.rotation_window in hours: got 1.5; allowed: one of 1, 2, .* 24 \("),
        ({"rotation_window": timedelta(hours=25)}, r"^DatabasePosture.rotation_window in hours: got 25.0; allowed: one of 1, 2, .* 24 \("),
        (
            {"multi_az": False},
            r"^DatabasePosture.recovery_time: got '0:02:00 with multi_az=False'; allowed: at least 4:00:00, .*; set multi_az=True, or promise",
        ),
        (
            {"instance_class": "db.t4g.medium"},
            r"^DatabasePosture.instance_class: got 'db.t4g.medium'; allowed: family and size, .*; leave out the db",
        ),
        ({"instance_class": "t4g"}, r"^DatabasePosture.instance_class: got 't4g'; .*; write family, a dot, size$"),
        ({"instance_class": "t4g.huge"}, r"^DatabasePosture.instance_class: got 't4g.huge'"),
        ({"storage_gib": 19}, r"^DatabasePosture.storage_gib: got 19; allowed: 20 to 65536 \(gp3 on RDS\); the nearest is 20$"),
        (
            {"storage_gib": 100, "max_storage_gib": 109},
            r"^DatabasePosture.storage_gib \* 1.1, max_storage_gib: got '110 > 109'; allowed: the first at most the second; raise max_storage_gib",
        ),
        ({"insights_retention": timedelta(days=30)}, r"^DatabasePosture.insights_retention in days: got 30; allowed: one of 7, 465"),
        (
            {"monitoring_interval": timedelta(0)},
            r"^DatabasePosture.monitoring_interval in seconds: got 0; allowed: one of 1, 5, 10, 15, 30, 60",
        ),
        ({"read_replicas": 16}, r"^DatabasePosture.read_replicas: got 16; allowed: 0 to 15 \(.*\); the nearest is 15$"),
        ({"replica_lag": timedelta(minutes=5)}, r"^DatabasePosture.replica_lag: got '0:05:00'; allowed: 0:06:00 to 1 day \(.*five minutes"),
        ({"slow_statement": timedelta(0)}, r"^DatabasePosture.slow_statement: got '0:00:00'; allowed: 0:00:00.010000 to 0:01:00"),
        ({"statement_timeout": timedelta(milliseconds=500)}, r"^DatabasePosture.statement_timeout: got .*; the nearest is 0:00:01$"),
        ({"lock_timeout": timedelta(days=2)}, r"^DatabasePosture.lock_timeout: got '2 days'; allowed: 0:00:01 to 1 day"),
        (
            {"idle_transaction_timeout": timedelta(seconds=1, milliseconds=500)},
            r"^DatabasePosture.idle_transaction_timeout: got '0:00:01.500000'; allowed: whole seconds: MySQL counts in them; round it up$",
        ),
        (
            {"backup_window": "03:30-04:30"},
            r"^DatabasePosture.backup_window, maintenance_window: got '03:30-04:30 every day and sun:04:00-sun:05:00'; allowed: windows that do",
        ),
        (
            {"backup_window": "23:30-00:30", "maintenance_window": "mon:00:00-mon:01:00"},
            r"^DatabasePosture.backup_window, maintenance_window: got",
        ),
        ({"backup_window": "2:00-3:00"}, r"^DatabasePosture.backup_window: got '2:00-3:00'; allowed: hh:mm-hh:mm in UTC"),
        (
            {"backup_window": "02:00-02:20"},
            r"^DatabasePosture.backup_window: got '02:00-02:20'; allowed: 30 minutes to a day; let it last 30",
        ),
        ({"maintenance_window": "04:00-05:00"}, r"^DatabasePosture.maintenance_window: got '04:00-05:00'; allowed: ddd:hh:mm-ddd:hh:mm"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(PRODUCTION.database, **changes)


@pytest.mark.parametrize("days", [7, 35])
def test_takes_the_bounds(days: int) -> None:
    assert replace(PRODUCTION.database, backup_retention=timedelta(days=days), rotation_period=timedelta(days=90), max_storage_gib=110)


@pytest.mark.parametrize("name", ["t4g.micro", "r7g.16xlarge", "m6i.xlarge", "x2iedn.32xlarge"])
def test_takes_the_form_of_any_class(name: str) -> None:
    assert replace(PRODUCTION.database, instance_class=name).instance_class == name


def test_a_posture_cannot_promise_less_time_than_its_database() -> None:
    slow = replace(PRODUCTION.database, recovery_time=timedelta(hours=2))
    with pytest.raises(
        ConfigurationError, match=r"^Posture.recovery.recovery_time: got '1:00:00'; allowed: at least the 2:00:00 that the database"
    ):
        replace(PRODUCTION, database=slow)


@pytest.mark.control("DB-2", "DB-5")
def test_staging_differs_in_size_and_standby_only() -> None:
    differing = {name for name in PRODUCTION.database.__slots__ if getattr(PRODUCTION.database, name) != getattr(STAGING.database, name)}
    assert differing == {"instance_class", "storage_gib", "max_storage_gib", "multi_az", "backup_retention", "recovery_time"}
