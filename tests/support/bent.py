"""One property of a finished template changed, as the escape hatch does it, and what the own rules find then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.evidence.assembly import Assembly, read_assembly


def found(assembly: Assembly) -> set[str]:
    """The own rules that bite, with what they bite at: ``CanaryUnguarded[Tracing]``."""
    return {finding.rule.removeprefix("Prodready-") for finding in hardening_findings(Subject(assembly=assembly))}


def bent(directory: Path, path: str, where: str, value: Any) -> Assembly:
    """The assembly in *directory* with *value* at *where* (``Rules.0.Status``) in the resource ``Stack/<path>``."""
    assembly = read_assembly(directory)
    (it,) = (one for one in assembly.resources if one.path == f"Stack/{path}")
    *above, last = (int(step) if step.isdigit() else step for step in where.split("."))
    place: Any = it.properties
    for step in above:
        place = place[step]
    place[last] = value
    return assembly
