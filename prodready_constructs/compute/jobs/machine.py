"""A small state machine that looks after something: logged, traced, encrypted, with a role of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, ComposedRole, DataKey, EncryptedLogGroup, Part
from prodready_constructs.waivers import waive

#: What a state machine needs to write its log and its traces; none of it takes a resource.
#: Sources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html, https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
_LOGS_AND_TRACES = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
]
#: The key of a state machine must let the delivery of its log decrypt.
#: Source: https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
KEY_STATEMENTS: tuple[Mapping[str, Any], ...] = (
    {"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*"},
)
#: A state machine names its role: its own name is not known when the role is made.
_OF_THIS_ACCOUNT = {
    "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
    "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:states:{REGION}:{ACCOUNT_ID}:stateMachine:*"},
}


def machine_key(scope: Construct, given: kms.IKey | None, *, description: str) -> kms.IKey:
    """*given* or a new key, which admits CloudWatch Logs and the delivery of a state machine's log."""
    if given is None:
        return DataKey(scope, "Key", description=description, encrypts_logs=True, statements=KEY_STATEMENTS).key
    for statement in KEY_STATEMENTS:
        given.add_to_resource_policy(iam.PolicyStatement.from_json(statement))
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A state machine and what stands around it."""

    machine: sfn.CfnStateMachine
    arn: str
    role: ComposedRole
    log_group: logs.LogGroup


def state_machine(
    scope: Part,
    *,
    purpose: str,
    definition: Mapping[str, Any],
    statements: Sequence[Mapping[str, Any]],
    key: kms.IKey,
    log_retention: timedelta,
    and_because: str,
) -> Machine:
    """A standard state machine of children of *scope*.

    Always: every step logged, with its data, to an encrypted group; traced; definition and history under *key*; no right but *statements*.

    Args:
        purpose: what its role is for. and_because: why *statements* has a resource ``*``, where it has: the waiver says so.
    """
    log_group = EncryptedLogGroup(scope, "Steps", retention=log_retention, encryption_key=key).log_group
    role = ComposedRole(
        scope,
        "StepsRole",
        assumed_by=iam.ServicePrincipal("states.amazonaws.com", conditions=_OF_THIS_ACCOUNT),
        description=f"{scope.path}: {purpose}",
        statements=[
            {"Action": _LOGS_AND_TRACES, "Resource": "*"},
            {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key.key_arn},
            *statements,
        ],
    )
    waive(
        role.policy,
        rule="AwsSolutions-IAM5[Resource::*]",
        because=f"The calls by which Step Functions delivers its log and X-Ray its traces take no resource{and_because}",
        owner="platform",
    )
    machine = sfn.CfnStateMachine(
        scope,
        "Machine",
        state_machine_type="STANDARD",
        role_arn=role.role_arn,
        definition_string=scope.stack.to_json_string(definition),
        encryption_configuration=sfn.CfnStateMachine.EncryptionConfigurationProperty(
            type="CUSTOMER_MANAGED_KMS_KEY", kms_key_id=key.key_arn, kms_data_key_reuse_period_seconds=300
        ),
        logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
            level="ALL",
            include_execution_data=True,
            destinations=[
                sfn.CfnStateMachine.LogDestinationProperty(
                    cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(log_group_arn=log_group.log_group_arn)
                )
            ],
        ),
        tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
    )
    # Its definition is checked against its role when it is made: the policy must be there.
    machine.node.add_dependency(role.policy)
    return Machine(machine=machine, arn=machine.ref, role=role, log_group=log_group)
