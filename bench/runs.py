"""Runs commands as whole processes, in turn, and tells their CPU, wall time and peak memory apart."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Stands in a command for a fresh, empty folder, which is gone after the run.
OUTDIR = "{outdir}"


@dataclass(frozen=True)
class Run:
    """One finished process tree: seconds, and MiB of its largest process."""

    wall: float
    cpu: float
    peak_mib: float


@dataclass(frozen=True)
class Median:
    """What several runs of one command came to."""

    wall: float
    cpu: float
    peak_mib: float
    ratio: float


def once(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Run *command* to its end; its failure is ours."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory(prefix="bench-") as outdir:
        words = [word.replace(OUTDIR, outdir) for word in command]
        started = time.perf_counter()
        child = subprocess.Popen(words, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(words)} ended with {child.returncode}:\n{output.read().decode(errors='replace')[-2000:]}")
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak_mib=usage.ru_maxrss / 1024)


def in_turn(commands: Mapping[str, Sequence[str]], rounds: int, *, warm_up: bool = True) -> dict[str, list[Run]]:
    """Every command once a round, the order turning, after one round that does not count: noise falls on all alike."""
    names = list(commands)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for number in range(rounds + warm_up):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            run = once(commands[name])
            if number >= warm_up:
                runs[name].append(run)
    return runs


def ratio(runs: Mapping[str, Sequence[Run]], name: str, base: str) -> float:
    """The median of the CPU ratios of *name* to *base*, taken round by round: what slows a whole round down cancels out."""
    return statistics.median(run.cpu / other.cpu for run, other in zip(runs[name], runs[base], strict=True))


def added(runs: Mapping[str, Sequence[Run]], name: str, base: str) -> float:
    """The median of the CPU seconds that *name* took more than *base*, taken round by round."""
    return statistics.median(run.cpu - other.cpu for run, other in zip(runs[name], runs[base], strict=True))


def medians(runs: Mapping[str, Sequence[Run]], base: str) -> dict[str, Median]:
    """What each command came to, and its ratio to *base*."""
    return {
        name: Median(
            wall=statistics.median(run.wall for run in some),
            cpu=statistics.median(run.cpu for run in some),
            peak_mib=statistics.median(run.peak_mib for run in some),
            ratio=ratio(runs, name, base),
        )
        for name, some in runs.items()
    }


def table(runs: Mapping[str, Sequence[Run]], base: str) -> list[str]:
    """The medians as lines of text."""
    lines = [f"{'variant':44}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'cpu ratio':>11}"]
    lines += [f"{name:44}{one.wall:9.2f}{one.cpu:9.2f}{one.peak_mib:10.0f}{one.ratio:11.2f}" for name, one in medians(runs, base).items()]
    return lines
