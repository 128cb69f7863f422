"""The rules on APIs, their names and their answers: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from tests.compliance.templates import Resources, assembly_of, found, resource, stack_of

GUARDED = {"x-amazon-apigateway-authorizer": {"type": "cognito_user_pools"}}


def definition(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An OpenAPI document with one operation, and three schemes: an authorizer, a signature, an API key."""
    schemes = {"users": GUARDED, "sigv4": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}, "key": {"type": "apiKey"}}
    return {"openapi": "3.0.1", "paths": {"/orders": {"get": operation}}, "components": {"securitySchemes": schemes}} | more


@pytest.mark.control("WEB-5", "GOV-3")
@pytest.mark.parametrize(
    ("method", "bent"),
    [
        ({"HttpMethod": "GET", "AuthorizationType": "NONE"}, True),
        ({"HttpMethod": "ANY", "AuthorizationType": "NONE", "ApiKeyRequired": True}, True),
        ({"HttpMethod": "GET"}, True),
        ({"HttpMethod": "OPTIONS", "AuthorizationType": "NONE"}, False),
        ({"HttpMethod": "GET", "AuthorizationType": "AWS_IAM"}, False),
        ({"HttpMethod": "GET", "AuthorizationType": {"Ref": "Kind"}}, False),
    ],
)
def test_a_method_asks_who_calls(method: dict[str, Any], bent: bool) -> None:
    assert found("OpenMethod", stack_of({"Method": resource("ApiGateway::Method", method)})) == (["Stack/Method"] if bent else [])


@pytest.mark.control("WEB-5", "GOV-3")
@pytest.mark.parametrize(
    ("protocol", "route", "bent"),
    [
        ("HTTP", {"RouteKey": "GET /orders"}, True),
        ("HTTP", {"RouteKey": "$default", "AuthorizationType": "NONE"}, True),
        ("HTTP", {"RouteKey": "OPTIONS /{proxy+}", "AuthorizationType": "NONE"}, False),
        ("HTTP", {"RouteKey": "GET /orders", "AuthorizationType": "JWT"}, False),
        ("WEBSOCKET", {"RouteKey": "$connect"}, True),
        ("WEBSOCKET", {"RouteKey": "$default"}, False),
    ],
)
def test_a_route_asks_who_calls(protocol: str, route: dict[str, Any], bent: bool) -> None:
    resources = {
        "Api": resource("ApiGatewayV2::Api", {"ProtocolType": protocol}),
        "Route": resource("ApiGatewayV2::Route", {"ApiId": {"Ref": "Api"}, **route}),
    }
    assert found("OpenMethod", stack_of(resources)) == (["Stack/Route"] if bent else [])


@pytest.mark.control("WEB-5", "WEB-6", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "bent", "good", "detail"),
    [
        ("Lambda::Url", {"AuthType": "NONE"}, {"AuthType": "AWS_IAM"}, ""),
        ("ApiGatewayV2::Api", {"Target": "arn:aws:lambda:..."}, {"ProtocolType": "HTTP"}, "[Target] @ "),
        ("AppSync::GraphQLApi", {"AuthenticationType": "API_KEY"}, {"AuthenticationType": "AMAZON_COGNITO_USER_POOLS"}, ""),
        (
            "AppSync::Api",
            {"EventConfig": {"ConnectionAuthModes": [{"AuthType": "AWS_IAM"}, {"AuthType": "API_KEY"}]}},
            {"EventConfig": {"ConnectionAuthModes": [{"AuthType": "AWS_IAM"}]}},
            "[ConnectionAuthModes] @ ",
        ),
        (
            "AppSync::ChannelNamespace",
            {"PublishAuthModes": [{"AuthType": "API_KEY"}]},
            {"PublishAuthModes": [{"AuthType": "AWS_IAM"}]},
            "[PublishAuthModes] @ ",
        ),
        ("ApiGateway::RestApi", {"BodyS3Location": {"Bucket": "specs", "Key": "api.json"}}, {"Name": "orders"}, "[BodyS3Location] @ "),
    ],
)
def test_no_other_door_is_open(kind: str, bent: dict[str, Any], good: dict[str, Any], detail: str) -> None:
    assert found("OpenMethod", stack_of({"Door": resource(kind, bent)})) == [f"{detail}Stack/Door"]
    assert found("OpenMethod", stack_of({"Door": resource(kind, good)})) == []


