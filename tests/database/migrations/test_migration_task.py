"""MigrationTask in the template: always, posture, refusals, reach, alarms, clean, bent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from bench.messages import counted, total
from prodready_constructs import DatabaseUser, DatabaseUserRotation, MigrationTask, MultiAzDatabase, WebService
from prodready_constructs.contracts import SecretField, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

DIGEST = "registry.example/shop@sha256:" + "a" * 64


def vpc_in(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["us-east-1a", "us-east-1b"],
        isolated_subnet_ids=["isolated-a", "isolated-b"],
        isolated_subnet_route_table_ids=["rtb-1", "rtb-2"],
        private_subnet_ids=["private-a", "private-b"],
        private_subnet_route_table_ids=["rtb-3", "rtb-4"],
    )


@dataclass(frozen=True)
class Data:
    """A database with a user for migrations and one for the service."""

    stack: cdk.Stack
    vpc: ec2.IVpc
    rotation: DatabaseUserRotation

    def user(self, name: str = "migrations", rights: Literal["read", "write", "schema"] = "schema") -> DatabaseUser:
        return DatabaseUser(self.stack, name.title(), rotation=self.rotation, name=name, rights=rights)


def data_in(stack: cdk.Stack) -> Data:
    vpc = vpc_in(stack)
    orders = MultiAzDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders")
    return Data(stack, vpc, DatabaseUserRotation(stack, "Users", database=orders, vpc=vpc, posture=PRODUCTION.database))


def migration_in(stack: cdk.Stack, data: Data, **changes: Any) -> MigrationTask:
    given: dict[str, Any] = {
        "vpc": data.vpc,
        "image": ecs.ContainerImage.from_registry(DIGEST),
        "command": ["./manage", "migrate"],
        "posture": PRODUCTION.compute,
    }
    given |= changes
    if "user" not in given:
        given["user"] = data.user()
    return MigrationTask(stack, "Migration", **given)


@dataclass(frozen=True)
class Built:
    stack: cdk.Stack
    data: Data
    migration: MigrationTask
    template: Template
    findings: set[str]

    @property
    def run(self) -> dict[str, Any]:
        return self.template.one("Custom::SchemaMigration")

    @property
    def container(self) -> dict[str, Any]:
        (container,) = self.template.props("AWS::ECS::TaskDefinition", "Migration")["ContainerDefinitions"]
        return dict(container)

    @property
    def statements(self) -> list[dict[str, Any]]:
        return list(self.template.props("AWS::IAM::ManagedPolicy", "MigrationRunnerRole")["PolicyDocument"]["Statement"])


def build(*, flags: Mapping[str, Any] | None = None, **changes: Any) -> Built:
    stack = new_stack(new_app(flags=flags))
    data = data_in(stack)
    user = data.user()
    before = set(findings(stack))
    migration = migration_in(stack, data, user=user, **changes)
    found = set(findings(stack)) - before
    return Built(stack, data, migration, synth(stack), found)


@pytest.fixture(scope="module")
def built() -> Built:
    return build()


# --- always ---


@pytest.mark.control("DB-11")
def test_the_deployment_runs_the_release_and_waits_for_it(built: Built) -> None:
    asked = built.run["Properties"]
    assert asked["Release"] == {"Image": DIGEST, "Command": ["./manage", "migrate"], "Name": ""}
    assert (asked["LimitSeconds"], asked["ServiceTimeout"]) == ("900", "1500")
    assert asked["Subnets"] == ["private-a", "private-b"]
    assert asked["Container"] == built.container["Name"]
    (user,) = built.template.of_type("AWS::SecretsManager::Secret")
    assert asked["Users"] == [{"Ref": user}]


def test_it_starts_when_its_user_its_rights_and_the_way_are_there(built: Built) -> None:
    waits = set(built.run["DependsOn"])
    assert {name for name in built.template.of_type("AWS::SecretsManager::RotationSchedule") if name.startswith("Migrations")} <= waits
    for kind in ("SecurityGroupIngress", "SecurityGroupEgress"):
        assert {name for name in built.template.of_type(f"AWS::EC2::{kind}") if "Migration" in name} <= waits
    assert {
        name for name in built.template.of_type("AWS::IAM::ManagedPolicy") if name.startswith(("MigrationHandsOn", "MigrationExec"))
    } <= waits


@pytest.mark.control("DB-11", "SEC-2")
def test_the_container_can_do_little_but_migrate(built: Built) -> None:
    container = built.container
    assert (container["User"], container["ReadonlyRootFilesystem"], container["Privileged"]) == ("1000:1000", True, False)
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert "Environment" not in container
    assert [one["Name"] for one in container["Secrets"]] == [
        "DATABASE_HOST",
        "DATABASE_PORT",
        "DATABASE_NAME",
        "DATABASE_USER",
        "DATABASE_PASSWORD",
    ]
    assert "MasterUserSecret" not in json.dumps(built.template.props("AWS::ECS::TaskDefinition", "Migration"))


def test_logs_disk_and_failed_runs_are_encrypted(built: Built) -> None:
    (key,) = [name for name in built.template.of_type("AWS::KMS::Key") if name.startswith("MigrationKey")]
    for group in ("MigrationOutput", "MigrationRunnerLogs"):
        assert built.template.props("AWS::Logs::LogGroup", group)["KmsKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    storage = built.template.props("AWS::ECS::Cluster", "Migration")["Configuration"]["ManagedStorageConfiguration"]
    assert storage == {"FargateEphemeralStorageKmsKeyId": {"Ref": key}}
    assert built.template.props("AWS::SNS::Topic", "MigrationRunner")["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}


def test_what_it_says_is_not_thrown_away(built: Built) -> None:
    options = built.container["LogConfiguration"]["Options"]
    assert (options["mode"], options["awslogs-stream-prefix"]) == ("blocking", "migration")


def test_the_runner_has_a_quarter_of_an_hour_and_may_call_itself(built: Built) -> None:
    ((name, function),) = (one for one in built.template.of_type("AWS::Lambda::Function").items() if one[0].startswith("Migration"))
    assert (function["Properties"]["Timeout"], function["Properties"]["ReservedConcurrentExecutions"]) == (900, 1)
    assert function["Properties"]["VpcConfig"]["SubnetIds"] == ["private-a", "private-b"]
    hands_on = built.template.props("AWS::IAM::ManagedPolicy", "MigrationHandsOn")["PolicyDocument"]["Statement"]
    assert hands_on == [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": {"Fn::GetAtt": [name, "Arn"]}}]


# --- how much ---


def test_the_posture_decides_size_architecture_and_log_retention() -> None:
    posture = replace(PRODUCTION.compute, cpu=1024, memory_mib=2048, architecture="x86_64", log_retention=timedelta(days=90))
    made = build(posture=posture)
    task = made.template.props("AWS::ECS::TaskDefinition", "Migration")
    assert (task["Cpu"], task["Memory"], task["RuntimePlatform"]["CpuArchitecture"]) == ("1024", "2048", "X86_64")
    assert made.template.props("AWS::Logs::LogGroup", "MigrationOutput")["RetentionInDays"] == 90


def test_time_limit_command_and_release_are_the_user_s() -> None:
    made = build(time_limit=timedelta(minutes=50), command=(), release="2026-11-21")
    asked = made.run["Properties"]
    assert (asked["LimitSeconds"], asked["ServiceTimeout"]) == ("3000", "3600")
    assert asked["Release"] == {"Image": DIGEST, "Command": [], "Name": "2026-11-21"}
    assert "Command" not in made.container


def test_a_setting_and_a_secret_may_be_added() -> None:
    stack = new_stack()
    data = data_in(stack)
    migration = migration_in(stack, data)
    migration.add_setting("LOCK_TIMEOUT", "5s")
    other = secretsmanager.Secret.from_secret_complete_arn(stack, "Other", "arn:aws:secretsmanager:us-east-1:111122223333:secret:x-AbCdEf")
    migration.add_secret("SEED", SecretField(secret=other, field="seed"))
    template = synth(stack)
    (container,) = template.props("AWS::ECS::TaskDefinition", "Migration")["ContainerDefinitions"]
    assert [one["Name"] for one in container["Secrets"]][-2:] == ["LOCK_TIMEOUT", "SEED"]
    assert "5s" not in json.dumps(container)


# --- before the service ---


@pytest.mark.control("DB-11")
def test_the_service_waits_for_the_migration_and_nothing_of_it_is_waited_for() -> None:
    app = new_app()
    data = data_in(new_stack(app, "Data"))
    user, app_user = data.user(), data.user("app", "write")
    stack = new_stack(app, "Work")
    service = WebService(stack, "Shop", vpc=data.vpc, image=ecs.ContainerImage.from_registry(DIGEST), posture=PRODUCTION.compute)
    service.connect_to(app_user)
    migration = migration_in(stack, data, user=user)
    migration.wait_for(app_user)
    migration.before(service)
    templates = synth_all(app)
    work = templates["Work"]
    (run,) = work.of_type("Custom::SchemaMigration")
    assert run in work.one("AWS::ECS::Service")["DependsOn"]
    assert len(work.one("Custom::SchemaMigration")["Properties"]["Users"]) == 2
    assert not {name for name in work.one("Custom::SchemaMigration")["DependsOn"] if name.startswith("Shop")}
    policy = work.props("AWS::IAM::ManagedPolicy", "MigrationRunnerRole")["PolicyDocument"]["Statement"]
    (reads,) = [statement for statement in policy if statement["Action"] == "secretsmanager:DescribeSecret"]
    assert len(reads["Resource"]) == 2
    # The data stack must not know of the workload: its own function may not be told of a role there.
    assert "Work" not in json.dumps(templates["Data"].props("AWS::KMS::Key", "OrdersKey"))


def test_a_plain_ecs_service_may_wait_too() -> None:
    stack = new_stack()
    data = data_in(stack)
    migration = migration_in(stack, data)
    plain = ecs.FargateService(stack, "Plain", cluster=migration.cluster, task_definition=migration.task_definition)
    migration.before(plain)
    template = synth(stack)
    (run,) = template.of_type("Custom::SchemaMigration")
    assert run in template.one("AWS::ECS::Service")["DependsOn"]


@pytest.mark.control("DB-11")
def test_a_pipeline_can_run_it_by_the_command_in_the_outputs(built: Built) -> None:
    (output,) = [one["Value"] for name, one in built.template.body["Outputs"].items() if name.startswith("MigrationRunCommand")]
    command = "".join(part if isinstance(part, str) else "x" for part in output["Fn::Join"][1])
    assert command == (
        "aws ecs run-task --cluster x --task-definition x --launch-type FARGATE --started-by pipeline --network-configuration "
        "'awsvpcConfiguration={subnets=[private-a,private-b],securityGroups=[x],assignPublicIp=DISABLED}'"
    )


# --- refuses ---


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize("rights", ["read", "write"])
def test_refuses_a_user_that_may_not_migrate(rights: Literal["read", "write"]) -> None:
    stack = new_stack()
    data = data_in(stack)
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Migration: user: got 'app, who may {rights}'; allowed: a DatabaseUser with the rights 'schema', for migrations alone; "
        r"make one: DatabaseUser\(..., name='migrations', rights='schema'\)$",
    ):
        migration_in(stack, data, user=data.user("app", rights))


@pytest.mark.parametrize("limit", [timedelta(seconds=59), timedelta(minutes=51)])
def test_refuses_a_time_limit_that_cloudformation_does_not_keep(limit: timedelta) -> None:
    stack = new_stack()
    data = data_in(stack)
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Migration: time_limit: got '{limit}'; allowed: 0:01:00 to 0:50:00: CloudFormation waits an hour at most; "
        "split the migration, or run its long part outside the deployment by run_command$",
    ):
        migration_in(stack, data, time_limit=limit)


@pytest.mark.control("WEB-3")
def test_refuses_an_image_by_tag() -> None:
    stack = new_stack()
    data = data_in(stack)
    with pytest.raises(ConfigurationError, match=r"^Stack/Migration: image: got 'registry.example/shop:1'; allowed: an image by digest"):
        migration_in(stack, data, image=ecs.ContainerImage.from_registry("registry.example/shop:1"))


@pytest.mark.control("NET-8")
def test_refuses_a_vpc_without_private_subnets() -> None:
    stack = new_stack()
    data = data_in(stack)
    bare = ec2.Vpc.from_vpc_attributes(stack, "Bare", vpc_id="vpc-2", availability_zones=["us-east-1a", "us-east-1b"])
    with pytest.raises(ConfigurationError, match=r"^Stack/Migration: vpc: got 'private subnets in no zone'"):
        migration_in(stack, data, vpc=bare)


@pytest.mark.control("SEC-2")
@pytest.mark.parametrize(("name", "value", "given"), [("API_KEY", "sk_live_0123456789abcdef", "API_KEY"), ("EMPTY", "", "EMPTY=''")])
def test_refuses_a_secret_among_settings_and_an_empty_one(name: str, value: str, given: str) -> None:
    stack = new_stack()
    migration = migration_in(stack, data_in(stack))
    with pytest.raises(ConfigurationError) as refused:
        migration.add_setting(name, value)
    assert str(refused.value) == (
        f"Stack/Migration: add_setting: got {given!r}; allowed: plain configuration that is not empty; "
        f"put a secret into Secrets Manager and call add_secret({name!r}, ...); leave an empty one out"
    )


# --- who may reach ---


@pytest.mark.control("SEC-1")
def test_the_runner_runs_this_task_in_this_cluster_and_passes_these_roles(built: Built) -> None:
    (task,) = [name for name in built.template.of_type("AWS::ECS::TaskDefinition") if name.startswith("Migration")]
    (cluster,) = built.template.of_type("AWS::ECS::Cluster")
    here = {"ArnEquals": {"ecs:cluster": {"Fn::GetAtt": [cluster, "Arn"]}}}
    by_action = {json.dumps(statement["Action"]): statement for statement in built.statements}
    run = by_action['"ecs:RunTask"']
    assert (run["Resource"], run["Condition"]) == ({"Ref": task}, here)
    look = by_action['["ecs:DescribeTasks", "ecs:ListTasks", "ecs:StopTask"]']
    assert (look["Resource"], look["Condition"]) == ("*", here)
    handed = by_action['"iam:PassRole"']
    assert handed["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert len(handed["Resource"]) == 2
    assert by_action['"cloudformation:DescribeStacks"']["Resource"] == {"Ref": "AWS::StackId"}
    assert "GetSecretValue" not in json.dumps(built.statements)


def test_the_task_reaches_aws_and_the_database_and_nobody_reaches_it(built: Built) -> None:
    access = built.template.props("AWS::EC2::SecurityGroup", "MigrationTaskAccess")
    (rule,) = access["SecurityGroupEgress"]
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)
    assert "SecurityGroupIngress" not in access
    assert built.template.props("AWS::EC2::SecurityGroupEgress", "MigrationTaskAccess")["FromPort"] == 5433
    assert built.migration.connections.security_groups[0] is built.migration.security_group


def test_the_migration_itself_may_do_what_it_is_granted(built: Built) -> None:
    assert built.migration.grant_principal is not None
    stack = new_stack()
    migration = migration_in(stack, data_in(stack))
    iam.Grant.add_to_principal(grantee=migration, actions=["s3:GetObject"], resource_arns=["arn:aws:s3:::seeds/one.sql"])
    assert "s3:GetObject" in json.dumps(synth(stack).props("AWS::IAM::ManagedPolicy", "MigrationTaskRole"))


# --- what wakes someone ---


@pytest.mark.control("DB-11")
def test_a_failed_migration_warns_and_dead_letters_wake_someone(built: Built) -> None:
    failed, errors, dead = built.migration.alarm_specs
    assert [(one.id, one.severity) for one in (failed, errors, dead)] == [
        ("MigrationFailed", Severity.WARNING),
        ("MigrationRunnerErrors", Severity.WARNING),
        ("MigrationDeadLetters", Severity.CRITICAL),
    ]
    pattern = built.stack.resolve(getattr(failed, "pattern"))  # noqa: B009 (of the union's member)
    (cluster,) = built.template.of_type("AWS::ECS::Cluster")
    assert pattern["detail"]["clusterArn"] == [{"Fn::GetAtt": [cluster, "Arn"]}]
    assert pattern["detail"]["$or"][0] == {"containers": {"exitCode": [{"anything-but": [0]}]}}
    assert len(built.migration.graphs) == 1
    (said,) = built.template.recorded("MigrationTask")
    assert (said["watchable"], said["time_limit"], said["controls"][0]["control"]) == (True, 900, "DB-11")


# --- clean, bent, flags, messages ---

WAIVED = {"AwsSolutions-IAM5[Resource::*] @ Stack/Migration/Runner/Role/Policy/Resource"}


def test_all_six_packs_find_what_is_waived_and_nothing_else(built: Built) -> None:
    assert built.findings == WAIVED


def test_an_image_of_a_private_registry_signs_in_and_that_is_waived() -> None:
    stack = new_stack()
    data = data_in(stack)
    user = data.user()
    before = set(findings(stack))
    repository = ecr.Repository.from_repository_attributes(
        stack, "Images", repository_arn="arn:aws:ecr:us-east-1:111122223333:repository/shop", repository_name="shop"
    )
    migration_in(stack, data, user=user, image=ecs.ContainerImage.from_ecr_repository(repository, "sha256:" + "a" * 64))
    assert set(findings(stack)) - before == WAIVED | {"AwsSolutions-IAM5[Resource::*] @ Stack/Migration/ExecutionRole/Policy/Resource"}


def test_a_waiver_says_why_tasks_have_no_resource(built: Built) -> None:
    (waiver,) = [
        entry["data"]
        for path, entries in built.template.metadata.items()
        if path.endswith("Migration/Runner/Role/Policy")
        for entry in entries
        if entry["type"] == "prodready:waiver"
    ]
    assert "tasks have no name before they run, and a condition holds them to this migration's own cluster" in waiver["because"]


def test_a_bent_container_is_found() -> None:
    stack = new_stack()
    migration = migration_in(stack, data_in(stack))
    migration.task_definition.default_container.add_environment("PLAIN", "text")  # type: ignore[union-attr]
    assert any(one.startswith("AwsSolutions-ECS2") for one in findings(stack))


def test_a_cluster_without_insights_is_found() -> None:
    stack = new_stack()
    migration = migration_in(stack, data_in(stack))
    migration.cluster.node.default_child.cluster_settings = []  # type: ignore[union-attr]
    assert any(one.startswith("AwsSolutions-ECS4") for one in findings(stack))


def test_it_comes_out_right_without_any_feature_flag() -> None:
    plain = build(flags={})
    assert plain.findings == WAIVED
    assert plain.container["ReadonlyRootFilesystem"] is True
    assert plain.template.props("AWS::EC2::SecurityGroup", "MigrationTaskAccess")["SecurityGroupEgress"][0]["ToPort"] == 443


def test_it_costs_no_more_messages_than() -> None:
    stack = new_stack()
    data = data_in(stack)
    user = data.user()
    with counted() as counts:
        migration = migration_in(stack, data, user=user)
    assert total(counts) <= 148, counts
    with counted() as described:
        migration.alarm_specs, migration.graphs  # noqa: B018 (what they read is counted)
    assert total(described) <= 5, described
