"""What the tests of compute stand on, and those of others that want a service: an image, a VPC, a door and a store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.contracts import Attachment, SecretField

IMAGE = f"public.ecr.aws/nginx/nginx@sha256:{'a' * 64}"


def a_vpc(stack: cdk.Stack, zones: str = "ab", tier: str = "private") -> ec2.IVpc:
    subnets: dict[str, Any] = {
        f"{tier}_subnet_ids": [f"subnet-{zone}" for zone in zones],
        f"{tier}_subnet_route_table_ids": [f"rtb-{zone}" for zone in zones],
    }
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", vpc_cidr_block="10.0.0.0/16", availability_zones=[f"us-east-1{zone}" for zone in zones], **subnets
    )


class Door:
    """A front door that is no construct of ours: a plain load balancer of the CDK."""

    def __init__(self, stack: cdk.Stack, vpc: ec2.IVpc) -> None:
        subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        self.load_balancer = elbv2.ApplicationLoadBalancer(stack, "Door", vpc=vpc, vpc_subnets=subnets)
        self.listener = self.load_balancer.add_listener("Http", port=80, open=False)

    def route_to(
        self, service: ecs.FargateService, *, container_port: int, health_check_path: str, drain: timedelta
    ) -> elbv2.ApplicationTargetGroup:
        return self.listener.add_targets(
            "Targets",
            port=container_port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            targets=[service],
            health_check=elbv2.HealthCheck(path=health_check_path),
            deregistration_delay=cdk.Duration.seconds(drain.seconds),
        )


@dataclass
class Store:
    """Something to connect to."""

    attachment: Attachment


def a_store(stack: cdk.Stack, vpc: ec2.IVpc) -> Store:
    key = kms.Key(stack, "StoreKey")
    secret = secretsmanager.Secret(stack, "StoreSecret", encryption_key=key)
    group = ec2.SecurityGroup(stack, "StoreGroup", vpc=vpc, allow_all_outbound=False)
    return Store(
        Attachment(
            connections=ec2.Connections(security_groups=[group], default_port=ec2.Port.tcp(5433)),
            port=5433,
            environment={"DB_HOST": key.key_id, "DB_PORT": "5433"},
            secrets={"DB_PASSWORD": SecretField(secret=secret, field="password")},
        )
    )
