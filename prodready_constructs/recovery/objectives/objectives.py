"""The objectives of a whole environment: every way back, its numbers, where each comes from, and whether the promise holds."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from constructs import Construct

from prodready_constructs.contracts import ControlClaim, Recoverable, RecoveryFact, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of, require_described
from prodready_constructs.posture import RecoveryPosture
from prodready_constructs.recovery.objectives.arithmetic import Measured, ServiceRecovery
from prodready_constructs.recovery.objectives.check import check_objectives
from prodready_constructs.recovery.objectives.rows import Known, Row, service_row, store_row, told
from prodready_constructs.recovery.objectives.sources import check_points

CONTROLS = (
    ControlClaim(
        control="DR-4",
        how="Recovery point and time of every store and service, computed and compared with the posture's objectives; the synth fails if unmet",
        frameworks=("NIST 800-53 r5 CP-2(3)", "NIST 800-53 r5 CP-10", "HIPAA 164.308(a)(7)(ii)(B)", "SOC 2 A1.2"),
    ),
)


@dataclass(frozen=True, slots=True)
class _Told:
    """A store, by the facts that hold."""

    node: Any
    backup_arns: tuple[str, ...]
    recovery_facts: tuple[RecoveryFact, ...]


class Objectives(Part):
    """Whether the objectives of the posture (RTO and RPO) can be kept, store by store and service by service. Makes no resource.

    Always: refused when a promise is not kept; every number says where it comes from, and an assumption says that it is one; all of it is in
    the assembly, and ``prodready objectives`` prints it. *posture* decides the objectives and how long a measurement counts.

    Every way back of a store must keep the recovery point, and its quickest one the recovery time. A service is back when it was noticed,
    its slowest store is back, its tasks are replaced and visitors are led to them.

    Args:
        posture: the objectives, and ``measurement_age``.
        stores: all that hold data: with ``recovery_facts``.
        services: what needs them.
        measured: what a drill took, by the name of the way back (``PostgreSQL orders``) or the path of a service: in place of assumptions.
        as_of: the day by which measurements are judged, for nothing here asks a clock: the day of the release. Not without *measured*.

    Raises:
        ConfigurationError: an objective that is not kept; a recovery point finer than AWS documents of its way back; nothing to judge, or the
            same twice; a store without recovery facts; a service that needs a store that is not judged; a measurement of nothing, of the
            future or too old; measurements without a day.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: RecoveryPosture,
        stores: Sequence[Recoverable],
        services: Sequence[ServiceRecovery] = (),
        measured: Mapping[str, Measured] | None = None,
        as_of: date | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where, measured = self.path, measured or {}
        for store in stores:
            require_described(f"{where}: stores", store, "recovery_facts")
        by_path = {path_of(store): store for store in stores}
        names = [service.name for service in services]
        if not by_path or len(by_path) < len(stores) or len(set(names)) < len(names):
            raise ConfigurationError(
                f"{where}: stores, services",
                given=[*(path_of(store) for store in stores), *names],
                allowed="at least one store, each store and each service once",
                mend="list every store that holds data, and every service that people wait for",
            )
        facts = {path: store.recovery_facts for path, store in by_path.items()}
        for path, ways in facts.items():
            check_points(path, ways)
        known = {fact.store for ways in facts.values() for fact in ways} | set(names)
        expiry = _check_measured(where, measured, known, as_of, posture.measurement_age)
        facts = {path: tuple(told(fact, measured) for fact in ways) for path, ways in facts.items()}
        check_objectives({path: _Told(None, (), ways) for path, ways in facts.items()}, posture)
        quickest = {path: min(fact.recovery_time for fact in ways) for path, ways in facts.items()}
        everything = Known(quickest=quickest, measured=measured, expiry=expiry)
        rows = [store_row(path, fact, everything) for path, ways in facts.items() for fact in ways]
        rows += [service_row(where, service, posture, everything) for service in services]
        #: Every way back, as it was judged.
        self.rows: tuple[Row, ...] = tuple(rows)
        record(
            self,
            controls=CONTROLS,
            tier="recovery",
            objectives={
                "recovery_time": posture.recovery_time.total_seconds(),
                "recovery_point": posture.recovery_point.total_seconds(),
                "rows": [asdict(row) for row in rows],
            },
        )


def _check_measured(
    where: str, measured: Mapping[str, Measured], known: set[str], as_of: date | None, age: timedelta
) -> Mapping[str, date]:
    """Refuse measurements that do not count; the last day of each that does."""
    if bool(measured) != (as_of is not None):
        raise ConfigurationError(
            f"{where}: as_of",
            given=as_of,
            allowed="the day by which measurements are judged, with measured; None without",
            mend="give the day of the release, as_of=date(...)" if measured else "leave it out",
        )
    expiry = {}
    for name, one in measured.items():
        if name not in known:
            alike = difflib.get_close_matches(name, sorted(known), 1)
            raise ConfigurationError(
                f"{where}: measured",
                given=name,
                allowed=f"one of {', '.join(sorted(known))}",
                mend=f"use {alike[0]!r}" if alike else "use the name of the way back that was measured",
            )
        expiry[name] = one.on + age
        if as_of is not None and not one.on <= as_of <= expiry[name]:
            raise ConfigurationError(
                f"{where}: measured[{name!r}].on",
                given=f"{one.on.isoformat()}, judged on {as_of.isoformat()}",
                allowed=f"a day up to then, and not more than {age.days} days before (posture.measurement_age)",
                mend="hold the drill again, or take the measurement out: the assumption counts then",
            )
    return expiry
