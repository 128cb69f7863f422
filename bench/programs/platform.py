"""The reference platform, as far as asked: ``python -m bench.programs.platform OUTDIR --until import|construct|synth|packs|rules|guard``.

Each stage includes the ones before it, except that the guard is the public ``guard``, which runs packs and rules itself.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import aws_cdk as cdk

from bench import ROOT
from bench.apps import new_app
from prodready_constructs import PRODUCTION, PRODUCTION_PACKS, STAGING, STAGING_PACKS, Posture, guard
from stacks.deployments import Deployment, deploy
from stacks.settings import load_settings

STAGES = ("import", "construct", "synth", "packs", "rules", "guard")


def main() -> None:
    """Do as much as the command line asks for."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("outdir", type=Path)
    arguments.add_argument("--until", choices=STAGES, required=True)
    arguments.add_argument("--production-only", action="store_true", help="without staging")
    arguments.add_argument("--environments", type=int, help="so many production environments instead of production and staging")
    arguments.add_argument("--validated", action="store_true", help="with the CDK's CloudFormation validation")
    arguments.add_argument("--report", type=Path, help="write jsii messages and seconds by stage to this file")
    chosen = arguments.parse_args()
    if chosen.report:
        _report(chosen)
    else:
        _run(chosen, _Watch())


class _Watch:
    """Seconds and messages of each stage, where somebody counts."""

    def __init__(self, counts: Counter[str] | None = None) -> None:
        self.stages: dict[str, dict[str, object]] = {}
        self._counts = counts
        self._before = Counter[str]()
        self._since = time.perf_counter()

    def end(self, stage: str) -> None:
        """*stage* is over."""
        now, counts = time.perf_counter(), Counter(self._counts or {})
        self.stages[stage] = {"seconds": now - self._since, "messages": dict(counts - self._before)}
        self._since, self._before = now, counts


def _report(chosen: argparse.Namespace) -> None:
    from bench.messages import counted

    with counted() as counts:
        watch = _Watch(counts)
        _run(chosen, watch)
    chosen.report.write_text(json.dumps(watch.stages))


def _run(chosen: argparse.Namespace, watch: _Watch) -> None:
    wanted = STAGES.index(chosen.until)
    if wanted < STAGES.index("construct"):
        return
    app = new_app(chosen.outdir, validated=chosen.validated)
    production, staging = _deploy(app, chosen)
    watch.end("construct")
    if chosen.until == "guard":
        # As app.py calls it.
        guard(app, staging=[stack for deployment in staging for stack in deployment.stacks], lock=ROOT / "stateful.lock.json")
        watch.end("guard")
        return
    if wanted >= STAGES.index("synth"):
        app.synth()
        watch.end("synth")
    if wanted >= STAGES.index("packs"):
        for pack in PRODUCTION_PACKS:
            for deployment in (*production, *(staging if pack in STAGING_PACKS else ())):
                for stack in deployment.stacks:
                    pack().validate_scope(stack)
            watch.end(pack.__name__)
    if wanted >= STAGES.index("rules"):
        _run_rules(chosen.outdir)
        watch.end("own rules")


def _deploy(app: cdk.App, chosen: argparse.Namespace) -> tuple[list[Deployment], list[Deployment]]:
    def one(prefix: str, posture: Posture, name: str) -> Deployment:
        return deploy(app, prefix, posture=posture, settings=load_settings(ROOT / "settings" / f"{name}.toml"))

    if chosen.environments:
        return [one(f"Prod{number}", PRODUCTION, "production") for number in range(chosen.environments)], []
    production = [one("Prod", PRODUCTION, "production")]
    return production, [] if chosen.production_only else [one("Staging", STAGING, "staging")]


def _run_rules(outdir: Path) -> None:
    from prodready_constructs.compliance.hardening import REQUIRED_TAGS, hardening_findings
    from prodready_constructs.compliance.rules import Subject
    from prodready_constructs.evidence.assembly import read_assembly

    assembly = read_assembly(outdir)
    relaxed = frozenset(stack.path for stack in assembly.stacks if stack.path.startswith("Staging"))
    list(hardening_findings(Subject(assembly=assembly, staging=relaxed, required_tags=REQUIRED_TAGS)))


if __name__ == "__main__":
    main()
