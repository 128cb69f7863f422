"""What users are promised, who looks whether it is kept, and how it is proved: objectives, a canary, recovery times, drills."""

from __future__ import annotations

from constructs import Construct

from prodready_constructs import (
    Canary,
    CanaryStep,
    DataKey,
    LogMasking,
    Objectives,
    Posture,
    Procedures,
    ProtectedLoadBalancer,
    ServiceRecovery,
    Slo,
    WebService,
)
from prodready_constructs.contracts import Watchable
from stacks.base import that_exist
from stacks.data import DataStack
from stacks.edge import CHECKED_PATH, EdgeStack
from stacks.game_days import GameDays
from stacks.settings import Settings


class Promises(Construct):
    """The promises of one service to its users; *approvers* (ARNs) say yes to what interrupts them."""

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
        approvers: list[str],
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
        self.procedures = Procedures(self, "Procedures", approvers=approvers)
        self.procedures.restart("RestartOrders", service.service)
        self.procedures.return_to_revision("ReturnOrders", service.service)

        drills = GameDays(self, "GameDays", posture=posture, settings=settings, data=data, service=service, encryption_key=key)
        #: Add the drills that prove it, once the alarms are there that end them.
        self.prove = drills.prove
        self.watched: list[Watchable] = [self.slo, *that_exist(self.canary), *drills.watched]
