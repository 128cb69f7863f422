"""A Fargate task that runs and ends: hardened, looked after, stopped in time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_stepfunctions as sfn

from prodready_constructs.compute import FargateJob
from prodready_constructs.contracts import Attachment, SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.compliance.templates import found, stack_of
from tests.compute.jobs.parts import a_job, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

pytestmark = pytest.mark.control("FN-4")


@dataclass
class Store:
    attachment: Attachment


def a_store(stack: cdk.Stack) -> Store:
    group = ec2.SecurityGroup(stack, "StoreGroup", vpc=a_vpc(cdk.Stack(stack, "Elsewhere")), allow_all_outbound=False)
    secret = secretsmanager.Secret(stack, "StoreSecret", encryption_key=kms.Key(stack, "StoreKey"))
    return Store(
        Attachment(
            connections=ec2.Connections(security_groups=[group], default_port=ec2.Port.tcp(5433)),
            port=5433,
            environment={"DB_HOST": "db.internal"},
            secrets={"DB_PASSWORD": SecretField(secret=secret, field="password")},
        )
    )


class Made(NamedTuple):
    job: FargateJob
    template: Template
    findings: list[str]


@pytest.fixture(scope="module")
def made() -> Made:
    stack = new_stack()
    job = a_job(stack, environment={"LOG_LEVEL": "info"})
    job.connect_to(a_store(stack))
    job.add_secret("API_TOKEN", secretsmanager.Secret(stack, "Token"))
    s3.Bucket(stack, "Bucket").grant_read(job)
    found_ = [finding for finding in findings(stack) if "Stack/Export/" in finding and "/TaskRole/" not in finding]
    return Made(job, synth(stack), found_)


@pytest.fixture(scope="module")
def alone() -> Made:
    """Staging, no feature flags, a key and a repository from elsewhere."""
    stack = new_stack(new_app(flags={}))
    job = a_job(
        stack,
        posture=replace(STAGING.compute, architecture="x86_64", log_retention=timedelta(days=7)),
        image=ecs.ContainerImage.from_ecr_repository(
            ecr.Repository.from_repository_name(stack, "Repository", "jobs"), f"sha256:{'b' * 64}"
        ),
        command=(),
        encryption_key=kms.Key.from_key_arn(stack, "Given", f"arn:aws:kms:{stack.region}:{stack.account}:key/1"),
    )
    return Made(job, synth(stack), findings(stack))


def definition(template: Template) -> dict[str, Any]:
    text = template.props("AWS::StepFunctions::StateMachine")["DefinitionString"]
    parts = [part if isinstance(part, str) else json.dumps(part).replace('"', "'") for part in text["Fn::Join"][1]]
    return cast("dict[str, Any]", json.loads("".join(parts)))


def test_the_container_can_do_little_harm(made: Made, alone: Made) -> None:
    for template in (made.template, alone.template):
        (container,) = template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
        assert (container["User"], container["ReadonlyRootFilesystem"], container["Privileged"]) == ("1000:1000", True, False)
        assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
        assert container["StopTimeout"] == 120
        assert "Environment" not in container
    (container,) = made.template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert container["Command"] == ["python", "export.py"]
    assert {one["Name"] for one in container["Secrets"]} == {"LOG_LEVEL", "DB_HOST", "DB_PASSWORD", "API_TOKEN"}
    assert "Command" not in alone.template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]


def test_size_and_retention_follow_the_posture(made: Made, alone: Made) -> None:
    task, small = (one.template.props("AWS::ECS::TaskDefinition") for one in (made, alone))
    assert (task["Cpu"], task["Memory"]) == (str(PRODUCTION.compute.cpu), str(PRODUCTION.compute.memory_mib))
    assert (small["Cpu"], small["RuntimePlatform"]["CpuArchitecture"]) == (str(STAGING.compute.cpu), "X86_64")
    assert {group["Properties"]["RetentionInDays"] for group in alone.template.of_type("AWS::Logs::LogGroup").values()} == {7}


def test_every_step_is_logged_traced_and_encrypted(made: Made) -> None:
    machine = made.template.props("AWS::StepFunctions::StateMachine")
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is True
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["EncryptionConfiguration"]["Type"] == "CUSTOMER_MANAGED_KMS_KEY"
    for group in made.template.of_type("AWS::Logs::LogGroup").values():
        assert group["Properties"]["KmsKeyId"] == machine["EncryptionConfiguration"]["KmsKeyId"]


def test_a_run_stands_in_private_subnets_and_stops_in_time(made: Made) -> None:
    steps = definition(made.template)["States"]
    network = steps["Start"]["Parameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert (network["Subnets"], network["AssignPublicIp"]) == (["subnet-a", "subnet-b"], "DISABLED")
    assert steps["Start"]["Parameters"]["EnableExecuteCommand"] is False
    (limit,) = [one["NumericGreaterThanEquals"] for one in steps["Judge"]["Choices"] if "NumericGreaterThanEquals" in one]
    assert limit * steps["Pause"]["Seconds"] == 30 * 60


def test_who_may_do_what(made: Made) -> None:
    statements = made.template.props("AWS::IAM::ManagedPolicy", "StepsRole")["PolicyDocument"]["Statement"]
    task = next(iter(made.template.of_type("AWS::ECS::TaskDefinition")))
    cluster = {"ArnEquals": {"ecs:cluster": {"Fn::GetAtt": [next(iter(made.template.of_type("AWS::ECS::Cluster"))), "Arn"]}}}
    of = {json.dumps(one["Action"]): one for one in statements}
    assert (of['"ecs:RunTask"']["Resource"], of['"ecs:RunTask"']["Condition"]) == ({"Ref": task}, cluster)
    assert of['["ecs:DescribeTasks", "ecs:StopTask"]']["Condition"] == cluster
    passed = of['"iam:PassRole"']
    assert len(passed["Resource"]) == 2
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    (trust,) = made.template.props("AWS::IAM::Role", "StepsRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert set(trust["Condition"]) == {"StringEquals", "ArnLike"}
    assert made.template.props("AWS::IAM::ManagedPolicy", "TaskRole")["PolicyDocument"]["Statement"][0]["Action"][0].startswith("s3:")


def test_egress_is_https_and_the_store(made: Made) -> None:
    group = made.template.props("AWS::EC2::SecurityGroup", "Access")
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]] == [(443, 443)]
    assert "SecurityGroupIngress" not in group
    assert {rule["Properties"]["FromPort"] for rule in made.template.of_type("AWS::EC2::SecurityGroupEgress").values()} == {5433}


def test_it_can_be_run_by_hand(made: Made) -> None:
    (output,) = [value["Value"] for name, value in made.template.body["Outputs"].items() if "RunCommand" in name]
    assert output["Fn::Join"][1][0] == "aws stepfunctions start-execution --state-machine-arn "


def test_clean_but_for_what_is_waived(made: Made, alone: Made) -> None:
    assert made.findings == ["AwsSolutions-IAM5[Resource::*] @ Stack/Export/StepsRole/Policy/Resource"]
    assert alone.findings == [
        "AwsSolutions-IAM5[Resource::*] @ Stack/Export/ExecutionRole/Policy/Resource",
        "AwsSolutions-IAM5[Resource::*] @ Stack/Export/StepsRole/Policy/Resource",
    ]
    assert found("ContainerUnhardened", stack_of(made.template.resources)) == []


def test_bent_by_the_escape_hatch_it_is_judged() -> None:
    stack = new_stack()
    job = a_job(stack)
    job.state_machine.logging_configuration = None
    job.state_machine.tracing_configuration = sfn.CfnStateMachine.TracingConfigurationProperty(enabled=False)
    cast("ecs.CfnTaskDefinition", job.task_definition.node.default_child).add_property_override("ContainerDefinitions.0.User", "root")
    rules = {finding.split(" @")[0] for finding in findings(stack)}
    assert {"AwsSolutions-SF1", "AwsSolutions-SF2"} <= rules
    (name,) = (resources := synth(stack)).of_type("AWS::ECS::TaskDefinition")
    assert found("ContainerUnhardened", stack_of(resources.resources)) == [f"[App User] @ Stack/{name}"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"time_limit": timedelta(seconds=59)},
            r"^Stack/Export: time_limit: got '0:00:59'; allowed: 0:01:00 to 1 day, 0:00:00; split the work, or let a QueueWorker do it$",
        ),
        ({"time_limit": timedelta(hours=25)}, r"^Stack/Export: time_limit: got '1 day, 1:00:00'"),
        (
            {"environment": {"API_KEY": "hunter2hunter2"}},
            r"^Stack/Export: environment: got 'API_KEY'; allowed: plain configuration; put it into Secrets Manager and call add_secret\('API_KEY', ",
        ),
        ({"environment": {"EMPTY": ""}}, r"^Stack/Export: environment: got \"EMPTY=''\"; allowed: a value"),
    ],
)
def test_refuses(changes: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        a_job(new_stack(), **changes)


def test_refuses_a_vpc_of_one_zone() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"^Stack/Export: vpc: got 'private subnets in us-east-1a'; allowed: private subnets in 2"):
        a_job(stack, vpc=a_vpc(stack, "a"))
