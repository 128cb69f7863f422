"""What every stack of an environment has: its address, its zones, its tags, and protection from deletion."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from aws_cdk import Aws, Environment, Stack
from aws_cdk import aws_route53 as route53
from constructs import Construct

from prodready_constructs import Domain, Posture, Routes
from prodready_constructs.contracts import Watchable
from stacks.settings import Settings

#: Events of the account that a construct of the platform tells of itself, with its own names in the runbook: nobody is paged twice.
TOLD_ELSEWHERE = {
    "BackupJobFailed": "The backup plan hears of every backup job of the account and pages for those that fail.",
    "CopyJobFailed": "The backup plan hears of every copy job of the account and pages for those that fail.",
    "RestoreJobFailed": "The backup plan hears of every restore job of the account and pages for those that fail.",
    "CertificateExpiring": "Each name of the platform has an alarm on the days its certificate has left.",
    "DeploymentFailed": "The service and the worker tell of their deployments, and of what brought them back.",
    "SecretNotRotated": "Each secret that rotates has an alarm of its own, which names its user and its function.",
}


def that_exist(*parts: Watchable | None) -> list[Watchable]:
    """What a trial without a domain has of *parts*."""
    return [part for part in parts if part is not None]


class EnvironmentStack(Stack):
    """A stack of one environment. Always: termination protection, the cost-allocation tags, stated zones (so that no look-up is needed)."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, region: str, description: str) -> None:
        self._zones = list(settings.zones) if region == settings.region else []
        self._domain = settings.domain
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

    def name_in_domain(self, construct_id: str, prefix: str = "") -> Domain | None:
        """The settings' domain (or ``prefix`` before it) with a certificate of this stack's region; None in a trial without a domain."""
        if self._domain is None:
            return None
        return Domain(self, construct_id, name=f"{prefix}{self._domain.name}", hosted_zone=self._hosted_zone)

    def role_arns(self, names: Iterable[str]) -> list[str]:
        """The ARNs of IAM roles of this account."""
        return [f"arn:{Aws.PARTITION}:iam::{self.account}:role/{name}" for name in names]

    def monitor_arn(self, monitor: str) -> str:
        """The ARN of a cost anomaly monitor of this account."""
        return f"arn:{Aws.PARTITION}:ce::{self.account}:anomalymonitor/{monitor}"

    @cached_property
    def _hosted_zone(self) -> route53.IHostedZone:
        assert self._domain is not None
        return route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=self._domain.hosted_zone_id, zone_name=self._domain.hosted_zone
        )

    def alerts(self, *, posture: Posture, settings: Settings) -> Routes:
        """Where this region's alarms go: CloudWatch tells topics of its own region only."""
        return Routes(self, "Alerts", posture=posture.monitoring, critical=settings.alerts.critical, warning=settings.alerts.warning)
