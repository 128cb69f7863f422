"""The rules on who signs in and what GraphQL callers may do: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from tests.compliance.templates import assembly_of, found, resource, stack_of

POOL = {"MfaConfiguration": "ON", "DeletionProtection": "ACTIVE", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}
PASSKEYS = {
    "MfaConfiguration": "OPTIONAL",
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
    "WebAuthnFactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
    "WebAuthnUserVerification": "required",
}


@pytest.mark.control("SEC-5", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        (PASSKEYS, []),
        (PASSKEYS | {"WebAuthnUserVerification": "preferred"}, ["Mfa"]),
        (PASSKEYS | {"WebAuthnFactorConfiguration": "SINGLE_FACTOR"}, ["Mfa"]),
        (PASSKEYS | {"Policies": {}}, ["Mfa"]),
        ({"MfaConfiguration": "OFF"}, ["Mfa"]),
        ({"DeletionProtection": "INACTIVE"}, ["Deletion"]),
        ({"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}, ["Threats"]),
        ({"MfaConfiguration": None, "DeletionProtection": None, "UserPoolAddOns": None}, ["Deletion", "Mfa", "Threats"]),
    ],
)
def test_a_user_pool_asks_for_more_than_a_password(change: dict[str, Any], details: list[str]) -> None:
    pool = resource("Cognito::UserPool", POOL | change)
    assert found("WeakSignIn", stack_of({"Pool": pool})) == [f"[{detail}] @ Stack/Pool" for detail in details]


@pytest.mark.control("SEC-5", "GOV-3")
@pytest.mark.parametrize(
    ("client", "details"),
    [
        ({"AllowedOAuthFlows": ["code"], "CallbackURLs": ["https://shop.example.com/back", "http://localhost:3000/", "shop://back"]}, []),
        ({"AllowedOAuthFlows": ["client_credentials"], "GenerateSecret": True}, []),
        ({"AllowedOAuthFlows": ["code", "implicit"]}, ["Implicit"]),
        ({"CallbackURLs": ["http://shop.example.com/back"]}, ["Callback http://shop.example.com/back"]),
        ({"LogoutURLs": ["http://localhost.example.com"]}, ["Callback http://localhost.example.com"]),
        ({"CallbackURLs": [{"Fn::Join": ["", ["https://", {"Ref": "Name"}]]}], "DefaultRedirectURI": {"Ref": "Name"}}, []),
        ({"CallbackURLs": ["HTTP://127.0.0.1", "http://[::1]:80/"]}, []),
        ({"CallbackURLs": ["http://localhost@shop.example.com"]}, ["Callback http://localhost@shop.example.com"]),
        ({"CallbackURLs": ["http://[broken"]}, ["Callback http://[broken"]),
        ({"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}, []),
        ({"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}, ["ALLOW_USER_PASSWORD_AUTH"]),
        ({"PreventUserExistenceErrors": None}, ["Existence"]),
        ({"PreventUserExistenceErrors": "LEGACY"}, ["Existence"]),
        ({"PreventUserExistenceErrors": {"Ref": "Errors"}, "EnableTokenRevocation": {"Ref": "Revocation"}}, []),
        ({"EnableTokenRevocation": False}, ["Revocation"]),
        ({"EnableTokenRevocation": "true"}, []),
    ],
)
def test_a_client_gives_nothing_away(client: dict[str, Any], details: list[str]) -> None:
    resources = {"Client": resource("Cognito::UserPoolClient", {"PreventUserExistenceErrors": "ENABLED"} | client)}
    assert found("WeakSignIn", stack_of(resources)) == [f"[{detail}] @ Stack/Client" for detail in details]


@pytest.mark.control("SEC-5", "GOV-3")
@pytest.mark.parametrize(
    ("pool", "details"),
    [
        ({"AllowUnauthenticatedIdentities": False, "AllowClassicFlow": False}, []),
        ({"AllowUnauthenticatedIdentities": "true"}, ["Guests"]),
        ({"AllowUnauthenticatedIdentities": True, "AllowClassicFlow": True}, ["ClassicFlow", "Guests"]),
    ],
)
def test_an_identity_pool_is_for_those_who_signed_in(pool: dict[str, Any], details: list[str]) -> None:
    resources = {"Pool": resource("Cognito::IdentityPool", pool)}
    assert found("IdentityPoolOpen", stack_of(resources)) == [f"[{detail}] @ Stack/Pool" for detail in details]


GRAPH = {
    "AuthenticationType": "AWS_IAM",
    "LogConfig": {"FieldLogLevel": "ERROR", "CloudWatchLogsRoleArn": "arn"},
    "XrayEnabled": True,
    "IntrospectionConfig": "DISABLED",
    "QueryDepthLimit": 10,
    "ResolverCountLimit": 100,
}


@pytest.mark.control("WEB-6", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details", "in_staging"),
    [
        ({}, [], []),
        ({"IntrospectionConfig": "ENABLED"}, ["Introspection"], []),
        ({"IntrospectionConfig": None}, ["Introspection"], []),
        ({"LogConfig": {"FieldLogLevel": "NONE"}}, ["Logs"], ["Logs"]),
        ({"XrayEnabled": False}, ["Tracing"], ["Tracing"]),
        ({"QueryDepthLimit": 0, "ResolverCountLimit": None}, ["Depth", "Resolvers"], ["Depth", "Resolvers"]),
        ({"QueryDepthLimit": {"Ref": "Depth"}}, [], []),
    ],
)
def test_a_graphql_api_has_limits_and_a_record(change: dict[str, Any], details: list[str], in_staging: list[str]) -> None:
    stack = stack_of({"Graph": resource("AppSync::GraphQLApi", GRAPH | change)})
    assert found("GraphqlUnguarded", stack) == [f"[{detail}] @ Stack/Graph" for detail in details]
    assert found("GraphqlUnguarded", stack, staging=frozenset({"Stack"})) == [f"[{detail}] @ Stack/Graph" for detail in in_staging]


@pytest.mark.control("WEB-6", "GOV-3")
def test_an_event_api_keeps_a_log_and_a_cache_is_encrypted() -> None:
    def judged(kind: str, properties: dict[str, Any]) -> list[str]:
        return found("GraphqlUnguarded", stack_of({"One": resource(kind, properties)}))

    assert judged("AppSync::Api", {"EventConfig": {"LogConfig": {"LogLevel": "NONE"}}}) == ["[Logs] @ Stack/One"]
    assert judged("AppSync::Api", {"EventConfig": {"LogConfig": {"LogLevel": "ERROR"}}}) == []
    assert judged("AppSync::ApiCache", {"AtRestEncryptionEnabled": True}) == ["[Cache] @ Stack/One"]
    assert judged("AppSync::ApiCache", {"AtRestEncryptionEnabled": True, "TransitEncryptionEnabled": True}) == []


@pytest.mark.parametrize(
    ("rule", "kind", "why", "fix"),
    [
        (
            "WeakSignIn[Mfa]",
            "Cognito::UserPool",
            "Whoever has a password, or reads one answer, is signed in. A password alone is enough.",
            "use identity.UserDirectory; or MfaConfiguration ON",
        ),
        (
            "GraphqlUnguarded[Depth]",
            "AppSync::GraphQLApi",
            "One caller can read what is not meant to be known, or keep the API busy, and nobody can say afterwards who it was. "
            "A query may nest without end.",
            "use edge.ProtectedGraphqlApi; or set LogConfig",
        ),
    ],
)
def test_a_finding_says_what_and_how_to_mend(rule: str, kind: str, why: str, fix: str) -> None:
    findings = {one.rule: one for one in hardening_findings(Subject(assembly=assembly_of(stack_of({"Door": resource(kind)}))))}
    finding = findings[f"Prodready-{rule}"]
    assert (finding.path, finding.why) == ("Stack/Door", why)
    assert finding.fix.startswith(fix)
