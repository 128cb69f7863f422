"""A switch of regions that begins without a person's word."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.evidence.assembly import flat

#: Source: https://docs.aws.amazon.com/r53recovery/latest/dg/region-switch.html
APPROVAL = "ManualApproval"


def _find(subject: Subject) -> Iterator[Hit]:
    for plan in subject.of_type("AWS::ARCRegionSwitch::Plan"):
        for workflow in mappings(plan.get("Workflows")):
            first = next(mappings(workflow.get("Steps")), None)
            if first is not None and first.get("ExecutionBlockType") != APPROVAL:
                name = " ".join(filter(None, (flat(workflow.get("WorkflowTargetAction")), flat(workflow.get("WorkflowTargetRegion")))))
                yield hit(plan, detail=name, note=f"{name} begins with {flat(first.get('Name'))}, which nobody approves.")


RULE = Rule(
    name="RegionSwitchUnapproved",
    controls=("DR-5",),
    why="A promotion of the other region loses what has not arrived there, and has no way back: whether a region is lost or slow is a "
    "person's to say (Amazon Application Recovery Controller, Region switch).",
    fix="a step of type ManualApproval first in every workflow; recovery.RegionSwitch refuses a plan without one",
    find=_find,
)
