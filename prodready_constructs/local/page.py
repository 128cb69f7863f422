"""The HTML page of the readiness report. Everything that comes from outside is escaped where it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby
from typing import Any

from prodready_constructs.local.markup import mark, table
from prodready_constructs.local.promised import objectives, planned_drills

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d9dfe7; --paper: #fff; --good: #15803d; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #98a3b3; --line: #323b48; --paper: #12161c; --good: #4ade80; --bad: #f87171; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
.sums { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
.sums li { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem; min-width: 8rem; }
.sums b { display: block; font-size: 1.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.words th, .words td { overflow-wrap: break-word; }
th { color: var(--soft); font-weight: 600; }
code { font: 12px/1.4 ui-monospace, monospace; }
nav a { color: inherit; } pre, li { overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .35rem 0; } summary small, .soft { color: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
"""


#: No script, and nothing from elsewhere.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_CONTENTS = (
    ("drills", "Drills"),
    ("guard", "Guard"),
    ("read-back", "Read back"),
    ("objectives", "Objectives"),
    ("planned", "Drills to be held"),
)


def render(report: Mapping[str, Any], *, runbooks: str = "") -> str:
    """The page for a report as ``report.as_json`` gives it; *runbooks* is a ``<section>``, escaped by who wrote it."""
    verdict = '<span class="good">ready</span>' if report["ready"] else '<span class="bad">not ready</span>'
    parts = [
        f"<h1>Readiness: {verdict}</h1>",
        _contents(bool(runbooks)),
        '<p class="soft">Deployed to an embedded emulator by the CDK CLI and read back through the AWS API. <b>Verified</b> means that an API '
        "told so; <b>recorded</b> that only the deployment engine kept the value; <b>template-only</b> that nothing was read. "
        "Only the first counts as verified. Permissions, quotas and timing are not emulated; neither are what containers do, nor rotations.</p>",
        f'<p class="bad">{escape(report["failure"])}</p>' if report["failure"] else "",
        _sums(report["totals"]),
        _drills(report["drills"]),
        _guard(report["guard"]),
        _stacks(report["stacks"]),
        _read_back(report["read_back"]),
        _unsupported(report["recorded_types"], report["unsupported_types"]),
        objectives(report["objectives"], report["objectives_too_old"]),
        planned_drills(report["planned_drills"]),
        _phases(report["phases"]),
        runbooks,
    ]
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}"><meta name="viewport" content="width=device-width"><title>Readiness</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body><main>{"".join(parts)}</main></body></html>\n'


def _contents(with_runbooks: bool) -> str:
    links = (*_CONTENTS, *((("runbooks", "Runbooks"),) if with_runbooks else ()))
    return f'<nav aria-label="Contents">{" · ".join(f"""<a href="#{at}">{name}</a>""" for at, name in links)}</nav>'


def _sums(totals: Mapping[str, int]) -> str:
    def item(name: str, count: int) -> str:
        colour = "bad" if name == "differing" and count else ""
        return f'<li class="{colour}"><b>{count}</b>{escape(name)}</li>'

    return f'<ul class="sums">{"".join(item(name, count) for name, count in totals.items())}</ul>'


def _drills(drills: Iterable[Mapping[str, Any]]) -> str:
    def one(drill: Mapping[str, Any]) -> str:
        outcome = mark(drill["passed"], "passed", "failed")
        steps = "".join(f"<li>{escape(step)}</li>" for step in drill["steps"])
        return f"<h3>{escape(drill['name'])}: {outcome}</h3><ol>{steps}</ol>"

    return f'<h2 id="drills">Drills</h2>{"".join(map(one, drills)) or "<p>none was run</p>"}'


def _guard(guard: Mapping[str, Any] | None) -> str:
    if guard is None:
        return '<h2 id="guard">Guard</h2><p class="soft">The assembly holds no guard report.</p>'
    findings, waivers = guard.get("findings", []), guard.get("waivers", [])
    listed = "".join(_pairs(each) for each in waivers)
    return (
        f'<h2 id="guard">Guard</h2><p>{mark(not findings, "no findings", f"{len(findings)} findings")}, {len(waivers)} waivers</p>'
        f"{''.join(_pairs(each) for each in findings)}"
        f"<details><summary>Waivers <small>({len(waivers)})</small></summary>{listed}</details>"
    )


def _pairs(values: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>" for name, value in values.items())
    return f'<div class="scroll"><table>{rows}</table></div><br>'


def _stacks(stacks: Iterable[Mapping[str, Any]]) -> str:
    header = ("stack", "account", "region", "resources", "termination protection")
    rows = [(s["name"], s["account"], s["region"], s["resources"], "on" if s["termination_protection"] else "off") for s in stacks]
    return f"<h2>Stacks</h2>{table(header, rows)}"


def _read_back(rows: Iterable[Mapping[str, Any]]) -> str:
    def order(row: Mapping[str, Any]) -> tuple[str, str]:
        return row["stack"], row["construct"]

    parts = []
    for (stack, construct), group in groupby(sorted(rows, key=order), key=order):
        listed = list(group)
        counted = Counter("differing" if not row["agrees"] else "verified" if row["kind"] == "live" else row["kind"] for row in listed)
        sums = ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))
        body = "".join(_row(row) for row in listed)
        header = "".join(f"<th>{name}</th>" for name in ("resource", "property", "expected", "found", "how", ""))
        opened = " open" if counted["differing"] else ""
        parts.append(
            f"<details{opened}><summary>{escape(stack)}: <b>{escape(construct)}</b> <small>{sums}</small></summary>"
            f'<div class="scroll"><table><tr>{header}</tr>{body}</table></div></details>'
        )
    return f'<h2 id="read-back">Read back, by construct</h2>{"".join(parts) or "<p>nothing was read</p>"}'


def _row(row: Mapping[str, Any]) -> str:
    cells = (f"<code>{escape(row[name])}</code>" for name in ("property", "expected", "found"))
    resource = f"{escape(row['resource'])}<br><small class='soft'>{escape(row['type'])}</small>"
    outcome = "" if row["kind"] == "template-only" else mark(row["agrees"], "agrees", "DIFFERS")
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in (resource, *cells, escape(row["kind"]), outcome)) + "</tr>"


def _unsupported(recorded: Mapping[str, str], unsupported: Iterable[str]) -> str:
    rows = [*recorded.items(), *((name, "the emulator does not know this type") for name in unsupported)]
    return f"<h2>Types that are only recorded</h2>{table(('type', 'why'), rows)}" if rows else ""


def _phases(phases: Iterable[Mapping[str, Any]]) -> str:
    rows = [(phase["name"], f"{phase['seconds']:.1f} s", "" if phase["passed"] else "failed") for phase in phases]
    return f"<h2>Phases</h2>{table(('phase', 'time', ''), rows)}"
