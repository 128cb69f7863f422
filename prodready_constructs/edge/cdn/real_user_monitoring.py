"""How fast and how broken the site is for the people who use it, told by their browsers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Names
from aws_cdk import aws_rum as rum
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.cdn.rum_alarms import rum_alarms, rum_graphs
from prodready_constructs.edge.dns.names import DOMAIN_NAME
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, Part

CONTROLS = (
    ControlClaim(
        control="WEB-7",
        how="Errors and page speed as visitors see them: sampled sessions, no cookies, no AWS credentials in the browser, one action "
        "admitted on one monitor",
        frameworks=("NIST 800-53 r5 SI-4", "GDPR Art. 25", "SOC 2 CC7.2"),
    ),
)
#: Names of one monitor. Source: AWS::RUM::AppMonitor, DomainList.
MOST_NAMES = 5
#: CloudWatch RUM's own default, one session in ten. Source: AWS::RUM::AppMonitor, SessionSampleRate.
SAMPLE_RATE = 0.1
_TELEMETRIES = ["errors", "performance", "http"]


class RealUserMonitoring(Part):
    """A CloudWatch RUM app monitor for a website.

    Always: no cookies unless asked; no identity pool: the monitor's own policy admits ``rum:PutRumEvents`` from pages that name its alias,
    so that no AWS credentials lie in anybody's browser; no custom events; data is deleted after RUM's 30 days.

    Args:
        names: the site's domain names, at most 5, as pages are addressed.
        session_sample_rate: the share of sessions that report, above 0 up to 1; RUM charges for every event.
        cookies: whether RUM may set its session and user cookies, which visitors must be asked for in many countries.

    Raises:
        ConfigurationError: names that are none, or a rate outside its bounds.

    Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-RUM-resource-policies.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Sequence[str],
        session_sample_rate: float = SAMPLE_RATE,
        cookies: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        if not 1 <= len(names) <= MOST_NAMES or not all(DOMAIN_NAME.fullmatch(name) for name in names):
            raise ConfigurationError(
                f"{where}: names",
                given=", ".join(names) or "no name",
                allowed=f"1 to {MOST_NAMES} domain names, such as 'shop.example.com'",
                mend="name the hosts of the pages, without scheme and path",
            )
        if not 0 < session_sample_rate <= 1:
            raise ConfigurationError(
                f"{where}: session_sample_rate",
                given=session_sample_rate,
                allowed="above 0, up to 1 (every session)",
                mend="leave the construct out where nothing is to be measured",
            )
        self._name = Names.unique_resource_name(self, max_length=100, separator="-")
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "rum:PutRumEvents",
                    "Resource": f"arn:{PARTITION}:rum:{REGION}:{ACCOUNT_ID}:appmonitor/{self._name}",
                    "Condition": {"StringEquals": {"rum:alias": self._name}},
                }
            ],
        }
        #: The L1 itself; there is no L2 for app monitors.
        self.monitor = rum.CfnAppMonitor(
            self,
            "Monitor",
            name=self._name,
            domain_list=list(names),
            cw_log_enabled=False,
            custom_events=rum.CfnAppMonitor.CustomEventsProperty(status="DISABLED"),
            app_monitor_configuration=rum.CfnAppMonitor.AppMonitorConfigurationProperty(
                allow_cookies=cookies,
                enable_x_ray=False,
                session_sample_rate=session_sample_rate,
                telemetries=_TELEMETRIES,
            ),
            resource_policy=rum.CfnAppMonitor.ResourcePolicyProperty(policy_document=json.dumps(policy)),
        )
        self._id = self.monitor.attr_id
        self._rate, self._cookies = session_sample_rate, cookies
        record(self, controls=CONTROLS, tier="edge", watchable=True, sample_rate=session_sample_rate, cookies=cookies)

    @property
    def content_sources(self) -> Mapping[str, tuple[str, ...]]:
        """What pages must be allowed for it: ``ContentSecurityPolicy().including(monitoring.content_sources)``."""
        return {"connect-src": (self._endpoint,)}

    @property
    def client_settings(self) -> Mapping[str, object]:
        """What the page hands to ``new AwsRum(applicationId, version, region, settings)`` of the npm package ``aws-rum-web``.

        Bundle the package: the snippet of the console is an inline script, which the content security policy stops.
        """
        return {
            "applicationId": self._id,
            "region": REGION,
            "settings": {
                "alias": self._name,
                "allowCookies": self._cookies,
                "enableXRay": False,
                "endpoint": self._endpoint,
                "sessionSampleRate": self._rate,
                "signing": False,
                "telemetries": list(_TELEMETRIES),
            },
        }

    @property
    def _endpoint(self) -> str:
        return f"https://dataplane.rum.{self.stated_region or REGION}.amazonaws.com"

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Broken scripts, slow pages."""
        return rum_alarms(self._name)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Sessions, errors, speed."""
        return rum_graphs(self._name)
