"""Whether the service lives through what a zone does to it: drills, in staging, and in production on a game day that the settings name."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs import Drills, FailOverDatabase, Posture, StopTasks, Watch, WebService, ZonePowerLoss
from prodready_constructs.contracts import Watchable
from stacks.data import DataStack
from stacks.settings import Settings

#: What each drill is to show, and which alarms of the workload stack are to go off.
QUESTIONS = {
    "TaskKill": "Do visitors notice when a task dies?",
    "ZoneLoss": "Does the shop live through the loss of a zone?",
    "Standby": "Does the standby of the orders take over by itself?",
}
EXPECTED: dict[str, list[str]] = {"TaskKill": [], "ZoneLoss": ["Orders-UnhealthyHosts"], "Standby": []}
RECOVERED = timedelta(minutes=5)


class GameDays(Construct):
    """One drill for each fault that a zone can have. A standby is drilled where there is one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: Posture,
        settings: Settings,
        data: DataStack,
        service: WebService,
        encryption_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        named, harmless = settings.operations.game_day, not posture.drills.real_users
        self._drills = (
            [Drills(self, "Drills", posture=posture.drills, in_production=named, encryption_key=encryption_key)]
            if named or harmless
            else []
        )
        self._faults: dict[str, StopTasks | ZonePowerLoss | FailOverDatabase] = {
            "TaskKill": StopTasks(service=service.service),
            "ZoneLoss": ZonePowerLoss(vpc=data.network.vpc, zone=settings.zones[0], services=(service.service,)),
            **({"Standby": FailOverDatabase(instance=data.database.instance)} if posture.database.multi_az else {}),
        }
        self.watched: list[Watchable] = [*self._drills]

    def prove(self, watch: Watch) -> None:
        """Add the drills; whatever *watch* finds critical, and users would feel, ends each of them."""
        assert watch.any_critical
        for drills, (name, fault) in product(self._drills, self._faults.items()):
            drills.add(
                name,
                question=QUESTIONS[name],
                faults=[fault],
                stop_alarms=[watch.any_critical.attr_arn],
                expects=EXPECTED[name],
                recovers_within=RECOVERED,
            )
