"""How ready the second region is, and what its taking over may cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, within

Readiness = Literal["PILOT_LIGHT", "WARM_STANDBY"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionPosture:
    """Degrees of ``recovery.StandbyPlan``: the loss of a region, for which nothing is promised by a zone's standby.

    Attributes:
        readiness: ``PILOT_LIGHT`` (data is there, the least that runs) or ``WARM_STANDBY`` (a smaller copy that serves at once).
        recovery_time: from the loss to users being served (RTO), the decision included; recovery_point: the most data lost (RPO).
        decision: how long people take to decide; part of the recovery time.
        allowed_regions: the regions that a standby may be in; any where there are none.
    """

    readiness: Readiness
    recovery_time: timedelta
    recovery_point: timedelta
    decision: timedelta
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        one_of("RegionPosture.readiness", self.readiness, ("PILOT_LIGHT", "WARM_STANDBY"), because="the kinds of standby")
        within(
            "RegionPosture.recovery_point",
            self.recovery_point,
            timedelta(seconds=1),
            timedelta(days=2),
            because="replication between regions lags behind, and a daily backup with its copy is two days old at worst",
        )
        within(
            "RegionPosture.recovery_time",
            self.recovery_time,
            timedelta(minutes=5),
            timedelta(days=7),
            because="no region takes over in less than five minutes, and nobody waits a week",
        )
        if not timedelta(0) <= self.decision < self.recovery_time:
            raise ConfigurationError(
                "RegionPosture.decision",
                given=str(self.decision),
                allowed=f"less than recovery_time, {self.recovery_time}",
                mend="promise more time, or decide beforehand who may decide alone",
            )
