"""RandomRotation: the function's surroundings, and what its code does, failures included."""

from __future__ import annotations

# ruff: noqa: N803 (the stand-in has the parameter names of boto3)
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from prodready_constructs.contracts import Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from prodready_constructs.security import RandomRotation
from prodready_constructs.security.functions import rotate_random_value
from tests.security.test_app_secret import some_vpc
from tests.support.synthesis import Template, new_stack, synth

ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop/production/jwt-AbCdEf"
OLD = {"value": "o" * 48, "kid": "7"}


@pytest.fixture(scope="module")
def built() -> tuple[RandomRotation, Template]:
    stack = new_stack()
    made = RandomRotation(stack, "Rotation", vpc=some_vpc(stack), log_retention=PRODUCTION.edge.security_log_retention)
    return made, synth(stack)


# --- always ---


@pytest.mark.control("SEC-2")
def test_it_stands_in_isolated_subnets_and_talks_https_inside_the_vpc_only(built: tuple[RandomRotation, Template]) -> None:
    function = built[1].props("AWS::Lambda::Function")
    assert function["VpcConfig"]["SubnetIds"] == ["subnet-1", "subnet-2"]
    group = built[1].props("AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    (rule,) = group["SecurityGroupEgress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("10.0.0.0/16", 443, 443)


def test_it_is_limited_traced_and_logged(built: tuple[RandomRotation, Template]) -> None:
    template = built[1]
    function = template.props("AWS::Lambda::Function")
    assert function["ReservedConcurrentExecutions"] == 1
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    group = template.resources[function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert (group["RetentionInDays"], "KmsKeyId" in group) == (90, True)
    assert "KmsMasterKeyId" in template.resources[function["DeadLetterConfig"]["TargetArn"]["Ref"]]["Properties"]


@pytest.mark.control("SEC-1")
def test_its_role_has_no_inline_policy_and_no_secret_before_one_is_given(built: tuple[RandomRotation, Template]) -> None:
    template = built[1]
    assert not template.of_type("AWS::IAM::Policy")
    assert set(template.props("AWS::IAM::Role")) == {"AssumeRolePolicyDocument", "Description"}
    assert "secretsmanager" not in json.dumps(template.props("AWS::IAM::ManagedPolicy"))


@pytest.mark.control("SEC-1")
def test_only_network_interfaces_and_traces_take_no_resource(built: tuple[RandomRotation, Template]) -> None:
    statements = built[1].props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    interfaces, traces = [statement for statement in statements if statement["Resource"] == "*"]
    assert {action.split(":")[0] for action in interfaces["Action"]} == {"ec2"}
    assert interfaces["Condition"] == {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}
    assert traces["Action"] == ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]


@pytest.mark.control("SEC-1")
def test_it_may_tell_of_its_failures(built: tuple[RandomRotation, Template]) -> None:
    statements = built[1].props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    (publish,) = [statement for statement in statements if "sns:Publish" in statement["Action"]]
    (topic,) = built[1].of_type("AWS::SNS::Topic")
    assert publish["Resource"] == {"Ref": topic}
    (key,) = built[1].of_type("AWS::KMS::Key")
    (encrypt,) = [statement for statement in statements if "kms:GenerateDataKey" in statement["Action"]]
    assert encrypt["Resource"] == {"Fn::GetAtt": [key, "Arn"]}


def test_its_code_is_the_tested_one_and_fits_into_the_template(built: tuple[RandomRotation, Template]) -> None:
    code = built[1].props("AWS::Lambda::Function")["Code"]["ZipFile"]
    assert code == Path(rotate_random_value.__file__).read_text(encoding="utf-8")
    assert len(code) <= 4096  # AWS::Lambda::Function Code ZipFile


# --- refuses ---


@pytest.mark.control("NET-8")
def test_refuses_a_vpc_without_isolated_subnets() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a", "us-east-1b"])
    with pytest.raises(ConfigurationError, match="Stack/Rotation: vpc: got 'isolated subnets in no zone'"):
        RandomRotation(stack, "Rotation", vpc=vpc)


@pytest.mark.control("NET-8")
def test_refuses_a_vpc_whose_block_is_unknown() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["us-east-1a", "us-east-1b"],
        isolated_subnet_ids=["subnet-1", "subnet-2"],
        isolated_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )
    with pytest.raises(
        ConfigurationError, match=r"vpc: got 'an imported VPC without vpc_cidr_block'; .*name vpc_cidr_block in from_vpc_attributes"
    ):
        RandomRotation(stack, "Rotation", vpc=vpc)


