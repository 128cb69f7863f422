"""CloudFront in front of an HTTP API, which takes no web ACL itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Protocol, cast

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.edge.cdn.door import CloudFrontDoor
from prodready_constructs.edge.cdn.protected_distribution import ProtectedDistribution
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.foundation import Part
from prodready_constructs.posture import EdgePosture

_PATIENCE = Duration.seconds(30)


class OriginProof(Protocol):
    """How what is behind knows CloudFront: ``OriginSecret`` or ``OriginCertificate``."""

    @property
    def origin_headers(self) -> Mapping[str, str]: ...
    @property
    def integration_parameters(self) -> Mapping[str, str]: ...
    @property
    def client_certificate_arn(self) -> str | None: ...
    @property
    def truststore(self) -> apigatewayv2.MTLSConfig | None: ...
    @property
    def demanded_by(self) -> Construct | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDistribution:
    """A CloudFront distribution of the API's own: a ``ProtectedDistribution`` that redirects nothing, because its callers are programs.

    Attributes:
        web_acl_arn: a web ACL of scope CLOUDFRONT (``WebAcl(placement="CLOUDFRONT").arn``), from us-east-1.
        access_logs: receives CloudFront's logs, so it keeps ACLs (``storage.LogBucket(..., object_ownership=OBJECT_WRITER).bucket``).
        domain: the name callers use, with its certificate in us-east-1; CloudFront's own name when None, with a warning.
    """

    web_acl_arn: str
    access_logs: s3.IBucket
    domain: Domain | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePath:
    """A path of a website: its distribution, with its web ACL, serves the API.

    Attributes:
        site: a ``Website`` or ``ProtectedDistribution``, in this stack or in one that knows this one.
        path_pattern: below the site's root, and not taken: ``/api/*``. The API sees the path as the visitor wrote it.
    """

    site: CloudFrontDoor
    path_pattern: str


def own_distribution(api: Part, own: OwnDistribution, *, posture: EdgePosture, origin: cloudfront.IOrigin) -> ProtectedDistribution:
    """The distribution of one API, whose every request is HTTPS."""
    front = ProtectedDistribution(
        api, "Front", posture=posture, origin=origin, access_logs=own.access_logs, web_acl_arn=own.web_acl_arn, domain=own.domain
    )
    resource = cast("cloudfront.CfnDistribution", front.distribution.node.default_child)
    # Pages are redirected. A caller who begins with plain HTTP has sent the token by then, and must not get used to it.
    resource.add_property_override("DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy", "https-only")
    return front


def api_origin(host: str, proof: OriginProof) -> cloudfront.IOrigin:
    """The API as CloudFront's origin, with the header that proves CloudFront."""
    return origins.HttpOrigin(
        host,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        read_timeout=_PATIENCE,
        custom_headers=dict(proof.origin_headers) or None,
    )


def prove(front: CloudFrontDoor, proof: OriginProof) -> None:
    """Let CloudFront show its certificate to the origin that was added last, and no new value before it is demanded."""
    if proof.client_certificate_arn:
        node = front.distribution.node
        # The L2 has no property for it, and its own list of origins is only known to it; it has a child for each of them, in their order.
        # Later origins are appended: the place of this one stays.
        place = next(number for number in count() if node.try_find_child(f"Origin{number + 2}") is None)
        resource = cast("cloudfront.CfnDistribution", node.default_child)
        resource.add_property_override(
            f"DistributionConfig.Origins.{place}.CustomOriginConfig.OriginMtlsConfig",
            {"ClientCertificateArn": proof.client_certificate_arn},
        )
    if proof.demanded_by:
        front.distribution.node.add_dependency(proof.demanded_by)
