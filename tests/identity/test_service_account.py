"""ServiceAccount and ClientSecretRotation: what is always so, who may read, what it refuses, what wakes someone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from prodready_constructs.compliance.rules import secret_rotation
from prodready_constructs.compliance.rules.rule import Subject
from prodready_constructs.compute import WebService
from prodready_constructs.contracts import EventSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.identity import ApiScopes, ClientSecretRotation, ServiceAccount, UserDirectory
from prodready_constructs.identity.functions import rotate_client_secret
from prodready_constructs.posture import PRODUCTION
from tests.identity.parts import a_directory, a_rotation, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in

CLIENT, SECRET, SCHEDULE = "AWS::Cognito::UserPoolClient", "AWS::SecretsManager::Secret", "AWS::SecretsManager::RotationSchedule"
NAME = "shop/production/billing"


def build(stack: cdk.Stack) -> dict[str, Any]:
    directory = a_directory(stack)
    orders = directory.add_api("Orders", identifier="orders", scopes={"read": "reads orders", "write": "writes orders"})
    rotation = a_rotation(stack, directory)
    account = ServiceAccount(
        stack, "Billing", directory=directory, name=NAME, scopes=[orders.scope("read"), orders.scope("write")], rotation=rotation
    )
    reader = ComposedRole(stack, "Reader", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="reads")
    account.grant_token(reader)
    return {"directory": directory, "orders": orders, "rotation": rotation, "account": account}


@pytest.fixture(scope="module")
def built() -> tuple[dict[str, Any], list[str], Template]:
    stack = new_stack()
    made = build(stack)
    return made, findings(stack), synth(stack)


@pytest.fixture(scope="module")
def template(built: tuple[dict[str, Any], list[str], Template]) -> Template:
    return built[2]


# --- always ---


@pytest.mark.control("SEC-5")
def test_the_client_gives_tokens_to_machines_only_and_for_named_scopes(template: Template) -> None:
    client = template.props(CLIENT, "Billing")
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert [scope["Fn::Join"][1][1] for scope in client["AllowedOAuthScopes"]] == ["/read", "/write"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"], "nothing that gives a user a first token"
    assert "CallbackURLs" not in client
    assert (client["GenerateSecret"], client["AccessTokenValidity"]) == (True, 60)


@pytest.mark.control("SEC-5", "SEC-2")
def test_the_secret_stands_in_no_template(template: Template) -> None:
    text = json.dumps(template.body)
    assert 'ClientSecret"]' not in text, "no Fn::GetAtt of the client's secret: CloudFormation would know it"
    generated = template.props(SECRET)["GenerateSecretString"]
    (client,) = [name for name in template.of_type(CLIENT) if "Billing" in name]
    assert generated["SecretStringTemplate"] == {"Fn::Join": ["", ['{"client_id":"', {"Ref": client}, '"}']]}
    assert generated["GenerateStringKey"] == "to-be-rotated", "a workload that asks for client_secret does not start before the rotation"


@pytest.mark.control("SEC-2")
def test_it_rotates_monthly_and_at_the_deployment_once_the_page_is_there(template: Template) -> None:
    schedule = template.one(SCHEDULE)
    assert schedule["Properties"]["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert schedule["Properties"]["RotateImmediatelyOnUpdate"] is True
    (page,) = template.of_type("AWS::Cognito::UserPoolDomain")
    assert page in schedule["DependsOn"]


@pytest.mark.control("SEC-2")
def test_it_is_encrypted_kept_and_closed_to_strangers(template: Template) -> None:
    secret = template.one(SECRET)
    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"
    assert secret["Properties"]["KmsKeyId"]["Fn::GetAtt"][0].startswith("BillingKey")
    policy = template.props("AWS::SecretsManager::ResourcePolicy")
    assert policy["BlockPublicPolicy"] is True
    denied = [one["Condition"] for one in policy["ResourcePolicy"]["Statement"] if one["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denied
    assert any("aws:PrincipalAccount" in str(condition) for condition in denied)


@pytest.mark.control("SEC-5", "SEC-1")
def test_the_function_may_touch_the_clients_of_one_pool_and_the_secrets_it_was_given(template: Template) -> None:
    statements = template.props("AWS::IAM::ManagedPolicy", "RotationRole")["PolicyDocument"]["Statement"]
    (idp,) = [one for one in statements if "cognito-idp" in str(one["Action"])]
    assert idp["Action"] == [
        "cognito-idp:AddUserPoolClientSecret",
        "cognito-idp:DeleteUserPoolClientSecret",
        "cognito-idp:ListUserPoolClientSecrets",
    ]
    assert idp["Resource"] == {"Fn::GetAtt": ["UsersPoolBFC35D3B", "Arn"]}
    (secrets,) = [one for one in statements if "secretsmanager" in str(one["Action"])]
    assert secrets["Resource"] == {"Ref": next(iter(template.of_type(SECRET)))}
    wide = [one for one in statements if one["Resource"] == "*"]
    assert {action.split(":")[0] for one in wide for action in one["Action"]} == {"ec2", "xray"}


def test_the_function_stands_in_private_subnets_and_speaks_https(template: Template) -> None:
    function = template.props("AWS::Lambda::Function")
    assert function["VpcConfig"]["SubnetIds"] == ["subnet-1", "subnet-2"]
    (rule,) = template.props("AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("0.0.0.0/0", 443, 443)
    assert function["ReservedConcurrentExecutions"] == 1
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["Environment"]["Variables"] == {
        "USER_POOL_ID": {"Ref": "UsersPoolBFC35D3B"},
        "TOKEN_URL": "https://shop-staging.auth.us-east-1.amazoncognito.com/oauth2/token",
    }


def test_its_code_is_the_tested_one_and_fits_into_the_template(template: Template) -> None:
    code = template.props("AWS::Lambda::Function")["Code"]["ZipFile"]
    assert code == Path(rotate_client_secret.__file__).read_text(encoding="utf-8")
    assert len(code) <= 4096  # AWS::Lambda::Function Code ZipFile


def test_only_the_known_finding_is_left(built: tuple[dict[str, Any], list[str], Template]) -> None:
    assert built[1] == ["AwsSolutions-IAM5[Resource::*] @ Stack/Rotation/Role/Policy/Resource"]


def test_feature_flags_do_not_matter(template: Template) -> None:
    bare = synth_in(build, flags={})
    for kind in (CLIENT, SECRET, SCHEDULE, "AWS::Lambda::Function"):
        assert [one["Properties"] for one in bare.of_type(kind).values()] == [one["Properties"] for one in template.of_type(kind).values()]


# --- who may reach it ---


@pytest.mark.control("SEC-5")
def test_a_grant_lets_read_the_secret_and_nothing_else(template: Template) -> None:
    (read,) = template.props("AWS::IAM::ManagedPolicy", "Reader")["PolicyDocument"]["Statement"]
    assert sorted(read["Action"]) == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    assert read["Resource"] == {"Ref": next(iter(template.of_type(SECRET)))}
    key = template.props("AWS::KMS::Key", "Billing")["KeyPolicy"]["Statement"]
    (decrypt,) = [one for one in key if "Reader" in str(one["Principal"])]
    assert decrypt["Action"] == "kms:Decrypt"
    assert "kms:ViaService" in str(decrypt["Condition"]), "for reading the secret and nothing else"


@pytest.mark.control("SEC-5")
def test_a_service_is_connected_like_to_a_store() -> None:
    stack = new_stack()
    made = build(stack)
    service = WebService(
        stack,
        "Jobs",
        vpc=ec2.Vpc.from_vpc_attributes(
            stack,
            "Other",
            vpc_id="vpc-2",
            availability_zones=["us-east-1a", "us-east-1b"],
            private_subnet_ids=["subnet-3", "subnet-4"],
            private_subnet_route_table_ids=["rtb-3", "rtb-4"],
        ),
        image=ecs.ContainerImage.from_registry(f"public.ecr.aws/nginx/nginx@sha256:{'a' * 64}"),
        posture=PRODUCTION.compute,
    )
    service.connect_to(made["account"])
    template = synth(stack)
    (container,) = template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    secrets = {one["Name"]: one["ValueFrom"] for one in container["Secrets"]}
    assert {"OAUTH_TOKEN_URL", "OAUTH_SCOPES", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET"} <= set(secrets)
    assert secrets["OAUTH_CLIENT_SECRET"]["Fn::Join"][1][-1] == ":client_secret::"
    assert secrets["OAUTH_CLIENT_ID"]["Fn::Join"][1][-1] == ":client_id::"
    egress = template.props("AWS::EC2::SecurityGroup", "Jobs")["SecurityGroupEgress"]
    assert {(rule["CidrIp"], rule["FromPort"]) for rule in egress} == {("0.0.0.0/0", 443)}


# --- wakes ---


@pytest.mark.control("SEC-5")
def test_failed_rotations_and_refused_machines_are_heard_of(built: tuple[dict[str, Any], list[str], Template]) -> None:
    errors, dead, refused = built[0]["rotation"].alarm_specs
    assert (errors.id, errors.severity, errors.missing_data) == ("ClientRotationErrors", Severity.WARNING, "notBreaching")
    assert (dead.id, dead.severity) == ("ClientRotationDeadLetters", Severity.CRITICAL)
    assert isinstance(refused, EventSpec)
    detail = refused.pattern["detail"]["additionalEventData"]
    assert detail["requestParameters"] == {"grant_type": ["client_credentials"]}
    assert detail["responseParameters"] == {"status": [{"numeric": [">=", 400]}]}
    (failed,) = built[0]["account"].alarm_specs
    assert failed.pattern["detail"]["eventName"] == ["RotationFailed", "RotationAbandoned"]
    assert any(NAME in command for command in failed.runbook.first_commands)
    assert built[0]["account"].graphs == ()
    assert len(built[0]["rotation"].graphs) == 1


# --- bent ---


def test_a_schedule_that_is_bent_is_found(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    stack = new_stack(app)
    build(stack)
    schedule = stack.node.find_child("Billing").node.find_child("RotationSchedule")
    schedule.add_property_override("RotationRules.AutomaticallyAfterDays", 365)  # type: ignore[attr-defined]
    app.synth()
    subject = Subject(assembly=read_assembly(tmp_path), staging=frozenset(), required_tags=())
    assert [hit.resource.type for hit in secret_rotation.RULE.find(subject) if hit.resource] == [SCHEDULE]


# --- refuses ---


def account(stack: cdk.Stack, **changed: Any) -> ServiceAccount:
    directory = changed.pop("directory", None) or a_directory(stack)
    scopes: ApiScopes = directory.add_api("Orders", identifier="orders", scopes={"read": "reads orders"})
    given: dict[str, Any] = {"name": NAME, "scopes": [scopes.scope("read")], **changed}
    if "rotation" not in given:
        given["rotation"] = a_rotation(stack, directory)
    return ServiceAccount(stack, "Billing", directory=directory, **given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"name": "billing"},
            "name: got 'billing'; allowed: <app>/<env>/<name>: lower-case app and environment, then letters, digits, '_', '.', '-'; "
            "write it as shop/production/jwt_secret",
        ),
        (
            {"rotation_period": timedelta(days=91)},
            "rotation_period: got '91 days, 0:00:00'; allowed: 1 to 90 whole days; use timedelta(days=90)",
        ),
        (
            {"token_life": timedelta(days=2)},
            "token_life: got '2 days, 0:00:00'; allowed: 5 minutes to 1 day, in whole minutes: Cognito's bounds; leave it out for 0:15:00",
        ),
        (
            {"scopes": ["openid"]},
            "scopes: got 'openid'; allowed: scopes of an API, each once: Cognito gives a machine no openid, email or profile; "
            "use directory.add_api(...).scope(...)",
        ),
        (
            {"scopes": []},
            "scopes: got None; allowed: scopes of an API, each once: Cognito gives a machine no openid, email or profile; "
            "use directory.add_api(...).scope(...)",
        ),
        (
            {"scopes": ["orders/read", "orders/read"]},
            "scopes: got 'orders/read, orders/read'; allowed: scopes of an API, each once: Cognito gives a machine no openid, email or profile; "
            "use directory.add_api(...).scope(...)",
        ),
    ],
)
def test_refuses_what_would_not_work_or_not_be_safe(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        account(new_stack(), **changed)
    assert str(refused.value) == f"Stack/Billing: {message}"


def test_refuses_a_directory_without_a_token_endpoint() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"Stack/Users: sign_in_page: got 'a directory without a sign-in page'"):
        ClientSecretRotation(stack, "Rotation", directory=UserDirectory(stack, "Users"), vpc=a_vpc(stack))


def test_refuses_the_rotation_of_another_directory() -> None:
    stack = new_stack()
    other = UserDirectory(stack, "Others")
    other.add_sign_in_page(prefix="others")
    with pytest.raises(ConfigurationError) as refused:
        account(stack, directory=a_directory(stack), rotation=a_rotation(stack, other))
    assert str(refused.value) == (
        "Stack/Billing: rotation: got 'the rotation of Stack/Others'; allowed: a rotation of Stack/Users: its function may touch the clients of one "
        "directory only; make a ClientSecretRotation for this directory"
    )


@pytest.mark.control("NET-8")
def test_refuses_a_vpc_without_private_subnets() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a", "us-east-1b"])
    with pytest.raises(ConfigurationError, match="Stack/Rotation: vpc: got 'private subnets in no zone'"):
        ClientSecretRotation(stack, "Rotation", directory=a_directory(stack), vpc=vpc)


def test_refuses_a_field_that_the_secret_has_not(built: tuple[dict[str, Any], list[str], Template]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        built[0]["account"].field("password")
    assert str(refused.value) == (
        "Stack/Billing: field: got 'password'; allowed: client_id, client_secret; use the attachment, which has both"
    )
