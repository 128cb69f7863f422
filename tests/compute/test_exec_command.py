"""ECS Exec as a person pastes it."""

from __future__ import annotations

import shlex

import pytest
from aws_cdk import aws_ecs as ecs

from prodready_constructs.compute import WebService
from prodready_constructs.posture import PRODUCTION
from tests.network.bastion.parts import a_vpc, text
from tests.support.aws_cli import commands_in, faults
from tests.support.synthesis import new_stack, synth

IMAGE = f"public.ecr.aws/nginx/nginx@sha256:{'a' * 64}"


@pytest.mark.control("WEB-3")
def test_the_command_opens_a_shell_in_a_task_of_this_service() -> None:
    stack = new_stack()
    service = WebService(stack, "Api", vpc=a_vpc(stack), image=ecs.ContainerImage.from_registry(IMAGE), posture=PRODUCTION.compute)
    service.allow_exec()
    line = text(stack.resolve(service.exec_command))
    assert faults(line) == []
    assert [words[1:3] for words in commands_in(line)] == [["ecs", "list-tasks"], ["ecs", "execute-command"]]
    words = shlex.split(line)
    template = synth(stack)
    (cluster,) = template.of_type("AWS::ECS::Cluster")
    assert words[words.index("--cluster") + 1] == cluster
    containers = template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert words[words.index("--container") + 1] in {one["Name"] for one in containers}
    (name,) = template.of_type("AWS::ECS::Service")
    assert f"arn-of-{name}" in line
