"""The readiness report: ``readiness.json`` for programs and ``readiness.html`` for people, the latter without any other file."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prodready_constructs.local import promises
from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.coverage import RECORDED_TYPES
from prodready_constructs.local.drills import Drill
from prodready_constructs.local.page import render
from prodready_constructs.local.progress import Phase
from prodready_constructs.local.readback import ReadBack
from prodready_constructs.local.readback.table import differing, totals

_GUARD_REPORT = "guard-report.json"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything one run found out."""

    assembly: Assembly
    found: ReadBack
    drills: tuple[Drill, ...]
    phases: tuple[Phase, ...]
    failure: str | None

    @property
    def ready(self) -> bool:
        """Whether it all went through: deployed, read back without a difference, every drill passed."""
        return self.failure is None and bool(self.drills) and all(d.passed for d in self.drills) and not differing(self.found.rows)


def write_report(evidence: Evidence, folder: Path) -> tuple[Path, Path]:
    """Write both files, each at once or not at all."""
    content, runbooks = as_json(evidence), promises.runbooks(evidence.assembly.folder)
    data, page = folder / "readiness.json", folder / "readiness.html"
    _write(data, json.dumps(content, indent=2) + "\n")
    _write(page, render(content, runbooks=runbooks))
    return data, page


def as_json(evidence: Evidence) -> dict[str, Any]:
    """The report as plain data."""
    rows, folder = evidence.found.rows, evidence.assembly.folder
    objectives = promises.objectives(folder)
    return {
        "ready": evidence.ready,
        "failure": evidence.failure,
        "totals": totals(rows),
        "stacks": [
            {
                "name": stack.name,
                "account": stack.account,
                "region": stack.region,
                "resources": len(stack.resources),
                "termination_protection": stack.termination_protection,
            }
            for stack in evidence.assembly.stacks
        ],
        "phases": [asdict(phase) for phase in evidence.phases],
        "drills": [asdict(drill) for drill in evidence.drills],
        "guard": _guard_report(folder),
        "objectives": objectives,
        "objectives_too_old": promises.too_old(objectives),
        "planned_drills": promises.planned_drills(folder),
        "recorded_types": {name: RECORDED_TYPES[name] for name in sorted({r.type for r in rows} & set(RECORDED_TYPES))},
        "unsupported_types": list(evidence.found.unsupported),
        "read_back": [row.as_json() for row in rows],
    }


def _guard_report(folder: Path) -> dict[str, Any] | None:
    file = folder / _GUARD_REPORT
    if not file.is_file():
        return None
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


def _write(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as output:
            output.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
