"""What a service does only when asked: a shell in a task, traces, Spot capacity."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from aws_cdk import aws_ecs as ecs

from prodready_constructs.compute import WebService
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.compute.support import IMAGE, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth


class Made(NamedTuple):
    template: Template
    findings: list[str]


def made(change: Callable[[WebService], None], *, flags: dict[str, Any] | None = None, **posture: Any) -> Made:
    stack = new_stack(new_app(flags=flags))
    service = WebService(
        stack,
        "Api",
        vpc=a_vpc(stack),
        image=ecs.ContainerImage.from_registry(IMAGE),
        posture=replace(PRODUCTION.compute, **posture),
        environment={"OTEL_SERVICE_NAME": "orders"},
    )
    change(service)
    found = findings(stack)
    return Made(synth(stack), found)


@pytest.fixture(scope="module")
def plain() -> Template:
    return made(lambda service: None).template


@pytest.fixture(scope="module", params=[None, {}], ids=["recommended flags", "no flags"])
def asked(request: pytest.FixtureRequest) -> Made:
    """All that can be asked for, at once."""

    def change(service: WebService) -> None:
        service.allow_exec()
        service.allow_exec()
        service.add_tracing(sampled_percent=12.5)

    return made(change, flags=request.param, spot_weight=50)


def containers(template: Template) -> dict[str, dict[str, Any]]:
    return {container["Name"]: container for container in template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]}


def statements(template: Template, name: str) -> list[dict[str, Any]]:
    policy = template.props("AWS::IAM::ManagedPolicy", name)
    assert [role["Ref"] for role in policy["Roles"]] == [name for name in template.of_type("AWS::IAM::Role") if "TaskRole" in name]
    return list(policy["PolicyDocument"]["Statement"])


@pytest.mark.control("WEB-3")
def test_a_shell_is_encrypted_logged_and_writes_to_three_places_only(asked: Made) -> None:
    template = asked.template
    assert template.props("AWS::ECS::Service")["EnableExecuteCommand"] is True
    channels, writing, key = statements(template, "ApiExecPolicy")
    assert channels["Resource"] == "*"
    assert all(action.startswith("ssmmessages:") or action == "logs:DescribeLogGroups" for action in channels["Action"])
    session = template.props("AWS::ECS::Cluster")["Configuration"]["ExecuteCommandConfiguration"]["LogConfiguration"]
    assert writing["Resource"]["Fn::GetAtt"] == [session["CloudWatchLogGroupName"]["Ref"], "Arn"]
    assert key["Action"] == "kms:Decrypt"
    app = containers(template)["App"]
    assert app["ReadonlyRootFilesystem"] is True
    assert {mount["ContainerPath"] for mount in app["MountPoints"]} == {"/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"}
    assert {mount["SourceVolume"] for mount in app["MountPoints"]} == {
        volume["Name"] for volume in template.props("AWS::ECS::TaskDefinition")["Volumes"]
    }
    (policy,) = [name for name in template.of_type("AWS::IAM::ManagedPolicy") if "ExecPolicy" in name]
    assert policy in template.one("AWS::ECS::Service")["DependsOn"]


@pytest.mark.control("WEB-3")
def test_the_collector_can_do_little_harm_and_does_not_take_the_application_along(asked: Made) -> None:
    collector = containers(asked.template)["Collector"]
    assert re.fullmatch(r"public\.ecr\.aws/aws-observability/aws-otel-collector@sha256:[0-9a-f]{64}", collector["Image"])
    assert collector["Essential"] is False
    assert collector["RestartPolicy"]["Enabled"] is True
    assert collector["User"] == "1000:1000"
    assert collector["ReadonlyRootFilesystem"] is True
    assert collector["Privileged"] is False
    assert collector["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert collector["HealthCheck"]["Command"] == ["CMD", "/healthcheck"]
    assert collector["Memory"] < STAGING.compute.memory_mib
    assert "PortMappings" not in collector, "only the application beside it speaks to it"
    assert (
        containers(asked.template)["App"]["LogConfiguration"]["Options"]["awslogs-group"]
        == (collector["LogConfiguration"]["Options"]["awslogs-group"])
    )
    (statement,) = statements(asked.template, "ApiTracingPolicy")
    assert set(statement["Action"]) == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


@pytest.mark.control("WEB-3")
def test_the_application_learns_where_its_traces_go_and_keeps_what_it_was_told(asked: Made) -> None:
    names = [secret["Name"] for secret in containers(asked.template)["App"]["Secrets"]]
    assert len(names) == len(set(names))
    parameters = [parameter["Properties"]["Value"] for parameter in asked.template.of_type("AWS::SSM::Parameter").values()]
    assert {"http://localhost:4318", "0.125", "orders"} <= set(parameters)
    assert "Stack/Api" not in parameters
    assert {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG", "OTEL_SERVICE_NAME"} <= set(names)


@pytest.mark.control("WEB-3")
def test_spot_takes_its_share_above_the_smallest_number_of_tasks(asked: Made) -> None:
    service = asked.template.one("AWS::ECS::Service")
    assert service["Properties"]["CapacityProviderStrategy"] == [
        {"CapacityProvider": "FARGATE", "Base": PRODUCTION.compute.min_tasks, "Weight": 50},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 50},
    ]
    assert "LaunchType" not in service["Properties"]
    ((association, offered),) = asked.template.of_type("AWS::ECS::ClusterCapacityProviderAssociations").items()
    assert offered["Properties"]["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert association in service["DependsOn"]


@pytest.mark.control("WEB-3")
def test_unasked_nothing_of_it_is_there_and_asked_nothing_else_moves(plain: Template, asked: Made) -> None:
    assert not plain.of_type("AWS::ECS::ClusterCapacityProviderAssociations")
    service = plain.props("AWS::ECS::Service")
    assert (service["LaunchType"], service["EnableExecuteCommand"]) == ("FARGATE", False)
    assert "CapacityProviderStrategy" not in service
    assert set(containers(plain)) == {"App"}
    assert "Volumes" not in plain.props("AWS::ECS::TaskDefinition")
    for kind in ("AWS::ECS::Cluster", "AWS::ECS::Service", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::IAM::Role"):
        assert set(plain.of_type(kind)) == set(asked.template.of_type(kind))


@pytest.mark.control("LIB-2")
def test_tracing_refuses_what_cannot_work() -> None:
    stack = new_stack()
    vpc, image = a_vpc(stack), ecs.ContainerImage.from_registry(IMAGE)
    service = WebService(stack, "Api", vpc=vpc, image=image, posture=PRODUCTION.compute)
    for percent in (0, 101):
        with pytest.raises(
            ConfigurationError, match=rf"Stack/Api: add_tracing: got {percent}; allowed: more than 0, at most 100 .*; leave"
        ):
            service.add_tracing(sampled_percent=percent)
    service.add_tracing()
    with pytest.raises(ConfigurationError, match=r"add_tracing: got 'a second call'; allowed: one collector; call it once"):
        service.add_tracing()
    other = WebService(stack, "Other", vpc=vpc, image=image, posture=PRODUCTION.compute, container_port=4318)
    with pytest.raises(ConfigurationError, match=r"got 'container_port=4318'; allowed: none of .* the collector uses; let the application"):
        other.add_tracing()


@pytest.mark.control("GOV-1")
@pytest.mark.control("GOV-2")
def test_the_two_wildcards_are_all_that_is_found_and_are_waived_where_they_are(asked: Made) -> None:
    expected = [f"AwsSolutions-IAM5[Resource::*] @ Stack/Api/{name}/Resource" for name in ("ExecPolicy", "TracingPolicy")]
    assert asked.findings == expected
    waived = [
        f"{entry['data']['rule']} @ {path}"
        for path, entries in asked.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    ]
    assert sorted(waived) == expected
