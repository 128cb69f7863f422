"""How a new version takes over: all at once, or by shifting visitors to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, within

Strategy = Literal["ALL_AT_ONCE", "BLUE_GREEN", "CANARY", "LINEAR"]
STRATEGIES: tuple[Strategy, ...] = ("ALL_AT_ONCE", "BLUE_GREEN", "CANARY", "LINEAR")
#: Of one waiting time (Amazon ECS API reference, CanaryConfiguration and LinearConfiguration: 1,440 minutes).
LONGEST_BAKE = timedelta(days=1)
#: Of all waiting times together: CloudFormation refuses what it could not see the end of (AWS::ECS::Service CanaryConfiguration).
LONGEST_RELEASE = timedelta(hours=33)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """How a new version of a service or a function takes over.

    Attributes:
        strategy: ``ALL_AT_ONCE`` (a service: rolling, new tasks before old ones end), ``BLUE_GREEN`` (the new version is tested beside the
            old one, then takes all visitors), ``CANARY`` (*percent* of the visitors for *bake*, then all) or ``LINEAR`` (*percent* more
            after each *bake*).
        percent: the share of visitors of the first step, or of each; unused by the first two strategies.
        bake: how long each step is watched; unused by the first two strategies.
        settle: how long the old version of a service stays after all visitors have left it: so long the way back takes seconds.
            CodeDeploy has no such time for functions.
    """

    strategy: Strategy = "CANARY"
    percent: int = 10
    bake: timedelta = timedelta(minutes=15)
    settle: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        one_of("Release.strategy", self.strategy, STRATEGIES, because="what Amazon ECS and CodeDeploy know")
        lowest = 3 if self.strategy == "LINEAR" else 1
        within("Release.percent", self.percent, lowest, 99, because="of the visitors; all of them at once is BLUE_GREEN")
        for name, value in (("bake", self.bake), ("settle", self.settle)):
            within(f"Release.{name}", value, timedelta(minutes=1), LONGEST_BAKE, because="as long as Amazon ECS waits")
            if value % timedelta(minutes=1):
                raise ConfigurationError(
                    f"Release.{name}", given=str(value), allowed="whole minutes", mend=f"use {value // timedelta(minutes=1)} minutes"
                )
        if self.duration > LONGEST_RELEASE:
            raise ConfigurationError(
                "Release.bake",
                given=f"{self.steps} steps of {self.bake} and {self.settle} after them: {self.duration}",
                allowed=f"{LONGEST_RELEASE} in all: CloudFormation refuses a deployment that could outlast it",
                mend="bake for a shorter time, or take greater steps",
            )

    @property
    def shifts_traffic(self) -> bool:
        """Whether old and new serve side by side, so that visitors can be led back."""
        return self.strategy != "ALL_AT_ONCE"

    @property
    def steps(self) -> int:
        """How many times the release waits for :attr:`bake`."""
        return {"CANARY": 1, "LINEAR": -(-100 // self.percent) - 1}.get(self.strategy, 0)

    @property
    def duration(self) -> timedelta:
        """The time a release waits, all in all; starting tasks and asking hooks comes on top."""
        return self.steps * self.bake + self.settle if self.shifts_traffic else timedelta(0)
