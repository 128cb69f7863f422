"""What users are promised, who looks whether it is kept, and how it is proved: objectives, a canary, recovery times, drills."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

from constructs import Construct

from prodready_constructs import (
    Canary,
    CanaryStep,
    DataKey,
    Drills,
    FailOverDatabase,
    LogMasking,
    Objectives,
    Posture,
    Procedures,
    ProtectedLoadBalancer,
    ServiceRecovery,
    Slo,
    StopTasks,
    Watch,
    WebService,
    ZonePowerLoss,
)
from prodready_constructs.contracts import Watchable
from stacks.data import DataStack
from stacks.edge import CHECKED_PATH, EdgeStack
from stacks.settings import Settings

#: What each drill is to show, and which alarms of the workload stack are to go off.
QUESTIONS = {
    "TaskKill": "Do visitors notice when a task dies?",
    "ZoneLoss": "Does the shop live through the loss of a zone?",
    "Standby": "Does the standby of the orders take over by itself?",
}
EXPECTED: dict[str, list[str]] = {"TaskKill": [], "ZoneLoss": ["Orders-UnhealthyHosts"], "Standby": []}
RECOVERED = timedelta(minutes=5)


class Promises(Construct):
    """The promises of one service to its users. Drills hit real users only where the settings name a game day."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: Posture,
        settings: Settings,
        data: DataStack,
        edge: EdgeStack,
        front: ProtectedLoadBalancer,
        service: WebService,
    ) -> None:
        super().__init__(scope, construct_id)
        key = DataKey(self, "Key", description="What the canary and the drills write down", encrypts_logs=True).key
        LogMasking().mask(service.log_group)
        #: Of all that visitors asked: what the load balancer could not lead anywhere is missing from the service's own count.
        self.slo = Slo(self, "Answered", of=front, target=99.9, depends_on=["fargate", "rds"])
        #: Asks as a visitor does. A version that it cannot use is brought back.
        self.canary = (
            Canary(
                self,
                "Visitor",
                host=edge.domain.name,
                artifacts=data.logs.bucket,
                posture=posture.monitoring,
                encryption_key=key,
                steps=[CanaryStep(path=CHECKED_PATH), CanaryStep(path="/", answers={"Strict-Transport-Security": "max-age"})],
            )
            if edge.domain
            else None
        )
        if self.canary:
            self.canary.guard_releases_of(service)
        Objectives(
            self,
            "Objectives",
            posture=posture.recovery,
            stores=[data.database, data.uploads, *data.stores.recoverable],
            # What stands in a zone: a table and a bucket stand in all of them.
            services=[ServiceRecovery(service=service, needs=(data.database, data.stores.ledger))],
        )
        self.procedures = Procedures(self, "Procedures", approvers=settings.operations.approvers)
        self.procedures.restart("RestartOrders", service.service)
        self.procedures.return_to_revision("ReturnOrders", service.service)

        named, harmless = settings.operations.game_day, not posture.drills.real_users
        self.drills = [Drills(self, "Drills", posture=posture.drills, in_production=named, encryption_key=key)] if named or harmless else []
        self._faults: dict[str, StopTasks | ZonePowerLoss | FailOverDatabase] = {
            "TaskKill": StopTasks(service=service.service),
            "ZoneLoss": ZonePowerLoss(vpc=data.network.vpc, zone=settings.zones[0], services=(service.service,)),
            **({"Standby": FailOverDatabase(instance=data.database.instance)} if posture.database.multi_az else {}),
        }
        self.watched: list[Watchable] = [self.slo, *([self.canary] if self.canary else []), *self.drills]

    def prove(self, watch: Watch) -> None:
        """Add a drill for each fault that a zone can have; whatever *watch* finds critical, and users would feel, ends it."""
        assert watch.any_critical
        for drills, (name, fault) in product(self.drills, self._faults.items()):
            drills.add(
                name,
                question=QUESTIONS[name],
                faults=[fault],
                stop_alarms=[watch.any_critical.attr_arn],
                expects=EXPECTED[name],
                recovers_within=RECOVERED,
            )
