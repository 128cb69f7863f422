"""VPC, endpoints, flow logs, and the emptied default security group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from aws_cdk import CfnResource, CustomResource, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from bench.twins.plain.keys import ACCOUNT, FOR_LOGS, PARTITION, REGION, allow, new_key, new_log_group

ENDPOINTS = ("ecr.api", "ecr.dkr", "ec2messages", "kms", "logs", "secretsmanager", "ssm", "ssmmessages", "sts")


@dataclass(frozen=True)
class Network:
    """What the other parts need."""

    vpc: ec2.Vpc
    nat_gateway: str


def add_network(stack: Stack) -> Network:
    """Three zones, a private and an isolated subnet each, a regional NAT gateway."""
    home = Construct(stack, "Network")
    key = new_key(home, "Flow logs of Shop/Network", FOR_LOGS)
    nat = ec2.NatProvider.regional_gateway()
    vpc = ec2.Vpc(
        home,
        "Vpc",
        ip_addresses=ec2.IpAddresses.cidr("10.0.0.0/16"),
        availability_zones=[f"{REGION}{letter}" for letter in "abc"],
        reserved_azs=3,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20),
            ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22),
        ],
        nat_gateway_provider=nat,
        create_internet_gateway=True,
        restrict_default_security_group=True,
        gateway_endpoints={
            "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
            "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
        },
    )
    # The CDK waits for the internet gateway but not for its attachment.
    vpc.node.find_child("RegionalNatGateway").node.add_dependency(vpc.node.find_child("VPCGW"))
    _harden_default_security_group(home, stack, vpc, key)
    _log_traffic(home, vpc, key)
    group = ec2.SecurityGroup(
        home, "EndpointSecurityGroup", vpc=vpc, description="Interface endpoints of Shop/Network", allow_all_outbound=False
    )
    group.add_ingress_rule(ec2.Peer.ipv4("10.0.0.0/16"), ec2.Port.tcp(443), "HTTPS from this VPC")
    for service in ENDPOINTS:
        ec2.InterfaceVpcEndpoint(
            home,
            f"{''.join(part.capitalize() for part in service.split('.'))}Endpoint",
            vpc=vpc,
            service=ec2.InterfaceVpcEndpointAwsService(service),
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[group],
            private_dns_enabled=True,
            open=False,
        )
    return Network(vpc=vpc, nat_gateway=nat.configured_gateways[0].gateway_id)


def _harden_default_security_group(home: Construct, stack: Stack, vpc: ec2.Vpc, key: kms.Key) -> None:
    part = Construct(home, "DefaultSecurityGroup")
    provider = stack.node.find_child("Custom::VpcRestrictDefaultSGCustomResourceProvider").node
    function, role = cast("CfnResource", provider.find_child("Handler")), cast("CfnResource", provider.find_child("Role"))
    log_group = new_log_group(part, "Logs", key, logs.RetentionDays.THREE_MONTHS)
    failures = sns.Topic(part, "Failures", master_key=key, enforce_ssl=True)
    failures_arn = failures.topic_arn
    policy = iam.CfnManagedPolicy(
        part,
        "Policy",
        description="Close and reopen the default security group of one VPC",
        roles=[role.ref],
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                allow(
                    f"arn:{PARTITION}:ec2:{REGION}:{ACCOUNT}:security-group/{vpc.vpc_default_security_group}",
                    "ec2:AuthorizeSecurityGroupEgress",
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:RevokeSecurityGroupEgress",
                    "ec2:RevokeSecurityGroupIngress",
                ),
                allow(log_group.log_group_arn, "logs:CreateLogStream", "logs:PutLogEvents"),
                allow(failures_arn, "sns:Publish"),
                allow(key.key_arn, "kms:Decrypt", "kms:GenerateDataKey"),
            ],
        },
    )
    role.add_property_deletion_override("Policies")
    role.add_property_deletion_override("ManagedPolicyArns")
    function.add_property_override("ReservedConcurrentExecutions", 1)
    function.add_property_override("DeadLetterConfig", {"TargetArn": failures_arn})
    function.add_property_override("LoggingConfig", {"LogFormat": "JSON", "LogGroup": log_group.log_group_name})
    function.add_override("DependsOn", [policy.logical_id])
    closer = cast("CustomResource", vpc.node.find_child("RestrictDefaultSecurityGroupCustomResource"))
    request = cast("CfnResource", closer.node.default_child)
    request.add_resource_dependency(policy)
    request.add_property_override("ServiceTimeout", 300)


def _log_traffic(home: Construct, vpc: ec2.Vpc, key: kms.Key) -> None:
    group_arn = new_log_group(home, "FlowLogs", key, logs.RetentionDays.THREE_MONTHS).log_group_arn
    role = iam.Role(
        home,
        "FlowLogRole",
        assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
        description="Writes the flow logs of one VPC",
    )
    statement = iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], resources=[group_arn])
    policy = iam.ManagedPolicy(role, "Policy", roles=[role], statements=[statement])
    flow_log = ec2.CfnFlowLog(
        home,
        "FlowLog",
        resource_id=vpc.vpc_id,
        resource_type="VPC",
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group_arn,
        deliver_logs_permission_arn=role.role_arn,
        max_aggregation_interval=60,
    )
    flow_log.node.add_dependency(policy)
