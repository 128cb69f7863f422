"""The second region: what is left when the first is gone."""

from __future__ import annotations

from constructs import Construct

from prodready_constructs import BackupVault, Posture
from stacks.base import EnvironmentStack
from stacks.settings import Settings


class RecoveryStack(EnvironmentStack):
    """The locked vault of the second region, where every recovery point is copied to."""

    def __init__(self, scope: Construct, construct_id: str, *, posture: Posture, settings: Settings) -> None:
        super().__init__(scope, construct_id, settings=settings, region=settings.second_region, description="Second region: backup copies")
        self.vault = BackupVault(self, "Vault", posture=posture.recovery)
