"""What the tests of tasks need: a VPC, an image, a service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from prodready_constructs.compute import WebService
from prodready_constructs.posture import PRODUCTION, ComputePosture
from tests.support.synthesis import Template

POSTURE = PRODUCTION.compute
DIGEST = f"sha256:{'a' * 64}"
IMAGE = f"public.ecr.aws/nginx/nginx@{DIGEST}"
AUTHORITY = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-1111-1111-1111-111111111111"


def image(name: str = IMAGE) -> ecs.ContainerImage:
    return ecs.ContainerImage.from_registry(name)


def a_vpc(stack: cdk.Stack) -> ec2.IVpc:
    found = stack.node.try_find_child("Vpc")
    if found is not None:
        return found  # type: ignore[return-value]
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=["subnet-a", "subnet-b"],
        private_subnet_route_table_ids=["rtb-a", "rtb-b"],
    )


def a_service(stack: cdk.Stack, name: str = "Api", *, posture: ComputePosture = POSTURE, picture: str = IMAGE, **more: Any) -> WebService:
    changes = {key: more.pop(key) for key in list(more) if key in ComputePosture.__dataclass_fields__}
    return WebService(stack, name, vpc=a_vpc(stack), image=image(picture), posture=replace(posture, **changes), **more)


def containers(template: Template, containing: str = "") -> dict[str, dict[str, Any]]:
    return {found["Name"]: found for found in template.props("AWS::ECS::TaskDefinition", containing)["ContainerDefinitions"]}
