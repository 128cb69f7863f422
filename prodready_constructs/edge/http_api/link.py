"""The private way from an HTTP API to what answers: a load balancer, or the instances of a Cloud Map service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_servicediscovery as servicediscovery

from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, require_subnets

#: API Gateway gives up after 30 seconds, CloudFront as well: so that API Gateway's own answer arrives first.
PATIENCE = timedelta(seconds=29)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudMapTarget:
    """The instances of a Cloud Map service, among which API Gateway chooses by itself.

    Attributes:
        service: with SRV records, or instances that register address and port.
        vpc: where they are.
        connections: of the instances (an ECS service, a security group); opened to the VPC link on *port*.
        port: where they listen.
        server_name: the name in their certificate; without it API Gateway speaks plain HTTP to them, inside the VPC.
    """

    service: servicediscovery.IService
    vpc: ec2.IVpc
    connections: ec2.IConnectable
    port: int
    server_name: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65_535:
            raise ConfigurationError(
                "CloudMapTarget.port", given=self.port, allowed="1 to 65535", mend="use the port that the instances listen on"
            )


class PrivateLink:
    """A VPC link, its security group, and one integration that every route shares.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html
    """

    def __init__(self, api: Part, *, api_id: str, target: ProtectedLoadBalancer | CloudMapTarget, parameters: Mapping[str, str]) -> None:
        vpc = target.vpc
        self.security_group = ec2.SecurityGroup(
            api, "LinkSecurityGroup", vpc=vpc, description="VPC link of the HTTP API: out to what answers", allow_all_outbound=False
        )
        self.vpc_link = apigatewayv2.VpcLink(
            api, "VpcLink", vpc=vpc, subnets=require_subnets(api, vpc, tier="private"), security_groups=[self.security_group]
        )
        if isinstance(target, ProtectedLoadBalancer):
            # From this side: a load balancer of another stack must not come to depend on the API.
            self.security_group.connections.allow_to_default_port(target.listener, "HTTP API by its VPC link")
            uri, server_name = target.listener.listener_arn, target.domain.name if target.domain else None
            #: For the commands of a runbook.
            self.look = f"aws elbv2 describe-target-groups --load-balancer-arn {target.arn} --query 'TargetGroups[].TargetGroupArn'"
        else:
            self.security_group.connections.allow_to(target.connections, ec2.Port.tcp(target.port), "HTTP API by its VPC link")
            uri, server_name = target.service.service_arn, target.server_name
            self.look = (
                f"aws servicediscovery get-instances-health-status --service-id {target.service.service_id} --query Status --output table"
            )
        integration = apigatewayv2.CfnIntegration(
            api,
            "Integration",
            api_id=api_id,
            integration_type="HTTP_PROXY",
            integration_method="ANY",
            integration_uri=uri,
            connection_type="VPC_LINK",
            connection_id=self.vpc_link.vpc_link_id,
            payload_format_version="1.0",
            timeout_in_millis=PATIENCE // timedelta(milliseconds=1),
            # API Gateway checks the certificate against this name.
            tls_config=apigatewayv2.CfnIntegration.TlsConfigProperty(server_name_to_verify=server_name) if server_name else None,
            request_parameters=dict(parameters) or None,
        )
        #: As a route writes it.
        self.target = f"integrations/{integration.ref}"
