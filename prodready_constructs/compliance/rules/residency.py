"""Data that leaves the regions its posture allows: a store, a replica or a copy elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.contracts import METADATA_KEY

#: Region of an ARN of a service that holds data or its keys; roles and users have none.
_ARN = re.compile(
    r"arn:[^:]+:(?:backup|backup-gateway|dynamodb|elasticache|kinesis|kms|rds|s3|secretsmanager|sns|sqs):([a-z]{2}[a-z-]*-\d):"
)


def _regions(value: Any) -> Iterator[str]:
    """The regions that *value*, any JSON of a template, names: replicas, ARNs, and outputs of stacks elsewhere."""
    if isinstance(value, str):
        yield from _ARN.findall(value)
    elif isinstance(value, list):
        for item in value:
            yield from _regions(item)
    elif isinstance(value, dict):
        output = value.get("Fn::GetStackOutput")
        if isinstance(output, dict) and isinstance(output.get("Region"), str):
            yield output["Region"]
        for item in value.values():
            yield from _regions(item)


def _find(subject: Subject) -> Iterator[Hit]:
    for path, data in subject.assembly.recorded(METADATA_KEY):
        allowed = set(data.get("allowed_regions") or ())
        if not allowed:
            continue
        for stack in subject.assembly.stacks:
            for resource in stack.resources.values():
                if not resource.path.startswith(f"{path}/"):
                    continue
                named = set(_regions(dict(resource.properties)))
                if resource.type == "AWS::DynamoDB::GlobalTable":
                    replicas = resource.get("Replicas")
                    named |= {one["Region"] for one in replicas or () if isinstance(one, dict) and isinstance(one.get("Region"), str)}
                if stack.region is not None:
                    named.add(stack.region)
                for region in sorted(named - allowed):
                    yield hit(resource, detail=region, note=f"The posture allows {', '.join(sorted(allowed))}.")


RULE = Rule(
    name="OutsideAllowedRegions",
    controls=("GOV-6",),
    why="Data, a replica or a copy of it would be in a region that the posture does not allow.",
    fix="put it into an allowed region, or allow the region: posture.kept_in(...)",
    find=_find,
)
