"""The rules on what a CloudFront distribution answers, to whom, and from where: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.templates import Resources, found, resource, stack_of

OPTIMIZED, DISABLED = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER, ALL_BUT_HOST = "216adef6-5c7f-47e4-b989-5492eafa07d3", "b689b0a8-53d0-40ab-baf2-68738e2966ac"
S3_CORS = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
STRICT = "default-src 'self'; base-uri 'self'; object-src 'none'"


def site(default: dict[str, Any], *others: dict[str, Any], origins: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    config = {"DefaultCacheBehavior": default, "CacheBehaviors": list(others), "Origins": origins or []}
    return resource("CloudFront::Distribution", {"DistributionConfig": config})


@pytest.mark.control("WEB-7", "WEB-10", "GOV-3")
@pytest.mark.parametrize(
    ("default", "other", "expected"),
    [
        ("redirect-to-https", "https-only", []),
        ("allow-all", "https-only", ["[*] @ Stack/Site"]),
        ("https-only", "allow-all", ["[/api/*] @ Stack/Site"]),
        ({"Ref": "Policy"}, {"Ref": "Policy"}, []),
    ],
)
def test_every_path_answers_over_https_alone(default: Any, other: Any, expected: list[str]) -> None:
    paths = ({"ViewerProtocolPolicy": default}, {"PathPattern": "/api/*", "ViewerProtocolPolicy": other})
    assert found("PlainViewer", stack_of({"Site": site(*paths)})) == expected


def headers(policy: Any, *custom: tuple[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {"CustomHeadersConfig": {"Items": [{"Header": name, "Value": value} for name, value in custom]}}
    if policy is not None:
        config["SecurityHeadersConfig"] = {"ContentSecurityPolicy": {"ContentSecurityPolicy": policy, "Override": True}}
    return resource("CloudFront::ResponseHeadersPolicy", {"ResponseHeadersPolicyConfig": config})


@pytest.mark.control("WEB-7", "GOV-3")
@pytest.mark.parametrize(
    ("policy", "details"),
    [
        (STRICT, []),
        ("default-src 'none'; script-src 'self' https://cdn.example.com 'wasm-unsafe-eval'", []),
        ("default-src 'self'; style-src 'unsafe-inline'; img-src * data:", []),
        ("default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'", ["script-src 'unsafe-eval'", "script-src 'unsafe-inline'"]),
        ("Default-Src *; Object-Src HTTP:", ["default-src *", "object-src http:"]),
        ("default-src https:", ["default-src https:"]),
        ("script-src http://cdn.example.com data:", ["script-src data:", "script-src http://cdn.example.com"]),
        ("script-src 'self'; script-src *", []),
        ("script-src 'sha256-abc=' 'unsafe-inline'", []),
        ("script-src 'strict-dynamic' 'sha256-abc=' https: 'unsafe-inline'", []),
        ("script-src 'strict-dynamic' 'unsafe-eval'", ["script-src 'unsafe-eval'"]),
        ("script-src 'nonce-abc' 'unsafe-inline'", ["script-src 'nonce-abc'", "script-src 'unsafe-inline'"]),
        ("base-uri 'self'", ["script-src"]),
        ({"Ref": "Policy"}, []),
        ({"Fn::If": ["Strict", STRICT, "default-src *"]}, []),
        ({"Fn::Join": ["", ["default-src 'self' https://", {"Ref": "Cdn"}, "; object-src *"]]}, ["object-src *"]),
        ({"Fn::Sub": "script-src 'self' https://${Cdn}"}, []),
        (None, []),
    ],
)
def test_no_policy_lets_foreign_scripts_run(policy: Any, details: list[str]) -> None:
    assert found("LooseContentPolicy", stack_of({"Headers": headers(policy)})) == [f"[{detail}] @ Stack/Headers" for detail in details]


@pytest.mark.control("WEB-7")
def test_a_policy_among_the_custom_headers_counts_and_a_trial_is_none() -> None:
    loose = headers(STRICT, ("content-security-policy", "script-src *"))
    assert found("LooseContentPolicy", stack_of({"Headers": loose})) == ["[script-src *] @ Stack/Headers"]
    on_trial = headers("base-uri 'self'", ("Content-Security-Policy-Report-Only", "default-src 'self' 'unsafe-inline'"))
    assert found("LooseContentPolicy", stack_of({"Headers": on_trial})) == []


@pytest.mark.control("WEB-7", "GOV-3")
@pytest.mark.parametrize(
    ("path", "exception", "passes"),
    [
        ("Stack/Site", "script-src 'unsafe-inline': the old shop until March", True),
        ("Stack/Site", "style-src 'unsafe-inline': the old shop until March", False),
        ("Stack/Si", "script-src 'unsafe-inline': the old shop until March", False),
    ],
)
def test_an_exception_that_the_construct_recorded_with_a_reason_passes(path: str, exception: str, passes: bool) -> None:
    stack = stack_of({"Site/Headers": headers("script-src 'self' 'unsafe-inline'")})
    metadata = {path: [{"type": "prodready:construct", "data": {"kind": "Website", "policy_exceptions": [exception]}}]}
    assert found("LooseContentPolicy", stack, metadata=metadata) == (
        [] if passes else ["[script-src 'unsafe-inline'] @ Stack/Site/Headers"]
    )


def cache(cookies: str, **lives: Any) -> dict[str, Any]:
    key = {"CookiesConfig": {"CookieBehavior": cookies}}
    return resource("CloudFront::CachePolicy", {"CachePolicyConfig": {"ParametersInCacheKeyAndForwardedToOrigin": key, **lives}})


def request(cookies: str) -> dict[str, Any]:
    return resource("CloudFront::OriginRequestPolicy", {"OriginRequestPolicyConfig": {"CookiesConfig": {"CookieBehavior": cookies}}})


@pytest.mark.control("WEB-7", "GOV-3")
@pytest.mark.parametrize(
    ("kept", "sent", "mixed"),
    [
        (OPTIMIZED, ALL_BUT_HOST, True),
        (OPTIMIZED, ALL_VIEWER, True),
        (OPTIMIZED, None, False),
        (OPTIMIZED, S3_CORS, False),
        (DISABLED, ALL_BUT_HOST, False),
        (None, ALL_VIEWER, False),
        (cache("none", MinTTL=0, DefaultTTL=60, MaxTTL=60), ALL_VIEWER, True),
        (cache("none", MinTTL=1, DefaultTTL=0, MaxTTL=0), request("all"), True),
        (cache("none", MinTTL=0, DefaultTTL=60, MaxTTL=60), request("allExcept"), True),
        (cache("none", MinTTL=0, DefaultTTL=60, MaxTTL=60), request("whitelist"), False),
        (cache("none", MinTTL=0, DefaultTTL=0, MaxTTL=60), request("all"), False),
        (cache("all", MinTTL=0, DefaultTTL=60, MaxTTL=60), request("all"), False),
        (cache("none", MinTTL=0, DefaultTTL={"Ref": "Life"}, MaxTTL=60), request("all"), False),
        ({"Ref": "Other"}, {"Ref": "Other"}, False),
    ],
)
def test_an_answer_for_one_visitor_is_not_shown_to_the_next(kept: Any, sent: Any, mixed: bool) -> None:
    behaviour = {"PathPattern": "/api/*", "TargetOriginId": "api", "CachePolicyId": kept, "OriginRequestPolicyId": sent}
    made: Resources = {}
    for name in ("CachePolicyId", "OriginRequestPolicyId"):
        if isinstance(given := behaviour[name], dict) and "Type" in given:
            made[name] = given
            behaviour[name] = {"Ref": name}
    origins = [{"Id": "api", "CustomOriginConfig": {}}, {"Id": "files", "S3OriginConfig": {}}]
    assert found("VisitorsMixed", stack_of({**made, "Site": site({}, behaviour, origins=origins)})) == (
        ["[/api/*] @ Stack/Site"] if mixed else []
    )
    to_bucket = behaviour | {"TargetOriginId": "files"}
    assert found("VisitorsMixed", stack_of({**made, "Site": site({}, to_bucket, origins=origins)})) == []


NAMED: Resources = {
    "Domain": resource("ApiGatewayV2::DomainName", {"DomainName": "origin.example.com"}),
    "Mapping": resource("ApiGatewayV2::ApiMapping", {"ApiId": {"Ref": "Api"}, "DomainName": {"Ref": "Domain"}}),
    "Api": resource("ApiGatewayV2::Api", {"ProtocolType": "HTTP"}),
    "Rest": resource("ApiGateway::RestApi"),
}
BY_ADDRESS = {"Fn::Join": [".", [{"Ref": "Api"}, "execute-api.us-east-1.amazonaws.com"]]}


@pytest.mark.control("WEB-1", "WEB-5", "GOV-3")
@pytest.mark.parametrize(
    ("origin", "unproven"),
    [
        ({"DomainName": BY_ADDRESS}, True),
        ({"DomainName": "origin.example.com", "OriginCustomHeaders": []}, True),
        (
            {"DomainName": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]}, "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}},
            True,
        ),
        ({"DomainName": BY_ADDRESS, "OriginCustomHeaders": [{"HeaderName": "x-origin-verify", "HeaderValue": {"Ref": "Value"}}]}, False),
        ({"DomainName": "origin.example.com", "CustomOriginConfig": {"OriginMtlsConfig": {"ClientCertificateArn": "arn"}}}, False),
        ({"DomainName": {"Fn::Join": [".", [{"Ref": "Rest"}, "execute-api.us-east-1.amazonaws.com"]]}}, False),
        ({"DomainName": {"Ref": "Elsewhere"}}, False),
        ({"DomainName": "other.example.com"}, False),
    ],
)
def test_an_http_api_knows_that_cloudfront_asks(origin: dict[str, Any], unproven: bool) -> None:
    resources = {**NAMED, "Site": site({}, origins=[{"Id": "api", **origin}])}
    assert found("OriginUnproven", stack_of(resources)) == (["[api] @ Stack/Site"] if unproven else [])
