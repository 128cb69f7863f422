"""The apps that the measured programs fill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from bench import ROOT


def recommended_flags() -> dict[str, Any]:
    """The context of ``cdk.json``, which only the CDK CLI would read."""
    return dict(json.loads((ROOT / "cdk.json").read_text())["context"])


def new_app(outdir: str | Path, *, validated: bool = False) -> cdk.App:
    """An app with all recommended flags; *validated* by the CDK's own CloudFormation validation or not."""
    return cdk.App(context=recommended_flags(), outdir=str(outdir), builtin_cloud_formation_validation=validated, analytics_reporting=False)
