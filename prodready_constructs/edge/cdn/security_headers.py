"""The headers that make a browser defend the site, with values that fail closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from prodready_constructs.errors import ConfigurationError

#: Everything from the site itself, nothing embedded, framed or posted elsewhere. Source: OWASP Content Security Policy cheat sheet.
CONTENT_SECURITY_POLICY: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "base-uri": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "object-src": ("'none'",),
}
#: Directives that more sources may be named for; the others stay as they are.
EXTENDABLE = (
    "connect-src",
    "font-src",
    "form-action",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "script-src",
    "style-src",
    "worker-src",
)
#: Sources that would undo the policy.
_UNDOING = {"*", "http:", "https:", "'unsafe-eval'", "'unsafe-inline'", "'unsafe-hashes'"}
#: Browser features that a page must ask the site's owner for. Source: OWASP Secure Headers project.
PERMISSIONS_POLICY = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"
#: Browsers' preload lists take a site from this age on (hstspreload.org, "Submission requirements").
PRELOAD_FROM = timedelta(days=365)
#: Response headers that tell a stranger what runs behind.
TELLING = ("Server", "X-Powered-By")


def content_security_policy(where: str, extra: Mapping[str, Sequence[str]]) -> str:
    """The policy with the caller's *extra* sources, beside ``'self'``.

    Raises:
        ConfigurationError: a directive that may not be extended, or a source that would undo the policy.
    """
    directives = dict(CONTENT_SECURITY_POLICY)
    for directive, sources in extra.items():
        if directive not in EXTENDABLE:
            raise ConfigurationError(
                where, given=directive, allowed=f"one of {', '.join(EXTENDABLE)}", mend="the others always stay as strict as they are"
            )
        for source in sources:
            if source in _UNDOING or source.startswith("http://") or " " in source or ";" in source:
                raise ConfigurationError(
                    where,
                    given=f"{directive} {source}",
                    allowed="https:// origins, 'sha256-...' or 'nonce-...', data: or blob:",
                    mend="name the origin or the hash of the one script or style that needs it",
                )
        directives[directive] = (*directives.get(directive, ("'self'",)), *sources)
    return "; ".join(" ".join((directive, *sources)) for directive, sources in directives.items()) + "; upgrade-insecure-requests"


def security_headers(
    scope: Construct, construct_id: str, *, where: str, hsts_max_age: timedelta, extra_sources: Mapping[str, Sequence[str]]
) -> cloudfront.ResponseHeadersPolicy:
    """A CloudFront response headers policy: what the origin says is overridden, and what tells of the server is removed."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        construct_id,
        comment=f"Security headers of {where}"[:128],
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=content_security_policy(f"{where}: content_security_policy", extra_sources), override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(frame_option=cloudfront.HeadersFrameOption.DENY, override=True),
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
                )
            ]
        ),
        remove_headers=list(TELLING),
    )
