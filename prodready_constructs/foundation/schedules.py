"""When something happens again, in the words of EventBridge Scheduler and Application Auto Scaling. No AWS module, no clock."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import available_timezones

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.cron import FIRST_YEAR, CronError, parse_cron

UTC = "Etc/UTC"
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
#: In the database of some machines; no place's name.
_NO_ZONES = frozenset({"Factory", "localtime"})


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """The names of the IANA time zone database of this machine (or of the package tzdata); empty when there is none."""
    return frozenset(available_timezones()) - _NO_ZONES


@dataclass(frozen=True, slots=True)
class Schedule:
    """A time that comes again (or once), checked when it is written down.

    Args:
        expression: ``cron(minutes hours day-of-month month day-of-week year)``, ``rate(5 minutes)`` or ``at(2030-01-31T18:00:00)``.
            Days of the week count from Sunday, 1; one of the two day fields is ``?``.
        zone: the IANA name of the zone whose clocks count; its daylight saving time is kept. A time that clocks skip in spring is skipped.

    Raises:
        ConfigurationError: an expression that does not parse or that never fires (the 31st of February, a year gone by), or a zone that
            does not exist.

    Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html,
        https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
    """

    expression: str
    zone: str = UTC

    def __post_init__(self) -> None:
        if self.zone not in known_zones():
            raise self._unknown_zone()
        self.gaps()

    @property
    def recurs(self) -> bool:
        """Whether there is a second time."""
        return self.gaps() is not None

    @property
    def longest_gap(self) -> timedelta | None:
        """The longest time between two runs, by the clock (an hour more or less where daylight saving begins or ends); None if it runs once."""
        return gaps[1] if (gaps := self.gaps()) else None

    @property
    def shortest_gap(self) -> timedelta | None:
        """The shortest time between two runs, by the clock; None if it runs once."""
        return gaps[0] if (gaps := self.gaps()) else None

    def gaps(self) -> tuple[timedelta, timedelta] | None:
        """The shortest and the longest time between two runs; None if it runs once."""
        return _gaps(self.expression)

    def _unknown_zone(self) -> ConfigurationError:
        zones = known_zones()
        if not zones:
            allowed, mend = "a name of the IANA time zone database, which this machine lacks", "install it: pip install tzdata"
        else:
            wanted = self.zone.casefold()
            alike = [zone for zone in zones if zone.casefold() == wanted or zone.casefold().endswith(f"/{wanted}")]
            alike = sorted(alike, key=lambda zone: (zone.casefold() != wanted, zone)) or difflib.get_close_matches(
                self.zone, sorted(zones), 1
            )
            allowed = "a name of the IANA time zone database, spelt exactly"
            mend = f"use {alike[0]!r}" if alike else "use one such as 'Europe/Berlin' or 'Etc/UTC'"
        return ConfigurationError("Schedule.zone", given=self.zone, allowed=allowed, mend=mend)


def _refused(given: str, allowed: str, mend: str) -> ConfigurationError:
    return ConfigurationError("Schedule.expression", given=given, allowed=allowed, mend=mend)


@lru_cache(maxsize=256)
def _gaps(expression: str) -> tuple[timedelta, timedelta] | None:
    """The shortest and the longest gap of a valid *expression*; the error of any other."""
    match = re.fullmatch(r"(cron|rate|at)\((.*)\)", expression)
    if match is None:
        raise _refused(
            expression,
            "cron(...), rate(...) or at(...)",
            "write 'cron(0 3 * * ? *)' for three at night, 'rate(5 minutes)' for every five minutes",
        )
    kind, inner = match[1], match[2]
    if kind == "rate":
        return (rate := _rate(expression, inner)), rate
    if kind == "at":
        _check_moment(expression, inner)
        return None
    try:
        cron = parse_cron(inner)
    except CronError as error:
        raise _refused(
            expression, f"six fields that parse; {error}", "see the EventBridge cron reference; 'cron(0 3 * * ? *)' is 03:00 every day"
        ) from error
    if not cron.fires:
        raise _refused(
            expression, f"an expression that fires on some day from {FIRST_YEAR} on", "no such date exists; 'L' is a month's last day"
        )
    return cron.gaps


def _rate(expression: str, inner: str) -> timedelta:
    match = re.fullmatch(r"([1-9]\d{0,5}) (minute|hour|day)(s?)", inner)
    if match is None or (match[1] == "1") == bool(match[3]):
        raise _refused(
            expression, "rate(1 minute|hour|day) or rate(N minutes|hours|days), N from 2 to 999999", "one is singular, more are plural"
        )
    return int(match[1]) * _UNITS[match[2]]


def _check_moment(expression: str, inner: str) -> None:
    wrong = "at(yyyy-mm-ddThh:mm:ss), a moment that exists"
    try:
        moment = datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S")
    except ValueError as error:
        raise _refused(expression, wrong, "write it like at(2030-01-31T18:00:00), without a zone") from error
    if moment.year < FIRST_YEAR or len(inner) != 19:
        raise _refused(expression, f"{wrong}, not before {FIRST_YEAR}", "what has passed never fires")
