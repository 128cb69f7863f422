"""What the rotation function does, failures included: AWS's own request and response shapes, and a token endpoint on this machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from prodready_constructs.identity.functions import rotate_client_secret
from tests.support.loopback import Handler, listening, nobody_there

ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop/production/billing-AbCdEf"
POOL, CLIENT = "us-east-1_Abcdefgh1", "1example23456789"
OLD, NEW, OTHER = f"{CLIENT}--1790000000", f"{CLIENT}--1800000000", f"{CLIENT}--1780000000"
VALUE = "newsecretofthemachine0123456789"
FIRST = {"client_id": CLIENT, "to-be-rotated": "x" * 32}
CURRENT = {"client_id": CLIENT, "client_secret": "oldsecretofthemachine0123456789", "client_secret_id": OLD}
T1, T2 = "1" * 32, "2" * 32


@dataclass
class Endpoint:
    """A token endpoint that knows one secret."""

    port: int = 0
    accepted: str = f"{CLIENT}:{VALUE}"
    answer: bytes = b'{"access_token": "t", "expires_in": 3600}'


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    known = Endpoint()

    class Tokens(Handler):
        def do_POST(self) -> None:
            body = self.content()
            told = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
            good = told == known.accepted and body == b"grant_type=client_credentials" and self.headers["User-Agent"] == "rotation"
            good = good and self.headers["Content-Type"] == "application/x-www-form-urlencoded" and self.path == "/oauth2/token"
            self.reply(200 if good else 400, known.answer if good else b'{"error": "invalid_client", "secret": "never shown"}')

    with listening(Tokens) as known.port:
        yield known


class Aws:
    """Secrets Manager and Cognito, by botocore's stubs: a call that is not expected, or is malformed, fails."""

    def __init__(self) -> None:
        made = {
            name: boto3.client(name, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
            for name in ("secretsmanager", "cognito-idp")
        }
        self.clients = made
        self.secrets, self.idp = Stubber(made["secretsmanager"]), Stubber(made["cognito-idp"])

    def described(self, *, enabled: bool = True, pending: str = "AWSPENDING") -> None:
        stages = {T1: ["AWSCURRENT"], T2: [pending]}
        self.secrets.add_response("describe_secret", {"RotationEnabled": enabled, "VersionIdsToStages": stages}, {"SecretId": ARN})

    def reads(self, value: dict[str, str]) -> None:
        self.secrets.add_response("get_secret_value", {"SecretString": json.dumps(value)}, {"SecretId": ARN, "VersionStage": "AWSCURRENT"})

    def pending(self, value: dict[str, str] | None) -> None:
        asked = {"SecretId": ARN, "VersionStage": "AWSPENDING", "VersionId": T2}
        if value is None:
            self.secrets.add_client_error("get_secret_value", "ResourceNotFoundException", expected_params=asked)
        else:
            self.secrets.add_response("get_secret_value", {"SecretString": json.dumps(value)}, asked)

    def holds(self, *ids: str) -> None:
        held = [{"ClientSecretId": each, "ClientSecretCreateDate": datetime(2026, 1, 1, tzinfo=UTC)} for each in ids]
        self.idp.add_response("list_user_pool_client_secrets", {"ClientSecrets": held}, {"UserPoolId": POOL, "ClientId": CLIENT})

    def removes(self, one: str) -> None:
        self.idp.add_response("delete_user_pool_client_secret", {}, {"UserPoolId": POOL, "ClientId": CLIENT, "ClientSecretId": one})

    def adds(self) -> None:
        made = {"ClientSecretId": NEW, "ClientSecretValue": VALUE, "ClientSecretCreateDate": datetime(2026, 2, 1, tzinfo=UTC)}
        self.idp.add_response("add_user_pool_client_secret", {"ClientSecretDescriptor": made}, {"UserPoolId": POOL, "ClientId": CLIENT})

    def stores(self) -> None:
        value = json.dumps({"client_id": CLIENT, "client_secret": VALUE, "client_secret_id": NEW})
        asked = {"SecretId": ARN, "ClientRequestToken": T2, "SecretString": value, "VersionStages": ["AWSPENDING"]}
        self.secrets.add_response("put_secret_value", {}, asked)

    def done(self) -> None:
        self.secrets.assert_no_pending_responses()
        self.idp.assert_no_pending_responses()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> Iterator[Aws]:
    made = Aws()
    monkeypatch.setattr(rotate_client_secret, "client", made.clients.__getitem__)
    monkeypatch.setenv("USER_POOL_ID", POOL)
    monkeypatch.setenv("TOKEN_URL", f"http://127.0.0.1:{endpoint.port}/oauth2/token")
    with made.secrets, made.idp:
        yield made


def run(step: str) -> None:
    rotate_client_secret.handler({"SecretId": ARN, "ClientRequestToken": T2, "Step": step}, None)


@pytest.mark.control("SEC-5", "SEC-2")
def test_the_first_rotation_adds_a_secret_to_the_one_that_nobody_has_read(aws: Aws) -> None:
    aws.described()
    aws.reads(FIRST)
    aws.pending(None)
    aws.holds(OTHER)
    aws.adds()
    aws.stores()
    run("createSecret")
    aws.done()


@pytest.mark.control("SEC-5", "SEC-2")
def test_a_later_rotation_removes_the_secret_before_the_current_and_never_the_current(aws: Aws) -> None:
    aws.described()
    aws.reads(CURRENT)
    aws.pending(None)
    aws.holds(OTHER, OLD)
    aws.removes(OTHER)
    aws.adds()
    aws.stores()
    run("createSecret")
    aws.done()


def test_what_an_attempt_left_behind_is_removed_though_it_is_younger_than_the_current(aws: Aws) -> None:
    aws.described()
    aws.reads(CURRENT)
    aws.pending(None)
    aws.holds(OLD, NEW)
    aws.removes(NEW)
    aws.adds()
    aws.stores()
    run("createSecret")
    aws.done()


def test_what_a_first_attempt_left_behind_is_removed(aws: Aws) -> None:
    aws.described()
    aws.reads(FIRST)
    aws.pending(None)
    aws.holds(OTHER, OLD)
    aws.removes(OLD)
    aws.adds()
    aws.stores()
    run("createSecret")
    aws.done()


def test_a_repeated_step_adds_no_second_secret(aws: Aws) -> None:
    aws.described()
    aws.reads(CURRENT)
    aws.pending({"client_id": CLIENT, "client_secret": VALUE, "client_secret_id": NEW})
    run("createSecret")
    aws.done()


def test_a_value_written_by_hand_is_not_guessed_at(aws: Aws) -> None:
    aws.described()
    aws.reads({"client_id": CLIENT, "client_secret": "byhand"})
    aws.pending(None)
    with pytest.raises(ValueError, match=r"was written by hand: without client_secret_id nobody knows which is in use$"):
        run("createSecret")
    aws.done()


@pytest.mark.parametrize("code", ["LimitExceededException", "TooManyRequestsException", "AccessDeniedException"])
def test_when_cognito_refuses_nothing_is_stored(aws: Aws, code: str) -> None:
    aws.described()
    aws.reads(CURRENT)
    aws.pending(None)
    aws.holds(OLD)
    aws.idp.add_client_error("add_user_pool_client_secret", code)
    with pytest.raises(aws.clients["cognito-idp"].exceptions.ClientError, match=code):
        run("createSecret")
    aws.done()


def test_when_it_cannot_be_stored_the_error_is_told_and_the_next_attempt_mends_it(aws: Aws) -> None:
    aws.described()
    aws.reads(CURRENT)
    aws.pending(None)
    aws.holds(OLD)
    aws.adds()
    aws.secrets.add_client_error(
        "put_secret_value",
        "InternalServiceError",
        expected_params=dict.fromkeys(("SecretId", "ClientRequestToken", "SecretString", "VersionStages"), ANY),
    )
    with pytest.raises(aws.clients["secretsmanager"].exceptions.ClientError, match="InternalServiceError"):
        run("createSecret")
    aws.described()
    aws.reads(CURRENT)
    aws.pending(None)
    aws.holds(OLD, NEW)
    aws.removes(NEW)
    aws.adds()
    aws.stores()
    run("createSecret")
    aws.done()


def test_a_runtime_whose_boto3_is_too_old_says_so(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"'CognitoIdentityProvider' object has no attribute '{name}'")

    monkeypatch.setattr(rotate_client_secret, "client", lambda name: Old() if name == "cognito-idp" else aws.clients[name])
    aws.described()
    aws.reads(CURRENT)
    aws.pending(None)
    with pytest.raises(AttributeError, match="no attribute 'list_user_pool_client_secrets'"):
        run("createSecret")


@pytest.mark.control("SEC-5")
def test_the_new_secret_must_get_a_token_before_it_counts(aws: Aws) -> None:
    aws.described()
    aws.pending({"client_id": CLIENT, "client_secret": VALUE, "client_secret_id": NEW})
    run("testSecret")
    aws.done()


def test_a_secret_that_gets_no_token_fails_and_the_endpoints_words_are_not_logged(aws: Aws) -> None:
    aws.described()
    aws.pending({"client_id": CLIENT, "client_secret": "wrong", "client_secret_id": NEW})
    with pytest.raises(ValueError, match=r"^the token endpoint answered 400 to the new secret$") as failed:
        run("testSecret")
    assert failed.value.__suppress_context__


def test_an_answer_without_a_token_fails(aws: Aws, endpoint: Endpoint) -> None:
    endpoint.answer = b"{}"
    aws.described()
    aws.pending({"client_id": CLIENT, "client_secret": VALUE, "client_secret_id": NEW})
    with pytest.raises(ValueError, match=r"^no token for the new secret$"):
        run("testSecret")


def test_an_endpoint_that_is_not_there_yet_fails(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_URL", f"http://127.0.0.1:{nobody_there()}/oauth2/token")
    aws.described()
    aws.pending({"client_id": CLIENT, "client_secret": VALUE, "client_secret_id": NEW})
    with pytest.raises(OSError, match="refused"):
        run("testSecret")


def test_the_last_step_makes_it_current(aws: Aws) -> None:
    aws.described()
    asked = {"SecretId": ARN, "VersionStage": "AWSCURRENT", "MoveToVersionId": T2, "RemoveFromVersionId": T1}
    aws.secrets.add_response("update_secret_version_stage", {}, asked)
    run("finishSecret")
    aws.done()


def test_there_is_nothing_to_set_for_cognito_made_it(aws: Aws) -> None:
    aws.described()
    run("setSecret")
    aws.done()


def test_a_finished_rotation_is_left_alone(aws: Aws) -> None:
    aws.secrets.add_response("describe_secret", {"RotationEnabled": True, "VersionIdsToStages": {T2: ["AWSCURRENT"]}}, {"SecretId": ARN})
    run("finishSecret")
    aws.done()


@pytest.mark.parametrize(
    ("described", "step", "message"),
    [
        ({"enabled": False}, "createSecret", "rotation of .* is not enabled"),
        ({"pending": "AWSPREVIOUS"}, "createSecret", f"version {T2} of .* is not pending"),
        ({}, "renameSecret", "unknown step renameSecret"),
    ],
)
def test_a_secret_in_the_wrong_state_is_refused(aws: Aws, described: dict[str, Any], step: str, message: str) -> None:
    aws.described(**described)
    with pytest.raises(ValueError, match=message):
        run(step)


def test_an_unknown_version_is_refused(aws: Aws) -> None:
    aws.secrets.add_response("describe_secret", {"RotationEnabled": True, "VersionIdsToStages": {T1: ["AWSCURRENT"]}}, {"SecretId": ARN})
    with pytest.raises(ValueError, match=f"has no version {T2}"):
        run("createSecret")
