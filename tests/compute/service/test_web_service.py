"""The web service: private, unprivileged, scaled, rolled back, and watched."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.compute import WebService
from prodready_constructs.contracts import AlarmSpec, EventSpec, MathMetric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING, ComputePosture, Release
from tests.compute.support import IMAGE, Door, a_store, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

#: How it releases has tests of its own.
POSTURE = replace(PRODUCTION.compute, release=Release(strategy="ALL_AT_ONCE"))


class Made(NamedTuple):
    service: WebService
    template: Template
    findings: list[str]


@pytest.fixture(scope="module")
def production() -> Made:
    stack = new_stack()
    vpc = a_vpc(stack)
    service = WebService(
        stack,
        "Api",
        vpc=vpc,
        load_balancer=Door(stack, vpc),
        image=ecs.ContainerImage.from_registry(IMAGE),
        posture=POSTURE,
        environment={"LOG_LEVEL": "info"},
    )
    service.connect_to(a_store(stack, vpc))
    service.add_secret("JWT_SECRET", secretsmanager.Secret(stack, "Jwt"))
    service.scale_on_schedule("Morning", schedule=appscaling.Schedule.cron(hour="7", minute="30"), min_tasks=4, max_tasks=20)
    s3.Bucket(stack, "Bucket").grant_read(service)
    found = [finding for finding in findings(stack) if "Stack/Api/" in finding]
    return Made(service, synth(stack), found)


@pytest.fixture(scope="module")
def alone() -> Made:
    """Staging, no load balancer, no feature flags, other architecture, a key and a repository from elsewhere."""
    stack = new_stack(new_app(flags={}))
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{stack.region}:{stack.account}:key/11111111-1111-1111-1111-111111111111")
    repository = ecr.Repository.from_repository_name(stack, "Repository", "api")
    service = WebService(
        stack,
        "Api",
        vpc=a_vpc(stack, "abc"),
        image=ecs.ContainerImage.from_ecr_repository(repository, f"sha256:{'b' * 64}"),
        posture=replace(STAGING.compute, architecture="x86_64"),
        encryption_key=key,
    )
    found = findings(stack)
    return Made(service, synth(stack), found)


def app_container(template: Template) -> dict[str, Any]:
    (container,) = template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    return container


# -- always ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-3")
def test_the_container_can_do_little_harm(production: Made, alone: Made) -> None:
    for template in (production.template, alone.template):
        container = app_container(template)
        assert container["User"] == "1000:1000"
        assert container["ReadonlyRootFilesystem"] is True
        assert container["Privileged"] is False
        assert container["VersionConsistency"] == "enabled"
        assert container["StopTimeout"] == 60
        linux = container["LinuxParameters"]
        assert linux["Capabilities"] == {"Drop": ["ALL"]}
        assert linux["InitProcessEnabled"] is True
        (tmp,) = linux["Tmpfs"]
        assert (tmp["ContainerPath"], tmp["Size"], set(tmp["MountOptions"])) == ("/tmp", 64, {"nosuid", "nodev", "noexec"})


@pytest.mark.control("WEB-3")
def test_tasks_are_private_and_deployments_roll_back(production: Made, alone: Made) -> None:
    for template in (production.template, alone.template):
        service = template.props("AWS::ECS::Service")
        assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
        assert len(service["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]) >= 2
        deployment = service["DeploymentConfiguration"]
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)
        assert service["AvailabilityZoneRebalancing"] == "ENABLED"
        assert service["PlatformVersion"] == "LATEST"
        assert service["PropagateTags"] == "SERVICE"
        assert service["EnableExecuteCommand"] is False
        assert "DesiredCount" not in service, "a deployment would undo what scaling decided"


@pytest.mark.control("WEB-3")
@pytest.mark.control("OPS-5")
def test_logs_sessions_and_temporary_disks_are_encrypted(production: Made) -> None:
    groups = production.template.of_type("AWS::Logs::LogGroup")
    assert len(groups) == 2
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == POSTURE.log_retention.days
        assert "KmsKeyId" in group["Properties"]
    cluster = production.template.props("AWS::ECS::Cluster")
    assert cluster["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enhanced"}]
    assert "FargateEphemeralStorageKmsKeyId" in cluster["Configuration"]["ManagedStorageConfiguration"]
    session = cluster["Configuration"]["ExecuteCommandConfiguration"]
    assert session["Logging"] == "OVERRIDE"
    assert session["LogConfiguration"]["CloudWatchEncryptionEnabled"] is True
    assert "KmsKeyId" in session
    options = app_container(production.template)["LogConfiguration"]["Options"]
    assert options["mode"] == "non-blocking"
    services = {
        statement["Principal"].get("Service")
        for statement in production.template.props("AWS::KMS::Key", "ApiKey")["KeyPolicy"]["Statement"]
        if isinstance(statement["Principal"].get("Service"), str)
    }
    assert "fargate.amazonaws.com" in services


def test_the_service_waits_for_the_policies_it_starts_with(production: Made) -> None:
    (policy,) = [name for name in production.template.of_type("AWS::IAM::ManagedPolicy") if "ExecutionRole" in name]
    assert policy in production.template.one("AWS::ECS::Service")["DependsOn"]


# -- settings and secrets --------------------------------------------------------------------------------------------


@pytest.mark.control("SEC-2")
def test_nothing_stands_in_plain_sight_in_the_task_definition(production: Made) -> None:
    container = app_container(production.template)
    assert "Environment" not in container
    values = {secret["Name"]: json.dumps(secret["ValueFrom"]) for secret in container["Secrets"]}
    assert set(values) == {"LOG_LEVEL", "DB_HOST", "DB_PORT", "DB_PASSWORD", "JWT_SECRET"}
    assert all("parameter/" in values[name] for name in ("LOG_LEVEL", "DB_HOST", "DB_PORT"))
    assert ":password::" in values["DB_PASSWORD"]
    settings = {
        parameter["Properties"]["Value"]
        for parameter in production.template.of_type("AWS::SSM::Parameter").values()
        if isinstance(parameter["Properties"]["Value"], str)
    }
    assert settings == {"info", "5433"}


@pytest.mark.control("SEC-1")
@pytest.mark.control("SEC-2")
def test_only_the_execution_role_reads_secrets_and_only_the_named_ones(production: Made) -> None:
    policies = {
        name: policy["Properties"]["PolicyDocument"]["Statement"]
        for name, policy in production.template.of_type("AWS::IAM::ManagedPolicy").items()
    }
    (execution,) = [statements for name, statements in policies.items() if "ExecutionRole" in name]
    (task,) = [statements for name, statements in policies.items() if "TaskRole" in name]
    readable = [statement for statement in execution if "secretsmanager:GetSecretValue" in statement["Action"]]
    resources = [statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]] for statement in readable]
    secrets = {resource["Ref"] for listed in resources for resource in listed}
    assert secrets == set(production.template.of_type("AWS::SecretsManager::Secret"))
    assert "kms:Decrypt" in json.dumps(execution)
    assert "secretsmanager" not in json.dumps(task)
    assert "s3:GetObject" in json.dumps(task), "grants to the service land on the task role"


def test_a_changed_setting_is_a_new_parameter_and_so_a_new_deployment() -> None:
    def parameters(level: str) -> set[str]:
        stack = new_stack()
        image = ecs.ContainerImage.from_registry(IMAGE)
        WebService(stack, "Api", vpc=a_vpc(stack), image=image, posture=POSTURE, environment={"LOG_LEVEL": level})
        return set(synth(stack).of_type("AWS::SSM::Parameter"))

    assert parameters("info").isdisjoint(parameters("debug"))


@pytest.mark.control("SEC-2")
@pytest.mark.parametrize("flags", [None, {}], ids=["recommended flags", "no flags"])
def test_a_store_of_an_earlier_stack_never_learns_of_the_service(flags: dict[str, Any] | None) -> None:
    app = new_app(flags=flags)
    data, workload = new_stack(app, "Data"), new_stack(app, "Workload")
    store = a_store(data, a_vpc(data))
    WebService(workload, "Api", vpc=a_vpc(workload), image=ecs.ContainerImage.from_registry(IMAGE), posture=POSTURE).connect_to(store)
    templates = synth_all(app)
    assert "Workload" not in json.dumps(templates["Data"].resources)
    assert "ExecutionRole" not in json.dumps(templates["Data"].props("AWS::KMS::Key"))
    statements = templates["Workload"].props("AWS::IAM::ManagedPolicy", "ExecutionRole")["PolicyDocument"]["Statement"]
    (decrypt,) = [statement for statement in statements if "kms:Decrypt" in statement["Action"]]
    assert "kms:ViaService" in decrypt["Condition"]["StringEquals"]
    assert len(templates["Workload"].of_type("AWS::EC2::SecurityGroupIngress")) == 1


def test_a_secret_known_by_name_only_is_read_by_its_pattern() -> None:
    stack = new_stack()
    service = WebService(stack, "Api", vpc=a_vpc(stack), image=ecs.ContainerImage.from_registry(IMAGE), posture=POSTURE)
    service.add_secret("JWT_SECRET", secretsmanager.Secret.from_secret_name_v2(stack, "Jwt", "app/prod/jwt"))
    statements = synth(stack).props("AWS::IAM::ManagedPolicy", "ExecutionRole")["PolicyDocument"]["Statement"]
    (read,) = [statement for statement in statements if "secretsmanager:GetSecretValue" in statement["Action"]]
    assert read["Resource"].endswith(":secret:app/prod/jwt-??????")


# -- reach -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("NET-6")
@pytest.mark.control("WEB-3")
def test_only_the_load_balancer_reaches_the_tasks_and_they_reach_only_the_store(production: Made) -> None:
    group = production.template.props("AWS::EC2::SecurityGroup", "ApiSecurityGroup")
    assert "SecurityGroupIngress" not in group
    assert [(rule["CidrIp"], rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]] == [("0.0.0.0/0", 443, 443)]

    def rules(kind: str, own: str) -> list[tuple[int, int, str]]:
        other = "SourceSecurityGroupId" if kind == "Ingress" else "DestinationSecurityGroupId"
        return [
            (rule["Properties"]["FromPort"], rule["Properties"]["ToPort"], rule["Properties"][other]["Fn::GetAtt"][0])
            for rule in production.template.of_type(f"AWS::EC2::SecurityGroup{kind}").values()
            if own in rule["Properties"]["GroupId"]["Fn::GetAtt"][0]
        ]

    ((first, last, source),) = rules("Ingress", "ApiSecurityGroup")
    assert (first, last) == (8080, 8080)
    assert "Door" in source
    ((first, last, target),) = rules("Egress", "ApiSecurityGroup")
    assert (first, last) == (5433, 5433)
    assert "StoreGroup" in target
    ((_, _, source),) = rules("Ingress", "StoreGroup")
    assert "ApiSecurityGroup" in source


@pytest.mark.control("WEB-2")
def test_targets_are_checked_and_drained(production: Made) -> None:
    targets = production.template.props("AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (targets["Port"], targets["HealthCheckPath"]) == (8080, "/health")
    attributes = {attribute["Key"]: attribute["Value"] for attribute in targets["TargetGroupAttributes"]}
    assert attributes["deregistration_delay.timeout_seconds"] == "30"
    assert production.template.props("AWS::ECS::Service")["HealthCheckGracePeriodSeconds"] == 60


# -- posture ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-3")
def test_size_count_and_targets_follow_the_posture(production: Made, alone: Made) -> None:
    task = production.template.props("AWS::ECS::TaskDefinition")
    assert (task["Cpu"], task["Memory"], task["RuntimePlatform"]["CpuArchitecture"]) == ("512", "1024", "ARM64")
    scaling = production.template.props("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (scaling["MinCapacity"], scaling["MaxCapacity"]) == (2, 10)
    targets = {
        policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]["PredefinedMetricType"]: policy[
            "Properties"
        ]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        for policy in production.template.of_type("AWS::ApplicationAutoScaling::ScalingPolicy").values()
    }
    assert targets == {
        "ECSServiceAverageCPUUtilization": 70,
        "ECSServiceAverageMemoryUtilization": 80,
        "ALBRequestCountPerTarget": 1_000,
    }
    task = alone.template.props("AWS::ECS::TaskDefinition")
    assert (task["Cpu"], task["Memory"], task["RuntimePlatform"]["CpuArchitecture"]) == ("256", "512", "X86_64")
    scaling = alone.template.props("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (scaling["MinCapacity"], scaling["MaxCapacity"]) == (1, 2)
    assert not alone.template.of_type("AWS::KMS::Key")


@pytest.mark.control("WEB-3")
def test_scaling_by_schedule(production: Made) -> None:
    (action,) = production.template.props("AWS::ApplicationAutoScaling::ScalableTarget")["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MinCapacity": 4, "MaxCapacity": 20}
    assert action["Schedule"] == "cron(30 7 * * ? *)"
    assert action["Timezone"] == "Etc/UTC"


# -- refuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"container_port": 0}, r"Stack/Api: container_port: got 0; allowed: 1 to 65535; use the container's port"),
        ({"container_port": 70_000}, r"container_port: got 70000"),
        ({"health_check_path": "health"}, r"health_check_path: got 'health'; allowed: a path that begins with /; use '/health'"),
        (
            {"environment": {"DB_PASSWORD": "correct-horse-battery"}},
            r"Stack/Api: environment: got 'DB_PASSWORD'; allowed: plain configuration; put it into Secrets Manager and call add_secret",
        ),
        ({"environment": {"EMPTY": ""}}, r"environment: got \"EMPTY=''\"; allowed: a value: .*; leave the variable out"),
    ],
)
def test_bad_input_is_refused(wrong: dict[str, Any], message: str) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=message):
        WebService(stack, "Api", vpc=a_vpc(stack), image=ecs.ContainerImage.from_registry(IMAGE), posture=POSTURE, **wrong)


def test_a_refused_secret_is_not_repeated_in_the_message() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError) as refused:
        WebService(
            stack,
            "Api",
            vpc=a_vpc(stack),
            image=ecs.ContainerImage.from_registry(IMAGE),
            posture=POSTURE,
            environment={"API_KEY": "correct-horse-battery"},
        )
    assert "correct-horse" not in str(refused.value)


@pytest.mark.control("NET-8")
@pytest.mark.parametrize(("zones", "tier"), [("a", "private"), ("ab", "isolated")])
def test_a_vpc_without_private_subnets_in_two_zones_is_refused(zones: str, tier: str) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"Stack/Api: vpc: got 'private subnets in .*; allowed: private subnets in 2 Availability"):
        WebService(stack, "Api", vpc=a_vpc(stack, zones, tier), image=ecs.ContainerImage.from_registry(IMAGE), posture=POSTURE)


@pytest.mark.parametrize(("low", "high"), [(5, 2), (-1, 2)])
def test_a_schedule_with_more_at_least_than_at_most_is_refused(low: int, high: int) -> None:
    stack = new_stack()
    service = WebService(stack, "Api", vpc=a_vpc(stack), image=ecs.ContainerImage.from_registry(IMAGE), posture=POSTURE)
    with pytest.raises(ConfigurationError, match=rf"scale_on_schedule: got '{low} to {high}'; allowed: 0 or more, .*; raise max_tasks"):
        service.scale_on_schedule("Night", schedule=appscaling.Schedule.cron(hour="1"), min_tasks=low, max_tasks=high)


# -- wakes -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("OPS-2")
@pytest.mark.control("OPS-7")
def test_what_wakes_someone(production: Made) -> None:
    specs = {spec.id: spec for spec in production.service.alarm_specs}
    alarms = {name: (spec.threshold, spec.severity, spec.missing_data) for name, spec in specs.items() if isinstance(spec, AlarmSpec)}
    critical, warning = Severity.CRITICAL, Severity.WARNING
    assert alarms == {
        "NoRunningTasks": (1, critical, "breaching"),
        "UnhealthyHosts": (0, critical, "notBreaching"),
        "ErrorRate": (5, critical, "notBreaching"),
        "ElevatedErrorRate": (1, warning, "notBreaching"),
        "SlowResponses": (0.5, warning, "notBreaching"),
        "HighCPU": (80, warning, "missing"),
        "HighMemory": (80, warning, "missing"),
        "ErrorLines": (10, warning, "notBreaching"),
    }
    failed = specs["DeploymentFailed"]
    assert isinstance(failed, EventSpec)
    assert failed.severity is critical
    assert failed.pattern["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert all(spec.runbook.first_commands and spec.runbook.causes and spec.source for spec in specs.values())
    rate = specs["ErrorRate"].metric  # type: ignore[union-attr]
    assert isinstance(rate, MathMetric)
    assert set(rate.using) == {"errors", "requests"}
    assert specs["SlowResponses"].metric.statistic == "p95"  # type: ignore[union-attr]
    (record,) = production.template.recorded("WebService")
    assert record["watchable"] is True


@pytest.mark.control("OPS-7")
def test_without_a_load_balancer_the_targets_are_not_watched(alone: Made) -> None:
    assert {spec.id for spec in alone.service.alarm_specs} == {"NoRunningTasks", "HighCPU", "HighMemory", "DeploymentFailed", "ErrorLines"}
    assert [graph.title for graph in alone.service.graphs] == ["CPU and memory", "Tasks", "Network", "Log lines"]


@pytest.mark.control("OPS-4")
def test_graphs(production: Made) -> None:
    titles = ["Requests", "Latency", "Errors", "CPU and memory", "Tasks", "Network", "Log lines"]
    assert [graph.title for graph in production.service.graphs] == titles


# -- clean -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("GOV-1")
def test_no_pack_finds_anything(production: Made) -> None:
    granted = [finding for finding in production.findings if "TaskRole/Policy" in finding]
    assert granted, "the test's own grant on every object of a bucket"
    assert sorted(set(production.findings) - set(granted)) == []


@pytest.mark.control("GOV-2")
def test_signing_in_to_the_registry_is_the_only_wildcard_and_is_waived(alone: Made) -> None:
    where = "Stack/Api/ExecutionRole/Policy/Resource"
    assert alone.findings == [f"AwsSolutions-IAM5[Resource::*] @ {where}"]
    waived = [
        f"{entry['data']['rule']} @ {path}"
        for path, entries in alone.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    ]
    assert waived == alone.findings


def test_the_service_is_a_principal_and_has_connections(production: Made) -> None:
    assert production.service.grant_principal is not None
    assert isinstance(production.service.connections, ec2.Connections)
    assert isinstance(POSTURE, ComputePosture)
