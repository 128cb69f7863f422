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
from prodready_constructs.evidence.told import told


def objectives(folder: Path) -> dict[str, Any]:
    """Construct path -> what was promised and the rows that were judged, as text; empty where nothing was."""
    try:
        return objectives_in(folder)
    except ConfigurationError:
        return {}


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
