"""What the tests of jobs start."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.compute import FargateJob, FunctionRun
from prodready_constructs.posture import PRODUCTION
from tests.support.synthesis import Template

IMAGE = f"public.ecr.aws/docker/library/python@sha256:{'a' * 64}"


def a_vpc(stack: cdk.Stack, zones: str = "ab") -> ec2.IVpc:
    """A VPC that exists already, with private subnets."""
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=[f"us-east-1{zone}" for zone in zones],
        private_subnet_ids=[f"subnet-{zone}" for zone in zones],
        private_subnet_route_table_ids=[f"rtb-{zone}" for zone in zones],
    )


def a_function(stack: cdk.Stack) -> lambda_.Function:
    """A function of the CDK, as somebody else made it."""
    code = lambda_.Code.from_inline("def handler(event, context): pass")
    return lambda_.Function(stack, "Report", code=code, handler="index.handler", runtime=lambda_.Runtime.PYTHON_3_14)


def run_of(stack: cdk.Stack) -> FunctionRun:
    """A run of a function that exists already, of two minutes at most."""
    function = lambda_.Function.from_function_name(stack, "Existing", "clean-up")
    return FunctionRun(function=function, limit=timedelta(minutes=2))


def a_job(stack: cdk.Stack, **changes: Any) -> FargateJob:
    """An export of half an hour at most."""
    given: dict[str, Any] = {
        "image": ecs.ContainerImage.from_registry(IMAGE),
        "posture": PRODUCTION.compute,
        "command": ["python", "export.py"],
        "time_limit": timedelta(minutes=30),
        **changes,
    }
    return FargateJob(stack, "Export", **{"vpc": changes.get("vpc") or a_vpc(stack), **given})


def circle(template: Template) -> set[str]:
    """The resources that wait for each other, and so for ever."""
    names = set(template.resources)
    waits = {
        name: (set(re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"(\w+)"', json.dumps(one))) | set(one.get("DependsOn", []))) & names
        for name, one in template.resources.items()
    }
    while ready := {name for name, others in waits.items() if not others}:
        waits = {name: others - ready for name, others in waits.items() if name not in ready}
    return set(waits)
