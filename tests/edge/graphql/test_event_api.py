"""The event API: what is always so, what it refuses, who may publish and subscribe, what wakes someone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.contracts import AlarmSpec, MathMetric, Severity
from prodready_constructs.edge import AppSyncAuthorization, ChannelCode, Domain, ProtectedEventApi, WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.compliance.templates import found, stack_of
from tests.edge.parts import a_domain, a_zone
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth

API = "AWS::AppSync::Api"
NAMESPACE = "AWS::AppSync::ChannelNamespace"
SERVICES = AppSyncAuthorization.iam()
KEY = AppSyncAuthorization.api_key(
    issued=date(2026, 1, 1), expires=date(2026, 12, 31), because="scores are for everybody, signed in or not yet"
)


def users(stack: cdk.Stack) -> AppSyncAuthorization:
    return AppSyncAuthorization.cognito(cognito.UserPool(stack, "Pool"), client_ids=["web"])


def api(stack: cdk.Stack, *, authorization: Sequence[AppSyncAuthorization] = (), domain: Domain | None = None) -> ProtectedEventApi:
    return ProtectedEventApi(stack, "Events", posture=PRODUCTION.edge, authorization=authorization, domain=domain)


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    """An API under a name: services publish orders and scores, users hear their own orders, everybody hears the scores."""
    stack = new_stack()
    people = users(stack)
    made = api(stack, authorization=[people, SERVICES, KEY], domain=a_domain(stack))
    made.add_namespace("orders", publish=[SERVICES], subscribe=[people], code=ChannelCode.own_channel())
    made.add_namespace("live-scores", publish=[SERVICES], subscribe=[people, KEY])
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


def config(template: Template) -> dict[str, Any]:
    return dict(template.props(API)["EventConfig"])


@pytest.mark.control("WEB-6")
def test_callers_are_known(template: Template) -> None:
    pool, services, key = config(template)["AuthProviders"]
    assert pool["CognitoConfig"] == {
        "UserPoolId": {"Ref": next(iter(template.of_type("AWS::Cognito::UserPool")))},
        "AwsRegion": "us-east-1",
        "AppIdClientRegex": "^(web)$",
    }
    assert (services, key) == ({"AuthType": "AWS_IAM"}, {"AuthType": "API_KEY"})
    assert [one["AuthType"] for one in config(template)["ConnectionAuthModes"]] == ["AMAZON_COGNITO_USER_POOLS", "AWS_IAM", "API_KEY"]


@pytest.mark.control("WEB-6")
def test_a_namespace_made_past_the_construct_is_not_open_to_the_key(template: Template) -> None:
    for default in ("DefaultPublishAuthModes", "DefaultSubscribeAuthModes"):
        assert {"AuthType": "API_KEY"} not in config(template)[default]


@pytest.mark.control("WEB-6")
def test_each_namespace_says_who_may(template: Template) -> None:
    said = {
        made["Properties"]["Name"]: [
            [one["AuthType"] for one in made["Properties"][verb]] for verb in ("PublishAuthModes", "SubscribeAuthModes")
        ]
        for made in template.of_type(NAMESPACE).values()
    }
    assert said == {
        "orders": [["AWS_IAM"], ["AMAZON_COGNITO_USER_POOLS"]],
        "live-scores": [["AWS_IAM"], ["AMAZON_COGNITO_USER_POOLS", "API_KEY"]],
    }
    assert template.props(NAMESPACE, "orders")["CodeHandlers"] == ChannelCode.own_channel().text
    assert "CodeHandlers" not in template.props(NAMESPACE, "live")


@pytest.mark.control("WEB-6", "OPS-5")
def test_errors_are_logged_to_an_encrypted_group(template: Template) -> None:
    assert config(template)["LogConfig"]["LogLevel"] == "ERROR", "more would hold the events"
    group = template.props("AWS::Logs::LogGroup", "EventsLogs")
    assert group["LogGroupName"]["Fn::Join"][1][0] == "/aws/appsync/apis/"
    assert (group["RetentionInDays"], "KmsKeyId" in group) == (30, True)
    (statement,) = template.props("AWS::IAM::ManagedPolicy", "EventsLogRole")["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": [next(n for n in template.resources if n.startswith("EventsLogsGroup")), "Arn"]}


def test_the_posture_decides_how_long_logs_are_kept() -> None:
    stack = new_stack()
    ProtectedEventApi(stack, "Events", posture=replace(STAGING.edge, log_retention=timedelta(days=7)))
    assert synth(stack).props("AWS::Logs::LogGroup", "EventsLogs")["RetentionInDays"] == 7


@pytest.mark.control("WEB-6", "WEB-1", "WEB-8")
def test_a_web_acl_and_a_name_stand_in_front(template: Template) -> None:
    assert template.props("AWS::WAFv2::WebACLAssociation")["ResourceArn"] == {"Fn::GetAtt": [next(iter(template.of_type(API))), "ApiArn"]}
    assert template.props("AWS::AppSync::DomainName")["DomainName"] == "shop.example.com"
    assert {record["Properties"]["Type"] for record in template.of_type("AWS::Route53::RecordSet").values()} == {"A", "AAAA"}


@pytest.mark.control("WEB-10")
def test_a_trial_needs_no_domain_and_says_so() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Shared", posture=STAGING.edge)
    made = ProtectedEventApi(stack, "Events", posture=STAGING.edge, web_acl=acl)
    template = synth(stack)
    assert made.web_acl is acl
    assert len(template.of_type("AWS::WAFv2::WebACL")) == 1
    assert config(template)["AuthProviders"] == [{"AuthType": "AWS_IAM"}]
    (warning,) = [entry["data"] for entry in template.metadata["Stack/Events"] if entry["type"] == "aws:cdk:warning"]
    assert "prodready:no-domain" in warning
    assert stack.resolve(made.url)["Fn::Join"][1][1]["Fn::GetAtt"][1] == "Dns.Http"
    assert stack.resolve(made.realtime_url)["Fn::Join"][1][1]["Fn::GetAtt"][1] == "Dns.Realtime"


def test_clients_find_it() -> None:
    stack = new_stack()
    made = api(stack, domain=a_domain(stack))
    assert (made.url, made.realtime_url) == ("https://shop.example.com/event", "wss://shop.example.com/event/realtime")


def test_a_function_or_an_issuer_may_decide() -> None:
    stack = new_stack()
    decides = lambda_.Function.from_function_arn(stack, "Decides", "arn:aws:lambda:us-east-1:111122223333:function:decides")
    issuer = AppSyncAuthorization.oidc("https://issuer.example.com")
    api(stack, authorization=[AppSyncAuthorization.function(decides, decision_life=timedelta(0)), issuer])
    template = synth(stack)
    assert config(template)["AuthProviders"] == [
        {
            "AuthType": "AWS_LAMBDA",
            "LambdaAuthorizerConfig": {
                "AuthorizerUri": "arn:aws:lambda:us-east-1:111122223333:function:decides",
                "AuthorizerResultTtlInSeconds": 0,
            },
        },
        {"AuthType": "OPENID_CONNECT", "OpenIDConnectConfig": {"Issuer": "https://issuer.example.com"}},
    ]
    assert template.props("AWS::Lambda::Permission")["SourceArn"]["Fn::GetAtt"][1] == "ApiArn"


@pytest.mark.control("SEC-1")
def test_grants_name_the_namespace() -> None:
    stack = new_stack()
    made = api(stack)
    made.add_namespace("orders", publish=[SERVICES], subscribe=[SERVICES])
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    made.grant_publish(role, "orders")
    made.grant_subscribe(role, "orders")
    connect, events = synth(stack).props("AWS::IAM::Policy", "Caller")["PolicyDocument"]["Statement"]
    assert (connect["Action"], connect["Resource"]["Fn::GetAtt"][1]) == ("appsync:EventConnect", "ApiArn")
    assert events["Action"] == ["appsync:EventPublish", "appsync:EventSubscribe"]
    assert events["Resource"]["Fn::Join"][1][-1] == "/channelNamespace/orders"
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Events: grant: got 'scores'; allowed: namespaces of the API: orders; add the namespace first$"
    ):
        made.grant_publish(role, "scores")


def refuses(message: str) -> Any:
    return pytest.raises(ConfigurationError, match=message)


@pytest.mark.parametrize("name", ["", "-orders", "orders-", "my_orders", "my.orders", "a" * 51, "/orders", "orders", "Orders"])
def test_it_refuses_a_namespace_named_amiss_or_twice(name: str) -> None:
    made = api(new_stack())
    made.add_namespace("orders", publish=[SERVICES], subscribe=[SERVICES])
    with refuses(
        rf"^Stack/Events: namespace: got '{name}'; allowed: 1 to 50 letters, digits and hyphens, none at the ends, once; give each namespace a name of its own"
    ):
        made.add_namespace(name, publish=[SERVICES], subscribe=[SERVICES])


def test_it_refuses_a_namespace_that_nobody_or_a_stranger_may_use() -> None:
    stack = new_stack()
    made = api(stack)
    with refuses(
        r"^Stack/Events: namespace orders: publish: got 'nobody'; allowed: ways of the API: AWS_IAM; name at least one, and give it to the API's"
    ):
        made.add_namespace("orders", publish=[], subscribe=[SERVICES])
    with refuses(
        r"^Stack/Events: namespace orders: subscribe: got 'AMAZON_COGNITO_USER_POOLS'; allowed: ways of the API: AWS_IAM; name at least one"
    ):
        made.add_namespace("orders", publish=[SERVICES], subscribe=[users(stack)])


@pytest.mark.control("WEB-6")
def test_it_refuses_publishing_by_key() -> None:
    with refuses(
        r"^Stack/Events: namespace orders: publish: got 'an API key'; allowed: callers that are known: whoever holds the key could speak to every subscriber; "
        r"let a service publish with AppSyncAuthorization.iam\(\)$"
    ):
        api(new_stack(), authorization=[SERVICES, KEY]).add_namespace("orders", publish=[KEY], subscribe=[KEY])


def test_it_refuses_a_key_in_first_place_and_a_certificate_outside_us_east_1() -> None:
    with refuses(
        r"^Stack/Events: authorization: got 'an API key in first place, which would open everything to its holders'; allowed: Cognito, IAM"
    ):
        api(new_stack(), authorization=[KEY])
    elsewhere = new_stack(new_app(), "Elsewhere", region=SECOND_REGION)
    domain = Domain(elsewhere, "Domain", name="api.example.com", hosted_zone=a_zone(elsewhere))
    with refuses(
        r"^Elsewhere/Events: domain: got 'a certificate in us-west-2'; allowed: a certificate in us-east-1; make the Domain in a stack of us-east-1$"
    ):
        api(elsewhere, domain=domain)


def test_what_wakes_someone() -> None:
    stack = new_stack()
    made = api(stack, authorization=[SERVICES, KEY])
    made.add_namespace("live-scores", publish=[SERVICES], subscribe=[KEY])
    specs = {spec.id: spec for spec in made.alarm_specs if isinstance(spec, AlarmSpec)}
    assert set(specs) == {
        *("ServerErrors", "ErrorRate", "ClientErrors", "Latency", "TokensRunningOut", "ApiKeyExpiry", "ConnectErrors"),
        *("LiveScoresPublishErrors", "LiveScoresSubscribersRefused"),
    }
    assert {name for name, spec in specs.items() if spec.severity is Severity.CRITICAL} == {"ServerErrors", "ConnectErrors"}
    assert specs["ApiKeyExpiry"].threshold == 30
    lost = specs["LiveScoresPublishErrors"].metric
    assert isinstance(lost, MathMetric)
    assert lost.expression == "SUM([m0, m1, m2, m3])"
    assert {metric.name for metric in lost.using.values()} == {
        *("FailedEvents", "PublishServerError", "BroadcastEventServerError", "InboundMessageDropped")
    }
    assert {metric.dimensions["ChannelNamespaceName"] for metric in lost.using.values()} == {"live-scores"}
    assert all(set(metric.dimensions) == {"EventAPIId", "ChannelNamespaceName"} for metric in lost.using.values())
    assert set(specs["ConnectErrors"].metric.dimensions) == {"EventAPIId"}  # type: ignore[union-attr]
    assert all(spec.runbook.first_commands and spec.runbook.causes for spec in specs.values())
    assert [graph.title for graph in made.graphs][-1] == "Events live-scores"


@pytest.mark.control("WEB-6")
def test_rule_packs_find_nothing(stack: cdk.Stack) -> None:
    assert [finding for finding in findings(stack) if "@ Stack/Events/" in finding] == []


@pytest.mark.control("WEB-6")
def test_a_key_is_waived_with_its_reason_where_it_opens_something(template: Template) -> None:
    waivers = {
        path: [(entry["data"]["rule"], entry["data"]["because"]) for entry in entries if entry["type"] == "prodready:waiver"]
        for path, entries in template.metadata.items()
    }
    reason = "scores are for everybody, signed in or not yet"
    assert {path: found for path, found in waivers.items() if found} == {
        "Stack/Events/Api": [("Prodready-OpenMethod[ConnectionAuthModes]", reason)],
        "Stack/Events/Namespace-live-scores": [("Prodready-OpenMethod[SubscribeAuthModes]", reason)],
    }
    (api_name,) = template.of_type(API)
    (scores,) = [name for name in template.of_type(NAMESPACE) if "live" in name]
    assert found("OpenMethod", stack_of(template.resources)) == [
        f"[ConnectionAuthModes] @ Stack/{api_name}",
        f"[SubscribeAuthModes] @ Stack/{scores}",
    ], "the waivers cover what is found, and nothing else"


@pytest.mark.control("WEB-6")
def test_bent_it_is_found(template: Template) -> None:
    (name,) = template.of_type(API)
    assert found("GraphqlUnguarded", stack_of(template.resources)) == []
    resource = template.resources[name]
    silent = {key: value for key, value in resource["Properties"]["EventConfig"].items() if key != "LogConfig"}
    bent = {**template.resources, name: {**resource, "Properties": {**resource["Properties"], "EventConfig": silent}}}
    assert found("GraphqlUnguarded", stack_of(bent)) == [f"[Logs] @ Stack/{name}"]
    alone = {key: one for key, one in template.resources.items() if one["Type"] != "AWS::WAFv2::WebACLAssociation"}
    assert f"Stack/{name}" in found("WebEntryWithoutWaf", stack_of(alone))


def test_the_evidence_knows_how_callers_are_known(template: Template) -> None:
    (fact,) = template.recorded("ProtectedEventApi")
    assert fact["authorization"] == ["AMAZON_COGNITO_USER_POOLS", "AWS_IAM", "API_KEY"]
    assert fact["api_key"] == {"expires": "2026-12-31", "because": "scores are for everybody, signed in or not yet"}
    assert [claim["control"] for claim in fact["controls"]] == ["WEB-6"]


def test_feature_flags_do_not_matter() -> None:
    made: list[Template] = []
    every: tuple[dict[str, Any] | None, ...] = ({}, None)
    for flags in every:
        stack = new_stack(new_app(flags=flags))
        api(stack).add_namespace("orders", publish=[SERVICES], subscribe=[SERVICES])
        made.append(synth(stack))
    for kind in (API, NAMESPACE, "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Logs::LogGroup"):
        assert [one["Properties"] for one in made[0].of_type(kind).values()] == [
            one["Properties"] for one in made[1].of_type(kind).values()
        ]
