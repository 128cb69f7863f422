"""Every type that lets traffic or people in, deployed to the embedded emulator and read back: held by an API, or kept and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prodready_constructs.local import users_drill
from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.coverage import RECORDED_TYPES
from prodready_constructs.local.drills import run_drill
from prodready_constructs.local.readback import Kind, ReadBack, read_back
from prodready_constructs.local.readback.table import differing
from prodready_constructs.local.session import Session, emulator
from prodready_constructs.local.tools import find_tools
from prodready_constructs.local.users_drill import users_come_back
from tests.local import raw_stacks
from tests.support.synthesis import ACCOUNT, REGION, ROOT

pytestmark = [pytest.mark.deployment, pytest.mark.xdist_group("emulator")]
#: Types of these that nothing but the engine keeps.
RECORDED = {
    "AWS::AppSync::DomainName",
    "AWS::AppSync::DomainNameApiAssociation",
    "AWS::Cognito::ManagedLoginBranding",
    "AWS::RUM::AppMonitor",
    "AWS::Route53::DNSSEC",
    "AWS::Route53::KeySigningKey",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    log = tmp_path_factory.mktemp("doors") / "emulator.log"
    with emulator(find_tools(ROOT), account=ACCOUNT, region=REGION, log=log) as session:
        yield session


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return raw_stacks.assembly("doors", tmp_path_factory.mktemp("assembly") / "cdk.out")


@pytest.fixture(scope="module")
def found(session: Session, assembly: Assembly) -> ReadBack:
    raw_stacks.create(session, assembly)
    return read_back(session, assembly)


def test_everything_agrees_and_no_type_is_unknown(found: ReadBack) -> None:
    assert differing(found.rows) == []
    assert found.unsupported == ()


def test_each_type_is_read_live_or_named_as_recorded(found: ReadBack) -> None:
    shown = raw_stacks.kinds(found.rows)
    assert {name for name, how in shown.items() if how == {Kind.RECORDED}} == RECORDED
    assert set(RECORDED_TYPES) >= RECORDED
    # A deployment of a REST API has nothing to read but the API it belongs to.
    assert {name for name, how in shown.items() if Kind.LIVE not in how} == RECORDED | {"AWS::ApiGateway::Deployment"}


@pytest.mark.control("WEB-1", "WEB-5", "WEB-6", "WEB-7", "WEB-8", "WEB-9", "SEC-5", "SEC-9")
@pytest.mark.parametrize(
    ("type_name", "name", "value"),
    [
        ("AppSync::GraphQLApi", "IntrospectionConfig", "DISABLED"),
        ("AppSync::GraphQLApi", "QueryDepthLimit", "10"),
        ("AppSync::GraphQLApi", "XrayEnabled", "true"),
        ("AppSync::ApiCache", "TransitEncryptionEnabled", "true"),
        ("AppSync::Api", "EventConfig", None),
        ("ApiGatewayV2::Route", "AuthorizationType", "JWT"),
        ("ApiGatewayV2::Stage", "DefaultRouteSettings", None),
        ("ApiGatewayV2::Stage", "AccessLogSettings", None),
        ("ApiGatewayV2::DomainName", "DomainNameConfigurations", None),
        ("ApiGateway::RestApi", "Body", '{"GET /orders": true, "OPTIONS /orders": false}'),
        ("ApiGateway::RestApi", "Policy", None),
        ("Cognito::UserPool", "WebAuthnUserVerification", "required"),
        ("Cognito::IdentityPool", "AllowUnauthenticatedIdentities", "false"),
        ("CloudFront::KeyGroup", "KeyGroupConfig.Items", None),
        ("Route53::HealthCheck", "HealthCheckConfig", None),
        ("WAFv2::LoggingConfiguration", "RedactedFields", None),
        ("Shield::Protection", "ResourceArn", None),
    ],
)
def test_an_api_shows_the_hardening(found: ReadBack, type_name: str, name: str, value: str | None) -> None:
    shown = [row for row in found.rows if (row.type, row.property) == (f"AWS::{type_name}", name)]
    assert shown
    assert {(row.kind, row.agrees) for row in shown} == {(Kind.LIVE, True)}
    assert value is None or {row.found for row in shown} == {value}


def test_records_of_one_name_are_told_apart(session: Session, found: ReadBack) -> None:
    weights = {row.resource: row.found for row in found.rows if row.type == "AWS::Route53::RecordSet" and row.property == "Weight"}
    assert weights == {"Heavy": "90", "Light": "10"}
    failover = {row.resource: row.found for row in found.rows if row.property == "Failover"}
    assert failover == {"Primary": "PRIMARY", "Secondary": "SECONDARY"}


def test_what_was_opened_behind_the_back_differs(session: Session, assembly: Assembly, found: ReadBack) -> None:
    http = session.client("apigatewayv2", ACCOUNT, REGION)
    api = next(each["ApiId"] for each in http.get_apis()["Items"])
    route = http.get_routes(ApiId=api)["Items"][0]
    http.update_route(ApiId=api, RouteId=route["RouteId"], AuthorizationType="NONE")
    seen = differing(read_back(session, assembly).rows)
    http.update_route(ApiId=api, RouteId=route["RouteId"], AuthorizationType="JWT")
    assert [(row.resource, row.property, row.found) for row in seen] == [("HttpRoute", "AuthorizationType", "NONE")]


@pytest.mark.control("SEC-5")
def test_the_users_of_a_lost_pool_come_back(session: Session, assembly: Assembly, found: ReadBack, tmp_path: Path) -> None:
    drill = run_drill("users", users_come_back(session, assembly, folder=tmp_path))
    assert drill.passed, drill.steps
    assert drill.steps[1:3] == (
        "prodready_constructs.identity.users export: 2 users, 2 groups",
        "the new pool has 2 of 2 users with groups, disabled accounts and new ids",
    )
    idp = session.client("cognito-idp", ACCOUNT, REGION)
    (pool,) = idp.list_user_pools(MaxResults=60)["UserPools"]
    assert idp.list_users(UserPoolId=pool["Id"])["Users"] == []


@pytest.mark.control("SEC-5")
def test_a_user_who_does_not_come_back_fails_the_drill(
    session: Session, assembly: Assembly, found: ReadBack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = users_drill._Drill.run

    def forgetful(drill: users_drill._Drill, verb: str, pool: str, *, to: Path, source: Path | None = None) -> str:
        return str(to.write_text("{}")) if verb == "settle" else real(drill, verb, pool, to=to, source=source)

    monkeypatch.setattr(users_drill._Drill, "run", forgetful)
    drill = run_drill("users", users_come_back(session, assembly, folder=tmp_path))
    assert not drill.passed
    assert drill.steps[-1].startswith("FAILED: drill-member@example.com was ")


def test_it_is_all_deleted_again(session: Session, assembly: Assembly, found: ReadBack) -> None:
    raw_stacks.delete(session, assembly)
    assert session.client("appsync", ACCOUNT, REGION).list_graphql_apis()["graphqlApis"] == []
    assert session.client("shield", ACCOUNT, REGION).list_protections()["Protections"] == []
    assert session.client("cloudfront", ACCOUNT, REGION).list_key_groups()["KeyGroupList"].get("Items", []) == []
