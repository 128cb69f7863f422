"""A template with the zones that the CDK makes up when it has not asked AWS yet."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit

_MADE_UP = '"dummy1'


def _find(subject: Subject) -> Iterator[Hit]:
    for stack in subject.assembly.stacks:
        if _MADE_UP in json.dumps(stack.template):
            yield from (hit(one) for one in stack.resources.values() if _MADE_UP in json.dumps(one.body))


RULE = Rule(
    name="DummyZone",
    controls=("NET-1",),
    why="The Availability Zone dummy1a does not exist: the CDK puts it where a look-up has not been made, and the deployment fails.",
    fix="override availability_zones on the stack with the zones of the environment, or run a synth with credentials once and commit "
    "cdk.context.json",
    find=_find,
)
