"""A website on CloudFront: private content, one encrypted way in, headers that make the browser help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import Annotations, CfnOutput
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.cdn.alarms import website_alarms, website_graphs
from prodready_constructs.edge.cdn.origins import api_origin, load_balancer_origin
from prodready_constructs.edge.cdn.security_headers import security_headers
from prodready_constructs.edge.cdn.site_content import admit_distribution, require_log_bucket, require_servable
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.regions import CLOUDFRONT_REGION
from prodready_constructs.edge.rest_api.rest_api import ProtectedRestApi
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="WEB-7",
        how="CloudFront in front of a private bucket (origin access control), HTTPS only, HTTP/2 and 3, TLS 1.2_2025, security headers, "
        "WAF, access logs without cookies, API paths never cached",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 SC-7", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1", "SOC 2 CC6.6"),
    ),
    ControlClaim(control="WEB-10", how="Without a domain the site answers on CloudFront's name, HTTPS only, and says so at synth"),
)
#: In CloudFront: a path of a single-page application is a page, a path with a file extension is a file.
_ROUTES = """function handler(event) {
  var request = event.request;
  if (!request.uri.split('/').pop().includes('.')) request.uri = '/index.html';
  return request;
}
"""


# CDK's own objects, which are the same for every site: each reading of one is a message to the jsii kernel.
_SIGNED = cloudfront.Signing.SIGV4_ALWAYS
_READING = cloudfront.AllowedMethods.ALLOW_GET_HEAD
_CACHED = cloudfront.CachePolicy.CACHING_OPTIMIZED
_ALL_METHODS = cloudfront.AllowedMethods.ALLOW_ALL
_NOT_CACHED = cloudfront.CachePolicy.CACHING_DISABLED
#: The origin's own name must arrive as Host: API Gateway and the load balancer's certificate are found by it.
_AS_IT_CAME = cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER


class Website(Part):
    """A website, and what it calls, under one name.

    Always: visitors reach the content through CloudFront only; plain HTTP is redirected, old TLS refused; HSTS with preload, a
    content security policy that trusts the site alone, no framing, no sniffing; WAF; access logs without cookies; IPv6, HTTP/2 and HTTP/3,
    compression; what passes to an API is not cached. *posture* decides the price class, blocked countries and HSTS age.

    Args:
        posture: degrees.
        content: the bucket with the files, made in this app (``storage.SecureBucket(...).bucket``); no archive transition, no website hosting.
        access_logs: receives CloudFront's logs, so it keeps ACLs (``storage.LogBucket(..., object_ownership=OBJECT_WRITER).bucket``).
        web_acl_arn: a web ACL of scope CLOUDFRONT (``WebAcl(placement="CLOUDFRONT").arn``), from us-east-1.
        domain: the name, with its certificate in us-east-1; CloudFront's own name when None, with a warning.
        content_security_policy: more sources by directive: ``{"connect-src": ["https://api.example.com"]}``.
        single_page: whether a path without a file extension shows ``/index.html`` (the application routes in the browser).

    Raises:
        ConfigurationError: content that CloudFront could not serve, logs it could not write, a certificate or web ACL of another
            region, or a policy source that undoes the policy.

    Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        content: s3.IBucket,
        access_logs: s3.IBucket,
        web_acl_arn: str,
        domain: Domain | None = None,
        content_security_policy: Mapping[str, Sequence[str]] | None = None,
        single_page: bool = True,
    ) -> None:
        super().__init__(scope, construct_id)
        where, stack = self.path, self.stack
        require_servable(where, stack, content)
        require_log_bucket(where, stack, access_logs)
        # A reference to another stack is a token; its web ACL has refused the wrong region itself.
        if web_acl_arn.startswith("arn:") and f":wafv2:{CLOUDFRONT_REGION}:" not in web_acl_arn:
            raise ConfigurationError(
                f"{where}: web_acl_arn",
                given=web_acl_arn,
                allowed=f"a web ACL of scope CLOUDFRONT in {CLOUDFRONT_REGION}",
                mend=f'make it by WebAcl(placement="CLOUDFRONT") in a stack of {CLOUDFRONT_REGION}',
            )
        self._paths: set[str] = set()
        self._vpc_origins: dict[ProtectedLoadBalancer, cloudfront.VpcOrigin] = {}
        #: The security headers of every answer.
        self.response_headers_policy = security_headers(
            self, "Headers", where=where, hsts_max_age=posture.hsts_max_age, extra_sources=content_security_policy or {}
        )
        access = cloudfront.S3OriginAccessControl(self, "OriginAccess", signing=_SIGNED)
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            # Always: no argument reaches these.
            default_root_object="index.html",
            enable_ipv6=True,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_logging=True,
            log_bucket=access_logs,
            log_file_prefix=f"cloudfront/{where}/",
            log_includes_cookies=False,
            publish_additional_metrics=True,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_bucket_defaults(content, origin_access_control_id=access.origin_access_control_id),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                allowed_methods=_READING,
                cache_policy=_CACHED,
                compress=True,
                response_headers_policy=self.response_headers_policy,
                function_associations=self._page_routes() if single_page else None,
            ),
            web_acl_id=web_acl_arn,
            # How much: every value below comes from the posture.
            geo_restriction=cloudfront.GeoRestriction.denylist(*posture.blocked_countries) if posture.blocked_countries else None,
            price_class=cloudfront.PriceClass[f"PRICE_CLASS_{posture.price_class}"],
            certificate=domain.require_us_east_1(wanted_by=self) if domain else None,
            domain_names=[domain.name] if domain else None,
            # CloudFront's own certificate has a policy of its own; naming another would have no effect.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2025 if domain else None,
            ssl_support_method=cloudfront.SSLMethod.SNI if domain else None,
        )
        self._id = self.distribution.distribution_id
        # Of the L1, which the site's alarms can read from a stack of another region (CloudFront's metrics are in us-east-1).
        self._content_name: str = cast("s3.CfnBucket", content.node.default_child).ref
        admit_distribution(stack, content, distribution_id=self._id)
        if domain:
            domain.alias(targets.CloudFrontTarget(self.distribution), scope=self)
        else:
            Annotations.of(self).add_warning_v2(
                "prodready:no-domain",
                f"{where}: the site has CloudFront's own name, whose certificate admits TLS 1.0; production wants domain=",
            )
        self._accept(everywhere=not posture.blocked_countries, without_domain=domain is None)
        #: Where visitors find the site.
        self.url = f"https://{domain.name if domain else self.distribution.distribution_domain_name}"
        CfnOutput(self, "Url", value=self.url, description="Where visitors find the site")
        CfnOutput(
            self,
            "Publish",
            value=f"aws s3 sync ./dist s3://{self._content_name} --delete && "
            f"aws cloudfront create-invalidation --distribution-id {self._id} --paths '/*'",
            description="Publishes the files of ./dist",
        )
        record(self, controls=CONTROLS, tier="edge", watchable=True, domain=domain.name if domain else None)

    def add_api(self, path_pattern: str, api: ProtectedRestApi) -> None:
        """Serve *api* under *path_pattern* (``/api/*``): not cached, HTTPS to the origin, every viewer header but Host."""
        self._pass_on(path_pattern, api_origin(api))

    def add_load_balancer(self, path_pattern: str, load_balancer: ProtectedLoadBalancer) -> None:
        """Serve *load_balancer* under *path_pattern*: an internal one by a VPC origin, a public one over HTTPS to its domain."""
        self._pass_on(path_pattern, load_balancer_origin(self, load_balancer, self._vpc_origins))

    def _pass_on(self, path_pattern: str, origin: cloudfront.IOrigin) -> None:
        if not path_pattern.startswith("/") or path_pattern in {"/", "/*"} or path_pattern in self._paths:
            raise ConfigurationError(
                f"{self.path}: path_pattern",
                given=path_pattern,
                allowed="a path below the site's root that no other call has taken, such as '/api/*'",
                mend="begin it with '/', leave '/*' to the content, and use each pattern once",
            )
        self._paths.add(path_pattern)
        self.distribution.add_behavior(
            path_pattern,
            origin,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=_ALL_METHODS,
            cache_policy=_NOT_CACHED,
            origin_request_policy=_AS_IT_CAME,
            compress=True,
            response_headers_policy=self.response_headers_policy,
        )

    def _page_routes(self) -> list[cloudfront.FunctionAssociation]:
        """Error pages would do it too, but they are the distribution's: an API's 403 and 404 would become a page with status 200."""
        function = cloudfront.Function(
            self,
            "Routes",
            code=cloudfront.FunctionCode.from_inline(_ROUTES),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            comment="Paths without a file extension show /index.html",
            auto_publish=True,
        )
        return [cloudfront.FunctionAssociation(function=function, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST)]

    def _accept(self, *, everywhere: bool, without_domain: bool) -> None:
        """Waive, on the distribution alone, what follows from the posture and from a trial."""
        if not everywhere and not without_domain:
            return
        resource = cast("cloudfront.CfnDistribution", self.distribution.node.default_child)
        if everywhere:
            waive(
                resource,
                rule="AwsSolutions-CFR1",
                because="the posture blocks no country: the site is meant for visitors everywhere, and WAF limits and filters them by behaviour",
                owner="platform",
            )
        if without_domain:
            waive(
                resource,
                rule="AwsSolutions-CFR4",
                because="a trial without a domain: CloudFront fixes the TLS policy of its own certificate; "
                "with domain= the site demands TLS 1.2_2025",
                owner="platform",
            )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors, slow origin, cold cache."""
        return website_alarms(distribution_id=self._id, origin=self._content_name)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors, latency and cache."""
        return website_graphs(distribution_id=self._id)
