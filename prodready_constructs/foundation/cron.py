"""The cron expressions of Amazon EventBridge and Application Auto Scaling, read and reckoned. No AWS module, no clock.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise, takewhile

#: Years before it have passed: a schedule of theirs alone never fires. The year of this package's first release, for nothing here asks a clock.
FIRST_YEAR, LAST_YEAR = 2026, 2199
#: Long enough to meet every day of the week on every date, leap days included; the calendar repeats after it.
_CYCLE = 28
_MONTHS = dict(zip(("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), range(1, 13), strict=True))
_DAYS = dict(zip(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), range(1, 8), strict=True))

#: The days of a year's month on which something fires.
_DaysOf = Callable[[int, int], "set[int]"]


class CronError(ValueError):
    """What is wrong with an expression, in words for the one who wrote it."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression of six fields, understood."""

    minutes_of_day: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days: _DaysOf

    def dates(self) -> Iterator[date]:
        """The days from :data:`FIRST_YEAR` on on which it fires, in order."""
        for year in self.years:
            for month in self.months if year >= FIRST_YEAR else ():
                for day in sorted(self.days(year, month)):
                    yield date(year, month, day)

    def runs(self, *, years: int) -> Iterator[datetime]:
        """Every run of the first *years* in which it fires, in order."""
        first = next(self.dates(), date.max).year
        times = [time(minutes // 60, minutes % 60) for minutes in self.minutes_of_day]
        for day in takewhile(lambda day: day.year < first + years, self.dates()):
            yield from (datetime.combine(day, moment) for moment in times)

    @property
    def fires(self) -> bool:
        """Whether there is any such day."""
        return next(self.dates(), None) is not None

    @property
    def gaps(self) -> tuple[timedelta, timedelta] | None:
        """The shortest and the longest time between two runs; None if it runs once."""
        first = next(self.dates()).year
        found = list(takewhile(lambda day: day.year < first + _CYCLE, self.dates()))
        times = self.minutes_of_day
        gaps = {later - earlier for earlier, later in pairwise(times)}
        overnight = times[0] - times[-1]
        gaps |= {days * 1440 + overnight for days in {(later - earlier).days for earlier, later in pairwise(found)}}
        return (timedelta(minutes=min(gaps)), timedelta(minutes=max(gaps))) if gaps else None


def parse_cron(fields: str) -> Cron:
    """Understand the six *fields*.

    Raises:
        CronError: something else than six fields, values out of range, wildcards that a field does not know.
    """
    parts = fields.upper().split()
    if len(parts) != 6:
        raise CronError(f"{len(parts)} fields where there are six: minutes hours day-of-month month day-of-week year")
    minute, hour, day, month, weekday, year = parts
    if (day == "?") == (weekday == "?"):
        raise CronError("day-of-month and day-of-week: exactly one of the two must be '?'")
    minutes, hours = _numbers("minutes", minute, 0, 59), _numbers("hours", hour, 0, 23)
    return Cron(
        minutes_of_day=tuple(h * 60 + m for h in hours for m in minutes),
        months=_numbers("month", month, 1, 12, _MONTHS),
        years=_numbers("year", year, 1970, LAST_YEAR),
        days=_by_weekday(weekday) if day == "?" else _by_day(day),
    )


def _numbers(name: str, text: str, low: int, high: int, names: dict[str, int] | None = None) -> tuple[int, ...]:
    """The values of one field: lists of ``*``, values, ranges and steps."""

    def number(value: str) -> int:
        found = (names or {}).get(value, int(value) if value.isascii() and value.isdigit() else None)
        if found is None or not low <= found <= high:
            raise CronError(f"{name}: {value!r} is not {low} to {high}" + (f" or {', '.join(names)}" if names else ""))
        return found

    found: set[int] = set()
    for part in text.split(","):
        span, stepped, step = part.partition("/")
        first, is_range, last = span.partition("-")
        if stepped and not (step.isascii() and step.isdigit() and 1 <= int(step) <= high):
            raise CronError(f"{name}: {step!r} is no step")
        if first == "*" and not is_range:
            start, end = low, high
        else:
            start = number(first)
            end = number(last) if is_range else high if stepped else start
        if start > end:
            raise CronError(f"{name}: {span} runs backwards; write two ranges")
        found.update(range(start, end + 1, int(step) if stepped else 1))
    return tuple(sorted(found))


def _by_day(text: str) -> _DaysOf:
    """Days of the month: values, ``L`` (the last), ``3W`` (the weekday nearest the third), ``LW``."""
    if text == "L":
        return lambda year, month: {_length(year, month)}
    if text == "LW":
        return lambda year, month: _nearest_weekday(year, month, _length(year, month))
    if match := re.fullmatch(r"(\d+)W", text):
        (nearest,) = _numbers("day-of-month", match[1], 1, 31)
        return lambda year, month: _nearest_weekday(year, month, nearest)
    numbers = _numbers("day-of-month", text, 1, 31)
    return lambda year, month: {day for day in numbers if day <= _length(year, month)}


def _by_weekday(text: str) -> _DaysOf:
    """Days of the week: values, ``L`` (Saturday), ``6L`` (the month's last Friday), ``6#3`` (its third)."""
    if match := re.fullmatch(r"(\w+)#(\d+)", text):
        (wanted,) = _numbers("day-of-week", match[1], 1, 7, _DAYS)
        (which,) = _numbers("day-of-week, the number after #", match[2], 1, 5)
        return lambda year, month: set(_weekdays(year, month, {wanted})[which - 1 : which])
    if text != "L" and (match := re.fullmatch(r"(\w+)L", text)):
        (last,) = _numbers("day-of-week", match[1], 1, 7, _DAYS)
        return lambda year, month: set(_weekdays(year, month, {last})[-1:])
    numbers = {7} if text == "L" else set(_numbers("day-of-week", text, 1, 7, _DAYS))
    return lambda year, month: set(_weekdays(year, month, numbers))


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _weekdays(year: int, month: int, wanted: set[int]) -> list[int]:
    """Days of the month that are one of *wanted* (1 is Sunday)."""
    first = (calendar.weekday(year, month, 1) + 1) % 7  # 0 is Sunday
    return [day for day in range(1, _length(year, month) + 1) if (first + day - 1) % 7 + 1 in wanted]


def _nearest_weekday(year: int, month: int, day: int) -> set[int]:
    """The Monday to Friday nearest *day*, within its month; none in a month without that day."""
    length = _length(year, month)
    if day > length:
        return set()
    weekday = calendar.weekday(year, month, day)
    if weekday == calendar.SATURDAY:
        return {day - 1 if day > 1 else 3}
    if weekday == calendar.SUNDAY:
        return {day + 1 if day < length else day - 2}
    return {day}