def test_refuses_a_retention_that_logs_does_not_offer() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"Stack/Rotation/Logs: got '31 days, 0:00:00'.*use 30 days"):
        RandomRotation(stack, "Rotation", vpc=some_vpc(stack), log_retention=timedelta(days=31))


# --- wakes ---


def test_errors_warn_and_dead_letters_wake_someone(built: tuple[RandomRotation, Template]) -> None:
    errors, dead = built[0].alarm_specs
    assert (errors.id, errors.severity, errors.missing_data) == ("RotationErrors", Severity.WARNING, "notBreaching")
    assert (dead.id, dead.severity, dead.missing_data) == ("RotationDeadLetters", Severity.CRITICAL, "notBreaching")
    stack = cdk.Stack.of(built[0])
    assert all("aws logs tail" in str(stack.resolve(spec.runbook.first_commands[0])) for spec in (errors, dead))
    assert len(built[0].graphs) == 1


# --- what the code does ---


class NotFoundError(Exception):
    pass


class FakeSecretsManager:
    """One secret, with the version stages of Secrets Manager and an optional failure."""

    class exceptions:  # noqa: N801 (boto3's own name)
        ResourceNotFoundException = NotFoundError

    def __init__(self) -> None:
        self.values = {"v1": json.dumps(OLD)}
        self.stages = {"v1": ["AWSCURRENT"], "v2": ["AWSPENDING"]}
        self.enabled = True
        self.fails_at: str | None = None
        self.writes = 0

    def _call(self, operation: str) -> None:
        if operation == self.fails_at:
            raise ConnectionError(operation)

    def describe_secret(self, SecretId: str) -> dict[str, Any]:
        self._call("describe_secret")
        return {"RotationEnabled": self.enabled, "VersionIdsToStages": {version: list(stages) for version, stages in self.stages.items()}}

    def get_secret_value(self, SecretId: str, VersionStage: str, VersionId: str | None = None) -> dict[str, str]:
        self._call("get_secret_value")
        for version, stages in self.stages.items():
            if VersionStage in stages and VersionId in (None, version) and version in self.values:
                return {"SecretString": self.values[version]}
        raise NotFoundError(VersionStage)

    def put_secret_value(self, SecretId: str, ClientRequestToken: str, SecretString: str, VersionStages: list[str]) -> None:
        self._call("put_secret_value")
        self.writes += 1
        self.values[ClientRequestToken] = SecretString
        self.stages[ClientRequestToken] = VersionStages

    def update_secret_version_stage(self, SecretId: str, VersionStage: str, MoveToVersionId: str, RemoveFromVersionId: str) -> None:
        self._call("update_secret_version_stage")
        self.stages[RemoveFromVersionId].remove(VersionStage)
        self.stages[MoveToVersionId].append(VersionStage)

    @property
    def current(self) -> dict[str, str]:
        (version,) = [version for version, stages in self.stages.items() if "AWSCURRENT" in stages]
        value: dict[str, str] = json.loads(self.values[version])
        return value


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeSecretsManager:
    fake = FakeSecretsManager()
    monkeypatch.setattr(rotate_random_value, "client", lambda: fake)
    return fake


def run(*steps: str) -> None:
    for step in steps:
        rotate_random_value.handler({"SecretId": ARN, "ClientRequestToken": "v2", "Step": step}, None)


ALL = ("createSecret", "setSecret", "testSecret", "finishSecret")


