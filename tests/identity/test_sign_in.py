"""Sign-in page, passkeys, mail and the lives of tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cognito as cognito

from prodready_constructs.compliance.rules import web_entry_waf
from prodready_constructs.compliance.rules.rule import Subject
from prodready_constructs.edge import WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.identity import Passkeys, SesSender, TokenLives, UserDirectory
from prodready_constructs.posture import PRODUCTION
from tests.identity.parts import AUTH, a_domain
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in

POOL, DOMAIN, RECORD = "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolDomain", "AWS::Route53::RecordSet"
FROM = SesSender(address="no-reply@shop.example.com", name="The Shop", verified_domain="example.com", configuration_set="events")


def build(stack: cdk.Stack) -> UserDirectory:
    directory = UserDirectory(stack, "Users", passkeys=Passkeys(relying_party=AUTH), mail=FROM)
    directory.add_sign_in_page(domain=a_domain(stack))
    return directory


@pytest.fixture(scope="module")
def built() -> tuple[UserDirectory, list[str], Template]:
    stack = new_stack()
    directory = build(stack)
    return directory, findings(stack), synth(stack)


@pytest.fixture(scope="module")
def template(built: tuple[UserDirectory, list[str], Template]) -> Template:
    return built[2]


# --- always ---


@pytest.mark.control("SEC-5")
def test_the_sign_in_page_is_managed_login_under_our_name_by_tls_1_2_or_better(template: Template) -> None:
    page = template.props(DOMAIN)
    (certificate,) = template.of_type("AWS::CertificateManager::Certificate")
    assert (page["Domain"], page["ManagedLoginVersion"]) == (AUTH, 2)
    assert page["CustomDomainConfig"] == {"CertificateArn": {"Ref": certificate}, "SecurityPolicy": "TLS_V1_2_2021"}


def test_its_name_points_to_cognitos_cloudfront_for_both_protocols(template: Template) -> None:
    (page,) = template.of_type(DOMAIN)
    records = [record["Properties"] for record in template.of_type(RECORD).values()]
    assert sorted(record["Type"] for record in records) == ["A", "AAAA"]
    for record in records:
        assert record["Name"] == f"{AUTH}."
        assert record["AliasTarget"]["DNSName"] == {"Fn::GetAtt": [page, "CloudFrontDistribution"]}


def test_no_custom_resource_looks_it_up_whatever_the_flags(template: Template) -> None:
    bare = synth_in(build, flags={})
    for each in (template, bare):
        assert not each.of_type("AWS::Lambda::Function")
    assert bare.of_type(DOMAIN) == template.of_type(DOMAIN)
    assert bare.of_type(RECORD) == template.of_type(RECORD)
    assert bare.props(POOL) == template.props(POOL)


@pytest.mark.control("SEC-5")
def test_passkeys_stand_for_both_factors_and_a_password_still_needs_the_second(template: Template) -> None:
    pool = template.props(POOL)
    assert pool["Policies"]["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["WebAuthnFactorConfiguration"] == "MULTI_FACTOR_WITH_USER_VERIFICATION"
    assert (pool["WebAuthnUserVerification"], pool["WebAuthnRelyingPartyID"]) == ("required", AUTH)
    assert "ALLOW_USER_AUTH" in template.props("AWS::Cognito::UserPoolClient")["ExplicitAuthFlows"]


def test_mail_is_sent_by_ses(template: Template) -> None:
    mail = template.props(POOL)["EmailConfiguration"]
    assert (mail["EmailSendingAccount"], mail["From"]) == ("DEVELOPER", '"The Shop" <no-reply@shop.example.com>')
    assert mail["ConfigurationSet"] == "events"
    assert mail["SourceArn"]["Fn::Join"][1][-1] == ":identity/example.com"


def test_no_rule_pack_has_a_finding(built: tuple[UserDirectory, list[str], Template]) -> None:
    assert built[1] == []


def test_addresses_of_the_page(built: tuple[UserDirectory, list[str], Template]) -> None:
    assert built[0].sign_in_page.url == f"https://{AUTH}"
    assert built[0].sign_in_page.token_url == f"https://{AUTH}/oauth2/token"
    trial = UserDirectory(new_stack(), "Users").add_sign_in_page(prefix="shop-staging")
    assert trial.url == "https://shop-staging.auth.us-east-1.amazoncognito.com"


def test_a_trial_needs_no_domain() -> None:
    template = synth_in(lambda stack: UserDirectory(stack, "Users").add_sign_in_page(prefix="shop-staging"))
    page = template.props(DOMAIN)
    assert (page["Domain"], page["ManagedLoginVersion"]) == ("shop-staging", 2)
    assert "CustomDomainConfig" not in page
    assert not template.of_type(RECORD)


def test_pool_and_web_client_of_a_plain_directory_have_not_moved() -> None:
    template = synth_in(lambda stack: UserDirectory(stack, "Users"))
    assert list(template.of_type(POOL)) == ["UsersPoolBFC35D3B"]
    assert list(template.of_type("AWS::Cognito::UserPoolClient")) == ["UsersWebClient8EE36D42"]
    pool = template.props(POOL)
    assert not {"WebAuthnFactorConfiguration", "WebAuthnRelyingPartyID", "EmailConfiguration"} & set(pool)
    assert "SignInPolicy" not in pool["Policies"]


# --- a web ACL in front ---


def _judged(protect: bool, outdir: Any) -> list[str]:
    app = new_app(outdir=str(outdir))
    stack = new_stack(app)
    directory = UserDirectory(stack, "Users")
    directory.add_sign_in_page(prefix="shop-staging")
    if protect:
        WebAcl(stack, "Acl", posture=PRODUCTION.edge).protect(directory, directory.pool_arn)
    app.synth()
    subject = Subject(assembly=read_assembly(outdir), staging=frozenset(), required_tags=())
    return [hit.resource.type for hit in web_entry_waf.RULE.find(subject) if hit.resource]


@pytest.mark.control("WEB-1")
def test_a_sign_in_page_wants_a_web_acl_and_takes_one(tmp_path: Any) -> None:
    assert _judged(False, tmp_path / "bare") == [POOL]
    assert _judged(True, tmp_path / "protected") == []


@pytest.mark.parametrize("bend", [{"mfa_configuration": "OPTIONAL"}, {"user_pool_tier": "LITE"}, {"policies": None}])
def test_what_is_bent_through_the_l2_is_found(bend: dict[str, Any]) -> None:
    stack = new_stack()
    pool = UserDirectory(stack, "Users").user_pool.node.default_child
    assert isinstance(pool, cognito.CfnUserPool)
    for name, value in bend.items():
        setattr(pool, name, value)
    assert any("-COG" in finding for finding in findings(stack))


# --- refuses ---


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"first_factors": ("password", "passkey", "email_otp")},
            "Passkeys.first_factors: got 'email_otp'; allowed: password and passkey: with MFA required Cognito takes no one-time code as first "
            "factor, for the code would be the second too; leave the codes out",
        ),
        (
            {"first_factors": ("password", "sms_otp")},
            "Passkeys.first_factors: got 'sms_otp'; allowed: password and passkey: with MFA required Cognito takes no one-time code as first "
            "factor, for the code would be the second too; leave the codes out",
        ),
        (
            {"first_factors": ("passkey",)},
            "Passkeys.first_factors: got 'passkey'; allowed: password and passkey: Cognito always allows the password, and a passkey can only "
            "be a first factor; leave first_factors out",
        ),
        (
            {"first_factors": ("password",)},
            "Passkeys.first_factors: got 'password'; allowed: password and passkey: Cognito always allows the password, and a passkey can only "
            "be a first factor; leave first_factors out",
        ),
        (
            {"counts_as": "one_factor"},
            "Passkeys.counts_as: got 'one_factor'; allowed: both_factors: with MFA required Cognito refuses SINGLE_FACTOR where a passkey is "
            "a first factor; leave counts_as out; MFA is always required here",
        ),
        (
            {"user_verification": "preferred"},
            "Passkeys.user_verification: got 'preferred'; allowed: required: a passkey that nobody unlocks is one factor, whoever holds the "
            "device; leave user_verification out",
        ),
        (
            {"relying_party": "https://auth.shop.example.com"},
            "Passkeys.relying_party: got 'https://auth.shop.example.com'; allowed: a domain name of 63 characters at most, without a scheme; "
            "use the name of the sign-in page, such as 'auth.shop.example.com'",
        ),
    ],
)
@pytest.mark.control("SEC-5")
def test_refuses_every_other_combination_of_passkeys_and_mfa(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Passkeys(**{"relying_party": AUTH, **given})
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("token", "session", "message"),
    [
        (
            4,
            60,
            "TokenLives.token: got '0:04:00'; allowed: 5 minutes to 1 day, in whole minutes: Cognito's bounds; leave it out for 0:15:00",
        ),
        (
            1441,
            43200,
            "TokenLives.token: got '1 day, 0:01:00'; allowed: 5 minutes to 1 day, in whole minutes: Cognito's bounds; leave it out for 0:15:00",
        ),
        (
            5.5,
            60,
            "TokenLives.token: got '0:05:30'; allowed: 5 minutes to 1 day, in whole minutes: Cognito's bounds; leave it out for 0:15:00",
        ),
        (15, 59, "TokenLives.session: got '0:59:00'; allowed: 1 hour to 30 days; leave it out for 12:00:00, one working day"),
        (15, 43201, "TokenLives.session: got '30 days, 0:01:00'; allowed: 1 hour to 30 days; leave it out for 12:00:00, one working day"),
        (
            120,
            60,
            "TokenLives.token: got '2:00:00 in a session of 1:00:00'; allowed: no longer than the session: Cognito refuses a token that outlives "
            "its refresh token; shorten the token or lengthen the session",
        ),
    ],
)
@pytest.mark.control("SEC-5")
def test_refuses_lives_outside_cognitos_bounds(token: float, session: int, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        TokenLives(token=timedelta(minutes=token), session=timedelta(minutes=session))
    assert str(refused.value) == message


@pytest.mark.parametrize("minutes", [5, 1440])
def test_takes_lives_at_cognitos_bounds(minutes: int) -> None:
    assert TokenLives(token=timedelta(minutes=minutes), session=timedelta(days=30)).token == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"address": "shop"}, "SesSender.address: got 'shop'; allowed: an e-mail address; write it as no-reply@shop.example.com"),
        (
            {"address": "a@shop.example.com", "verified_domain": "example.org"},
            "SesSender.verified_domain: got 'example.org'; allowed: 'shop.example.com' or a parent of it: SES sends for addresses of its "
            "identity only; name the identity that covers the address",
        ),
        (
            {"address": "a@shop.example.com", "name": 'Shop"\nBcc: x@y.z'},
            "SesSender.name: got 'Shop\"\\nBcc: x@y.z'; allowed: 64 letters, digits, spaces and . & ' - at most: a quotation mark or line "
            "break could forge a header; use the product's name",
        ),
    ],
)
def test_refuses_a_sender_that_ses_would_not_send_for(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        SesSender(**given)
    assert str(refused.value) == message


@pytest.mark.parametrize("prefix", ["Shop", "my-aws-shop", "a_b", "x" * 64, "-shop"])
def test_refuses_a_prefix_that_cognito_does_not_take(prefix: str) -> None:
    directory = UserDirectory(new_stack(), "Users")
    with pytest.raises(ConfigurationError) as refused:
        directory.add_sign_in_page(prefix=prefix)
    assert str(refused.value) == (
        f"Stack/Users/SignIn: prefix: got '{prefix}'; allowed: 63 small letters, digits and hyphens at most, without the words aws, amazon, "
        "cognito; use a prefix such as 'shop-staging'; it must be free in the whole region"
    )


def test_refuses_a_page_with_two_names_or_none() -> None:
    stack = new_stack()
    directory = UserDirectory(stack, "Users")
    with pytest.raises(ConfigurationError) as none:
        directory.add_sign_in_page()
    said = "allowed: either a domain or a prefix; give domain= for good, prefix= for a trial"
    assert str(none.value) == f"Stack/Users/SignIn: domain: got None; {said}"
    other = UserDirectory(stack, "Others")
    with pytest.raises(ConfigurationError) as both:
        other.add_sign_in_page(domain=a_domain(stack), prefix="shop")
    assert str(both.value) == f"Stack/Others/SignIn: domain: got 'a domain and a prefix'; {said}"


def test_refuses_a_second_page_and_one_that_there_is_not() -> None:
    directory = UserDirectory(new_stack(), "Users")
    with pytest.raises(ConfigurationError) as missing:
        _ = directory.sign_in_page
    assert str(missing.value) == (
        "Stack/Users: sign_in_page: got 'a directory without a sign-in page'; allowed: a directory with one: it holds the addresses where codes "
        "and client credentials become tokens; call add_sign_in_page(domain=...) first, or prefix=... for a trial"
    )
    directory.add_sign_in_page(prefix="shop")
    with pytest.raises(ConfigurationError) as second:
        directory.add_sign_in_page(prefix="shop-again")
    assert str(second.value) == (
        "Stack/Users: add_sign_in_page: got 'a second sign-in page'; allowed: one name for a directory; use directory.sign_in_page"
    )


def test_refuses_a_page_under_another_name_than_the_passkeys_belong_to() -> None:
    stack = new_stack()
    directory = UserDirectory(stack, "Users", passkeys=Passkeys(relying_party="login.shop.example.com"))
    with pytest.raises(ConfigurationError) as refused:
        directory.add_sign_in_page(domain=a_domain(stack))
    assert str(refused.value) == (
        f"Stack/Users: add_sign_in_page: got '{AUTH}'; allowed: 'login.shop.example.com', which the passkeys belong to: they do not work under "
        "another name; give Passkeys(relying_party=...) the name of the sign-in page"
    )


@pytest.mark.parametrize("name", ["*.shop.example.com", f"{'x' * 47}.shop.example.com"])
def test_refuses_a_name_that_cognito_does_not_take(name: str) -> None:
    stack = new_stack()
    directory = UserDirectory(stack, "Users")
    domain = a_domain(stack, name)
    with pytest.raises(ConfigurationError) as refused:
        directory.add_sign_in_page(domain=domain)
    assert str(refused.value) == (
        f"Stack/Users/SignIn: domain: got '{name}'; allowed: one name of 63 characters at most: Cognito takes no wildcard; "
        "make a Domain of its own for the sign-in page, such as auth.shop.example.com"
    )


def test_refuses_a_certificate_of_another_region() -> None:
    stack = new_stack(region="eu-west-1")
    directory = UserDirectory(stack, "Users")
    with pytest.raises(
        ConfigurationError, match=r"Stack/Users/SignIn: domain: got 'a certificate in eu-west-1'; allowed: a certificate in us-east-1"
    ):
        directory.add_sign_in_page(domain=a_domain(stack))
