"""The ground floor: roles without inline policies, rotating keys, kept logs, waivers with reasons."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey, EncryptedLogGroup, require_subnets
from prodready_constructs.waivers import waive
from tests.support.synthesis import Template, new_stack, synth


@pytest.fixture(scope="module")
def template() -> Template:
    stack = new_stack()
    key = DataKey(stack, "Key", description="test data", encrypts_logs=True)
    bucket = s3.Bucket(stack, "Bucket", encryption_key=key.key)
    role = ComposedRole(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
    ComposedRole(stack, "Bare", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="no grants")
    bucket.grant_read_write(role)
    EncryptedLogGroup(stack, "Logs", retention=timedelta(days=30), encryption_key=key.key)
    return synth(stack)


@pytest.mark.control("SEC-8")
def test_key_always_rotates_and_is_retained(template: Template) -> None:
    key = template.one("AWS::KMS::Key")
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == key["UpdateReplacePolicy"] == "Retain"


def test_key_admits_logs_of_this_account_only(template: Template) -> None:
    statements = template.props("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (logs,) = [statement for statement in statements if "Service" in statement["Principal"]]
    assert "kms:EncryptionContext:aws:logs:arn" in logs["Condition"]["ArnLike"]
    assert "kms:*" not in logs["Action"]


@pytest.mark.control("SEC-1")
def test_grants_land_in_one_managed_policy_without_wildcard_actions(template: Template) -> None:
    assert not template.of_type("AWS::IAM::Policy")
    assert all("Policies" not in role["Properties"] for role in template.of_type("AWS::IAM::Role").values())
    statements = template.props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    actions = [action for statement in statements for action in statement["Action"]]
    assert "s3:GetObject" in actions
    assert "kms:GenerateDataKey" in actions
    assert not [action for action in actions if "*" in action]


@pytest.mark.control("SEC-1")
def test_statements_given_from_the_start_are_spelt_out_and_share_the_policy_with_later_grants() -> None:
    stack = new_stack()
    role = ComposedRole(
        stack,
        "Role",
        assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
        description="test",
        statements=[{"Action": ["s3:Abort*", "s3:PutObject"], "Resource": "arn:aws:s3:::a/*"}],
    )
    assert role.policy is not None
    role.add_to_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=["arn:aws:sns:us-east-1:111122223333:a"]))
    assert synth(stack).props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"] == [
        {"Action": ["s3:AbortMultipartUpload", "s3:PutObject"], "Effect": "Allow", "Resource": "arn:aws:s3:::a/*"},
        {"Action": "sns:Publish", "Effect": "Allow", "Resource": "arn:aws:sns:us-east-1:111122223333:a"},
    ]


@pytest.mark.control("OPS-5")
def test_a_named_log_group_may_go_with_a_failed_first_deployment() -> None:
    stack = new_stack()
    key = DataKey(stack, "Key", description="test", encrypts_logs=True)
    EncryptedLogGroup(stack, "Logs", retention=timedelta(days=30), encryption_key=key.key, name="/aws/x", goes_with_failed_creation=True)
    group = synth(stack).one("AWS::Logs::LogGroup")
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.control("OPS-5")
def test_log_group_is_kept_encrypted_and_retained(template: Template) -> None:
    group = template.one("AWS::Logs::LogGroup")
    assert group["Properties"]["RetentionInDays"] == 30
    assert "KmsKeyId" in group["Properties"]
    assert group["DeletionPolicy"] == "Retain"


def test_log_group_refuses_a_retention_that_logs_does_not_offer() -> None:
    stack = new_stack()
    key = DataKey(stack, "Key", description="test", encrypts_logs=True)
    with pytest.raises(ConfigurationError, match=r"Stack/Logs: got '31 days, 0:00:00'; allowed: 1, 3, .*; use 30 days"):
        EncryptedLogGroup(stack, "Logs", retention=timedelta(days=31), encryption_key=key.key)


@pytest.mark.parametrize(
    ("rule", "because", "owner", "message"),
    [
        ("not a rule", "x" * 50, "platform", "a rule id"),
        ("AwsSolutions-IAM5[Resource::*]", "sample", "platform", "at least 40 characters"),
        ("AwsSolutions-IAM5[Resource::*]", "x" * 50, " ", "a person or team"),
    ],
)
def test_waiver_refuses_what_says_nothing(rule: str, because: str, owner: str, message: str) -> None:
    bucket = s3.Bucket(new_stack(), "Bucket")
    with pytest.raises(ConfigurationError, match=message):
        waive(bucket, rule=rule, because=because, owner=owner, expires=date(2030, 1, 1))


@pytest.mark.control("NET-8")
def test_a_vpc_from_elsewhere_is_checked_for_its_zones() -> None:
    stack = new_stack()
    one_zone = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-1"],
        private_subnet_route_table_ids=["rtb-1"],
    )
    with pytest.raises(ConfigurationError, match=r"vpc: got 'private subnets in us-east-1a'; allowed: private subnets in 2 Availability"):
        require_subnets(stack, one_zone, tier="private")
    with pytest.raises(ConfigurationError, match=r"got 'isolated subnets in no zone'"):
        require_subnets(stack, one_zone, tier="isolated")
    assert require_subnets(stack, one_zone, tier="private", zones=1).subnet_type == ec2.SubnetType.PRIVATE_WITH_EGRESS


def test_the_same_id_twice_is_refused() -> None:
    stack = new_stack()
    DataKey(stack, "Key", description="first")
    with pytest.raises(ConfigurationError, match=r"/Key: got .the id 'Key' a second time.; allowed: ids that no sibling has"):
        DataKey(stack, "Key", description="second")


def test_a_role_without_grants_has_no_policy_to_show() -> None:
    role = ComposedRole(new_stack(), "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
    with pytest.raises(
        ConfigurationError, match=r"/Role: policy: got 'a role that may do nothing yet'; allowed: a role with a grant; grant first"
    ):
        _ = role.policy
