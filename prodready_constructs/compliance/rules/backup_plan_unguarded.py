"""A backup plan whose copies are lost with what they were copied from, or whose jobs get in each other's way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from math import isinf
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings, number
from prodready_constructs.evidence.assembly import Resource, flat
from prodready_constructs.foundation.cron import CronError, parse_cron

#: AWS Backup refuses less, when the plan is deployed. Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html
FEWEST_COLD_DAYS = 90
#: Minutes in which a job may begin where its rule does not say (the CDK's reference of BackupPlanRule).
_START_WINDOW = 8 * 60
#: The schedule of a rule without one. Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html
_DAILY = "cron(0 5 ? * * *)"
#: Two rules that meet at all meet within four years, leap day included.
_LOOKED_AT = 4
#: Region and account of a vault, once the colons of ``AWS::Region`` are gone.
_VAULT = re.compile(r"arn:[^:]+:backup:([^:]*):([^:]*):backup-vault:")


def _beside(subject: Subject, plan: Resource, arn: Any) -> bool:
    """Whether *arn* is a vault of the plan's own region and account; an air-gapped one is another thing, and is meant to be there."""
    stack = plan.stack
    if written := _VAULT.match(flat(arn).replace("AWS::", "")):
        region, account = written.groups()
        return region in ("${Region}", stack.region) and account in ("${AccountId}", stack.account)
    return any(
        vault.stack is stack or (stack.region is not None and (vault.stack.region, vault.stack.account) == (stack.region, stack.account))
        for vault in subject.targets(plan, arn)
        if vault.type == "AWS::Backup::BackupVault"
    )


def _lifecycle(plan: Resource, name: str, lifecycle: Any) -> Iterator[Hit]:
    if not isinstance(lifecycle, dict):
        return
    end, cold = number(lifecycle.get("DeleteAfterDays"), -1), number(lifecycle.get("MoveToColdStorageAfterDays"), -1)
    if end < 0:
        yield hit(plan, detail=f"{name} End", note=f"What {name} makes is kept, and paid for, for ever.")
    elif not isinf(cold) and cold >= 0 and end - cold < FEWEST_COLD_DAYS:
        note = f"{name} deletes {end - cold:g} days after cold storage, where {FEWEST_COLD_DAYS} are the least."
        yield hit(plan, detail=f"{name} Cold", note=note)


@lru_cache(maxsize=64)
def _starts(expression: str) -> tuple[datetime, ...]:
    """When a rule runs in the years looked at; never where that cannot be told."""
    try:
        return tuple(parse_cron(expression.removeprefix("cron(").removesuffix(")")).runs(years=_LOOKED_AT))
    except CronError:
        return ()


def _overlaps(plan: Resource, rules: list[dict[str, Any]]) -> Iterator[Hit]:
    """Rules that begin while another may still be at work; where that one has no completion window, its start window alone counts."""
    runs: list[tuple[datetime, int, str]] = []
    for index, rule in enumerate(rules):
        expression, zone = rule.get("ScheduleExpression", _DAILY), str(rule.get("ScheduleExpressionTimezone") or "Etc/UTC")
        if isinstance(expression, str):
            runs += [(start, index, zone.removeprefix("Etc/")) for start in _starts(expression)]
    lasts = [number(rule.get("StartWindowMinutes"), _START_WINDOW) + number(rule.get("CompletionWindowMinutes"), 0) for rule in rules]
    ends: dict[int, tuple[datetime, str]] = {}
    found: set[int] = set()
    for start, index, zone in sorted(runs):
        others = [other for other, (end, where) in ends.items() if other != index and where == zone and end > start]
        if others and index not in found:
            found.add(index)
            name, first = _name(rules[index]), _name(rules[others[0]])
            note = f"{name} begins at {start:%Y-%m-%d %H:%M}, while {first} may still be at work: its jobs may wait until they expire."
            yield hit(plan, detail=f"{name} Overlap", note=note)
        if not isinf(lasts[index]):
            ends[index] = start + timedelta(minutes=lasts[index]), zone


def _name(rule: dict[str, Any]) -> str:
    return flat(rule.get("RuleName"))


def _find(subject: Subject) -> Iterator[Hit]:
    for plan in subject.of_type("AWS::Backup::BackupPlan"):
        rules = list(mappings(plan.get("BackupPlan", "BackupPlanRule")))
        for rule in rules:
            name = _name(rule)
            yield from _lifecycle(plan, name, rule.get("Lifecycle") or {})
            for copy in mappings(rule.get("CopyActions")):
                if _beside(subject, plan, copy.get("DestinationBackupVaultArn")):
                    yield hit(plan, detail=f"{name} Copy", note=f"{name} copies to its own region and account.")
                # A copy without a lifecycle has that of its source.
                yield from _lifecycle(plan, f"{name} copy", copy.get("Lifecycle"))
        yield from _overlaps(plan, rules)


RULE = Rule(
    name="BackupPlanUnguarded",
    controls=("DR-1",),
    why="A plan that is refused, whose copy shares the fate of its source, or whose jobs expire, is noticed when a backup is needed "
    "(AWS Backup, Lifecycle and BackupRule).",
    fix=f"a copy to another region or account, an end for every recovery point, {FEWEST_COLD_DAYS} days in cold storage at least, and windows "
    "that end before the next rule begins; recovery.BackupPlan has them",
    find=_find,
)
