"""A VPC in which nothing is reachable from the internet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, REGION, ComposedRole, DataKey, EncryptedLogGroup, Part
from prodready_constructs.network import nat_watch
from prodready_constructs.network.address_plan import ZONES_PLANNED, plan_addresses
from prodready_constructs.network.default_security_group import harden_closing
from prodready_constructs.network.endpoints import PrivateEndpoints
from prodready_constructs.posture import NetworkPosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="NET-1",
        how="Private and isolated subnets in every zone of the posture; public subnets only when asked for",
        frameworks=("NIST 800-53 r5 SC-7", "PCI DSS 3.2.1 1.3", "SOC 2 CC6.6"),
    ),
    ControlClaim(
        control="NET-2",
        how="Egress by a regional NAT gateway, one NAT gateway a zone, a single one, or none, as the posture says",
        frameworks=("NIST 800-53 r5 SC-5", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="NET-3",
        how="Flow logs of all traffic, aggregated each minute, in an encrypted log group with a retention",
        frameworks=("NIST 800-53 r5 AU-12", "HIPAA 164.312(b)", "PCI DSS 3.2.1 10.1", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="NET-4",
        how="S3 and DynamoDB gateway endpoints; interface endpoints whose security group admits the VPC on 443 only",
        frameworks=("NIST 800-53 r5 SC-7(4)", "PCI DSS 3.2.1 1.3.4"),
    ),
    ControlClaim(
        control="NET-5",
        how="The default security group has no rule; no subnet assigns public addresses; no network ACL is opened",
        frameworks=("NIST 800-53 r5 AC-4", "PCI DSS 3.2.1 1.2.1", "CIS AWS 5.4"),
    ),
    ControlClaim(control="NET-6", how="The only rule by CIDR is the VPC's own block to its endpoints on 443", frameworks=("SOC 2 CC6.6",)),
)

_PUBLIC_ROUTE_RULES = (
    "HIPAA.Security-VPCNoUnrestrictedRouteToIGW",
    "NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW",
    "PCI.DSS.321-VPCNoUnrestrictedRouteToIGW",
)


class PrivateNetwork(Part):
    """A VPC with a private tier (compute, with egress) and an isolated tier (data, without a route out) in every zone.

    Always: no public subnet unless *public_tier*, and then without automatic public addresses; flow logs of all traffic, encrypted and
    kept; gateway endpoints for S3 and DynamoDB; interface endpoints that admit only this VPC on 443; a default security
    group without rules; AWS's network ACL untouched. Addresses are planned for six zones, so a zone added later moves nothing.
    *posture* decides how much: zones, egress, interface endpoints, retention of the flow logs.

    Args:
        posture: ``PRODUCTION.network``, or yours.
        cidr: the VPC's IPv4 block: private address space, /16 to /20 (/19 with a public tier).
        public_tier: adds public subnets, for a public load balancer and zonal NAT gateways.
        peers: blocks of networks that will be peered with this one and must not overlap it.
        encryption_key: encrypts the logs; its policy must admit CloudWatch Logs. An own ``DataKey`` when None.

    Raises:
        ConfigurationError: a bad block, egress that needs public subnets, or fewer or unknown Availability Zones.

    Sources: AWS Well-Architected SEC05-BP01; https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: NetworkPosture,
        cidr: str = "10.0.0.0/16",
        public_tier: bool = False,
        peers: Sequence[str] = (),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        plan = plan_addresses(where, cidr=cidr, public_tier=public_tier, peers=peers)
        zones = _zones(where, self.stack, posture.zones)
        if posture.egress in ("single", "zonal") and not public_tier:
            raise ConfigurationError(
                f"{where}: posture.egress",
                given=posture.egress,
                allowed="'regional' or 'none' without public subnets",
                mend="a zonal NAT gateway stands in a public subnet: use egress='regional', or public_tier=True",
            )
        key = encryption_key or DataKey(self, "Key", description=f"Flow logs of {where}", encrypts_logs=True).key

        tiers = [
            ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=plan.private_mask),
            ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=plan.isolated_mask),
        ]
        if public_tier:  # last, so that adding it later moves no other subnet
            tiers.append(
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=plan.public_mask, map_public_ip_on_launch=False
                )
            )
        nat = ec2.NatProvider.regional_gateway() if posture.egress == "regional" else ec2.NatProvider.gateway()
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(plan.cidr),
            availability_zones=zones,
            reserved_azs=ZONES_PLANNED - posture.zones,
            subnet_configuration=tiers,
            nat_gateway_provider=None if posture.egress == "none" else nat,
            nat_gateways={"regional": None, "zonal": posture.zones, "single": 1, "none": 0}[posture.egress],
            create_internet_gateway=public_tier or posture.egress != "none",
            enable_dns_hostnames=True,
            enable_dns_support=True,
            restrict_default_security_group=True,
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        self._gateways: tuple[str, ...] = ()
        if posture.egress == "regional":
            inside = self.vpc.node
            gateway = cast("ec2.CfnNatGateway", inside.find_child("RegionalNatGateway"))
            # The CDK waits for the internet gateway but not for its attachment, without which AWS refuses the NAT gateway.
            gateway.add_resource_dependency(cast("ec2.CfnVPCGatewayAttachment", inside.find_child("VPCGW")))
            self._gateways = (gateway.attr_nat_gateway_id,)
        elif posture.egress != "none":
            self._gateways = tuple(gateway.gateway_id for gateway in nat.configured_gateways)
        harden_closing(self, vpc=self.vpc, encryption_key=key, posture=posture)
        self._log_traffic(posture, key)

        #: The one security group of all interface endpoints: 443 from this VPC, nothing out.
        self.endpoint_security_group = ec2.SecurityGroup(
            self, "EndpointSecurityGroup", vpc=self.vpc, description=f"Interface endpoints of {where}", allow_all_outbound=False
        )
        self.endpoint_security_group.add_ingress_rule(ec2.Peer.ipv4(plan.cidr), ec2.Port.tcp(443), "HTTPS from this VPC")
        #: What of AWS is reached without the internet; for ``SessionBastion(endpoints=...)``.
        self.endpoints = PrivateEndpoints(security_group=self.endpoint_security_group, services=posture.interface_endpoints)
        for service in posture.interface_endpoints:
            ec2.InterfaceVpcEndpoint(
                self,
                f"{''.join(part.capitalize() for part in service.replace('-', '.').split('.'))}Endpoint",
                vpc=self.vpc,
                service=ec2.InterfaceVpcEndpointAwsService(service),
                subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
                security_groups=[self.endpoint_security_group],
                private_dns_enabled=True,
                open=False,
            )
        if public_tier:
            self._accept_public_routes()
        record(
            self,
            controls=CONTROLS,
            tier="network",
            watchable=bool(self._gateways),
            cidr=plan.cidr,
            zones=posture.zones,
            egress=posture.egress,
        )

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Connections a NAT gateway had to refuse, and packets it lost."""
        return nat_watch.alarm_specs(self._gateways)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Bytes and connections through the NAT gateways."""
        return nat_watch.graphs(self._gateways)

    def _log_traffic(self, posture: NetworkPosture, key: kms.IKey) -> None:
        group = EncryptedLogGroup(self, "FlowLogs", retention=posture.flow_log_retention, encryption_key=key).log_group.log_group_arn
        role = ComposedRole(
            self,
            "FlowLogRole",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}),
            description="Writes the flow logs of one VPC",
            statements=[{"Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], "Resource": group}],
        )
        flow_log = ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_id=self.vpc.vpc_id,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group,
            deliver_logs_permission_arn=role.role_arn,
            max_aggregation_interval=60,
        )
        flow_log.node.add_dependency(role.policy)

    def _accept_public_routes(self) -> None:
        for subnet in self.vpc.public_subnets:
            waive(
                subnet.node.find_child("DefaultRoute"),
                rule=_PUBLIC_ROUTE_RULES,
                because="The public tier was asked for: it holds only load balancers and NAT gateways, assigns no public "
                "addresses, and compute and data stand in tiers without this route",
                owner="platform",
            )


def _zones(where: str, stack: Stack, wanted: int) -> list[str]:
    """The first *wanted* zones of *stack*, as ``<AWS::Region>a``: a template that spells its region out is one of no other (W3010)."""
    zones, region = stack.availability_zones, stack.region
    if any(zone.startswith("dummy") for zone in zones):
        raise ConfigurationError(
            f"{where}: availability zones",
            given=", ".join(zones),
            allowed="the names of real Availability Zones",
            mend="override the stack's availability_zones with those of its region: a synth without credentials cannot look them up",
        )
    if len(zones) < wanted:
        raise ConfigurationError(
            f"{where}: availability zones",
            given=f"{len(zones)} of an environment-agnostic stack" if Token.is_unresolved(zones[0]) else ", ".join(zones),
            allowed=f"{wanted} or more, as posture.zones asks",
            mend="state account and region on the stack and override its availability_zones, or lower posture.zones",
        )
    return [f"{REGION}{zone.removeprefix(region)}" if zone.startswith(region) else zone for zone in zones[:wanted]]
