"""Workers: what their posture refuses."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs import PRODUCTION, STAGING, OffHours
from prodready_constructs.errors import ConfigurationError

WORKERS = PRODUCTION.workers


def test_production_is_always_there_and_staging_sleeps() -> None:
    assert WORKERS.always_on
    assert WORKERS.off_hours is None
    assert not WORKERS.zero_when_empty
    assert STAGING.workers.off_hours == OffHours(start="07:00", stop="19:00", days=("MON", "TUE", "WED", "THU", "FRI"), time_zone="Etc/UTC")
    assert not STAGING.workers.always_on


def test_a_queue_leaves_a_function_a_reserve() -> None:
    """Eighty percent of the reserved executions wake somebody: a queue that is worked off must stay below."""
    for posture in (PRODUCTION, STAGING):
        assert posture.workers.max_concurrency < 0.8 * posture.functions.reserved_concurrency


@pytest.mark.control("COST-4")
@pytest.mark.parametrize("asked", [{"zero_when_empty": True}, {"off_hours": OffHours()}])
def test_an_environment_with_users_does_not_scale_to_zero(asked: dict[str, Any]) -> None:
    wanted = (
        f"WorkerPosture.always_on: got 'True with {next(iter(asked))}'; allowed: workers that are always there, or workers that may go: an "
        "environment with users has the first; leave the scaling to zero to staging, or say always_on=False and accept that messages wait"
    )
    with pytest.raises(ConfigurationError, match=re.escape(wanted)):
        replace(WORKERS, **asked)
    assert replace(WORKERS, always_on=False, **asked)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"busy_target": 96},
            "WorkerPosture.busy_target: got 96; allowed: 10 to 95 (at 100 % nothing is left to catch up with); the nearest is 95",
        ),
        (
            {"scale_out_cooldown": timedelta(seconds=5)},
            "WorkerPosture.scale_out_cooldown: got '0:00:05'; allowed: 0:00:30 to 1:00:00 (a task needs half a minute to start, and the metrics "
            "have a datapoint a minute); the nearest is 0:00:30",
        ),
        (
            {"scale_in_cooldown": timedelta(hours=2)},
            "WorkerPosture.scale_in_cooldown: got '2:00:00'; allowed: 0:00:30 to 1:00:00 (a task needs half a minute to start, and the metrics "
            "have a datapoint a minute); the nearest is 1:00:00",
        ),
        (
            {"stop_timeout": timedelta(minutes=3)},
            "WorkerPosture.stop_timeout: got '0:03:00'; allowed: 0:00:10 to 0:02:00 (what Fargate waits at most); the nearest is 0:02:00",
        ),
        (
            {"max_concurrency": 1},
            "WorkerPosture.max_concurrency: got 1; allowed: 2 to 1000 (what an SQS event source of AWS Lambda takes); the nearest is 2",
        ),
        (
            {"record_age": timedelta(days=1)},
            "WorkerPosture.record_age: got '1 day'; allowed: 0:01:00 to 23:00:00 (DynamoDB deletes a record after 24 hours, tried or not); "
            "the nearest is 23:00:00",
        ),
        (
            {"record_retries": 0},
            "WorkerPosture.record_retries: got 0; allowed: 1 to 10000 (none would give up what only met a deployment); the nearest is 1",
        ),
        (
            {"iterator_age": timedelta(hours=4)},
            "WorkerPosture.iterator_age: got '4:00:00'; allowed: 1 minute to 3:00:00, half of record_age: what is found later is given up before "
            "it is mended; look earlier, or try records longer",
        ),
        (
            {"redrive_rate": 501},
            "WorkerPosture.redrive_rate: got 501; allowed: 1 to 500 (what StartMessageMoveTask of SQS takes); the nearest is 500",
        ),
    ],
)
def test_values_out_of_bounds(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        replace(WORKERS, **changed)


@pytest.mark.control("COST-4")
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"start": "7:00"}, "OffHours.start: got '7:00'; allowed: 00:00 to 23:59; write '07:00' for seven in the morning"),
        ({"stop": "24:00"}, "OffHours.stop: got '24:00'; allowed: 00:00 to 23:59; write '07:00' for seven in the morning"),
        (
            {"start": "19:00"},
            "OffHours.start, stop: got '19:00 to 19:00'; allowed: a working day that ends on the day it begins; exchange them, or leave "
            "off_hours out",
        ),
        (
            {"days": ("MON", "MON")},
            "OffHours.days: got ('MON', 'MON'); allowed: each of MON, TUE, WED, THU, FRI, SAT, SUN once at most, and at least one; name the "
            "working days",
        ),
        ({"days": ()}, "OffHours.days: got (); allowed: each of MON, TUE, WED, THU, FRI, SAT, SUN once at most, and at least one"),
        ({"days": ("Monday",)}, "OffHours.days: got ('Monday',); allowed: each of MON"),
        (
            {"time_zone": "Europe/Bonn"},
            "OffHours.time_zone: got 'Europe/Bonn'; allowed: a name of the IANA time zone database; write 'Europe/Berlin'",
        ),
        ({"time_zone": "../../etc"}, "OffHours.time_zone: got '../../etc'; allowed: a name of the IANA time zone database"),
    ],
)
def test_hours_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        OffHours(**changed)
