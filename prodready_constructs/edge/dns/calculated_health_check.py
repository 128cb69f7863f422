"""A health check that counts others."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_route53 as route53
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.dns.health_check_alarms import calculated_alarms, check_graphs
from prodready_constructs.edge.dns.routing import Checked
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

CONTROLS = (
    ControlClaim(
        control="WEB-9",
        how="Route 53 health check calculated from others: healthy while enough of them are, with an alarm when they are not",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 SI-4", "SOC 2 A1.2"),
    ),
)
#: Amazon Route 53 developer guide, "How Amazon Route 53 determines whether a health check is healthy".
MOST_CHILDREN = 255


class CalculatedHealthCheck(Part):
    """Healthy while at least so many of other health checks are: a region whose site and API must both answer, say.

    Always: never inverted.

    Args:
        of: the checks that are counted, 1 to 255.
        at_least: how many must be healthy; all of them when None.

    Raises:
        ConfigurationError: no checks or too many, one twice, a calculated one among them, a number that is always or never reached.

    Sources: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html#health-checks-creating-values-calculated
    """

    def __init__(self, scope: Construct, construct_id: str, *, of: Sequence[Checked], at_least: int | None = None) -> None:
        super().__init__(scope, construct_id)
        needed = len(of) if at_least is None else at_least
        _refuse(self.path, of, needed)
        self._children, self._needed = len(of), needed
        #: The names that its children ask.
        self.hosts: tuple[str, ...] = tuple(host for check in of for host in check.hosts)
        #: The L1 itself.
        self.health_check = route53.CfnHealthCheck(
            self,
            "Check",
            health_check_config=route53.CfnHealthCheck.HealthCheckConfigProperty(
                type="CALCULATED",
                child_health_checks=[check.health_check_id for check in of],
                health_threshold=needed,
                inverted=False,
            ),
            health_check_tags=[route53.CfnHealthCheck.HealthCheckTagProperty(key="Name", value=self.path[-256:])],
        )
        #: For ``Failover("PRIMARY", health_check=...)``, and any record.
        self.health_check_id = self.health_check.attr_health_check_id
        record(self, controls=CONTROLS, tier="edge", watchable=True, children=self._children, at_least=needed)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Too few are healthy, or a spare is not. The metrics are in us-east-1: watch it from a stack there."""
        return calculated_alarms(check_id=self.health_check_id, children=self._children, at_least=self._needed)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Status."""
        return check_graphs(check_id=self.health_check_id, title=self.construct_id, asked=False)


def _refuse(where: str, of: Sequence[Checked], needed: int) -> None:
    if not 1 <= len(of) <= MOST_CHILDREN or len({id(check) for check in of}) < len(of):
        raise ConfigurationError(
            f"{where}: of",
            given=f"{len(of)} health checks, {len({id(check) for check in of})} of them different",
            allowed=f"1 to {MOST_CHILDREN} different health checks",
            mend="name each check once",
        )
    if any(isinstance(check, CalculatedHealthCheck) for check in of):
        raise ConfigurationError(
            f"{where}: of",
            given="a calculated health check among them",
            allowed="checks of endpoints and alarms: Route 53 does not calculate from calculated ones",
            mend="name the children of that check here as well",
        )
    if not 1 <= needed <= len(of):
        raise ConfigurationError(
            f"{where}: at_least",
            given=needed,
            allowed=f"1 to {len(of)}: none needed is always healthy, more than there are never",
            mend="leave it out to need all of them",
        )
