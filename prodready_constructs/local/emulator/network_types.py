"""EC2 types that ministack's CloudFormation lacks and its EC2 API has."""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from prodready_constructs.local.emulator.calls import call, client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, made_name


def _release_address(_: str, properties: Properties) -> None:
    """An address goes with the emulator; releasing by public address is not offered."""


@creates("AWS::EC2::EIP", delete=_release_address)
def elastic_address(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("ec2", "allocate_address", {"Domain": "vpc"})
    return made["PublicIp"], {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]}


@creates("AWS::EC2::NatGateway", delete=lambda physical_id, _: client("ec2").delete_nat_gateway(NatGatewayId=physical_id))
def nat_gateway(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = dict(properties)
    if wanted.get("AvailabilityMode") == "regional" and "SubnetId" not in wanted:
        # ministack knows only zonal gateways and wants a subnet: any of the network stands in. The mode itself is kept as recorded.
        subnets = client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [wanted["VpcId"]]}])["Subnets"]
        if not subnets:
            raise ValueError(f"{logical_id}: no subnet in {wanted['VpcId']}: a regional NAT gateway must depend on the subnets it serves")
        wanted["SubnetId"] = subnets[0]["SubnetId"]
    tags = wanted.pop("Tags", [])
    gateway = call("ec2", "create_nat_gateway", wanted)["NatGateway"]["NatGatewayId"]
    if tags:
        call("ec2", "create_tags", {"Resources": [gateway], "Tags": tags})
    return gateway, {"NatGatewayId": gateway, "RouteTableId": f"rtb-{gateway[4:]}"}


@creates("AWS::EC2::FlowLog", delete=lambda physical_id, _: client("ec2").delete_flow_logs(FlowLogIds=[physical_id]))
def flow_log(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {name: value for name, value in properties.items() if name not in ("Tags", "ResourceId")}
    flow = call("ec2", "create_flow_logs", {**wanted, "ResourceIds": [properties["ResourceId"]]})["FlowLogIds"][0]
    return flow, {"Id": flow}


def read_prefix_lists() -> None:
    """ministack reports the prefix lists of a permission, but does not read them from the request that opens it."""
    original = ec2._parse_ip_permissions

    def parse(parameters: Any, prefix: str) -> Any:
        permissions = original(parameters, prefix)
        for number, permission in enumerate(permissions, start=1):
            peer = 1
            while name := ec2._p(parameters, f"{prefix}.{number}.PrefixListIds.{peer}.PrefixListId"):
                permission["PrefixListIds"].append({"PrefixListId": name})
                peer += 1
        return permissions

    ec2._parse_ip_permissions = parse


def _permission(properties: Properties) -> dict[str, Any]:
    permission: dict[str, Any] = {"IpProtocol": str(properties["IpProtocol"])}
    for port in ("FromPort", "ToPort"):
        if port in properties:
            permission[port] = int(properties[port])
    described = {"Description": properties["Description"]} if properties.get("Description") else {}
    for given, listed, member in (
        ("CidrIp", "IpRanges", "CidrIp"),
        ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("SourceSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ("DestinationSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ("SourcePrefixListId", "PrefixListIds", "PrefixListId"),
        ("DestinationPrefixListId", "PrefixListIds", "PrefixListId"),
    ):
        if given in properties:
            permission[listed] = [{member: properties[given], **described}]
    return permission


def _open(direction: str, logical_id: str, properties: Properties, stack: str) -> Made:
    authorize = getattr(client("ec2"), f"authorize_security_group_{direction}")
    rules = authorize(GroupId=properties["GroupId"], IpPermissions=[_permission(properties)]).get("SecurityGroupRules") or [{}]
    rule = rules[0].get("SecurityGroupRuleId") or made_name(stack, logical_id)
    return rule, {"Id": rule}


def _close(direction: str, properties: Properties) -> None:
    getattr(client("ec2"), f"revoke_security_group_{direction}")(GroupId=properties["GroupId"], IpPermissions=[_permission(properties)])


@creates("AWS::EC2::SecurityGroupIngress", delete=lambda _, properties: _close("ingress", properties))
def ingress(logical_id: str, properties: Properties, stack: str) -> Made:
    return _open("ingress", logical_id, properties, stack)


@creates("AWS::EC2::SecurityGroupEgress", delete=lambda _, properties: _close("egress", properties))
def egress(logical_id: str, properties: Properties, stack: str) -> Made:
    return _open("egress", logical_id, properties, stack)
