"""What a build must know: outputs that a pipeline reads and a person can paste."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import aws_ecr as ecr

from prodready_constructs.compute.tasks.image_release import ImageRelease
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import STAGING
from tests.compute.tasks.parts import a_service
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

SETTING = "settings/production.toml, [service] image"


def made(**changes: Any) -> tuple[Template, list[str]]:
    stack = new_stack(new_app(flags={}))
    repository = ecr.Repository.from_repository_name(stack, "Repository", "shop")
    release = ImageRelease(stack, "Release", service=a_service(stack, **changes), repository=repository, setting=SETTING)
    assert set(release.commands) == {"SignIn", "Build", "Digest", "Deploy", "Wait"}
    # (get-login-password is a customisation of the AWS CLI, in none of its models.)
    assert [fault for name, command in release.commands.items() if name != "SignIn" for fault in faults(command)] == []
    return synth(stack), findings(stack)


@pytest.mark.control("WEB-3", "CD-3")
def test_the_outputs_say_where_and_how() -> None:
    template, found = made()
    outputs = {name[: -len("12345678")].removeprefix("Release"): one["Value"] for name, one in template.body["Outputs"].items()}
    assert set(outputs) == {"Repository", "Setting", "Cluster", "Family", "Service", "SignIn", "Build", "Digest", "Deploy", "Wait"}
    assert outputs["Setting"] == SETTING
    assert outputs["Deploy"] == "npx cdk deploy Stack"
    text = {name: str(value) for name, value in outputs.items()}
    assert "docker buildx build --platform linux/arm64 --tag " in text["Build"]
    assert "describe-images --repository-name shop --image-ids imageTag=$RELEASE" in text["Digest"]
    assert "aws ecs wait services-stable --cluster " in text["Wait"]
    assert all(template.body["Outputs"][name]["Description"] for name in template.body["Outputs"])
    assert found == []


@pytest.mark.control("WEB-3")
def test_it_is_built_for_the_tasks_architecture() -> None:
    template, _ = made(posture=STAGING.compute, architecture="x86_64")
    assert any("--platform linux/amd64" in str(one["Value"]) for one in template.body["Outputs"].values())


@pytest.mark.control("LIB-2")
def test_refuses_a_setting_that_says_nothing() -> None:
    stack = new_stack()
    repository = ecr.Repository.from_repository_name(stack, "Repository", "shop")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Release: setting: got ' '; allowed: the file and key that hold the image's digest; write 'settings/production.toml, ",
    ):
        ImageRelease(stack, "Release", service=a_service(stack), repository=repository, setting=" ")
