"""An Automation runbook with its starter's rights, with unchecked inputs, or that interrupts without being asked twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, document, hit, mappings
from prodready_constructs.evidence.assembly import Resource, flat

#: How an API begins that takes something away from users, or for good: ``RebootDBInstance`` and ``reboot_db_instance`` are one.
INTERRUPTS = ("delete", "failover", "promote", "reboot", "stop", "switchover", "terminate")
#: Actions of Automation that do so by themselves.
#: Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
INTERRUPTING = frozenset({"aws:deleteImage", "aws:deleteStack"})
#: Types whose values Automation does not look at: any text.
_TEXT = frozenset({"String", "StringList"})
_INPUT = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def _steps(content: Any) -> Iterator[dict[str, Any]]:
    """The steps in their order, those of loops too."""
    for step in mappings(content):
        yield step
        inputs = step.get("inputs")
        yield from _steps(inputs.get("Steps") if isinstance(inputs, dict) else None)


def _interrupts(step: dict[str, Any]) -> str | None:
    """What *step* does to users; None if nothing."""
    inputs = step.get("inputs")
    inputs = inputs if isinstance(inputs, dict) else {}
    action = str(step.get("action"))
    if action == "aws:executeAwsApi":
        api = flat(inputs.get("Api"))
        return api if api.replace("_", "").replace("-", "").lower().startswith(INTERRUPTS) else None
    if action == "aws:changeInstanceState":
        state = flat(inputs.get("DesiredState"))
        return f"{action} to {state}" if state in ("stopped", "terminated") else None
    return action if action in INTERRUPTING else None


def _without_role(content: dict[str, Any], parameters: dict[str, Any]) -> bool:
    role = content.get("assumeRole")
    # AWS's own runbooks name an input that may be left out.
    given = parameters.get(asked[1]) if isinstance(role, str) and (asked := _INPUT.fullmatch(role)) else None
    return not role or (isinstance(given, dict) and given.get("default") == "")


def _runbook(runbook: Resource, content: dict[str, Any]) -> Iterator[Hit]:
    parameters = content.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if _without_role(content, parameters):
        yield hit(runbook, detail="Role", note="It runs with the rights of whoever starts it, who needs all of them.")
    for name, parameter in parameters.items():
        checked = not isinstance(parameter, dict) or parameter.get("allowedPattern") or parameter.get("allowedValues")
        if not checked and parameter.get("type") in _TEXT:
            yield hit(runbook, detail=f"{name} Input", note=f"{name} takes any text.")
    approved = False
    for step in _steps(content.get("mainSteps")):
        # A refusal that the next step does not heed is none.
        approved = approved or (step.get("action") == "aws:approve" and step.get("onFailure", "Abort") != "Continue")
        if not approved and (does := _interrupts(step)):
            name = flat(step.get("name"))
            yield hit(runbook, detail=f"{name} Approval", note=f"{name} ({does}) waits for nobody's approval.")


def _find(subject: Subject) -> Iterator[Hit]:
    for runbook in subject.of_type("AWS::SSM::Document"):
        content = document(runbook.get("Content"))
        # What is YAML, or only known later, cannot be judged.
        if runbook.get("DocumentType") == "Automation" and "mainSteps" in content:
            yield from _runbook(runbook, content)


RULE = Rule(
    name="AutomationUnguarded",
    controls=("DR-6",),
    why="A runbook is started at night, in a hurry: what it may do, and to what, has to be settled before "
    "(AWS Systems Manager, service roles for Automation, and aws:approve).",
    fix="assumeRole with a role for this runbook, allowedPattern or allowedValues for every text, aws:approve before what interrupts; "
    "recovery.Procedures has them",
    find=_find,
)
