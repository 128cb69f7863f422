"""The objectives of an assembly as a table: every way back, what it loses, how long it takes, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.evidence.told import told

#: As ``contracts.record`` writes it: this package reads assemblies and imports no construct.
RECORDED = "prodready:construct"


def objectives_in(directory: Path) -> dict[str, Any]:
    """Construct path -> what was promised, and the rows that were judged.

    Raises:
        ConfigurationError: nothing was judged in this assembly.
    """
    recorded = read_assembly(directory).recorded(RECORDED)
    found = {path: told(data["objectives"]) for path, data in recorded if isinstance(data, dict) and "objectives" in data}
    if not found:
        raise ConfigurationError(
            str(directory), given="no objectives", allowed="an app that has an Objectives", mend="add Objectives(stack, ..., stores=[...])"
        )
    return found


def table(found: Mapping[str, Any]) -> str:
    """In Markdown; a star marks the way back by which a promise was judged."""
    pages = []
    for path, judged in found.items():
        promised = f"back within {plain(judged['recovery_time'])}, at most {plain(judged['recovery_point'])} lost"
        lines = [
            f"## {path}",
            "",
            f"Promised: {promised}. A star: the way back by which the promise is judged.",
            "",
            "| what | loses at most | because | back within | by | the time is |",
            "|---|---|---|---|---|---|",
        ]
        for row in judged["rows"]:
            cells = (
                f"{row['store']}{' *' if row['decides'] else ''}",
                plain(row["recovery_point"]),
                row.get("point_source", ""),
                plain(row["recovery_time"]),
                row["how"],
                _basis(row),
            )
            lines.append(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |")
        pages.append("\n".join(lines))
    return "\n\n".join(pages)


def _basis(row: Mapping[str, Any]) -> str:
    """``stated: Amazon RDS user guide``; what calls itself an assumption is not called so twice."""
    until = f", until {row['expires']}" if row.get("expires") else ""
    source = str(row["source"])
    said = source.removeprefix("an assumption") if row["basis"] == "assumed" else source
    return f"{row['basis']}{until}{said if said != source else f': {source}'}"


def expired(found: Mapping[str, Any], *, today: date) -> list[str]:
    """A line for each measurement that does not count any more."""
    return [
        f"{path}: {row['store']}: measured too long ago, it counted until {row['expires']}; hold the drill again"
        for path, judged in found.items()
        for row in judged["rows"]
        if row.get("expires") and date.fromisoformat(row["expires"]) < today
    ]


def plain(seconds: float) -> str:
    """*seconds* as a person says it: ``1 h 30 min``."""
    left, said = timedelta(seconds=seconds), []
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)), ("s", timedelta(seconds=1))):
        count, left = divmod(left, size)
        if count:
            said.append(f"{count} {unit}")
    return " ".join(said) or "nothing"
