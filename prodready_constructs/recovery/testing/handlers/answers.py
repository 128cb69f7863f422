"""What was expected, what was found, and in which ways a look into a restored store can fail."""

from __future__ import annotations

import datetime
import decimal
from dataclasses import dataclass
from typing import Any

CONNECT_SECONDS, QUERY_SECONDS = 5, 60


class AccessError(Exception):
    """The store answers, and refuses user or password: the next version of the secret may do."""


class UnreachableError(Exception):
    """No answer, or none that can be trusted: a restored store may need a few minutes."""


class WrongError(Exception):
    """The store answers, and not as it was expected: the restore test has failed."""


@dataclass(frozen=True)
class Place:
    """Where a restored database is."""

    host: str
    port: int
    database: str


def judge(expected: dict[str, Any], found: Any, now: datetime.datetime) -> str:
    """*found* in words, when it is what was *expected*."""
    query = expected["query"]
    if "at_least" in expected:
        least = expected["at_least"]
        if isinstance(found, bool) or not isinstance(found, (int, float, decimal.Decimal)):
            raise WrongError(f"{query!r} gave {found!r}, which is no number")
        if found < least:
            raise WrongError(f"{query!r} gave {found}, less than {least}")
        return f"{found} (at least {least})"
    when, within = moment(found), datetime.timedelta(seconds=expected["newest_within"])
    if when is None:
        raise WrongError(f"{query!r} gave {found!r}, which is no moment")
    age = now - when
    if age > within:
        raise WrongError(f"{query!r}: the newest is {plain(age)} old, more than {plain(within)}")
    return f"the newest is {plain(age)} old (at most {plain(within)})"


def moment(value: Any) -> datetime.datetime | None:
    """*value* as a moment of UTC; None where it is none."""
    if isinstance(value, datetime.datetime):
        return value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time(), datetime.UTC)
    return None


def plain(age: datetime.timedelta) -> str:
    """Hours and minutes."""
    minutes = max(int(age.total_seconds()) // 60, 0)
    return f"{minutes // 60} h {minutes % 60} min"
