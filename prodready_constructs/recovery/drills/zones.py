"""What can be broken in one Availability Zone: its network, and the power of a cache.

Source: https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, path_of
from prodready_constructs.recovery.drills.faults import EVENTS, RESOLVES
from prodready_constructs.recovery.drills.planned import Planned, Statement, check_duration, check_zone, iso_8601

#: How much of a subnet's traffic is cut off; with ``all``, network interfaces within the subnet still reach each other.
Scope = Literal["all", "availability-zone", "vpc", "s3", "dynamodb"]
SCOPES: tuple[Scope, ...] = ("all", "availability-zone", "vpc", "s3", "dynamodb")
#: ARNs in one target (AWS FIS API, ExperimentTemplateTarget).
MOST_ARNS = 5
#: What a cache is found by: FIS takes no ARN for it.
CACHE_TAG = "drill-target"
_ACLS = f"arn:{PARTITION}:ec2:{REGION}:{ACCOUNT_ID}:network-acl/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOffZone:
    """The subnets of one Availability Zone lose their network, by a copy of their network ACL that FIS puts in place and takes away again.

    Attributes:
        zone: ``us-east-1a``; one of the VPC's.
        lasts: 1 minute to 12 hours. scope: what is denied; everything that enters or leaves the subnets when not said.
    """

    vpc: ec2.IVpc
    zone: str
    lasts: timedelta
    scope: Scope = "all"

    def planned(self, where: str) -> tuple[Planned, ...]:
        where = f"{where}: CutOffZone"
        check_duration(f"{where}: lasts", self.lasts)
        if self.scope not in SCOPES:
            raise ConfigurationError(f"{where}: scope", given=self.scope, allowed=", ".join(SCOPES), mend="choose one of them")
        vpc = self.vpc
        subnets = [*vpc.public_subnets, *vpc.private_subnets, *vpc.isolated_subnets]
        # A network of this library says its zones as <region>a, so that its template is one of any region.
        zones = [subnet.availability_zone.replace(REGION, Stack.of(vpc).region) for subnet in subnets]
        check_zone(where, self.zone, zones)
        found = tuple(
            f"arn:{PARTITION}:ec2:{REGION}:{ACCOUNT_ID}:subnet/{subnet.subnet_id}"
            for subnet, zone in zip(subnets, zones, strict=True)
            if zone == self.zone
        )
        if len(found) > MOST_ARNS:
            raise ConfigurationError(
                where,
                given=f"{len(found)} subnets in {self.zone}",
                allowed=f"{MOST_ARNS} at most: one FIS target holds no more",
                mend="give a VPC with fewer tiers: ec2.Vpc.from_vpc_attributes(...) with the subnets that matter",
            )
        return (
            Planned(
                name="CutOffZone",
                does=f"denies the traffic of the subnets in {self.zone} (scope {self.scope}) for {iso_8601(self.lasts)}",
                action="aws:network:disrupt-connectivity",
                target_key="Subnets",
                resource_type="aws:ec2:subnet",
                selection="ALL",
                arns=found,
                settings={"duration": iso_8601(self.lasts), "scope": self.scope},
                lasts=self.lasts,
                allowed=_network_acls(vpc.vpc_arn, found),
                reads=(
                    "ec2:DescribeManagedPrefixLists",
                    "ec2:DescribeNetworkAcls",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                    "ec2:GetManagedPrefixListEntries",
                ),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptCachePower:
    """The nodes of one zone of a replication group lose their power, and none is replaced in that zone: ``ReplicatedCache.group``.

    The group gets the tag ``drill-target``, by which FIS finds it. Needs automatic failover and replicas in other zones; a serverless cache
    cannot be drilled this way.

    Attributes:
        zone: ``us-east-1a``. lasts: 1 minute to 12 hours.
    """

    group: elasticache.CfnReplicationGroup
    zone: str
    lasts: timedelta

    def planned(self, where: str) -> tuple[Planned, ...]:
        check_duration(f"{where}: InterruptCachePower: lasts", self.lasts)
        name = path_of(self.group)
        self.group.tags.set_tag(CACHE_TAG, name)
        return (
            Planned(
                name="InterruptCachePower",
                does=f"takes the power from the cache's nodes in {self.zone} for {iso_8601(self.lasts)}",
                action="aws:elasticache:replicationgroup-interrupt-az-power",
                target_key="ReplicationGroups",
                resource_type="aws:elasticache:replicationgroup",
                selection="ALL",
                tags={CACHE_TAG: name},
                parameters={"availabilityZoneIdentifier": self.zone},
                settings={"duration": iso_8601(self.lasts)},
                lasts=self.lasts,
                allowed=(
                    {
                        "Sid": "Cache",
                        "Action": "elasticache:InterruptClusterAzPower",
                        "Resource": f"arn:{PARTITION}:elasticache:{REGION}:{ACCOUNT_ID}:replicationgroup:{self.group.ref}",
                    },
                ),
                reads=("elasticache:DescribeReplicationGroups", RESOLVES),
                shows=EVENTS.format("elasticache", "replication-group", self.group.ref),
            ),
        )


def _network_acls(vpc: str, subnets: tuple[str, ...]) -> tuple[Statement, ...]:
    """Network ACLs that FIS itself made, and those of these subnets: after AWSFaultInjectionSimulatorNetworkAccess, with fewer resources."""
    made = {"StringEquals": {"aws:RequestTag/managedByFIS": "true"}}
    return (
        {"Sid": "MakeAclInVpc", "Action": "ec2:CreateNetworkAcl", "Resource": vpc},
        {"Sid": "MakeAcl", "Action": "ec2:CreateNetworkAcl", "Resource": _ACLS, "Condition": made},
        {
            "Sid": "TagAcl",
            "Action": "ec2:CreateTags",
            "Resource": _ACLS,
            "Condition": {"StringEquals": {**made["StringEquals"], "ec2:CreateAction": "CreateNetworkAcl"}},
        },
        {
            "Sid": "OwnAcl",
            "Action": ["ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAcl"],
            "Resource": _ACLS,
            "Condition": {"StringEquals": {"aws:ResourceTag/managedByFIS": "true"}},
        },
        {"Sid": "ChangeAcl", "Action": "ec2:ReplaceNetworkAclAssociation", "Resource": [*subnets, _ACLS]},
    )
