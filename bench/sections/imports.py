"""What importing the package costs before anything is built."""

from __future__ import annotations

import json
import statistics
import subprocess
from typing import Any

from bench import ROOT
from bench.sections import Section, python

#: Seconds that importing settings or the command line may take.
AIM = 0.2
MODULES = ("prodready_constructs", "stacks.settings", "prodready_constructs.cli", "aws_cdk")


def measure(rounds: int) -> Section:
    """Each import in a process of its own."""
    lines = [f"{'module':30}{'seconds':>9}{'modules':>9}{'AWS services':>14}"]
    data = {}
    for module in MODULES:
        found = [load(module) for _ in range(rounds + 1)][1:]
        seconds = statistics.median(one["seconds"] for one in found)
        services = found[0]["aws_services"]
        note = " (for comparison)" if module == "aws_cdk" else ""
        lines.append(f"{module:30}{seconds:9.3f}{found[0]['modules']:9}{len(services):14}{note}")
        data[module] = {"seconds": seconds, "modules": found[0]["modules"], "aws_services": services}
    lines.append(f"aim: settings and command line under {AIM} s, no AWS service module")
    return Section("Imports", lines, data)


def load(module: str) -> dict[str, Any]:
    """Seconds and modules of one import in a fresh process."""
    done = subprocess.run(python("imports", module), check=True, cwd=ROOT, capture_output=True, text=True)
    return dict(json.loads(done.stdout))
