"""What a page may load and run, as a value: strict from the start, opened by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prodready_constructs.edge.cdn.csp_sources import INLINE, require_directive, require_reason, require_source
from prodready_constructs.errors import ConfigurationError

#: Everything from the site itself, nothing embedded, framed or posted elsewhere. Source: OWASP Content Security Policy cheat sheet.
STRICT: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "base-uri": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "object-src": ("'none'",),
}
#: What is enforced even while the rest is only reported: no honest page of ours needs to be framed, or a plugin, or another base.
ALWAYS_ENFORCED = ("base-uri", "frame-ancestors", "object-src")
#: Header values may not be longer. Source: Amazon CloudFront developer guide, "Quotas on headers".
LONGEST = 1_783
#: The name of the reporting endpoint in both headers.
ENDPOINT = "csp"
_WHERE = "ContentSecurityPolicy"
_URL = re.compile(
    r"https://[A-Za-z0-9.\-]+(:\d{1,5})?(/[A-Za-z0-9\-._~!$&()+=:@%/?]*)?|https://[^\s\";,']*\$\{Token\[[^\]]+\]\}[^\s\";,']*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSecurityPolicy:
    """What pages may load and run. ``ContentSecurityPolicy()`` trusts the site alone; every verb returns a new, wider policy.

    Always: no inline script or style without a reason, no ``eval``, no plain HTTP, no nonce (it would be the same in every cached answer),
    no wildcard but a subdomain's with a reason.

    Attributes:
        added: what is trusted beside the site, by directive.
        reasons: why something risky is trusted, by what it is; written into the assembly for the auditor.
        report_endpoint: where browsers send what they blocked.
        enforced: whether browsers block; otherwise they only report, except for framing, plugins and another base.
    """

    added: tuple[tuple[str, tuple[str, ...]], ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    report_endpoint: str | None = None
    enforced: bool = True

    def __post_init__(self) -> None:
        reasons = dict(self.reasons)
        for directive, sources in self.added:
            require_directive(_WHERE, directive)
            for source in sources:
                reason = reasons.get(f"{directive} {source}")
                require_reason(_WHERE, f"{directive} {source}", reason)
                if source == "'unsafe-inline'" and directive in INLINE and reason:
                    continue
                require_source(_WHERE, directive, source, reason=reason)
        if self.report_endpoint is not None and not _URL.fullmatch(self.report_endpoint):
            raise ConfigurationError(
                f"{_WHERE}: report_endpoint",
                given=self.report_endpoint,
                allowed="an https:// URL without quotes, spaces, commas and semicolons",
                mend="browsers report to secure endpoints only; percent-encode the rest",
            )
        if not self.enforced and self.report_endpoint is None:
            raise ConfigurationError(
                f"{_WHERE}: report_only",
                given="no endpoint",
                allowed="a trial whose reports somebody receives",
                mend="give one: report_only('https://reports.example.com/csp')",
            )
        for value in self.headers().values():
            if "${Token[" not in value and len(value) > LONGEST:
                raise ConfigurationError(
                    _WHERE,
                    given=f"{len(value)} characters",
                    allowed=f"{LONGEST} characters in a header value (CloudFront's quota)",
                    mend="serve more from the site itself, or name fewer origins",
                )

    def allow(self, directive: str, *sources: str, reason: str | None = None) -> ContentSecurityPolicy:
        """Trust *sources* beside the site: ``allow("connect-src", "https://api.example.com")``.

        Args:
            directive: such as ``script-src``; for ``frame-ancestors`` the sites that may frame this one.
            sources: origins with ``https://`` (or ``wss://`` to connect), ``'sha256-...'``, ``data:`` or ``blob:`` where they do no harm.
            reason: for a wildcard of subdomains (``https://*.example.com``): why all of them are trusted.

        Raises:
            ConfigurationError: an unknown directive, or a source that is malformed or would undo the policy.
        """
        known = dict(self.added)
        known[directive] = tuple(dict.fromkeys((*known.get(directive, ()), *sources)))
        reasons = {**dict(self.reasons), **{f"{directive} {source}": reason for source in sources if reason is not None}}
        return replace(self, added=tuple(known.items()), reasons=tuple(reasons.items()))

    def including(self, sources: Mapping[str, Sequence[str]]) -> ContentSecurityPolicy:
        """Trust what another construct needs, such as ``RealUserMonitoring.content_sources``."""
        policy = self
        for directive, named in sources.items():
            policy = policy.allow(directive, *named)
        return policy

    def allow_inline(self, directive: str, *, reason: str) -> ContentSecurityPolicy:
        """Let pages run inline code of *directive*, for the *reason* an auditor will read. A hash is better.

        Raises:
            ConfigurationError: a directive without inline code, or a reason too short.
        """
        if directive not in INLINE:
            raise ConfigurationError(
                f"{_WHERE}: allow_inline", given=directive, allowed=f"one of {', '.join(INLINE)}", mend="only these have inline code"
            )
        return self.allow(directive, "'unsafe-inline'", reason=reason)

    def report_to(self, endpoint: str) -> ContentSecurityPolicy:
        """Block, and have browsers send what they blocked to *endpoint*, an ``https://`` URL."""
        return replace(self, report_endpoint=endpoint)

    def report_only(self, endpoint: str) -> ContentSecurityPolicy:
        """A trial: browsers run everything and send what they would have blocked to *endpoint*; framing stays refused."""
        return replace(self, report_endpoint=endpoint, enforced=False)

    @property
    def framed_by(self) -> tuple[str, ...]:
        """The sites that may frame this one; none, as a rule."""
        return dict(self.added).get("frame-ancestors", ())

    def headers(self) -> dict[str, str]:
        """Header -> value, as browsers receive it."""
        directives = dict(STRICT)
        for directive, sources in self.added:
            base = () if directive == "frame-ancestors" else directives.get(directive, ("'self'",))
            directives[directive] = tuple(dict.fromkeys((*base, *sources)))
        written = [" ".join((directive, *sources)) for directive, sources in directives.items()]
        reports = [f"report-uri {self.report_endpoint}", f"report-to {ENDPOINT}"] if self.report_endpoint else []
        if self.enforced:
            headers = {"Content-Security-Policy": "; ".join((*written, "upgrade-insecure-requests", *reports))}
        else:
            kept = [" ".join((directive, *directives[directive])) for directive in ALWAYS_ENFORCED]
            headers = {
                "Content-Security-Policy": "; ".join((*kept, "upgrade-insecure-requests")),
                "Content-Security-Policy-Report-Only": "; ".join((*written, *reports)),
            }
        if self.report_endpoint:
            headers["Reporting-Endpoints"] = f'{ENDPOINT}="{self.report_endpoint}"'
        return headers