@pytest.mark.control("WEB-5", "GOV-3")
@pytest.mark.parametrize(
    ("body", "open_paths"),
    [
        (definition({}), ["GET /orders"]),
        (definition({"security": []}, security=[{"users": []}]), ["GET /orders"]),
        (definition({"security": [{"users": []}, {}]}), ["GET /orders"]),
        (definition({"security": [{"key": []}]}), ["GET /orders"]),
        (definition({"security": [{"unknown": []}]}), ["GET /orders"]),
        (definition({"security": [{"users": [], "key": []}]}), []),
        (definition({"security": [{"sigv4": []}]}), []),
        (definition({}, security=[{"users": []}]), []),
        (definition({"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}), []),
        (definition({"x-amazon-apigateway-auth": {"type": "NONE"}}), ["GET /orders"]),
        ({"swagger": "2.0", "paths": {"/a": {"get": {"security": [{"u": []}]}, "options": {}}}, "securityDefinitions": {"u": GUARDED}}, []),
        ({"paths": {"/a": {"x-amazon-apigateway-any-method": {}, "parameters": []}, "/b": {"post": {}}}}, ["ANY /a", "POST /b"]),
        ('{"paths": {"/a": {"delete": {}}}}', ["DELETE /a"]),
        ("openapi: 3.0.1", []),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, []),
    ],
)
@pytest.mark.parametrize("kind", ["ApiGateway::RestApi", "ApiGatewayV2::Api"])
def test_an_imported_definition_guards_every_path(kind: str, body: Any, open_paths: list[str]) -> None:
    assert found("OpenMethod", stack_of({"Api": resource(kind, {"Body": body})})) == [f"[{path}] @ Stack/Api" for path in open_paths]


@pytest.mark.control("WEB-5", "WEB-7", "GOV-3")
@pytest.mark.parametrize("origin", ["*", "https://*", "https://shop.example.com"])
@pytest.mark.parametrize("credentials", [True, False])
def test_credentials_go_to_named_websites(origin: str, credentials: bool) -> None:
    headers = {"Access-Control-Allow-Origin": f"'{origin}'", "Access-Control-Allow-Credentials": f"'{str(credentials).lower()}'"}
    of_method = {f"method.response.header.{name}": value for name, value in headers.items()}
    cors = {"AllowOrigins": [origin], "AllowCredentials": credentials}
    by_policy = {"AccessControlAllowOrigins": {"Items": [origin]}, "AccessControlAllowCredentials": credentials}
    imported = {"x-amazon-apigateway-cors": {"allowOrigins": [origin], "allowCredentials": credentials}}
    options = {"options": {"x-amazon-apigateway-integration": {"responses": {"default": {"responseParameters": of_method}}}}}
    doors: Resources = {
        "Answer": resource(
            "ApiGateway::GatewayResponse", {"ResponseParameters": {f"gatewayresponse.header.{n}": v for n, v in headers.items()}}
        ),
        "Http": resource("ApiGatewayV2::Api", {"CorsConfiguration": cors}),
        "HttpImported": resource("ApiGatewayV2::Api", {"Body": imported}),
        "Method": resource("ApiGateway::Method", {"Integration": {"IntegrationResponses": [{"ResponseParameters": of_method}]}}),
        "Policy": resource("CloudFront::ResponseHeadersPolicy", {"ResponseHeadersPolicyConfig": {"CorsConfig": by_policy}}),
        "RestImported": resource("ApiGateway::RestApi", {"Body": {"paths": {"/": options}}}),
        "Url": resource("Lambda::Url", {"Cors": cors}),
    }
    bent = credentials and origin.endswith("*")
    assert found("CorsWildcard", stack_of(doors)) == ([f"Stack/{name}" for name in sorted(doors)] if bent else [])


def behind(site: dict[str, Any], **more: Any) -> Resources:
    acl = {} if more.pop("unprotected", False) else {"WebACLId": "arn:aws:wafv2:..."}
    config = {"DistributionConfig": {"Origins": [site], **acl}}
    return {"Api": resource("ApiGatewayV2::Api", {"ProtocolType": "HTTP"}), "Site": resource("CloudFront::Distribution", config), **more}


NAMED = {
    "Domain": resource("ApiGatewayV2::DomainName", {"DomainName": "api.shop.example.com"}),
    "Mapping": resource("ApiGatewayV2::ApiMapping", {"ApiId": {"Ref": "Api"}, "DomainName": {"Ref": "Domain"}}),
}


@pytest.mark.control("WEB-1", "WEB-5", "GOV-3")
@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"Api": resource("ApiGatewayV2::Api", {"ProtocolType": "HTTP"})}, ["Stack/Api"]),
        ({"Api": resource("ApiGatewayV2::Api", {"ProtocolType": "WEBSOCKET"})}, []),
        (behind({"DomainName": {"Fn::Join": [".", [{"Ref": "Api"}, "execute-api.us-east-1.amazonaws.com"]]}}), []),
        (behind({"DomainName": {"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Api", "ApiEndpoint"]}]}]}}), []),
        (behind({"DomainName": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]}}, **NAMED), []),
        (behind({"DomainName": "api.shop.example.com"}, **NAMED), []),
        (behind({"DomainName": "www.shop.example.com"}, **NAMED), ["Stack/Api"]),
        (behind({"DomainName": "other.example.com"}), ["Stack/Api"]),
        (behind({"DomainName": {"Ref": "Api"}}, unprotected=True), ["Stack/Api", "Stack/Site"]),
    ],
)
def test_an_http_api_stands_behind_a_protected_distribution(resources: Resources, expected: list[str]) -> None:
    assert found("WebEntryWithoutWaf", stack_of(resources)) == expected


