"""What the ground floor costs in messages to the jsii kernel: every construct stands on it. They do not depend on the machine; a number here may fall."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from bench.messages import counted, total
from prodready_constructs.contracts import record
from prodready_constructs.foundation import ComposedRole, DataKey, EncryptedLogGroup, Part, require_subnets
from prodready_constructs.waivers import waive
from tests.support.synthesis import new_stack

TASKS = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
STATEMENTS = [{"Action": f"s3:{name}", "Resource": "arn:aws:s3:::a/*"} for name in ("GetObject", "PutObject", "DeleteObject")]


def key(stack: cdk.Stack) -> Callable[[], object]:
    return lambda: DataKey(stack, "Key", description="test", encrypts_logs=True, services=["sns.amazonaws.com"])


def log_group(stack: cdk.Stack) -> Callable[[], object]:
    encryption_key = kms.Key(stack, "Key")
    return lambda: EncryptedLogGroup(stack, "Logs", retention=timedelta(days=30), encryption_key=encryption_key)


def role(stack: cdk.Stack) -> Callable[[], object]:
    return lambda: ComposedRole(stack, "Role", assumed_by=TASKS, description="test", statements=STATEMENTS)


def granted(stack: cdk.Stack) -> Callable[[], object]:
    encryption_key = kms.Key(stack, "Key")
    made = ComposedRole(stack, "Role", assumed_by=TASKS, description="test", statements=STATEMENTS)
    return lambda: encryption_key.grant_decrypt(made)


def recorded(stack: cdk.Stack) -> Callable[[], object]:
    part = Part(stack, "Part")
    return lambda: record(part, controls=(), tier="data")


def waived(stack: cdk.Stack) -> Callable[[], object]:
    part = Part(stack, "Part")
    return lambda: waive(part, rule="AwsSolutions-S1", because="x" * 40, owner="platform")


def vpc_asked_twice(stack: cdk.Stack) -> Callable[[], object]:
    vpc = ec2.Vpc(stack, "Vpc")
    require_subnets(stack, vpc, tier="private")
    return lambda: require_subnets(stack, vpc, tier="private")


@pytest.mark.parametrize(
    ("prepare", "messages"),
    [
        (key, 5),
        (log_group, 2),
        (role, 3),
        (granted, 4),
        (recorded, 2),
        (waived, 4),
        (vpc_asked_twice, 0),
    ],
)
def test_no_more_messages_than(prepare: Callable[[cdk.Stack], Callable[[], object]], messages: int) -> None:
    build = prepare(new_stack())
    with counted() as counts:
        build()
    assert total(counts) <= messages, counts
