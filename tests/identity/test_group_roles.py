"""GroupRoles: who gets credentials, and for what."""

from __future__ import annotations

import copy
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.identity import GroupRoles, UserDirectory
from tests.compliance.templates import found, stack_of
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth, synth_in

REPORTS = "arn:aws:s3:::reports"
OWN_FILE = f"{REPORTS}/${{cognito-identity.amazonaws.com:sub}}/file"


def build(stack: cdk.Stack) -> GroupRoles:
    directory = UserDirectory(stack, "Users")
    return GroupRoles(
        stack,
        "Access",
        directory=directory,
        client=directory.web_client,
        groups={
            "admins": [
                {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": OWN_FILE},
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=[REPORTS]),
            ],
            "read-only": [{"Action": "s3:GetObject", "Resource": OWN_FILE}],
        },
    )


@pytest.fixture(scope="module")
def built() -> tuple[GroupRoles, list[str], Template]:
    stack = new_stack()
    access = build(stack)
    return access, findings(stack), synth(stack)


@pytest.fixture(scope="module")
def template(built: tuple[GroupRoles, list[str], Template]) -> Template:
    return built[2]


@pytest.mark.control("SEC-5")
def test_there_are_no_guests_and_no_classic_flow(template: Template) -> None:
    pool = template.props("AWS::Cognito::IdentityPool")
    assert pool["AllowUnauthenticatedIdentities"] is False
    assert pool["AllowClassicFlow"] is False
    (provider,) = pool["CognitoIdentityProviders"]
    assert provider["ServerSideTokenCheck"] is True
    assert provider["ClientId"] == {"Ref": "UsersWebClient8EE36D42"}


@pytest.mark.control("SEC-5")
def test_the_token_chooses_the_role_and_nobody_else_gets_one(template: Template) -> None:
    attached = template.props("AWS::Cognito::IdentityPoolRoleAttachment")
    assert "Roles" not in attached, "no default role"
    (mapping,) = attached["RoleMappings"].values()
    assert (mapping["Type"], mapping["AmbiguousRoleResolution"]) == ("Token", "Deny")
    assert mapping["IdentityProvider"]["Fn::Join"][1][-1] == {"Ref": "UsersWebClient8EE36D42"}


@pytest.mark.control("SEC-5")
def test_a_role_trusts_signed_in_users_of_this_pool_only(template: Template) -> None:
    (pool,) = template.of_type("AWS::Cognito::IdentityPool")
    roles = template.of_type("AWS::IAM::Role")
    assert len(roles) == 2
    for role in roles.values():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Federated": "cognito-identity.amazonaws.com"}
        assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert trust["Condition"] == {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": {"Ref": pool}},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        }


@pytest.mark.control("SEC-5", "SEC-1")
@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (
            "AdminsRole",
            [
                {"Action": ["s3:GetObject", "s3:PutObject"], "Effect": "Allow", "Resource": OWN_FILE},
                {"Action": "s3:ListBucket", "Effect": "Allow", "Resource": REPORTS},
            ],
        ),
        ("ReadOnlyRole", [{"Action": "s3:GetObject", "Effect": "Allow", "Resource": OWN_FILE}]),
    ],
)
def test_each_role_may_do_exactly_what_is_named(template: Template, role: str, allowed: list[dict[str, Any]]) -> None:
    policy = template.props("AWS::IAM::ManagedPolicy", role)
    assert policy["PolicyDocument"]["Statement"] == allowed
    assert [one["Ref"] for one in policy["Roles"]] == [name for name in template.of_type("AWS::IAM::Role") if role in name]
    assert not template.of_type("AWS::IAM::Policy")


@pytest.mark.control("SEC-5")
def test_of_several_groups_the_first_counts(template: Template) -> None:
    groups = {group["Properties"]["GroupName"]: group["Properties"] for group in template.of_type("AWS::Cognito::UserPoolGroup").values()}
    assert {name: group["Precedence"] for name, group in groups.items()} == {"admins": 0, "read-only": 1}
    for name, role in (("admins", "AdminsRole"), ("read-only", "ReadOnlyRole")):
        assert role in groups[name]["RoleArn"]["Fn::GetAtt"][0]


def test_no_rule_pack_has_a_finding(built: tuple[GroupRoles, list[str], Template]) -> None:
    assert built[1] == []


