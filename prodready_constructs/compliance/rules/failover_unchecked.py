"""A primary record that is never given up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, mappings
from prodready_constructs.evidence.assembly import flat


def _unchecked(record: Any) -> bool:
    target = record.get("AliasTarget") or {}
    return record.get("Failover") == "PRIMARY" and not record.get("HealthCheckId") and is_off(target.get("EvaluateTargetHealth"))


def _find(subject: Subject) -> Iterator[Hit]:
    yield from (hit(record) for record in subject.of_type("AWS::Route53::RecordSet") if _unchecked(record.properties))
    for group in subject.of_type("AWS::Route53::RecordSetGroup"):
        for record in mappings(group.get("RecordSets")):
            if _unchecked(record):
                yield hit(group, detail=f"{record.get('Type')} {flat(record.get('Name'))}")


RULE = Rule(
    name="FailoverUnchecked",
    controls=("WEB-9",),
    why="Nothing tells Route 53 that the primary is down: it counts as healthy for ever, and the secondary never answers.",
    fix="HealthCheckId on the primary, as edge.Domain demands of Failover('PRIMARY'), or at least EvaluateTargetHealth: true on its alias",
    find=_find,
)
