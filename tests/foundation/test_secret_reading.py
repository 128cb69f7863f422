"""A secret is read across stacks without its key knowing the reader."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from prodready_constructs.foundation import ComposedRole, DataKey
from prodready_constructs.foundation.secret_reading import let_read
from tests.support.synthesis import new_app

pytestmark = pytest.mark.control("SEC-1")


def test_the_key_of_the_secret_does_not_know_the_reader() -> None:
    app = new_app()
    owner, other = cdk.Stack(app, "Owner"), cdk.Stack(app, "Other")
    key = DataKey(owner, "Key", description="A secret's").key
    secret = secretsmanager.Secret(owner, "Secret", encryption_key=key)
    reader = ComposedRole(other, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description="Reads")
    let_read(secret, reader)
    # Two ways of it would be a cycle, which the synthesis refuses.
    cdk.CfnOutput(other, "Arn", value=secret.secret_arn)
    (policy,) = Template.from_stack(other).find_resources("AWS::IAM::ManagedPolicy").values()
    read, decrypt = policy["Properties"]["PolicyDocument"]["Statement"]
    assert read["Action"] == "secretsmanager:GetSecretValue"
    assert decrypt["Action"] == "kms:Decrypt"
    assert "kms:ViaService" in decrypt["Condition"]["StringEquals"]


def test_a_partial_arn_admits_what_secrets_manager_adds() -> None:
    stack = cdk.Stack(new_app(), "Stack")
    partial = "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop"
    secret = secretsmanager.Secret.from_secret_partial_arn(stack, "Secret", partial)
    reader = ComposedRole(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description="Reads")
    let_read(secret, reader)
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    (read,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert read["Resource"] == f"{partial}-??????"
