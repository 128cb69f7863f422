"""Does an alarm do what it is for? Fed with series that it looks for itself: just beyond its limit, just within, too few, and none."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from tests.support.cloudwatch.alarms import Alarm
from tests.support.cloudwatch.expressions import Series
from tests.support.cloudwatch.states import State

#: What silence must lead to, by what the alarm says of missing data.
_SILENCE = {"breaching": State.ALARM, "notBreaching": State.OK, "missing": State.INSUFFICIENT, "ignore": State.RETAIN}
_HALVINGS = 60
#: Seconds by which metrics of AWS services come late, and more now and then. A longer period has its data before it ends.
LATEST = 60


class Line(NamedTuple):
    """A series that begins somewhere and rises by the same step every period."""

    begin: float
    step: float = 0.0

    def at(self, place: int) -> float:
        return self.begin + self.step * place


Inputs = Mapping[str, Line]


def faults(alarm: Alarm) -> list[str]:
    """What is wrong with *alarm*, in words; nothing when it fires when it should, keeps silent when it should, and treats silence as said."""
    if alarm.expression is not None and "EPOCH(" in alarm.expression:
        return [f"{alarm.name}: {fault}" for fault in _follows_the_clock(alarm)]
    found = _edge(alarm)
    if found is None:
        return [f"{alarm.name}: no data makes it go off, or all data does"]
    good, bad = found
    return [f"{alarm.name}: {fault}" for fault in (*_fires(alarm, good, bad), *_is_silent(alarm), *_bears_delay(alarm, good, bad))]


def _follows_the_clock(alarm: Alarm) -> Iterator[str]:
    """It is time, not data, that sets it off: on one side of the year 2000 or 2100 it must be on, on the other off."""
    steady: dict[str, Series] = {name: [1.0] * alarm.length for name in alarm.inputs}
    states = {replace(alarm, start=start).state(steady) for start in (946_684_800, 4_102_444_800)}
    if states != {State.OK, State.ALARM}:
        yield "time does not make it go off"


def _fires(alarm: Alarm, good: Inputs, bad: Inputs) -> Iterator[str]:
    if (state := alarm.state(_series(alarm, "X" * alarm.length, good, bad))) is not State.ALARM:
        yield f"just beyond the limit it is {state.value}"
    if (state := alarm.state(_series(alarm, "0" * alarm.length, good, bad))) is not State.OK:
        yield f"just within the limit it is {state.value}"
    if _looks_back(alarm):
        # Its value depends on the ones before: a mixture of lines says nothing. The count of datapoints is the same for all.
        return
    for place in range(alarm.periods - alarm.needed + 1):
        pattern = _pattern(alarm, alarm.needed, later=place)
        if (state := alarm.state(_series(alarm, pattern, good, bad))) is not State.ALARM:
            yield f"for {pattern} it is {state.value}"
        pattern = _pattern(alarm, alarm.needed - 1, later=place)
        if (state := alarm.state(_series(alarm, pattern, good, bad))) is not State.OK:
            yield f"for {pattern} it is {state.value}"


def _is_silent(alarm: Alarm) -> Iterator[str]:
    state = alarm.state({name: [None] * alarm.length for name in alarm.inputs})
    # An expression that fills gaps has data, whatever its metrics lack: then what it says is what happens.
    if state not in (_SILENCE[alarm.missing], _SILENCE[alarm.treats_missing_as]):
        yield f"says {alarm.missing} of missing data, and without any it is {state.value}"


def _bears_delay(alarm: Alarm, good: Inputs, bad: Inputs) -> Iterator[str]:
    """Metrics come late: the youngest minute may always be empty, and FILL then puts a good value there (metric math, FILL: in alarms)."""
    if alarm.period > LATEST:
        return
    series = _series(alarm, "X" * alarm.length, good, bad)
    late = {name: [*values, None] for name, values in series.items()}
    if alarm.state(late) is not State.ALARM:
        yield "with the youngest period always empty it never goes off"


def _pattern(alarm: Alarm, breaching: int, *, later: int) -> str:
    inside = "0" * (alarm.periods - breaching - later) + "X" * breaching + "0" * later
    if len(inside) > alarm.periods:  # no room to come later
        inside = "0" * (alarm.periods - breaching) + "X" * breaching
    return "0" * (alarm.length - alarm.periods) + inside


def _series(alarm: Alarm, pattern: str, good: Inputs, bad: Inputs) -> dict[str, Series]:
    return {name: [(bad if sign == "X" else good)[name].at(place) for place, sign in enumerate(pattern)] for name in alarm.inputs}


def _edge(alarm: Alarm) -> tuple[Inputs, Inputs] | None:
    """Inputs just within and just beyond the limit; None when there is no such pair."""
    good: Inputs | None = None
    bad: Inputs | None = None
    for inputs in _candidates(alarm):
        side = _side(alarm, inputs)
        good = inputs if side is State.OK and good is None else good
        bad = inputs if side is State.ALARM and bad is None else bad
        if good is not None and bad is not None:
            break
    if good is None or bad is None:
        return None
    for _ in range(_HALVINGS):
        middle = {name: Line(*((one + other) / 2 for one, other in zip(good[name], bad[name], strict=True))) for name in good}
        side = _side(alarm, middle)
        if side not in (State.OK, State.ALARM):
            break
        good, bad = (middle, bad) if side is State.OK else (good, middle)
    return good, bad


def _side(alarm: Alarm, inputs: Inputs) -> State | None:
    """On which side of the limit *inputs* are, by the youngest value; by the state, where a value depends on those before it."""
    points = alarm.points(alarm.result(_series(alarm, "X" * alarm.length, inputs, inputs)))
    if _looks_back(alarm):
        return alarm.judge(points)
    return {"X": State.ALARM, "0": State.OK}.get(points[-1])


def _candidates(alarm: Alarm) -> Iterator[Inputs]:
    for values in alarm.candidates():
        yield {name: Line(value) for name, value in values.items()}
    if _looks_back(alarm):
        for begin, step in itertools.product((0.0, 1e3, 1e6), (1.0, 1e3, 1e6)):
            yield dict.fromkeys(alarm.inputs, Line(begin, step))


def _looks_back(alarm: Alarm) -> bool:
    return alarm.expression is not None and any(name in alarm.expression for name in ("RATE(", "DIFF(", "REPEAT"))
