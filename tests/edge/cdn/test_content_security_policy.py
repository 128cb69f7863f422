"""The content security policy as a value: strict from the start, opened by name, refused where it would undo itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from prodready_constructs.edge import ContentSecurityPolicy
from prodready_constructs.edge.cdn.content_security_policy import LONGEST
from prodready_constructs.edge.cdn.csp_sources import EXTENDABLE
from prodready_constructs.errors import ConfigurationError

STRICT = "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; upgrade-insecure-requests"
SHA256 = "'sha256-" + "A" * 43 + "='"
REASON = "the chart library sets inline sizes until its next major version"


def policy() -> ContentSecurityPolicy:
    return ContentSecurityPolicy()


def directives(of: ContentSecurityPolicy) -> dict[str, list[str]]:
    text = of.headers()["Content-Security-Policy"]
    return {words[0]: words[1:] for words in (directive.split() for directive in text.split("; "))}


@pytest.mark.control("WEB-7")
def test_it_trusts_the_site_alone() -> None:
    assert policy().headers() == {"Content-Security-Policy": STRICT}


@pytest.mark.control("WEB-7")
def test_sources_are_trusted_beside_the_site_and_the_first_policy_stays_as_it_was() -> None:
    strict = policy()
    wider = (
        strict.allow("connect-src", "https://api.example.com", "wss://live.example.com:8443/feed")
        .allow("img-src", "data:", "blob:")
        .allow("script-src", SHA256, "'wasm-unsafe-eval'")
        .allow("connect-src", "https://api.example.com")
        .allow("frame-ancestors", "'self'", "https://partner.example.com")
    )
    assert strict.headers() == {"Content-Security-Policy": STRICT}
    found = directives(wider)
    assert found["connect-src"] == ["'self'", "https://api.example.com", "wss://live.example.com:8443/feed"]
    assert found["img-src"] == ["'self'", "data:", "blob:"]
    assert found["script-src"] == ["'self'", SHA256, "'wasm-unsafe-eval'"]
    assert found["frame-ancestors"] == ["'self'", "https://partner.example.com"]
    assert found["object-src"] == ["'none'"]
    assert wider.framed_by == ("'self'", "https://partner.example.com")
    assert policy().including({"connect-src": ("https://a.example.com",)}) == policy().allow("connect-src", "https://a.example.com")


def test_a_host_known_at_deployment_only_is_a_host() -> None:
    token = "https://${Token[TOKEN.12]}.execute-api.${Token[AWS.Region.5]}.amazonaws.com"
    assert token in directives(policy().allow("connect-src", token))["connect-src"]


@pytest.mark.control("WEB-7")
def test_inline_code_and_wildcards_need_a_reason_that_is_kept() -> None:
    wider = (
        policy().allow_inline("style-src", reason=REASON).allow("img-src", "https://*.example.com", reason="one bucket for each customer")
    )
    assert "'unsafe-inline'" in directives(wider)["style-src"]
    assert dict(wider.reasons) == {"style-src 'unsafe-inline'": REASON, "img-src https://*.example.com": "one bucket for each customer"}


@pytest.mark.control("WEB-7")
def test_what_is_blocked_is_reported_by_both_ways_browsers_know() -> None:
    headers = policy().report_to("https://reports.example.com/csp").headers()
    assert headers == {
        "Content-Security-Policy": f"{STRICT}; report-uri https://reports.example.com/csp; report-to csp",
        "Reporting-Endpoints": 'csp="https://reports.example.com/csp"',
    }


@pytest.mark.control("WEB-7")
def test_a_trial_blocks_only_what_no_page_of_ours_needs() -> None:
    headers = policy().report_only("https://reports.example.com/csp").headers()
    assert headers["Content-Security-Policy"] == "base-uri 'self'; frame-ancestors 'none'; object-src 'none'; upgrade-insecure-requests"
    assert headers["Content-Security-Policy-Report-Only"].startswith("default-src 'self'; ")
    assert headers["Content-Security-Policy-Report-Only"].endswith("; report-to csp")


def refused(message: str, make: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.control("WEB-7")
@pytest.mark.parametrize(
    ("directive", "source", "mend"),
    [
        ("script-src", "'unsafe-inline'", "name the hash of the one script or style, or say why by allow_inline"),
        ("script-src", "'unsafe-eval'", "build without eval"),
        ("script-src", "'unsafe-hashes'", "move the event handler into a script file"),
        ("script-src", "*", "name the origins"),
        ("script-src", "http:", "name the origins, with https://"),
        ("script-src", "https:", "name the origins"),
        ("img-src", "http://example.com", "name the origin with https://"),
        ("img-src", "example.com", "name the origin with https://"),
        ("img-src", "https://example.com; script-src b", "without spaces, quotes, commas or semicolons"),
        ("img-src", "https://example.com,https://b.example", "without spaces, quotes, commas or semicolons"),
        ("img-src", "https://example.com\nscript-src:", "without spaces, quotes"),
        ("img-src", "https://user@example.com", "name the origin"),
        ("img-src", "https://EXAMPLE.com", "name the origin"),
        ("img-src", "https://", "name the origin"),
        ("img-src", "", "name the origin"),
        ("img-src", "'none'", "name the origin"),
        ("img-src", "https://*", "name the origin"),
        ("img-src", "https://*.example.com", "say by reason= why every host below this domain is trusted"),
        ("img-src", "wss://example.com", "wss:// belongs to connect-src"),
        ("script-src", "data:", "data: does no harm in font-src, img-src, media-src only"),
        ("script-src", "blob:", "blob: does no harm in child-src, connect-src"),
        ("script-src", "'nonce-abc'", "a nonce that is the same in every answer protects nothing"),
        ("script-src", "'sha256-short'", "a sha256 digest has 44 characters of base64"),
        ("script-src", SHA256.replace("256", "512"), "a sha512 digest has 88 characters"),
        ("img-src", SHA256, "for a script or style"),
        ("style-src", "'wasm-unsafe-eval'", "'wasm-unsafe-eval' belongs to script-src"),
        ("script-src", "'strict-dynamic'", "name the origin"),
    ],
)
def test_it_refuses_sources_that_undo_the_policy(directive: str, source: str, mend: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        policy().allow(directive, source)
    assert str(refusal.value).startswith(
        f"ContentSecurityPolicy: got {f'{directive} {source}'!r}; allowed: https:// origins, 'sha256-...' of"
    )
    assert mend in str(refusal.value)


@pytest.mark.parametrize("directive", ["default-src", "object-src", "base-uri", "scripts-src", "script-src;", "", "report-uri", "sandbox"])
def test_it_refuses_directives_that_stay_strict_or_do_not_exist(directive: str) -> None:
    assert directive not in EXTENDABLE
    refused(
        r"^ContentSecurityPolicy: got '.*'; allowed: one of child-src, .*, worker-src; the others always stay as strict as they are$",
        lambda: policy().allow(directive, "https://example.com"),
    )


def test_it_refuses_reasons_that_say_nothing_and_inline_images() -> None:
    refused(
        r"^ContentSecurityPolicy: got \"style-src 'unsafe-inline', because 'legacy'\"; allowed: a reason of at least 20 characters; say what needs it",
        lambda: policy().allow_inline("style-src", reason="legacy"),
    )
    refused(
        r"^ContentSecurityPolicy: allow_inline: got 'img-src'; allowed: one of script-src, style-src, .*; only these have inline code$",
        lambda: policy().allow_inline("img-src", reason=REASON),
    )


@pytest.mark.parametrize("endpoint", ["http://example.com/", "//example.com", 'https://example.com/";', "https://example.com/a b", "/csp"])
def test_it_refuses_endpoints_that_browsers_do_not_report_to(endpoint: str) -> None:
    refused(
        r"^ContentSecurityPolicy: report_endpoint: got '.*'; allowed: an https:// URL without quotes, spaces, commas and semicolons; browsers",
        lambda: policy().report_to(endpoint),
    )


def test_it_refuses_a_trial_that_nobody_hears_of() -> None:
    refused(
        r"^ContentSecurityPolicy: report_only: got 'no endpoint'; allowed: a trial whose reports somebody receives; give one: report_only\(",
        lambda: ContentSecurityPolicy(enforced=False),
    )


def test_it_refuses_more_than_cloudfront_sends() -> None:
    many = [f"https://host-{number}.example.com" for number in range(70)]
    refused(
        rf"^ContentSecurityPolicy: got '\d+ characters'; allowed: {LONGEST} characters in a header value \(CloudFront's quota\); serve more",
        lambda: policy().allow("img-src", *many),
    )
