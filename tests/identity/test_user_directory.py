"""The user directory: what is always so, what it refuses, what wakes someone."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway

from prodready_constructs.contracts import AlarmSpec, MathMetric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.identity import UserDirectory
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth, synth_in

POOL = "AWS::Cognito::UserPool"
CLIENT = "AWS::Cognito::UserPoolClient"


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    UserDirectory(stack, "Directory")
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.mark.control("SEC-5")
def test_a_second_factor_is_always_required(template: Template) -> None:
    pool = template.props(POOL)
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["DeviceConfiguration"] == {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": True}


@pytest.mark.control("SEC-5")
def test_passwords_are_long_and_do_not_repeat(template: Template) -> None:
    assert template.props(POOL)["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 14,
        "PasswordHistorySize": 24,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "RequireUppercase": True,
        "TemporaryPasswordValidityDays": 1,
    }


@pytest.mark.control("SEC-5")
def test_threat_protection_is_enforced_and_acts(template: Template) -> None:
    pool = template.props(POOL)
    assert pool["UserPoolTier"] == "PLUS"
    assert pool["UserPoolAddOns"] == {"AdvancedSecurityMode": "ENFORCED"}
    risk = template.props("AWS::Cognito::UserPoolRiskConfigurationAttachment")
    assert risk["ClientId"] == "ALL"
    assert risk["CompromisedCredentialsRiskConfiguration"]["Actions"] == {"EventAction": "BLOCK"}
    takeover = risk["AccountTakeoverRiskConfiguration"]["Actions"]
    assert takeover["HighAction"]["EventAction"] == "BLOCK"
    assert takeover["LowAction"]["EventAction"] == takeover["MediumAction"]["EventAction"] == "MFA_REQUIRED"


@pytest.mark.control("SEC-5")
def test_the_pool_outlives_its_stack(template: Template) -> None:
    pool = template.one(POOL)
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert pool["DeletionPolicy"] == pool["UpdateReplacePolicy"] == "Retain"


def test_only_administrators_invite_and_addresses_are_verified(template: Template) -> None:
    pool = template.props(POOL)
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["UsernameAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool["AccountRecoverySetting"]["RecoveryMechanisms"] == [{"Name": "verified_email", "Priority": 1}]
    assert not template.of_type("AWS::IAM::Role")


@pytest.mark.control("SEC-5")
def test_the_web_client_signs_in_by_srp_with_short_tokens(template: Template) -> None:
    client = template.props(CLIENT)
    assert client["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlowsUserPoolClient"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    assert (client["AccessTokenValidity"], client["IdTokenValidity"], client["RefreshTokenValidity"]) == (15, 15, 720)
    assert client["TokenValidityUnits"] == {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "minutes"}


def test_self_sign_up_and_the_session_follow_the_caller() -> None:
    template = synth_in(lambda stack: UserDirectory(stack, "Directory", self_sign_up=True, session_life=timedelta(hours=2)))
    assert template.props(POOL)["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}
    assert template.props(CLIENT)["RefreshTokenValidity"] == 120


@pytest.mark.parametrize("session_life", [timedelta(minutes=59), timedelta(days=31)])
def test_it_refuses_a_session_that_cognito_does_not_offer(session_life: timedelta) -> None:
    message = r"^Stack/Directory: session_life: got '.+'; allowed: 1 hour to 30 days; leave it out for 12:00:00, one working day$"
    with pytest.raises(ConfigurationError, match=message):
        UserDirectory(new_stack(), "Directory", session_life=session_life)


def test_every_alarm_says_what_to_do_first() -> None:
    directory = UserDirectory(new_stack(), "Directory")
    specs = {spec.id: spec for spec in directory.alarm_specs if isinstance(spec, AlarmSpec)}
    assert set(specs) == {"RefusedSignIns", "SignInThrottles", "TokenRefreshThrottles", "CompromisedCredentials", "AccountTakeover"}
    assert specs["AccountTakeover"].severity is Severity.CRITICAL
    refused = specs["RefusedSignIns"].metric
    assert isinstance(refused, MathMetric)
    assert {metric.statistic for metric in refused.using.values()} == {"SampleCount", "Sum"}
    for spec in specs.values():
        assert spec.missing_data == "notBreaching", "nobody signing in at night is no failure"
        assert any("cognito-idp" in command for command in spec.runbook.first_commands)
    assert len(directory.graphs) == 3


def test_no_rule_pack_has_a_finding(stack: cdk.Stack) -> None:
    assert findings(stack) == []


def test_it_guards_a_rest_api() -> None:
    own = new_stack()
    directory = UserDirectory(own, "Directory")
    api = apigateway.RestApi(own, "Api", cloud_watch_role=False)
    authorizer = apigateway.CognitoUserPoolsAuthorizer(own, "Authorizer", cognito_user_pools=[directory.user_pool])
    api.root.add_method("GET", apigateway.MockIntegration(), authorizer=authorizer)
    assert not [finding for finding in findings(own) if "COG" in finding]


def test_feature_flags_do_not_matter(template: Template) -> None:
    bare = synth_in(lambda stack: UserDirectory(stack, "Directory"), flags={})
    for resource_type in (POOL, CLIENT):
        assert bare.props(resource_type) == template.props(resource_type)
