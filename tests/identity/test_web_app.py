"""Browser applications and the scopes of APIs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs.contracts import AlarmSpec
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.identity import ApiScopes, TokenLives, UserDirectory, WebApp
from tests.identity.parts import a_directory
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth, synth_in

CLIENT, BRANDING = "AWS::Cognito::UserPoolClient", "AWS::Cognito::ManagedLoginBranding"
URLS: dict[str, Any] = {"callback_urls": ["https://shop.example.com/in"], "logout_urls": ["https://shop.example.com/"]}


def build(stack: cdk.Stack) -> WebApp:
    directory = a_directory(stack)
    orders = directory.add_api("Orders", identifier="orders", scopes={"read": "reads orders"})
    return directory.add_web_app(
        "Shop",
        **URLS,
        scopes=["openid", "email", orders.scope("read")],
        lives=TokenLives(token=timedelta(minutes=5), session=timedelta(hours=2)),
        identity_providers=["Okta-Staff"],
    )


@pytest.fixture(scope="module")
def built() -> tuple[WebApp, list[str], Template]:
    stack = new_stack()
    app = build(stack)
    return app, findings(stack), synth(stack)


@pytest.fixture(scope="module")
def client(built: tuple[WebApp, list[str], Template]) -> dict[str, Any]:
    return built[2].props(CLIENT, "ShopApp")


@pytest.mark.control("SEC-5")
def test_the_authorization_code_is_the_only_way_and_comes_back_to_stated_addresses(client: dict[str, Any]) -> None:
    assert client["AllowedOAuthFlowsUserPoolClient"] is True
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["CallbackURLs"] == ["https://shop.example.com/in"]
    assert client["LogoutURLs"] == ["https://shop.example.com/"]
    assert client["GenerateSecret"] is False, "public: it proves itself by PKCE"


@pytest.mark.control("SEC-5")
def test_tokens_are_short_replaced_at_each_use_and_revocable(client: dict[str, Any]) -> None:
    assert (client["AccessTokenValidity"], client["IdTokenValidity"], client["RefreshTokenValidity"]) == (5, 5, 120)
    assert client["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    assert client["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"], "ALLOW_REFRESH_TOKEN_AUTH and rotation exclude each other"
    assert client["EnableTokenRevocation"] is True
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_scopes_of_an_api_are_made_before_the_client(built: tuple[WebApp, list[str], Template], client: dict[str, Any]) -> None:
    template = built[2]
    (server,) = template.of_type("AWS::Cognito::UserPoolResourceServer")
    assert template.props("AWS::Cognito::UserPoolResourceServer")["Scopes"] == [{"ScopeName": "read", "ScopeDescription": "reads orders"}]
    assert client["AllowedOAuthScopes"] == ["openid", "email", {"Fn::Join": ["", [{"Ref": server}, "/read"]]}]


def test_the_page_has_a_style_because_without_one_it_shows_an_error(built: tuple[WebApp, list[str], Template]) -> None:
    template = built[2]
    branding = template.one(BRANDING)
    (name,) = [name for name in template.of_type(CLIENT) if "ShopApp" in name]
    assert branding["Properties"]["ClientId"] == {"Ref": name}
    assert branding["Properties"]["UseCognitoProvidedValues"] is True
    assert branding["DependsOn"] == list(template.of_type("AWS::Cognito::UserPoolDomain"))


def test_users_may_come_from_a_named_provider_beside_the_pool(client: dict[str, Any]) -> None:
    assert client["SupportedIdentityProviders"] == ["COGNITO", "Okta-Staff"]


def test_what_wakes_someone(built: tuple[WebApp, list[str], Template]) -> None:
    specs = {spec.id: spec for spec in built[0].alarm_specs if isinstance(spec, AlarmSpec)}
    assert set(specs) == {"RefusedSignIns", "SignInThrottles", "TokenRefreshThrottles", "OktaStaffFederationThrottles"}
    federation = specs["OktaStaffFederationThrottles"].metric
    assert federation.dimensions["IdentityProvider"] == "Okta-Staff"  # type: ignore[union-attr]
    assert all(spec.missing_data == "notBreaching" for spec in specs.values()), "nobody signing in at night is no failure"
    assert len(built[0].graphs) == 2
    assert built[2].recorded("WebApp")[0]["watchable"] is True


def test_no_rule_pack_has_a_finding(built: tuple[WebApp, list[str], Template]) -> None:
    assert built[1] == []


def test_feature_flags_do_not_matter(client: dict[str, Any]) -> None:
    assert synth_in(build, flags={}).props(CLIENT, "ShopApp") == client


def test_developers_may_come_back_to_their_own_machine_when_it_is_said() -> None:
    def local(stack: cdk.Stack) -> None:
        urls = ["http://localhost:3000/in", "https://shop.example.com/in"]
        a_directory(stack).add_web_app("Shop", callback_urls=urls, logout_urls=urls, local_callbacks=True)

    assert synth_in(local).props(CLIENT, "ShopApp")["CallbackURLs"] == ["http://localhost:3000/in", "https://shop.example.com/in"]


# --- refuses ---

SAID = "allowed: complete https addresses in small letters, without a fragment or wildcard"
REWRITE = "write it as https://shop.example.com/signed-in"


@pytest.mark.control("SEC-5")
@pytest.mark.parametrize(
    ("url", "mend"),
    [
        ("http://shop.example.com/in", REWRITE),
        ("https://*.example.com/in", REWRITE),
        ("https://shop.example.com/in#now", REWRITE),
        ("https://shop.example.com/*", REWRITE),
        ("shop://in", REWRITE),
        ("/in", REWRITE),
        ("http://localhost:3000/in", "say local_callbacks=True in an environment for developers"),
    ],
)
def test_refuses_addresses_that_a_code_must_not_go_to(url: str, mend: str) -> None:
    for field in ("callback_urls", "logout_urls"):
        directory = a_directory(new_stack())
        with pytest.raises(ConfigurationError) as refused:
            directory.add_web_app("Shop", **{**URLS, field: [url]})
        assert str(refused.value) == f"Stack/Users/ShopApp: {field}: got '{url}'; {SAID}; {mend}"


@pytest.mark.parametrize(("urls", "given"), [([], "0 addresses, 0"), (["https://a.example/x"] * 2, "2 addresses, 1")])
def test_refuses_no_addresses_or_one_twice(urls: list[str], given: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        a_directory(new_stack()).add_web_app("Shop", callback_urls=urls, logout_urls=urls)
    assert str(refused.value) == (
        f"Stack/Users/ShopApp: callback_urls: got '{given} of them different'; allowed: 1 to 100, each once; "
        "name the addresses that the application sends"
    )


@pytest.mark.parametrize(
    ("scopes", "given"),
    [
        (["openid", "aws.cognito.signin.user.admin"], "aws.cognito.signin.user.admin"),
        (["openid", "orders.read"], "orders.read"),
        (["email"], "email, without openid"),
        ([], "none, without openid"),
    ],
)
def test_refuses_scopes_that_nobody_knows_or_that_are_too_much(scopes: list[str], given: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        a_directory(new_stack()).add_web_app("Shop", **URLS, scopes=scopes)
    assert str(refused.value) == (
        f"Stack/Users/ShopApp: scopes: got '{given}'; allowed: openid, others of openid, email, profile, phone, and scopes of an API; "
        "aws.cognito.signin.user.admin would let a stolen token change the user's second factor; use directory.add_api(...).scope(...) for your own"
    )


def test_refuses_an_application_without_a_page_and_a_name_that_is_no_id() -> None:
    with pytest.raises(ConfigurationError, match=r"Stack/Users: sign_in_page: got 'a directory without a sign-in page'"):
        UserDirectory(new_stack(), "Users").add_web_app("Shop", **URLS)
    directory = a_directory(new_stack())
    said = "got 'the shop'; allowed: a name in PascalCase, 40 letters and digits at most; write it as 'Shop'"
    with pytest.raises(ConfigurationError) as app:
        directory.add_web_app("the shop", **URLS)
    assert str(app.value) == f"Stack/Users: add_web_app: {said}"
    with pytest.raises(ConfigurationError) as api:
        directory.add_api("the shop", identifier="orders", scopes={"read": "reads"})
    assert str(api.value) == f"Stack/Users: add_api: {said}"


@pytest.mark.parametrize(
    ("identifier", "scopes", "message"),
    [
        (
            "the orders",
            {"read": "reads"},
            "identifier: got 'the orders'; allowed: letters, digits and . : / _ -, 256 at most; use the API's name or address, such as 'orders'",
        ),
        *[
            (
                "orders",
                scopes,
                f"scopes: got '{given}'; allowed: 1 to 100 names of letters, digits and . : _ -, each with its meaning in 256 characters "
                'at most; write them as {"read": "reads orders"}',
            )
            for scopes, given in [
                ({}, "0 scopes"),
                ({"a/b": "reads"}, "a/b"),
                ({"read": ""}, "read"),
                ({f"s{number}": "reads" for number in range(101)}, "101 scopes"),
            ]
        ],
    ],
)
def test_refuses_scopes_that_cognito_does_not_take(identifier: str, scopes: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        a_directory(new_stack()).add_api("Orders", identifier=identifier, scopes=scopes)
    assert str(refused.value) == f"Stack/Users/OrdersApi: {message}"


def test_refuses_a_scope_that_the_api_has_not() -> None:
    api: ApiScopes = a_directory(new_stack()).add_api("Orders", identifier="orders", scopes={"read": "reads", "write": "writes"})
    with pytest.raises(ConfigurationError) as refused:
        api.scope("delete")
    assert str(refused.value) == "Stack/Users/OrdersApi: scope: got 'delete'; allowed: read, write; use one of them, or add it to the API"