@pytest.mark.control("WEB-5", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "mapping", "name"),
    [
        ("ApiGateway::RestApi", "ApiGateway::BasePathMapping", "RestApiId"),
        ("ApiGateway::RestApi", "ApiGateway::BasePathMappingV2", "RestApiId"),
        ("ApiGatewayV2::Api", "ApiGatewayV2::ApiMapping", "ApiId"),
    ],
)
def test_an_api_with_a_name_has_only_that_one(kind: str, mapping: str, name: str) -> None:
    def app(properties: dict[str, Any]) -> list[str]:
        return found("DefaultEndpointOpen", stack_of({"Api": resource(kind, properties), "Map": resource(mapping, {name: {"Ref": "Api"}})}))

    assert app({}) == app({"DisableExecuteApiEndpoint": False}) == ["Stack/Api"]
    assert app({"DisableExecuteApiEndpoint": True}) == []
    assert app({"Body": {"x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": True}}}) == []
    assert found("DefaultEndpointOpen", stack_of({"Api": resource(kind)})) == []


def site(**certificate: Any) -> dict[str, Any]:
    return {"DistributionConfig": {"ViewerCertificate": certificate}}


@pytest.mark.control("WEB-2", "WEB-5", "WEB-7", "WEB-8", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "properties", "bent"),
    [
        ("ApiGateway::DomainName", {}, True),
        ("ApiGateway::DomainName", {"SecurityPolicy": "TLS_1_0"}, True),
        ("ApiGateway::DomainName", {"SecurityPolicy": "TLS_1_2"}, False),
        ("ApiGateway::DomainName", {"SecurityPolicy": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"}, False),
        ("ApiGatewayV2::DomainName", {"DomainNameConfigurations": [{"SecurityPolicy": "TLS_1_0"}]}, True),
        ("ApiGatewayV2::DomainName", {"DomainNameConfigurations": [{"SecurityPolicy": "TLS_1_2"}]}, False),
        ("CloudFront::Distribution", site(AcmCertificateArn="arn", MinimumProtocolVersion="TLSv1.2_2019"), True),
        ("CloudFront::Distribution", site(AcmCertificateArn={"Ref": "Certificate"}), True),
        ("CloudFront::Distribution", site(AcmCertificateArn="arn", MinimumProtocolVersion="TLSv1.2_2021"), False),
        ("CloudFront::Distribution", site(CloudFrontDefaultCertificate=True), False),
        ("ElasticLoadBalancingV2::Listener", {"Protocol": "HTTPS"}, True),
        ("ElasticLoadBalancingV2::Listener", {"Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-2016-08"}, True),
        ("ElasticLoadBalancingV2::Listener", {"Protocol": "TLS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-1-2021-06"}, True),
        ("ElasticLoadBalancingV2::Listener", {"Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}, False),
        ("ElasticLoadBalancingV2::Listener", {"Protocol": "HTTPS", "SslPolicy": {"Ref": "Policy"}}, False),
        ("ElasticLoadBalancingV2::Listener", {"Protocol": "HTTP"}, False),
    ],
)
def test_no_name_speaks_an_old_tls(kind: str, properties: dict[str, Any], bent: bool) -> None:
    assert found("WeakTls", stack_of({"Door": resource(kind, properties)})) == (["Stack/Door"] if bent else [])


@pytest.mark.control("WEB-9", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "bent"), [("HTTP", True), ("HTTP_STR_MATCH", True), ("HTTPS", False), ("CALCULATED", False), ("TCP", False)]
)
def test_a_health_check_asks_over_https(kind: str, bent: bool) -> None:
    check = resource("Route53::HealthCheck", {"HealthCheckConfig": {"Type": kind}})
    assert found("PlainHealthCheck", stack_of({"Check": check})) == (["Stack/Check"] if bent else [])


@pytest.mark.parametrize(
    ("rule", "door", "why", "fix"),
    [
        (
            "OpenMethod[GET /orders]",
            resource("ApiGateway::RestApi", {"Body": definition({})}),
            "Anyone on the internet may call it without saying who they are. Nothing in its definition guards GET /orders.",
            "give it an authorizer (Cognito, JWT, IAM or Lambda)",
        ),
        (
            "WeakTls",
            resource("ElasticLoadBalancingV2::Listener", {"Protocol": "HTTPS"}),
            "A connection may fall back to TLS 1.1 or older, which can be read. Its policy is ELBSecurityPolicy-2016-08, the default.",
            "TLS 1.2 at least",
        ),
        (
            "PlainHealthCheck",
            resource("Route53::HealthCheck", {"HealthCheckConfig": {"Type": "HTTP"}}),
            "The check asks over plain HTTP: a redirect, or whoever answers in place of the service, looks healthy, and the name is not moved. "
            "Its type is HTTP.",
            "Type HTTPS (or HTTPS_STR_MATCH) on port 443",
        ),
        (
            "CorsWildcard",
            resource("Lambda::Url", {"AuthType": "AWS_IAM", "Cors": {"AllowOrigins": ["*"], "AllowCredentials": True}}),
            "Any website may read the answers with the cookies of whoever visits it.",
            "list the origins that may",
        ),
    ],
)
def test_a_finding_says_what_and_how_to_mend(rule: str, door: dict[str, Any], why: str, fix: str) -> None:
    findings = {one.rule: one for one in hardening_findings(Subject(assembly=assembly_of(stack_of({"Door": door}))))}
    finding = findings[f"Prodready-{rule}"]
    assert (finding.path, finding.why) == ("Stack/Door", why)
    assert finding.fix.startswith(fix)
    assert finding.waivable
