"""A vault that nobody in this account can empty, shorten or unlock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Names, RemovalPolicy
from aws_cdk import aws_backup as backup
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.recovery.backups.access import NEWS, deny_everyone, tell

CONTROLS = (
    ControlClaim(
        control="DR-1",
        how="Copies in a logically air-gapped vault, locked in compliance mode: no principal of the account, root included, ends one early",
        frameworks=("NIST 800-53 r5 CP-9(8)", "NIST 800-53 r5 CP-6", "PCI DSS 3.2.1 9.5", "SOC 2 A1.2"),
    ),
)
#: Sources: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateLogicallyAirGappedBackupVault.html (7 days at least),
#: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html (36,500 at most)
SHORTEST, LONGEST = timedelta(days=7), timedelta(days=36_500)


class AirGappedVault(Part):
    """A logically air-gapped vault: copies of recovery points that survive an administrator gone bad.

    Always: locked in compliance mode from the start, which neither AWS nor the account's root lifts; encrypted; nobody may end a recovery
    point; retained when its stack is deleted. Both retentions are for good: another value makes another vault, and this one stays, and is
    paid for, until its last recovery point ends.

    Hand it to ``BackupPlan(air_gapped=...)``, in the same region; share it with a recovery account by AWS Resource Access Manager.

    Args:
        min_retention: what the lock lets in at least, whole days from 7 on.
        max_retention: what it lets in at most.
        encryption_key: your own key. None: a key of AWS's, which nobody in this account can disable or delete, and with which an
            administrator gone bad cannot lock the copies away.

    Raises:
        ConfigurationError: a retention that is no whole number of days from 7 to 36,500, or the shortest above the longest.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        min_retention: timedelta,
        max_retention: timedelta,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        for name, kept in (("min_retention", min_retention), ("max_retention", max_retention)):
            if not SHORTEST <= kept <= LONGEST or kept % timedelta(days=1):
                raise ConfigurationError(
                    f"{self.path}: {name}",
                    given=str(kept).removesuffix(", 0:00:00"),
                    allowed=f"{SHORTEST.days} to {LONGEST.days} whole days",
                    mend=f"use timedelta(days={min(max(kept.days, SHORTEST.days), LONGEST.days)})",
                )
        if min_retention > max_retention:
            raise ConfigurationError(
                f"{self.path}: min_retention, max_retention",
                given=f"{min_retention.days} > {max_retention.days} days",
                allowed="the shortest at most the longest: such a lock lets nothing in",
                mend="exchange them",
            )
        #: The shortest and the longest retention that the lock lets in, in days.
        self.bounds: tuple[int, int] = (min_retention.days, max_retention.days)
        #: The vault's name; AWS demands one. It follows the construct path.
        self.name: str = Names.unique_resource_name(self, max_length=50, allowed_special_characters="-")
        #: The vault itself.
        self.vault = backup.CfnLogicallyAirGappedBackupVault(
            self,
            "Vault",
            backup_vault_name=self.name,
            min_retention_days=min_retention.days,
            max_retention_days=max_retention.days,
            encryption_key_arn=encryption_key.key_arn if encryption_key else None,
            access_policy=deny_everyone(),
        )
        self.vault.apply_removal_policy(RemovalPolicy.RETAIN)
        #: The vault's ARN.
        self.arn: str = self.vault.attr_backup_vault_arn
        record(self, controls=CONTROLS, tier="recovery", vault=self.name, locked=True)

    def tell(self, topic: sns.ITopic, *, events: Sequence[str] = NEWS) -> None:
        """Have AWS Backup tell *topic* of what happens to this vault: see :meth:`BackupVault.tell`.

        Raises:
            ConfigurationError: no event, or one that AWS Backup does not know.
        """
        tell(self.path, self.vault, topic, events)
