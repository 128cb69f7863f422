"""A secret written where everybody can read it: an environment value, a parameter, a password in the template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.environments import PROGRAMS, environment
from prodready_constructs.compliance.rules.literal_secrets import literal_secrets
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true
from prodready_constructs.evidence.assembly import Resource, flat, references
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret

_RESOLVED = ("{{resolve:secretsmanager:", "{{resolve:ssm-secure:")


def _is_plain(resource: Resource, name: str, value: Any) -> bool:
    text = flat(value)
    parameters = resource.stack.template.get("Parameters", {})
    hidden = any(is_true(parameters.get(found, {}).get("NoEcho")) for function, found in references(value) if function == "Local")
    resolved = any(reference in text for reference in _RESOLVED)
    return hidden or resolved or (isinstance(value, str) and looks_like_a_secret(name, value))


def _custom(subject: Subject) -> Iterator[Resource]:
    """Custom resources: their properties are the event of a function, which may log it."""
    for resource in subject.assembly.resources:
        if resource.type.startswith("Custom::") or resource.type == "AWS::CloudFormation::CustomResource":
            yield resource


def _find(subject: Subject) -> Iterator[Hit]:
    for program in subject.of_type(*PROGRAMS):
        for name, value in environment(program):
            if _is_plain(program, name, value):
                yield hit(program, detail=name, note=f"The environment variable {name} holds one.")
    for custom in _custom(subject):
        for name, value in custom.properties.items():
            if name != "ServiceToken" and _is_plain(custom, name, value):
                yield hit(custom, detail=name, note=f"The property {name} holds one.")
    for parameter in subject.of_type("AWS::SSM::Parameter"):
        if _is_plain(parameter, flat(parameter.get("Name")) or parameter.logical_id, parameter.get("Value")):
            yield hit(parameter, note="The parameter is not encrypted.")
    for store, path in literal_secrets(subject):
        yield hit(store, detail=path, note=f"{path} is in the template.")
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
    "function that reads it; where CloudFormation needs the value itself, a dynamic reference to it",
    find=_find,
)
