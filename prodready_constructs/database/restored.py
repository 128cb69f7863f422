"""An instance made from a snapshot, or from another one as it was at a time, instead of an empty one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from aws_cdk import aws_rds as rds

from prodready_constructs.errors import ConfigurationError

_SNAPSHOT = re.compile(r"arn:aws[a-z-]*:rds:(?P<region>[a-z0-9-]+):\d{12}:snapshot:[A-Za-z][A-Za-z0-9:-]*")
_BACKUP = re.compile(r"arn:aws[a-z-]*:rds:(?P<region>[a-z0-9-]+):\d{12}:auto-backup:ab-[a-z0-9]+")
_RESOURCE_ID = re.compile(r"db-[A-Z0-9]{20,}")
_IDENTIFIER = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """What an instance is made from: ``Restore(snapshot="arn:...")`` or ``Restore(source="orders-...", at="2026-01-31T12:00:00Z")``.

    It belongs to the instance for the whole of its life: CloudFormation makes a new one when it changes, and an empty one when it goes.

    Args:
        snapshot: the ARN of an RDS snapshot of this region, made by RDS, by hand or by AWS Backup. Encrypted: the instance keeps its key.
        source: instead, where the automated backups are: an instance's identifier (``orders-1a2b``), the resource id of one that is gone
            (``db-ABC...``), or the ARN of backups that were kept or replicated (``arn:...:auto-backup:ab-...``).
        at: with *source*, the moment in UTC, ``2026-01-31T12:00:00Z``, or ``latest``.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html

    Raises:
        ConfigurationError: both a snapshot and a source or time, none of them, half of a source and time, or any of them malformed.
    """

    snapshot: str | None = None
    source: str | None = None
    at: str | None = None

    def __post_init__(self) -> None:
        if (self.snapshot is None) == (self.source is None and self.at is None):
            raise ConfigurationError(
                "Restore",
                given=f"snapshot={self.snapshot}, source={self.source}, at={self.at}",
                allowed="a snapshot, or a source and a time; never both",
                mend="decide which data the instance begins with",
            )
        if self.snapshot is not None:
            self._check("snapshot", self.snapshot, (_SNAPSHOT,), "arn:aws:rds:<region>:<account>:snapshot:<name>", "describe-db-snapshots")
            return
        if self.source is None or self.at is None:
            raise ConfigurationError(
                "Restore",
                given=f"source={self.source}, at={self.at}",
                allowed="both: whose backups, and the moment",
                mend='write Restore(source="orders-1a2b3c4d", at="2026-01-31T12:00:00Z"), or at="latest"',
            )
        self._check(
            "source",
            self.source,
            (_BACKUP, _RESOURCE_ID, _IDENTIFIER),
            "an instance identifier, a resource id (db-ABC...), or arn:aws:rds:<region>:<account>:auto-backup:ab-<id>",
            "describe-db-instance-automated-backups",
        )
        if self.at != "latest" and not _is_time(self.at):
            raise ConfigurationError(
                "Restore.at",
                given=self.at,
                allowed="a moment in UTC as 2026-01-31T12:00:00Z, or latest",
                mend="convert it to UTC and write whole seconds and the Z",
            )

    @staticmethod
    def _check(field: str, given: str, forms: tuple[re.Pattern[str], ...], allowed: str, command: str) -> None:
        if not any(form.fullmatch(given) for form in forms):
            raise ConfigurationError(f"Restore.{field}", given=given, allowed=allowed, mend=f"copy it from aws rds {command}")

    def check_region(self, where: str, region: str | None) -> None:
        """Refuse a snapshot or backup of another region than the instance's; one that only the deployment knows is not judged.

        Raises:
            ConfigurationError: another region.
        """
        found = _SNAPSHOT.fullmatch(self.snapshot or "") or _BACKUP.fullmatch(self.source or "")
        if found and region is not None and found["region"] != region:
            raise ConfigurationError(
                f"{where}: restore",
                given=f"{found.group()} in {region}",
                allowed=f"what is in {region}",
                mend="copy the snapshot there first (aws rds copy-db-snapshot --kms-key-id ...), or replicate the backups",
            )

    @property
    def name(self) -> str:
        """What it is, for the name of the instance and for the evidence."""
        return self.snapshot or f"{self.source}@{self.at}"

    def apply(self, instance: rds.CfnDBInstance) -> None:
        """Have *instance* made from it, without what RDS takes from there: database name, master user and key."""
        instance.db_name = instance.master_username = instance.kms_key_id = None
        if self.snapshot is not None:
            instance.db_snapshot_identifier = self.snapshot
            return
        accept_stated_encryption(instance)
        source = str(self.source)
        kinds = (
            (_BACKUP, "SourceDBInstanceAutomatedBackupsArn"),
            (_RESOURCE_ID, "SourceDbiResourceId"),
        )
        instance.add_property_override(next((name for form, name in kinds if form.fullmatch(source)), "SourceDBInstanceIdentifier"), source)
        if self.at == "latest":
            instance.use_latest_restorable_time = True
        else:
            instance.restore_time = self.at


def accept_stated_encryption(instance: rds.CfnDBInstance) -> None:
    """Let *instance* say ``StorageEncrypted`` beside its source, for whoever audits the template; cfn-lint would have it left out (E3020).

    RDS takes the encryption from the source, and CloudFormation sends it nothing of what is said: see ``Translator.java`` in
    https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds
    """
    instance.add_metadata("cfn-lint", {"config": {"ignore_checks": ["E3020"]}})


def _is_time(text: str) -> bool:
    try:
        return f"{datetime.fromisoformat(text.removesuffix('Z')).isoformat(timespec='seconds')}Z" == text
    except ValueError:
        return False
