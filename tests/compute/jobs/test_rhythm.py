"""How far apart runs are, against a year that is simply lived through, minute by minute; and what an alarm makes of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from prodready_constructs.compute.jobs.missed import GRACE, LONGEST_WAIT, PERIODS, Sight, longest_wait, sight
from prodready_constructs.compute.jobs.rhythm import rhythm_of
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Schedule
from prodready_constructs.monitoring.checks import LONGEST_WINDOW, LONGEST_WINDOW_OF_HOURS

pytestmark = pytest.mark.control("FN-4")
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
#: Zones of both hemispheres, with changes at night, at midnight, of half an hour, and none at all.
ZONES = ("Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo", "Etc/UTC")
CRONS = (
    "15 3 * * ? *",
    "30 2 * * ? *",
    "0 0 * * ? *",
    "30 1,4 * * ? *",
    "*/15 * * * ? *",
    "0 */6 * * ? *",
    "0 22 ? * MON-FRI *",
    "45 23 ? * SUN *",
    "0 8 1,15 * ? *",
)


def matches(fields: str, wall: datetime) -> bool:
    """Whether a clock that shows *wall* is at a time of the expression: read anew, and simply."""
    minute, hour, day, month, weekday, _ = fields.split()

    def one(text: str, value: int) -> bool:
        if text in ("*", "?"):
            return True
        if text.startswith("*/"):
            return value % int(text[2:]) == 0
        return value in {int(part) for part in text.split(",")}

    def named(text: str) -> bool:
        first, _, last = text.partition("-")
        return text == "?" or DAYS.index(first) <= wall.weekday() <= DAYS.index(last or first)

    return one(minute, wall.minute) and one(hour, wall.hour) and one(day, wall.day) and one(month, wall.month) and named(weekday)


@cache
def clocks(zone: str, year: int) -> tuple[tuple[datetime, datetime], ...]:
    """Each quarter of an hour of a year and of the month before, and what a clock shows then."""
    here, now, shown = ZoneInfo(zone), datetime(year - 1, 12, 1, tzinfo=timezone.utc), []
    while now.year <= year:
        shown.append((now, now.astimezone(here).replace(tzinfo=None)))
        now += timedelta(minutes=15)
    return tuple(shown)


@cache
def lived(fields: str, zone: str, year: int, *, again: bool = False) -> tuple[datetime, ...]:
    """The runs, in UTC; of two equal times on an autumn night the first one, or the one that comes *again*."""
    minute, hour = fields.split()[:2]
    minutes, hours = ({int(part) for part in text.split(",")} if text.replace(",", "").isdigit() else None for text in (minute, hour))
    runs: dict[datetime, datetime] = {}
    for now, wall in clocks(zone, year):
        if (minutes and wall.minute not in minutes) or (hours and wall.hour not in hours):
            continue
        if matches(fields, wall) and (again or wall not in runs):
            runs[wall] = now
    return tuple(sorted(runs.values()))


def gaps(fields: str, zone: str, year: int) -> list[timedelta]:
    return [later - earlier for again in (False, True) for earlier, later in pairwise(lived(fields, zone, year, again=again))]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("fields", CRONS)
def test_the_gaps_are_those_of_a_year_that_was_lived(fields: str, zone: str) -> None:
    rhythm = rhythm_of(Schedule(f"cron({fields})", zone))
    found = gaps(fields, zone, 2027)
    # The year may be a mild one; never a worse one than was reckoned with, and for what comes each day just that.
    assert rhythm.shortest <= min(found)
    assert max(found) <= rhythm.longest
    if fields.split()[2] in ("*", "?"):
        assert max(found) == rhythm.longest
    if fields.endswith("* * ? *"):
        assert min(found) == rhythm.shortest


def test_the_cases_of_the_handbook() -> None:
    def longest(expression: str, zone: str) -> timedelta:
        return rhythm_of(Schedule(expression, zone)).longest

    hour, day = timedelta(hours=1), timedelta(days=1)
    assert longest("cron(15 3 * * ? *)", "Europe/Berlin") == day + hour, "the long day of autumn"
    assert longest("cron(30 2 * * ? *)", "Europe/Berlin") == 2 * day - hour, "skipped in spring, and that day is an hour short"
    assert longest("cron(30 2 * * ? *)", "Etc/UTC") == day
    assert longest("cron(0 * * * ? *)", "Europe/Berlin") == 2 * hour, "the hour that comes twice runs once"
    assert longest("cron(0 6 ? * MON-FRI *)", "Europe/Berlin") == 3 * day + hour, "the weekend of autumn"
    assert longest("cron(0 6 1 * ? *)", "Europe/Berlin") == 31 * day + hour
    assert longest("cron(0 6 L * ? *)", "Etc/UTC") == 31 * day
    assert longest("cron(0 0 29 2 ? *)", "Etc/UTC") == 1461 * day
    assert longest("rate(1 day)", "Europe/Berlin") == day, "a rate counts hours, not days of the clock"


def test_a_time_that_clocks_skip_is_told() -> None:
    assert rhythm_of(Schedule("cron(30 2 * * ? *)", "Europe/Berlin")).skipped == datetime(2026, 3, 29, 2, 30)
    assert rhythm_of(Schedule("cron(0 0 * * ? *)", "Africa/Cairo")).skipped == datetime(2026, 4, 24)
    for fields in ("cron(30 3 * * ? *)", "cron(30 2,5 * * ? *)", "cron(30 2 1 * ? *)"):
        assert rhythm_of(Schedule(fields, "Europe/Berlin")).skipped is None, fields
    assert rhythm_of(Schedule("cron(30 2 * * ? *)", "Etc/UTC")).skipped is None


def test_what_runs_once_has_no_rhythm() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^Schedule.expression: got 'at\(.*'; allowed: a schedule that comes again; use cron\(...\) or rate\(...\)$",
    ):
        rhythm_of(Schedule("at(2030-01-01T00:00:00)"))


# -- the alarm ---------------------------------------------------------------------------------------------------------


def test_the_wait_is_the_gap_and_what_a_run_may_take() -> None:
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    assert longest_wait(hour, missed_runs=1, flexible=5 * minute, limit=10 * minute) == hour + 15 * minute + GRACE
    assert longest_wait(hour, missed_runs=3, flexible=timedelta(0), limit=10 * minute) == 3 * hour + 10 * minute + GRACE


@pytest.mark.parametrize(
    ("wait", "seen"),
    [
        (timedelta(minutes=11), Sight(timedelta(minutes=1), 11)),
        (timedelta(minutes=11, seconds=1), Sight(timedelta(minutes=1), 12)),
        (timedelta(hours=3), Sight(timedelta(minutes=1), 180)),
        (timedelta(hours=3, seconds=1), Sight(timedelta(minutes=5), 37)),
        (timedelta(days=1), Sight(timedelta(minutes=5), 288)),
        (timedelta(hours=26, minutes=1), Sight(timedelta(hours=1), 27)),
        (timedelta(days=7), Sight(timedelta(hours=1), 168)),
        (timedelta(days=7, seconds=1), None),
        (LONGEST_WAIT, None),
    ],
    ids=str,
)
def test_periods_cover_the_wait_within_the_limits_of_cloudwatch(wait: timedelta, seen: Sight | None) -> None:
    assert sight(wait) == seen
    if seen is not None:
        assert wait <= seen.window < wait + seen.period
        assert seen.window <= (LONGEST_WINDOW if seen.period < timedelta(hours=1) else LONGEST_WINDOW_OF_HOURS)


def test_no_period_is_used_beyond_its_limit() -> None:
    for period, longest in PERIODS.items():
        assert longest <= (LONGEST_WINDOW if period < timedelta(hours=1) else LONGEST_WINDOW_OF_HOURS)
        assert longest % period == timedelta(0)


def rings(successes: list[datetime], seen: Sight, until: datetime) -> Iterator[datetime]:
    """When the alarm goes off: all of its periods without a success, wherever they begin."""
    for earlier, later in pairwise([*successes, until]):
        # A period holds a success at its very beginning: the last one of the window must lie after it.
        if later - earlier > seen.window:
            yield earlier + seen.window


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"])
@pytest.mark.parametrize("fields", ["15 3 * * ? *", "30 2 * * ? *", "*/15 * * * ? *", "0 22 ? * MON-FRI *"])
def test_a_healthy_year_is_quiet_and_the_end_of_one_is_heard(fields: str, zone: str) -> None:
    chance = random.Random(5)
    flexible, limit = timedelta(minutes=2), timedelta(minutes=10)
    wait = longest_wait(rhythm_of(Schedule(f"cron({fields})", zone)).longest, missed_runs=1, flexible=flexible, limit=limit)
    seen = sight(wait)
    assert seen is not None
    for again in (False, True):
        runs = lived(fields, zone, 2027, again=again)
        done = [run + flexible * chance.random() + limit * chance.random() for run in runs]
        assert list(rings(done, seen, done[-1])) == []
        # It dies in the night before the clocks change, when one waits longest, and on an ordinary day.
        for last in (len(done) // 4, len(done) // 2, int(len(done) * 0.82)):
            (heard,) = rings(done[:last], seen, done[-1])
            assert heard - done[last - 1] <= wait + seen.period


def test_unknown_words_are_refused_before_there_is_a_rhythm() -> None:
    with pytest.raises(ConfigurationError, match=r"^Schedule.zone: got 'Europe/Bonn'"):
        Schedule("rate(1 day)", "Europe/Bonn")
