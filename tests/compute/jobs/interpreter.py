"""As much of the Amazon States Language (JSONPath) as the steps of a Fargate job use, on a clock that only waits move."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Api = Callable[[str, dict[str, Any]], dict[str, Any]]
_MISSING = object()


class ApiError(Exception):
    """What an AWS API answers with when it does not answer."""


@dataclass
class Execution:
    """One run of a state machine: what it called, how long it waited, how it ended."""

    definition: dict[str, Any]
    api: Api
    id: str = "arn:aws:states:us-east-1:111122223333:execution:Job:one"
    now: float = 0
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    events: int = 0
    error: str | None = None
    cause: str = ""

    def run(self, given: dict[str, Any]) -> Execution:
        state, data = self.definition["StartAt"], given
        while state is not None:
            assert self.now < self.definition["TimeoutSeconds"], f"{state}: the execution timed out"
            state, data = self.step(self.definition["States"][state], data)
        return self

    def step(self, state: dict[str, Any], data: Any) -> tuple[str | None, Any]:
        kind = state["Type"]
        self.events += 5 if kind == "Task" else 2
        if kind == "Succeed":
            return None, data
        if kind == "Fail":
            self.error = state["Error"]
            self.cause = state["Cause"] if "Cause" in state else self.value(state["CausePath"], data)
            return None, data
        if kind == "Choice":
            return next((choice["Next"] for choice in state["Choices"] if self.holds(choice, data)), state["Default"]), data
        if kind == "Wait":
            self.now += state["Seconds"]
            return state["Next"], data
        if kind == "Pass":
            return state["Next"], self.filled(state["Parameters"], data)
        return self.task(state, data)

    def task(self, state: dict[str, Any], data: Any) -> tuple[str, Any]:
        (retry,) = state["Retry"]
        name, wait = state["Resource"].rpartition(":")[2], retry["IntervalSeconds"]
        for _ in range(1 + retry["MaxAttempts"]):
            asked = self.filled(state["Parameters"], data)
            self.calls.append((name, asked))
            try:
                answer: Any = self.api(name, asked)
            except ApiError:
                self.now += wait
                wait *= retry["BackoffRate"]
                continue
            if "ResultSelector" in state:
                answer = self.filled(state["ResultSelector"], answer)
            return state["Next"], {**data, state["ResultPath"].removeprefix("$."): answer}
        (catch,) = state.get("Catch", [{"Next": None}])
        if catch["Next"] is None:
            self.error = "States.TaskFailed"
        return catch["Next"], data

    def holds(self, rule: dict[str, Any], data: Any) -> bool:
        if "And" in rule:
            return all(self.holds(one, data) for one in rule["And"])
        if "Not" in rule:
            return not self.holds(rule["Not"], data)
        found = look_up(rule["Variable"], data)
        if "IsPresent" in rule:
            return (found is not _MISSING) is rule["IsPresent"]
        assert found is not _MISSING, f"{rule}: the path finds nothing, which ends an execution"
        ((operator, wanted),) = ((key, value) for key, value in rule.items() if key not in ("Variable", "Next"))
        return {
            "StringEquals": lambda: found == wanted,
            "NumericEquals": lambda: found == wanted,
            "NumericLessThan": lambda: found < wanted,
            "NumericGreaterThanEquals": lambda: found >= wanted,
        }[operator]()

    def filled(self, template: Any, data: Any) -> Any:
        if isinstance(template, list):
            return [self.filled(one, data) for one in template]
        if not isinstance(template, dict):
            return template
        return {
            key.removesuffix(".$"): self.value(value, data) if key.endswith(".$") else self.filled(value, data)
            for key, value in template.items()
        }

    def value(self, expression: str, data: Any) -> Any:
        if match := re.fullmatch(r"States\.(\w+)\((.*)\)", expression):
            arguments = [self.value(part.strip(), data) for part in _arguments(match[2])]
            return {
                "Hash": lambda: hashlib.new(arguments[1].replace("-", "").lower(), str(arguments[0]).encode()).hexdigest(),
                "Format": lambda: arguments[0].format(*arguments[1:]),
                "MathAdd": lambda: arguments[0] + arguments[1],
                "Array": lambda: arguments,
                "JsonToString": lambda: json.dumps(arguments[0]),
            }[match[1]]()
        if expression.startswith("'"):
            return expression.strip("'")
        if expression.startswith("$$"):
            return {"$$.Execution.Id": self.id, "$$.Execution.StartTime": "2027-01-01T00:00:00Z"}[expression]
        if expression.startswith("$"):
            found = look_up(expression, data)
            assert found is not _MISSING, f"{expression} finds nothing, which ends an execution"
            return found
        return int(expression)


def look_up(path: str, data: Any) -> Any:
    """A path by names and numbers finds one value or nothing; one with ``*`` or a filter finds a list, of none too."""
    found, many = [data], False
    for name, index, wanted in re.findall(r"\.(\w+)|\[(\d+|\*)\]|\[\?\(@\.Name=='(\w+)'\)\]", path):
        if name:
            found = [one[name] for one in found if isinstance(one, dict) and name in one]
        elif index.isdigit():
            found = [one[int(index)] for one in found if isinstance(one, list) and int(index) < len(one)]
        else:
            many = True
            found = [inner for one in found for inner in one if index == "*" or inner.get("Name") == wanted]
    if many:
        return found
    return found[0] if found else _MISSING


def _arguments(text: str) -> list[str]:
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == "'"
        depth += {"(": 1, ")": -1}.get(character, 0) * (not quoted)
        if character == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts
