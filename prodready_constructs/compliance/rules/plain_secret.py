"""A secret written where everybody can read it: an environment value, a parameter, a password in the template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true, mappings
from prodready_constructs.evidence.assembly import Resource, flat, references
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret

#: Properties that hold a password: a literal there is one, whatever it looks like.
PASSWORDS = {
    "AWS::DocDB::DBCluster": "MasterUserPassword",
    "AWS::ElastiCache::ReplicationGroup": "AuthToken",
    "AWS::RDS::DBCluster": "MasterUserPassword",
    "AWS::RDS::DBInstance": "MasterUserPassword",
    "AWS::Redshift::Cluster": "MasterUserPassword",
}
_RESOLVED = ("{{resolve:secretsmanager:", "{{resolve:ssm-secure:")


def _environment(resource: Resource) -> Iterator[tuple[str, Any]]:
    """The names and values that a program is started with."""
    if resource.type == "AWS::ECS::TaskDefinition":
        lists = [one.get("Environment") for one in mappings(resource.get("ContainerDefinitions"))]
    elif resource.type == "AWS::Lambda::Function":
        yield from (resource.get("Environment", "Variables") or {}).items()
        return
    elif resource.type == "AWS::CodeBuild::Project":
        values = mappings(resource.get("Environment", "EnvironmentVariables"))
        lists = [[one for one in values if one.get("Type") in (None, "PLAINTEXT")]]
    elif resource.type == "AWS::Batch::JobDefinition":
        lists = [resource.get("ContainerProperties", "Environment")]
    else:
        lists = [resource.get("SourceConfiguration", "ImageRepository", "ImageConfiguration", "RuntimeEnvironmentVariables")]
    for variables in lists:
        yield from ((str(one.get("Name")), one.get("Value")) for one in mappings(variables))


def _is_plain(resource: Resource, name: str, value: Any) -> bool:
    text = flat(value)
    parameters = resource.stack.template.get("Parameters", {})
    hidden = any(is_true(parameters.get(found, {}).get("NoEcho")) for function, found in references(value) if function == "Local")
    resolved = any(reference in text for reference in _RESOLVED)
    return hidden or resolved or (isinstance(value, str) and looks_like_a_secret(name, value))


def _find(subject: Subject) -> Iterator[Hit]:
    programs = ("AWS::ECS::TaskDefinition", "AWS::Lambda::Function", "AWS::CodeBuild::Project", "AWS::Batch::JobDefinition")
    for program in subject.of_type(*programs, "AWS::AppRunner::Service"):
        for name, value in _environment(program):
            if _is_plain(program, name, value):
                yield hit(program, detail=name, note=f"The environment variable {name} holds one.")
    for parameter in subject.of_type("AWS::SSM::Parameter"):
        if _is_plain(parameter, flat(parameter.get("Name")) or parameter.logical_id, parameter.get("Value")):
            yield hit(parameter, note="The parameter is not encrypted.")
    for store in subject.of_type(*PASSWORDS):
        value = store.get(PASSWORDS[store.type])
        if isinstance(value, str) and not value.startswith("{{resolve:"):
            yield hit(store, detail=PASSWORDS[store.type], note="The password is in the template.")
    for stack in subject.assembly.stacks:
        for name, parameter in stack.template.get("Parameters", {}).items():
            default = parameter.get("Default")
            if isinstance(default, str) and default and (is_true(parameter.get("NoEcho")) or looks_like_a_secret(name, default)):
                yield Hit(path=stack.path, stack=stack, detail=name, note=f"The default of the stack parameter {name} is one.")


RULE = Rule(
    name="PlainSecret",
    controls=("DB-4", "SEC-2"),
    why="Everyone who may read the stack, the task definition or the function's settings can read the secret.",
    fix="keep it in Secrets Manager (security.AppSecret) and hand it over as a secret: ecs.Secret.from_secrets_manager, or by ARN to a "
    "function that reads it",
    find=_find,
)
