"""Keys and log groups."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

ACCOUNT, PARTITION, REGION, URL_SUFFIX = Aws.ACCOUNT_ID, Aws.PARTITION, Aws.REGION, Aws.URL_SUFFIX
USE = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
FOR_LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": f"logs.{REGION}.{URL_SUFFIX}"},
    "Action": USE,
    "Resource": "*",
    "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:*"}},
}


def new_key(home: Construct, description: str, *statements: dict[str, Any]) -> kms.Key:
    """A key that the account's IAM decides about, and that *statements* admit besides."""
    owner = {"Effect": "Allow", "Principal": {"AWS": f"arn:{PARTITION}:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    return kms.Key(
        Construct(home, "Key"),
        "Key",
        description=description,
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
        policy=iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": [owner, *statements]}),
    )


def new_log_group(
    home: Construct,
    construct_id: str,
    key: kms.Key,
    retention: logs.RetentionDays,
    *,
    name: str | None = None,
    removal: RemovalPolicy = RemovalPolicy.RETAIN,
) -> logs.LogGroup:
    """An encrypted log group that outlives its stack."""
    group = Construct(home, construct_id)
    return logs.LogGroup(group, "Group", log_group_name=name, encryption_key=key, retention=retention, removal_policy=removal)


def allow(resources: Any, *actions: str, **more: Any) -> dict[str, Any]:
    """One statement of a policy document."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources, **more}
