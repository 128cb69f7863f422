"""What functions need around them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.compute import FunctionCode, HardenedFunction, OutsideVpc
from prodready_constructs.contracts import Attachment, SecretField
from prodready_constructs.posture import PRODUCTION

POSTURE = PRODUCTION.functions
SAMPLE = Path(__file__).parent / "sample"
CODE = FunctionCode.zip(SAMPLE, handler="app.handler", runtime="python3.14")
OUTSIDE = OutsideVpc(because="It answers a health question and calls nothing but AWS's own log endpoint.")
LAYER = "arn:aws:lambda:us-east-1:111122223333:layer:shared:7"


def a_vpc(stack: cdk.Stack, *, zones: str = "ab", tier: str = "private") -> ec2.IVpc:
    subnets: dict[str, Any] = {
        f"{tier}_subnet_ids": [f"subnet-{zone}" for zone in zones],
        f"{tier}_subnet_route_table_ids": [f"rtb-{zone}" for zone in zones],
    }
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", vpc_cidr_block="10.0.0.0/16", availability_zones=[f"us-east-1{zone}" for zone in zones], **subnets
    )


def a_function(stack: cdk.Stack, construct_id: str = "Orders", **changed: Any) -> HardenedFunction:
    given: dict[str, Any] = {"code": CODE, "posture": POSTURE, "vpc": OUTSIDE, **changed}
    return HardenedFunction(stack, construct_id, **given)


@dataclass
class Store:
    """Something to connect to."""

    attachment: Attachment


def a_store(stack: cdk.Stack, vpc: ec2.IVpc) -> Store:
    secret = secretsmanager.Secret(stack, "StoreSecret", encryption_key=kms.Key(stack, "StoreKey"))
    group = ec2.SecurityGroup(stack, "StoreGroup", vpc=vpc, allow_all_outbound=False)
    return Store(
        Attachment(
            connections=ec2.Connections(security_groups=[group], default_port=ec2.Port.tcp(5433)),
            port=5433,
            environment={"DB_HOST": "orders.example.com", "DB_PORT": "5433"},
            secrets={"DB_PASSWORD": SecretField(secret=secret, field="password")},
        )
    )
