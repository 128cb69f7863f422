"""How far apart the runs of a schedule are, daylight saving time included. No AWS module, no clock.

EventBridge Scheduler skips a time that clocks skip in spring, and runs one that comes twice in autumn once; a rate counts days of 24 hours.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Schedule
from prodready_constructs.foundation.cron import Cron, parse_cron
from prodready_constructs.foundation.schedules import UTC

#: The calendar repeats after 28 years: each date has met each day of the week, and each end of daylight saving time.
CYCLE = 28
_DAY, _MINUTE = 86_400, 60
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a schedule that comes again does so.

    Attributes:
        shortest, longest: the time between two runs, by a clock that knows no daylight saving time.
        skipped: the first run of all that is skipped because clocks jump over every time of its day; None if there is none.
    """

    shortest: timedelta
    longest: timedelta
    skipped: datetime | None


@lru_cache(maxsize=256)
def rhythm_of(schedule: Schedule) -> Rhythm:
    """The rhythm of a *schedule* that recurs, over :data:`CYCLE` years."""
    by_clock = schedule.gaps()
    if by_clock is None:
        raise ConfigurationError(
            "Schedule.expression", given=schedule.expression, allowed="a schedule that comes again", mend="use cron(...) or rate(...)"
        )
    if not schedule.expression.startswith("cron(") or schedule.zone == UTC:
        return Rhythm(*by_clock, None)
    cron, zone = parse_cron(schedule.expression[len("cron(") : -1]), ZoneInfo(schedule.zone)
    seconds = [minute * _MINUTE for minute in cron.minutes_of_day]
    gaps = {later - earlier for earlier, later in pairwise(seconds)}
    skipped: list[datetime] = []
    days = list(_days(cron, zone))
    # Nobody says which of two equal times of an autumn night is the one that runs: the gaps of both count.
    for second_of_two in (False, True):
        last: int | None = None
        for day in days:
            if not day.change:
                runs = [day.midnight + seconds[0] - day.before, day.midnight + seconds[-1] - day.before]
            else:
                runs = [run for second in seconds if (run := day.run(second, second_of_two)) is not None]
                gaps.update(later - earlier for earlier, later in pairwise(runs))
            if not runs:
                skipped.append(datetime.fromtimestamp(day.midnight + seconds[0], timezone.utc).replace(tzinfo=None))
                continue
            if last is not None:
                gaps.add(runs[0] - last)
            last = runs[-1]
    return Rhythm(timedelta(seconds=min(gaps)), timedelta(seconds=max(gaps)), min(skipped, default=None))


@dataclass(frozen=True, slots=True)
class _Day:
    """A day with runs: its midnight as if the clock showed UTC, the offsets before and after its change, and when that is (UTC; 0 for none)."""

    midnight: int
    before: int
    after: int
    change: int

    def run(self, second: int, second_of_two: bool) -> int | None:
        """When the clock shows so many seconds after midnight; None if it never does."""
        shown = self.midnight + second
        early, late = shown - self.before, shown - self.after
        if early < self.change <= late:
            return late if second_of_two else early
        return early if early < self.change else late if late >= self.change else None


def _days(cron: Cron, zone: ZoneInfo) -> Iterator[_Day]:
    first_year = next(cron.dates()).year
    for day in takewhile(lambda one: one.year < first_year + CYCLE, cron.dates()):
        midnight = (day.toordinal() - _EPOCH) * _DAY
        before, after = (_offset(datetime.combine(one, time(), tzinfo=zone)) for one in (day, day + timedelta(days=1)))
        yield _Day(midnight, before, after, 0 if before == after else _change(midnight - before, midnight + _DAY - after, before, zone))


def _change(start: int, end: int, before: int, zone: ZoneInfo) -> int:
    """The first second of *start* to *end* at which clocks have another offset than *before*."""
    while start < end:
        middle = (start + end) // 2
        start, end = (middle + 1, end) if _offset(datetime.fromtimestamp(middle, zone)) == before else (start, middle)
    return start


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
