"""The representative stack in Python: ``python -m bench.programs.representative ours|plain OUTDIR [options]``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import aws_cdk as cdk

from bench.apps import new_app
from bench.twins.shop import Shop


def main() -> None:
    """Build, synthesize and judge as asked."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("variant", choices=("ours", "plain"))
    arguments.add_argument("outdir", type=Path)
    arguments.add_argument("--packs", choices=("none", "AwsSolutions", "all"), default="none")
    arguments.add_argument("--validated", action="store_true", help="with the CDK's CloudFormation validation")
    arguments.add_argument("--rules", action="store_true", help="with our own rules")
    arguments.add_argument("--count", action="store_true", help="print the jsii messages as JSON")
    chosen = arguments.parse_args()
    app = new_app(chosen.outdir, validated=chosen.validated)
    if chosen.count:
        _count(chosen.variant, app)
        return
    _build(chosen.variant, app)
    app.synth()
    if chosen.packs != "none":
        _run_packs(app, everything=chosen.packs == "all")
    if chosen.rules:
        _run_rules(chosen.outdir)


def _build(variant: str, app: cdk.App) -> None:
    # Imported late: neither pays for the other.
    if variant == "ours":
        from bench.twins.ours import build
    else:
        from bench.twins.plain import build
    build(Shop(app))


def _count(variant: str, app: cdk.App) -> None:
    from bench.messages import counted

    with counted() as messages:
        _build(variant, app)
        app.synth()
    print(json.dumps(messages))


def _run_packs(app: cdk.App, *, everything: bool) -> None:
    import cdk_nag

    packs = (
        cdk_nag.AwsSolutionsChecks,
        cdk_nag.ServerlessChecks,
        cdk_nag.NIST80053R4Checks,
        cdk_nag.NIST80053R5Checks,
        cdk_nag.HIPAASecurityChecks,
        cdk_nag.PCIDSS321Checks,
    )
    for pack in packs if everything else packs[:1]:
        print(pack.__name__, len(pack().validate_scope(app).violations))


def _run_rules(outdir: Path) -> None:
    from prodready_constructs.compliance.hardening import REQUIRED_TAGS, hardening_findings
    from prodready_constructs.compliance.rules import Subject
    from prodready_constructs.evidence.assembly import read_assembly

    subject = Subject(assembly=read_assembly(outdir), staging=frozenset(), required_tags=REQUIRED_TAGS)
    print("own rules", len(list(hardening_findings(subject))))


if __name__ == "__main__":
    main()
