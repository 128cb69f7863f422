"""A customer-managed KMS key for one data domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.foundation.part import ACCOUNT_ID, PARTITION, REGION, URL_SUFFIX, Part

CONTROLS = (
    ControlClaim(
        control="SEC-8",
        how="One customer-managed key for the data domain, rotated yearly by KMS, retained when its stack is deleted",
        frameworks=("NIST 800-53 r5 SC-12", "HIPAA 164.312(a)(2)(iv)", "PCI DSS 3.2.1 3.6.4", "SOC 2 CC6.1"),
    ),
)

#: What a service needs to encrypt and decrypt on behalf of its users.
SERVICE_ACTIONS = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]


class DataKey(Part):
    """A customer-managed KMS key for one data domain.

    Always: rotation on, retained on delete, a key policy that lets the account's own IAM decide (AWS's default) and nobody else.

    Args:
        description: what the key protects; shown in the KMS console.
        encrypts_logs: also lets CloudWatch Logs of this account and region use the key, for log groups of this account only.
        services: service principals that may encrypt and decrypt with it, for resources of this account only: ``sns.amazonaws.com``.
        statements: further statements of the key policy, as JSON.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        description: str,
        encrypts_logs: bool = False,
        services: Sequence[str] = (),
        statements: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        document: list[Mapping[str, Any]] = [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:{PARTITION}:iam::{ACCOUNT_ID}:root"}, "Action": "kms:*", "Resource": "*"},
        ]
        if encrypts_logs:
            log_groups = f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT_ID}:log-group:*"
            document.append(
                _admits(f"logs.{REGION}.{URL_SUFFIX}", {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}}),
            )
        document.extend(_admits(service) for service in services)
        document.extend(statements)
        #: The key itself.
        self.key = kms.Key(
            self,
            "Key",
            description=description,
            enable_key_rotation=True,
            # As one document: a statement object and its principal would be a message to the kernel each.
            policy=iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": document}),
            removal_policy=RemovalPolicy.RETAIN,
        )
        record(self, controls=CONTROLS, tier="security")

    def allow_service(self, service: str, *, conditions: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Let an AWS *service* principal encrypt and decrypt with this key, for resources of this account only.

        Args:
            service: the service principal, for example ``cloudwatch.amazonaws.com``.
            conditions: IAM conditions that narrow further; ``aws:SourceAccount`` of this account when None.
        """
        self.key.add_to_resource_policy(iam.PolicyStatement.from_json(_admits(service, conditions)))


def own_key(scope: Construct, encryption_key: kms.IKey | None, *, description: str, statements: Sequence[Mapping[str, Any]]) -> kms.IKey:
    """*encryption_key* or a new ``DataKey``, with *statements* in its policy; the policy of an imported key is left to its owner."""
    if encryption_key is None:
        return DataKey(scope, "Key", description=description, statements=statements).key
    for statement in statements:
        encryption_key.add_to_resource_policy(iam.PolicyStatement.from_json(statement))
    return encryption_key


def _admits(service: str, conditions: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": SERVICE_ACTIONS,
        "Resource": "*",
        "Condition": conditions or {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
    }
