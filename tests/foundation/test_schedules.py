"""Schedules: what parses, what fires, how often; zones that exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date, timedelta

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import schedules
from prodready_constructs.foundation.cron import parse_cron
from prodready_constructs.foundation.schedules import Schedule

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("expression", "shortest", "longest"),
    [
        ("cron(0 3 * * ? *)", DAY, DAY),
        ("cron(0 3 ? * * *)", DAY, DAY),
        ("cron(30 19 ? * MON-FRI *)", DAY, 3 * DAY),
        ("cron(30 19 ? * 2-6 *)", DAY, 3 * DAY),
        ("cron(0 8,18 * * ? *)", 10 * HOUR, 14 * HOUR),
        ("cron(0/15 * * * ? *)", timedelta(minutes=15), timedelta(minutes=15)),
        ("cron(*/20 * * * ? *)", timedelta(minutes=20), timedelta(minutes=20)),
        ("cron(10-30/10 0 * * ? *)", timedelta(minutes=10), timedelta(hours=23, minutes=40)),
        ("cron(0 0 1 JAN,JUL ? *)", 181 * DAY, 184 * DAY),
        ("cron(0 0 31 * ? *)", 31 * DAY, 61 * DAY),
        ("cron(0 0 L * ? *)", 28 * DAY, 31 * DAY),
        ("cron(0 0 29 2 ? *)", 1461 * DAY, 1461 * DAY),
        ("cron(0 0 ? * SUN#2 *)", 28 * DAY, 35 * DAY),
        ("cron(0 0 ? * 6L *)", 28 * DAY, 35 * DAY),
        ("cron(0 0 ? * L *)", 7 * DAY, 7 * DAY),
        ("cron(0 0 1 1 ? 2050-2051)", 365 * DAY, 365 * DAY),
        ("cron(0 0,6 1 1 ? 2090)", 6 * HOUR, 6 * HOUR),
        ("cron(0 3 * * ? 2020-2099)", DAY, DAY),
        ("rate(1 minute)", timedelta(minutes=1), timedelta(minutes=1)),
        ("rate(36 hours)", 36 * HOUR, 36 * HOUR),
        ("rate(2 days)", 2 * DAY, 2 * DAY),
    ],
)
def test_how_often_it_fires(expression: str, shortest: timedelta, longest: timedelta) -> None:
    schedule = Schedule(expression, zone="Europe/Berlin")
    assert (schedule.shortest_gap, schedule.longest_gap) == (shortest, longest)
    assert schedule.recurs


@pytest.mark.parametrize("expression", ["at(2030-01-31T18:00:00)", "cron(0 0 1 1 ? 2050)"])
def test_once_is_no_period(expression: str) -> None:
    schedule = Schedule(expression)
    assert not schedule.recurs
    assert schedule.longest_gap is schedule.shortest_gap is None
    assert schedule.zone == "Etc/UTC"


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        # 2026: the 1st of August is a Saturday, the 1st of February a Sunday, the 31st of May a Sunday, the 31st of October a Saturday.
        ("0 0 1W 8 ? 2026", [date(2026, 8, 3)]),
        ("0 0 1W 2 ? 2026", [date(2026, 2, 2)]),
        ("0 0 LW 5,10 ? 2026", [date(2026, 5, 29), date(2026, 10, 30)]),
        ("0 0 15W 8 ? 2026", [date(2026, 8, 14)]),
        ("0 0 31W 2,3 ? 2026", [date(2026, 3, 31)]),
        ("0 0 ? 1 THU#5 2026", [date(2026, 1, 29)]),
        ("0 0 ? 2 1L 2026", [date(2026, 2, 22)]),
        ("0 0 ? 2 L 2026", [date(2026, 2, day) for day in (7, 14, 21, 28)]),
        ("0 0 ? 2 sun,2 2026", [date(2026, 2, day) for day in (1, 2, 8, 9, 15, 16, 22, 23)]),
    ],
)
def test_days_of_wildcards(fields: str, days: list[date]) -> None:
    assert list(parse_cron(fields).dates()) == days


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("0 3 * * ? *", r"cron\(...\), rate\(...\) or at\(...\); write"),
        ("cron(0 3 * * *)", "5 fields where there are six"),
        ("cron(0 3 * * * *)", r"exactly one of the two must be '\?'"),
        ("cron(0 3 ? * ? *)", r"exactly one of the two must be '\?'"),
        ("cron(60 3 * * ? *)", "minutes: '60' is not 0 to 59"),
        ("cron(0 24 * * ? *)", "hours: '24' is not 0 to 23"),
        ("cron(0 3 0 * ? *)", "day-of-month: '0' is not 1 to 31"),
        ("cron(0 3 32W * ? *)", "day-of-month: '32' is not 1 to 31"),
        ("cron(0 3 * 13 ? *)", "month: '13' is not 1 to 12 or JAN, FEB"),
        ("cron(0 3 ? * 0 *)", "day-of-week: '0' is not 1 to 7 or SUN, MON"),
        ("cron(0 3 ? * MO *)", "day-of-week: 'MO' is not 1 to 7"),
        ("cron(0 3 ? * MON#6 *)", "the number after #: '6' is not 1 to 5"),
        ("cron(0 3 ? * 3#1,6#3 *)", "'3#1' is not 1 to 7"),
        ("cron(0 3 ? * FRI-MON *)", "FRI-MON runs backwards; write two ranges"),
        ("cron(0/0 3 * * ? *)", "minutes: '0' is no step"),
        ("cron(0/ 3 * * ? *)", "minutes: '' is no step"),
        ("cron(0,,5 3 * * ? *)", "minutes: '' is not 0 to 59"),
        ("cron(*-5 3 * * ? *)", r"minutes: '\*' is not 0 to 59"),
        ("cron(0 3 * * ? 2200)", "year: '2200' is not 1970 to 2199"),
        ("rate(1 minutes)", "one is singular, more are plural"),
        ("rate(5 minute)", "one is singular, more are plural"),
        ("rate(0 minutes)", r"rate\(1 minute\|hour\|day\) or rate\(N minutes\|hours\|days\), N from 2 to 999999"),
        ("rate(2 weeks)", "one is singular, more are plural"),
        ("at(2030-02-31T00:00:00)", "a moment that exists; write it like"),
        ("at(2030-01-31)", "a moment that exists; write it like"),
        ("at(2030-1-3T00:00:00)", "what has passed never fires|a moment that exists"),
    ],
)
def test_refuses_what_does_not_parse(expression: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"Schedule.expression: got '{re.escape(expression)}'; allowed: .*({why})"):
        Schedule(expression)


@pytest.mark.parametrize(
    "expression", ["cron(0 0 31 2 ? *)", "cron(0 0 31 APR,JUN ? *)", "cron(0 0 29 2 ? 2027)", "cron(0 0 31W 2 ? *)", "cron(0 3 * * ? 2020)"]
)
def test_refuses_what_never_fires(expression: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"{re.escape(expression)}'; allowed: an expression that fires on some day from 2026 on; no such date exists; 'L' is a month's last day",
    ):
        Schedule(expression)


def test_refuses_a_moment_gone_by() -> None:
    with pytest.raises(
        ConfigurationError, match=r"got 'at\(2020-01-31T18:00:00\)'; allowed: .*, not before 2026; what has passed never fires"
    ):
        Schedule("at(2020-01-31T18:00:00)")


@pytest.mark.parametrize(
    ("zone", "mend"),
    [
        ("Berlin", "use 'Europe/Berlin'"),
        ("europe/berlin", "use 'Europe/Berlin'"),
        ("Europe/Berln", "use 'Europe/Berlin'"),
        ("Mars/Olympus", "use one such as 'Europe/Berlin' or 'Etc/UTC'"),
        ("", "use one such as|use '"),
    ],
)
def test_refuses_a_zone_that_does_not_exist(zone: str, mend: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"Schedule.zone: got '{zone}'; allowed: a name of the IANA time zone database, spelt exactly; ({mend})"
    ):
        Schedule("rate(1 day)", zone=zone)


def test_refuses_every_zone_where_there_is_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "known_zones", frozenset)
    with pytest.raises(
        ConfigurationError,
        match=r"Schedule.zone: got 'Etc/UTC'; allowed: .*, which this machine lacks; install it: pip install tzdata",
    ):
        Schedule("rate(1 day)")


def test_needs_no_aws_module() -> None:
    """Read alone: the module is standard library and errors; only its package's own ``__init__`` knows the CDK."""
    code = (
        "import sys, types, pathlib, prodready_constructs as p\n"
        "f = types.ModuleType('prodready_constructs.foundation')\n"
        "f.__path__ = [str(pathlib.Path(p.__file__).parent / 'foundation')]\n"
        "sys.modules[f.__name__] = f\n"
        "import prodready_constructs.foundation.schedules\n"
        "sys.exit(any(m.split('.')[0] in ('aws_cdk', 'jsii') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ}, check=False).returncode == 0
