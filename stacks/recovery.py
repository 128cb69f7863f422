"""The second region: what is left when the first is gone."""

from __future__ import annotations

from constructs import Construct

from prodready_constructs import BackupVault, LogBucket, Posture, ReplicaBucket
from stacks.base import EnvironmentStack
from stacks.settings import Settings


class RecoveryStack(EnvironmentStack):
    """Backup vault and replica bucket of the second region, and their alarms."""

    def __init__(self, scope: Construct, construct_id: str, *, posture: Posture, settings: Settings) -> None:
        super().__init__(
            scope, construct_id, settings=settings, region=settings.second_region, description="Second region: backup copies and replicas"
        )
        logs = LogBucket(self, "AccessLogs", posture=posture.storage)
        self.replica = ReplicaBucket(self, "Replica", posture=posture.storage, access_logs=logs.bucket)
        self.vault = BackupVault(self, "Vault", posture=posture.recovery)
