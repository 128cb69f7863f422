"""Days of load: what arrives in a minute, for each ten seconds of a day. The same on every machine and in every run."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

DAY, HOUR, MINUTE, STEP = 86_400, 3_600, 60, 10
#: What arrives in a minute, at each step.
Load = tuple[float, ...]
#: The spike begins here, and lasts two hours.
SPIKE_AT, SPIKE_LASTS, SPIKE_TIMES = 12 * HOUR, 2 * HOUR, 10


def _steady(_: float) -> float:
    return 1


def _day(second: float) -> float:
    """A quarter of the usual at night, four times as much in the afternoon."""
    return 2.125 - 1.875 * math.cos(2 * math.pi * (second / DAY - 1 / 12))


def _spike(second: float) -> float:
    """Ten times the usual from one second to the next."""
    return SPIKE_TIMES if SPIKE_AT <= second < SPIKE_AT + SPIKE_LASTS else 1


def _sawtooth(second: float) -> float:
    """Each hour up to five times the usual, and back at once: the worst for whoever follows."""
    return 1 + 4 * (second % HOUR) / HOUR


SHAPES: dict[str, Callable[[float], float]] = {"steady": _steady, "day": _day, "spike": _spike, "sawtooth": _sawtooth}


def _flutter(second: float) -> float:
    """A tenth up and down, without a period that would suit or hurt one of scaling."""
    minute = second // MINUTE
    return 1 + 0.05 * math.sin(1.7 * minute) + 0.03 * math.sin(0.43 * minute + 1) + 0.02 * math.sin(5.3 * minute + 2)


@functools.cache
def load_of(shape: str, usual: float) -> Load:
    """A day of *shape* around *usual*."""
    return tuple(usual * SHAPES[shape](second) * _flutter(second) for second in range(0, DAY, STEP))
