"""A vault whose recovery points nobody deletes by accident, nor on purpose without leaving two traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Names, RemovalPolicy
from aws_cdk import aws_backup as backup
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.foundation import DataKey, Part, region_of_arn
from prodready_constructs.posture import RecoveryPosture
from prodready_constructs.recovery.backups.access import NEWS, admitting, deny_everyone, tell

CONTROLS = (
    ControlClaim(
        control="DR-1",
        how="Vault encrypted with a customer-managed key, locked in governance mode where the posture says so, deletion denied to everyone",
        frameworks=("NIST 800-53 r5 CP-9(8)", "HIPAA 164.308(a)(7)(ii)(A)", "PCI DSS 3.2.1 9.5", "SOC 2 A1.2"),
    ),
)
#: ARN of a vault of this process, which names no region before the deployment -> its path and the region of its stack.
_made: dict[str, tuple[str, str | None]] = {}


def vault_of_arn(arn: str) -> tuple[str, str | None]:
    """What to call the vault *arn*, and its region; None where only the deployment knows."""
    path, region = _made.get(arn, ("", None))
    return (f"the vault {path} of {region}", region) if region else (arn, region_of_arn(arn))


class BackupVault(Part):
    """An AWS Backup vault.

    Always: a customer-managed rotating key; nobody may delete a recovery point or shorten its life; retained when its stack is deleted.
    *posture* decides whether the vault is locked (governance mode: recovery points are kept from the shortest to the longest retention
    of the posture, and an administrator can still lift the lock).

    Make one more in a stack of the second region, with the same posture, and hand its ``arn`` to ``BackupPlan``. A vault of another account
    lets copies in by :meth:`allow_copies_from`.

    Args:
        posture: retention bounds and lock.
        encryption_key: your own key, in place of a new one.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, posture: RecoveryPosture, encryption_key: kms.IKey | None = None) -> None:
        super().__init__(scope, construct_id)
        key = encryption_key or DataKey(self, "Key", description="Recovery points of the backup vault").key
        kept = [
            retention.days
            for retention in (posture.daily_retention, posture.weekly_retention, posture.monthly_retention)
            if retention is not None
        ]
        #: The vault's name; AWS demands one. It follows the construct path.
        self.name: str = Names.unique_resource_name(self, max_length=50, allowed_special_characters="-")
        #: The vault itself.
        self.vault = backup.CfnBackupVault(
            self,
            "Vault",
            backup_vault_name=self.name,
            encryption_key_arn=key.key_arn,
            access_policy=deny_everyone(),
            lock_configuration=backup.CfnBackupVault.LockConfigurationTypeProperty(
                min_retention_days=min(kept), max_retention_days=max(kept)
            )
            if posture.vault_lock
            else None,
        )
        self.vault.apply_removal_policy(RemovalPolicy.RETAIN)
        #: The shortest and the longest retention that the lock lets in, in days; None without a lock.
        self.bounds: tuple[int, int] | None = (min(kept), max(kept)) if posture.vault_lock else None
        self._statements: list[dict[str, Any]] = []
        #: The vault's ARN, for copies from another region.
        self.arn: str = self.vault.attr_backup_vault_arn
        _made[self.arn] = (self.path, self.stated_region)
        record(self, controls=CONTROLS, tier="recovery", vault=self.name, locked=posture.vault_lock)

    def allow_copies_from(self, *, accounts: Sequence[str] = (), organization: str | None = None) -> None:
        """Let other *accounts*, or all of an *organization*, copy their recovery points into this vault. They can do nothing else here.

        The accounts must be of one organization, with cross-account backup turned on in its management account; what was encrypted with a
        customer-managed key must let this account use that key.

        Raises:
            ConfigurationError: neither, or what is no account or organization.

        Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
        """
        self._statements += admitting(self.path, accounts=accounts, organization=organization)
        self.vault.access_policy = deny_everyone(*self._statements)

    def tell(self, topic: sns.ITopic, *, events: Sequence[str] = NEWS) -> None:
        """Have AWS Backup tell *topic* of what happens to this vault: by default, of what went wrong.

        A topic with a customer-managed key is told only if that key admits ``backup.amazonaws.com``: ``DataKey(services=...)``.

        Args:
            events: names of vault events; those of ``Routes`` and ``Watch`` come by EventBridge and need no topic of their own.

        Raises:
            ConfigurationError: no event, or one that AWS Backup does not know.
        """
        tell(self.path, self.vault, topic, events)
