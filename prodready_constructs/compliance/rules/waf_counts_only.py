"""A rule of a web ACL that only counts, without anybody having said that it is on trial."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.recorded import recorded_above
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings

_GROUPS = ("ManagedRuleGroupStatement", "RuleGroupReferenceStatement")


def _counting(rules: list[dict[str, Any]]) -> Iterator[str]:
    """Groups that block nothing; and limits of the rate, where not one of them blocks: a lower one may give warning."""
    limits = [rule for rule in rules if "RateBasedStatement" in (rule.get("Statement") or {})]
    counting = [rule for rule in limits if "Count" in (rule.get("Action") or {})]
    for rule in rules:
        grouped = any(kind in (rule.get("Statement") or {}) for kind in _GROUPS)
        if (grouped and "Count" in (rule.get("OverrideAction") or {})) or (len(counting) == len(limits) and rule in counting):
            yield str(rule.get("Name"))


def _find(subject: Subject) -> Iterator[Hit]:
    for acl in subject.of_type("AWS::WAFv2::WebACL"):
        on_trial = {name for data in recorded_above(subject, acl) for name in data.get("on_trial") or ()}
        for name in _counting(list(mappings(acl.get("Rules")))):
            if name not in on_trial:
                yield hit(acl, detail=name, note=f"The rule {name} does.")


RULE = Rule(
    name="WafCountsOnly",
    controls=("WEB-1",),
    why="A group that is overridden with Count lets attacks through and looks like protection.",
    fix="OverrideAction None (Action Block for a limit); edge.WebAcl(count_only=...) records a trial and has an alarm on what it would block",
    find=_find,
)
