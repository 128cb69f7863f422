"""Filters in the paths of a state machine, ``$.Containers[?(@.Name=='App')].ExitCode``: ministack finds nothing by them."""

from __future__ import annotations

import re
from typing import Any

from ministack.services import stepfunctions

_FILTER = re.compile(r"(?P<before>.*?)\[\?\(@\.(?P<name>\w+)\s*==\s*'(?P<value>[^']*)'\)\](?P<after>.*)")


def install() -> None:
    """Put ours before ministack's."""
    original = stepfunctions._resolve_path

    def resolve(path: str, data: Any) -> Any:
        asked = _FILTER.fullmatch(path or "")
        if asked is None:
            return original(path, data)
        # After a [*] there are many lists, one of each; without, the one.
        found = original(asked["before"], data)
        lists = found if "[*]" in asked["before"] else [found]
        chosen = [each for items in lists if isinstance(items, list) for each in items if _is(each, asked["name"], asked["value"])]
        values = (resolve(f"${asked['after']}", each) for each in chosen)
        return [value for value in values if value is not None]

    stepfunctions._resolve_path = resolve


def _is(item: Any, name: str, value: str) -> bool:
    return isinstance(item, dict) and item.get(name) == value
