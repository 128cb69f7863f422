"""The reference platform, both environments: what each part of a synth costs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from bench import ROOT
from bench.messages import total
from bench.runs import OUTDIR, added, in_turn, table
from bench.sections import Section, python, raw

IMPORT, CONSTRUCT, SYNTH = "import", "+ construction", "+ synth"
PACKS, RULES = "+ six rule packs", "+ our rules"
GUARD, VALIDATED, CLI = "the guard: packs, rules, waivers, report", "+ the CDK's own validation", "cdk synth (all of it)"


def measure(rounds: int) -> Section:
    """Processes that go further and further, and the messages of one that counts."""
    cli = [str(ROOT / "node_modules/.bin/cdk"), "synth", "--quiet", "--no-notices", "--output", OUTDIR]
    runs = in_turn(
        {
            IMPORT: _until("import"),
            CONSTRUCT: _until("construct"),
            SYNTH: _until("synth"),
            PACKS: _until("packs"),
            RULES: _until("rules"),
            GUARD: _until("guard"),
            VALIDATED: _until("guard", "--validated"),
            CLI: [*cli, "--app", f"{sys.executable} app.py"],
        },
        rounds,
        warm_up=False,
    )
    steps = {
        "import": sum(run.cpu for run in runs[IMPORT]) / len(runs[IMPORT]),
        "construction": added(runs, CONSTRUCT, IMPORT),
        "synth": added(runs, SYNTH, CONSTRUCT),
        "rule packs": added(runs, PACKS, SYNTH),
        "our rules": added(runs, RULES, PACKS),
        "the guard's waivers, register, report": added(runs, GUARD, RULES),
        "the CDK's own validation": added(runs, VALIDATED, GUARD),
        "the CDK CLI": added(runs, CLI, VALIDATED),
    }
    counts, resources = count()
    lines = [*table(runs, VALIDATED), "", "CPU seconds by part:"]
    lines += [f"  {name:42}{seconds:8.2f}" for name, seconds in steps.items()]
    lines += ["", *message_lines(counts, resources)]
    return Section(
        "Whole platform: production and staging",
        lines,
        {"runs": raw(runs), "cpu_by_part": steps, "messages": counts, "resources": resources},
    )


def _until(stage: str, *more: str) -> list[str]:
    return python("platform", OUTDIR, "--until", stage, *more)


def count() -> tuple[dict[str, dict[str, int]], int]:
    """jsii messages by stage and kind, and the resources of all templates."""
    with tempfile.TemporaryDirectory() as directory:
        report, outdir = Path(directory) / "report.json", Path(directory) / "out"
        subprocess.run(python("platform", outdir, "--until", "guard", "--report", report), check=True, cwd=ROOT, capture_output=True)
        stages: dict[str, dict[str, Any]] = json.loads(report.read_text())
        templates = [json.loads(file.read_text()) for file in outdir.rglob("*.template.json")]
    return {stage: found["messages"] for stage, found in stages.items()}, sum(len(one.get("Resources", {})) for one in templates)


def message_lines(counts: dict[str, dict[str, int]], resources: int) -> list[str]:
    """Messages and callbacks in words."""
    lines = [f"{resources} resources"]
    for stage, kinds in counts.items():
        by_kind = ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items(), key=lambda one: -one[1]) if kind != "callback")
        messages = total(Counter(kinds))
        lines.append(
            f"jsii messages, {stage}: {messages} ({messages / resources:.2f} a resource); "
            f"callbacks into Python: {kinds.get('callback', 0)} ({by_kind})"
        )
    return lines
