"""What a website passes requests on to, over the tightest connection each of them offers."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins

from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.rest_api.rest_api import ProtectedRestApi
from prodready_constructs.foundation import Part

#: CloudFront's default; API Gateway gives up after 29 seconds, so that its own answer arrives before CloudFront's.
_PATIENCE = Duration.seconds(30)
_TLS = [cloudfront.OriginSslPolicy.TLS_V1_2]


def api_origin(api: ProtectedRestApi) -> cloudfront.IOrigin:
    """A REST API, by its own name or by its endpoint and stage."""
    return origins.HttpOrigin(
        api.host,
        origin_path=api.base_path or None,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        origin_ssl_protocols=_TLS,
        read_timeout=_PATIENCE,
    )


def load_balancer_origin(
    site: Part, load_balancer: ProtectedLoadBalancer, made: dict[ProtectedLoadBalancer, cloudfront.VpcOrigin]
) -> cloudfront.IOrigin:
    """A load balancer: an internal one inside its VPC, a public one (which always has a certificate) over HTTPS.

    *made* keeps the site's VPC origins: one serves all paths of a load balancer.
    """
    name = load_balancer.domain.name if load_balancer.domain else None
    if load_balancer.internet_facing and name:
        return origins.HttpOrigin(
            name, protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY, origin_ssl_protocols=_TLS, read_timeout=_PATIENCE
        )
    if load_balancer not in made:
        made[load_balancer] = cloudfront.VpcOrigin(
            site,
            # An id that does not depend on the order of the calls.
            f"To{load_balancer.construct_id}",
            endpoint=cloudfront.VpcOriginEndpoint.application_load_balancer(load_balancer.load_balancer),
            http_port=80,
            https_port=443,
            # A trial without a certificate: the way from CloudFront's VPC origin to the load balancer is inside AWS's network.
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY if name else cloudfront.OriginProtocolPolicy.HTTP_ONLY,
            origin_ssl_protocols=_TLS,
        )
    return origins.VpcOrigin.with_vpc_origin(made[load_balancer], domain_name=name or load_balancer.dns_name, read_timeout=_PATIENCE)
