"""The parts of one hardened Lambda function: role, logs, dead letters, and the function with every safety said aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.compute.functions.code import FunctionCode
from prodready_constructs.compute.functions.placement import Inside
from prodready_constructs.compute.functions.runtimes import runtime_of
from prodready_constructs.foundation import REGION, ComposedRole, EncryptedLogGroup, path_of
from prodready_constructs.foundation.errand_function import NETWORK_INTERFACES
from prodready_constructs.posture import FunctionPosture
from prodready_constructs.waivers import waive

_TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
_LAMBDA = iam.ServicePrincipal("lambda.amazonaws.com")
#: What a test run leaves in a folder: with it, each machine would deploy code of its own.
_LEFT_BEHIND = ["__pycache__", "*.pyc"]
_VERSIONS_STAY = lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A function and what stands around it."""

    function: lambda_.Function
    resource: lambda_.CfnFunction
    role: ComposedRole
    log_group: logs.ILogGroup
    #: What Lambda itself needs of AWS without a resource; a second function of the same owner shares it.
    lambda_policy: iam.ManagedPolicy


def hardened_function(
    scope: Construct,
    *,
    code: FunctionCode,
    posture: FunctionPosture,
    inside: Inside | None,
    timeout: timedelta,
    key: kms.IKey,
    dead_letters: sqs.IQueue,
    description: str,
    environment: Mapping[str, str] | None = None,
    statements: Sequence[Mapping[str, Any]] = (),
    lambda_policy: iam.ManagedPolicy | None = None,
    signing_arn: str | None = None,
) -> Made:
    """A function made of children of *scope*; nothing about it is left to a default of AWS or of a feature flag."""
    log_group = EncryptedLogGroup(scope, "Logs", retention=posture.log_retention, encryption_key=key).log_group
    queue_arn = dead_letters.queue_arn
    role = ComposedRole(
        scope,
        "Role",
        assumed_by=_LAMBDA,
        description=f"{path_of(scope)}: what the function may do"[:1000],
        statements=[
            {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group.log_group_arn},
            {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key.key_arn},
            {"Action": "sqs:SendMessage", "Resource": queue_arn},
            *statements,
        ],
    )
    if lambda_policy is None:
        lambda_policy = _lambda_policy(role, in_vpc=inside is not None)
    else:
        lambda_policy.attach_to_role(role)
    is_image = code.runtime is None
    function = lambda_.Function(
        scope,
        "Function",
        description=description[:256],
        code=code.code or lambda_.Code.from_asset(str(code.source), exclude=_LEFT_BEHIND),
        handler=code.handler or lambda_.Handler.FROM_IMAGE,
        runtime=lambda_.Runtime.FROM_IMAGE if code.runtime is None else runtime_of(code.runtime),
        architecture=lambda_.Architecture.ARM_64 if code.architecture == "arm64" else lambda_.Architecture.X86_64,
        role=role,
        vpc=inside.vpc if inside else None,
        vpc_subnets=inside.subnets if inside else None,
        security_groups=[inside.security_group] if inside else None,
        environment=environment,
        environment_encryption=key,
        log_group=log_group,
        logging_format=lambda_.LoggingFormat.JSON,
        recursive_loop=lambda_.RecursiveLoop.TERMINATE,
        current_version_options=_VERSIONS_STAY,
        # How much: from the posture.
        memory_size=posture.memory_mib,
        ephemeral_storage_size=_mebibytes(posture.ephemeral_mib),
        timeout=_seconds(timeout),
        reserved_concurrent_executions=posture.reserved_concurrency,
        application_log_level_v2=lambda_.ApplicationLogLevel[posture.application_log_level],
        system_log_level_v2=lambda_.SystemLogLevel[posture.system_log_level],
    )
    resource = cast("lambda_.CfnFunction", function.node.default_child)
    # Not as arguments of the function: the CDK would grant both in the role's own policy, one of them on every resource.
    resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
    resource.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=queue_arn)
    if code.layers:
        resource.layers = list(code.layers)
    if code.snap_start and not is_image:
        # As an argument it would bring a warning about versions that are published here anyway.
        resource.snap_start = lambda_.CfnFunction.SnapStartProperty(apply_on="PublishedVersions")
    if signing_arn is not None:
        resource.code_signing_config_arn = signing_arn
    # The CDK's own list names the role too, which the function refers to anyway (cfn-lint W3005).
    resource.add_override("DependsOn", [_logical_id(policy) for policy in (role.policy, lambda_policy)])
    return Made(function=function, resource=resource, role=role, log_group=log_group, lambda_policy=lambda_policy)


def _lambda_policy(role: ComposedRole, *, in_vpc: bool) -> iam.ManagedPolicy:
    """A policy of its own, so that the waiver covers nothing that the function is granted."""
    statements: list[dict[str, Any]] = [{"Effect": "Allow", "Action": list(_TRACES), "Resource": "*"}]
    if in_vpc:
        statements += [
            {
                "Effect": "Allow",
                "Action": list(NETWORK_INTERFACES),
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": REGION}},
            },
            # Lambda itself makes interfaces before any code runs; what runs in the function has this key in its requests, and may not.
            # Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html, "Using IAM conditions"
            {
                "Effect": "Deny",
                "Action": list(NETWORK_INTERFACES),
                "Resource": "*",
                "Condition": {"Null": {"lambda:SourceFunctionArn": "false"}},
            },
        ]
    policy = iam.ManagedPolicy(role, "LambdaPolicy", document=iam.PolicyDocument.from_json({"Statement": statements}), roles=[role])
    waive(
        cast("Construct", policy.node.default_child),
        rule="AwsSolutions-IAM5[Resource::*]",
        because="X-Ray's Put calls have no resource-level permission"
        + (
            ", nor have EC2's network interface calls before the interface exists; code of the function is denied the latter"
            if in_vpc
            else ""
        )
        + "; this policy holds nothing else",
        owner="platform",
    )
    return policy


def _logical_id(policy: iam.ManagedPolicy) -> str:
    return cast("iam.CfnManagedPolicy", policy.node.default_child).logical_id


@cache
def _seconds(span: timedelta) -> Duration:
    return Duration.seconds(int(span.total_seconds()))


@cache
def _mebibytes(size: int) -> Size:
    return Size.mebibytes(size)
