"""CloudFront in front of a load balancer that nobody else can reach, or of an API."""

from __future__ import annotations

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.cdn.content_security_policy import ContentSecurityPolicy
from prodready_constructs.edge.cdn.door import CloudFrontDoor
from prodready_constructs.edge.cdn.origins import api_origin, load_balancer_origin
from prodready_constructs.edge.cdn.routing import SiteRouting
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.rest_api.door import RestApiDoor
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import EdgePosture

CONTROLS = (
    ControlClaim(
        control="WEB-7",
        how="CloudFront in front of an internal load balancer that only its VPC origin reaches (or of an API): HTTPS only, TLS 1.2_2025, "
        "HTTP/2 and 3, security headers, WAF, access logs without cookies, nothing cached but what is named",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 SC-7", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1", "SOC 2 CC6.6"),
    ),
    ControlClaim(control="WEB-10", how="Without a domain the site answers on CloudFront's name, HTTPS only, and says so at synth"),
)


class ProtectedDistribution(CloudFrontDoor):
    """CloudFront as the one way to an application that makes its own pages: a load balancer, an API, or another origin.

    Always: plain HTTP is redirected, old TLS refused; an internal load balancer is reached inside its VPC, by a VPC origin; nothing is
    cached but what ``add_assets`` and ``add_cached_get`` name; the security headers of :class:`Website` on every answer; WAF; access
    logs without cookies; IPv6, HTTP/2 and HTTP/3, compression. *posture* decides the price class, countries and HSTS age.

    Args:
        posture: degrees.
        origin: what answers; another ``cloudfront.IOrigin`` is the caller's own to encrypt.
        access_logs: receives CloudFront's logs, so it keeps ACLs (``storage.LogBucket(..., object_ownership=OBJECT_WRITER).bucket``).
        web_acl_arn: a web ACL of scope CLOUDFRONT (``WebAcl(placement="CLOUDFRONT").arn``), from us-east-1.
        domain: the name, with its certificate in us-east-1; CloudFront's own name when None, with a warning.
        content_security_policy: what pages may load; ``ContentSecurityPolicy()``, which trusts the site alone, when None.
        routing: redirects; which page a path shows is the application's own affair.

    Raises:
        ConfigurationError: logs that CloudFront could not write, a certificate or web ACL of another region, or page routes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        origin: ProtectedLoadBalancer | RestApiDoor | cloudfront.IOrigin,
        access_logs: s3.IBucket,
        web_acl_arn: str,
        domain: Domain | None = None,
        content_security_policy: ContentSecurityPolicy | None = None,
        routing: SiteRouting | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            posture=posture,
            access_logs=access_logs,
            web_acl_arn=web_acl_arn,
            domain=domain,
            content_security_policy=content_security_policy,
        )
        routing = routing or SiteRouting()
        if routing.pages not in (None, "files"):
            raise ConfigurationError(
                f"{self.path}: routing.pages",
                given=routing.pages,
                allowed="'files' or None: the application behind makes its own pages",
                mend="leave it out, or make a Website with a bucket",
            )
        if isinstance(origin, ProtectedLoadBalancer):
            behind = load_balancer_origin(self, origin, self._vpc_origins)
        else:
            behind = api_origin(self.path, origin) if isinstance(origin, RestApiDoor) else origin
        self._distribute(origin=behind, cached=False, routing=routing, pages="files", log_prefix=f"cloudfront/{self.path}/")
        facts = {"policy_exceptions": self._exceptions} if self._exceptions else {}
        record(self, controls=CONTROLS, tier="edge", watchable=True, domain=domain.name if domain else None, **facts)
