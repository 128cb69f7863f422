"""The private way from a REST API to a load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_ec2 as ec2

from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.foundation import Part, require_subnets

#: API Gateway gives up after this long (API Gateway quotas, integration timeout).
PATIENCE = timedelta(seconds=29)
_TIMEOUT = Duration.seconds(PATIENCE // timedelta(seconds=1))


class PrivateLink:
    """A VPC link of the second kind, which reaches an Application Load Balancer without a Network Load Balancer between.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-links-v2.html
    """

    def __init__(self, api: Part, load_balancer: ProtectedLoadBalancer) -> None:
        vpc = load_balancer.vpc
        self.security_group = ec2.SecurityGroup(
            api, "LinkSecurityGroup", vpc=vpc, description="VPC link of the REST API: out to the load balancer", allow_all_outbound=False
        )
        self.vpc_link = apigatewayv2.VpcLink(
            api, "VpcLink", vpc=vpc, subnets=require_subnets(api, vpc, tier="private"), security_groups=[self.security_group]
        )
        load_balancer.connections.allow_default_port_from(self.security_group, "REST API by its VPC link")
        name = load_balancer.domain
        self.target = load_balancer.arn
        # Over HTTPS the host must be a name of the load balancer's certificate: API Gateway checks it.
        self._origin = f"https://{name.name}" if name else f"http://{load_balancer.dns_name}"
        # The L2 of REST APIs knows links of the first kind only; the id is all it needs.
        self._link_by_id = apigateway.VpcLink.from_vpc_link_id(api, "VpcLinkById", self.vpc_link.vpc_link_id)

    def integration(
        self, http_method: str, path: str, *, path_parameters: Sequence[str], cache_keys: Sequence[str]
    ) -> apigateway.Integration:
        """Pass the request on as it is, to *path* (``{name}`` stands for a path parameter)."""
        return apigateway.Integration(
            type=apigateway.IntegrationType.HTTP_PROXY,
            integration_http_method=http_method,
            uri=f"{self._origin}/{path}",
            options=apigateway.IntegrationOptions(
                connection_type=apigateway.ConnectionType.VPC_LINK,
                vpc_link=self._link_by_id,
                timeout=_TIMEOUT,
                request_parameters={f"integration.request.path.{name}": f"method.request.path.{name}" for name in path_parameters},
                cache_key_parameters=list(cache_keys) or None,
            ),
        )

    def aim(self, method: apigateway.CfnMethod) -> None:
        """Name the load balancer: the L2 has no property for the target of a link of the second kind."""
        method.add_property_override("Integration.IntegrationTarget", self.target)
