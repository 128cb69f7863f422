"""Bounds of posture values, checked in one place so that every message has the same form."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TypeVar

from prodready_constructs.errors import ConfigurationError

T = TypeVar("T", int, float, timedelta)


def within(field: str, value: T, low: T, high: T, *, because: str) -> None:
    """Refuse *value* outside *low* .. *high* (inclusive)."""
    if not low <= value <= high:
        nearest = low if value < low else high
        raise ConfigurationError(
            field, given=_plain(value), allowed=f"{_plain(low)} to {_plain(high)} ({because})", mend=f"the nearest is {_plain(nearest)}"
        )


def one_of(field: str, value: object, allowed: Collection[object], *, because: str) -> None:
    """Refuse *value* that is not one of *allowed*."""
    if value not in allowed:
        raise ConfigurationError(
            field, given=value, allowed=f"one of {', '.join(map(repr, allowed))} ({because})", mend="choose one of them"
        )


def ordered(fields: str, low: T, high: T, *, mend: str) -> None:
    """Refuse a pair whose first value is above its second."""
    if low > high:
        raise ConfigurationError(fields, given=f"{_plain(low)} > {_plain(high)}", allowed="the first at most the second", mend=mend)


def _plain(value: object) -> object:
    """``35 days`` instead of ``35 days, 0:00:00``."""
    return str(value).removesuffix(", 0:00:00") if isinstance(value, timedelta) else value
