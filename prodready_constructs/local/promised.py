"""The part of the readiness page that tells what is promised: how soon what is lost comes back, and which drills are to prove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from prodready_constructs.evidence.objectives import plain
from prodready_constructs.local.markup import commands, table

_COLUMNS = ("what", "loses at most", "back within", "by", "the time is")


def objectives(found: Mapping[str, Any], too_old: Iterable[str]) -> str:
    """Every way back, under the promise that it was judged by."""
    if not found:
        return '<h2 id="objectives">Objectives</h2><p class="soft">Nothing in the assembly judges how soon data comes back.</p>'
    old = "".join(f'<p class="bad">{escape(line)}</p>' for line in too_old)
    return f'<h2 id="objectives">Objectives</h2>{old}{"".join(_promise(path, judged) for path, judged in found.items())}'


def _promise(path: str, judged: Mapping[str, Any]) -> str:
    promised = f"Back within {plain(judged['recovery_time'])}, at most {plain(judged['recovery_point'])} lost."
    rows = [
        (
            f"{row['store']}{' *' if row['decides'] else ''}",
            _because(plain(row["recovery_point"]), row.get("point_source")),
            plain(row["recovery_time"]),
            row["how"],
            _basis(row),
        )
        for row in judged["rows"]
    ]
    star = "A star: the way back by which the promise is judged."
    return f"<h3>{escape(path)}</h3><p>{promised} {star}</p>{table(_COLUMNS, rows)}"


def _basis(row: Mapping[str, Any]) -> str:
    until = f", until {row['expires']}" if row.get("expires") else ""
    # What is assumed calls itself an assumption: once is enough.
    source = str(row["source"]).removeprefix("an assumption").lstrip(": ") if row["basis"] == "assumed" else row["source"]
    return f"{row['basis']}{until}: {source}"


def _because(said: str, source: Any) -> str:
    return f"{said}: {source}" if source else said


def planned_drills(drills: Iterable[Mapping[str, Any]]) -> str:
    """The experiments that the assembly brings; none of them runs in the emulator."""
    listed = "".join(map(_drill, drills))
    if not listed:
        return '<h2 id="planned">Drills to be held</h2><p class="soft">The assembly brings no experiment.</p>'
    note = "Experiments of AWS FIS that the assembly brings. None of them was run here."
    return f'<h2 id="planned">Drills to be held</h2><p class="soft">{note}</p>{listed}'


def _drill(drill: Mapping[str, Any]) -> str:
    within = f"{plain(drill['recovers_within'])} ({drill['recovers_within_is']})"
    facts = [
        ("does", "; ".join(drill["does"])),
        ("is to set off", ", ".join(drill["expects"]) or "no alarm"),
        ("is stopped by", ", ".join(map(str, drill["stopped_by"]))),
        ("all is well again within", within),
        ("in production", drill.get("in_production") or "not here"),
    ]
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(value))}</td></tr>' for name, value in facts)
    return (
        f"<details><summary><b>{escape(drill['question'])}</b> <small>{escape(drill['construct'])}</small></summary>"
        f'<div class="scroll" tabindex="0"><table>{rows}</table></div>{commands(drill.get("commands", ()))}</details>'
    )
