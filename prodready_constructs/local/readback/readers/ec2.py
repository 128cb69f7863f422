"""The network."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same
from prodready_constructs.local.readback.values import matches


def _vpc(aws: Aws, physical_id: str, _: Properties) -> Any:
    ec2 = aws("ec2")
    described = ec2.describe_vpcs(VpcIds=[physical_id])["Vpcs"][0]
    for attribute in ("EnableDnsHostnames", "EnableDnsSupport"):
        name = attribute[0].lower() + attribute[1:]
        described[attribute] = ec2.describe_vpc_attribute(VpcId=physical_id, Attribute=name)[attribute]["Value"]
    return described


def _subnet(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ec2").describe_subnets(SubnetIds=[physical_id])["Subnets"][0]


def _security_group(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ec2").describe_security_groups(GroupIds=[physical_id])["SecurityGroups"][0]


def _group_with_own_rules(aws: Aws, physical_id: str, properties: Properties) -> Any:
    """The group with the permissions that stand in its own resource; those of rules that are resources are read with them."""
    group = _security_group(aws, physical_id, properties)
    for name, direction in (("SecurityGroupIngress", "IpPermissions"), ("SecurityGroupEgress", "IpPermissionsEgress")):
        own = [_opening(rule) for rule in properties.get(name, [])]
        group[name] = [each for each in _one_by_one(group[direction]) if any(matches(rule, each) for rule in own)]
    return group


def _openings(rules: Any) -> Any:
    return [_opening(rule) for rule in rules]


def _nat_gateway(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ec2").describe_nat_gateways(NatGatewayIds=[physical_id])["NatGateways"][0]


def _flow_log(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ec2").describe_flow_logs(FlowLogIds=[physical_id])["FlowLogs"][0]


def _endpoint(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ec2").describe_vpc_endpoints(VpcEndpointIds=[physical_id])["VpcEndpoints"][0]


def _table(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ec2").describe_route_tables(RouteTableIds=[physical_id])["RouteTables"][0]


def _association(aws: Aws, _: str, properties: Properties) -> Any:
    found = _table(aws, str(properties["RouteTableId"]), properties)["Associations"]
    return next(each for each in found if each.get("SubnetId") == properties["SubnetId"])


def _template(aws: Aws, physical_id: str, _: Properties) -> Any:
    """The newest version: CloudFormation makes one with every change."""
    versions = aws("ec2").describe_launch_template_versions(LaunchTemplateId=physical_id, Versions=["$Latest"])
    return versions["LaunchTemplateVersions"][0]


def _volumes(value: Any) -> Any:
    """Block devices without the key, which the emulator does not tell."""
    hidden = "KmsKeyId"
    return [
        {**each, "Ebs": {name: item for name, item in each["Ebs"].items() if name != hidden}} if "Ebs" in each else each for each in value
    ]


def _interfaces(value: Any) -> Any:
    """Network interfaces by what says who may reach them; the emulator tells no more."""
    return [
        {name: each[name] for name in ("DeviceIndex", "AssociatePublicIpAddress", "Groups", "SubnetId") if name in each} for each in value
    ]


#: What hardening says of an instance.
_INSTANCE = (
    *("ImageId", "InstanceType", "KeyName", "UserData", "SecurityGroupIds", "IamInstanceProfile", "MetadataOptions", "Monitoring"),
    *("TagSpecifications",),
)


def _routes(aws: Aws, _: str, properties: Properties) -> Any:
    table = aws("ec2").describe_route_tables(RouteTableIds=[properties["RouteTableId"]])["RouteTables"][0]
    wanted = properties.get("DestinationCidrBlock")
    return next(route for route in table["Routes"] if route.get("DestinationCidrBlock") == wanted)


_PEERS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
}


def _opening(rule: Any) -> dict[str, Any]:
    """A rule of a template as one of the API's permissions."""
    peers = {listed: [{member: rule[name]}] for name, (listed, member) in _PEERS.items() if name in rule}
    ports = {name: rule[name] for name in ("FromPort", "ToPort") if name in rule and str(rule["IpProtocol"]) != "-1"}
    return {"IpProtocol": str(rule["IpProtocol"]), **ports, **peers}


