"""What two syntheses of the stack have in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def template(directory: Path) -> dict[str, Any]:
    """The stack's template without metadata."""
    body = json.loads((directory / "Shop.template.json").read_text())
    for resource in body["Resources"].values():
        resource.pop("Metadata", None)
    return dict(body)


def construct_ids(directory: Path) -> dict[str, str]:
    """Logical id -> the last part of its construct path."""
    metadata = json.loads((directory / "Shop.metadata.json").read_text())
    return {
        entry["data"]: path.rpartition("/")[2]
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:logicalId"
    }


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Every place in which two templates differ; none when they are one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [line for key in sorted({*one, *other}) for line in differences(one.get(key), other.get(key), f"{where}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [line for place, (a, b) in enumerate(zip(one, other, strict=True)) for line in differences(a, b, f"{where}/{place}")]
    return [] if one == other else [f"{where}: {json.dumps(one)} != {json.dumps(other)}"]
