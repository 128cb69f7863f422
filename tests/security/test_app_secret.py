"""AppSecret: generated or supplied, encrypted, rotated, and readable by those it was granted to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.contracts import EventSpec, SecretField, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.security import AppSecret, DataKey, RandomRotation
from tests.support.packs import findings
from tests.support.synthesis import ACCOUNT, Template, new_app, new_stack, synth

HOOK_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:renew"


def some_vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["us-east-1a", "us-east-1b"],
        isolated_subnet_ids=["subnet-1", "subnet-2"],
        isolated_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )


def build(stack: cdk.Stack) -> dict[str, Any]:
    rotation = RandomRotation(stack, "Rotation", vpc=some_vpc(stack))
    reader = ComposedRole(stack, "Reader", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="reads")
    jwt = AppSecret(stack, "Jwt", name="shop/production/jwt_secret", description="signs sessions", rotation=rotation)
    jwt.grant_read(reader)
    stripe = AppSecret(stack, "Stripe", name="shop/production/stripe", description="payments, issued by Stripe", length=None)
    return {"rotation": rotation, "jwt": jwt, "stripe": stripe}


@pytest.fixture(scope="module")
def built() -> tuple[dict[str, Any], list[str], Template]:
    stack = new_stack()
    made = build(stack)
    return made, findings(stack), synth(stack)


@pytest.fixture(scope="module")
def template(built: tuple[dict[str, Any], list[str], Template]) -> Template:
    return built[2]


# --- always ---


@pytest.mark.control("SEC-2")
def test_a_generated_value_is_in_no_template_and_outlives_its_stack(template: Template) -> None:
    secret = template.one("AWS::SecretsManager::Secret", "Jwt")
    assert secret["Properties"]["Name"] == "shop/production/jwt_secret"
    assert secret["Properties"]["GenerateSecretString"] == {
        "ExcludePunctuation": True,
        "GenerateStringKey": "value",
        "PasswordLength": 48,
        "SecretStringTemplate": "{}",
    }
    assert "SecretString" not in secret["Properties"]
    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"


@pytest.mark.control("SEC-2", "SEC-8")
def test_it_is_encrypted_with_its_own_rotating_key(template: Template) -> None:
    key = template.resources[template.props("AWS::SecretsManager::Secret", "Jwt")["KmsKeyId"]["Fn::GetAtt"][0]]
    assert key["Properties"]["EnableKeyRotation"] is True


@pytest.mark.control("SEC-2")
def test_it_rotates_within_30_days_unless_said_otherwise(template: Template) -> None:
    schedule = template.props("AWS::SecretsManager::RotationSchedule")
    assert schedule["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert schedule["RotateImmediatelyOnUpdate"] is False
    assert schedule["RotationLambdaARN"]["Fn::GetAtt"][0] in template.of_type("AWS::Lambda::Function")


def test_the_schedule_waits_until_the_function_may_be_called_and_may_work(template: Template) -> None:
    depends = template.one("AWS::SecretsManager::RotationSchedule")["DependsOn"]
    assert {template.resources[name]["Type"] for name in depends} == {"AWS::Lambda::Permission", "AWS::IAM::ManagedPolicy"}


@pytest.mark.control("SEC-2")
def test_strangers_and_plain_text_are_denied(template: Template) -> None:
    for containing in ("Jwt", "Stripe"):
        policy = template.props("AWS::SecretsManager::ResourcePolicy", containing)
        assert policy["BlockPublicPolicy"] is True
        statements = policy["ResourcePolicy"]["Statement"]
        assert {statement["Effect"] for statement in statements} == {"Deny"}
        assert {statement["Action"] for statement in statements} == {"secretsmanager:GetSecretValue"}
        assert [statement["Condition"] for statement in statements] == [
            {"Bool": {"aws:SecureTransport": "false"}},
            {
                "StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        ]


def test_a_supplied_secret_starts_with_a_placeholder_that_no_service_asks_for(
    built: tuple[dict[str, Any], list[str], Template], template: Template
) -> None:
    assert template.props("AWS::SecretsManager::Secret", "Stripe")["GenerateSecretString"]["GenerateStringKey"] == "to-be-supplied"
    assert built[0]["stripe"].supply_command == (
        "aws secretsmanager put-secret-value --secret-id shop/production/stripe --secret-string file://value.json"
    )


# --- degrees ---


def test_length_period_key_and_a_rotation_function_from_elsewhere_are_taken() -> None:
    stack = new_stack()
    hook = lambda_.Function.from_function_arn(stack, "Hook", HOOK_ARN)
    key = DataKey(stack, "Shared", description="secrets of the shop")
    AppSecret(
        stack,
        "Partner",
        name="shop/production/partner",
        description="issued by a partner, whose API renews it",
        length=None,
        rotation=hook,
        rotation_period=timedelta(days=90),
        encryption_key=key.key,
    )
    template = synth(stack)
    schedule = template.props("AWS::SecretsManager::RotationSchedule")
    assert schedule["RotationRules"] == {"AutomaticallyAfterDays": 90}
    assert schedule["RotationLambdaARN"] == HOOK_ARN
    assert len(template.of_type("AWS::KMS::Key")) == 1
    assert not [entry for entries in template.metadata.values() for entry in entries if entry["type"] == "prodready:waiver"]


def test_comes_out_the_same_without_feature_flags(template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    build(stack)
    bare = synth(stack)
    assert not bare.of_type("AWS::IAM::Policy")
    assert sorted(resource["Type"] for resource in bare.resources.values()) == sorted(
        resource["Type"] for resource in template.resources.values()
    )
    assert bare.props("AWS::SecretsManager::Secret", "Jwt") == template.props("AWS::SecretsManager::Secret", "Jwt")


# --- refuses ---


@pytest.mark.control("SEC-2")
@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        (
            {"name": "jwt_secret"},
            r"Stack/Secret: name: got 'jwt_secret'; allowed: <app>/<env>/<name>: .*; write it as shop/production/jwt_secret",
        ),
        ({"name": "Shop/production/jwt"}, r"name: got 'Shop/production/jwt'"),
        ({"name": "shop/production/"}, r"name: got 'shop/production/'"),
        ({"length": 12}, r"Stack/Secret: length: got 12; allowed: 32 to 4096 characters, or None for a value supplied later; use 32"),
        ({"length": 5000}, r"length: got 5000; .*; use 4096"),
        (
            {"rotation_period": timedelta(days=91)},
            r"rotation_period: got '91 days, 0:00:00'; allowed: 1 to 90 whole days; use timedelta\(days=90\)",
        ),
        ({"rotation_period": timedelta(hours=6)}, r"rotation_period: got '6:00:00'; allowed: 1 to 90 whole days; use timedelta\(days=1\)"),
        ({"rotation_period": timedelta(days=1, hours=1)}, r"rotation_period: got '1 day, 1:00:00'; .*use timedelta\(days=1\)"),
        (
            {},
            r"rotation: got None; allowed: a RandomRotation or a rotation function: a generated secret rotates; hand over one RandomRotation",
        ),
    ],
)
def test_refuses(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        AppSecret(new_stack(), "Secret", **{"name": "shop/production/jwt", "description": "test", **keywords})


def test_refuses_random_values_for_a_supplied_secret() -> None:
    stack = new_stack()
    rotation = RandomRotation(stack, "Rotation", vpc=some_vpc(stack))
    with pytest.raises(
        ConfigurationError, match=r"got 'RandomRotation'; allowed: a function that asks the issuer .*would overwrite the supplied"
    ):
        AppSecret(stack, "Secret", name="shop/production/stripe", description="test", length=None, rotation=rotation)


def test_refuses_a_field_that_a_generated_secret_has_not(built: tuple[dict[str, Any], list[str], Template]) -> None:
    with pytest.raises(ConfigurationError, match=r"Stack/Jwt: field: got 'password'; allowed: 'value', the one field .*length=None"):
        built[0]["jwt"].field("password")


# --- reach ---


@pytest.mark.control("SEC-1", "SEC-2")
def test_only_the_named_reader_and_the_rotation_may_read(template: Template) -> None:
    secret = next(iter(name for name in template.of_type("AWS::SecretsManager::Secret") if "Jwt" in name))
    readers = {
        name
        for name, policy in template.of_type("AWS::IAM::ManagedPolicy").items()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"] and statement["Resource"] == {"Ref": secret}
    }
    assert {name[:8] for name in readers} == {"ReaderPo", "Rotation"}


@pytest.mark.control("SEC-2")
def test_a_field_is_handed_over_as_a_reference(built: tuple[dict[str, Any], list[str], Template]) -> None:
    jwt, stripe = built[0]["jwt"], built[0]["stripe"]
    assert jwt.field() == SecretField(secret=jwt.secret, field="value")
    assert stripe.field("webhook_key").field == "webhook_key"


@pytest.mark.control("SEC-1")
def test_secrets_manager_of_this_account_alone_may_call_the_function(template: Template) -> None:
    permission = template.props("AWS::Lambda::Permission")
    assert permission["Principal"] == "secretsmanager.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}


# --- wakes ---


def test_a_failed_rotation_is_told(built: tuple[dict[str, Any], list[str], Template]) -> None:
    (spec,) = built[0]["jwt"].alarm_specs
    assert isinstance(spec, EventSpec)
    assert spec.severity is Severity.WARNING
    assert spec.pattern["detail"]["eventName"] == ["RotationFailed", "RotationAbandoned"]
    assert cdk.Stack.of(built[0]["jwt"]).resolve(spec.pattern["detail"]["additionalEventData"]["SecretId"]) == [
        {"Ref": "JwtSecret4F060AA2"}
    ]
    assert "shop/production/jwt_secret" in spec.runbook.first_commands[0]
    assert built[0]["stripe"].alarm_specs == ()


def test_records_say_which_secret_is_watched(template: Template) -> None:
    records = {record["secret_name"]: record for record in template.recorded("AppSecret")}
    assert records["shop/production/jwt_secret"]["watchable"] is True
    assert records["shop/production/stripe"]["watchable"] is False


# --- clean ---


@pytest.mark.control("GOV-2")
def test_findings_are_exactly_the_waived_ones(built: tuple[dict[str, Any], list[str], Template]) -> None:
    assert built[1] == [
        "AwsSolutions-IAM5[Resource::*] @ Stack/Rotation/Role/Policy/Resource",
        "AwsSolutions-SMG4 @ Stack/Stripe/Secret/Resource",
        "HIPAA.Security-SecretsManagerRotationEnabled @ Stack/Stripe/Secret/Resource",
        "NIST.800.53.R5-SecretsManagerRotationEnabled @ Stack/Stripe/Secret/Resource",
    ]
    waived = sorted(
        f"{entry['data']['rule']} @ {path}/Resource"
        for path, entries in built[2].metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    )
    ours = "Prodready-SecretWithoutRotation @ Stack/Stripe/Secret/Resource"
    assert waived == sorted([*built[1], ours])
