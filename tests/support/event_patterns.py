"""Is it an EventBridge pattern, and does an event match it? As the user guide describes it, for the operators that this library uses, and their neighbours.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_ABSENT = object()
#: What every event has (EventBridge user guide, "AWS service event structure"), and what joins alternatives.
FIELDS = frozenset({"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "$or"})
OPERATORS = frozenset({"exists", "prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "wildcard", "cidr"})
#: Characters of one pattern (EventBridge quotas).
LONGEST = 2_048
_NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether *event* matches *pattern*. An array in the event matches when one of its elements does, for each field by itself."""
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(part, event) for part in wanted):
                return False
        elif isinstance(wanted, Mapping):
            if not any(isinstance(below, Mapping) and matches(wanted, below) for below in _elements(_field(event, name))) and not (
                _only_absence(wanted) and _field(event, name) is _ABSENT
            ):
                return False
        elif not _leaf(wanted, _field(event, name)):
            return False
    return True


def faults(pattern: Mapping[str, Any]) -> list[str]:
    """What EventBridge would refuse of *pattern*, or never match."""
    found = [f"no event has a field {name!r}" for name in sorted(set(pattern) - FIELDS)]
    if "source" not in pattern and "detail-type" not in pattern:
        found.append("it says neither source nor detail-type: it would hear of everything")
    if (size := len(json.dumps(pattern))) > LONGEST:
        found.append(f"{size} characters, of {LONGEST} that EventBridge takes")
    return [*found, *_leaf_faults(pattern, "")]


def _leaf_faults(pattern: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, wanted in pattern.items():
        where = f"{path}.{name}".lstrip(".")
        if name == "$or":
            for part in wanted:
                yield from _leaf_faults(part, path)
        elif isinstance(wanted, Mapping):
            yield from _leaf_faults(wanted, where)
        elif not isinstance(wanted, list) or not wanted:
            yield f"{where} is no list with something in it, and matches nothing"
        else:
            for choice in wanted:
                if isinstance(choice, Mapping) and (len(choice) != 1 or not set(choice) <= OPERATORS):
                    yield f"{where} has an operator that EventBridge does not know: {choice}"


def _field(event: Any, name: str) -> Any:
    return event.get(name, _ABSENT) if isinstance(event, Mapping) else _ABSENT


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is _ABSENT else [value]


def _only_absence(pattern: Mapping[str, Any]) -> bool:
    return all(wanted == [{"exists": False}] for wanted in pattern.values())


def _leaf(wanted: Any, value: Any) -> bool:
    assert isinstance(wanted, list), f"a pattern has lists at its leaves, not {wanted!r}"
    assert wanted, "an empty list matches nothing"
    return any(_one(choice, value) for choice in wanted)


def _one(choice: Any, value: Any) -> bool:
    if isinstance(choice, Mapping):
        ((name, operand),) = choice.items()
        if name == "exists":
            # Only leaves exist: an object, or an empty list, does not.
            there = value is not _ABSENT and not isinstance(value, Mapping) and value != []
            return there is operand
        return any(_operator(name, operand, element) for element in _elements(value))
    return any(_same(choice, element) for element in _elements(value))


def _same(wanted: Any, element: Any) -> bool:
    # JSON's true is not 1, though Python's is.
    return (type(wanted) is type(element) and wanted == element) or (_numbers(wanted, element) and wanted == element)


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _operator(name: str, operand: Any, element: Any) -> bool:
    if name == "prefix":
        return isinstance(element, str) and element.startswith(operand)
    if name == "suffix":
        return isinstance(element, str) and element.endswith(operand)
    if name == "equals-ignore-case":
        return isinstance(element, str) and element.lower() == operand.lower()
    if name == "anything-but":
        if isinstance(operand, Mapping):
            return not _one(operand, element)
        return not any(_same(one, element) for one in (operand if isinstance(operand, list) else [operand]))
    if name == "numeric":
        pairs = zip(operand[::2], operand[1::2], strict=True)
        return _numbers(element) and all(_NUMERIC[sign](element, bound) for sign, bound in pairs)
    raise AssertionError(f"EventBridge knows no operator {name!r}")
