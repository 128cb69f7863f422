"""The cache's posture refuses what ElastiCache does not take, and windows that meet."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING


@pytest.mark.control("CACHE-1", "CACHE-2", "LIB-2")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"node_type": "cache.t4g.medium"},
            r"^CachePosture.node_type: got 'cache.t4g.medium'; allowed: family and size, .*; leave out the cache.",
        ),
        ({"node_type": "big"}, r"^CachePosture.node_type: got 'big'; .*; write family, a dot, size$"),
        ({"replicas": 6}, r"^CachePosture.replicas: got 6; allowed: 0 to 5 \(replicas of one shard\); the nearest is 5$"),
        (
            {"replicas": 0},
            r"^CachePosture.replicas: got '0 with multi_az=True'; .* nothing in another zone; use replicas=1, or multi_az=False$",
        ),
        ({"shards": 0}, r"^CachePosture.shards: got 0; allowed: 1 to 250 \(500 nodes of one cluster\)"),
        ({"shards": 251}, r"^CachePosture.shards: got 251; allowed: 1 to 250"),
        ({"eviction_policy": "lru"}, r"^CachePosture.eviction_policy: got 'lru'; allowed: one of 'allkeys-lfu', .*; choose one of them$"),
        (
            {"max_storage_gb": 5_001},
            r"^CachePosture.max_storage_gb: got 5001; allowed: 1 to 5000 \(ElastiCache serverless\); the nearest is 5000$",
        ),
        ({"max_ecpu": 999}, r"^CachePosture.max_ecpu: got 999; allowed: 1000 to 15000000"),
        ({"min_storage_gb": 0}, r"^CachePosture.min_storage_gb: got 0; allowed: 1 to 5000"),
        ({"min_ecpu": 1}, r"^CachePosture.min_ecpu: got 1; allowed: 1000 to 15000000"),
        (
            {"min_storage_gb": 11},
            r"^CachePosture.min_storage_gb, max_storage_gb: got '11 > 10'; allowed: the first at most the second; "
            r"raise max_storage_gb, or leave min_storage_gb out$",
        ),
        ({"min_ecpu": 20_000}, r"^CachePosture.min_ecpu, max_ecpu: got '20000 > 10000'"),
        (
            {"snapshot_retention": timedelta(days=14)},
            r"^CachePosture.snapshot_retention: got '14 days'; allowed: 15 days to 35 days .*; the nearest is 15 days$",
        ),
        ({"snapshot_retention": timedelta(days=36)}, r"the nearest is 35 days$"),
        (
            {"snapshot_window": "2-3"},
            r"^CachePosture.snapshot_window: got '2-3'; allowed: hh:mm-hh:mm in UTC, 24 hours; write it as 02:00-03:00$",
        ),
        (
            {"maintenance_window": "sunday"},
            r"^CachePosture.maintenance_window: got 'sunday'; allowed: ddd:hh:mm-ddd:hh:mm .*; write it as sun:04:00-sun:05:00$",
        ),
        (
            {"snapshot_window": "02:00-02:30"},
            r"^CachePosture.snapshot_window: got '02:00-02:30'; allowed: 60 minutes to a day; let it last 60 minutes$",
        ),
        ({"maintenance_window": "sun:04:00-sun:04:59"}, r"^CachePosture.maintenance_window: got .*; allowed: 60 minutes to a day"),
        (
            {"snapshot_window": "03:30-04:30"},
            r"^CachePosture.snapshot_window, maintenance_window: got '03:30-04:30 every day and sun:04:00-sun:05:00'; allowed: windows that do not "
            r"meet: .*; move one of them by an hour or more$",
        ),
        ({"snapshot_window": "04:15-05:15"}, r"windows that do not meet"),
        ({"snapshot_window": "23:30-00:30", "maintenance_window": "mon:00:00-mon:01:00"}, r"windows that do not meet"),
        ({"rotation_period": timedelta(days=91)}, r"^CachePosture.rotation_period: got '91 days'; allowed: 1 day to 90 days"),
        (
            {"multi_az": False},
            r"^CachePosture.recovery_time: got '0:02:00 with multi_az=False'; allowed: at least 1:00:00, .*; set multi_az=True, or promise",
        ),
    ],
    ids=str,
)
def test_refuses(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(PRODUCTION.cache, **wrong)


@pytest.mark.control("CACHE-2")
def test_windows_that_touch_do_not_meet() -> None:
    assert replace(PRODUCTION.cache, snapshot_window="03:00-04:00").snapshot_window == "03:00-04:00"
    assert replace(PRODUCTION.cache, snapshot_window="05:00-06:00").snapshot_window == "05:00-06:00"


@pytest.mark.control("CACHE-2")
def test_staging_differs_in_size_and_standby_only() -> None:
    differing = {one.name for one in fields(PRODUCTION.cache) if getattr(PRODUCTION.cache, one.name) != getattr(STAGING.cache, one.name)}
    assert differing == {"node_type", "replicas", "multi_az", "max_storage_gb", "max_ecpu", "recovery_time"}
