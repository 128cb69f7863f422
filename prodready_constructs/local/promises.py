"""What the assembly promises of the day on which something breaks: objectives, and the drills that are to prove them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.evidence.objectives import RECORDED, expired, objectives_in
from prodready_constructs.evidence.runbooks import runbook_html


def objectives(folder: Path) -> dict[str, Any]:
    """Construct path -> what was promised and the rows that were judged, as text; empty where nothing was."""
    try:
        found: dict[str, Any] = told(objectives_in(folder))
    except ConfigurationError:
        return {}
    return found


def too_old(found: Mapping[str, Any]) -> list[str]:
    """A line for each measurement that does not count any more."""
    return expired(found, today=date.today())


def planned_drills(folder: Path) -> list[dict[str, Any]]:
    """The experiments of the assembly, with the construct that made each."""
    try:
        recorded = read_assembly(folder).recorded(RECORDED)
        return [{"construct": path, **told(data["drill"])} for path, data in recorded if isinstance(data, dict) and "drill" in data]
    except ConfigurationError:
        return []


def runbooks(folder: Path) -> str:
    """The runbooks as a ``<section>``; empty where nothing is watched."""
    try:
        return runbook_html(folder)
    except ConfigurationError:
        return ""


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
