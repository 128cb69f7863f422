"""What programs are started with, as their templates have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import mappings
from prodready_constructs.evidence.assembly import Resource

#: What is started with an environment that stands in its template.
PROGRAMS = (
    *("AWS::Amplify::App", "AWS::Amplify::Branch", "AWS::AppRunner::Service", "AWS::AppSync::GraphQLApi", "AWS::Batch::JobDefinition"),
    *("AWS::CodeBuild::Project", "AWS::ECS::TaskDefinition", "AWS::Glue::Job", "AWS::Lambda::Function", "AWS::SageMaker::Model"),
    "AWS::Serverless::Function",
)


def environment(program: Resource) -> Iterator[tuple[str, Any]]:
    """The names and values that a program is started with."""
    lists: list[Any] = []
    match program.type:
        case "AWS::Lambda::Function" | "AWS::Serverless::Function":
            yield from _pairs(program.get("Environment", "Variables"))
        case "AWS::AppSync::GraphQLApi":
            yield from _pairs(program.get("EnvironmentVariables"))
        case "AWS::Glue::Job":
            yield from _pairs(program.get("DefaultArguments"))
        case "AWS::SageMaker::Model":
            lists = [program.get("PrimaryContainer"), *(program.get("Containers") or [])]
            for container in mappings(lists):
                yield from _pairs(container.get("Environment"))
            return
        case "AWS::ECS::TaskDefinition":
            lists = [one.get("Environment") for one in mappings(program.get("ContainerDefinitions"))]
        case "AWS::CodeBuild::Project":
            values = mappings(program.get("Environment", "EnvironmentVariables"))
            lists = [[one for one in values if one.get("Type") in (None, "PLAINTEXT")]]
        case "AWS::Batch::JobDefinition":
            tasks = mappings(program.get("EcsProperties", "TaskProperties"))
            containers = [container for task in tasks for container in mappings(task.get("Containers"))]
            lists = [program.get("ContainerProperties", "Environment"), *(one.get("Environment") for one in containers)]
        case "AWS::Amplify::App" | "AWS::Amplify::Branch":
            lists = [program.get("EnvironmentVariables")]
        case "AWS::AppRunner::Service":
            lists = [program.get("SourceConfiguration", "ImageRepository", "ImageConfiguration", "RuntimeEnvironmentVariables")]
    for variables in lists:
        yield from ((str(one.get("Name")), one.get("Value")) for one in mappings(variables))


def _pairs(variables: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(variables, dict):
        yield from variables.items()
