"""The rows of the read-back and their sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """``live``: an API told; ``recorded``: only the emulator's own record, never verified; ``template-only``: nothing was read."""

    LIVE = "live"
    RECORDED = "recorded"
    TEMPLATE_ONLY = "template-only"


@dataclass(frozen=True, slots=True)
class Row:
    """One property of one resource: what the template asks for and what was found."""

    stack: str
    construct: str
    resource: str
    type: str
    property: str
    expected: str
    found: str
    kind: Kind
    agrees: bool

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "kind": self.kind.value}


def totals(rows: Iterable[Row]) -> dict[str, int]:
    """How many properties were verified, differ, are only recorded, and stay template assertions."""
    counted = Counter("differing" if not row.agrees else "verified" if row.kind is Kind.LIVE else row.kind.value for row in rows)
    return {name: counted[name] for name in ("verified", "differing", "recorded", "template-only")}


def differing(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not row.agrees]
