"""What workers need around them: a network, functions that are and are not ours, queues."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from prodready_constructs import PRODUCTION, ForeignFunction
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.messaging import ReliableQueue

IMAGE = ecs.ContainerImage.from_registry(f"public.ecr.aws/docker/library/python@sha256:{'a' * 64}")
DATA = PRODUCTION.data.confidential


def a_vpc(stack: cdk.Stack, tier: str = "private") -> ec2.IVpc:
    subnets: dict[str, Any] = {f"{tier}_subnet_ids": ["subnet-a", "subnet-b"], f"{tier}_subnet_route_table_ids": ["rtb-a", "rtb-b"]}
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", vpc_cidr_block="10.0.0.0/16", availability_zones=["us-east-1a", "us-east-1b"], **subnets
    )


def a_queue(stack: cdk.Stack, construct_id: str = "Orders", **changed: Any) -> ReliableQueue:
    return ReliableQueue(
        stack,
        construct_id,
        **{"posture": PRODUCTION.messaging, "data_class": DATA, "visibility_timeout": timedelta(minutes=5), **changed},
    )


def a_function(
    stack: cdk.Stack, name: str = "Foreign", *, timeout: timedelta = timedelta(seconds=30), reserved: int | None = 50
) -> ForeignFunction:
    """One of the CDK, with a role of ours, so that what it is granted can be read."""
    role = ComposedRole(stack, f"{name}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description="test")
    function = lambda_.Function(
        stack,
        f"{name}Function",
        code=lambda_.Code.from_inline("def handler(event, context): return {'batchItemFailures': []}"),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_14,
        role=role,
        timeout=cdk.Duration.seconds(timeout.total_seconds()),
        reserved_concurrent_executions=reserved,
    )
    alias = lambda_.Alias(stack, f"{name}Live", alias_name="live", version=function.current_version)
    return ForeignFunction(function=function, alias=alias, timeout=timeout, reserved_concurrency=reserved)
