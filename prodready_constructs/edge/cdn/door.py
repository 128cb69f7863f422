"""What every CloudFront distribution of this library has: one encrypted way in, headers, a web ACL, logs, and verbs for its paths."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Annotations, CfnOutput
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, GoodAndBad, GraphSpec
from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.cdn.alarms import door_alarms, door_graphs, door_service_level, function_alarms, function_graphs
from prodready_constructs.edge.cdn.caching import CachePolicies
from prodready_constructs.edge.cdn.content_security_policy import ContentSecurityPolicy
from prodready_constructs.edge.cdn.functions import PageFunction
from prodready_constructs.edge.cdn.limits import accept, countries, names_for, require_apart, require_cloudfront_acl, require_path
from prodready_constructs.edge.cdn.origins import api_origin, load_balancer_origin
from prodready_constructs.edge.cdn.routing import Pages, SiteRouting
from prodready_constructs.edge.cdn.security_headers import security_headers
from prodready_constructs.edge.cdn.site_content import require_log_bucket
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.rest_api.door import RestApiDoor
from prodready_constructs.foundation import Part
from prodready_constructs.posture import EdgePosture

# CDK's own objects, which are the same for every site: each reading of one is a message to the jsii kernel.
READING = cloudfront.AllowedMethods.ALLOW_GET_HEAD
ALL_METHODS = cloudfront.AllowedMethods.ALLOW_ALL
CACHED = cloudfront.CachePolicy.CACHING_OPTIMIZED
NOT_CACHED = cloudfront.CachePolicy.CACHING_DISABLED
#: The origin's own name must arrive as Host: API Gateway and the load balancer's certificate are found by it.
AS_IT_CAME = cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER
_HTTPS_ONLY = cloudfront.ViewerProtocolPolicy.HTTPS_ONLY


class CloudFrontDoor(Part):
    """What :class:`Website` and :class:`ProtectedDistribution` have in common; they say what stands behind it.

    Args:
        posture: degrees.
        access_logs: receives CloudFront's logs.
        web_acl_arn: a web ACL of scope CLOUDFRONT.
        domain: the name, with its certificate in us-east-1.
        content_security_policy: what pages may load.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        access_logs: s3.IBucket,
        web_acl_arn: str,
        domain: Domain | None,
        content_security_policy: ContentSecurityPolicy | None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        require_log_bucket(where, self.stack, access_logs)
        require_cloudfront_acl(where, web_acl_arn)
        policy = content_security_policy or ContentSecurityPolicy()
        self._posture, self._access_logs, self._web_acl_arn, self._domain = posture, access_logs, web_acl_arn, domain
        self._paths: set[str] = set()
        self._vpc_origins: dict[ProtectedLoadBalancer, cloudfront.VpcOrigin] = {}
        self._caches = CachePolicies(self)
        #: Folders that are shown to holders of a signature only.
        self._private: list[str] = []
        #: The name of the bucket with the content, where there is one.
        self._bucket_name: str | None = None
        #: The security headers of every answer.
        self.response_headers_policy = security_headers(self, "Headers", where=where, hsts_max_age=posture.hsts_max_age, policy=policy)
        #: What the content security policy admits for a reason, for the evidence.
        self._exceptions = [f"{what}: {why}" for what, why in policy.reasons]
        if not policy.enforced:
            Annotations.of(self).add_info(
                f"{where}: the content security policy is on trial: browsers report to {policy.report_endpoint} and block nothing but "
                "framing, plugins and another base"
            )

    def _distribute(self, *, origin: cloudfront.IOrigin, cached: bool, routing: SiteRouting, pages: Pages, log_prefix: str) -> None:
        """Make the distribution; *origin* answers whatever no verb has taken."""
        posture, domain = self._posture, self._domain
        names = names_for(self.path, domain, routing)
        self._origin = origin
        self._function = PageFunction(self, routing, pages=pages, hsts_max_age=posture.hsts_max_age)
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.distribution = distribution = cloudfront.Distribution(
            self,
            "Distribution",
            # Always: no argument reaches these.
            default_root_object="index.html" if cached else None,
            enable_ipv6=True,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_logging=True,
            log_bucket=self._access_logs,
            log_file_prefix=log_prefix,
            log_includes_cookies=False,
            publish_additional_metrics=True,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origin,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                allowed_methods=READING if cached else ALL_METHODS,
                cache_policy=CACHED if cached else NOT_CACHED,
                origin_request_policy=None if cached else AS_IT_CAME,
                compress=True,
                response_headers_policy=self.response_headers_policy,
                function_associations=self._function.associations,
            ),
            web_acl_id=self._web_acl_arn,
            # How much: every value below comes from the posture.
            geo_restriction=countries(posture),
            price_class=cloudfront.PriceClass[f"PRICE_CLASS_{posture.price_class}"],
            certificate=domain.require_us_east_1(wanted_by=self) if domain else None,
            domain_names=list(names) or None,
            # CloudFront's own certificate has a policy of its own; naming another would have no effect.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2025 if domain else None,
            ssl_support_method=cloudfront.SSLMethod.SNI if domain else None,
        )
        #: The id of the distribution.
        self.distribution_id = distribution.distribution_id
        if domain:
            domain.alias(targets.CloudFrontTarget(distribution), scope=self)
        else:
            Annotations.of(self).add_warning_v2(
                "prodready:no-domain",
                f"{self.path}: the site has CloudFront's own name, whose certificate admits TLS 1.0; production wants domain=",
            )
        accept(distribution, everywhere=not (posture.blocked_countries or posture.allowed_countries), without_domain=domain is None)
        host = routing.canonical or (domain.name if domain else distribution.distribution_domain_name)
        #: Where visitors find the site.
        self.url = f"https://{host}"
        CfnOutput(self, "Url", value=self.url, description="Where visitors find the site")

    def add_api(self, path_pattern: str, api: RestApiDoor) -> None:
        """Serve *api* under *path_pattern* (``/api/*``): not cached, HTTPS to the origin, every viewer header but Host."""
        self._pass_on(path_pattern, api_origin(self.path, api))

    def add_load_balancer(self, path_pattern: str, load_balancer: ProtectedLoadBalancer) -> None:
        """Serve *load_balancer* under *path_pattern*: an internal one by a VPC origin, a public one over HTTPS to its domain."""
        self._pass_on(path_pattern, load_balancer_origin(self, load_balancer, self._vpc_origins))

    def add_origin(self, path_pattern: str, origin: cloudfront.IOrigin) -> None:
        """Serve another *origin*, the caller's own to encrypt, under *path_pattern*, like :meth:`add_api`."""
        self._pass_on(path_pattern, origin)

    def add_assets(self, path_pattern: str, *, life: timedelta = timedelta(days=365)) -> None:
        """Keep what is under *path_pattern* (``/assets/*``) at the edge for *life*: files with a hash in their name, which never change.

        Always: GET and HEAD, Brotli and gzip, nothing of the visitor in the cache key or at the origin; a file that is missing is an
        error and never the application's page.

        Args:
            life: up to a year, unless the file's own ``Cache-Control`` says otherwise (``prodready publish`` writes a year).
        """
        cache = self._caches.of(f"{self.path}: add_assets", life=life)
        require_apart(self.path, path_pattern, self._private)
        require_path(self.path, path_pattern, self._paths)
        self._read(path_pattern, self._origin, cache)

    def add_cached_get(
        self,
        path_pattern: str,
        api: RestApiDoor | ProtectedLoadBalancer,
        *,
        life: timedelta,
        query_strings: Sequence[str] = (),
        headers: Sequence[str] = (),
    ) -> None:
        """Answer GET under *path_pattern* from the edge: what is the same for every visitor, such as a catalogue.

        Always: only the named query strings and headers reach *api* and tell answers apart. No credentials do: an answer for one visitor
        must not be shown to the next. Other methods are refused with 403; give them another path.

        Args:
            life: how long an answer is kept, unless its own ``Cache-Control`` says otherwise; a second to a year.
            query_strings: at most 10. headers: at most 10, such as ``Accept-Language``.

        Raises:
            ConfigurationError: a path that is taken, a header with credentials, or more names than CloudFront takes.
        """
        cache = self._caches.of(f"{self.path}: add_cached_get", life=life, query_strings=query_strings, headers=headers)
        require_path(self.path, path_pattern, self._paths)
        origin = api_origin(self.path, api) if isinstance(api, RestApiDoor) else load_balancer_origin(self, api, self._vpc_origins)
        self._read(path_pattern, origin, cache)

    def _pass_on(self, path_pattern: str, origin: cloudfront.IOrigin) -> None:
        require_path(self.path, path_pattern, self._paths)
        self.distribution.add_behavior(
            path_pattern,
            origin,
            viewer_protocol_policy=_HTTPS_ONLY,
            allowed_methods=ALL_METHODS,
            cache_policy=NOT_CACHED,
            origin_request_policy=AS_IT_CAME,
            compress=True,
            response_headers_policy=self.response_headers_policy,
        )

    def _read(
        self,
        path_pattern: str,
        origin: cloudfront.IOrigin,
        cache: cloudfront.ICachePolicy,
        *,
        signers: cloudfront.KeyGroup | None = None,
        routes: list[cloudfront.FunctionAssociation] | None = None,
    ) -> None:
        self.distribution.add_behavior(
            path_pattern,
            origin,
            viewer_protocol_policy=_HTTPS_ONLY,
            allowed_methods=READING,
            cache_policy=cache,
            compress=True,
            response_headers_policy=self.response_headers_policy,
            trusted_key_groups=[signers] if signers else None,
            function_associations=routes,
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors, slow origin, cold cache; a function that fails or is throttled."""
        ours = door_alarms(distribution_id=self.distribution_id, bucket=self._bucket_name)
        return (*ours, *function_alarms(self._function.names)) if self._function.names else ours

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors, latency and cache; the function."""
        ours = door_graphs(distribution_id=self.distribution_id)
        return (*ours, *function_graphs(self._function.names)) if self._function.names else ours

    @property
    def service_level(self) -> GoodAndBad:
        """Requests that ended in 5xx, of all: ``Slo(of=site)``, in a stack in us-east-1, where CloudFront tells it."""
        return door_service_level(distribution_id=self.distribution_id)
