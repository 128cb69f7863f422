"""us-east-1, where CloudFront takes its certificate and its web ACL from."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from prodready_constructs import AccountEvents, HealthCheck, Posture, SiteLogs, Spending, Watch, WebAcl, Website
from prodready_constructs.contracts import Watchable
from stacks.base import TOLD_ELSEWHERE, EnvironmentStack, that_exist
from stacks.settings import Settings

CLOUDFRONT_REGION = "us-east-1"
#: Of the service, behind the site's /app/*.
CHECKED_PATH = "/app/health"


class EdgeStack(EnvironmentStack):
    """The web ACL of what CloudFront serves, its certificates, a check from outside, and their alarms."""

    def __init__(self, scope: Construct, construct_id: str, *, posture: Posture, settings: Settings) -> None:
        super().__init__(
            scope, construct_id, settings=settings, region=CLOUDFRONT_REGION, description="CloudFront's certificate and web ACL"
        )
        self.routes = self.alerts(posture=posture, settings=settings)
        self.web_acl = WebAcl(self, "WebAcl", posture=posture.edge, placement="CLOUDFRONT")
        self.domain = self.name_in_domain("Domain")
        # Cognito and AppSync are CloudFront too: they take their names' certificates from this region only.
        self.login_domain = self.name_in_domain("LoginDomain", "login.")
        self.mobile_domain = self.name_in_domain("MobileDomain", "mobile.")
        self.graph_domain = self.name_in_domain("GraphDomain", "graph.")
        self.events_domain = self.name_in_domain("EventsDomain", "events.")
        #: Asks for the service as a visitor would, by CloudFront. Route 53 tells CloudWatch of it in this region only.
        self.check = HealthCheck(self, "Check", host=settings.domain.name, path=CHECKED_PATH) if settings.domain else None
        # Of the whole account: the root user's sign-ins are heard of in this region only.
        events = AccountEvents(self, "AccountEvents", leaving_out=TOLD_ELSEWHERE)
        names = (self.domain, self.login_domain, self.mobile_domain, self.graph_domain, self.events_domain)
        self.watched: list[Watchable] = [self.web_acl, self.routes, events, *that_exist(*names, self.check)]
        self.watch = Watch(self, "Watch", routes=self.routes, watching=self.watched, runbook_base_url=settings.runbooks)
        operations = settings.operations
        if operations.anomaly_monitor:
            monitor = self.monitor_arn(operations.anomaly_monitor)
            Spending(self, "Spending", monthly_budget=operations.monthly_budget, routes=self.routes, monitor_arn=monitor)


class SiteAlarmsStack(EnvironmentStack):
    """The logs and alarms of a website whose workload stack is in another region: CloudFront's metrics are in us-east-1 only."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: Posture,
        settings: Settings,
        edge: EdgeStack,
        site: Website,
        watching: Sequence[Watchable],
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, region=CLOUDFRONT_REGION, description="Logs and alarms of the website")
        SiteLogs(self, "SiteLogs", site=site, posture=posture.edge)
        self.watch = Watch(self, "Watch", routes=edge.routes, watching=watching, runbook_base_url=settings.runbooks)
