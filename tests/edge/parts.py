"""What the tests of the edge stand on: an imported VPC, a zone, a log bucket and a service."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3

from prodready_constructs.edge import Domain


def a_vpc(stack: cdk.Stack, construct_id: str = "Vpc") -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        construct_id,
        vpc_id="vpc-11111111",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=["subnet-0000000a", "subnet-0000000b"],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"],
        public_subnet_ids=["subnet-1111111a", "subnet-1111111b"],
        public_subnet_route_table_ids=["rtb-3", "rtb-4"],
    )


def a_private_vpc(stack: cdk.Stack) -> ec2.IVpc:
    """Like the default network: without a public subnet."""
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "PrivateVpc",
        vpc_id="vpc-22222222",
        availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=["subnet-2222222a", "subnet-2222222b"],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )


def a_zone(stack: cdk.Stack) -> route53.IHostedZone:
    return route53.HostedZone.from_hosted_zone_attributes(stack, "Zone", hosted_zone_id="Z123", zone_name="example.com")


def a_domain(stack: cdk.Stack) -> Domain:
    return Domain(stack, "Domain", name="shop.example.com", hosted_zone=a_zone(stack))


def a_log_bucket(stack: cdk.Stack) -> s3.Bucket:
    """A bucket that lets Elastic Load Balancing write, as the storage room makes it."""
    bucket = s3.Bucket(stack, "LogBucket")
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
        )
    )
    return bucket


def a_service(stack: cdk.Stack, construct_id: str = "Service", *, vpc: ec2.IVpc | None = None) -> ecs.FargateService:
    task = ecs.FargateTaskDefinition(stack, f"{construct_id}Task")
    task.add_container("app", image=ecs.ContainerImage.from_registry("example"), port_mappings=[ecs.PortMapping(container_port=8080)])
    cluster = ecs.Cluster(stack, f"{construct_id}Cluster", vpc=vpc or a_vpc(stack, f"{construct_id}Vpc"))
    return ecs.FargateService(stack, construct_id, cluster=cluster, task_definition=task, min_healthy_percent=100)
