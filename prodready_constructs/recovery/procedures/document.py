"""AWS Systems Manager Automation runbooks, as data: schema 0.3.

Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-documents.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

#: How long an approval is waited for: a person who is called at night answers within it, and nothing destructive stays open until morning.
APPROVAL_WAIT = timedelta(hours=1)
#: How long a change may take to be seen: as long as Automation waits by default.
CHANGE_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What one automation does, and what it must be allowed to.

    Attributes:
        does: one sentence. kinds: beginnings of the names of the pages that mention it.
        steps: after an approval, if any. outputs: ``Step.Name`` of what is shown in the end.
        statements: of its role. approved: whether somebody else agrees first. inputs: name -> what to give, for people.
    """

    does: str
    kinds: tuple[str, ...]
    steps: tuple[Mapping[str, Any], ...]
    outputs: tuple[str, ...]
    statements: tuple[Mapping[str, Any], ...]
    approved: bool = False
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


def content(action: Action, *, role_arn: str, approvers: Sequence[str], topic_arn: str | None) -> dict[str, Any]:
    """The document itself."""
    approval: list[dict[str, Any]] = []
    if action.approved:
        told = {"NotificationArn": topic_arn} if topic_arn else {}
        approval.append(
            {
                "name": "Approve",
                "action": "aws:approve",
                "onFailure": "Abort",
                "timeoutSeconds": _seconds(APPROVAL_WAIT),
                "inputs": {**told, "Message": action.does, "MinRequiredApprovals": 1, "Approvers": list(approvers)},
            }
        )
    return {
        "schemaVersion": "0.3",
        "description": action.does,
        "assumeRole": role_arn,
        "parameters": {name: dict(value) for name, value in action.parameters.items()},
        "mainSteps": [*approval, *(dict(step) for step in action.steps)],
        "outputs": list(action.outputs),
    }


def call(name: str, service: str, api: str, inputs: Mapping[str, Any], outputs: Mapping[str, str]) -> dict[str, Any]:
    shown = [{"Name": output, "Selector": selector, "Type": "String"} for output, selector in outputs.items()]
    return {
        "name": name,
        "action": "aws:executeAwsApi",
        "onFailure": "Abort",
        "inputs": {"Service": service, "Api": api, **inputs},
        **({"outputs": shown} if shown else {}),
    }


def wait(name: str, service: str, api: str, inputs: Mapping[str, Any], *, until: tuple[str, str], within: timedelta) -> dict[str, Any]:
    return {
        "name": name,
        "action": "aws:waitForAwsResourceProperty",
        "onFailure": "Abort",
        "timeoutSeconds": _seconds(within),
        "inputs": {"Service": service, "Api": api, **inputs, "PropertySelector": until[0], "DesiredValues": [until[1]]},
    }


def parameter(description: str, pattern: str) -> dict[str, str]:
    return {"type": "String", "description": description, "allowedPattern": pattern}


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
