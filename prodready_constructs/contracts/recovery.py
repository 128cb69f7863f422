"""What can be lost, and how it comes back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFact:
    """How one store comes back.

    Attributes:
        store: what it is, in words ("PostgreSQL orders").
        recovery_point: the most data that can be lost (RPO); recovery_time: how long a restore takes (RTO).
        recovery_time_is: where that time comes from: an assumption says so.
        how: the mechanism; restore_commands: AWS CLI commands to paste.
        region_loss: this is how it comes back when its region is lost, in another one.
    """

    store: str
    recovery_point: timedelta
    recovery_time: timedelta
    recovery_time_is: str
    how: str
    restore_commands: tuple[str, ...]
    region_loss: bool = False

    def as_json(self) -> dict[str, Any]:
        """As metadata: durations in seconds."""
        seconds = {"recovery_point": self.recovery_point.total_seconds(), "recovery_time": self.recovery_time.total_seconds()}
        return {**asdict(self), **seconds, "restore_commands": list(self.restore_commands)}


class Recoverable(Protocol):
    """A construct that holds state: what AWS Backup selects, and how it is restored."""

    @property
    def node(self) -> Any: ...
    @property
    def backup_arns(self) -> tuple[str, ...]: ...
    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]: ...
