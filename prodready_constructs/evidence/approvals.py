"""Approvals of a replacement: by name, with a reason, an owner and perhaps an end. A JSON file beside the lock."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from prodready_constructs.errors import ConfigurationError

KINDS = ("replaced", "deleted", "renamed", "weakened")
#: As for a waiver: a shorter reason says nothing.
SHORTEST_REASON = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Leave for one kind of change of one resource.

    Attributes:
        resource: the name in the lock, ``ProdDataStack.OrdersInstance1A2B``.
        change: ``replaced``, ``deleted``, ``renamed`` or ``weakened``.
        because: what becomes of the data, at least 40 characters.
        expires: the last day on which it holds, ISO 8601; None for as long as the change is pending.

    Raises:
        ConfigurationError: an unknown kind, a reason too short, no owner, or a date that is none.
    """

    resource: str
    change: str
    because: str
    owner: str
    expires: str | None = None

    def __post_init__(self) -> None:
        where = f"approval of {self.resource}"
        if self.change not in KINDS:
            raise ConfigurationError(where, given=self.change, allowed=", ".join(KINDS), mend="copy the kind from the finding")
        if len(self.because.strip()) < SHORTEST_REASON:
            raise ConfigurationError(
                where,
                given=self.because,
                allowed=f"a reason of at least {SHORTEST_REASON} characters",
                mend="say what becomes of the data",
            )
        if not self.owner.strip():
            raise ConfigurationError(where, given=self.owner, allowed="a person or team", mend="name who answers for it")
        try:
            date.fromisoformat(self.expires or "2000-01-01")
        except ValueError as error:
            raise ConfigurationError(where, given=self.expires, allowed="a date as 2027-01-31", mend="mend 'expires'") from error

    def covers(self, name: str, kind: str) -> bool:
        """Whether this approves a change of *kind* of the resource *name*."""
        return (self.resource, self.change) == (name, kind)

    def ended(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and date.fromisoformat(self.expires) < today


def approvals_file(lock: Path) -> Path:
    """Where the approvals of *lock* are kept: ``stateful.lock.json`` -> ``stateful.approvals.json``."""
    return lock.with_name(f"{lock.name.removesuffix('.json').removesuffix('.lock')}.approvals.json")


def read_approvals(file: Path) -> tuple[Approval, ...]:
    """The approvals of *file*; none when there is no such file.

    Raises:
        ConfigurationError: a file that is no list of approvals.
    """
    if not file.is_file():
        return ()
    try:
        return tuple(Approval(**entry) for entry in json.loads(file.read_text()))
    except ConfigurationError:
        raise
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            str(file),
            given=str(error),
            allowed='[{"resource": ..., "change": ..., "because": ..., "owner": ..., "expires": null}]',
            mend="copy the entry from the finding",
        ) from error


def write_approvals(file: Path, approvals: Iterable[Approval]) -> None:
    """Write *approvals*; removes the file when none is left."""
    kept = [asdict(approval) for approval in approvals]
    if kept:
        file.write_text(json.dumps(kept, indent=2) + "\n")
    else:
        file.unlink(missing_ok=True)
