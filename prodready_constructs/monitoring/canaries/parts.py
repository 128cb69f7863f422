"""What a canary's function may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from prodready_constructs.foundation import REGION, ComposedRole, Part
from prodready_constructs.waivers import waive

#: What Lambda needs to stand in a VPC, and what takes no resource.
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_CanaryPermissions.html
_NETWORK = ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces")
_NAMESPACE = "CloudWatchSynthetics"


def canary_role(scope: Part, *, bucket: s3.IBucket, prefix: str, key: kms.IKey, secret_arns: Sequence[str], in_vpc: bool) -> ComposedRole:
    """A role that may write this canary's artifacts, metrics and traces, and read its secrets."""
    bucket_arn = bucket.bucket_arn
    key_arns = [key.key_arn]
    if (bucket_key := bucket.encryption_key) is not None and bucket_key is not key:
        key_arns.append(bucket_key.key_arn)
    statements: list[dict[str, Any]] = [
        {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{bucket_arn}/{prefix}*"},
        {"Action": "s3:GetBucketLocation", "Resource": bucket_arn},
        {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key_arns},
        {"Action": ["s3:ListAllMyBuckets", "xray:PutTraceSegments"], "Resource": "*"},
        {"Action": "cloudwatch:PutMetricData", "Resource": "*", "Condition": {"StringEquals": {"cloudwatch:namespace": _NAMESPACE}}},
    ]
    if in_vpc:
        statements.append(
            {"Action": list(_NETWORK), "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": REGION}}},
        )
    if secret_arns:
        statements.append({"Action": "secretsmanager:GetSecretValue", "Resource": list(secret_arns)})
    role = ComposedRole(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"{scope.path}: runs the canary"[:1000],
        statements=statements,
    )
    waive(
        role.policy,
        rule=["AwsSolutions-IAM5[Resource::*]", f"AwsSolutions-IAM5[Resource::{bucket_arn}/{prefix}*]"],
        because="Listing buckets, X-Ray's and CloudWatch's Put calls and Lambda's network interfaces take no resource (metrics are held to one "
        "namespace); Synthetics names each artifact itself, below a prefix that is this canary's alone",
        owner="platform",
    )
    return role


def log_policy(scope: Part, role: ComposedRole, log_group: logs.ILogGroup) -> None:
    """Let *role* write into this group, by a policy of its own: the group's name is known after the canary, which needs the role."""
    iam.ManagedPolicy(
        scope,
        "LogPolicy",
        document=iam.PolicyDocument.from_json(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group.log_group_arn}
                ],
            }
        ),
        roles=[role],
    )
