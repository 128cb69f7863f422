"""us-east-1, where CloudFront takes its certificate and its web ACL from."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from prodready_constructs import Posture, Watch, WebAcl
from prodready_constructs.contracts import Watchable
from stacks.base import EnvironmentStack
from stacks.settings import Settings

CLOUDFRONT_REGION = "us-east-1"


class EdgeStack(EnvironmentStack):
    """The website's certificate and web ACL, and their alarms."""

    def __init__(self, scope: Construct, construct_id: str, *, posture: Posture, settings: Settings) -> None:
        super().__init__(
            scope, construct_id, settings=settings, region=CLOUDFRONT_REGION, description="CloudFront's certificate and web ACL"
        )
        self.routes = self.alerts(posture=posture, settings=settings)
        self.web_acl = WebAcl(self, "WebAcl", posture=posture.edge, placement="CLOUDFRONT")
        self.domain = self.name_in_domain("Domain")
        self.watched: list[Watchable] = [self.web_acl, self.routes, *filter(None, [self.domain])]
        self.watch = Watch(self, "Watch", routes=self.routes, watching=self.watched, runbook_base_url=settings.runbooks)


class SiteAlarmsStack(EnvironmentStack):
    """The alarms of a website whose workload stack is in another region: CloudFront's metrics are in us-east-1 only."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, edge: EdgeStack, watching: Sequence[Watchable]) -> None:
        super().__init__(scope, construct_id, settings=settings, region=CLOUDFRONT_REGION, description="Alarms of the website")
        self.watch = Watch(self, "Watch", routes=edge.routes, watching=watching, runbook_base_url=settings.runbooks)
