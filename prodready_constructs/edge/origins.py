"""What a website passes requests on to, over the tightest connection each of them offers."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from prodready_constructs.edge.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.rest_api import ProtectedRestApi

#: CloudFront's default; API Gateway gives up after 29 seconds, so that its own answer arrives before CloudFront's.
_PATIENCE = Duration.seconds(30)


def api_origin(api: ProtectedRestApi) -> cloudfront.IOrigin:
    """A REST API, by its own name or by its endpoint and stage."""
    return origins.HttpOrigin(
        api.host,
        origin_path=api.base_path or None,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        read_timeout=_PATIENCE,
    )


def load_balancer_origin(site: Construct, load_balancer: ProtectedLoadBalancer) -> cloudfront.IOrigin:
    """A load balancer: an internal one inside its VPC, a public one (which always has a certificate) over HTTPS."""
    name = load_balancer.domain.name if load_balancer.domain else None
    tls = [cloudfront.OriginSslPolicy.TLS_V1_2]
    if load_balancer.internet_facing and name:
        return origins.HttpOrigin(
            name, protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY, origin_ssl_protocols=tls, read_timeout=_PATIENCE
        )
    child = f"To{load_balancer.node.id}"
    # One for all paths of a load balancer, under an id that does not depend on the order of the calls.
    made = cast("cloudfront.VpcOrigin | None", site.node.try_find_child(child))
    vpc_origin = made or cloudfront.VpcOrigin(
        site,
        child,
        endpoint=cloudfront.VpcOriginEndpoint.application_load_balancer(load_balancer.load_balancer),
        http_port=80,
        https_port=443,
        # A trial without a certificate: the way from CloudFront's VPC origin to the load balancer is inside AWS's network.
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY if name else cloudfront.OriginProtocolPolicy.HTTP_ONLY,
        origin_ssl_protocols=tls,
    )
    return origins.VpcOrigin.with_vpc_origin(
        vpc_origin, domain_name=name or load_balancer.load_balancer.load_balancer_dns_name, read_timeout=_PATIENCE
    )
