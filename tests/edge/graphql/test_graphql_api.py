"""The GraphQL API: what is always so, what follows the posture, what it refuses, who may reach it, what wakes someone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric, Severity
from prodready_constructs.edge import (
    AppSyncAuthorization,
    CachedField,
    Domain,
    GraphqlSchema,
    ProtectedGraphqlApi,
    ResolverCode,
    WebAcl,
)
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING, EdgePosture
from tests.compliance.templates import found, stack_of
from tests.edge.parts import a_domain, a_zone
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth

API = "AWS::AppSync::GraphQLApi"
RESOLVER = "AWS::AppSync::Resolver"
SOURCE = "AWS::AppSync::DataSource"
SDL = """\
type Order { id: ID! version: Int notes: [String!] }
type Orders { items: [Order!]! nextToken: String }
input OrderInput { id: ID! total: Int! }
type Query {
  order(id: ID!): Order
  mine(limit: Int, nextToken: String): Orders
  price(sku: String!): AWSJSON
}
type Mutation { place(input: OrderInput!, expectedVersion: Int): Order @aws_iam @aws_cognito_user_pools }
type Subscription { placed: Order @aws_subscribe(mutations: ["place"]) }
"""
SCHEMA = GraphqlSchema.from_text(SDL, name="schema.graphql")
SMALL = GraphqlSchema.from_text("type Query { order(id: ID!): String }\ntype Order { id: ID! }")
KEY = AppSyncAuthorization.api_key(
    issued=date(2026, 1, 1), expires=date(2026, 3, 1), because="prices are for everybody, signed in or not yet"
)
CACHED = replace(PRODUCTION.edge, graphql_cache="MEDIUM")


def api(
    stack: cdk.Stack,
    *,
    schema: GraphqlSchema = SMALL,
    posture: EdgePosture = PRODUCTION.edge,
    authorization: Sequence[AppSyncAuthorization] = (),
    domain: Domain | None = None,
    environment: dict[str, str] | None = None,
) -> ProtectedGraphqlApi:
    return ProtectedGraphqlApi(
        stack, "Api", posture=posture, schema=schema, authorization=authorization, domain=domain, environment=environment
    )


def users(stack: cdk.Stack) -> AppSyncAuthorization:
    return AppSyncAuthorization.cognito(cognito.UserPool(stack, "Pool"), client_ids=["web", "app"])


def a_table(stack: cdk.Stack, construct_id: str = "Table", *, key: kms.IKey | None = None) -> dynamodb.TableV2:
    return dynamodb.TableV2(
        stack,
        construct_id,
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        encryption=dynamodb.TableEncryptionV2.customer_managed_key(key) if key else None,
    )


def a_function(stack: cdk.Stack, name: str = "prices") -> lambda_.IFunction:
    return lambda_.Function.from_function_arn(stack, f"Function-{name}", f"arn:aws:lambda:us-east-1:111122223333:function:{name}")


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    """An API under a name, for users and services, with a table, a function and all its fields answered."""
    stack = new_stack()
    made = api(
        stack,
        schema=SCHEMA,
        authorization=[users(stack), AppSyncAuthorization.iam()],
        domain=a_domain(stack),
        environment={"SHOP": "north"},
    )
    orders = made.add_table("orders", a_table(stack, key=kms.Key(stack, "TableKey")))
    prices = made.add_function("prices", a_function(stack))
    made.resolve("Query", "order", orders, code=ResolverCode.get_item(key={"customer": ResolverCode.CALLER, "id": "id"}))
    made.resolve("Query", "mine", orders, code=ResolverCode.query_by_key(key={"customer": ResolverCode.CALLER}, index="by-customer"))
    made.resolve("Query", "price", prices, code=ResolverCode.invoke())
    made.resolve_in_steps(
        "Mutation",
        "place",
        [(prices, ResolverCode.invoke()), (orders, ResolverCode.put_item(key={"customer": ResolverCode.CALLER, "id": "id"}))],
    )
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.fixture(scope="module")
def trial_template() -> Template:
    """Without a name, for IAM signatures, as staging has it."""
    stack = new_stack()
    made = api(stack, posture=STAGING.edge)
    made.resolve("Query", "order", made.add_local("nothing"), code=ResolverCode.local())
    return synth(stack)


@pytest.mark.control("WEB-6")
def test_callers_are_known(template: Template, trial_template: Template) -> None:
    made = template.props(API)
    assert made["AuthenticationType"] == "AMAZON_COGNITO_USER_POOLS"
    assert made["UserPoolConfig"] == {
        "UserPoolId": {"Ref": next(iter(template.of_type("AWS::Cognito::UserPool")))},
        "AwsRegion": "us-east-1",
        "AppIdClientRegex": "^(web|app)$",
        "DefaultAction": "ALLOW",
    }
    assert made["AdditionalAuthenticationProviders"] == [{"AuthenticationType": "AWS_IAM"}]
    assert trial_template.props(API)["AuthenticationType"] == "AWS_IAM"
    assert not template.of_type("AWS::AppSync::ApiKey")


@pytest.mark.control("WEB-6", "OPS-5")
def test_requests_and_fields_are_logged_without_their_content_to_an_encrypted_group(template: Template) -> None:
    made = template.props(API)
    assert made["LogConfig"]["ExcludeVerboseContent"] is True
    assert made["LogConfig"]["FieldLogLevel"] == "ERROR"
    group = template.props("AWS::Logs::LogGroup", "ApiLogs")
    assert group["LogGroupName"]["Fn::Join"][1][0] == "/aws/appsync/apis/"
    assert "ApiId" in str(group["LogGroupName"]["Fn::Join"][1][1])
    assert group["RetentionInDays"] == 30
    assert "ApiKey" in str(group["KmsKeyId"])
    (statement,) = template.props("AWS::IAM::ManagedPolicy", "ApiLogRole")["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"], "a group that AppSync made would be plain and for ever"
    assert statement["Resource"] == {"Fn::GetAtt": [next(n for n in template.resources if n.startswith("ApiLogsGroup")), "Arn"]}
    assert not [name for name in template.resources if "LogRetention" in name]


@pytest.mark.control("WEB-6")
def test_it_is_traced_and_limited(template: Template) -> None:
    made = template.props(API)
    assert made["XrayEnabled"] is True
    assert (made["QueryDepthLimit"], made["ResolverCountLimit"]) == (10, 500)
    assert made["IntrospectionConfig"] == "DISABLED"
    assert made["EnvironmentVariables"] == {"SHOP": "north"}


@pytest.mark.control("WEB-6")
def test_the_posture_decides_introspection_limits_logs_and_metrics(template: Template, trial_template: Template) -> None:
    assert trial_template.props(API)["IntrospectionConfig"] == "ENABLED"
    assert template.props(API)["EnhancedMetricsConfig"]["OperationLevelMetricsConfig"] == "ENABLED"
    assert trial_template.props(API)["EnhancedMetricsConfig"]["OperationLevelMetricsConfig"] == "DISABLED"
    for kind in (SOURCE, RESOLVER):
        assert {made["Properties"]["MetricsConfig"] for made in template.of_type(kind).values()} == {"ENABLED"}
        assert {made["Properties"]["MetricsConfig"] for made in trial_template.of_type(kind).values()} == {"DISABLED"}
    stack = new_stack()
    made = api(stack, posture=replace(PRODUCTION.edge, graphql_query_depth=3, graphql_resolver_count=7, graphql_log_level="ALL"))
    made.resolve("Query", "order", made.add_local("nothing"), code=ResolverCode.local())
    bent = synth(stack).props(API)
    assert (bent["QueryDepthLimit"], bent["ResolverCountLimit"], bent["LogConfig"]["FieldLogLevel"]) == (3, 7, "ALL")
    assert bent["LogConfig"]["ExcludeVerboseContent"] is True, "whatever the level, content stays out"


@pytest.mark.control("WEB-6", "WEB-1")
def test_a_web_acl_stands_in_front(template: Template) -> None:
    association = template.props("AWS::WAFv2::WebACLAssociation")
    assert association["ResourceArn"] == {"Fn::GetAtt": [next(iter(template.of_type(API))), "Arn"]}
    assert template.props("AWS::WAFv2::WebACL")["Scope"] == "REGIONAL"


def test_a_web_acl_may_be_given() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Shared", posture=PRODUCTION.edge)
    made = ProtectedGraphqlApi(stack, "Api", posture=PRODUCTION.edge, schema=SMALL, web_acl=acl)
    made.resolve("Query", "order", made.add_local("nothing"), code=ResolverCode.local())
    assert made.web_acl is acl
    assert len(synth(stack).of_type("AWS::WAFv2::WebACL")) == 1


@pytest.mark.control("WEB-6", "WEB-8")
def test_a_domain_brings_a_name_for_both_families(template: Template) -> None:
    name = template.props("AWS::AppSync::DomainName")
    assert name["DomainName"] == "shop.example.com"
    association = template.props("AWS::AppSync::DomainNameApiAssociation")
    assert association["DomainName"] == {"Ref": next(iter(template.of_type("AWS::AppSync::DomainName")))}
    records = [record["Properties"] for record in template.of_type("AWS::Route53::RecordSet").values()]
    assert {record["Type"] for record in records} == {"A", "AAAA"}
    for record in records:
        assert record["AliasTarget"]["DNSName"]["Fn::GetAtt"][1] == "AppSyncDomainName"
        assert record["AliasTarget"]["HostedZoneId"]["Fn::GetAtt"][1] == "HostedZoneId"


def test_clients_find_it() -> None:
    stack = new_stack()
    made = api(stack, domain=a_domain(stack))
    assert (made.url, made.realtime_url) == ("https://shop.example.com/graphql", "wss://shop.example.com/graphql/realtime")
    other = ProtectedGraphqlApi(stack, "Other", posture=STAGING.edge, schema=SMALL)
    assert stack.resolve(other.url)["Fn::GetAtt"][1] == "GraphQLUrl"
    assert stack.resolve(other.realtime_url)["Fn::GetAtt"][1] == "RealtimeUrl"


@pytest.mark.control("WEB-10")
def test_a_trial_needs_no_domain_and_says_so(trial_template: Template) -> None:
    warnings = [entry["data"] for entry in trial_template.metadata["Stack/Api"] if entry["type"] == "aws:cdk:warning"]
    assert len(warnings) == 1
    assert "prodready:no-domain" in warnings[0]


def statements(template: Template, source: str) -> list[dict[str, Any]]:
    return list(template.props("AWS::IAM::ManagedPolicy", f"ApiSource{source}")["PolicyDocument"]["Statement"])


@pytest.mark.control("WEB-6", "SEC-1")
def test_a_sources_role_may_what_its_resolvers_ask_for_and_no_more(template: Template) -> None:
    by_resource = {str(one["Resource"]): one["Action"] for one in statements(template, "orders")}
    (table,) = template.of_type("AWS::DynamoDB::GlobalTable")
    (key,) = [name for name in template.of_type("AWS::KMS::Key") if name.startswith("TableKey")]
    index = {"Fn::Join": ["", [{"Fn::GetAtt": [table, "Arn"]}, "/index/by-customer"]]}
    table_actions = [one["Action"] for one in statements(template, "orders") if one["Resource"] == {"Fn::GetAtt": [table, "Arn"]}]
    assert {action for actions in table_actions for action in ([actions] if isinstance(actions, str) else actions)} == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
    }
    assert by_resource[str(index)] == "dynamodb:Query"
    for_key = [one for one in statements(template, "orders") if one["Resource"] == {"Fn::GetAtt": [key, "Arn"]}]
    assert {action for one in for_key for action in one["Action"]} == {
        *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
    }
    for one in for_key:
        assert one["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Join"][1][0] == "dynamodb."
    (invoke,) = statements(template, "prices")
    assert (invoke["Action"], invoke["Resource"]) == ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:prices")
    assert "Policies" not in str([role["Properties"].keys() for role in template.of_type("AWS::IAM::Role").values()])


@pytest.mark.control("SEC-1")
def test_a_key_that_only_reads_is_only_read_with() -> None:
    stack = new_stack()
    made = api(stack)
    orders = made.add_table("orders", a_table(stack, key=kms.Key(stack, "TableKey")))
    made.resolve("Query", "order", orders, code=ResolverCode.get_item(key={"id": "id"}))
    made.resolve("Order", "id", orders, code=ResolverCode.get_item(key={"id": ResolverCode.CALLER}))
    first, second = statements(synth(stack), "orders")
    assert (first["Action"], second["Action"]) == ("dynamodb:GetItem", ["kms:Decrypt", "kms:DescribeKey"]), (
        "and a second resolver repeats nothing"
    )


@pytest.mark.control("WEB-6")
def test_fields_are_answered_by_javascript_of_appsync(template: Template) -> None:
    resolvers = {made["Properties"]["FieldName"]: made for made in template.of_type(RESOLVER).values()}
    assert set(resolvers) == {"order", "mine", "price", "place"}
    for made in resolvers.values():
        assert made["Properties"]["Runtime"] == {"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"}
        assert made["DependsOn"] == [next(iter(template.of_type("AWS::AppSync::GraphQLSchema")))]
    assert {name: made["Properties"]["Kind"] for name, made in resolvers.items()} == {
        "order": "UNIT",
        "mine": "UNIT",
        "price": "UNIT",
        "place": "PIPELINE",
    }
    steps = template.of_type("AWS::AppSync::FunctionConfiguration")
    assert resolvers["place"]["Properties"]["PipelineConfig"] == {"Functions": [{"Fn::GetAtt": [name, "FunctionId"]} for name in steps]}
    assert all(step["Properties"]["Runtime"]["Name"] == "APPSYNC_JS" for step in steps.values())
    assert template.props("AWS::AppSync::GraphQLSchema")["Definition"] == SDL


@pytest.mark.control("WEB-6")
def test_a_query_without_resolver_fails_the_synth() -> None:
    stack = new_stack()
    made = api(stack, schema=SCHEMA, authorization=[users(stack), AppSyncAuthorization.iam()])
    nothing = made.add_local("nothing")
    for field in ("order", "price"):
        made.resolve("Query", field, nothing, code=ResolverCode.local())
    with pytest.raises(RuntimeError) as failed:
        synth(stack)
    assert "Stack/Api: Mutation.place has no resolver and would answer null; call resolve('Mutation', 'place', ...)" in str(failed.value)
    assert "Stack/Api: Query.mine has no resolver" in str(failed.value)
    assert "Query.order" not in str(failed.value)


@pytest.mark.control("WEB-6")
def test_the_cache_is_encrypted_and_callers_never_share_an_answer() -> None:
    stack = new_stack()
    made = api(
        stack, schema=GraphqlSchema.from_text("type Query { a(id: ID!): Int b: Int c: Int }"), posture=CACHED, authorization=[users(stack)]
    )
    prices = made.add_function("prices", a_function(stack))
    made.resolve("Query", "a", prices, code=ResolverCode.invoke(), cached=CachedField(life=timedelta(minutes=5), arguments=("id",)))
    made.resolve("Query", "b", prices, code=ResolverCode.invoke(), cached=CachedField(life=timedelta(seconds=1), same_for_everyone=True))
    made.resolve("Query", "c", prices, code=ResolverCode.invoke())
    template = synth(stack)
    cache = template.props("AWS::AppSync::ApiCache")
    assert (cache["Type"], cache["ApiCachingBehavior"], cache["HealthMetricsConfig"]) == ("MEDIUM", "PER_RESOLVER_CACHING", "ENABLED")
    assert cache["AtRestEncryptionEnabled"] is cache["TransitEncryptionEnabled"] is True
    kept = {made["Properties"]["FieldName"]: made["Properties"].get("CachingConfig") for made in template.of_type(RESOLVER).values()}
    assert kept == {
        "a": {"Ttl": 300, "CachingKeys": ["$context.arguments.id", "$context.identity.issuer", "$context.identity.sub"]},
        "b": {"Ttl": 1},
        "c": None,
    }


def test_without_a_cache_in_the_posture_fields_are_served_all_the_same() -> None:
    stack = new_stack()
    made = api(stack, authorization=[users(stack)])
    made.resolve("Query", "order", made.add_local("n"), code=ResolverCode.local(), cached=CachedField(life=timedelta(minutes=5)))
    template = synth(stack)
    assert not template.of_type("AWS::AppSync::ApiCache")
    assert "CachingConfig" not in template.props(RESOLVER)


def test_a_cache_that_nothing_uses_is_not_made() -> None:
    stack = new_stack()
    made = api(stack, posture=CACHED)
    made.resolve("Query", "order", made.add_local("n"), code=ResolverCode.local())
    assert not synth(stack).of_type("AWS::AppSync::ApiCache")


def test_services_are_reached_over_https_signed_when_asked() -> None:
    stack = new_stack()
    made = api(stack)
    plain = made.add_http("plain", "https://orders.example.com")
    signed = made.add_http("signed", "https://abc.execute-api.us-east-1.amazonaws.com:443", signed_for="execute-api")
    assert plain.role is None
    assert signed.role
    made.resolve("Query", "order", signed, code=ResolverCode.http_get("/orders/{id}", forwards_caller=False))
    made.resolve("Order", "id", plain, code=ResolverCode.http_get("/ids"))
    template = synth(stack)
    assert template.props(SOURCE, "plain")["HttpConfig"] == {"Endpoint": "https://orders.example.com"}
    config = template.props(SOURCE, "signed")["HttpConfig"]["AuthorizationConfig"]
    assert config == {
        "AuthorizationType": "AWS_IAM",
        "AwsIamConfig": {"SigningRegion": {"Ref": "AWS::Region"}, "SigningServiceName": "execute-api"},
    }
    assert template.props(SOURCE, "signed")["ServiceRoleArn"]
    assert "ServiceRoleArn" not in template.props(SOURCE, "plain")


@pytest.mark.control("WEB-6")
def test_a_key_is_second_has_an_end_and_a_reason() -> None:
    stack = new_stack()
    made = api(
        stack,
        schema=GraphqlSchema.from_text("type Query { price: Int @aws_api_key  order: Int }"),
        authorization=[AppSyncAuthorization.oidc("https://issuer.example.com/", client_ids=["web"]), KEY],
    )
    for field in ("price", "order"):
        made.resolve("Query", field, made.add_local(field), code=ResolverCode.local())
    specs = {spec.id: spec for spec in made.alarm_specs if isinstance(spec, AlarmSpec)}
    template = synth(stack)
    assert template.props("AWS::AppSync::ApiKey")["Expires"] == KEY.expires_at
    assert template.props("AWS::AppSync::ApiKey")["Description"] == "prices are for everybody, signed in or not yet"
    assert template.props(API)["OpenIDConnectConfig"] == {"Issuer": "https://issuer.example.com/", "ClientId": "^(web)$"}
    assert template.props(API)["AdditionalAuthenticationProviders"] == [{"AuthenticationType": "API_KEY"}]
    (fact,) = template.recorded("ProtectedGraphqlApi")
    assert fact["api_key"] == {"expires": "2026-03-01", "because": "prices are for everybody, signed in or not yet"}
    expiry = specs["ApiKeyExpiry"]
    assert isinstance(expiry.metric, MathMetric)
    assert expiry.metric.expression == f"({KEY.expires_at} - EPOCH(requests)) / 86400"
    assert (expiry.threshold, expiry.comparison) == (19, "LessThanThreshold"), "a third of 59 days"


def test_a_function_may_decide_and_only_this_api_may_ask_it() -> None:
    stack = new_stack()
    decides = a_function(stack, "decides")
    made = api(stack, authorization=[AppSyncAuthorization.function(decides, token_pattern="^Bearer .+"), users(stack)])
    made.resolve("Query", "order", made.add_local("n"), code=ResolverCode.local())
    template = synth(stack)
    assert template.props(API)["LambdaAuthorizerConfig"] == {
        "AuthorizerUri": "arn:aws:lambda:us-east-1:111122223333:function:decides",
        "AuthorizerResultTtlInSeconds": 300,
        "IdentityValidationExpression": "^Bearer .+",
    }
    (pool,) = template.props(API)["AdditionalAuthenticationProviders"]
    assert "DefaultAction" not in pool["UserPoolConfig"], "AppSync knows it only for the first"
    permission = template.props("AWS::Lambda::Permission")
    assert permission["Principal"] == "appsync.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": [next(iter(template.of_type(API))), "Arn"]}


@pytest.mark.control("SEC-1")
def test_a_grant_names_the_fields() -> None:
    stack = new_stack()
    made = api(stack)
    made.resolve("Query", "order", made.add_local("n"), code=ResolverCode.local())
    made.grant(iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")), "Query", "order")
    (statement,) = synth(stack).props("AWS::IAM::Policy", "Caller")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "appsync:GraphQL"
    assert statement["Resource"]["Fn::Join"][1][-1] == "/types/Query/fields/order"


def refuses(message: str) -> Any:
    return pytest.raises(ConfigurationError, match=message)


def test_it_refuses_a_grant_of_everything_or_nothing() -> None:
    stack = new_stack()
    made = api(stack)
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    for fields in ((), ("*",), ("order", "orders")):
        with refuses(r"^Stack/Api: grant: got 'Query\..*'; allowed: fields of Query: order; name the fields one by one$"):
            made.grant(role, "Query", *fields)
    with refuses(r"^Stack/Api: grant: got 'Nobody.order'; allowed: fields of Nobody: there is no such type; name the fields one by one$"):
        made.grant(role, "Nobody", "order")


def test_it_refuses_a_key_in_first_place_and_a_mode_twice() -> None:
    with refuses(
        r"^Stack/Api: authorization: got 'an API key in first place, which would open everything to its holders'; allowed: Cognito, IAM, OpenID Connect "
        "or a function first; put the key second, and mark with @aws_api_key what it may open$"
    ):
        api(new_stack(), authorization=[KEY])
    with refuses(r"^Stack/Api: authorization: got 'AWS_IAM twice'; allowed: AWS_IAM once; AppSync takes no second; leave one out$"):
        api(new_stack(), authorization=[AppSyncAuthorization.iam(), AppSyncAuthorization.iam()])


@pytest.mark.control("WEB-6")
def test_it_refuses_a_directive_that_appsync_would_not_accept_or_not_enforce() -> None:
    with refuses(
        r"^schema.graphql:9:81: got '@aws_cognito_user_pools'; allowed: directives of the ways Stack/Api knows callers: AWS_IAM; add that way to "
        "authorization=, or take the directive away$"
    ):
        api(new_stack(), schema=SCHEMA)
    stack = new_stack()
    with refuses(
        r"^schema:1:21: got '@aws_auth beside a second way to be known'; allowed: @aws_cognito_user_pools: AppSync does not enforce @aws_auth there; write"
    ):
        api(
            stack,
            schema=GraphqlSchema.from_text('type Query { a: Int @aws_auth(cognito_groups: ["staff"]) }'),
            authorization=[users(stack), AppSyncAuthorization.iam()],
        )


def test_it_refuses_a_certificate_outside_us_east_1() -> None:
    app = new_app()
    elsewhere = new_stack(app, "Elsewhere", region=SECOND_REGION)
    domain = Domain(elsewhere, "Domain", name="api.example.com", hosted_zone=a_zone(elsewhere))
    with refuses(
        r"^Elsewhere/Api: domain: got 'a certificate in us-west-2'; allowed: a certificate in us-east-1; make the Domain in a stack of us-east-1$"
    ):
        api(elsewhere, domain=domain)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"DB_PASSWORD": "hunter22"},
            r"^Stack/Api: environment: got 'DB_PASSWORD'; allowed: plain configuration: whoever may read the API may read it; let",
        ),
        ({"KEY_ID": "AKIA" + "A" * 16}, r"^Stack/Api: environment: got 'KEY_ID'; allowed: plain configuration"),
        (
            {"1SHOP": "a"},
            r"^Stack/Api: environment: got '1SHOP of 1 characters'; allowed: 2 to 64 letters, digits and _, a letter first; values of 512",
        ),
        ({"SHOP": "a" * 513}, r"^Stack/Api: environment: got 'SHOP of 513 characters'; allowed: .*; shorten it$"),
        ({f"V{n}X": "a" for n in range(51)}, r"^Stack/Api: environment: got '51 variables'; allowed: 50, AppSync's limit; give fewer$"),
    ],
    ids=["password", "key", "name", "value", "many"],
)
def test_it_refuses_an_environment_that_is_secret_or_malformed(environment: dict[str, str], message: str) -> None:
    with refuses(message):
        api(new_stack(), environment=environment)


def test_it_refuses_what_the_schema_does_not_have() -> None:
    made = api(new_stack())
    nothing = made.add_local("nothing")
    with refuses(r"^Stack/Api: Nobody.a: got 'the type Nobody'; allowed: types of schema: Order, Query; correct the name$"):
        made.resolve("Nobody", "a", nothing, code=ResolverCode.local())
    with refuses(
        r"^Stack/Api: Query.orders: got 'the field orders'; allowed: each field of Query once: order; correct the name, or add the field to schema$"
    ):
        made.resolve("Query", "orders", nothing, code=ResolverCode.local())
    made.resolve("Query", "order", nothing, code=ResolverCode.local())
    with refuses(r"^Stack/Api: Query.order: got 'the field order a second time'; allowed: each field of Query once: order;"):
        made.resolve_in_steps("Query", "order", [(nothing, ResolverCode.local())])


def test_it_refuses_code_that_reads_arguments_the_field_does_not_have() -> None:
    stack = new_stack()
    made = api(stack)
    orders = made.add_table("orders", a_table(stack))
    with refuses(
        r"^Stack/Api: Query.order: got 'code that reads the arguments orderId'; allowed: arguments of the field: id; add them to schema, or name others in the code$"
    ):
        made.resolve("Query", "order", orders, code=ResolverCode.get_item(key={"id": "orderId"}))


def test_it_refuses_code_for_another_kind_of_source_and_sources_of_others(tmp_path: Any) -> None:
    stack = new_stack()
    made, other = api(stack), ProtectedGraphqlApi(stack, "Other", posture=STAGING.edge, schema=SMALL)
    orders = made.add_table("orders", a_table(stack))
    with refuses(r"^Stack/Api: Query.order: got \"code for a function on the table 'orders'\"; allowed: code for a table; take the other$"):
        made.resolve("Query", "order", orders, code=ResolverCode.invoke())
    with refuses(
        r"^Stack/Api: Query.order: got \"the data source 'orders' of another API\"; allowed: a data source of this one; add it here$"
    ):
        made.resolve("Query", "order", other.add_table("orders", a_table(stack, "Other2")), code=ResolverCode.get_item(key={"id": "id"}))
    file = tmp_path / "mine.js"
    file.write_text("export function request(ctx) { return {} }\nexport function response(ctx) { return 1 }")
    with refuses(
        r"^Stack/Api: Query.order: got \"code without operations on the table 'orders'\"; allowed: the DynamoDB operations it asks for, which its role "
        r"is granted; say them: ResolverCode.from_file\(\.\.\., operations=\('GetItem',\)\)$"
    ):
        made.resolve("Query", "order", orders, code=ResolverCode.from_file(file))
    signed = made.add_http("signed", "https://a.example.com", signed_for="execute-api")
    with refuses(
        r"^Stack/Api: Query.order: got \"the caller's Authorization header on 'signed', which AppSync signs\"; allowed: one of the two: both stand in that "
        "header; say forwards_caller=False, or leave out signed_for$"
    ):
        made.resolve("Query", "order", signed, code=ResolverCode.http_get("/a"))


@pytest.mark.parametrize("name", ["1orders", "my-orders", "my_orders", "", "orders"])
def test_it_refuses_a_source_named_amiss_or_twice(name: str) -> None:
    made = api(new_stack())
    made.add_local("orders")
    with refuses(
        rf"^Stack/Api: data source: got '{name}'; allowed: letters and digits, a letter first, once: AppSync's names; give each data source a name of its own"
    ):
        made.add_local(name)


@pytest.mark.parametrize(
    "endpoint", ["http://orders.example.com", "https://orders.example.com/v1", "https://", "orders.example.com", "https://a@b"]
)
def test_it_refuses_an_endpoint_that_is_no_https_host(endpoint: str) -> None:
    with refuses(
        r"^Stack/Api: add_http: got '.*'; allowed: https:// and a host, such as 'https://orders.example.com'; AppSync reaches public names only; put"
    ):
        api(new_stack()).add_http("orders", endpoint)


@pytest.mark.parametrize("count", [0, 11])
def test_it_refuses_too_many_steps(count: int) -> None:
    made = api(new_stack())
    step = (made.add_local("nothing"), ResolverCode.local())
    with refuses(
        rf"^Stack/Api: Query.order: got '{count} steps'; allowed: 1 to 10 steps, AppSync's limit; put work together in a function$"
    ):
        made.resolve_in_steps("Query", "order", [step] * count)


def test_it_refuses_a_cache_that_cannot_be_or_would_mix_callers() -> None:
    stack = new_stack()
    made = api(stack, posture=CACHED, authorization=[users(stack), AppSyncAuthorization.iam()])
    nothing = made.add_local("nothing")

    def cached(type_name: str, field: str, **how: Any) -> None:
        made.resolve(type_name, field, nothing, code=ResolverCode.local(), cached=CachedField(**how))

    for life in (timedelta(0), timedelta(hours=2)):
        with refuses(r"^Stack/Api: Query.order: life: got '.*'; allowed: 1 second to 1 hour; AppSync keeps answers no longer$"):
            cached("Query", "order", life=life, same_for_everyone=True)
    with refuses(
        r"^Stack/Api: Query.order: arguments: got 'page'; allowed: arguments of the field: id; name those that change the answer$"
    ):
        cached("Query", "order", life=timedelta(minutes=1), arguments=("page",), same_for_everyone=True)
    with refuses(
        r"^Stack/Api: Query.order: cached: got 'an answer for each caller, in an API that also knows callers by IAM, function or key'; allowed: Cognito"
    ):
        cached("Query", "order", life=timedelta(minutes=1))
    with refuses(
        r"^Stack/Api: Order.id: cached: got 'a field of Order'; allowed: fields of Query: mutations change things, and .*; cache the query that leads"
    ):
        cached("Order", "id", life=timedelta(minutes=1), same_for_everyone=True)


def test_what_wakes_someone() -> None:
    stack = new_stack()
    made = api(stack)
    made.resolve("Query", "order", made.add_local("n"), code=ResolverCode.local())
    specs = {spec.id: spec for spec in made.alarm_specs if isinstance(spec, AlarmSpec)}
    assert set(specs) == {
        *("ServerErrors", "ErrorRate", "ClientErrors", "Latency", "TokensRunningOut", "FieldErrors", "MessagesDropped", "ConnectErrors")
    }
    assert {name for name, spec in specs.items() if spec.severity is Severity.CRITICAL} == {"ServerErrors"}
    assert (specs["ServerErrors"].threshold, specs["ErrorRate"].threshold, specs["Latency"].threshold) == (5, 1, 500)
    assert specs["TokensRunningOut"].threshold == 240_000
    assert all(spec.missing_data == "notBreaching" and spec.runbook.first_commands and spec.runbook.causes for spec in specs.values())
    template = synth(stack)
    latency = specs["Latency"].metric
    assert isinstance(latency, Metric)
    assert stack.resolve(latency.dimensions) == {"GraphQLAPIId": {"Fn::GetAtt": [next(iter(template.of_type(API))), "ApiId"]}}
    metric_filter = template.props("AWS::Logs::MetricFilter")
    assert metric_filter["FilterPattern"] == "{ $.fieldInError IS TRUE }"
    (counted,) = metric_filter["MetricTransformations"]
    fields = specs["FieldErrors"].metric
    assert isinstance(fields, Metric)
    assert (fields.namespace, fields.name) == (counted["MetricNamespace"], counted["MetricName"])
    assert len(made.graphs) == 4


@pytest.mark.control("WEB-6")
def test_rule_packs_find_nothing_but_what_is_waived(stack: cdk.Stack, template: Template) -> None:
    assert [finding for finding in findings(stack) if "@ Stack/Api/" in finding] == ["AwsSolutions-ASC3 @ Stack/Api/Api"]
    waivers = [entry["data"]["rule"] for entry in template.metadata["Stack/Api/Api"] if entry["type"] == "prodready:waiver"]
    assert waivers == ["AwsSolutions-ASC3"]


@pytest.mark.control("WEB-6")
@pytest.mark.parametrize(
    ("bent", "rule", "detail"),
    [
        ({"LogConfig": None}, "GraphqlUnguarded", "[Logs]"),
        ({"XrayEnabled": False}, "GraphqlUnguarded", "[Tracing]"),
        ({"IntrospectionConfig": "ENABLED"}, "GraphqlUnguarded", "[Introspection]"),
        ({"QueryDepthLimit": 0}, "GraphqlUnguarded", "[Depth]"),
        ({"ResolverCountLimit": 0}, "GraphqlUnguarded", "[Resolvers]"),
        ({"AuthenticationType": "API_KEY"}, "OpenMethod", ""),
        ({"LogConfig": {"FieldLogLevel": "ERROR", "ExcludeVerboseContent": False}}, "ContentsInLogs", ""),
    ],
)
def test_bent_it_is_found(template: Template, bent: dict[str, Any], rule: str, detail: str) -> None:
    (name,) = template.of_type(API)
    assert found(rule, stack_of(template.resources)) == []
    resource = template.resources[name]
    changed = {**template.resources, name: {**resource, "Properties": {**resource["Properties"], **bent}}}
    assert found(rule, stack_of(changed)) == [f"{detail} @ Stack/{name}".removeprefix(" @ ")]


@pytest.mark.control("WEB-6", "WEB-1")
def test_without_its_web_acl_it_is_found(template: Template) -> None:
    (name,) = template.of_type(API)
    alone = {key: one for key, one in template.resources.items() if one["Type"] != "AWS::WAFv2::WebACLAssociation"}
    assert f"Stack/{name}" not in found("WebEntryWithoutWaf", stack_of(template.resources))
    assert f"Stack/{name}" in found("WebEntryWithoutWaf", stack_of(alone))


def test_the_packs_find_it_untraced() -> None:
    stack = new_stack()
    made = api(stack)
    made.api.xray_enabled = False
    assert [finding for finding in findings(stack) if finding.endswith("@ Stack/Api/Api")] == [
        "AwsSolutions-ASC3 @ Stack/Api/Api",
        "Serverless-AppSyncTracing @ Stack/Api/Api",
    ]


def test_feature_flags_do_not_matter(trial_template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    made = api(stack, posture=STAGING.edge)
    made.resolve("Query", "order", made.add_local("nothing"), code=ResolverCode.local())
    bare = synth(stack)
    for kind in (API, RESOLVER, SOURCE, "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Logs::LogGroup"):
        assert [made["Properties"] for made in bare.of_type(kind).values()] == [
            made["Properties"] for made in trial_template.of_type(kind).values()
        ]
