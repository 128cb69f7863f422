"""How the cost grows with the number of environments in one app."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench import ROOT
from bench.runs import OUTDIR, in_turn
from bench.sections import Section, python, raw

#: So much more a resource may the larger sizes cost than the smaller ones before growth is called anything but linear.
LINEAR = 1.5


@dataclass(frozen=True)
class Point:
    """One size of the app."""

    environments: int
    resources: int
    cpu: float
    wall: float


@dataclass(frozen=True)
class Fit:
    """The straight line through the points, and how far they bend from it."""

    fixed_seconds: float
    ms_a_resource: float
    #: ms a resource of each step between two sizes.
    marginal: list[float]
    #: ms a resource of the larger half of the sizes over that of the smaller half: 1 is a straight line, 2 and more is trouble.
    curve: float


def fit(points: Sequence[Point]) -> Fit:
    """Least squares of CPU over resources."""
    line = statistics.linear_regression([point.resources for point in points], [point.cpu for point in points])
    middle = points[len(points) // 2]
    return Fit(
        fixed_seconds=line.intercept,
        ms_a_resource=line.slope * 1000,
        marginal=[_slope(before, after) for before, after in pairwise(points)],
        curve=_slope(middle, points[-1]) / _slope(points[0], middle),
    )


def _slope(before: Point, after: Point) -> float:
    return (after.cpu - before.cpu) / (after.resources - before.resources) * 1000


def measure(rounds: int, sizes: Sequence[int]) -> Section:
    """Production environments side by side, constructs and synth only."""
    runs = in_turn(
        {str(size): python("platform", OUTDIR, "--until", "synth", "--environments", size) for size in sizes}, rounds, warm_up=False
    )
    one = _resources(1)
    points = [
        Point(
            environments=size,
            resources=one * size,
            cpu=statistics.median(run.cpu for run in runs[str(size)]),
            wall=statistics.median(run.wall for run in runs[str(size)]),
        )
        for size in sizes
    ]
    found = fit(points)
    lines = [f"{'environments':>12}{'resources':>11}{'cpu s':>9}{'wall s':>9}{'marginal ms a resource':>25}"]
    for point, marginal in zip(points, [None, *found.marginal], strict=True):
        step = f"{marginal:25.2f}" if marginal is not None else ""
        lines.append(f"{point.environments:12}{point.resources:11}{point.cpu:9.2f}{point.wall:9.2f}{step}")
    lines.append(
        f"fit: {found.fixed_seconds:.2f} s + {found.ms_a_resource:.2f} ms a resource; larger half over smaller half {found.curve:.2f}: "
        f"{'linear' if found.curve < LINEAR else 'not linear'}"
    )
    return Section(
        "Growth: production environments in one app",
        lines,
        {
            "runs": raw(runs),
            "resources": {point.environments: point.resources for point in points},
            "fixed_seconds": found.fixed_seconds,
            "ms_a_resource": found.ms_a_resource,
            "marginal_ms": found.marginal,
            "curve": found.curve,
        },
    )


def _resources(size: int) -> int:
    with tempfile.TemporaryDirectory() as directory:
        outdir = Path(directory) / "out"
        subprocess.run(python("platform", outdir, "--until", "synth", "--environments", size), check=True, cwd=ROOT, capture_output=True)
        return sum(len(json.loads(file.read_text()).get("Resources", {})) for file in outdir.rglob("*.template.json"))
