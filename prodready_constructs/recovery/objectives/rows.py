"""One line of the objectives: a way back, its numbers, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from prodready_constructs.contracts import RecoveryFact
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of
from prodready_constructs.posture import RecoveryPosture
from prodready_constructs.recovery.objectives.arithmetic import Measured, ServiceRecovery, way_back
from prodready_constructs.recovery.objectives.check import plain
from prodready_constructs.recovery.objectives.sources import point_source

ASSUMED, MEASURED, STATED = "assumed", "measured", "stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way back.

    Attributes:
        construct: its path. store: what comes back. recovery_point, recovery_time: seconds.
        point_source: where the recovery point comes from; source: where the time does. basis: assumed, measured or stated.
        decides: the quickest way, by which the promise is judged.
        expires: the last day on which a measurement counts.
    """

    construct: str
    store: str
    recovery_point: float
    recovery_time: float
    how: str
    point_source: str
    source: str
    basis: str
    decides: bool
    expires: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of everything: the quickest way back by store, and what was measured, each with its last day."""

    quickest: Mapping[str, timedelta]
    measured: Mapping[str, Measured]
    expiry: Mapping[str, date]


def told(fact: RecoveryFact, measured: Mapping[str, Measured]) -> RecoveryFact:
    """*fact*, with what was measured of it."""
    one = measured.get(fact.store)
    if one is None:
        return fact
    return replace(
        fact,
        recovery_time=one.recovery_time,
        recovery_time_is=_said(one),
        recovery_point=fact.recovery_point if one.recovery_point is None else one.recovery_point,
    )


def _said(one: Measured) -> str:
    return f"{one.how}, {one.on.isoformat()}"


def store_row(path: str, fact: RecoveryFact, known: Known) -> Row:
    """A way back of the store *path*."""
    until, one = known.expiry.get(fact.store), known.measured.get(fact.store)
    basis = MEASURED if until else ASSUMED if "assum" in fact.recovery_time_is.lower() else STATED
    return Row(
        construct=path,
        store=fact.store,
        recovery_point=fact.recovery_point.total_seconds(),
        recovery_time=fact.recovery_time.total_seconds(),
        how=fact.how,
        point_source=fact.recovery_time_is if one and one.recovery_point is not None else point_source(fact),
        source=fact.recovery_time_is,
        basis=basis,
        decides=fact.recovery_time == known.quickest[path],
        expires=until.isoformat() if until else None,
    )


def service_row(where: str, service: ServiceRecovery, posture: RecoveryPosture, known: Known) -> Row:
    """The way back of a service.

    Raises:
        ConfigurationError: it takes longer than was promised, or needs a store that is not judged.
    """
    quickest = known.quickest
    needs = [path_of(store) for store in service.needs]
    unknown = [path for path in needs if path not in quickest]
    if unknown:
        raise ConfigurationError(
            f"{where}: services: {service.name}",
            given=f"needs {', '.join(unknown)}",
            allowed=f"stores that are judged here: {', '.join(quickest)}",
            mend="list the store among stores too",
        )
    one = known.measured.get(service.name)
    time = (
        one.recovery_time
        if one
        else way_back(
            detection=service.detection,
            stores=tuple(quickest[path] for path in needs),
            replacement=service.replacement,
            steering=service.steering,
        )
    )
    if time > posture.recovery_time:
        raise ConfigurationError(
            f"{where}: recovery time of {service.name}",
            given=f"{plain(time)}: {_sum(service, needs, quickest)}" if one is None else f"{plain(time)}, as measured",
            allowed=f"{plain(posture.recovery_time)} at most, which posture.recovery_time promises",
            mend="shorten what takes longest, or promise less",
        )
    return Row(
        construct=service.name,
        store=service.name,
        recovery_point=0,
        recovery_time=time.total_seconds(),
        point_source="it holds no data",
        how="as measured" if one else _sum(service, needs, quickest),
        source=_said(one) if one else service.source,
        basis=MEASURED if one else ASSUMED if "assum" in service.source.lower() else STATED,
        decides=True,
        expires=known.expiry[service.name].isoformat() if one else None,
    )


def _sum(service: ServiceRecovery, needs: Sequence[str], quickest: Mapping[str, timedelta]) -> str:
    store = max(needs, key=lambda path: quickest[path], default=None)
    parts = [f"{plain(service.detection)} to notice", *([f"{plain(quickest[store])} for {store}"] if store else [])]
    return " + ".join([*parts, f"{plain(service.replacement)} to replace tasks", f"{plain(service.steering)} to lead visitors"])
