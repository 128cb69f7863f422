"""Where templates have a place for a password: a literal there is one, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Subject, mappings
from prodready_constructs.evidence.assembly import Resource

#: Resource type -> paths of properties; a path goes through lists too.
PLACES: dict[str, tuple[str, ...]] = {
    "AWS::Cognito::UserPoolIdentityProvider": ("ProviderDetails.client_secret", "ProviderDetails.private_key"),
    "AWS::DMS::Endpoint": ("Password",),
    "AWS::DocDB::DBCluster": ("MasterUserPassword",),
    "AWS::ElastiCache::ReplicationGroup": ("AuthToken",),
    "AWS::ElastiCache::User": ("AuthenticationMode.Passwords", "Passwords"),
    "AWS::Events::Connection": (
        "AuthParameters.ApiKeyAuthParameters.ApiKeyValue",
        "AuthParameters.BasicAuthParameters.Password",
        "AuthParameters.OAuthParameters.ClientParameters.ClientSecret",
    ),
    "AWS::MemoryDB::User": ("AuthenticationMode.Passwords",),
    "AWS::RDS::DBCluster": ("MasterUserPassword",),
    "AWS::RDS::DBInstance": ("MasterUserPassword",),
    "AWS::Redshift::Cluster": ("MasterUserPassword",),
    "AWS::SecretsManager::Secret": ("SecretString",),
}


def _at(value: Any, names: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _at(item, names)
    elif not names:
        yield value
    elif isinstance(value, dict):
        yield from _at(value.get(names[0]), names[1:])


def literal_secrets(subject: Subject) -> Iterator[tuple[Resource, str]]:
    """Every place where a password stands as it is, with the path of the property; an intrinsic function or a reference is none."""
    for store in subject.of_type(*PLACES):
        for path in PLACES[store.type]:
            found = _at(dict(store.properties), path.split("."))
            if any(isinstance(value, str) and value and not value.startswith("{{resolve:") for value in found):
                yield store, path


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


#: The types that :func:`environment` reads.
PROGRAMS = (
    *("AWS::Amplify::App", "AWS::Amplify::Branch", "AWS::AppRunner::Service", "AWS::AppSync::GraphQLApi", "AWS::Batch::JobDefinition"),
    *("AWS::CodeBuild::Project", "AWS::ECS::TaskDefinition", "AWS::Glue::Job", "AWS::Lambda::Function", "AWS::SageMaker::Model"),
    "AWS::Serverless::Function",
)


def _pairs(variables: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(variables, dict):
        yield from variables.items()
