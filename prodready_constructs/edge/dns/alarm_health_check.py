"""A health check that follows a CloudWatch alarm: for what Route 53's checkers cannot reach."""

from __future__ import annotations

from typing import Literal

from aws_cdk import aws_route53 as route53
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.dns.health_check_alarms import check_graphs, watched_alarms
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, Part

CONTROLS = (
    ControlClaim(
        control="WEB-9",
        how="Route 53 health check that follows a CloudWatch alarm on what the internet does not reach; without data it is not healthy unasked",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 SI-4", "SOC 2 A1.2"),
    ),
)
LONGEST_NAME = 256
_WITHOUT_DATA = ("Unhealthy", "LastKnownStatus", "Healthy")


class AlarmHealthCheck(Part):
    """Healthy while a CloudWatch alarm is not in alarm: an internal load balancer's ``HealthyHostCount``, a queue's age.

    Route 53 reads the alarm's metric itself, so setting the alarm's state by hand changes nothing. It takes alarms on one metric of
    standard resolution with Average, Minimum, Maximum, Sum or SampleCount: no percentiles, metric math or composite alarms. When the
    alarm's threshold changes, the check must be updated too (change its ``without_data`` to and fro, or make it anew).

    Always: never inverted.

    Args:
        alarm_name: the alarm, in this account.
        region: of the alarm; the stack's when None.
        without_data: what it is while the metric has no data.

    Raises:
        ConfigurationError: a name that is none, an ARN in place of one, or an unknown status.

    Sources: https://docs.aws.amazon.com/Route53/latest/APIReference/API_AlarmIdentifier.html
        https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarm_name: str,
        region: str | None = None,
        without_data: Literal["Unhealthy", "LastKnownStatus", "Healthy"] = "Unhealthy",
    ) -> None:
        super().__init__(scope, construct_id)
        if not 1 <= len(alarm_name) <= LONGEST_NAME or alarm_name.startswith("arn:"):
            raise ConfigurationError(
                f"{self.path}: alarm_name",
                given=alarm_name,
                allowed=f"the name of an alarm of this account, 1 to {LONGEST_NAME} characters",
                mend="hand over alarm.alarm_name (or the ref of a CfnAlarm), not its ARN",
            )
        if without_data not in _WITHOUT_DATA:
            raise ConfigurationError(
                f"{self.path}: without_data",
                given=without_data,
                allowed=" or ".join(map(repr, _WITHOUT_DATA)),
                mend="leave it at 'Unhealthy'",
            )
        self._alarm_name, self._region = alarm_name, region or self.stated_region or REGION
        #: It asks no name.
        self.hosts: tuple[str, ...] = ()
        #: The L1 itself.
        self.health_check = route53.CfnHealthCheck(
            self,
            "Check",
            health_check_config=route53.CfnHealthCheck.HealthCheckConfigProperty(
                type="CLOUDWATCH_METRIC",
                alarm_identifier=route53.CfnHealthCheck.AlarmIdentifierProperty(name=alarm_name, region=self._region),
                insufficient_data_health_status=without_data,
                inverted=False,
            ),
            health_check_tags=[route53.CfnHealthCheck.HealthCheckTagProperty(key="Name", value=self.path[-256:])],
        )
        #: For ``Failover("PRIMARY", health_check=...)``, and any record.
        self.health_check_id = self.health_check.attr_health_check_id
        record(self, controls=CONTROLS, tier="edge", watchable=True)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """The alarm went off. The metrics are in us-east-1: watch it from a stack there."""
        return watched_alarms(check_id=self.health_check_id, alarm_name=self._alarm_name, region=self._region)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Status."""
        return check_graphs(check_id=self.health_check_id, title=self.construct_id, asked=False)
