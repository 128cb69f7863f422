"""The headers that make a browser defend the site, with values that fail closed."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from prodready_constructs.edge.cdn.content_security_policy import ContentSecurityPolicy

#: Browser features that a page must ask the site's owner for. Source: OWASP Secure Headers project.
PERMISSIONS_POLICY = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"
#: Browsers' preload lists take a site from this age on (hstspreload.org, "Submission requirements").
PRELOAD_FROM = timedelta(days=365)
#: Response headers that tell a stranger what runs behind.
TELLING = ("Server", "X-Powered-By")


def security_headers(
    scope: Construct, construct_id: str, *, where: str, hsts_max_age: timedelta, policy: ContentSecurityPolicy
) -> cloudfront.ResponseHeadersPolicy:
    """A CloudFront response headers policy: what the origin says is overridden, and what tells of the server is removed."""
    written = policy.headers()
    enforced = written.pop("Content-Security-Policy")
    # For browsers that do not know frame-ancestors; the others follow that.
    framing = cloudfront.HeadersFrameOption.SAMEORIGIN if policy.framed_by else cloudfront.HeadersFrameOption.DENY
    return cloudfront.ResponseHeadersPolicy(
        scope,
        construct_id,
        comment=f"Security headers of {where}"[:128],
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(content_security_policy=enforced, override=True),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(frame_option=framing, override=True),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.seconds(int(hsts_max_age.total_seconds())),
                include_subdomains=True,
                preload=hsts_max_age >= PRELOAD_FROM,
                override=True,
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                cloudfront.ResponseCustomHeader(header=header, value=value, override=True)
                for header, value in (
                    ("Permissions-Policy", PERMISSIONS_POLICY),
                    ("Cross-Origin-Opener-Policy", "same-origin"),
                    ("Cross-Origin-Resource-Policy", "same-origin"),
                    *written.items(),
                )
            ]
        ),
        remove_headers=list(TELLING),
    )
