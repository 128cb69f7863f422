"""A database or cache that the internet can reach."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true
from prodready_constructs.evidence.assembly import Resource

DATABASES = ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::Redshift::Cluster", "AWS::DMS::ReplicationInstance")
SUBNET_GROUPS = (
    "AWS::DocDB::DBSubnetGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::MemoryDB::SubnetGroup",
    "AWS::Neptune::DBSubnetGroup",
    "AWS::RDS::DBSubnetGroup",
    "AWS::Redshift::ClusterSubnetGroup",
)


def _public_subnets(subject: Subject) -> set[Resource]:
    """Subnets whose route table leads to an internet gateway."""
    gateways = {
        table
        for route in subject.of_type("AWS::EC2::Route")
        if any(one.type == "AWS::EC2::InternetGateway" for one in subject.targets(route, route.get("GatewayId")))
        or str(route.get("GatewayId")).startswith("igw-")
        for table in subject.targets(route, route.get("RouteTableId"))
    }
    return {
        subnet
        for link in subject.of_type("AWS::EC2::SubnetRouteTableAssociation")
        if gateways.intersection(subject.targets(link, link.get("RouteTableId")))
        for subnet in subject.targets(link, link.get("SubnetId"))
    }


def _find(subject: Subject) -> Iterator[Hit]:
    for database in subject.of_type(*DATABASES):
        public = database.get("PubliclyAccessible")
        # Database Migration Service opens an instance unless it is told not to.
        if is_true(public) or (public is None and database.type == "AWS::DMS::ReplicationInstance"):
            yield hit(database, note="It has a public address.")
    public_subnets = _public_subnets(subject)
    for group in subject.of_type(*SUBNET_GROUPS):
        if names := sorted(one.path for one in subject.targets(group, group.get("SubnetIds")) if one in public_subnets):
            yield hit(group, note=f"It lies in public subnets: {', '.join(names)}.")


RULE = Rule(
    name="PublicDatabase",
    controls=("DB-2",),
    why="The internet can reach the data: one leaked password, or one flaw of the engine, is enough.",
    fix="publicly_accessible=False and isolated subnets (network.PrivateNetwork); people reach it through network.SessionBastion",
    find=_find,
)
