"""Side-cars: as short a leash as the application's, and what the application waits for."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.compute.tasks.sidecars import Sidecar
from prodready_constructs.contracts import SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import STAGING
from tests.compute.tasks.parts import DIGEST, IMAGE, a_service, containers, image
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:partner-AbCdEf"


class Made(NamedTuple):
    template: Template
    findings: list[str]


@pytest.fixture(scope="module", params=[None, {}], ids=["recommended flags", "no flags"])
def made(request: pytest.FixtureRequest) -> Made:
    stack = new_stack(new_app(flags=request.param))
    service = a_service(stack)
    elsewhere = secretsmanager.Secret.from_secret_complete_arn(stack, "Partner", ARN)
    service.add_sidecar(
        Sidecar(
            name="Proxy",
            image=image(),
            memory_mib=128,
            essential=True,
            health_check=("CMD", "/healthy"),
            before_app="HEALTHY",
            settings={"UPSTREAM": "localhost:8080"},
            secrets={"TOKEN": SecretField(secret=elsewhere, field="token")},
        )
    )
    service.add_sidecar(Sidecar(name="Prepare", image=image(), memory_mib=70, command=("prepare",), before_app="SUCCESS"))
    service.add_secret("PARTNER", elsewhere)
    found = findings(stack)
    return Made(synth(stack), found)


@pytest.mark.control("WEB-3")
@pytest.mark.parametrize("name", ["Proxy", "Prepare"])
def test_a_stranger_is_held_as_short_as_the_application(made: Made, name: str) -> None:
    found = containers(made.template)
    side, app = found[name], found["App"]
    for same in ("User", "ReadonlyRootFilesystem", "Privileged", "LinuxParameters", "StopTimeout", "VersionConsistency"):
        assert side[same] == app[same], same
    assert side["User"] == "1000:1000"
    assert side["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert side["Memory"] == {"Proxy": 128, "Prepare": 70}[name]
    options, group = side["LogConfiguration"]["Options"], app["LogConfiguration"]["Options"]["awslogs-group"]
    assert (options["awslogs-group"], options["awslogs-stream-prefix"]) == (group, name.lower())
    assert "PortMappings" not in side
    assert "Environment" not in side


@pytest.mark.control("WEB-3")
def test_the_application_waits_for_what_it_needs(made: Made) -> None:
    found = containers(made.template)
    assert found["App"]["DependsOn"] == [
        {"Condition": "HEALTHY", "ContainerName": "Proxy"},
        {"Condition": "SUCCESS", "ContainerName": "Prepare"},
    ]
    assert found["Proxy"]["HealthCheck"]["Command"] == ["CMD", "/healthy"]
    assert (found["Proxy"]["Essential"], found["Prepare"]["Essential"]) == (True, False)
    assert found["Proxy"]["RestartPolicy"] == {"Enabled": True}
    assert "RestartPolicy" not in found["Prepare"], "a step that has ended well is not done again"
    assert found["Prepare"]["Command"] == ["prepare"]


@pytest.mark.control("SEC-2")
def test_its_settings_and_secrets_are_references_that_only_the_execution_role_reads(made: Made) -> None:
    secrets = {one["Name"]: one["ValueFrom"] for one in containers(made.template)["Proxy"]["Secrets"]}
    assert secrets["TOKEN"] == f"{ARN}:token::"
    assert secrets["UPSTREAM"]["Fn::Join"]
    assert {one["Name"]: one["ValueFrom"] for one in containers(made.template)["App"]["Secrets"]} == {"PARTNER": ARN}
    statements = [
        statement
        for policy in made.template.of_type("AWS::IAM::ManagedPolicy").values()
        if any("ExecutionRole" in role["Ref"] for role in policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    (read,) = [one for one in statements if "secretsmanager:GetSecretValue" in one["Action"]]
    assert read["Resource"] == ARN


@pytest.mark.control("GOV-1")
def test_no_pack_finds_anything(made: Made) -> None:
    assert made.findings == []


@pytest.mark.control("WEB-3")
def test_an_image_of_a_private_repository_signs_in_and_that_is_waived() -> None:
    stack = new_stack()
    repository = ecr.Repository.from_repository_name(stack, "Repository", "agent")
    a_service(stack).add_sidecar(Sidecar(name="Agent", image=ecs.ContainerImage.from_ecr_repository(repository, DIGEST), memory_mib=70))
    assert findings(stack) == ["AwsSolutions-IAM5[Resource::*] @ Stack/Api/ExecutionRole/Policy/Resource"]
    assert "DependsOn" not in containers(synth(stack))["App"]


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"name": "proxy"},
            r"Sidecar.name: got 'proxy'; allowed: letters and digits in PascalCase, none of App, Collector, LogRouter; call",
        ),
        ({"name": "LogRouter"}, r"Sidecar.name: got 'LogRouter'; allowed"),
        ({"memory_mib": 69}, r"Sidecar.memory_mib: got 69; allowed: 70 MiB or more, 64 of them at /tmp; give"),
        ({"before_app": "DONE"}, r"Sidecar.before_app: got 'DONE'; allowed: START, HEALTHY, SUCCESS or None; leave it out"),
        ({"before_app": "HEALTHY"}, r"got 'HEALTHY without a health_check'; allowed: a command that tells; give health_check"),
        ({"before_app": "SUCCESS", "essential": True}, r"got 'SUCCESS of an essential container'; allowed: .*; leave essential out"),
        ({"health_check": ("/healthy",)}, r"Sidecar.health_check: got \['/healthy'\]; allowed: .*CMD or CMD-SHELL; write"),
    ],
)
def test_refuses_a_sidecar_that_cannot_be(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{message}" if message.startswith("Sidecar") else message):
        Sidecar(**{"name": "Proxy", "image": image(), "memory_mib": 128, **wrong})


@pytest.mark.control("LIB-2")
def test_refuses_one_twice_too_large_by_tag_or_with_a_plain_secret() -> None:
    stack = new_stack()
    service = a_service(stack, cpu=256, memory_mib=512)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: add_sidecar\('Big'\): got '321 of the 448 MiB that are left of 512'; allowed: at most 320 MiB: 128 are the "
        r"application's; take less, or raise memory_mib of the posture$",
    ):
        service.add_sidecar(Sidecar(name="Big", image=image(), memory_mib=321))
    service.add_sidecar(Sidecar(name="Small", image=image(), memory_mib=70))
    with pytest.raises(ConfigurationError, match=r"^Stack/Api: add_sidecar\('Small'\): got 'a second call'; allowed: one; call it once$"):
        service.add_sidecar(Sidecar(name="Small", image=image(), memory_mib=70))
    with pytest.raises(ConfigurationError, match=r"^Stack/Api: Tagged: image: got 'nginx:1'; allowed: an image by digest"):
        service.add_sidecar(Sidecar(name="Tagged", image=image("nginx:1"), memory_mib=70))
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Api: Leaky: environment: got 'API_KEY'; allowed: plain configuration; put it into"
    ):
        service.add_sidecar(Sidecar(name="Leaky", image=image(), memory_mib=70, settings={"API_KEY": "sk_live_0123456789abcdef"}))


@pytest.mark.control("WEB-3")
@pytest.mark.parametrize(
    ("name", "pinned"),
    [(IMAGE, True), ("nginx", False), ("nginx:1.27", False), ("registry.example:5000/app", False), (f"nginx:1@{DIGEST}", True)],
)
def test_production_asks_for_digests_and_staging_says_what_is_none(name: str, pinned: bool) -> None:
    stack = new_stack()
    if not pinned:
        with pytest.raises(
            ConfigurationError,
            match=rf"^Stack/Api: image: got '{re.escape(name)}'; allowed: an image by digest \(repository@sha256:...\): a tag can be moved to another "
            r"image than the one that was tested; ask for it with 'docker buildx imagetools inspect', or use a posture with image_pinning='TAG' "
            r"where nobody is served$",
        ):
            a_service(stack, picture=name)
    a_service(stack, "Staging", posture=STAGING.compute, picture=name)
    said = [entry["data"] for entries in synth(stack).metadata.values() for entry in entries if entry["type"] == "aws:cdk:info"]
    assert said == ([] if pinned else [f"The image {name} is named by a tag, which can be moved; production asks for a digest."])


@pytest.mark.control("WEB-3")
def test_a_tag_of_a_repository_is_seen_too() -> None:
    stack = new_stack()
    repository = ecr.Repository(stack, "Repository")
    service = a_service(stack)
    with pytest.raises(ConfigurationError, match=r"Stack/Api: Agent: image: got '.*:v1'; allowed: an image by digest"):
        service.add_sidecar(Sidecar(name="Agent", image=ecs.ContainerImage.from_ecr_repository(repository, "v1"), memory_mib=70))


@pytest.mark.control("WEB-3")
def test_a_bent_sidecar_is_found() -> None:
    from prodready_constructs.compliance.rules import container_unhardened

    stack = new_stack()
    container = a_service(stack).add_sidecar(Sidecar(name="Proxy", image=image(), memory_mib=70))
    task = container.task_definition.node.default_child
    task.add_property_override("ContainerDefinitions.1.User", "root")  # type: ignore[union-attr]
    user = containers(synth(stack))["Proxy"]["User"]
    assert container_unhardened._is_root(user)