def _one_by_one(permissions: Any) -> list[dict[str, Any]]:
    """The API's permissions, one peer each, as templates write them."""
    return [
        {**{name: each[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in each}, listed: [peer]}
        for each in permissions
        for listed in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
        for peer in each.get(listed, [])
    ]


def _described(live: Any) -> Any:
    """What an opening is for stands with its peer."""
    return next(peers[0].get("Description") for peers in (live[listed] for listed, _ in _PEERS.values() if listed in live) if peers)


def _no_prefix_list(properties: Properties) -> bool:
    """The emulator keeps no description of an opening for a prefix list."""
    return not any(name.endswith("PrefixListId") for name in properties)


def _rule(direction: str) -> Reader:
    """A rule that is a resource of its own: every permission of its group, to find it among."""

    def fetch(aws: Aws, _: str, properties: Properties) -> Any:
        wanted = _opening(properties)
        permissions = _one_by_one(_security_group(aws, str(properties["GroupId"]), {})[direction])
        opened = next((each for each in permissions if matches(wanted, each)), None)
        return {} if opened is None else {**opened, "GroupId": properties["GroupId"]}

    peers = (Check(name, f"{listed}.0.{member}") for name, (listed, member) in _PEERS.items())
    return Reader(
        fetch, (*same("IpProtocol", "FromPort", "ToPort", "GroupId"), Check("Description", _described, when=_no_prefix_list), *peers)
    )


READERS = {
    "AWS::EC2::VPC": Reader(_vpc, same("CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy")),
    "AWS::EC2::Subnet": Reader(_subnet, same("CidrBlock", "AvailabilityZone", "MapPublicIpOnLaunch", "VpcId")),
    "AWS::EC2::SecurityGroup": Reader(
        _group_with_own_rules,
        (
            *same("VpcId"),
            Check("GroupDescription", "Description"),
            Check("SecurityGroupEgress", "SecurityGroupEgress", _openings),
            Check("SecurityGroupIngress", "SecurityGroupIngress", _openings),
        ),
    ),
    "AWS::EC2::SecurityGroupIngress": _rule("IpPermissions"),
    "AWS::EC2::SecurityGroupEgress": _rule("IpPermissionsEgress"),
    "AWS::EC2::NatGateway": Reader(_nat_gateway, same("VpcId", "ConnectivityType", "SubnetId")),
    "AWS::EC2::LaunchTemplate": Reader(
        _template,
        (
            *(Check(f"LaunchTemplateData.{name}", f"LaunchTemplateData.{name}") for name in _INSTANCE),
            Check("LaunchTemplateData.BlockDeviceMappings", "LaunchTemplateData.BlockDeviceMappings", _volumes),
            Check("LaunchTemplateData.NetworkInterfaces", "LaunchTemplateData.NetworkInterfaces", _interfaces),
            Check("LaunchTemplateName", "LaunchTemplateName"),
        ),
    ),
    "AWS::EC2::FlowLog": Reader(
        _flow_log,
        (
            *same("ResourceId", "TrafficType", "LogDestinationType"),
            Check("LogGroupName", "LogDestination"),
            Check("LogDestination", "LogDestination"),
        ),
    ),
    "AWS::EC2::VPCEndpoint": Reader(_endpoint, same("VpcId", "ServiceName", "VpcEndpointType", "SubnetIds", "RouteTableIds")),
    "AWS::EC2::RouteTable": Reader(_table, same("VpcId")),
    "AWS::EC2::SubnetRouteTableAssociation": Reader(_association, same("SubnetId", "RouteTableId")),
    "AWS::EC2::Route": Reader(_routes, same("DestinationCidrBlock", "NatGatewayId", "GatewayId")),
}
