"""The hardened function that constructs send on their own errands: it may do little, and its failures are heard."""

from __future__ import annotations

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
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.foundation.logs import EncryptedLogGroup
from prodready_constructs.foundation.part import REGION
from prodready_constructs.foundation.roles import ComposedRole
from prodready_constructs.waivers import waive

#: What AWS Lambda needs to stand in a VPC, and what takes no resource.
#: Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html, "Required IAM permissions"
NETWORK_INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandFunction:
    """The function and what stands around it."""

    function: lambda_.Function
    role: ComposedRole
    security_group: ec2.SecurityGroup
    log_group: logs.ILogGroup
    failures: sns.Topic


def errand_function(
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
) -> ErrandFunction:
    """A function with which a construct does one errand of its own, made of children of *scope*.

    Errands: a step of a secret's rotation, a migration, a smoke test, a message to a webhook, a look into a restored store. (A function
    of the application is ``compute.HardenedFunction``.)

    Always: in subnets of a VPC, one execution at a time, traced, JSON logs in an encrypted group, failed runs told to an encrypted topic, no
    inline policy, no right that is not named here or granted by a secret.

    Args:
        code: the source of the function, 4096 characters at most; or an asset, with its *handler*.
        purpose: the descriptions of role, security group and function.
        egress: whom the function may call by HTTPS, and why; None: nobody, until its connections say so.
        key: encrypts logs and failed runs; its policy must admit CloudWatch Logs.
        timeout: of one run, 15 minutes at most.
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
                "Action": list(NETWORK_INTERFACES),
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
    return ErrandFunction(function=function, role=role, security_group=security_group, log_group=log_group, failures=failures)
