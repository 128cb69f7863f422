"""From breaching, good and missing datapoints to the state of an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Literal

#: One datapoint: breaching, within the threshold, or missing.
Point = Literal["X", "0", "-"]
#: CloudWatch looks at more datapoints than the evaluation periods; how many more depends on the period. Its documented examples: five for three.
EXTRA = 2


class State(Enum):
    """What an alarm says; ``RETAIN`` is the state it had before."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT = "INSUFFICIENT_DATA"
    RETAIN = "RETAIN"


def state_of(points: Sequence[Point], *, needed: int, periods: int, missing: str) -> State:
    """The state for *points* (oldest first), of which the last ``periods + EXTRA`` are the evaluation range.

    Args:
        needed: datapoints to alarm. missing: ``breaching``, ``notBreaching``, ``ignore`` or ``missing``.
    """
    window = list(points)[-(periods + EXTRA) :]
    window = ["-"] * (periods + EXTRA - len(window)) + window
    real = [point for point in window if point != "-"]
    if len(real) >= periods:
        # Enough real ones: how missing ones are treated plays no part.
        return State.ALARM if real[-periods:].count("X") >= needed else State.OK
    filled = periods - len(real)
    if missing in ("breaching", "notBreaching"):
        breaching = real.count("X") + (filled if missing == "breaching" else 0)
        return State.ALARM if breaching >= needed else State.OK
    if real.count("X") >= needed:
        return State.ALARM
    if "0" in real:
        return State.OK
    if missing == "ignore":
        return State.RETAIN
    # Only breaching ones, fewer than needed: in alarm when the oldest is at least as old as the datapoints needed.
    oldest = window.index("X") if "X" in window else len(window)
    return State.ALARM if len(window) - oldest >= needed and real else State.INSUFFICIENT
