"""The rules on what APIs check, log and tell, and on whose credentials go where: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from tests.compliance.templates import Resources, assembly_of, found, resource, stack_of


@pytest.mark.control("WEB-5", "WEB-6", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("ApiGateway::Stage", {"MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", "DataTraceEnabled": True}]}, ["[* /*] @ "]),
        (
            "ApiGateway::Stage",
            {"MethodSettings": [{"HttpMethod": "GET", "ResourcePath": "/~1a", "DataTraceEnabled": "true"}]},
            ["[GET /~1a] @ "],
        ),
        ("ApiGateway::Stage", {"MethodSettings": [{"DataTraceEnabled": False}, {"LoggingLevel": "INFO"}]}, []),
        ("ApiGateway::Stage", {"MethodSettings": [{"DataTraceEnabled": {"Ref": "Trace"}}]}, []),
        ("ApiGateway::Deployment", {"StageDescription": {"DataTraceEnabled": True}}, [""]),
        ("ApiGateway::Deployment", {"StageDescription": {"MethodSettings": [{"DataTraceEnabled": True}]}}, [""]),
        ("ApiGateway::Deployment", {"StageDescription": {"LoggingLevel": "INFO"}}, []),
        ("ApiGatewayV2::Stage", {"DefaultRouteSettings": {"DataTraceEnabled": True}}, [""]),
        ("ApiGatewayV2::Stage", {"RouteSettings": {"$default": {"DataTraceEnabled": True}}}, [""]),
        ("ApiGatewayV2::Stage", {"DefaultRouteSettings": {"DataTraceEnabled": False}, "RouteSettings": {"Ref": "Json"}}, []),
        ("AppSync::GraphQLApi", {"LogConfig": {"FieldLogLevel": "ALL"}}, [""]),
        ("AppSync::GraphQLApi", {"LogConfig": {"ExcludeVerboseContent": False}}, [""]),
        ("AppSync::GraphQLApi", {"LogConfig": {"ExcludeVerboseContent": True}}, []),
        ("AppSync::GraphQLApi", {"LogConfig": {"ExcludeVerboseContent": {"Ref": "Verbose"}}}, []),
        ("AppSync::GraphQLApi", {}, []),
    ],
)
def test_what_callers_send_is_not_logged(kind: str, properties: dict[str, Any], expected: list[str]) -> None:
    assert found("ContentsInLogs", stack_of({"Door": resource(kind, properties)})) == [f"{place}Stack/Door" for place in expected]


TEMPLATE = {"application/json": '{"error":"$context.error.responseType"}'}


def answering(**answers: Any) -> Resources:
    return {
        "Api": resource("ApiGateway::RestApi"),
        **{
            kind: resource(
                "ApiGateway::GatewayResponse", {"RestApiId": {"Ref": "Api"}, "ResponseType": kind, "ResponseTemplates": templates}
            )
            for kind, templates in answers.items()
        },
    }


@pytest.mark.control("WEB-5", "GOV-3")
@pytest.mark.parametrize(
    ("resources", "details"),
    [
        (answering(DEFAULT_4XX=TEMPLATE, DEFAULT_5XX=TEMPLATE), []),
        (answering(), ["DEFAULT_4XX", "DEFAULT_5XX"]),
        (answering(DEFAULT_4XX=TEMPLATE), ["DEFAULT_5XX"]),
        (answering(DEFAULT_4XX=TEMPLATE, DEFAULT_5XX=None), ["DEFAULT_5XX"]),
        (
            answering(DEFAULT_4XX=TEMPLATE, DEFAULT_5XX=TEMPLATE, ACCESS_DENIED={"application/json": "$context.error.messageString"}),
            ["ACCESS_DENIED"],
        ),
        (answering(DEFAULT_4XX=TEMPLATE, DEFAULT_5XX={"application/json": {"Ref": "Body"}}), []),
        (
            answering(DEFAULT_4XX={"application/json": {"Fn::Sub": "${Name}: $context.error.message"}}, DEFAULT_5XX=TEMPLATE),
            ["DEFAULT_4XX"],
        ),
    ],
)
def test_the_gateways_own_errors_tell_nothing(resources: Resources, details: list[str]) -> None:
    assert found("GatewayResponseTells", stack_of(resources)) == [f"[{detail}] @ Stack/Api" for detail in details]


@pytest.mark.control("WEB-5")
@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({"x-amazon-apigateway-gateway-responses": {kind: {"responseTemplates": TEMPLATE} for kind in ("DEFAULT_4XX", "DEFAULT_5XX")}}, []),
        ({"x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"statusCode": 400}}}, ["DEFAULT_4XX", "DEFAULT_5XX"]),
        ({"paths": {}}, ["DEFAULT_4XX", "DEFAULT_5XX"]),
        ("openapi: 3.0.1", []),
    ],
)
def test_an_imported_definition_has_answers_too(body: Any, details: list[str]) -> None:
    api = resource("ApiGateway::RestApi", {"Body": body})
    assert found("GatewayResponseTells", stack_of({"Api": api})) == [f"[{detail}] @ Stack/Api" for detail in details]


BODY, PARAMETERS = (
    {"RequestModels": {"application/json": {"Ref": "Model"}}},
    {"RequestParameters": {"method.request.querystring.page": True}},
)
BOTH = {"ValidateRequestBody": True, "ValidateRequestParameters": True}


@pytest.mark.control("WEB-5", "GOV-3")
@pytest.mark.parametrize(
    ("method", "validator", "details"),
    [
        ({}, None, []),
        (BODY, None, ["Body"]),
        (BODY, {"ValidateRequestParameters": True}, ["Body"]),
        (BODY, BOTH, []),
        (PARAMETERS, None, ["Parameters"]),
        (PARAMETERS, {"ValidateRequestBody": True, "ValidateRequestParameters": False}, ["Parameters"]),
        (BODY | PARAMETERS, {}, ["Body", "Parameters"]),
        (BODY | PARAMETERS, {"ValidateRequestBody": {"Ref": "Look"}, "ValidateRequestParameters": {"Ref": "Look"}}, []),
        ({"RequestParameters": {"method.request.path.order": True, "method.request.header.Accept": False}}, None, []),
    ],
)
def test_what_a_request_must_have_is_looked_at(method: dict[str, Any], validator: dict[str, Any] | None, details: list[str]) -> None:
    resources: Resources = {
        "Method": resource("ApiGateway::Method", method | ({"RequestValidatorId": {"Ref": "Look"}} if validator is not None else {}))
    }
    if validator is not None:
        resources["Look"] = resource("ApiGateway::RequestValidator", validator)
    assert found("RequestUnchecked", stack_of(resources)) == [f"[{detail}] @ Stack/Method" for detail in details]


def test_a_validator_of_another_app_is_not_judged() -> None:
    method = resource("ApiGateway::Method", BODY | PARAMETERS | {"RequestValidatorId": {"Fn::ImportValue": "validator"}})
    assert found("RequestUnchecked", stack_of({"Method": method})) == []


ISSUER = "cognito-identity.amazonaws.com"
AUD = {"StringEquals": {f"{ISSUER}:aud": {"Ref": "Pool"}}}
AMR = {"ForAnyValue:StringLike": {f"{ISSUER}:amr": "authenticated"}}


def trusted(condition: Any, issuer: Any = ISSUER, **more: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": issuer},
        "Condition": condition,
        **more,
    }
    return {"AssumeRolePolicyDocument": {"Statement": [statement]}}


@pytest.mark.control("SEC-5", "GOV-3")
@pytest.mark.parametrize(
    ("role", "details"),
    [
        (trusted(AUD | AMR), []),
        (trusted(AUD | {"ForAnyValue:StringLike": {f"{ISSUER}:amr": "unauthenticated"}}), []),
        (trusted(AUD), ["amr"]),
        (trusted(AMR), ["aud"]),
        (trusted(None), ["amr", "aud"]),
        (trusted({"StringLike": {f"{ISSUER}:aud": "*"}} | AMR), ["aud"]),
        (trusted({"StringEqualsIfExists": {f"{ISSUER}:aud": "pool"}} | AMR), ["aud"]),
        (trusted(AUD | {"ForAllValues:StringLike": {f"{ISSUER}:amr": "authenticated"}}), ["amr"]),
        (trusted({"StringNotEquals": {f"{ISSUER}:aud": "pool"}} | AMR), ["aud"]),
        (trusted(None, issuer=["accounts.google.com", ISSUER]), ["amr", "aud"]),
        (trusted(None, issuer="cognito-identity-us-gov.amazonaws.com"), ["amr", "aud"]),
        (trusted(None, issuer={"Ref": "Provider"}), []),
        (trusted(None, Effect="Deny"), []),
        ({"AssumeRolePolicyDocument": {"Statement": trusted(None)["AssumeRolePolicyDocument"]["Statement"][0]}}, ["amr", "aud"]),
        ({"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}}, []),
        ({"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*"}]}}, []),
    ],
)
def test_a_role_for_users_is_for_those_of_one_pool(role: dict[str, Any], details: list[str]) -> None:
    assert found("IdentityRoleLoose", stack_of({"Role": resource("IAM::Role", role)})) == [f"[{detail}] @ Stack/Role" for detail in details]


CLIENT: Resources = {"Client": resource("Cognito::UserPoolClient", {"GenerateSecret": True})}
READ = {"Fn::GetAtt": ["Client", "ClientSecret"]}


@pytest.mark.control("SEC-2", "SEC-5", "GOV-3")
@pytest.mark.parametrize(
    ("value", "read"),
    [
        (READ, True),
        ({"Fn::GetAtt": "Client.ClientSecret"}, True),
        ({"Fn::Sub": "secret=${Client.ClientSecret}"}, True),
        ({"Fn::Sub": ["${Id}:${Client.ClientSecret}", {"Id": {"Ref": "Client"}}]}, True),
        ({"Fn::Join": ["", ["{", {"Fn::If": ["Yes", READ, ""]}, "}"]]}, True),
        ({"Fn::GetAtt": ["Client", "ClientId"]}, False),
        ({"Fn::GetAtt": ["Other", "ClientSecret"]}, False),
        ({"Fn::Sub": "${Client}"}, False),
        ({"Ref": "Client"}, False),
    ],
)
def test_the_secret_of_a_client_passes_by_cloudformation(value: Any, read: bool) -> None:
    resources = {**CLIENT, "Other": resource("CloudFormation::CustomResource"), "Reader": resource("SSM::Parameter", {"Value": value})}
    assert found("ClientSecretRead", stack_of(resources)) == (["[Client] @ Stack/Reader"] if read else [])
    assert found("ClientSecretRead", stack_of(CLIENT, outputs={"Secret": {"Value": value}})) == (["[Secret] @ Stack"] if read else [])


@pytest.mark.control("SEC-5")
def test_the_secret_that_the_cdk_reads_by_a_function_is_found() -> None:
    resources = {
        "Describe": {"Type": "Custom::DescribeCognitoUserPoolClient", "Properties": {}},
        "Secret": resource("SecretsManager::Secret", {"SecretString": {"Fn::GetAtt": ["Describe", "UserPoolClient.ClientSecret"]}}),
    }
    assert found("ClientSecretRead", stack_of(resources)) == ["[Describe] @ Stack/Secret"]


@pytest.mark.parametrize(
    ("rule", "resources", "path", "why", "fix"),
    [
        (
            "RequestUnchecked[Parameters]",
            {"Method": resource("ApiGateway::Method", PARAMETERS)},
            "Stack/Method",
            "Without a validator API Gateway only documents what a request must have: everything reaches the service. "
            "It demands method.request.querystring.page.",
            "RequestValidatorId of a RequestValidator",
        ),
        (
            "ClientSecretRead[Client]",
            {**CLIENT, "Reader": resource("SSM::Parameter", {"Value": READ})},
            "Stack/Reader",
            "A client's secret passes through CloudFormation: whoever may read the stack, or what it was given to, can sign in as the client. "
            "It reads the secret of Client.",
            "identity.ServiceAccount: the secret goes from Cognito to Secrets Manager",
        ),
        (
            "WafLogShowsCredentials[cookie]",
            {"Log": resource("WAFv2::LoggingConfiguration", {"RedactedFields": [{"SingleHeader": {"Name": "authorization"}}]})},
            "Stack/Log",
            "Whoever reads the log of the firewall can act as the visitors in it. It shows the header cookie.",
            "RedactedFields with the SingleHeader authorization and cookie",
        ),
        (
            "LooseContentPolicy[script-src]",
            {
                "Headers": resource(
                    "CloudFront::ResponseHeadersPolicy",
                    {
                        "ResponseHeadersPolicyConfig": {
                            "SecurityHeadersConfig": {"ContentSecurityPolicy": {"ContentSecurityPolicy": "base-uri 'self'"}}
                        }
                    },
                )
            },
            "Stack/Headers",
            "A script that somebody smuggles into a page runs with the rights of whoever looks at it. "
            "It says nothing of scripts, and so admits all.",
            "name the origins and hashes that may run",
        ),
    ],
)
def test_a_finding_says_what_and_how_to_mend(rule: str, resources: Resources, path: str, why: str, fix: str) -> None:
    findings = {one.rule: one for one in hardening_findings(Subject(assembly=assembly_of(stack_of(resources))))}
    finding = findings[f"Prodready-{rule}"]
    assert (finding.path, finding.why) == (path, why)
    assert finding.fix.startswith(fix)
    assert finding.waivable
