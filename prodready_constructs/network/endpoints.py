"""What can be reached of AWS from a VPC without the internet."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateEndpoints:
    """The interface endpoints of a VPC: ``PrivateNetwork.endpoints``, or those of a VPC of your own.

    Attributes:
        security_group: of all of them; must admit HTTPS from whoever is to use them.
        services: AWS services by the short names of their endpoints: ``ssm``, ``ecr.api``.
    """

    security_group: ec2.ISecurityGroup
    services: tuple[str, ...]
