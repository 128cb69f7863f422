"""A customer-managed KMS key for one data domain."""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record

CONTROLS = (
    ControlClaim(
        control="SEC-8",
        how="One customer-managed key for the data domain, rotated yearly by KMS, retained when its stack is deleted",
        frameworks=("NIST 800-53 r5 SC-12", "HIPAA 164.312(a)(2)(iv)", "PCI DSS 3.2.1 3.6.4", "SOC 2 CC6.1"),
    ),
)


class DataKey(Construct):
    """A customer-managed KMS key for one data domain.

    Always: rotation on, retained on delete, a key policy that lets the account's own IAM decide (AWS's default) and nobody else.

    Args:
        description: what the key protects; shown in the KMS console.
        encrypts_logs: also lets CloudWatch Logs of this account and region use the key, for log groups of this account only.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, description: str, encrypts_logs: bool = False) -> None:
        super().__init__(scope, construct_id)
        #: The key itself.
        self.key = kms.Key(
            self,
            "Key",
            description=description,
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        if encrypts_logs:
            self.allow_service(
                f"logs.{Aws.REGION}.{Aws.URL_SUFFIX}",
                conditions={
                    "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"}
                },
            )
        record(self, controls=CONTROLS, tier="security")

    def allow_service(self, service: str, *, conditions: dict[str, dict[str, str]] | None = None) -> None:
        """Let an AWS *service* principal encrypt and decrypt with this key, for resources of this account only.

        Args:
            service: the service principal, for example ``cloudwatch.amazonaws.com``.
            conditions: IAM conditions that narrow further; ``aws:SourceAccount`` of this account when None.
        """
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"],
                resources=["*"],
                conditions=conditions or {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
