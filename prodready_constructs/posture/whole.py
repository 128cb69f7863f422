"""All slices together, and what they owe each other."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._derived import changes_for, changes_in, regions_of
from prodready_constructs.posture._standby import pilot_light, warm_standby
from prodready_constructs.posture.aurora import AuroraPosture
from prodready_constructs.posture.bastion import BastionPosture
from prodready_constructs.posture.cache import CachePosture
from prodready_constructs.posture.compute import ComputePosture
from prodready_constructs.posture.data import DataClass, DataPosture
from prodready_constructs.posture.database import DatabasePosture
from prodready_constructs.posture.devices import DevicePosture
from prodready_constructs.posture.drills import DrillPosture
from prodready_constructs.posture.edge import EdgePosture
from prodready_constructs.posture.functions import FunctionPosture
from prodready_constructs.posture.images import ImagesPosture
from prodready_constructs.posture.jobs import JobPosture
from prodready_constructs.posture.messaging import MessagingPosture
from prodready_constructs.posture.monitoring import MonitoringPosture
from prodready_constructs.posture.network import NetworkPosture
from prodready_constructs.posture.proxy import ProxyPosture
from prodready_constructs.posture.recovery import RecoveryPosture
from prodready_constructs.posture.regions import RegionPosture
from prodready_constructs.posture.storage import StoragePosture
from prodready_constructs.posture.tables import TablePosture
from prodready_constructs.posture.workers import WorkerPosture


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """All slices together."""

    data: DataPosture
    network: NetworkPosture
    bastion: BastionPosture
    database: DatabasePosture
    aurora: AuroraPosture
    proxy: ProxyPosture
    cache: CachePosture
    edge: EdgePosture
    compute: ComputePosture
    functions: FunctionPosture
    workers: WorkerPosture
    jobs: JobPosture
    devices: DevicePosture
    storage: StoragePosture
    tables: TablePosture
    messaging: MessagingPosture
    images: ImagesPosture
    monitoring: MonitoringPosture
    recovery: RecoveryPosture
    drills: DrillPosture
    regions: RegionPosture

    def __post_init__(self) -> None:
        for name, slice_ in (("database", self.database), ("aurora", self.aurora)):
            if slice_.recovery_time > self.recovery.recovery_time:
                raise ConfigurationError(
                    "Posture.recovery.recovery_time",
                    given=str(self.recovery.recovery_time),
                    allowed=f"at least the {slice_.recovery_time} that the {name} promises",
                    mend=f"shorten {name}.recovery_time (a standby does) or promise less",
                )
            if slice_.backup_retention != self.recovery.daily_retention:
                raise ConfigurationError(
                    f"Posture.{name}.backup_retention",
                    given=f"{slice_.backup_retention.days} days beside recovery.daily_retention of {self.recovery.daily_retention.days} days",
                    allowed="the same: AWS Backup takes over the retention of a database it backs up continuously",
                    mend="give both the same value",
                )
        if len(set(regions_of(self).values())) > 1:
            raise ConfigurationError(
                "Posture: allowed_regions",
                given={name: list(allowed) for name, allowed in regions_of(self).items()},
                allowed="the same regions in every slice: what one store keeps in, another must not let out",
                mend="use posture.kept_in('eu-central-1', 'eu-west-1')",
            )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What no posture has: whoever hands over the whole where one slice is asked for is told which."""
            slices = [field.name for field in fields(self)]
            if name.startswith("_") or name in slices:
                raise AttributeError(name)
            meant = [one for one in slices if hasattr(getattr(self, one), name)]
            raise AttributeError(
                f"a whole posture has no {name}"
                + (f": a construct takes one slice of it, here posture=PRODUCTION.{' or PRODUCTION.'.join(meant)}" if meant else "")
            )

    def holding(self, data_class: DataClass) -> Posture:
        """This posture for data of *data_class*: every slice keeps logs, versions and backups as long as the class says.

        Backups are kept no longer than the class allows; they may be kept for a shorter time, as this posture says.

        Raises:
            ConfigurationError: a slice whose floor is above what the class allows (the cache's snapshots are kept 15 days at least).
        """
        return replace(self, **changes_for(self, data_class))

    def kept_in(self, *regions: str) -> Posture:
        """This posture for data that stays in *regions*: a store, replica or copy elsewhere is refused; none lifts the limit."""
        return replace(self, **changes_in(self, regions))

    def warm_standby(self) -> Posture:
        """This posture for a second region that serves at once, with half of the tasks (two at least); everything else is as large as in the first."""
        return replace(self, **warm_standby(self))

    def pilot_light(self) -> Posture:
        """This posture for a second region that keeps the data and the least that runs: one task a service, no standby beside a store.

        One task, and not none: what never runs is never seen to fail. Until it has grown, it keeps a recovery time of hours, and the rules
        for production find it wanting: name its stack in ``guard(app, staging=[...])``.
        """
        return replace(self, **pilot_light(self))
