"""The alarm on growing depth, played over series as CloudWatch evaluates it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from prodready_constructs import PRODUCTION
from prodready_constructs.contracts import AlarmSpec, MathMetric
from prodready_constructs.messaging import ReliableQueue
from tests.support.synthesis import new_stack

BACKLOG = PRODUCTION.messaging.backlog
#: Five minutes each: a day.
DAY = 288


@pytest.fixture(scope="module")
def alarm() -> AlarmSpec:
    queue = ReliableQueue(new_stack(), "Orders", posture=PRODUCTION.messaging, data_class=PRODUCTION.data.internal)
    (found,) = [spec for spec in queue.alarm_specs if spec.id == "DepthIncreasing"]
    return found


def values(alarm: AlarmSpec, depth: Sequence[float | None]) -> list[float | None]:
    """The expression of *alarm* at each datapoint: RATE looks at the datapoint before, and has no value for the first."""
    metric = cast("MathMetric", alarm.metric)
    seconds = metric.period.total_seconds()
    result: list[float | None] = []
    for before, now in zip([None, *depth], depth, strict=False):
        if before is None or now is None:
            result.append(None)
            continue
        names: dict[str, Any] = {
            "depth": now,
            "RATE": lambda _, before=before, now=now: (now - before) / seconds,
            "IF": lambda condition, then, otherwise: then if condition else otherwise,
        }
        result.append(eval(metric.expression, {"__builtins__": {}}, names))
    return result


def fires(alarm: AlarmSpec, depth: Sequence[float | None]) -> list[int]:
    """The datapoints at which *alarm* is in alarm: all of its last periods breach; what is missing does not."""
    assert (alarm.comparison, alarm.missing_data, alarm.datapoints) == ("GreaterThanThreshold", "notBreaching", None)
    breaching = [value is not None and value > alarm.threshold for value in values(alarm, depth)]
    return [at for at in range(alarm.periods - 1, len(breaching)) if all(breaching[at - alarm.periods + 1 : at + 1])]


def noise(scale: float) -> Callable[[], float]:
    chance = random.Random(4)
    return lambda: chance.gauss(0, scale)


STEADY = noise(BACKLOG * 0.05)
SERIES: dict[str, list[float | None]] = {
    "empty": [0] * DAY,
    "idle: SQS reports nothing": [None] * DAY,
    "steady below the floor": [BACKLOG * 0.8 + STEADY() for _ in range(DAY)],
    "steady far above the floor": [BACKLOG * 5 + STEADY() for _ in range(DAY)],
    "one spike, worked off": [0] * 50 + [BACKLOG * 20 * math.exp(-step / 10) for step in range(DAY - 50)],
    "growing fast below the floor": [min(step * 20, BACKLOG) for step in range(40)],
    "sawtooth: 20 minutes up, 20 down, all day": [BACKLOG * 2 + 300 * (step % 8 if step % 8 < 4 else 8 - step % 8) for step in range(DAY)],
    "sawtooth: batches each hour": [BACKLOG * 3 * (12 - step % 12) / 12 for step in range(DAY)],
    "draining": [BACKLOG * 50 - step * 100 for step in range(DAY)],
    "creeping: a tenth of the backlog an hour": [BACKLOG * 2 + step * BACKLOG / 120 for step in range(DAY)],
}


@pytest.mark.control("STORE-3")
@pytest.mark.parametrize("name", SERIES)
def test_silent(alarm: AlarmSpec, name: str) -> None:
    assert fires(alarm, SERIES[name]) == []


@pytest.mark.control("STORE-3")
def test_a_growing_backlog_is_told_within_half_an_hour_of_the_floor(alarm: AlarmSpec) -> None:
    step = BACKLOG / 10  # Each five minutes: 1.2 backlogs an hour.
    depth = [50.0] * 20 + [50 + step * number for number in range(1, 60)]
    passed = next(at for at, value in enumerate(depth) if value > BACKLOG)
    first, *_ = fires(alarm, depth)
    assert first == passed + alarm.periods - 1
    assert (first - passed + 1) * cast("MathMetric", alarm.metric).period <= timedelta(minutes=30)
    # And goes on as long as it grows.
    assert fires(alarm, depth)[-1] == len(depth) - 1


@pytest.mark.control("STORE-3")
def test_growth_with_noise_is_still_growth(alarm: AlarmSpec) -> None:
    jitter = noise(BACKLOG * 0.02)
    depth = [BACKLOG + step * BACKLOG * 0.25 + jitter() for step in range(40)]
    assert fires(alarm, depth)


@pytest.mark.control("STORE-3")
def test_a_stopped_consumer_is_told_and_recovery_ends_it(alarm: AlarmSpec) -> None:
    depth = [100.0] * 10 + [100.0 + BACKLOG * step for step in range(1, 13)] + [BACKLOG * 12.0 - BACKLOG * 2 * step for step in range(1, 6)]
    ringing = fires(alarm, depth)
    assert ringing
    assert ringing[-1] == 21


def test_noise_alone_rises_six_times_in_a_row_as_rarely_as_said(alarm: AlarmSpec) -> None:
    """Seven values in rising order: 1 in 5,040, were the slope not asked for."""
    assert math.factorial(alarm.periods + 1) == 5_040
    loud = noise(BACKLOG)
    windows = 30_000
    depth = [BACKLOG * 50 + loud() for _ in range(windows)]
    assert len(fires(alarm, depth)) / windows < 1 / 5_040
