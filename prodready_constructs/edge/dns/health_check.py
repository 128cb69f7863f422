"""A health check: Route 53 asks an endpoint from around the world, over HTTPS, as a visitor would."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import aws_route53 as route53
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.dns.health_check_alarms import check_graphs, endpoint_alarms
from prodready_constructs.edge.dns.names import DOMAIN_NAME
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

CONTROLS = (
    ControlClaim(
        control="WEB-9",
        how="Route 53 health check over HTTPS with SNI from at least three regions, not inverted, with an alarm when it turns unhealthy",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 SI-4", "HIPAA 164.308(a)(7)(ii)(C)", "SOC 2 A1.2"),
    ),
)
#: Where Route 53's checkers are (Amazon Route 53 API reference, HealthCheckConfig, Regions); all of them when none is named.
CHECKER_REGIONS = ("ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-west-1", "us-west-2")
FEWEST_REGIONS = 3
INTERVALS = (timedelta(seconds=10), timedelta(seconds=30))
MOST_FAILURES = 10
#: Of a path and of the text looked for, in characters (HealthCheckConfig).
LONGEST_TEXT = 255
#: Names that lead nowhere on the internet: internal load balancers, and the suffixes of RFC 6761, RFC 6762 and ICANN's .internal.
_PRIVATE = re.compile(r"internal-.*\.elb\.amazonaws\.com(\.cn)?|.*\.(internal|local|localhost|test|invalid|home\.arpa)")
_PATH = re.compile(r"/[!-~]*")


class HealthCheck(Part):
    """Whether ``https://<host><path>`` answers, as Route 53 sees it from around the world.

    Route 53 counts an answer as good when the connection takes at most 4 seconds and a status of 2xx or 3xx comes within 2 more (and the
    text within another 2); the endpoint as healthy while more than 18 % of the checkers do. It does not check the certificate: an expired
    one looks healthy (``Domain`` watches that).

    Always: HTTPS with the host in SNI, never inverted, latency measured.

    Args:
        host: the name that always means this endpoint, reachable from the internet by IPv4; not one that is routed by this very check.
        path: what is asked for; it should fail when what the service needs fails.
        port: of the endpoint.
        search: text that must be within the first 5,120 bytes of the answer.
        interval: 10 or 30 seconds between two questions of one checker; cannot be changed later without a new check.
        failures: how many in a row, 1 to 10, turn it unhealthy, and how many good ones healthy again.
        regions: of the checkers, at least three; all eight when empty. Leave out those whose country the web ACL blocks.

    Raises:
        ConfigurationError: an address, a private name, or a value outside of what Route 53 takes.

    Sources: https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
        https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        host: str,
        path: str = "/health",
        port: int = 443,
        search: str | None = None,
        interval: timedelta = INTERVALS[1],
        failures: int = 3,
        regions: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        _require_host(self.path, host)
        _require_question(self.path, path, port, search)
        _require_pace(self.path, interval, failures, regions)
        #: Where it looks.
        self.url = f"https://{host}{'' if port == 443 else f':{port}'}{path}"
        #: The names that it asks.
        self.hosts: tuple[str, ...] = (host,)
        #: From the first bad answer until Route 53 leads visitors away; resolvers keep the old answer for up to a minute longer.
        self.noticed_after = interval * failures
        #: The L1 itself.
        self.health_check = route53.CfnHealthCheck(
            self,
            "Check",
            health_check_config=route53.CfnHealthCheck.HealthCheckConfigProperty(
                type="HTTPS_STR_MATCH" if search else "HTTPS",
                fully_qualified_domain_name=host,
                port=port,
                resource_path=path,
                search_string=search,
                enable_sni=True,
                inverted=False,
                measure_latency=True,
                request_interval=int(interval.total_seconds()),
                failure_threshold=failures,
                regions=list(regions) or None,
            ),
            # What the console shows in place of an id.
            health_check_tags=[route53.CfnHealthCheck.HealthCheckTagProperty(key="Name", value=f"{host}{path}"[:256])],
        )
        #: For ``Failover("PRIMARY", health_check=...)``, and any record.
        self.health_check_id = self.health_check.attr_health_check_id
        record(self, controls=CONTROLS, tier="edge", watchable=True, url=self.url, noticed_after=int(self.noticed_after.total_seconds()))

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Unhealthy, or out of reach for a part of the world. The metrics are in us-east-1: watch it from a stack there."""
        return endpoint_alarms(check_id=self.health_check_id, url=self.url)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Status, and how long connection, handshake and first byte take."""
        return check_graphs(check_id=self.health_check_id, title=self.hosts[0], asked=True)


def _require_host(where: str, host: str) -> None:
    if host.startswith("${Token["):
        return
    if not DOMAIN_NAME.fullmatch(host) or host.startswith("*."):
        raise ConfigurationError(
            f"{where}: host",
            given=host,
            allowed="a domain name, such as 'us-west-2.shop.example.com': the certificate and SNI want a name, not an address",
            mend="leave out scheme, port, path and wildcard; give the endpoint a name by Domain(...).alias(...)",
        )
    if _PRIVATE.fullmatch(host):
        raise ConfigurationError(
            f"{where}: host",
            given=host,
            allowed="a name that the internet resolves and reaches: Route 53's checkers are outside of every VPC",
            mend="check what stands in front of it, or follow an alarm on it by AlarmHealthCheck",
        )


def _require_question(where: str, path: str, port: int, search: str | None) -> None:
    if not _PATH.fullmatch(path) or len(path) > LONGEST_TEXT:
        raise ConfigurationError(
            f"{where}: path",
            given=path,
            allowed=f"a path of up to {LONGEST_TEXT} characters that begins with '/', without spaces",
            mend="write it as a browser sends it, such as '/health'",
        )
    if not 1 <= port <= 65_535:
        raise ConfigurationError(f"{where}: port", given=port, allowed="1 to 65535", mend="leave it at 443")
    if search is not None and not 1 <= len(search) <= LONGEST_TEXT:
        raise ConfigurationError(
            f"{where}: search",
            given=search,
            allowed=f"a text of 1 to {LONGEST_TEXT} characters",
            mend="leave it out, or choose a short mark",
        )


def _require_pace(where: str, interval: timedelta, failures: int, regions: Sequence[str]) -> None:
    if interval not in INTERVALS:
        raise ConfigurationError(
            f"{where}: interval",
            given=str(interval),
            allowed="10 or 30 seconds, the two that Route 53 offers",
            mend="take 30 seconds, or 10 at an extra price",
        )
    if not 1 <= failures <= MOST_FAILURES:
        raise ConfigurationError(f"{where}: failures", given=failures, allowed=f"1 to {MOST_FAILURES}", mend="take 3")
    if not regions:
        return
    if len(set(regions)) != len(regions) or len(regions) < FEWEST_REGIONS or not set(regions) <= set(CHECKER_REGIONS):
        raise ConfigurationError(
            f"{where}: regions",
            given=", ".join(regions),
            allowed=f"at least {FEWEST_REGIONS} of {', '.join(CHECKER_REGIONS)}, each once",
            mend="leave it empty for all of them",
        )
