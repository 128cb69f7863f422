"""Devices that may speak for each other, and messages that vanish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, document, hit, listed, mappings


def _wide(resource: Any) -> bool:
    """Whether *resource* names everybody's clients, topics or things: a star at its end with nothing of the device before it."""
    text = json.dumps(resource) if not isinstance(resource, str) else resource
    return "*" in text and "${iot:" not in text


def _find(subject: Subject) -> Iterator[Hit]:
    for policy in subject.of_type("AWS::IoT::Policy"):
        for statement in mappings(listed(document(policy.get("PolicyDocument")).get("Statement"))):
            if statement.get("Effect") != "Allow":
                continue
            if any(str(action).lower() in ("*", "iot:*") for action in listed(statement.get("Action"))):
                yield hit(policy, detail="Actions", note="It allows every action.")
            if any(_wide(resource) for resource in listed(statement.get("Resource"))):
                yield hit(policy, detail="Resources", note="One stolen certificate speaks for every device.")
    for rule in subject.of_type("AWS::IoT::TopicRule"):
        if not rule.get("TopicRulePayload", "ErrorAction"):
            yield hit(rule, detail="Errors", note="A message whose action fails is gone.")


RULE = Rule(
    name="DeviceOpen",
    controls=("FN-6",),
    why="A device's policy is the only wall between it and the others (AWS IoT Core, security best practices).",
    fix="policies with ${iot:Connection.Thing.ThingName} in every resource, an ErrorAction for every rule; compute.DeviceIngest has both",
    find=_find,
)
