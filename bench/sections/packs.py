"""What judging adds to the synth of the production stacks."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from bench import ROOT
from bench.runs import OUTDIR, added, in_turn, table
from bench.sections import Section, python, raw

#: CPU seconds that all six packs and our rules may add.
AIM = 1.0
SYNTH, PACKS, RULES = "synth", "+ six rule packs", "+ our rules"


def measure(rounds: int) -> Section:
    """Whole processes with and without, and wall time by pack inside one of them."""
    runs = in_turn({SYNTH: _until("synth"), PACKS: _until("packs"), RULES: _until("rules")}, rounds, warm_up=False)
    packs, both = added(runs, PACKS, SYNTH), added(runs, RULES, SYNTH)
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        subprocess.run(
            python("platform", Path(directory) / "out", "--production-only", "--until", "rules", "--report", report),
            check=True,
            cwd=ROOT,
            capture_output=True,
        )
        stages = json.loads(report.read_text())
    seconds = {name: found["seconds"] for name, found in stages.items() if name not in ("construct", "synth")}
    lines = [
        *table(runs, SYNTH),
        "",
        f"six packs add {packs:.2f} s CPU; six packs and our rules add {both:.2f} s CPU (aim: {AIM:.0f})",
        "wall seconds in one process (the first pack loads and warms cdk-nag):",
        *(f"  {name:42}{second:8.2f}" for name, second in seconds.items()),
    ]
    return Section(
        "Rule packs and our rules on the production stacks",
        lines,
        {"runs": raw(runs), "packs_add": packs, "packs_and_rules_add": both, "wall_by_pack": seconds},
    )


def _until(stage: str) -> list[str]:
    return python("platform", OUTDIR, "--production-only", "--until", stage)
