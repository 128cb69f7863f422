"""Answers that any website may read with the visitor's credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true
from prodready_constructs.evidence.assembly import Resource

#: ``https://*`` is every website that has a certificate.
ANYBODY = ("*", "http://*", "https://*")
_ORIGIN, _CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"


def _any_origin(origins: Any) -> bool:
    return isinstance(origins, list) and any(origin in ANYBODY for origin in origins)


def _lists(subject: Subject) -> Iterator[tuple[Resource, Any, Any]]:
    """Where origins are a list: the resource, the origins, and whether credentials are allowed."""
    for api in subject.of_type("AWS::ApiGatewayV2::Api"):
        yield api, api.get("CorsConfiguration", "AllowOrigins"), api.get("CorsConfiguration", "AllowCredentials")
        extension = "x-amazon-apigateway-cors"
        yield api, api.get("Body", extension, "allowOrigins"), api.get("Body", extension, "allowCredentials")
    for url in subject.of_type("AWS::Lambda::Url"):
        yield url, url.get("Cors", "AllowOrigins"), url.get("Cors", "AllowCredentials")
    for policy in subject.of_type("AWS::CloudFront::ResponseHeadersPolicy"):
        cors = policy.get("ResponseHeadersPolicyConfig", "CorsConfig") or {}
        yield policy, (cors.get("AccessControlAllowOrigins") or {}).get("Items"), cors.get("AccessControlAllowCredentials")


def _headers(value: Any) -> Iterator[dict[str, str]]:
    """Every mapping of answer headers below *value*, without the place that API Gateway writes before their names."""
    if isinstance(value, list):
        for item in value:
            yield from _headers(item)
    elif isinstance(value, dict):
        named = {str(name).lower().rpartition(".")[2]: str(item).strip("'") for name, item in value.items() if isinstance(item, str)}
        if _ORIGIN in named:
            yield named
        for item in value.values():
            yield from _headers(item)


def _find(subject: Subject) -> Iterator[Hit]:
    for resource, origins, credentials in _lists(subject):
        if _any_origin(origins) and is_true(credentials):
            yield hit(resource)
    for kind in ("Method", "GatewayResponse", "RestApi"):
        for resource in subject.of_type(f"AWS::ApiGateway::{kind}"):
            if any(each[_ORIGIN] in ANYBODY and is_true(each.get(_CREDENTIALS)) for each in _headers(resource.properties)):
                yield hit(resource)


RULE = Rule(
    name="CorsWildcard",
    controls=("WEB-5", "WEB-7"),
    why="Any website may read the answers with the cookies of whoever visits it.",
    fix="list the origins that may (https://shop.example.com), or allow no credentials",
    find=_find,
)
