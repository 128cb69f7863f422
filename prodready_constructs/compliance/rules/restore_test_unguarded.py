"""A restore test that succeeds because it tests nothing, or fails for want of a place to restore to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, number
from prodready_constructs.evidence.assembly import Resource, flat
from prodready_constructs.foundation.cron import CronError, parse_cron

#: Restored into the default VPC, behind its default security group, where the selection says nothing else. Keys know no case.
#: Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html
PLACED = ("Aurora", "DocumentDB", "Neptune", "RDS")
PLACE = {"dbsubnetgroupname": "a subnet group", "vpcsecuritygroupids": "security groups"}
#: Ledger DR-2: monthly.
RAREST = timedelta(days=31)
#: What AWS takes where a plan does not say, in days.
_SELECTION_WINDOW = 30


def _rare(expression: Any) -> bool:
    """Whether the schedule runs less often than monthly; what cannot be read is AWS's to refuse."""
    if not isinstance(expression, str) or not expression.startswith("cron("):
        return False
    try:
        cron = parse_cron(expression.removeprefix("cron(").removesuffix(")"))
    except CronError:
        return False
    gaps = cron.gaps if cron.fires else None
    return gaps is None or gaps[1] > RAREST


def _plan(plan: Resource, selections: list[Resource], subject: Subject) -> Iterator[Hit]:
    chosen = plan.get("RecoveryPointSelection") or {}
    if _rare(plan.get("ScheduleExpression")):
        yield hit(plan, detail="Schedule", note="It runs less often than monthly.")
    days = number(chosen.get("SelectionWindowDays"), _SELECTION_WINDOW)
    if chosen.get("Algorithm") == "LATEST_WITHIN_WINDOW" and RAREST.days < days < float("inf"):
        yield hit(plan, detail="Age", note=f"A backup of {days:g} days ago satisfies it: that none was made since goes unseen.")
    named = plan.get("RestoreTestingPlanName")
    if not any(
        plan in subject.targets(one, one.get("RestoreTestingPlanName")) or one.get("RestoreTestingPlanName") == named for one in selections
    ):
        yield hit(plan, detail="Nothing", note="No selection belongs to it.")


def _selection(selection: Resource) -> Iterator[Hit]:
    if not selection.get("ProtectedResourceArns") and not selection.get("ProtectedResourceConditions"):
        yield hit(selection, detail="Nothing", note="It selects no resource.")
    if number(selection.get("ValidationWindowHours"), 0) <= 0:
        yield hit(selection, detail="Window", note="What is restored is deleted at once: nobody can look whether the data is there.")
    kind, overrides = flat(selection.get("ProtectedResourceType")), selection.get("RestoreMetadataOverrides")
    if kind in PLACED:
        said = {str(key).lower() for key in overrides} if isinstance(overrides, dict) else set()
        if lacking := [words for key, words in PLACE.items() if key not in said]:
            note = f"It names no {' and no '.join(words.removeprefix('a ') for words in lacking)}: it restores production data into the default VPC."
            yield hit(selection, detail="Place", note=note)


def _find(subject: Subject) -> Iterator[Hit]:
    selections = subject.of_type("AWS::Backup::RestoreTestingSelection")
    for plan in subject.of_type("AWS::Backup::RestoreTestingPlan"):
        yield from _plan(plan, selections, subject)
    for selection in selections:
        yield from _selection(selection)


RULE = Rule(
    name="RestoreTestUnguarded",
    controls=("DR-2",),
    why="A test that tests nothing says that everything can be restored (AWS Backup, restore testing).",
    fix="a monthly schedule, resources, a validation window, and for databases dbSubnetGroupName and vpcSecurityGroupIds among the overrides; "
    "recovery.RestoreTest has them, and a function that looks into what was restored",
    find=_find,
)
