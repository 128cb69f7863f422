"""What rotated secrets share: a function that may do little, and a secret that strangers cannot read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.logs import EncryptedLogGroup
from prodready_constructs.foundation.part import ACCOUNT_ID, REGION, URL_SUFFIX
from prodready_constructs.foundation.roles import ComposedRole
from prodready_constructs.waivers import waive

#: ``<app>/<env>/<name>``.
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$")
#: Rotation may be as frequent as daily and as rare as the auditors accept (PCI DSS 3.2.1 8.2.4, ledger SEC-2).
SHORTEST_PERIOD, LONGEST_PERIOD = timedelta(days=1), timedelta(days=90)
#: What AWS Lambda needs to stand in a VPC (Lambda developer guide, execution role for VPC functions).
_WITHOUT_RESOURCE_LEVEL = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationFunction:
    """A rotation function and what stands around it."""

    function: lambda_.Function
    role: ComposedRole
    security_group: ec2.SecurityGroup
    log_group: logs.ILogGroup
    failures: sns.Topic


def rotation_function(
    scope: Construct,
    *,
    code: str | lambda_.Code,
    purpose: tuple[str, str, str],
    vpc: ec2.IVpc,
    subnets: ec2.SubnetSelection,
    egress: tuple[ec2.IPeer, str] | None,
    key: kms.IKey,
    log_retention: timedelta,
    statements: Sequence[Mapping[str, Any]] = (),
    environment: Mapping[str, str] | None = None,
    timeout: timedelta = timedelta(seconds=30),
    handler: str = "index.handler",
    and_because: str = "",
) -> RotationFunction:
    """A function for the four steps of Secrets Manager's rotation (or for another errand), made of children of *scope*.

    Always: in subnets of a VPC, one execution at a time, traced, JSON logs in an encrypted group, failed runs told to an encrypted topic, no
    inline policy, no right that is not named here or granted by a secret.

    Args:
        code: the source of the function, 4096 characters at most; or an asset, with its *handler*.
        purpose: the descriptions of role, security group and function.
        egress: whom the function may call by HTTPS, and why; None: nobody, until its connections say so.
        key: encrypts logs and failed runs; its policy must admit CloudWatch Logs.
        timeout: of one step, 15 minutes at most.
        and_because: why *statements* has a resource ``*``, where it has: the waiver says so.
    """
    log_group = EncryptedLogGroup(scope, "Logs", retention=log_retention, encryption_key=key).log_group
    failures = sns.Topic(scope, "Failures", master_key=key, enforce_ssl=True)
    role = ComposedRole(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=purpose[0],
        statements=[
            {
                "Action": list(_WITHOUT_RESOURCE_LEVEL),
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": REGION}},
            },
            {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group.log_group_arn},
            {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key.key_arn},
            *statements,
        ],
    )
    security_group = ec2.SecurityGroup(scope, "SecurityGroup", vpc=vpc, description=purpose[1], allow_all_outbound=False)
    if egress:
        security_group.add_egress_rule(egress[0], ec2.Port.tcp(443), egress[1])
    function = lambda_.Function(
        scope,
        "Function",
        description=purpose[2],
        code=lambda_.InlineCode(code) if isinstance(code, str) else code,
        handler=handler,
        runtime=lambda_.Runtime.PYTHON_3_14,
        architecture=lambda_.Architecture.ARM_64,
        memory_size=128,
        timeout=Duration.seconds(timeout.total_seconds()),
        role=role,
        vpc=vpc,
        vpc_subnets=subnets,
        security_groups=[security_group],
        reserved_concurrent_executions=1,
        dead_letter_topic=failures,
        log_group=log_group,
        logging_format=lambda_.LoggingFormat.JSON,
        tracing=lambda_.Tracing.ACTIVE,
        environment=environment,
        # Also for what is set later: nothing in it is secret, but whose key it is should not depend on that.
        environment_encryption=key,
    )
    policy = role.policy
    # The CDK's own list names the role too, which the function refers to anyway (cfn-lint W3005).
    cast("lambda_.CfnFunction", function.node.default_child).add_override(
        "DependsOn", [cast("iam.CfnManagedPolicy", policy.node.default_child).logical_id]
    )
    waive(
        policy,
        rule="AwsSolutions-IAM5[Resource::*]",
        because="EC2's network interface calls that Lambda makes for a function in a VPC, and X-Ray's Put calls, take no resource or "
        f"one unknown before the call; every right on secrets, keys, queue and logs names its resource{and_because}",
        owner="platform",
    )
    return RotationFunction(function=function, role=role, security_group=security_group, log_group=log_group, failures=failures)


def deny_strangers(secret: secretsmanager.Secret) -> None:
    """No read without TLS or from another account, and no public policy."""
    for condition in (
        {"Bool": {"aws:SecureTransport": "false"}},
        {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT_ID}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
    ):
        added = secret.add_to_resource_policy(
            iam.PolicyStatement.from_json(
                {
                    "Effect": "Deny",
                    "Principal": {"AWS": "*"},
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": "*",  # in a secret's own policy: this secret
                    "Condition": condition,
                }
            )
        )
    policy = cast("secretsmanager.ResourcePolicy", added.policy_dependable)
    cast("secretsmanager.CfnResourcePolicy", policy.node.default_child).block_public_policy = True


def rotate_on_schedule(
    scope: Construct,
    secret: secretsmanager.Secret,
    *,
    function: lambda_.IFunction,
    key: kms.IKey,
    period: timedelta,
    immediately: bool,
    window: timedelta | None = None,
) -> secretsmanager.CfnRotationSchedule:
    """Have *function* replace the value of *secret* every *period*; it gets rights on this secret and its key only.

    Args:
        immediately: rotate at the deployment too, for a secret whose first value is of no use.
        window: from midnight UTC of its day, a rotation begins within so many whole hours; the rest of the day when None.
    """
    arn, function_arn = secret.secret_arn, function.function_arn
    granted = iam.Grant.add_to_principal(
        grantee=function,
        actions=[
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        ],
        resource_arns=[arn],
    )
    iam.Grant.add_to_principal(
        grantee=function,
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resource_arns=[key.key_arn],
        conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}},
    )
    invoke = lambda_.CfnPermission(
        scope,
        "RotationInvoke",
        action="lambda:InvokeFunction",
        function_name=function_arn,
        principal="secretsmanager.amazonaws.com",
        source_account=ACCOUNT_ID,
    )
    schedule = secretsmanager.CfnRotationSchedule(
        scope,
        "RotationSchedule",
        secret_id=arn,
        rotation_lambda_arn=function_arn,
        rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
            automatically_after_days=period.days, duration=f"{window // timedelta(hours=1)}h" if window else None
        ),
        rotate_immediately_on_update=immediately,
    )
    schedule.add_resource_dependency(invoke)
    granted.apply_before(schedule)
    return schedule


def check_secret_name(where: str, name: str) -> None:
    """Refuse a name of another form than ``<app>/<env>/<name>``."""
    if not _NAME.match(name):
        raise ConfigurationError(
            f"{where}: name",
            given=name,
            allowed="<app>/<env>/<name>: lower-case app and environment, then letters, digits, '_', '.', '-'",
            mend="write it as shop/production/jwt_secret",
        )


def check_rotation_period(where: str, period: timedelta) -> None:
    """Refuse a period that is no whole number of days, or out of bounds."""
    if not SHORTEST_PERIOD <= period <= LONGEST_PERIOD or period != timedelta(days=period.days):
        raise ConfigurationError(
            f"{where}: rotation_period",
            given=str(period),
            allowed=f"{SHORTEST_PERIOD.days} to {LONGEST_PERIOD.days} whole days",
            mend=f"use timedelta(days={min(max(period.days, SHORTEST_PERIOD.days), LONGEST_PERIOD.days)})",
        )
