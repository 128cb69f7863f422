"""How a user changes an alarm that a construct brings: its numbers, who is told, or that it is made at all."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from prodready_constructs.contracts import AlarmSpec, AnomalySpec, AnyAlarmSpec, MissingData, RunbookSpec, Severity
from prodready_constructs.errors import ConfigurationError

#: What the id of an alarm on a learned band ends with.
UNUSUAL = "Unusual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Another number for one alarm, and *because*: an alarm's page says where its threshold comes from, a changed one too.

    What is None stays as the construct has it. *left_out*: the alarm is not made; the reason is in the assembly for the auditor.

    Raises:
        ConfigurationError: no reason, or nothing changed.
    """

    because: str
    threshold: float | None = None
    periods: int | None = None
    datapoints: int | None = None
    severity: Severity | None = None
    missing_data: MissingData | None = None
    left_out: bool = False

    def __post_init__(self) -> None:
        if not self.because.strip():
            raise ConfigurationError(
                "Change.because", given=self.because, allowed="why this number is right here", mend="cite a measurement or an agreement"
            )
        if not self.left_out and not self.numbers and self.severity is None:
            raise ConfigurationError(
                "Change", given="nothing to change", allowed="a number, a severity, or left_out", mend="remove it from changes"
            )

    @property
    def numbers(self) -> dict[str, Any]:
        """What it changes of an alarm on a metric."""
        given = {
            "threshold": self.threshold,
            "periods": self.periods,
            "datapoints": self.datapoints,
            "missing_data": self.missing_data,
        }
        return {name: value for name, value in given.items() if value is not None}


def changed(where: str, spec: AnyAlarmSpec, change: Change) -> AnyAlarmSpec:
    """*spec* with *change*; its source is the reason."""
    numbers = change.numbers
    unfit = [name for name in numbers if not hasattr(spec, name)]
    if unfit:
        raise ConfigurationError(
            where,
            given=f"Change of {', '.join(unfit)}",
            allowed="severity and left_out: this alarm has no threshold of its own" if not isinstance(spec, AnomalySpec) else "its periods",
            mend="leave the rest out of the Change",
        )
    if change.severity is not None:
        numbers["severity"] = change.severity
    # Fewer periods than the construct's datapoints: all of the fewer ones.
    if change.periods is not None and change.datapoints is None:
        numbers["datapoints"] = None
    return replace(spec, source=f"{change.because} (was: {spec.source})", **numbers)


def unusual_beside(where: str, spec: AnyAlarmSpec, width: float, *, asked_by: str) -> AnomalySpec:
    """A warning beside *spec* when its metric leaves the band that CloudWatch has learned to expect."""
    if not isinstance(spec, AlarmSpec):
        raise ConfigurationError(
            where,
            given="an alarm without a metric",
            allowed="alarms on a metric",
            mend="remove it from unusual: an event has no usual number",
        )
    return AnomalySpec(
        id=f"{spec.id}{UNUSUAL}",
        metric=spec.metric,
        severity=Severity.WARNING,
        width=width,
        side="ABOVE" if spec.comparison.startswith("Greater") else "BELOW",
        missing_data=spec.missing_data,
        source=f"asked for in {asked_by}: what this metric does at this hour, by CloudWatch anomaly detection",
        runbook=RunbookSpec(
            meaning=f"Not what is usual at this hour, though within the limit of {spec.id}. {spec.runbook.meaning}",
            causes=("more or fewer users than at this hour of other weeks", *spec.runbook.causes),
            first_commands=spec.runbook.first_commands,
            escalation=spec.runbook.escalation,
        ),
    )


def refuse_unknown(where: str, given: Collection[str], known: Collection[str]) -> None:
    """Refuse names of alarms that nothing watched has."""
    for name in sorted(set(given) - set(known)):
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)[:3]
        raise ConfigurationError(
            where,
            given=name,
            allowed="<construct's path in its stack>/<alarm id>",
            mend=f"name an alarm that is there, e.g. {', '.join(near)}",
        )
