"""Data classes, the posture of tables, and the postures made from another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING, Posture

PERSONAL, INTERNAL = PRODUCTION.data.personal, PRODUCTION.data.internal
_DAYS = {days: timedelta(days=days) for days in (1, 30, 90, 730, 4000)}


@pytest.mark.control("STORE-6")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "Personal data"}, r"DataClass\.name: got 'Personal data'; allowed: 2 to 31 small letters, .*; write it like 'personal'"),
        (
            {"retention": None},
            r"DataClass\('personal'\)\.retention: got None; allowed: a time after which personal data is deleted \(GDPR .*\); say how long .*",
        ),
        (
            {"retention": timedelta(hours=30)},
            r"DataClass\('personal'\)\.retention: got '1 day, 6:00:00'; allowed: whole days, .*; use timedelta\(days=\.\.\.\)",
        ),
        (
            {"archive_after": timedelta(0)},
            r"DataClass\('personal'\)\.archive_after: got '0:00:00'; allowed: whole days, .*; use timedelta\(days=\.\.\.\)",
        ),
        (
            {"archive_after": _DAYS[730]},
            r"DataClass\('personal'\)\.archive_after: got '730 days with a retention of 730 days'; allowed: less than 730 days: it would be "
            r"deleted before it is archived; archive earlier, keep it longer, or leave archive_after None",
        ),
        ({"noncurrent_retention": _DAYS[1]}, r"DataClass\('personal'\)\.noncurrent_retention: got '1 day'; allowed: 7 days to .*"),
        ({"log_retention": _DAYS[4000]}, r"DataClass\('personal'\)\.log_retention: got '4000 days'; .*; the nearest is 3650 days"),
        ({"backup_retention": _DAYS[1]}, r"DataClass\('personal'\)\.backup_retention: got '1 day'; .*; the nearest is 7 days"),
    ],
)
def test_a_data_class_refuses(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        replace(PERSONAL, **wrong)


@pytest.mark.control("STORE-6")
def test_only_personal_data_must_end() -> None:
    assert replace(PERSONAL, personal=False, retention=None).retention is None
    assert [one.personal for one in (PRODUCTION.data.public, INTERNAL, PRODUCTION.data.confidential, PERSONAL)] == [False] * 3 + [True]
    assert PERSONAL.retention is not None


@pytest.mark.control("STORE-2")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"max_read_units": 0},
            r"TablePosture\.max_read_units: got 0; allowed: 1 to 40000 \(DynamoDB's default quota for a table\); .* is 1",
        ),
        ({"max_write_units": 50_000}, r"TablePosture\.max_write_units: got 50000; .*; the nearest is 40000"),
        (
            {"recovery_window": timedelta(days=36)},
            r"TablePosture\.recovery_window: got '36 days'; allowed: 7 days to 35 days \(.*\); .* 35 days",
        ),
        (
            {"contributor_insights": "on"},
            r"TablePosture\.contributor_insights: got 'on'; allowed: one of 'off', 'throttled', 'all' .*; choose .*",
        ),
    ],
)
def test_the_posture_of_tables_refuses(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        replace(PRODUCTION.tables, **wrong)


@pytest.mark.control("STORE-6")
@pytest.mark.parametrize("posture", [PRODUCTION, STAGING], ids=["production", "staging"])
def test_a_posture_for_personal_data_keeps_everything_as_long_as_the_class_says(posture: Posture) -> None:
    held = posture.holding(PERSONAL)
    for slice_ in (held.database, held.compute, held.edge, held.storage):
        assert slice_.log_retention == PERSONAL.log_retention
    assert held.storage.noncurrent_retention == PERSONAL.noncurrent_retention
    assert held.storage.archive_after == PERSONAL.archive_after
    assert held.storage.lock_retention <= held.storage.noncurrent_retention
    kept = (held.recovery.daily_retention, held.recovery.weekly_retention, held.recovery.monthly_retention, held.database.backup_retention)
    assert max(one for one in kept if one is not None) <= PERSONAL.backup_retention
    assert (held.recovery.weekly_retention, held.recovery.monthly_retention, held.recovery.monthly_cold_after) == (None, None, None)
    assert held.network == posture.network


@pytest.mark.control("STORE-6")
def test_a_class_of_three_weeks_shortens_every_backup_together() -> None:
    weeks = timedelta(days=21)
    held = PRODUCTION.holding(replace(PERSONAL, backup_retention=weeks))
    kept = {held.recovery.daily_retention, held.database.backup_retention, held.aurora.backup_retention, held.tables.recovery_window}
    assert kept == {weeks}
    assert held.cache.snapshot_retention <= weeks
    assert PRODUCTION.holding(INTERNAL).recovery == PRODUCTION.recovery, "a year of backups is what the plan keeps anyway"
    with pytest.raises(ConfigurationError, match=r"^CachePosture\.snapshot_retention: got '7 days'; allowed: 15 days to 35 days .*$"):
        PRODUCTION.holding(replace(PERSONAL, backup_retention=timedelta(days=7)))


@pytest.mark.control("GOV-6")
def test_the_allowed_regions_are_the_same_everywhere() -> None:
    kept = PRODUCTION.kept_in("eu-central-1", "eu-west-1")
    assert {kept.storage.allowed_regions, kept.tables.allowed_regions, kept.recovery.allowed_regions} == {("eu-central-1", "eu-west-1")}
    assert kept.kept_in() == PRODUCTION
    with pytest.raises(
        ConfigurationError,
        match=r"^Posture: allowed_regions: got \{.*'tables': \['eu-west-1'\].*\}; allowed: the same regions in every slice: .*; use posture\.kept_in.*$",
    ):
        replace(PRODUCTION, tables=replace(PRODUCTION.tables, allowed_regions=("eu-west-1",)))
