"""What the tests of identity build upon."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53 as route53

from prodready_constructs.edge import Domain
from prodready_constructs.identity import ClientSecretRotation, UserDirectory

AUTH = "auth.shop.example.com"


def a_domain(stack: cdk.Stack, name: str = AUTH) -> Domain:
    zone = route53.HostedZone.from_hosted_zone_attributes(stack, "Zone", hosted_zone_id="Z1", zone_name="shop.example.com")
    return Domain(stack, "AuthDomain", name=name, hosted_zone=zone)


def a_vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )


def a_directory(stack: cdk.Stack) -> UserDirectory:
    """One whose sign-in page is on trial."""
    directory = UserDirectory(stack, "Users")
    directory.add_sign_in_page(prefix="shop-staging")
    return directory


def a_rotation(stack: cdk.Stack, directory: UserDirectory) -> ClientSecretRotation:
    return ClientSecretRotation(stack, "Rotation", directory=directory, vpc=a_vpc(stack))
