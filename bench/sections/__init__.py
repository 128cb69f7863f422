"""What is measured: each section returns text for people and data for programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.runs import Run


@dataclass(frozen=True)
class Section:
    """One part of the report."""

    title: str
    lines: list[str]
    data: dict[str, Any] = field(default_factory=dict)


def python(module: str, *arguments: object) -> list[str]:
    """The command that runs a measured program."""
    return [sys.executable, "-m", f"bench.programs.{module}", *map(str, arguments)]


def raw(runs: Mapping[str, Sequence[Run]]) -> dict[str, list[dict[str, float]]]:
    """Every single run, for whoever wants other statistics."""
    return {name: [{"wall": run.wall, "cpu": run.cpu, "peak_mib": run.peak_mib} for run in some] for name, some in runs.items()}
