"""Where in an assembly a construct is, and what it is called there."""

from __future__ import annotations

import re
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import Assembly, Resource, StackTemplate

RECORDED = "prodready:construct"
_SLUG = re.compile(r"[^a-z0-9]+")


def stack_of(assembly: Assembly, path: str, *, otherwise: StackTemplate | None = None) -> StackTemplate:
    """The stack that holds the construct *path*: the one with the longest matching path."""
    holding = [stack for stack in assembly.stacks if path == stack.path or path.startswith(f"{stack.path}/")]
    if not holding and otherwise is not None:
        return otherwise
    if not holding:
        raise ConfigurationError(path, given="no stack", allowed="a construct in a stack of the assembly", mend="synthesize the app again")
    return max(holding, key=lambda stack: len(stack.path))


def slug(text: str) -> str:
    """*text* in small letters, digits and dashes."""
    return _SLUG.sub("-", text.lower()).strip("-")


def construct_of(resource: Resource) -> str:
    """The path of the construct that a person would name: without the stack's path and what the CDK hangs below an L2."""
    path = resource.path.removeprefix(f"{resource.stack.path}/")
    parts = path.split("/")
    while len(parts) > 1 and parts[-1] in {
        "Resource",
        "Default",
        "Function",
        "Service",
        "Instance",
        "Cluster",
        "Table",
        "Bucket",
        "Secret",
    }:
        parts = parts[:-1]
    return "/".join(parts)


def name_of(resource: Resource, *named: str) -> Any:
    """The physical name as the template states it under one of the properties *named*, else what CloudFormation will know."""
    stated = (resource.get(name) for name in named)
    return next((value for value in stated if isinstance(value, str)), {"Ref": resource.logical_id})
