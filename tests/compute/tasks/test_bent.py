"""What is bent through an L2 or an escape hatch is found in the finished template."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aws_cdk import aws_ecs as ecs

from prodready_constructs.compute.tasks.log_routes import LogsToGroup
from prodready_constructs.compute.tasks.sidecars import Sidecar
from tests.compliance.templates import found, stack_of
from tests.compute.tasks.parts import a_service, image
from tests.support.synthesis import new_stack, synth

#: Of a task with all that can be beside an application.
ORDER = ("App", "Proxy", "Collector", "LogRouter")


def judged(rule: str, **bent: tuple[str, Any]) -> list[str]:
    """What *rule* finds when, of the container of a name, a property is overridden."""
    stack = new_stack()
    service = a_service(stack, cpu=1024, memory_mib=2048)
    service.add_sidecar(Sidecar(name="Proxy", image=image(), memory_mib=70))
    service.add_tracing()
    service.route_logs(LogsToGroup(service.log_group))
    cfn = cast("ecs.CfnTaskDefinition", service.task_definition.node.default_child)
    for name, (prop, value) in bent.items():
        cfn.add_property_override(f"ContainerDefinitions.{ORDER.index(name)}.{prop}", value)
    template = synth(stack)
    assert tuple(one["Name"] for one in template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]) == ORDER
    return [one.split(" @ ")[0].split("[")[-1].rstrip("]") for one in found(rule, stack_of(template.resources))]


@pytest.mark.control("GOV-3", "WEB-3")
def test_nothing_is_found_as_it_is_made() -> None:
    assert judged("ContainerUnhardened") == judged("ImageUnpinned") == []


@pytest.mark.control("GOV-3", "WEB-3")
@pytest.mark.parametrize("name", ORDER)
def test_a_root_user_a_writable_file_system_and_a_tag_are_found(name: str) -> None:
    assert judged("ContainerUnhardened", **{name: ("User", "root")}) == [f"{name} User"]
    assert judged("ContainerUnhardened", **{name: ("ReadonlyRootFilesystem", False)}) == [f"{name} Files"]
    assert judged("ImageUnpinned", **{name: ("Image", "nginx:latest")}) == [name]
