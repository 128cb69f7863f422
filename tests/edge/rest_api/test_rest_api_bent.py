"""A REST API bent after it was made: a rule of ours finds it in the finished template."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import aws_route53 as route53

from prodready_constructs.edge import Domain, ProtectedRestApi
from prodready_constructs.posture import PRODUCTION
from tests.compliance.templates import found, stack_of
from tests.edge.rest_api.test_rest_api import balancer
from tests.edge.rest_api.test_rest_api_methods import users
from tests.support.synthesis import Template, new_stack, synth

Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def template() -> Template:
    stack = new_stack()
    zone = route53.HostedZone.from_hosted_zone_attributes(stack, "Zone", hosted_zone_id="Z8", zone_name="example.com")
    api = ProtectedRestApi(
        stack,
        "Api",
        posture=PRODUCTION.edge,
        load_balancer=balancer(stack),
        authorizer=users(stack),
        domain=Domain(stack, "ApiDomain", name="api.example.com", hosted_zone=zone),
        allowed_origins=["https://shop.example.com"],
    )
    api.require_body("/orders", "POST", schema={"type": "object"})
    return synth(stack)


def setting(kind: str, name: str, value: object) -> Callable[[Resources], None]:
    """Set a property of every resource of *kind*."""

    def bend(resources: Resources) -> None:
        for resource in resources.values():
            if resource["Type"] == f"AWS::{kind}" and resource["Properties"].get("HttpMethod") != "OPTIONS":
                resource["Properties"][name] = value

    return bend


def without(kind: str) -> Callable[[Resources], None]:
    """Remove every resource of *kind* that is the API's."""

    def bend(resources: Resources) -> None:
        for name in [name for name, resource in resources.items() if resource["Type"] == f"AWS::{kind}" and name.startswith("Api")]:
            del resources[name]

    return bend


def traced(resources: Resources) -> None:
    """Log what callers send."""
    for resource in resources.values():
        if resource["Type"] == "AWS::ApiGateway::Stage":
            resource["Properties"]["MethodSettings"][0]["DataTraceEnabled"] = True


def any_origin(resources: Resources) -> None:
    """Let every page call."""
    for resource in resources.values():
        if resource["Type"] == "AWS::ApiGateway::Method" and resource["Properties"]["HttpMethod"] == "OPTIONS":
            answers = resource["Properties"]["Integration"]["IntegrationResponses"]
            answers[0]["ResponseParameters"]["method.response.header.Access-Control-Allow-Origin"] = "'*'"


@pytest.mark.parametrize(
    ("rule", "bend"),
    [
        ("OpenMethod", setting("ApiGateway::Method", "AuthorizationType", "NONE")),
        ("WeakTls", setting("ApiGateway::DomainName", "SecurityPolicy", "TLS_1_0")),
        ("DefaultEndpointOpen", setting("ApiGateway::RestApi", "DisableExecuteApiEndpoint", False)),
        ("WebEntryWithoutWaf", without("WAFv2::WebACLAssociation")),
        ("CorsWildcard", any_origin),
        ("ContentsInLogs", traced),
        ("RequestUnchecked", setting("ApiGateway::Method", "RequestValidatorId", None)),
        ("RequestUnchecked", setting("ApiGateway::RequestValidator", "ValidateRequestBody", False)),
        ("GatewayResponseTells", without("ApiGateway::GatewayResponse")),
        ("GatewayResponseTells", setting("ApiGateway::GatewayResponse", "ResponseTemplates", None)),
    ],
)
@pytest.mark.control("WEB-5")
def test_what_is_bent_is_found(template: Template, rule: str, bend: Callable[[Resources], None]) -> None:
    assert not [finding for finding in found(rule, stack_of(template.resources)) if "Stack/Api" in finding]
    bent = copy.deepcopy(template.resources)
    bend(bent)
    assert any("Stack/Api" in finding for finding in found(rule, stack_of(bent)))
