"""The secret of an app client, read by CloudFormation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit

_ATTRIBUTE = "ClientSecret"
#: The second is what the CDK's own ``user_pool_client_secret`` makes: a function that reads the secret into the stack's state.
CLIENTS = ("AWS::Cognito::UserPoolClient", "Custom::DescribeCognitoUserPoolClient")
_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9]+)\.([A-Za-z0-9.]+)\}")


def _attributes(value: Any) -> Iterator[tuple[str, str]]:
    """Every attribute that *value* takes from a resource: logical id and name."""
    if isinstance(value, list):
        for item in value:
            yield from _attributes(item)
    elif isinstance(value, dict):
        for key, argument in value.items():
            if key == "Fn::GetAtt":
                parts = argument.split(".", 1) if isinstance(argument, str) else argument
                if len(parts) == 2 and all(isinstance(part, str) for part in parts):
                    yield parts[0], parts[1]
            elif key == "Fn::Sub":
                yield from _SUBSTITUTION.findall(argument if isinstance(argument, str) else argument[0])
            yield from _attributes(argument)


def _find(subject: Subject) -> Iterator[Hit]:
    for stack in subject.assembly.stacks:
        clients = {one.logical_id for one in stack.of_type(*CLIENTS)}
        # Most templates never speak of it, and are not walked through.
        if not clients or _ATTRIBUTE not in json.dumps(stack.template):
            continue

        def read(value: Any, clients: set[str] = clients) -> set[str]:
            return {name for name, attribute in _attributes(value) if name in clients and attribute.rpartition(".")[2] == _ATTRIBUTE}

        for resource in stack.resources.values():
            yield from (hit(resource, detail=name, note=f"It reads the secret of {name}.") for name in sorted(read(resource.body)))
        for output, body in stack.template.get("Outputs", {}).items():
            for name in sorted(read(body)):
                yield Hit(path=stack.path, stack=stack, detail=output, note=f"The output {output} is the secret of {name}.")


RULE = Rule(
    name="ClientSecretRead",
    controls=("SEC-2", "SEC-5"),
    why="A client's secret passes through CloudFormation: whoever may read the stack, or what it was given to, can sign in as the client.",
    fix="identity.ServiceAccount: the secret goes from Cognito to Secrets Manager by rotation, and stands in no template, output or state",
    find=_find,
)
