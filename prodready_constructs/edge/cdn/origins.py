"""What a website passes requests on to, over the tightest connection each of them offers."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.rest_api.door import RestApiDoor
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

#: CloudFront's default; API Gateway gives up after 29 seconds, so that its own answer arrives before CloudFront's.
_PATIENCE = Duration.seconds(30)
_TLS = [cloudfront.OriginSslPolicy.TLS_V1_2]
#: When the second bucket is asked. S3 says 5xx when it fails, and 403 or 404 when the bucket was emptied or deleted, its policy broken or
#: its key disabled, which takes a site down just as much. A file that is in neither bucket costs a second request and stays an error.
FAILOVER_STATUSES = (403, 404, 500, 502, 503, 504)


def bucket_origin(
    site: Construct, content: s3.IBucket, fallback: s3.IBucket | None, *, access: cloudfront.S3OriginAccessControl
) -> cloudfront.IOrigin:
    """The bucket with the files, and the one that is asked when it fails; both are read with signed requests only."""
    access_id = access.origin_access_control_id
    first = origins.S3BucketOrigin.with_bucket_defaults(content, origin_access_control_id=access_id)
    if fallback is None:
        return first
    resource = cast("s3.CfnBucket", fallback.node.default_child)
    # Of the L1, whose attributes can be read from a stack of another region.
    elsewhere = s3.Bucket.from_bucket_attributes(
        site, "Fallback", bucket_arn=resource.attr_arn, bucket_regional_domain_name=resource.attr_regional_domain_name
    )
    second = origins.S3BucketOrigin.with_bucket_defaults(elsewhere, origin_access_control_id=access_id)
    return origins.OriginGroup(primary_origin=first, fallback_origin=second, fallback_status_codes=list(FAILOVER_STATUSES))


def api_origin(where: str, api: RestApiDoor) -> cloudfront.IOrigin:
    """A REST API, by its own name or by its endpoint and stage.

    Raises:
        ConfigurationError: an edge-optimised API.
    """
    if api.endpoint == "EDGE":
        raise ConfigurationError(
            f"{where}: {api.path}",
            given="an EDGE API, which has a CloudFront of API Gateway's in front already and speaks TLS 1.3 alone",
            allowed="a REGIONAL API: CloudFront calls its origins by TLS 1.2",
            mend='make the API with endpoint="REGIONAL"',
        )
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
