"""us-east-1, where CloudFront takes its certificate and its web ACL from."""

from __future__ import annotations

from constructs import Construct

from prodready_constructs import Posture, Watch, WebAcl
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
        self.watched = [self.web_acl, self.routes, *filter(None, [self.domain])]
        self.watch = Watch(self, "Watch", routes=self.routes, watching=self.watched, runbook_base_url=settings.runbooks)
