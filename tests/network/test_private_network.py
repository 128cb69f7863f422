"""PrivateNetwork: nothing reachable from the internet, egress by posture, every packet logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from prodready_constructs.contracts import MathMetric, Metric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey
from prodready_constructs.network import PrivateNetwork
from prodready_constructs.network.address_plan import plan_addresses
from prodready_constructs.posture import PRODUCTION, STAGING, NetworkPosture
from tests.support.packs import findings
from tests.support.synthesis import Template, ZonedStack, new_app, new_stack, synth, synth_in

ZONAL = replace(PRODUCTION.network, egress="zonal")


def network(posture: NetworkPosture = PRODUCTION.network, **keywords: Any) -> Template:
    return synth_in(lambda stack: PrivateNetwork(stack, "Network", posture=posture, **keywords))


@pytest.fixture(scope="module")
def built() -> tuple[PrivateNetwork, list[str], Template]:
    stack = new_stack()
    made = PrivateNetwork(stack, "Network", posture=PRODUCTION.network)
    return made, findings(stack), synth(stack)


@pytest.fixture(scope="module")
def template(built: tuple[PrivateNetwork, list[str], Template]) -> Template:
    return built[2]


@pytest.fixture(scope="module")
def public() -> tuple[PrivateNetwork, list[str], Template]:
    stack = new_stack()
    made = PrivateNetwork(stack, "Network", posture=ZONAL, public_tier=True)
    return made, findings(stack), synth(stack)


def tiers(template: Template) -> dict[str, list[str]]:
    """Subnet type -> CIDR blocks."""
    found: dict[str, list[str]] = {}
    for subnet in template.of_type("AWS::EC2::Subnet").values():
        (kind,) = [tag["Value"] for tag in subnet["Properties"]["Tags"] if tag["Key"] == "aws-cdk:subnet-type"]
        found.setdefault(kind, []).append(subnet["Properties"]["CidrBlock"])
    return found


# --- always ---


@pytest.mark.control("NET-1")
def test_default_network_has_private_and_isolated_tiers_in_every_zone_and_no_public_subnet(template: Template) -> None:
    assert tiers(template) == {
        "Private": ["10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"],
        "Isolated": ["10.0.96.0/22", "10.0.100.0/22", "10.0.104.0/22"],
    }
    zones = [subnet["Properties"]["AvailabilityZone"] for subnet in template.of_type("AWS::EC2::Subnet").values()]
    assert zones == [{"Fn::Join": ["", [{"Ref": "AWS::Region"}, letter]]} for letter in "abcabc"]


@pytest.mark.control("NET-1", "NET-5")
def test_no_route_leads_to_an_internet_gateway(template: Template) -> None:
    routes = [route["Properties"] for route in template.of_type("AWS::EC2::Route").values()]
    assert len(routes) == 3  # of the private subnets; isolated ones have none
    assert all("GatewayId" not in route and "NatGatewayId" in route for route in routes)


@pytest.mark.control("NET-2")
def test_egress_is_one_regional_nat_gateway_that_waits_for_the_internet_gateway(template: Template) -> None:
    nat = template.one("AWS::EC2::NatGateway")
    assert nat["Properties"]["AvailabilityMode"] == "regional"
    assert "SubnetId" not in nat["Properties"]
    (attachment,) = template.of_type("AWS::EC2::VPCGatewayAttachment")
    assert attachment in nat["DependsOn"]


@pytest.mark.control("NET-3")
def test_flow_logs_take_all_traffic_each_minute_into_an_encrypted_log_group(template: Template) -> None:
    flow_log = template.props("AWS::EC2::FlowLog")
    assert (flow_log["TrafficType"], flow_log["MaxAggregationInterval"], flow_log["ResourceType"]) == ("ALL", 60, "VPC")
    group = template.resources[flow_log["LogDestination"]["Fn::GetAtt"][0]]
    assert group["Properties"]["RetentionInDays"] == 90
    assert group["Properties"]["KmsKeyId"]["Fn::GetAtt"][0] in template.of_type("AWS::KMS::Key")
    assert group["DeletionPolicy"] == "Retain"


@pytest.mark.control("NET-3", "SEC-1")
def test_flow_logs_may_write_to_their_group_only(template: Template) -> None:
    policy = template.props("AWS::IAM::ManagedPolicy", "FlowLogRole")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert set(statement["Action"]) == {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}
    assert statement["Resource"]["Fn::GetAtt"][0].startswith("NetworkFlowLogs")
    trust = template.props("AWS::IAM::Role", "FlowLogRole")["AssumeRolePolicyDocument"]["Statement"][0]
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]


@pytest.mark.control("NET-4")
def test_aws_is_reached_through_endpoints(template: Template) -> None:
    endpoints = [endpoint["Properties"] for endpoint in template.of_type("AWS::EC2::VPCEndpoint").values()]
    interfaces = {
        endpoint["ServiceName"].split("us-east-1.")[1]: endpoint for endpoint in endpoints if endpoint["VpcEndpointType"] == "Interface"
    }
    assert sorted(interfaces) == ["ec2messages", "ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "ssm", "ssmmessages", "sts"]
    assert all(endpoint["PrivateDnsEnabled"] is True and len(endpoint["SubnetIds"]) == 3 for endpoint in interfaces.values())
    gateways = [endpoint for endpoint in endpoints if endpoint["VpcEndpointType"] == "Gateway"]
    assert len(gateways) == 2
    assert all(len(gateway["RouteTableIds"]) == 6 for gateway in gateways)


@pytest.mark.control("NET-4", "NET-6")
def test_one_security_group_admits_the_vpc_on_443_to_every_endpoint_and_lets_nothing_out(template: Template) -> None:
    (group_id,) = template.of_type("AWS::EC2::SecurityGroup")
    group = template.resources[group_id]["Properties"]
    (rule,) = group["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == ("10.0.0.0/16", 443, 443, "tcp")
    assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["255.255.255.255/32"]
    assert not template.of_type("AWS::EC2::SecurityGroupIngress")
    attached = [
        endpoint["Properties"]["SecurityGroupIds"]
        for endpoint in template.of_type("AWS::EC2::VPCEndpoint").values()
        if endpoint["Properties"]["VpcEndpointType"] == "Interface"
    ]
    assert attached == [[{"Fn::GetAtt": [group_id, "GroupId"]}]] * 9


@pytest.mark.control("NET-5")
def test_no_subnet_assigns_public_addresses_and_no_network_acl_is_opened(
    template: Template, public: tuple[PrivateNetwork, list[str], Template]
) -> None:
    for each in (template, public[2]):
        assert all(subnet["Properties"]["MapPublicIpOnLaunch"] is False for subnet in each.of_type("AWS::EC2::Subnet").values())
        assert not each.of_type("AWS::EC2::NetworkAclEntry")


@pytest.mark.control("NET-5")
def test_default_security_group_is_closed_by_a_function_that_may_do_nothing_else(template: Template) -> None:
    closer = template.one("Custom::VpcRestrictDefaultSG")
    assert closer["Properties"]["ServiceTimeout"] == 300
    (policy_id,) = [name for name in template.of_type("AWS::IAM::ManagedPolicy") if "DefaultSecurityGroup" in name]
    assert policy_id in closer["DependsOn"]
    statements = template.resources[policy_id]["Properties"]["PolicyDocument"]["Statement"]
    (rules,) = [statement for statement in statements if any(action.startswith("ec2:") for action in statement["Action"])]
    assert "DefaultSecurityGroup" in str(rules["Resource"])
    assert all(statement["Resource"] != "*" and "*" not in str(statement["Action"]) for statement in statements)
    role = template.props("AWS::IAM::Role", "VpcRestrictDefaultSG")
    assert set(role) == {"AssumeRolePolicyDocument"}  # no inline policy, no AWS managed policy


@pytest.mark.control("NET-5", "OPS-5")
def test_the_closing_function_is_limited_and_logged(template: Template) -> None:
    function = template.props("AWS::Lambda::Function")
    assert function["ReservedConcurrentExecutions"] == 1
    group = template.resources[function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert (group["RetentionInDays"], "KmsKeyId" in group) == (90, True)
    assert "KmsMasterKeyId" in template.resources[function["DeadLetterConfig"]["TargetArn"]["Ref"]]["Properties"]


def test_two_networks_in_one_stack_share_the_function_and_both_may_be_closed() -> None:
    stack = new_stack()
    PrivateNetwork(stack, "One", posture=STAGING.network)
    PrivateNetwork(stack, "Two", posture=STAGING.network, cidr="10.1.0.0/16", peers=["10.0.0.0/16"])
    template = synth(stack)
    assert len(template.of_type("AWS::Lambda::Function")) == 1
    assert len(template.of_type("Custom::VpcRestrictDefaultSG")) == 2
    closing = [name for name in template.of_type("AWS::IAM::ManagedPolicy") if "DefaultSecurityGroup" in name]
    assert len(closing) == 2


def test_comes_out_the_same_without_feature_flags(template: Template) -> None:
    bare = synth_in(lambda stack: PrivateNetwork(stack, "Network", posture=PRODUCTION.network), flags={})
    assert tiers(bare) == tiers(template)
    assert {resource["Type"] for resource in bare.resources.values()} == {resource["Type"] for resource in template.resources.values()}
    assert bare.props("AWS::EC2::FlowLog")["TrafficType"] == "ALL"
    assert bare.one("Custom::VpcRestrictDefaultSG")


def test_a_key_from_elsewhere_is_used() -> None:
    stack = new_stack()
    key = DataKey(stack, "Shared", description="logs", encrypts_logs=True)
    PrivateNetwork(stack, "Network", posture=STAGING.network, encryption_key=key.key)
    template = synth(stack)
    (shared,) = template.of_type("AWS::KMS::Key")
    groups = template.of_type("AWS::Logs::LogGroup").values()
    assert [group["Properties"]["KmsKeyId"] for group in groups] == [{"Fn::GetAtt": [shared, "Arn"]}] * 2


def test_records_what_the_evidence_needs(template: Template) -> None:
    (record,) = template.recorded("PrivateNetwork")
    assert record["watchable"] is True
    assert (record["tier"], record["cidr"], record["zones"], record["egress"]) == ("network", "10.0.0.0/16", 3, "regional")
    assert {claim["control"] for claim in record["controls"]} == {f"NET-{number}" for number in range(1, 7)}


def test_stateful_logical_ids_stay(template: Template) -> None:
    assert list(template.of_type("AWS::EC2::VPC")) == ["NetworkVpc7FB7348F"]
    assert sorted(template.of_type("AWS::Logs::LogGroup")) == [
        "NetworkDefaultSecurityGroupLogsGroup358E49A3",
        "NetworkFlowLogsGroupC25B4C56",
    ]
    assert list(template.of_type("AWS::KMS::Key")) == ["NetworkKey5494BDD7"]


# --- posture ---


@pytest.mark.control("NET-1", "NET-2", "NET-3")
def test_staging_is_smaller_and_as_closed() -> None:
    staging = network(STAGING.network, cidr="10.1.0.0/16")
    assert {kind: len(blocks) for kind, blocks in tiers(staging).items()} == {"Private": 2, "Isolated": 2}
    assert len(staging.of_type("AWS::EC2::NatGateway")) == 1
    assert staging.props("AWS::Logs::LogGroup", "FlowLogs")["RetentionInDays"] == 30


def test_a_zone_added_later_moves_no_subnet(template: Template) -> None:
    two = tiers(network(replace(PRODUCTION.network, zones=2)))
    three = tiers(template)
    assert {kind: blocks[:2] for kind, blocks in three.items()} == two


@pytest.mark.control("NET-1")
def test_a_public_tier_added_later_moves_no_subnet(template: Template, public: tuple[PrivateNetwork, list[str], Template]) -> None:
    with_public = tiers(public[2])
    assert with_public.pop("Public") == ["10.0.120.0/24", "10.0.121.0/24", "10.0.122.0/24"]
    assert with_public == tiers(template)


@pytest.mark.control("NET-2")
def test_zonal_egress_is_a_nat_gateway_in_each_zone(public: tuple[PrivateNetwork, list[str], Template]) -> None:
    gateways = public[2].of_type("AWS::EC2::NatGateway").values()
    assert len({gateway["Properties"]["SubnetId"]["Ref"] for gateway in gateways}) == 3


@pytest.mark.control("NET-2")
def test_single_egress_is_one_nat_gateway() -> None:
    single = network(replace(PRODUCTION.network, egress="single"), public_tier=True)
    nat = single.props("AWS::EC2::NatGateway")
    assert "Public" in nat["SubnetId"]["Ref"]
    targets = {
        route["Properties"]["NatGatewayId"]["Ref"]
        for route in single.of_type("AWS::EC2::Route").values()
        if "NatGatewayId" in route["Properties"]
    }
    assert len(targets) == 1


@pytest.mark.control("NET-2", "NET-4")
def test_without_egress_compute_reaches_aws_through_endpoints_and_nothing_else() -> None:
    stack = new_stack()
    made = PrivateNetwork(stack, "Network", posture=replace(PRODUCTION.network, egress="none"))
    assert len(made.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnet_ids) == 3
    assert made.alarm_specs == ()
    assert made.graphs == ()
    template = synth(stack)
    assert template.recorded("PrivateNetwork")[0]["watchable"] is False
    assert not template.of_type("AWS::EC2::NatGateway")
    assert not template.of_type("AWS::EC2::InternetGateway")
    assert not template.of_type("AWS::EC2::Route")
    assert len(template.of_type("AWS::EC2::VPCEndpoint")) == 11


@pytest.mark.control("NET-4")
def test_endpoints_follow_the_posture() -> None:
    few = network(replace(PRODUCTION.network, interface_endpoints=("bedrock-runtime", "sqs")))
    names = {
        endpoint["Properties"]["ServiceName"]
        for endpoint in few.of_type("AWS::EC2::VPCEndpoint").values()
        if endpoint["Properties"]["VpcEndpointType"] == "Interface"
    }
    assert names == {"com.amazonaws.us-east-1.bedrock-runtime", "com.amazonaws.us-east-1.sqs"}
    assert any("BedrockRuntimeEndpoint" in name for name in few.resources)


# --- refuses ---


@pytest.mark.control("NET-1")
@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"cidr": "ten"}, r"Stack/Network: cidr: got 'ten'; allowed: an IPv4 CIDR block; write it as 10\.0\.0\.0/16"),
        ({"cidr": "10.0.0.0/33"}, r"cidr: got '10\.0\.0\.0/33'; allowed: an IPv4 CIDR block;"),
        ({"cidr": "10.0.0.0"}, r"cidr: got '10\.0\.0\.0'; allowed: an IPv4 CIDR block with its prefix length; write it as"),
        ({"cidr": "10.0.1.0/16"}, r"cidr: got '10\.0\.1\.0/16'; allowed: a CIDR block without host bits; use 10\.0\.0\.0/16"),
        (
            {"cidr": "52.0.0.0/16"},
            r"cidr: got '52\.0\.0\.0/16'; allowed: private address space: 10\.0\.0\.0/8, .*; public addresses belong",
        ),
        ({"cidr": "172.32.0.0/16"}, r"got '172\.32\.0\.0/16'; allowed: private address space"),
        ({"cidr": "10.0.0.0/24"}, r"cidr: got '10\.0\.0\.0/24'; allowed: /16 to /20 \(.*2 tiers in 6 zones\); use 10\.0\.0\.0/20"),
        (
            {"cidr": "10.0.0.0/20", "public_tier": True},
            r"got '10\.0\.0\.0/20'; allowed: /16 to /19 \(.*3 tiers in 6 zones\); use 10\.0\.0\.0/19",
        ),
        ({"cidr": "10.0.0.0/8"}, r"got '10\.0\.0\.0/8'; allowed: /16 to /20 .*; use 10\.0\.0\.0/16"),
        (
            {"peers": ["10.0.128.0/20"]},
            r"got '10\.0\.0\.0/16'; allowed: a block that does not overlap the peer 10\.0\.128\.0/20; overlapping",
        ),
        ({"peers": ["10.9.0.0"]}, r"Network: peers: got '10\.9\.0\.0'; allowed: an IPv4 CIDR block with its prefix length"),
        (
            {"posture": replace(PRODUCTION.network, egress="single")},
            r"posture\.egress: got 'single'; allowed: 'regional' or 'none' without public subnets; .*public_tier=True",
        ),
        ({"posture": ZONAL}, r"posture\.egress: got 'zonal'"),
    ],
)
def test_refuses(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        PrivateNetwork(new_stack(), "Network", **{"posture": PRODUCTION.network, **keywords})


@pytest.mark.parametrize("prefix", [16, 18, 19, 20])
def test_the_tiers_fit_into_every_allowed_block(prefix: int) -> None:
    plan = plan_addresses("Network", cidr=f"10.0.0.0/{prefix}", public_tier=prefix < 20, peers=())
    masks = [plan.private_mask, plan.isolated_mask, *([plan.public_mask] if prefix < 20 else [])]
    assert sum(6 * 2 ** (32 - mask) for mask in masks) <= 2 ** (32 - prefix)
    assert max(masks) <= (27 if prefix < 20 else 28)


def test_the_smallest_network_synthesizes() -> None:
    small = network(cidr="10.0.0.0/20")
    assert tiers(small)["Isolated"] == ["10.0.6.0/26", "10.0.6.64/26", "10.0.6.128/26"]


@pytest.mark.control("NET-1")
def test_refuses_fewer_zones_than_the_posture_asks() -> None:
    class TwoZones(ZonedStack):
        @property
        def availability_zones(self) -> list[str]:
            return ["us-west-1a", "us-west-1c"]

    stack = TwoZones(new_app(), "Stack", env=cdk.Environment(account="111122223333", region="us-west-1"))
    with pytest.raises(
        ConfigurationError, match=r"zones: got 'us-west-1a, us-west-1c'; allowed: 3 or more, as posture\.zones asks; .*lower posture\.zones"
    ):
        PrivateNetwork(stack, "Network", posture=PRODUCTION.network)


@pytest.mark.control("NET-1")
def test_refuses_zones_that_were_never_looked_up() -> None:
    stack = cdk.Stack(new_app(), "Stack", env=cdk.Environment(account="111122223333", region="us-east-1"))
    with pytest.raises(
        ConfigurationError, match=r"got 'dummy1a, dummy1b, dummy1c'; allowed: the names of real Availability Zones; override"
    ):
        PrivateNetwork(stack, "Network", posture=PRODUCTION.network)


def test_an_environment_agnostic_stack_takes_two_zones_and_refuses_three() -> None:
    stack = cdk.Stack(new_app(), "Stack")
    with pytest.raises(ConfigurationError, match="got '2 of an environment-agnostic stack'; allowed: 3 or more"):
        PrivateNetwork(stack, "Three", posture=PRODUCTION.network)
    agnostic = cdk.Stack(new_app(), "Agnostic")
    PrivateNetwork(agnostic, "Network", posture=STAGING.network)
    assert len(synth(agnostic).of_type("AWS::EC2::Subnet")) == 4


@pytest.mark.parametrize("endpoints", [("com.amazonaws.us-east-1.Kms",), ("kms", "kms"), ("",)])
def test_posture_refuses_endpoints_that_are_no_short_names(endpoints: Sequence[str]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"NetworkPosture\.interface_endpoints: got .*; allowed: short names of AWS services, each once"
    ):
        replace(PRODUCTION.network, interface_endpoints=tuple(endpoints))


# --- wakes ---


@pytest.mark.control("NET-2")
def test_refused_connections_wake_someone_and_lost_packets_wait(built: tuple[PrivateNetwork, list[str], Template]) -> None:
    ports, loss = built[0].alarm_specs
    assert (ports.id, ports.severity, ports.threshold, ports.missing_data) == ("NatPortAllocation", Severity.CRITICAL, 0, "notBreaching")
    assert isinstance(ports.metric, Metric)
    assert (ports.metric.namespace, ports.metric.name) == ("AWS/NATGateway", "ErrorPortAllocation")
    assert (loss.id, loss.severity, loss.threshold) == ("NatPacketLoss", Severity.WARNING, 0.01)
    assert isinstance(loss.metric, MathMetric)
    assert {metric.name for metric in loss.metric.using.values()} == {"PacketsDropCount", "PacketsInFromSource", "PacketsInFromDestination"}
    assert all(set(metric.dimensions) == {"NatGatewayId"} for metric in loss.metric.using.values())


def test_every_alarm_has_a_runbook_with_this_gateway(built: tuple[PrivateNetwork, list[str], Template]) -> None:
    stack = cdk.Stack.of(built[0])
    for spec in built[0].alarm_specs:
        assert spec.runbook.meaning
        assert spec.runbook.causes
        assert "NatGatewayId" in str(stack.resolve(spec.runbook.first_commands[0]))


def test_zonal_gateways_are_watched_each(public: tuple[PrivateNetwork, list[str], Template]) -> None:
    assert [spec.id for spec in public[0].alarm_specs] == [
        f"{kind}{n}" for n in (1, 2, 3) for kind in ("NatPortAllocation", "NatPacketLoss")
    ]
    assert {graph.title: len(graph.metrics) for graph in public[0].graphs} == {"NAT gateway bytes": 6, "NAT gateway connections": 6}


# --- clean ---


@pytest.mark.control("GOV-1")
def test_default_network_has_no_finding(built: tuple[PrivateNetwork, list[str], Template]) -> None:
    assert built[1] == []


@pytest.mark.control("GOV-2")
def test_a_public_tier_has_only_the_findings_that_it_waives(public: tuple[PrivateNetwork, list[str], Template]) -> None:
    waived = sorted(
        f"{entry['data']['rule']} @ {path}"
        for path, entries in public[2].metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    )
    assert public[1] == waived
    assert len(waived) == 9
    assert all(path.endswith("/DefaultRoute") for path in waived)
