"""The empty stack that the Python variants start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION = "111122223333", "us-east-1"


def recommended_flags() -> dict[str, Any]:
    """The context of ``cdk.json``."""
    return dict(json.loads((ROOT / "cdk.json").read_text())["context"])


def new_app(outdir: str | Path, *, validated: bool = False) -> cdk.App:
    """An app with all recommended flags; *validated* by the CDK's own CloudFormation validation or not."""
    return cdk.App(context=recommended_flags(), outdir=str(outdir), builtin_cloud_formation_validation=validated, analytics_reporting=False)


class Shop(cdk.Stack):
    """The stack all variants fill: three stated zones, so that nothing is asked of an account."""

    def __init__(self, app: cdk.App) -> None:
        super().__init__(app, "Shop", env=cdk.Environment(account=ACCOUNT, region=REGION))

    @property
    def availability_zones(self) -> list[str]:
        """Of the documentation account."""
        return [f"{REGION}{letter}" for letter in "abc"]