def test_a_role_takes_grants() -> None:
    stack = new_stack()
    access = build(stack)
    s3.Bucket.from_bucket_name(stack, "Reports", "reports").grant_read(access.roles["read-only"], "shared.csv")
    actions = [one["Action"] for one in synth(stack).props("AWS::IAM::ManagedPolicy", "ReadOnlyRole")["PolicyDocument"]["Statement"]]
    assert len(actions) == 2
    assert "s3:GetObjectVersion" in actions[1], "the CDK's wildcard is spelt out"


def test_guests_let_in_through_the_l1_are_found() -> None:
    stack = new_stack()
    pool: cognito.CfnIdentityPool = build(stack).identity_pool
    pool.allow_unauthenticated_identities = True
    assert "AwsSolutions-COG7 @ Stack/Access/Pool" in findings(stack)


@pytest.mark.control("SEC-5", "GOV-3")
@pytest.mark.parametrize("operator", ["StringEquals", "ForAnyValue:StringLike"])
def test_a_role_bent_to_trust_more_is_found(template: Template, operator: str) -> None:
    resources = copy.deepcopy(template.resources)
    assert found("IdentityRoleLoose", stack_of(resources)) == []
    (name,) = [name for name in template.of_type("AWS::IAM::Role") if "AdminsRole" in name]
    (trust,) = resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    del trust["Condition"][operator]
    (claim,) = found("IdentityRoleLoose", stack_of(resources))
    assert claim == f"[{'aud' if operator == 'StringEquals' else 'amr'}] @ Stack/{name}"


@pytest.mark.control("SEC-5", "GOV-3")
def test_a_classic_flow_switched_on_is_found() -> None:
    stack = new_stack()
    build(stack).identity_pool.allow_classic_flow = True
    (finding,) = found("IdentityPoolOpen", stack_of(synth(stack).resources))
    assert finding.startswith("[ClassicFlow]")


def test_feature_flags_do_not_matter(template: Template) -> None:
    bare = synth_in(build, flags={})
    for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Cognito::IdentityPool"):
        assert bare.of_type(kind) == template.of_type(kind)


# --- refuses ---


@pytest.mark.control("SEC-5")
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            {"Action": "s3:GetObject", "Resource": "*"},
            "got 'Action s3:GetObject, Resource *'; allowed: named actions on named resources; "
            "write the ARN, such as f'{bucket.bucket_arn}/${cognito-identity.amazonaws.com:sub}/file'",
        ),
        (
            {"Action": "s3:GetObject"},
            "got 'Action s3:GetObject, Resource None'; allowed: named actions on named resources; "
            "write the ARN, such as f'{bucket.bucket_arn}/${cognito-identity.amazonaws.com:sub}/file'",
        ),
        (
            {"Action": ["s3:Get*"], "Resource": REPORTS},
            "got 'the actions s3:Get*'; allowed: actions by their full names; list the actions that are used",
        ),
        (
            {"NotAction": "iam:PassRole", "Resource": REPORTS},
            "got 'NotAction'; allowed: Sid, Effect, Action, Resource, Condition; name what is allowed, not what is not",
        ),
        (
            iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]),
            "got 'Action s3:GetObject, Resource *'; allowed: named actions on named resources; "
            "write the ARN, such as f'{bucket.bucket_arn}/${cognito-identity.amazonaws.com:sub}/file'",
        ),
    ],
)
def test_refuses_what_is_not_named(statement: Any, message: str) -> None:
    stack = new_stack()
    directory = UserDirectory(stack, "Users")
    with pytest.raises(ConfigurationError) as refused:
        GroupRoles(stack, "Access", directory=directory, client=directory.web_client, groups={"admins": [statement]})
    assert str(refused.value) == f"Stack/Access: groups['admins']: {message}"


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({}, "groups: got 'none'; allowed: one group or more; name who may do what, or leave this construct out"),
        (
            {"admins": []},
            "groups['admins']: got 'no permissions'; allowed: one statement or more; leave the group out: its members get no credentials, and "
            "still carry the group in their token",
        ),
        (
            {"the admins": [{"Action": "s3:GetObject", "Resource": REPORTS}]},
            "groups['the admins']: got 'the admins'; allowed: 128 letters, digits and _ . + - at most, a letter or digit first; write it as 'admins'",
        ),
    ],
)
def test_refuses_groups_that_mean_nothing(groups: dict[str, Any], message: str) -> None:
    stack = new_stack()
    directory = UserDirectory(stack, "Users")
    with pytest.raises(ConfigurationError) as refused:
        GroupRoles(stack, "Access", directory=directory, client=directory.web_client, groups=groups)
    assert str(refused.value) == f"Stack/Access: {message}"
