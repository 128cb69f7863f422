"""What the tests of the bastion build, and how they read its commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.contracts import Attachment, SecretField
from prodready_constructs.network import SessionBastion
from prodready_constructs.posture import PRODUCTION
from tests.support.synthesis import REGION

POSTURE = PRODUCTION.bastion
DATABASE = {"DATABASE_HOST": "orders.example.com", "DATABASE_PORT": "5433", "DATABASE_NAME": "orders"}


def a_vpc(stack: cdk.Stack, *, zones: str = "ab", tier: str = "private") -> ec2.IVpc:
    subnets: dict[str, Any] = {
        f"{tier}_subnet_ids": [f"subnet-{zone}" for zone in zones],
        f"{tier}_subnet_route_table_ids": [f"rtb-{zone}" for zone in zones],
    }
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", vpc_cidr_block="10.0.0.0/16", availability_zones=[f"us-east-1{zone}" for zone in zones], **subnets
    )


def a_bastion(stack: cdk.Stack, vpc: ec2.IVpc | None = None, **keywords: Any) -> SessionBastion:
    return SessionBastion(stack, "Bastion", vpc=vpc or a_vpc(stack), **{"posture": POSTURE, **keywords})


@dataclass
class Store:
    """Something to connect to, with a name of its own."""

    attachment: Attachment
    path: str = ""
    node: Any = None


def a_store(
    stack: cdk.Stack,
    vpc: ec2.IVpc,
    name: str = "Orders",
    *,
    port: int = 5433,
    environment: Mapping[str, str] = DATABASE,
    secret: bool = True,
) -> Store:
    group = ec2.SecurityGroup(stack, f"{name}Group", vpc=vpc, allow_all_outbound=False)
    fields = {}
    if secret:
        kept = secretsmanager.Secret(stack, f"{name}Secret")
        fields = {
            "DATABASE_USER": SecretField(secret=kept, field="username"),
            "DATABASE_PASSWORD": SecretField(secret=kept, field="password"),
        }
    return Store(
        Attachment(connections=ec2.Connections(security_groups=[group]), port=port, environment=environment, secrets=fields),
        node=group.node,
    )


def text(value: Any) -> str:
    """A value of a template as a person would read it after the deployment."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        return argument[0].join(map(text, argument[1]))
    if function == "Ref":
        return {"AWS::Region": REGION, "AWS::Partition": "aws", "AWS::AccountId": "111122223333"}.get(argument, argument)
    assert function == "Fn::GetAtt", function
    return f"arn-of-{argument[0]}"
