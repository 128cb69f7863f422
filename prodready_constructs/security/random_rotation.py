"""Rotation of random values, without a function of the user's own."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, Metric, RunbookSpec, Severity, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, ComposedRole, DataKey, EncryptedLogGroup, Part, require_subnets
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="SEC-2",
        how="A function in isolated subnets replaces random values in the four steps of Secrets Manager's rotation",
        frameworks=("NIST 800-53 r5 IA-5(1)", "PCI DSS 3.2.1 8.2.4", "SOC 2 CC6.1"),
    ),
)

_CODE = Path(__file__).parent / "functions" / "rotate_random_value.py"
#: What AWS Lambda needs to stand in a VPC (Lambda developer guide, execution role for VPC functions).
_WITHOUT_RESOURCE_LEVEL = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


class RandomRotation(Part):
    """A function that gives ``AppSecret`` new random values on schedule. One serves all secrets of a stack.

    Always: in isolated subnets, so that a value cannot leave by the internet; reaches Secrets Manager through the VPC's interface
    endpoint only; rights on the secrets it rotates and no other; one execution at a time; encrypted logs; failed runs told to an encrypted topic.

    Args:
        vpc: a VPC with isolated subnets in two zones and a Secrets Manager interface endpoint (``PrivateNetwork`` has both).
        encryption_key: encrypts logs and failed runs; its policy must admit CloudWatch Logs. An own ``DataKey`` when None.
        log_retention: how long the function's logs are kept, in days that CloudWatch Logs offers.

    Raises:
        ConfigurationError: no isolated subnets in two zones, a VPC whose block is unknown, or a retention CloudWatch Logs does not offer.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        encryption_key: kms.IKey | None = None,
        log_retention: timedelta = timedelta(days=90),
    ) -> None:
        super().__init__(scope, construct_id)
        subnets = require_subnets(self, vpc, tier="isolated")
        key = encryption_key or DataKey(self, "Key", description="Logs of secret rotation", encrypts_logs=True).key
        self._log_group = log_group = EncryptedLogGroup(self, "Logs", retention=log_retention, encryption_key=key).log_group
        self._failures = sns.Topic(self, "Failures", master_key=key, enforce_ssl=True)
        role = ComposedRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Rotates random values of secrets",
            statements=[
                {
                    "Action": list(_WITHOUT_RESOURCE_LEVEL),
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:RequestedRegion": REGION}},
                },
                {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group.log_group_arn},
                {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key.key_arn},
            ],
        )
        #: Who the function may talk to: HTTPS inside the VPC, where the endpoint is.
        self.security_group = ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description="Rotation of secrets", allow_all_outbound=False)
        self.security_group.add_egress_rule(ec2.Peer.ipv4(self._block_of(vpc)), ec2.Port.tcp(443), "Endpoints of this VPC")
        #: The function itself.
        self.function = lambda_.Function(
            self,
            "Function",
            description="Gives secrets new random values",
            code=lambda_.InlineCode(_CODE.read_text(encoding="utf-8")),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=128,
            timeout=Duration.seconds(30),
            role=role,
            vpc=vpc,
            vpc_subnets=subnets,
            security_groups=[self.security_group],
            reserved_concurrent_executions=1,
            dead_letter_topic=self._failures,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
        )
        policy = role.policy
        # The CDK's own list names the role too, which the function refers to anyway (cfn-lint W3005).
        cast("lambda_.CfnFunction", self.function.node.default_child).add_override(
            "DependsOn", [cast("iam.CfnManagedPolicy", policy.node.default_child).logical_id]
        )
        waive(
            policy,
            rule="AwsSolutions-IAM5[Resource::*]",
            because="EC2's network interface calls that Lambda makes for a function in a VPC, and X-Ray's Put calls, take no resource or "
            "one unknown before the call; every right on secrets, keys, queue and logs names its resource",
            owner="platform",
        )
        record(self, controls=CONTROLS, tier="security", watchable=True)

    def _block_of(self, vpc: ec2.IVpc) -> str:
        try:
            return vpc.vpc_cidr_block
        except RuntimeError:  # the CDK throws for an imported VPC that was not told its block
            raise ConfigurationError(
                f"{self.path}: vpc",
                given="an imported VPC without vpc_cidr_block",
                allowed="a VPC whose CIDR block is known",
                mend="import it with from_lookup, or name vpc_cidr_block in from_vpc_attributes",
            ) from None

    @cached_property
    def _function_name(self) -> str:
        return self.function.function_name

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Rotations that fail, and those that AWS Lambda gave up on."""
        name = self._function_name
        commands = (
            f"aws logs tail {self._log_group.log_group_name} --since 1h",
            "aws secretsmanager list-secrets --query 'SecretList[].[Name,LastRotatedDate,NextRotationDate]' --output table",
            f"aws lambda get-function-configuration --function-name {name}",
        )
        return (
            AlarmSpec(
                id="RotationErrors",
                metric=Metric(namespace="AWS/Lambda", name="Errors", dimensions={"FunctionName": name}, statistic="Sum"),
                threshold=0,
                comparison="GreaterThanThreshold",
                severity=Severity.WARNING,
                periods=1,
                missing_data="notBreaching",  # the function runs only on the day of a rotation
                source="Ledger SEC-2: a rotation that fails leaves an old value in use",
                runbook=RunbookSpec(
                    meaning="A secret was not rotated. The old value stays valid, so users notice nothing.",
                    causes=(
                        "The VPC has no interface endpoint for Secrets Manager, or its security group does not admit the VPC",
                        "The secret's KMS key or its resource policy refuses the function",
                        "Somebody wrote the secret by hand without its field 'value'",
                    ),
                    first_commands=commands,
                ),
            ),
            AlarmSpec(
                id="RotationDeadLetters",
                metric=Metric(
                    namespace="AWS/SNS",
                    name="NumberOfMessagesPublished",
                    dimensions={"TopicName": self._failures.topic_name},
                    statistic="Sum",
                ),
                threshold=0,
                comparison="GreaterThanThreshold",
                severity=Severity.CRITICAL,
                periods=1,
                missing_data="notBreaching",  # an idle topic publishes nothing
                source="Ledger OPS-2: dead letters wake someone",
                runbook=RunbookSpec(
                    meaning="A step of a rotation was given up: a version of a secret may hang in AWSPENDING.",
                    causes=("The function cannot reach Secrets Manager", "The function was throttled for hours"),
                    first_commands=commands,
                ),
            ),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Runs and errors."""
        name = self._function_name
        return (
            GraphSpec(
                title="Secret rotation",
                unit="Count",
                metrics=tuple(
                    Metric(namespace="AWS/Lambda", name=metric, dimensions={"FunctionName": name}, statistic="Sum")
                    for metric in ("Invocations", "Errors")
                ),
            ),
        )
