"""What makes CloudFormation replace a stateful resource, from the resource schemas (``tools/replacement_data.py`` writes the data)."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Tracked:
    """The properties of one resource type that the replacement guard watches."""

    #: A change replaces the resource.
    replace: tuple[str, ...]
    #: A change replaces it for some values (``conditionalCreateOnlyProperties``).
    may: tuple[str, ...]

    def values(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The tracked properties that are set, in the order of their names."""
        found = {name: _at(properties, name.split("/")) for name in sorted((*self.replace, *self.may))}
        return {name: value for name, value in found.items() if value is not None}


@functools.cache
def stateful_types() -> Mapping[str, Tracked]:
    """Every resource type that holds state or an identity others depend on."""
    data = json.loads((Path(__file__).parent / "replacement.json").read_text())
    return {name: Tracked(tuple(found["replace"]), tuple(found["may"])) for name, found in data.items()}


def _at(value: Any, steps: list[str]) -> Any:
    """The value at a schema path, where ``*`` stands for every item of a list."""
    if not steps:
        return value
    if steps[0] == "*":
        items = [_at(item, steps[1:]) for item in value] if isinstance(value, list) else []
        return items if any(item is not None for item in items) else None
    return _at(value[steps[0]], steps[1:]) if isinstance(value, dict) and steps[0] in value else None
