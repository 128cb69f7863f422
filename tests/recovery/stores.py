"""Stores to protect that cost nothing: ARNs and recovery facts as data."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from constructs import Construct

from prodready_constructs.contracts import RecoveryFact
from prodready_constructs.posture import STAGING

#: Staging's retention, in one region.
ONE_REGION = replace(STAGING.recovery, copy_to_second_region=False)

BACKUP = RecoveryFact(
    store="PostgreSQL orders",
    recovery_point=timedelta(minutes=5),
    recovery_time=timedelta(hours=4),
    recovery_time_is="an assumption",
    how="point-in-time restore",
    restore_commands=("aws rds restore-db-instance-to-point-in-time",),
)
STANDBY = RecoveryFact(
    store="PostgreSQL orders: loss of a zone",
    recovery_point=timedelta(0),
    recovery_time=timedelta(minutes=2),
    recovery_time_is="the posture's promise",
    how="standby",
    restore_commands=("aws rds reboot-db-instance --force-failover",),
)


class Store(Construct):
    """Holds no data and says how it would come back."""

    def __init__(self, scope: Construct, construct_id: str, *facts: RecoveryFact) -> None:
        super().__init__(scope, construct_id)
        self.recovery_facts = facts or (STANDBY, BACKUP)

    @property
    def backup_arns(self) -> tuple[str, ...]:
        return (f"arn:aws:rds:us-east-1:111122223333:db:{self.node.id.lower()}",)


class Factless(Store):
    """Says nothing of how it comes back."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.recovery_facts = ()
