"""The empty stack that the Python variants start from."""

from __future__ import annotations

import aws_cdk as cdk

ACCOUNT, REGION = "111122223333", "us-east-1"


class Shop(cdk.Stack):
    """The stack all variants fill: three stated zones, so that nothing is asked of an account."""

    def __init__(self, app: cdk.App) -> None:
        super().__init__(app, "Shop", env=cdk.Environment(account=ACCOUNT, region=REGION))

    @property
    def availability_zones(self) -> list[str]:
        """Of the documentation account."""
        return [f"{REGION}{letter}" for letter in "abc"]
