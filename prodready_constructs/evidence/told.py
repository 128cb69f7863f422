"""What a construct wrote down, for people: names in place of what only a deployment knows."""

from __future__ import annotations

from typing import Any


def told(value: Any) -> Any:
    """*value* with a text in place of each intrinsic: ``${Carts.Arn}`` for what only a deployment knows."""
    if isinstance(value, list):
        return [told(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, argument), *_ = value.items()
        if name == "Fn::Join":
            return str(argument[0]).join(str(told(part)) for part in argument[1])
        if name == "Ref":
            return f"${{{argument}}}"
        if name.startswith("Fn::"):
            return f"${{{'.'.join(map(str, _names(argument)))}}}"
    return {name: told(item) for name, item in value.items()}


def _names(argument: Any) -> list[Any]:
    """What an intrinsic is about: a logical id and its attribute, a stack and its output."""
    if isinstance(argument, dict):
        return [argument[name] for name in ("StackName", "OutputName") if name in argument]
    return argument if isinstance(argument, list) else [argument]
