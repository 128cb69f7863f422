"""What a construct needs of a VPC it did not make, checked before anything is built in it."""

from __future__ import annotations

from typing import Literal
from weakref import WeakKeyDictionary

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from prodready_constructs.errors import ConfigurationError

_TIERS = {
    "public": ec2.SubnetType.PUBLIC,
    "private": ec2.SubnetType.PRIVATE_WITH_EGRESS,
    "isolated": ec2.SubnetType.PRIVATE_ISOLATED,
}
#: VPC -> tier -> the zones of its subnets. Asked for once: they cannot change, and each subnet is a message to the jsii kernel.
_zones: WeakKeyDictionary[ec2.IVpc, dict[str, list[str]]] = WeakKeyDictionary()


def require_subnets(
    construct: Construct, vpc: ec2.IVpc, *, tier: Literal["public", "private", "isolated"], zones: int = 2
) -> ec2.SubnetSelection:
    """The subnets of *tier* in *vpc*, when they span at least *zones* Availability Zones.

    Args:
        construct: who asks; its path opens the message.
        vpc: any VPC, ours or imported.
        tier: ``private`` (with egress) for compute, ``isolated`` (without a route out) for data, ``public`` for doors.

    Raises:
        ConfigurationError: no such subnets, or in too few zones.
    """
    known = _zones.setdefault(vpc, {})
    if tier not in known:
        known[tier] = sorted({subnet.availability_zone for subnet in getattr(vpc, f"{tier}_subnets")})
    found = known[tier]
    if len(found) < zones:
        raise ConfigurationError(
            f"{construct.node.path}: vpc",
            given=f"{tier} subnets in {', '.join(found) or 'no zone'}",
            allowed=f"{tier} subnets in {zones} Availability Zones or more",
            mend="hand over a PrivateNetwork's vpc, or add the subnets to yours",
        )
    return ec2.SubnetSelection(subnet_type=_TIERS[tier])
