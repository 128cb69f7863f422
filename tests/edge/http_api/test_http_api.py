"""The HTTP API: what is always so, what follows the posture, who may call and reach it, what wakes someone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.contracts import AlarmSpec, MathMetric, Severity
from prodready_constructs.edge.http_api.authorizers import IamSignatures, JwtIssuer, LambdaCheck
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.edge.http_api.parts import ORIGINS, REASON, a_certificate, a_cloud_map_target, a_name, a_whole_api, an_api
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

ROUTE = "AWS::ApiGatewayV2::Route"
STAGE = "AWS::ApiGatewayV2::Stage"
HTTP_API = "AWS::ApiGatewayV2::Api"
AUTHORIZER = "AWS::ApiGatewayV2::Authorizer"
VERBS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
#: Of the secret that CloudFront shows, until the next generation.
NOT_ROTATED = [
    f"{rule} @ Stack/Api/OriginSecret/Generation1"
    for rule in ("AwsSolutions-SMG4", "HIPAA.Security-SecretsManagerRotationEnabled", "NIST.800.53.R5-SecretsManagerRotationEnabled")
]


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    a_whole_api(stack)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.fixture(scope="module")
def trial() -> Template:
    """Without names, without origins, for callers with signatures."""
    stack = new_stack()
    an_api(stack, posture=STAGING.edge, authorizer=IamSignatures()).pass_everything()
    return synth(stack)


def routes(template: Template) -> dict[str, dict[str, Any]]:
    return {made["Properties"]["RouteKey"]: made["Properties"] for made in template.of_type(ROUTE).values()}


@pytest.mark.control("WEB-5")
def test_no_route_is_open_but_the_one_that_is_named(template: Template, trial: Template) -> None:
    made = routes(template)
    everything = {f"{verb} {path}" for verb in VERBS for path in ("/", "/{proxy+}", "/search")}
    assert set(made) == everything | {"GET /orders/{id}", "GET /status"}
    assert {key for key, route in made.items() if route["AuthorizationType"] == "NONE"} == {"GET /status"}
    guarded = [route for key, route in made.items() if key != "GET /status"]
    authorizer = {"Ref": next(iter(template.of_type(AUTHORIZER)))}
    assert all((route["AuthorizationType"], route["AuthorizerId"]) == ("JWT", authorizer) for route in guarded)
    assert {key: route["AuthorizationType"] for key, route in routes(trial).items()} == {"$default": "AWS_IAM"}


@pytest.mark.control("WEB-5")
def test_what_is_not_routed_is_not_passed_on() -> None:
    stack = new_stack()
    an_api(stack)
    assert not synth(stack).of_type(ROUTE)


@pytest.mark.control("WEB-5")
def test_an_open_route_is_in_the_evidence_with_its_reason(template: Template) -> None:
    (open_route,) = template.recorded("PublicRoute")
    assert (open_route["route"], open_route["reason"], open_route["public"]) == ("GET /status", REASON, True)
    waivers = [
        entry["data"]
        for path, entries in template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver" and "/Routes/" in path
    ]
    assert {(waiver["rule"], waiver["because"]) for waiver in waivers} == {
        ("AwsSolutions-APIG4", REASON),
        ("Prodready-OpenMethod", REASON),
    }


@pytest.mark.control("WEB-5", "SEC-5")
def test_tokens_of_the_pool_for_the_client_are_taken(template: Template) -> None:
    authorizer = template.props(AUTHORIZER)
    assert (authorizer["AuthorizerType"], authorizer["IdentitySource"]) == ("JWT", ["$request.header.Authorization"])
    jwt = authorizer["JwtConfiguration"]
    pool = next(iter(template.of_type("AWS::Cognito::UserPool")))
    assert jwt["Issuer"] == {"Fn::Join": ["", ["https://", {"Fn::GetAtt": [pool, "ProviderName"]}]]}
    assert jwt["Audience"] == [{"Ref": next(iter(template.of_type("AWS::Cognito::UserPoolClient")))}]
    assert routes(template)["GET /orders/{id}"]["AuthorizationScopes"] == ["orders/read"]


@pytest.mark.control("WEB-5")
def test_a_function_may_decide_and_its_answer_holds_for_one_route() -> None:
    stack = new_stack()
    function = lambda_.Function(
        stack, "Who", runtime=lambda_.Runtime.NODEJS_24_X, handler="index.handler", code=lambda_.Code.from_inline("exports.handler = 0")
    )
    api = an_api(stack, authorizer=LambdaCheck(function=function, headers=("X-Key",)))
    api.add_route("/a", "GET")
    api.add_route("/b", "GET", authorizer=LambdaCheck(function=function, remembers=timedelta(minutes=5), name="Remembered"))
    api.add_route("/c", "GET", authorizer=IamSignatures())
    template = synth(stack)
    kept = {made["Properties"]["Name"]: made["Properties"] for made in template.of_type(AUTHORIZER).values()}
    assert kept["Check"]["IdentitySource"] == ["$request.header.X-Key"]
    assert (kept["Check"]["AuthorizerResultTtlInSeconds"], kept["Check"]["EnableSimpleResponses"]) == (0, True)
    assert kept["Remembered"]["IdentitySource"] == ["$request.header.Authorization", "$context.routeKey"], "else it would open every route"
    assert kept["Remembered"]["AuthorizerResultTtlInSeconds"] == 300
    assert {key: route["AuthorizationType"] for key, route in routes(template).items()} == {
        "GET /a": "CUSTOM",
        "GET /b": "CUSTOM",
        "GET /c": "AWS_IAM",
    }
    permissions = [made["Properties"] for made in template.of_type("AWS::Lambda::Permission").values()]
    assert {permission["Principal"] for permission in permissions} == {"apigateway.amazonaws.com"}
    assert all("/authorizers/" in json.dumps(permission["SourceArn"]) for permission in permissions)


@pytest.mark.control("WEB-5")
def test_preflights_are_answered_for_exact_origins_and_reach_nothing(template: Template, trial: Template) -> None:
    cors = template.props(HTTP_API)["CorsConfiguration"]
    assert cors["AllowOrigins"] == list(ORIGINS)
    assert cors["AllowCredentials"] is True
    assert cors["AllowMethods"] == list(VERBS)
    assert not [key for key in routes(template) if key.startswith(("OPTIONS", "ANY", "$default"))], "they would take the preflights"
    assert "CorsConfiguration" not in trial.props(HTTP_API)


@pytest.mark.control("WEB-5")
def test_the_stage_and_the_route_are_throttled(template: Template) -> None:
    stage = template.props(STAGE)
    assert stage["DefaultRouteSettings"] == {"DetailedMetricsEnabled": True, "ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 1_000}
    slower = {"DetailedMetricsEnabled": True, "ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 6}
    assert stage["RouteSettings"] == {f"{verb} /search": slower for verb in VERBS}
    made = set(template.of_type(ROUTE))
    assert made <= set(template.one(STAGE)["DependsOn"]), "API Gateway refuses settings of a route that is not there yet"


def test_the_posture_decides_throttling_and_retention() -> None:
    stack = new_stack()
    an_api(stack, posture=replace(PRODUCTION.edge, throttle_rate=7, throttle_burst=9))
    settings = synth(stack).props(STAGE)["DefaultRouteSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)


@pytest.mark.control("WEB-5", "OPS-5")
def test_every_request_is_logged_in_json_to_an_encrypted_group(template: Template) -> None:
    setting = template.props(STAGE)["AccessLogSettings"]
    fields = json.loads(setting["Format"])
    assert {"requestId", "caller", "subject", "responseLatency", "integrationError", "status", "authorizerError"} <= set(fields)
    assert "*" not in str(setting["DestinationArn"])
    group = template.props("AWS::Logs::LogGroup", "ApiAccessLogs")
    assert group["RetentionInDays"] == 30
    assert "KmsKeyId" in group


@pytest.mark.control("WEB-5")
def test_the_load_balancer_is_reached_by_a_vpc_link_over_https(template: Template, trial: Template) -> None:
    integration = template.props("AWS::ApiGatewayV2::Integration")
    assert (integration["IntegrationType"], integration["ConnectionType"]) == ("HTTP_PROXY", "VPC_LINK")
    assert integration["ConnectionId"] == {"Ref": next(iter(template.of_type("AWS::ApiGatewayV2::VpcLink")))}
    assert "FrontLoadBalancerHttps" in integration["IntegrationUri"]["Ref"]
    assert integration["TlsConfig"] == {"ServerNameToVerify": "shop.example.com"}
    assert integration["TimeoutInMillis"] == 29_000
    assert "TlsConfig" not in trial.props("AWS::ApiGatewayV2::Integration"), "a trial has no certificate to check"
    assert {route["Target"]["Fn::Join"][1][1]["Ref"] for route in routes(template).values()} == set(
        template.of_type("AWS::ApiGatewayV2::Integration")
    )


@pytest.mark.control("WEB-5", "NET-6")
def test_the_load_balancer_admits_the_link_and_the_link_reaches_nothing_else(template: Template) -> None:
    ingress = [
        rule["Properties"]
        for rule in template.of_type("AWS::EC2::SecurityGroupIngress").values()
        if "LinkSecurityGroup" in str(rule["Properties"].get("SourceSecurityGroupId"))
    ]
    assert [(rule["FromPort"], rule["ToPort"]) for rule in ingress] == [(443, 443)]
    egress = [
        rule["Properties"]
        for rule in template.of_type("AWS::EC2::SecurityGroupEgress").values()
        if "LinkSecurityGroup" in str(rule["Properties"]["GroupId"])
    ]
    assert len(egress) == 1
    assert "FrontSecurityGroup" in str(egress[0]["DestinationSecurityGroupId"])
    assert "SecurityGroupIngress" not in template.props("AWS::EC2::SecurityGroup", "ApiLink")


@pytest.mark.control("WEB-5", "NET-6")
@pytest.mark.parametrize("server_name", [None, "orders.example.com"])
def test_instances_of_a_cloud_map_service_may_answer(server_name: str | None) -> None:
    stack = new_stack()
    target = a_cloud_map_target(stack, server_name=server_name)
    an_api(stack, target=target, domain=a_name(stack, "ApiDomain", "origin-api.example.com"), proof=a_certificate(stack))
    template = synth(stack)
    integration = template.props("AWS::ApiGatewayV2::Integration")
    assert integration["IntegrationUri"] == {"Fn::GetAtt": [next(iter(template.of_type("AWS::ServiceDiscovery::Service"))), "Arn"]}
    assert integration.get("TlsConfig") == ({"ServerNameToVerify": server_name} if server_name else None)
    (ingress,) = [rule["Properties"] for rule in template.of_type("AWS::EC2::SecurityGroupIngress").values()]
    assert (ingress["FromPort"], "Instances" in str(ingress["GroupId"])) == (8080, True)
    assert "LinkSecurityGroup" in str(ingress["SourceSecurityGroupId"])


@pytest.mark.control("WEB-5", "WEB-8")
def test_a_domain_closes_the_default_endpoint(template: Template) -> None:
    assert template.props(HTTP_API)["DisableExecuteApiEndpoint"] is True
    name = template.props("AWS::ApiGatewayV2::DomainName")
    (configuration,) = name["DomainNameConfigurations"]
    assert (configuration["SecurityPolicy"], configuration["EndpointType"]) == ("TLS_1_2", "REGIONAL")
    mapping = template.props("AWS::ApiGatewayV2::ApiMapping")
    assert mapping["Stage"] == {"Ref": next(iter(template.of_type(STAGE)))}
    records = [made["Properties"] for made in template.of_type("AWS::Route53::RecordSet").values()]
    assert sorted((record["Name"], record["Type"]) for record in records) == [
        ("api.example.com.", "A"),
        ("api.example.com.", "AAAA"),
        ("origin-api.example.com.", "A"),
        ("origin-api.example.com.", "AAAA"),
    ]


@pytest.mark.control("WEB-10")
def test_a_trial_needs_no_domain_and_says_so(trial: Template, template: Template) -> None:
    assert trial.props(HTTP_API)["DisableExecuteApiEndpoint"] is False
    warnings = [entry["data"] for entry in trial.metadata["Stack/Api"] if entry["type"] == "aws:cdk:warning"]
    assert len(warnings) == 1
    assert "prodready:no-domain" in warnings[0]
    assert not [entry for entry in template.metadata["Stack/Api"] if entry["type"] == "aws:cdk:warning"]


@pytest.mark.control("WEB-5")
def test_it_says_that_it_takes_no_web_acl_and_what_stands_in_front(template: Template) -> None:
    (said,) = [entry["data"] for entry in template.metadata["Stack/Api"] if entry["type"] == "aws:cdk:info"]
    assert said == (
        "Stack/Api: an HTTP API takes no web ACL; Stack/Api/Front stands in front of it with one, and a request that does not come through "
        "it is refused"
    )
    (recorded,) = template.recorded("ProtectedHttpApi")
    assert (recorded["watchable"], recorded["domain"], recorded["closed_by"]) == (True, "origin-api.example.com", "origin secret")
    assert {claim["control"] for claim in recorded["controls"]} == {"WEB-5"}


@pytest.mark.control("SEC-1")
def test_a_grant_names_the_stage() -> None:
    stack = new_stack()
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    an_api(stack, authorizer=IamSignatures()).grant_invoke(role, method="GET", path="/orders")
    (statement,) = synth(stack).props("AWS::IAM::Policy", "Caller")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"]["Fn::Join"][1][-1] == "/$default/GET/orders"


def test_every_alarm_knows_the_api_by_its_id() -> None:
    stack = new_stack()
    made = an_api(stack)
    specs = {spec.id: spec for spec in made.alarm_specs if isinstance(spec, AlarmSpec)}
    assert {name for name, spec in specs.items() if spec.severity is Severity.CRITICAL} == {"ServerErrors"}
    assert set(specs) == {"ServerErrors", "ClientErrors", "Latency", "IntegrationLatency", "Throttled"}
    assert all(spec.missing_data == "notBreaching" and spec.runbook.first_commands for spec in specs.values())
    share = specs["ServerErrors"].metric
    assert isinstance(share, MathMetric)
    assert (share.expression, {metric.name for metric in share.using.values()}) == ("100 * errors / requests", {"5xx", "Count"})
    latency = specs["Latency"].metric
    assert not isinstance(latency, MathMetric)
    assert (latency.statistic, stack.resolve(latency.dimensions)["Stage"]) == ("p99", "$default")
    template = synth(stack)
    (transformation,) = template.props("AWS::Logs::MetricFilter", "Throttled")["MetricTransformations"]
    throttled = specs["Throttled"].metric
    assert not isinstance(throttled, MathMetric)
    assert (throttled.namespace, throttled.name) == (transformation["MetricNamespace"], transformation["MetricName"])
    assert len(made.graphs) == 3


def test_the_alarms_of_a_cloud_map_target_look_at_its_instances() -> None:
    stack = new_stack()
    made = an_api(
        stack,
        target=a_cloud_map_target(stack),
        domain=a_name(stack, "ApiDomain", "origin-api.example.com"),
        proof=a_certificate(stack),
    )
    broken = next(spec for spec in made.alarm_specs if spec.id == "ServerErrors")
    assert broken.runbook.first_commands[-1].startswith("aws servicediscovery get-instances-health-status --service-id ")


@pytest.mark.control("WEB-5")
def test_rule_packs_find_nothing_but_what_is_waived(stack: cdk.Stack) -> None:
    assert [finding for finding in findings(stack) if "@ Stack/Api/" in finding] == [
        "AwsSolutions-APIG4 @ Stack/Api/Routes/Public GET --status/Resource",
        *NOT_ROTATED,
    ]


def test_a_route_opened_behind_its_back_is_found() -> None:
    stack = new_stack()
    api = an_api(stack)
    api.add_route("/orders", "GET")
    route = api.node.find_child("Routes").node.find_child("GET /orders")
    assert isinstance(route, apigatewayv2.CfnRoute)
    route.authorization_type = "NONE"
    api.stage.access_log_settings = None
    api.stage.default_route_settings = apigatewayv2.CfnStage.RouteSettingsProperty(detailed_metrics_enabled=True)
    found = [finding for finding in findings(stack) if "@ Stack/Api/" in finding]
    assert "AwsSolutions-APIG4 @ Stack/Api/Routes/GET --orders" in found
    assert "AwsSolutions-APIG1 @ Stack/Api/Stage" in found
    assert "Serverless-APIGWDefaultThrottling @ Stack/Api/Stage" in found


def test_feature_flags_do_not_matter(template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    a_whole_api(stack)
    bare = synth(stack)
    for resource_type in (HTTP_API, ROUTE, AUTHORIZER, STAGE, "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::DomainName"):
        assert bare.of_type(resource_type) == template.of_type(resource_type)


def test_an_issuer_of_ones_own_is_an_https_url() -> None:
    stack = new_stack()
    an_api(stack, authorizer=JwtIssuer(url="https://login.example.com/tenant/v2.0", audiences=("a", "b"), scopes=("read",))).add_route(
        "/", "GET"
    )
    template = synth(stack)
    assert template.props(AUTHORIZER)["JwtConfiguration"] == {"Issuer": "https://login.example.com/tenant/v2.0", "Audience": ["a", "b"]}
    assert routes(template)["GET /"]["AuthorizationScopes"] == ["read"]
