"""Who may do what with a vault, and who hears of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_backup as backup
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION

#: What would end a recovery point before its time. Denied to every principal, the account's root included. Changing the access policy is not
#: denied: that is the break-glass (an administrator removes the statement first, which ``BackupPlan`` tells as a changed vault), and
#: CloudFormation could never update a policy that denies its own change.
#: Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
DENIED = (
    "backup:DeleteBackupVault",
    "backup:DeleteRecoveryPoint",
    "backup:DisassociateRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
)
_ACCOUNT, _ORGANIZATION = re.compile(r"\d{12}"), re.compile(r"o-[a-z0-9]{10,32}")
#: Vault events that tell of a failure, then the others that AWS Backup has not deprecated.
#: Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultNotifications.html
NEWS = (
    "BACKUP_JOB_COMPLETED",  # with the state: the events of failure alone are deprecated
    "COPY_JOB_FAILED",
    "RESTORE_JOB_COMPLETED",
    "S3_BACKUP_OBJECT_FAILED",
    "S3_RESTORE_OBJECT_FAILED",
    "CONTINUOUS_BACKUP_INTERRUPTED",
    "RECOVERY_POINT_MODIFIED",
    "RECOVERY_POINT_INDEXING_FAILED",
)
EVENTS = frozenset(
    {
        *NEWS,
        "BACKUP_JOB_STARTED",
        "COPY_JOB_STARTED",
        "COPY_JOB_SUCCESSFUL",
        "RESTORE_JOB_STARTED",
        "RECOVERY_POINT_INDEX_COMPLETED",
        "RECOVERY_POINT_INDEX_DELETED",
    }
)


def deny_everyone(*admitted: dict[str, Any]) -> dict[str, Any]:
    """The access policy of a vault: nobody ends a recovery point, and some may put in copies."""
    deny = {"Sid": "NobodyEndsARecoveryPoint", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": list(DENIED), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [deny, *admitted]}


def admitting(where: str, *, accounts: Sequence[str], organization: str | None) -> list[dict[str, Any]]:
    """Statements that let copies in.

    Raises:
        ConfigurationError: neither accounts nor an organization, or what is neither.
    """
    wrong = [account for account in accounts if not _ACCOUNT.fullmatch(account)]
    if wrong or (not accounts and organization is None):
        raise ConfigurationError(
            f"{where}: allow_copies_from: accounts",
            given=wrong or "neither accounts nor an organization",
            allowed="account ids of twelve digits, or an organization",
            mend="name the accounts that copy into this vault",
        )
    if organization is not None and not _ORGANIZATION.fullmatch(organization):
        raise ConfigurationError(
            f"{where}: allow_copies_from: organization",
            given=organization,
            allowed="the id of an organization, o- and ten or more letters and digits",
            mend="ask for it with: aws organizations describe-organization",
        )
    copy = {"Effect": "Allow", "Action": "backup:CopyIntoBackupVault", "Resource": "*"}
    statements: list[dict[str, Any]] = []
    if accounts:
        statements.append({**copy, "Principal": {"AWS": [f"arn:{PARTITION}:iam::{account}:root" for account in accounts]}})
    if organization is not None:
        statements.append({**copy, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}})
    return statements


def tell(
    where: str, vault: backup.CfnBackupVault | backup.CfnLogicallyAirGappedBackupVault, topic: sns.ITopic, events: Sequence[str]
) -> None:
    """Have AWS Backup tell *topic* of *events*."""
    unknown = [event for event in events if event not in EVENTS]
    if unknown or not events:
        alike = difflib.get_close_matches(unknown[0], sorted(EVENTS), 1) if unknown else []
        raise ConfigurationError(
            f"{where}: tell: events",
            given=unknown or "no event",
            allowed=f"some of {', '.join(sorted(EVENTS))}",
            mend=f"use {alike[0]}" if alike else "leave it out, for what went wrong",
        )
    topic_arn = topic.topic_arn
    topic.add_to_resource_policy(
        iam.PolicyStatement.from_json(
            {
                "Sid": "BackupTells",
                "Effect": "Allow",
                "Principal": {"Service": "backup.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
            }
        )
    )
    notice = (
        backup.CfnBackupVault.NotificationObjectTypeProperty
        if isinstance(vault, backup.CfnBackupVault)
        else backup.CfnLogicallyAirGappedBackupVault.NotificationObjectTypeProperty
    )
    vault.notifications = notice(backup_vault_events=list(events), sns_topic_arn=topic_arn)
