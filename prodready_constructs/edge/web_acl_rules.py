"""The rules of a web ACL and what they cost in capacity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Where a managed rule group does not apply: at *paths*, or for one *rule* of it (which then counts only)."""

    group: str
    paths: tuple[str, ...] = ()
    rule: str | None = None
