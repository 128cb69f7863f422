"""The function that runs a migration while CloudFormation waits, and what it may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from prodready_constructs.foundation.errand_function import ErrandFunction, errand_function

#: AWS Lambda stops a run after 15 minutes: a longer migration is handed on to another run.
_RUN = timedelta(minutes=15)
_CODE = Path(__file__).parent / "functions"


def migration_runner(
    scope: Construct,
    *,
    path: str,
    vpc: ec2.IVpc,
    subnets: ec2.SubnetSelection,
    key: kms.IKey,
    log_retention: timedelta,
    statements: Sequence[Mapping[str, Any]],
) -> tuple[ErrandFunction, iam.ManagedPolicy]:
    """The function, and the policy by which it hands a long migration on to another run of itself."""
    runner = errand_function(
        Construct(scope, "Runner"),
        code=lambda_.Code.from_asset(str(_CODE), exclude=["__pycache__"]),
        handler="run_migration.handler",
        purpose=(f"{path}: runs the migration", "Runs migrations", f"Runs the migration {path} while CloudFormation waits"),
        vpc=vpc,
        subnets=subnets,
        egress=(ec2.Peer.any_ipv4(), "ECS, logs, secrets, and CloudFormation's answer address"),
        key=key,
        log_retention=log_retention,
        timeout=_RUN,
        statements=statements,
        and_because="; tasks have no name before they run, and a condition holds them to this migration's own cluster",
    )
    hands_on = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": runner.function.function_arn}
    # On its own, for it names the function that waits for the other policy.
    policy = iam.ManagedPolicy(
        scope,
        "HandsOn",
        document=iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": [hands_on]}),
        roles=[runner.role],
    )
    return runner, policy


def rights(*, cluster_arn: str, definition_arn: str, roles: Sequence[str], log_group_arn: str, secret_arn: str) -> list[Mapping[str, Any]]:
    """To run and stop tasks of this migration's cluster, to read their output, and to see whether stack and user are ready.

    Args:
        roles: of the task, which ECS is handed. secret_arn: of the migrating user, of which only the description is read.
    """
    in_cluster = {"ArnEquals": {"ecs:cluster": cluster_arn}}
    return [
        {"Action": "ecs:RunTask", "Resource": definition_arn, "Condition": in_cluster},
        {"Action": ["ecs:DescribeTasks", "ecs:ListTasks", "ecs:StopTask"], "Resource": "*", "Condition": in_cluster},
        {
            "Action": "iam:PassRole",
            "Resource": list(roles),
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        },
        {"Action": "logs:GetLogEvents", "Resource": log_group_arn},
        {"Action": "cloudformation:DescribeStacks", "Resource": Aws.STACK_ID},
        {"Action": "secretsmanager:DescribeSecret", "Resource": secret_arn},
    ]