@pytest.mark.control("SEC-2")
def test_four_steps_put_a_new_value_of_the_same_length_and_leave_other_fields(service: FakeSecretsManager) -> None:
    run(*ALL)
    assert service.current["value"] != OLD["value"]
    assert len(service.current["value"]) == 48
    assert service.current["value"].isalnum()
    assert service.current["kid"] == "7"
    assert service.stages["v1"] == []


def test_the_old_value_stays_current_until_the_last_step(service: FakeSecretsManager) -> None:
    run("createSecret", "setSecret", "testSecret")
    assert service.current == OLD


def test_two_rotations_never_make_the_same_value(service: FakeSecretsManager, monkeypatch: pytest.MonkeyPatch) -> None:
    run(*ALL)
    second = FakeSecretsManager()
    monkeypatch.setattr(rotate_random_value, "client", lambda: second)
    run(*ALL)
    assert second.current["value"] != service.current["value"]


def test_a_repeated_step_changes_nothing(service: FakeSecretsManager) -> None:
    run("createSecret")
    made = service.values["v2"]
    run("createSecret")
    assert service.values["v2"] == made
    assert service.writes == 1
    run("testSecret", "finishSecret", "finishSecret", "createSecret")
    assert service.values["v2"] == made


def test_a_short_old_value_is_followed_by_a_long_one(service: FakeSecretsManager) -> None:
    service.values["v1"] = json.dumps({"value": "short"})
    run(*ALL)
    assert len(service.current["value"]) == 32


@pytest.mark.parametrize("operation", ["describe_secret", "get_secret_value", "put_secret_value"])
def test_a_failing_call_is_raised_and_leaves_the_old_value(service: FakeSecretsManager, operation: str) -> None:
    service.fails_at = operation
    with pytest.raises(ConnectionError, match=operation):
        run("createSecret")
    service.fails_at = None
    assert service.current == OLD


def test_a_rotation_that_failed_at_the_end_can_be_finished_later(service: FakeSecretsManager) -> None:
    run("createSecret", "setSecret", "testSecret")
    service.fails_at = "update_secret_version_stage"
    with pytest.raises(ConnectionError):
        run("finishSecret")
    assert service.current == OLD
    service.fails_at = None
    run("finishSecret")
    assert service.current != OLD


def without_rotation(service: FakeSecretsManager) -> None:
    service.enabled = False


def without_version(service: FakeSecretsManager) -> None:
    del service.stages["v2"]


def not_pending(service: FakeSecretsManager) -> None:
    service.stages["v2"] = ["AWSPREVIOUS"]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (without_rotation, "rotation of .* is not enabled"),
        (without_version, "has no version v2"),
        (not_pending, "version v2 of .* is not pending"),
    ],
)
def test_a_secret_in_the_wrong_state_is_refused(
    service: FakeSecretsManager, state: Callable[[FakeSecretsManager], None], message: str
) -> None:
    state(service)
    with pytest.raises(ValueError, match=message):
        run("createSecret")
    assert service.writes == 0


def test_an_unknown_step_is_refused(service: FakeSecretsManager) -> None:
    with pytest.raises(ValueError, match="unknown step renameSecret"):
        run("renameSecret")


@pytest.mark.parametrize(
    ("pending", "message"),
    [({"value": "short"}, "shorter than 32 characters"), ({}, "shorter than 32 characters"), (OLD, "is the old one")],
)
def test_a_bad_new_value_does_not_pass_the_test_step(service: FakeSecretsManager, pending: dict[str, str], message: str) -> None:
    service.values["v2"] = json.dumps(pending)
    with pytest.raises(ValueError, match=message):
        run("testSecret")


def test_a_secret_written_by_hand_without_the_field_is_not_overwritten(service: FakeSecretsManager) -> None:
    service.values["v1"] = json.dumps({"password": "by hand"})
    with pytest.raises(KeyError, match="value"):
        run("createSecret")
    assert service.writes == 0
