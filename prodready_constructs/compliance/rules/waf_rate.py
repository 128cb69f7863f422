"""A web ACL that does not limit the rate of a single address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings


def _limits_rate(rules: Any) -> bool:
    return any("RateBasedStatement" in (rule.get("Statement") or {}) for rule in mappings(rules))


def _find(subject: Subject) -> Iterator[Hit]:
    for acl in subject.of_type("AWS::WAFv2::WebACL"):
        groups = (one for one in subject.targets(acl, acl.get("Rules")) if one.type == "AWS::WAFv2::RuleGroup")
        if not _limits_rate(acl.get("Rules")) and not any(_limits_rate(group.get("Rules")) for group in groups):
            yield hit(acl)


RULE = Rule(
    name="WafWithoutRateLimit",
    controls=("WEB-1",),
    why="A single address can send as many requests as it likes: password guessing and floods pass the managed rules.",
    fix="add a rule with a RateBasedStatement (10,000 requests in 5 minutes is a start), as edge.WebAcl does",
    find=_find,
)
