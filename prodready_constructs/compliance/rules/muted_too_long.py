"""Alarms that are silent half of the time, by a mute rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit

#: Half of all minutes. Our reason: an alarm that is more often silent than not is none.
MOST = 0.5
_DAYS_OF_A_MONTH = 365 / 12
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+)\)")
_LASTS = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
#: For ranges: ``MON-FRI``, ``JAN-MAR``.
_NAMES = {
    name: number
    for names in ("SUN MON TUE WED THU FRI SAT", "- JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
    for number, name in enumerate(names.split())
}


def _count(field: str, size: int) -> int:
    """How many of *size* values a field of a cron expression names."""
    total = 0
    for part in field.split(","):
        values, _, step = part.partition("/")
        first, _, last = values.partition("-")
        if values in ("*", "?"):
            width = size
        elif last:
            width = (_value(last) - _value(first)) % size + 1
        else:
            width = size - _value(first) if step else 1
        total += -(-width // int(step or 1))
    return min(total, size)


def _value(text: str) -> int:
    return _NAMES[text.upper()] if text.upper() in _NAMES else int(text)


def _share(schedule: dict[str, Any]) -> float:
    """The share of all minutes that are muted; 0 for a single window, and for what is decided at deployment."""
    cron, lasts = _CRON.fullmatch(str(schedule.get("Expression"))), _LASTS.fullmatch(str(schedule.get("Duration")))
    if cron is None or lasts is None:
        return 0
    days, hours, minutes = (int(number or 0) for number in lasts.groups())
    lasting = days * 1440 + hours * 60 + minutes
    try:
        starts = _count(cron[1], 60) * _count(cron[2], 24)
        share = starts * lasting / 1440
        if (dates := _count(cron[3], 31)) < 31:
            share *= dates / _DAYS_OF_A_MONTH
        elif (weekdays := _count(cron[5], 7)) < 7:
            share *= weekdays / 7
        return share * _count(cron[4], 12) / 12
    except (KeyError, ValueError, ZeroDivisionError):
        return 0


def _find(subject: Subject) -> Iterator[Hit]:
    for rule in subject.of_type("AWS::CloudWatch::AlarmMuteRule"):
        share = _share(rule.get("Rule", "Schedule") or {})
        if share >= MOST:
            yield hit(rule, note=f"It mutes {min(share, 1):.0%} of the time.")


RULE = Rule(
    name="MutedTooLong",
    controls=("OPS-8",),
    why="While an alarm is muted it tells nobody, and whatever breaks then is found by users "
    "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html).",
    fix="mute for as long as the maintenance takes and as often as there is one, or for once with at(...); monitoring.Watch.mute",
    find=_find,
)
