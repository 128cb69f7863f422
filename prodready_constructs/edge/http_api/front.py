"""CloudFront in front of an HTTP API, which takes no web ACL itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from aws_cdk import Annotations, CfnOutput, Duration, Stack
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.cdn.security_headers import security_headers
from prodready_constructs.edge.cdn.site_content import require_log_bucket
from prodready_constructs.edge.cdn.website import Website
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.http_api.alarms import front_alarms, front_graphs
from prodready_constructs.edge.regions import CLOUDFRONT_REGION
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="WEB-5",
        how="CloudFront with a web ACL in front of the HTTP API: HTTPS only, TLS 1.2_2025, HTTP/2 and 3, security headers, access logs, nothing cached",
        frameworks=("NIST 800-53 r5 SC-7", "NIST 800-53 r5 SC-8", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 6.6", "SOC 2 CC6.6"),
    ),
    ControlClaim(control="WEB-10", how="Without a domain the API answers on CloudFront's name, HTTPS only, and says so at synth"),
)
# CDK's own objects, which are the same for every API: each reading of one is a message to the jsii kernel.
_ALL_METHODS = cloudfront.AllowedMethods.ALLOW_ALL
_NOT_CACHED = cloudfront.CachePolicy.CACHING_DISABLED
#: With the Authorization header; API Gateway is found by its own name as Host.
_AS_IT_CAME = cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER
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
    """A CloudFront distribution of the API's own.

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
        site: in this stack or in one that knows this one.
        path_pattern: below the site's root, and not taken: ``/api/*``. The API sees the path as the visitor wrote it.
    """

    site: Website
    path_pattern: str


class HttpApiFront(Part):
    """The distribution of an HTTP API. Made by ``ProtectedHttpApi``; watched apart, because its metrics are in us-east-1."""

    def __init__(
        self, api: Part, construct_id: str, *, posture: EdgePosture, own: OwnDistribution, origin: cloudfront.IOrigin, proof: OriginProof
    ) -> None:
        super().__init__(api, construct_id)
        where, domain = api.path, own.domain
        require_log_bucket(where, self.stack, own.access_logs)
        # A reference to another stack is a token; its web ACL has refused the wrong region itself.
        if own.web_acl_arn.startswith("arn:") and f":wafv2:{CLOUDFRONT_REGION}:" not in own.web_acl_arn:
            raise ConfigurationError(
                f"{where}: web_acl_arn",
                given=own.web_acl_arn,
                allowed=f"a web ACL of scope CLOUDFRONT in {CLOUDFRONT_REGION}",
                mend=f'make it by WebAcl(placement="CLOUDFRONT") in a stack of {CLOUDFRONT_REGION}',
            )
        #: The security headers of every answer.
        self.response_headers_policy = security_headers(self, "Headers", where=where, hsts_max_age=posture.hsts_max_age, extra_sources={})
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"In front of the HTTP API {where}"[:128],
            enable_ipv6=True,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_logging=True,
            log_bucket=own.access_logs,
            log_file_prefix=f"cloudfront/{where}/",
            log_includes_cookies=False,
            publish_additional_metrics=True,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origin,
                # Not redirected: the token of a caller who begins with plain HTTP would be on the wire by then.
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                allowed_methods=_ALL_METHODS,
                cache_policy=_NOT_CACHED,
                origin_request_policy=_AS_IT_CAME,
                compress=True,
                response_headers_policy=self.response_headers_policy,
            ),
            web_acl_id=own.web_acl_arn,
            geo_restriction=cloudfront.GeoRestriction.denylist(*posture.blocked_countries) if posture.blocked_countries else None,
            price_class=cloudfront.PriceClass[f"PRICE_CLASS_{posture.price_class}"],
            certificate=domain.require_us_east_1(wanted_by=self) if domain else None,
            domain_names=[domain.name] if domain else None,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2025 if domain else None,
            ssl_support_method=cloudfront.SSLMethod.SNI if domain else None,
        )
        prove(self.distribution, proof, stack=self.stack)
        self._id = self.distribution.distribution_id
        if domain:
            domain.alias(targets.CloudFrontTarget(self.distribution), scope=self)
        else:
            Annotations.of(self).add_warning_v2(
                "prodready:no-domain",
                f"{self.path}: callers use CloudFront's own name, whose certificate admits TLS 1.0; production wants domain=",
            )
        self._accept(everywhere=not posture.blocked_countries, without_domain=domain is None)
        #: Where callers find the API.
        self.url = f"https://{domain.name if domain else self.distribution.distribution_domain_name}"
        CfnOutput(self, "Url", value=self.url, description="Where callers find the HTTP API")
        record(self, controls=CONTROLS, tier="edge", watchable=True, domain=domain.name if domain else None)

    def _accept(self, *, everywhere: bool, without_domain: bool) -> None:
        """Waive, on the distribution alone, what follows from the posture and from a trial."""
        if not everywhere and not without_domain:
            return
        resource = cast("cloudfront.CfnDistribution", self.distribution.node.default_child)
        if everywhere:
            waive(
                resource,
                rule="AwsSolutions-CFR1",
                because="the posture blocks no country: the API is meant for callers everywhere, and WAF limits and filters them by behaviour",
                owner="platform",
            )
        if without_domain:
            waive(
                resource,
                rule="AwsSolutions-CFR4",
                because="a trial without a domain: CloudFront fixes the TLS policy of its own certificate; "
                "with domain= the API demands TLS 1.2_2025",
                owner="platform",
            )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """What callers see: errors and slowness at CloudFront."""
        return front_alarms(distribution_id=self._id)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors and latency at CloudFront."""
        return front_graphs(distribution_id=self._id)


def api_origin(host: str, proof: OriginProof) -> cloudfront.IOrigin:
    """The API as CloudFront's origin, with the header that proves CloudFront."""
    return origins.HttpOrigin(
        host,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        read_timeout=_PATIENCE,
        custom_headers=dict(proof.origin_headers) or None,
    )


def serve_under(place: SitePath, *, where: str, origin: cloudfront.IOrigin, proof: OriginProof) -> None:
    """Put *origin* behind a path of a website."""
    site, pattern = place.site, place.path_pattern
    if not pattern.startswith("/") or pattern in {"/", "/*"}:
        raise ConfigurationError(
            f"{where}: path_pattern",
            given=pattern,
            allowed="a path below the site's root that nothing else of the site has taken, such as '/api/*'",
            mend="begin it with '/', and leave '/*' to the content",
        )
    site.distribution.add_behavior(
        pattern,
        origin,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        allowed_methods=_ALL_METHODS,
        cache_policy=_NOT_CACHED,
        origin_request_policy=_AS_IT_CAME,
        compress=True,
        response_headers_policy=site.response_headers_policy,
    )
    prove(site.distribution, proof, stack=site.stack)


def prove(distribution: cloudfront.Distribution, proof: OriginProof, *, stack: Stack) -> None:
    """Let CloudFront show its certificate to the origin that was added last, and no new value before it is demanded."""
    if proof.client_certificate_arn:
        resource = cast("cloudfront.CfnDistribution", distribution.node.default_child)
        # The L2 has no property for it. Later origins are appended: the place of this one stays.
        place = len(stack.resolve(resource.distribution_config)["origins"]) - 1
        resource.add_property_override(
            f"DistributionConfig.Origins.{place}.CustomOriginConfig.OriginMtlsConfig",
            {"ClientCertificateArn": proof.client_certificate_arn},
        )
    if proof.demanded_by:
        distribution.node.add_dependency(proof.demanded_by)
