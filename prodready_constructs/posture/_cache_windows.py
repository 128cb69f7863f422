"""Daily and weekly windows of a cache, in UTC: an hour at least, and apart."""

from __future__ import annotations

import re

from prodready_constructs.errors import ConfigurationError

_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_DAILY = re.compile(rf"{_CLOCK}-{_CLOCK}")
_WEEKLY = re.compile(rf"(mon|tue|wed|thu|fri|sat|sun):{_CLOCK}-(mon|tue|wed|thu|fri|sat|sun):{_CLOCK}")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60


def cache_windows_apart(daily_field: str, daily: str, weekly_field: str, weekly: str, *, shortest_minutes: int = 60) -> None:
    """Refuse a *daily* window (``02:00-03:00``) and a *weekly* one (``sun:04:00-sun:05:00``) that are malformed, short, or meet."""
    day, week = _DAILY.fullmatch(daily), _WEEKLY.fullmatch(weekly)
    if day is None:
        raise ConfigurationError(daily_field, given=daily, allowed="hh:mm-hh:mm in UTC, 24 hours", mend="write it as 02:00-03:00")
    if week is None:
        raise ConfigurationError(
            weekly_field, given=weekly, allowed="ddd:hh:mm-ddd:hh:mm in UTC, 24 hours", mend="write it as sun:04:00-sun:05:00"
        )
    hours = [int(part) for part in day.groups()]
    starts = hours[0] * 60 + hours[1]
    lasts = (hours[2] * 60 + hours[3] - starts) % _DAY
    first, *begin, last, end_hour, end_minute = week.groups()
    weekly_starts = _WEEKDAYS.index(first) * _DAY + int(begin[0]) * 60 + int(begin[1])
    weekly_lasts = (_WEEKDAYS.index(last) * _DAY + int(end_hour) * 60 + int(end_minute) - weekly_starts) % _WEEK
    for field, given, minutes in ((daily_field, daily, lasts), (weekly_field, weekly, weekly_lasts)):
        if not shortest_minutes <= minutes <= _DAY:
            raise ConfigurationError(
                field, given=given, allowed=f"{shortest_minutes} minutes to a day", mend=f"let it last {shortest_minutes} minutes"
            )
    for weekday in range(7):
        ahead = (weekly_starts - (weekday * _DAY + starts)) % _WEEK
        if ahead < lasts or _WEEK - ahead < weekly_lasts:
            raise ConfigurationError(
                f"{daily_field}, {weekly_field.rpartition('.')[2]}",
                given=f"{daily} every day and {weekly}",
                allowed="windows that do not meet: a snapshot must not wait for maintenance",
                mend="move one of them by an hour or more",
            )
