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


@dataclass(frozen=True)
class Run:
    """One finished process tree: seconds, and MiB of its largest process."""

    wall: float
    cpu: float
    peak_mib: float


def once(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run *command* to its end; its failure is ours."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        child = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{output.read().decode(errors='replace')[-2000:]}")
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak_mib=usage.ru_maxrss / 1024)


def in_turn(commands: Mapping[str, tuple[Sequence[str], Mapping[str, str]]], rounds: int) -> dict[str, list[Run]]:
    """Every command once a round, the order turning, after one round that does not count: noise falls on all alike."""
    names = list(commands)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for number in range(rounds + 1):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            run = once(*commands[name])
            if number:
                runs[name].append(run)
    return runs


def table(runs: Mapping[str, list[Run]], base: str) -> list[str]:
    """Medians, and the median of the CPU ratios to *base* taken round by round."""
    lines = [f"{'variant':44}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'cpu ratio':>11}"]
    for name, all_runs in runs.items():
        ratio = statistics.median(run.cpu / other.cpu for run, other in zip(all_runs, runs[base], strict=True))
        wall, cpu, peak = (statistics.median(getattr(run, field) for run in all_runs) for field in ("wall", "cpu", "peak_mib"))
        lines.append(f"{name:44}{wall:9.2f}{cpu:9.2f}{peak:10.0f}{ratio:11.2f}")
    return lines
