"""A rule of a web ACL that lets requests past its managed rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.recorded import recorded_above
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings, number
from prodready_constructs.evidence.assembly import Resource


def _allows(subject: Subject, acl: Resource, rule: dict[str, Any]) -> bool:
    """Whether it lets in for good what it matches: itself, or as a group of this app with a rule that does."""
    group = (rule.get("Statement") or {}).get("RuleGroupReferenceStatement")
    if group is None or "Count" in (rule.get("OverrideAction") or {}):
        return "Allow" in (rule.get("Action") or {})
    groups = subject.targets(acl, group)
    return any("Allow" in (one.get("Action") or {}) for found in groups for one in mappings(found.get("Rules")))


def _find(subject: Subject) -> Iterator[Hit]:
    for acl in subject.of_type("AWS::WAFv2::WebACL"):
        rules = list(mappings(acl.get("Rules")))
        managed = [number(rule.get("Priority"), 0) for rule in rules if "ManagedRuleGroupStatement" in (rule.get("Statement") or {})]
        # A priority that is decided at deployment is not known to be later.
        last = max((priority for priority in managed if priority != float("inf")), default=float("-inf"))
        explained = {
            one.get("name")
            for data in recorded_above(subject, acl)
            for one in mappings(data.get("addresses"))
            if one.get("verdict") == "allow" and one.get("because")
        }
        for rule in rules:
            name = str(rule.get("Name"))
            if number(rule.get("Priority"), 0) < last and name not in explained and _allows(subject, acl, rule):
                yield hit(acl, detail=name, note=f"The rule {name} does.")


RULE = Rule(
    name="WafBypass",
    controls=("WEB-1",),
    why="A rule with Allow ends the judgement: it lets what it matches past the managed rules after it, injections included.",
    fix="count and label instead, or give it a higher Priority than the managed groups; edge.AddressList(verdict='trust') spares the rate "
    "limits only, and verdict='allow' says why",
    find=_find,
)
