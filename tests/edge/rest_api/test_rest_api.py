"""The REST API: what is always so, what follows the posture, what it refuses, who may reach it, what wakes someone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53

from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.edge import ApiLogs, Domain, ProtectedLoadBalancer, ProtectedRestApi, WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING, EdgePosture
from tests.edge.parts import a_domain, a_log_bucket, a_private_vpc
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth

METHOD = "AWS::ApiGateway::Method"
STAGE = "AWS::ApiGateway::Stage"
REST_API = "AWS::ApiGateway::RestApi"
LOG_ROLE = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]"


def balancer(stack: cdk.Stack, *, domain: Domain | None = None) -> ProtectedLoadBalancer:
    return ProtectedLoadBalancer(
        stack, "Front", vpc=a_private_vpc(stack), posture=PRODUCTION.edge, access_logs=a_log_bucket(stack), domain=domain
    )


def api(
    stack: cdk.Stack,
    *,
    posture: EdgePosture = PRODUCTION.edge,
    authorizer: apigateway.IAuthorizer | None = None,
    domain: Domain | None = None,
    origins: Sequence[str] = (),
) -> ProtectedRestApi:
    return ProtectedRestApi(
        stack, "Api", posture=posture, load_balancer=balancer(stack), authorizer=authorizer, domain=domain, allowed_origins=origins
    )


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    """An API under a name, for users of a pool, in front of a load balancer with a certificate."""
    stack = new_stack()
    zone = route53.HostedZone.from_hosted_zone_attributes(stack, "ApiZone", hosted_zone_id="Z8", zone_name="example.com")
    made = ProtectedRestApi(
        stack,
        "Api",
        posture=PRODUCTION.edge,
        load_balancer=balancer(stack, domain=a_domain(stack)),
        authorizer=apigateway.CognitoUserPoolsAuthorizer(stack, "Users", cognito_user_pools=[cognito.UserPool(stack, "Pool")]),
        domain=Domain(stack, "ApiDomain", name="api.example.com", hosted_zone=zone),
        allowed_origins=["https://shop.example.com"],
    )
    made.add_cached_get("/catalogue/products", life=timedelta(minutes=1), query_strings=["page"])
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.fixture(scope="module")
def trial() -> cdk.Stack:
    """Without a name, without an authorizer, without a cache."""
    stack = new_stack()
    api(stack, posture=STAGING.edge)
    return stack


@pytest.fixture(scope="module")
def trial_template(trial: cdk.Stack) -> Template:
    return synth(trial)


def methods(template: Template) -> dict[str, dict[str, Any]]:
    """``path method`` -> properties."""
    resources = template.of_type("AWS::ApiGateway::Resource")

    def path(resource_id: dict[str, Any]) -> str:
        if "Ref" not in resource_id:
            return ""
        resource = resources[resource_id["Ref"]]["Properties"]
        return f"{path(resource['ParentId'])}/{resource['PathPart']}"

    return {
        f"{path(method['Properties']['ResourceId']) or '/'} {method['Properties']['HttpMethod']}": method["Properties"]
        for method in template.of_type(METHOD).values()
    }


@pytest.mark.control("WEB-5")
def test_no_route_is_open(template: Template, trial_template: Template) -> None:
    for_users = {name: method for name, method in methods(template).items() if not name.endswith("OPTIONS")}
    assert set(for_users) == {"/ ANY", "/{proxy+} ANY", "/catalogue/products GET", "/catalogue/products ANY"}
    assert {method["AuthorizationType"] for method in for_users.values()} == {"COGNITO_USER_POOLS"}
    assert all("AuthorizerId" in method for method in for_users.values())
    signed = methods(trial_template)
    assert set(signed) == {"/ ANY", "/{proxy+} ANY"}, "without allowed origins there is no preflight either"
    assert {method["AuthorizationType"] for method in signed.values()} == {"AWS_IAM"}


@pytest.mark.control("WEB-5")
def test_requests_are_validated(template: Template) -> None:
    validator = template.props("AWS::ApiGateway::RequestValidator")
    assert validator["ValidateRequestBody"] is validator["ValidateRequestParameters"] is True
    assert all("RequestValidatorId" in method for name, method in methods(template).items() if not name.endswith("OPTIONS"))


@pytest.mark.control("WEB-5")
def test_the_load_balancer_is_reached_by_a_vpc_link_over_https(template: Template) -> None:
    integration = methods(template)["/{proxy+} ANY"]["Integration"]
    assert (integration["Type"], integration["ConnectionType"]) == ("HTTP_PROXY", "VPC_LINK")
    assert "ApiVpcLink" in integration["ConnectionId"]["Ref"]
    assert "FrontLoadBalancer" in integration["IntegrationTarget"]["Ref"]
    assert integration["Uri"] == "https://shop.example.com/{proxy}"
    assert integration["RequestParameters"] == {"integration.request.path.proxy": "method.request.path.proxy"}
    assert integration["TimeoutInMillis"] == 29_000
    link = template.props("AWS::ApiGatewayV2::VpcLink")
    assert len(link["SubnetIds"]) == 2
    assert link["SecurityGroupIds"] == [
        {"Fn::GetAtt": [next(n for n in template.resources if n.startswith("ApiLinkSecurityGroup")), "GroupId"]}
    ]


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


@pytest.mark.control("WEB-5", "OPS-5")
def test_every_request_is_logged_in_json_to_an_encrypted_group(template: Template) -> None:
    setting = template.props(STAGE)["AccessLogSetting"]
    fields = json.loads(setting["Format"])
    assert {"requestId", "caller", "subject", "responseLatency", "integrationError", "status", "tlsVersion"} <= set(fields)
    assert "*" not in str(setting["DestinationArn"])
    groups = {name: group["Properties"] for name, group in template.of_type("AWS::Logs::LogGroup").items() if name.startswith("Api")}
    logs = {name: group for name, group in groups.items() if "AccessLogs" in name or "ExecutionLogs" in name}
    assert len(logs) == 2
    assert all("KmsKeyId" in group and group["RetentionInDays"] == 30 for group in logs.values())
    (execution,) = [group for name, group in logs.items() if "ExecutionLogs" in name]
    name = execution["LogGroupName"]["Fn::Join"][1]
    assert (name[0], name[2]) == ("API-Gateway-Execution-Logs_", "/live")


@pytest.mark.control("WEB-5")
def test_the_stage_is_traced_throttled_and_shows_a_client_certificate(template: Template) -> None:
    stage = template.props(STAGE)
    assert stage["TracingEnabled"] is True
    assert "ClientCertificateId" in stage
    for setting in stage["MethodSettings"]:
        assert (setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]) == (500, 1_000)
        assert setting["LoggingLevel"] == "ERROR"
        assert setting["DataTraceEnabled"] is False, "bodies carry personal data"
        assert setting["CacheDataEncrypted"] is True


@pytest.mark.control("WEB-5")
def test_only_named_paths_are_cached_and_callers_never_share_an_answer(template: Template) -> None:
    stage = template.props(STAGE)
    assert (stage["CacheClusterEnabled"], stage["CacheClusterSize"]) == (True, "0.5")
    cached = {(setting["ResourcePath"], setting["HttpMethod"]): setting["CachingEnabled"] for setting in stage["MethodSettings"]}
    assert cached == {
        ("/*", "*"): True,
        ("/", "ANY"): False,
        ("/~1{proxy+}", "ANY"): False,
        # The other methods of a cached path are passed on as before.
        ("/~1catalogue~1products", "ANY"): False,
        ("/~1catalogue~1products", "GET"): True,
    }
    (product,) = [setting for setting in stage["MethodSettings"] if setting["HttpMethod"] == "GET"]
    assert product["CacheTtlInSeconds"] == 60
    method = methods(template)["/catalogue/products GET"]
    assert set(method["Integration"]["CacheKeyParameters"]) == {"method.request.querystring.page", "method.request.header.Authorization"}
    assert set(method["RequestParameters"]) == set(method["Integration"]["CacheKeyParameters"])


def test_the_posture_decides_cache_and_throttling(trial_template: Template) -> None:
    assert "CacheClusterEnabled" not in trial_template.props(STAGE)
    (everything,) = trial_template.props(STAGE)["MethodSettings"]
    assert everything["CachingEnabled"] is False
    stack = new_stack()
    api(stack, posture=replace(PRODUCTION.edge, throttle_rate=7, throttle_burst=9, api_cache_gib=1.6))
    stage = synth(stack).props(STAGE)
    assert stage["CacheClusterSize"] == "1.6"
    assert {(setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]) for setting in stage["MethodSettings"]} == {(7, 9)}


def test_the_posture_refuses_a_cache_that_api_gateway_does_not_offer() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^EdgePosture.api_cache_gib: got 2; allowed: one of None, 0.5, 1.6, .*; choose one of them$"
    ):
        replace(PRODUCTION.edge, api_cache_gib=2)


@pytest.mark.control("WEB-5", "WEB-8")
def test_a_domain_brings_todays_tls_and_closes_the_default_endpoint(template: Template) -> None:
    name = template.props("AWS::ApiGateway::DomainName")
    assert name["DomainName"] == "api.example.com"
    assert name["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert name["EndpointAccessMode"] == "STRICT"
    assert name["EndpointConfiguration"]["Types"] == ["REGIONAL"]
    assert template.props(REST_API)["DisableExecuteApiEndpoint"] is True
    assert len(template.of_type("AWS::ApiGateway::BasePathMapping")) == 1
    assert {record["Properties"]["Type"] for record in template.of_type("AWS::Route53::RecordSet").values()} == {"A", "AAAA"}


@pytest.mark.control("WEB-10")
def test_a_trial_needs_no_domain_and_says_so(trial_template: Template) -> None:
    resource = trial_template.props(REST_API)
    assert resource["DisableExecuteApiEndpoint"] is False
    assert resource["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert resource["EndpointAccessMode"] == "STRICT"
    warnings = [entry["data"] for entry in trial_template.metadata["Stack/Api"] if entry["type"] == "aws:cdk:warning"]
    assert len(warnings) == 1
    assert "prodready:no-domain" in warnings[0]


@pytest.mark.control("WEB-5", "WEB-1")
def test_a_web_acl_stands_in_front_of_the_stage(template: Template) -> None:
    (association,) = [
        association["Properties"]
        for association in template.of_type("AWS::WAFv2::WebACLAssociation").values()
        if "restapis" in str(association["Properties"]["ResourceArn"])
    ]
    assert "ApiWebAcl" in str(association["WebACLArn"])


def test_a_web_acl_may_be_given() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Shared", posture=PRODUCTION.edge, placement="BEHIND_CLOUDFRONT")
    made = ProtectedRestApi(stack, "Api", posture=STAGING.edge, load_balancer=balancer(stack), web_acl=acl, logs=ApiLogs(role="existing"))
    template = synth(stack)
    assert made.web_acl is acl
    assert not [name for name in template.of_type("AWS::WAFv2::WebACL") if name.startswith("ApiWebAcl")]
    assert not template.of_type("AWS::ApiGateway::Account")
    assert not template.of_type("AWS::IAM::Role")


@pytest.mark.control("WEB-5")
def test_errors_of_the_gateway_carry_headers_and_no_detail(template: Template) -> None:
    responses = {
        response["Properties"]["ResponseType"]: response["Properties"]
        for response in template.of_type("AWS::ApiGateway::GatewayResponse").values()
    }
    assert set(responses) == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for response in responses.values():
        headers = response["ResponseParameters"]
        assert headers["gatewayresponse.header.Strict-Transport-Security"] == "'max-age=31536000; includeSubDomains'"
        assert headers["gatewayresponse.header.X-Content-Type-Options"] == "'nosniff'"
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://shop.example.com'"
        # The gateway's own message names users, resources and accounts; its kind of error does not.
        assert "message" not in response["ResponseTemplates"]["application/json"].lower()


@pytest.mark.control("WEB-5")
def test_pages_of_allowed_origins_may_call(template: Template) -> None:
    preflights = {name: method for name, method in methods(template).items() if name.endswith("OPTIONS")}
    assert len(preflights) == 4
    for method in preflights.values():
        assert method["Integration"]["Type"] == "MOCK", "a preflight is answered by the gateway and reaches nothing"
        (response,) = method["Integration"]["IntegrationResponses"]
        assert response["ResponseParameters"]["method.response.header.Access-Control-Allow-Origin"] == "'https://shop.example.com'"


@pytest.mark.parametrize(
    "origin", ["*", "http://shop.example.com", "https://*.example.com", "https://shop.example.com/", "shop.example.com"]
)
def test_it_refuses_an_origin_that_is_not_one_https_origin(origin: str) -> None:
    message = (
        r"^Stack/Api: allowed_origins: got '.*'; allowed: exact origins such as 'https://app.example.com'; name each origin, with https://"
    )
    with pytest.raises(ConfigurationError, match=message):
        api(new_stack(), origins=[origin])


def test_it_refuses_a_certificate_of_another_region() -> None:
    app = new_app()
    domain = a_domain(new_stack(app, "Elsewhere", region=SECOND_REGION))
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Api: domain: got 'a certificate in us-west-2'; allowed: a certificate in us-east-1"
    ):
        api(new_stack(app), domain=domain)


def test_it_refuses_what_cannot_be_cached() -> None:
    made = api(new_stack())
    made.add_cached_get("/prices", life=timedelta(hours=1))
    for path in ("prices", "/prices/", "/prices/{id}", "/prices"):
        with pytest.raises(
            ConfigurationError, match=r"^Stack/Api: path: got '.*'; allowed: a literal path such as .*, once; begin with '/'"
        ):
            made.add_cached_get(path, life=timedelta(minutes=1))
    for life in (timedelta(0), timedelta(hours=2)):
        with pytest.raises(
            ConfigurationError, match=r"^Stack/Api: life: got '.*'; allowed: 1 second to 1 hour; API Gateway keeps answers no"
        ):
            made.add_cached_get("/other", life=life)


@pytest.mark.control("SEC-1")
def test_a_grant_names_the_stage() -> None:
    stack = new_stack()
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    api(stack, posture=STAGING.edge).grant_invoke(role, method="GET", path="/orders")
    (statement,) = synth(stack).props("AWS::IAM::Policy", "Caller")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"]["Fn::Join"][1][-1] == "/live/GET/orders"


@pytest.mark.control("WEB-5")
def test_the_log_role_stays_when_the_stack_goes(trial_template: Template) -> None:
    assert trial_template.one("AWS::ApiGateway::Account")["DeletionPolicy"] == "Retain"
    role = trial_template.one("AWS::IAM::Role", "LogRole")
    assert role["DeletionPolicy"] == "Retain"
    assert "Policies" not in role["Properties"]
    depends = trial_template.one(STAGE)["DependsOn"]
    assert [name for name in depends if "Account" in name]
    assert [name for name in depends if "ExecutionLogs" in name], "API Gateway would make the group itself: no key, kept for ever"


def test_every_alarm_knows_the_api_by_its_own_name() -> None:
    stack = new_stack()
    made = api(stack)
    specs = {spec.id: spec for spec in made.alarm_specs if isinstance(spec, AlarmSpec)}
    assert {name for name, spec in specs.items() if spec.severity is Severity.CRITICAL} == {"ServerErrors"}
    assert set(specs) == {"ServerErrors", "ErrorRate", "Latency", "IntegrationLatency", "IntegrationErrors", "ClientErrors", "Throttled"}
    assert (specs["ServerErrors"].threshold, specs["ErrorRate"].threshold, specs["Latency"].threshold) == (0.05, 0.01, 500)
    assert all(spec.missing_data == "notBreaching" and spec.runbook.first_commands for spec in specs.values())
    template = synth(stack)
    name = template.props(REST_API)["Name"]
    assert name.startswith("Stack-Api")
    assert specs["Latency"].metric.dimensions == {"ApiName": name, "Stage": "live"}  # type: ignore[union-attr]
    for counted in ("Throttled", "IntegrationErrors"):
        (transformation,) = template.props("AWS::Logs::MetricFilter", f"Api{counted}")["MetricTransformations"]
        metric = specs[counted].metric
        assert (metric.namespace, metric.name) == (transformation["MetricNamespace"], transformation["MetricName"])  # type: ignore[union-attr]
    assert template.props("AWS::Logs::MetricFilter", "ApiIntegrationErrors")["FilterPattern"] == '{ $.integrationError != "-" }'
    assert len(made.graphs) == 4


def test_rule_packs_find_nothing_but_what_is_waived(stack: cdk.Stack) -> None:
    assert [finding for finding in findings(stack) if "@ Stack/Api/" in finding] == [f"{LOG_ROLE} @ Stack/Api/LogRole/Resource"]


def test_signatures_instead_of_a_user_pool_are_waived_by_method() -> None:
    stack = new_stack()
    api(stack)
    assert [finding for finding in findings(stack) if "@ Stack/Api/" in finding] == [
        "AwsSolutions-COG4 @ Stack/Api/RestApi/Default/ANY/Resource",
        "AwsSolutions-COG4 @ Stack/Api/RestApi/Default/{proxy+}/ANY/Resource",
        f"{LOG_ROLE} @ Stack/Api/LogRole/Resource",
    ]


def test_feature_flags_do_not_matter(trial_template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    api(stack, posture=STAGING.edge)
    bare = synth(stack)
    for resource_type in (REST_API, METHOD):
        assert [made["Properties"] for made in bare.of_type(resource_type).values()] == [
            made["Properties"] for made in trial_template.of_type(resource_type).values()
        ]
    without_deployment = [{k: v for k, v in made.props(STAGE).items() if k != "DeploymentId"} for made in (bare, trial_template)]
    assert without_deployment[0] == without_deployment[1]
