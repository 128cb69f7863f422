"""The steps of the rotation function, in AWS's own request and response shapes: order, guards, and what it asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from prodready_constructs.cache.functions import rotate_cache_password as rotation
from tests.cache.conftest import Built

ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:cache-AbCdEf"
OLD = {"username": "app", "user_id": "app-0a1b2c3d", "password": "o" * 64}
NEW = {**OLD, "password": "n" * 64}
T1, T2 = "1" * 32, "2" * 32


class Aws:
    """Secrets Manager and ElastiCache by botocore's stubs: a call that is not expected, or is malformed, fails."""

    def __init__(self) -> None:
        self.clients = {
            name: boto3.client(name, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
            for name in ("secretsmanager", "elasticache")
        }
        self.secrets, self.cache = Stubber(self.clients["secretsmanager"]), Stubber(self.clients["elasticache"])

    def described(self, *, enabled: bool = True, stages: dict[str, list[str]] | None = None) -> None:
        found = {T1: ["AWSCURRENT"], T2: ["AWSPENDING"]} if stages is None else stages
        self.secrets.add_response("describe_secret", {"RotationEnabled": enabled, "VersionIdsToStages": found}, {"SecretId": ARN})

    def current(self) -> None:
        asked = {"SecretId": ARN, "VersionStage": "AWSCURRENT"}
        self.secrets.add_response("get_secret_value", {"SecretString": json.dumps(OLD)}, asked)

    def pending(self, *, there: bool = True) -> None:
        asked = {"SecretId": ARN, "VersionStage": "AWSPENDING", "VersionId": T2}
        if there:
            self.secrets.add_response("get_secret_value", {"SecretString": json.dumps(NEW)}, asked)
        else:
            self.secrets.add_client_error("get_secret_value", "ResourceNotFoundException", expected_params=asked)

    def done(self) -> None:
        self.secrets.assert_no_pending_responses()
        self.cache.assert_no_pending_responses()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    made = Aws()
    monkeypatch.setattr(rotation, "client", made.clients.__getitem__)
    with made.secrets, made.cache:
        yield made


def run(step: str, context: Any = None) -> None:
    rotation.handler({"SecretId": ARN, "ClientRequestToken": T2, "Step": step}, context)


@pytest.mark.control("SEC-2")
def test_a_new_password_is_made_once(aws: Aws) -> None:
    aws.described()
    aws.current()
    aws.pending(there=False)
    asked = {"SecretId": ARN, "ClientRequestToken": T2, "SecretString": ANY, "VersionStages": ["AWSPENDING"]}
    aws.secrets.add_response("put_secret_value", {}, asked)
    run("createSecret")
    aws.described()
    aws.current()
    aws.pending()
    run("createSecret")
    aws.done()


@pytest.mark.control("SEC-2")
def test_the_new_password_is_added_beside_the_current_one(aws: Aws) -> None:
    aws.described()
    aws.pending()
    aws.current()
    both = {"Type": "password", "Passwords": [NEW["password"], OLD["password"]]}
    aws.cache.add_response("modify_user", {}, {"UserId": "app-0a1b2c3d", "AuthenticationMode": both})
    run("setSecret")
    aws.done()


@pytest.mark.control("SEC-2")
def test_the_stage_moves_at_the_end(aws: Aws) -> None:
    aws.described()
    moved = {"SecretId": ARN, "VersionStage": "AWSCURRENT", "MoveToVersionId": T2, "RemoveFromVersionId": T1}
    aws.secrets.add_response("update_secret_version_stage", {}, moved)
    run("finishSecret")
    aws.done()


@pytest.mark.control("SEC-2")
def test_a_version_that_is_current_already_is_left_alone(aws: Aws) -> None:
    aws.described(stages={T2: ["AWSCURRENT", "AWSPENDING"]})
    run("setSecret")
    aws.done()


@pytest.mark.control("SEC-2")
@pytest.mark.parametrize(
    ("described", "step", "message"),
    [
        ({"enabled": False}, "createSecret", "no rotation of arn:"),
        ({"stages": {T1: ["AWSCURRENT"]}}, "createSecret", f"has no version {T2}"),
        ({"stages": {T1: ["AWSCURRENT"], T2: ["AWSPREVIOUS"]}}, "createSecret", f"{T2} is not pending"),
        ({}, "deleteSecret", "unknown step deleteSecret"),
    ],
)
def test_what_is_no_rotation_is_refused(aws: Aws, described: dict[str, Any], step: str, message: str) -> None:
    aws.described(**described)
    with pytest.raises(ValueError, match=message):
        run(step)
    aws.done()


@pytest.mark.control("SEC-2")
def test_a_secret_written_by_hand_without_its_user_fails(aws: Aws) -> None:
    aws.described()
    asked = {"SecretId": ARN, "VersionStage": "AWSPENDING", "VersionId": T2}
    aws.secrets.add_response("get_secret_value", {"SecretString": '{"password": "x"}'}, asked)
    aws.current()
    with pytest.raises(KeyError, match="user_id"):
        run("setSecret")
    aws.done()


def test_its_code_is_the_tested_one_and_fits_into_the_template(either: Built) -> None:
    code = either.template.props("AWS::Lambda::Function")["Code"]["ZipFile"]
    assert code == Path(rotation.__file__).read_text(encoding="utf-8")
    assert len(code) <= 4096  # AWS::Lambda::Function Code ZipFile
