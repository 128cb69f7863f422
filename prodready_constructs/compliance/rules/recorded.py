"""What a resource's own constructs wrote about themselves: an exception with a reason that the construct demanded is no finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Subject
from prodready_constructs.contracts import METADATA_KEY
from prodready_constructs.evidence.assembly import Resource


def recorded_above(subject: Subject, resource: Resource) -> Iterator[dict[str, Any]]:
    """What ``contracts.record`` wrote on the constructs that *resource* is part of."""
    for path, data in subject.assembly.recorded(METADATA_KEY):
        if isinstance(data, dict) and resource.path.startswith(f"{path}/"):
            yield data
