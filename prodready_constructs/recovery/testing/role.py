"""The role a restore test works with: makes stores with the prefix of restore tests, and reads backups."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, ComposedRole
from prodready_constructs.waivers import waive

#: What AWS Backup calls all that a restore test makes.
#: Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html
PREFIX = "awsbackup-restore-test-"
#: What the restore of each kind needs, after AWSBackupServiceRolePolicyForRestores (v25) and AWSBackupServiceRolePolicyForS3Restore (v2):
#: what reads anything, and what makes, writes or ends what carries the prefix.
#: Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
READ: dict[str, tuple[str, ...]] = {
    "RDS": (
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "rds:DescribeDBInstances",
        "rds:DescribeDBSnapshots",
        "rds:ListTagsForResource",
    ),
    "DynamoDB": ("dynamodb:DescribeTable", "dynamodb:RestoreTableFromAwsBackup", "dynamodb:RestoreTableFromBackup"),
    "S3": (
        "s3:GetBucketLocation",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketVersioning",
        "s3:GetObject",
        "s3:GetObjectAcl",
        "s3:GetObjectTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionAcl",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:ListMultipartUploadParts",
    ),
}
WRITE: dict[str, tuple[str, ...]] = {
    "RDS": ("rds:AddTagsToResource", "rds:CreateDBInstance", "rds:DeleteDBInstance"),
    "DynamoDB": (
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
    ),
    "S3": (
        "s3:CreateBucket",
        "s3:DeleteObject",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketVersioning",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:PutObjectTagging",
        "s3:PutObjectVersionAcl",
    ),
}
#: Of RDS: these name the backup and all that the new instance is made of beside the instance itself, so the prefix cannot narrow them.
RESTORE = ("rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime")
NAMED = {
    "RDS": f"arn:{PARTITION}:rds:*:{ACCOUNT_ID}:db:{PREFIX}*",
    "DynamoDB": f"arn:{PARTITION}:dynamodb:*:{ACCOUNT_ID}:table/{PREFIX}*",
    "S3": f"arn:{PARTITION}:s3:::{PREFIX}*",
}
_VIA = {"RDS": "rds.*.amazonaws.com", "DynamoDB": "dynamodb.*.amazonaws.com", "S3": "s3.*.amazonaws.com"}


def restore_role(scope: Construct, construct_id: str, *, kinds: Collection[str]) -> ComposedRole:
    """The role that restores stores of these *kinds*, for a test."""
    role = ComposedRole(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("backup.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}),
        description=f"AWS Backup: restore tests of {', '.join(kinds)}",
    )
    own = {"StringEquals": {"aws:ResourceAccount": ACCOUNT_ID}}
    written = [action for kind in kinds for action in WRITE[kind]]
    statements: list[dict[str, Any]] = [
        _allow("Read", [action for kind in kinds for action in READ[kind]]),
        _allow("Write", [*written, *(RESTORE if "RDS" in kinds else ())], own),
        # Not a resource of an allow: one wildcard that denies all else is easier to judge than one for each kind.
        {"Sid": "NothingElse", "Effect": "Deny", "Action": written, "NotResource": [NAMED[kind] for kind in kinds]},
        _allow("DescribeKeys", ["kms:DescribeKey"]),
        _allow(
            "KeysOfBackups",
            [
                "kms:Decrypt",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            {"StringLike": {"kms:ViaService": [_VIA[kind] for kind in kinds]}},
        ),
        _allow("KeysOfCopies", ["kms:CreateGrant"], {"Bool": {"kms:GrantIsForAWSResource": "true"}}),
    ]
    policy = iam.CfnManagedPolicy(
        role, "RestorePolicy", roles=[role.role_name], policy_document={"Version": "2012-10-17", "Statement": statements}
    )
    waive(
        policy,
        rule="AwsSolutions-IAM5[Resource::*]",
        because=f"What a restore test makes has no name before it exists but the prefix {PREFIX}, to which an explicit deny limits every "
        "write and deletion; recovery points and their keys are unknown at synth. AWS's own restore policies allow far more.",
        owner="platform",
    )
    return role


def _allow(sid: str, actions: list[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}
    return statement if condition is None else {**statement, "Condition": condition}
