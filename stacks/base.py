"""What every stack of an environment has: its address, its zones, its tags, and protection from deletion."""

from __future__ import annotations

from aws_cdk import Environment, Stack
from constructs import Construct

from stacks.settings import Settings


class EnvironmentStack(Stack):
    """A stack of one environment. Always: termination protection, the cost-allocation tags, stated zones (so that no look-up is needed)."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, region: str, description: str) -> None:
        self._zones = list(settings.zones) if region == settings.region else []
        super().__init__(
            scope,
            construct_id,
            description=description,
            env=Environment(account=settings.account, region=region),
            tags={"application": settings.application, "environment": settings.environment, **settings.tags},
            termination_protection=True,
        )

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the settings file: CDK would otherwise ask the account, or invent ``dummy1a``."""
        return self._zones
