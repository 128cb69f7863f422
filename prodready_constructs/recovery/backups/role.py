"""The role AWS Backup works with: backups and copies of this library's stores, nothing else, and no restore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, ComposedRole
from prodready_constructs.waivers import waive

#: After AWSBackupServiceRolePolicyForBackup (v29) and AWSBackupServiceRolePolicyForS3Backup (v5), less EC2, EBS, EFS, FSx, Redshift,
#: Storage Gateway, SAP HANA, virtual machines, CloudFormation, SSM and Timestream.
#: Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
READ = (
    "cloudwatch:GetMetricData",
    "dynamodb:DescribeBackup",
    "dynamodb:DescribeTable",
    "dynamodb:ListTagsOfResource",
    "events:DescribeRule",
    "events:ListRules",
    "events:ListTargetsByRule",
    "kms:DescribeKey",
    "rds:DescribeDBClusterAutomatedBackups",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "rds:ListTagsForResource",
    "s3:GetBucketAcl",
    "s3:GetBucketLocation",
    "s3:GetBucketNotification",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetInventoryConfiguration",
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListTagsForResource",
    "tag:GetResources",
)
#: Reading what is backed up; of this account only, so that the role is no way to another's objects.
READ_OBJECTS = (
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
)
#: Creating recovery points: their names are not known before they exist.
CREATE = (
    "backup:CopyFromBackupVault",
    "backup:TagResource",
    "dynamodb:CreateBackup",
    "dynamodb:StartAwsBackupJob",
    "rds:AddTagsToResource",
    "rds:CopyDBClusterSnapshot",
    "rds:CopyDBSnapshot",
    "rds:CreateDBClusterSnapshot",
    "rds:CreateDBSnapshot",
    "rds:ModifyDBCluster",
    "rds:ModifyDBInstance",
    "s3:PutBucketNotification",
    "s3:PutInventoryConfiguration",
)
#: Ending what AWS Backup itself made, when its retention is over: allowed, and denied for everything with another name.
EXPIRE = {
    "rds:DeleteDBClusterAutomatedBackup": "rds:{}:{}:cluster-auto-backup:*",
    "rds:DeleteDBInstanceAutomatedBackup": "rds:{}:{}:auto-backup:*",
    "rds:DeleteDBClusterSnapshot": "rds:{}:{}:cluster-snapshot:awsbackup:*",
    "rds:ModifyDBClusterSnapshotAttribute": "rds:{}:{}:cluster-snapshot:awsbackup:*",
    "rds:DeleteDBSnapshot": "rds:{}:{}:snapshot:awsbackup:*",
    "rds:ModifyDBSnapshotAttribute": "rds:{}:{}:snapshot:awsbackup:*",
    "dynamodb:DeleteBackup": "dynamodb:{}:{}:table/*/backup/*",
}
#: What further services need, beside the rights that all of them share (AWSBackupServiceRolePolicyForBackup v29): to read and make, and what is
#: ended by its name or tag. Snapshots of EBS have no name of AWS Backup's; they have its tag.
FURTHER: dict[str, tuple[str, ...]] = {
    "EBS": (
        "ec2:CopySnapshot",
        "ec2:CreateSnapshot",
        "ec2:CreateTags",
        "ec2:DescribeSnapshotTierStatus",
        "ec2:DescribeSnapshots",
        "ec2:DescribeTags",
        "ec2:DescribeVolumes",
    ),
    "EFS": ("elasticfilesystem:Backup", "elasticfilesystem:DescribeTags"),
}
#: Of EBS: allowed on what carries AWS Backup's tag, which nobody else can write.
MADE = {"Null": {"aws:ResourceTag/aws:backup:source-resource": "false"}}
MADE_ACTIONS = ("ec2:DeleteSnapshot", "ec2:ModifySnapshotAttribute", "ec2:ModifySnapshotTier")
#: The rules with which AWS Backup follows changes of a bucket.
FOLLOW = ("events:DeleteRule", "events:DisableRule", "events:EnableRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets")
FOLLOWING_RULES = "events:{}:{}:rule/AwsBackupManagedRule*"


def backup_role(scope: Construct, construct_id: str, *, vault_arns: Sequence[str], services: Sequence[str] = ()) -> ComposedRole:
    """The role of a plan that writes to the vaults of *vault_arns*, and backs up *services* of :data:`FURTHER` too."""
    role = ComposedRole(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("backup.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}),
        description=f"AWS Backup: backs up and copies {', '.join(['RDS', 'Aurora', 'DynamoDB', *services])} and S3; restores nothing",
    )
    own = {"StringEquals": {"aws:ResourceAccount": ACCOUNT_ID}}
    # One document, written at once: a statement at a time would cost four messages to the jsii kernel each.
    policy = iam.CfnManagedPolicy(
        role,
        "BackupPolicy",
        roles=[role.role_name],
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                _allow("Vaults", ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"], resource=list(vault_arns)),
                _allow("Read", READ),
                _allow("ReadObjects", READ_OBJECTS, condition=own),
                _allow("Create", CREATE, condition=own),
                _allow("Expire", [*EXPIRE, *FOLLOW], condition=own),
                *_further(services),
                *_denies(),
                _allow(
                    "KeysOfStores",
                    ["kms:Decrypt", "kms:GenerateDataKey"],
                    condition={"StringLike": {"kms:ViaService": ["dynamodb.*.amazonaws.com", "s3.*.amazonaws.com"]}},
                ),
                _allow("KeysOfCopies", ["kms:CreateGrant"], condition={"Bool": {"kms:GrantIsForAWSResource": "true"}}),
            ],
        },
    )
    waive(
        policy,
        rule="AwsSolutions-IAM5[Resource::*]",
        because="Snapshot names and the keys of opted-in stores are unknown at synth. Writing is limited to this account and, "
        "for deletion, by explicit denies to what AWS Backup named; AWS's own service policies allow far more.",
        owner="platform",
    )
    return role


def _further(services: Sequence[str]) -> list[dict[str, Any]]:
    # EBS snapshots have no account in their ARN: the region is what can be said of them.
    statements = [_allow(service, FURTHER[service]) for service in services]
    if "EBS" in services:
        statements.append(_allow("EndOwnSnapshots", MADE_ACTIONS, condition=MADE))
        through = {
            "StringLike": {"kms:ViaService": "ec2.*.amazonaws.com"},
            "ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "aws:ebs:id"},
        }
        statements.append(
            _allow("KeysOfVolumes", ["kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"], condition=through)
        )
    return statements


def _allow(sid: str, actions: Sequence[str], *, resource: str | list[str] = "*", condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return statement if condition is None else {**statement, "Condition": condition}


def _denies() -> list[dict[str, Any]]:
    """Deny what ends or follows something to everything that AWS Backup did not name."""
    names: dict[str, list[str]] = {FOLLOWING_RULES: list(FOLLOW)}
    for action, name in EXPIRE.items():
        names.setdefault(name, []).append(action)
    return [
        {"Effect": "Deny", "Action": actions, "NotResource": f"arn:{PARTITION}:{name.format('*', ACCOUNT_ID)}"}
        for name, actions in names.items()
    ]
