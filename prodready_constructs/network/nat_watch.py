"""What is watched of NAT gateways: refused connections and lost packets. Data only."""

from __future__ import annotations

from collections.abc import Sequence

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

_GUIDE = "Amazon VPC user guide, NAT gateway metrics (vpc-nat-gateway-cloudwatch)"
#: Percent of packets. Above it AWS advises to look at the AWS Health Dashboard.
TOLERATED_LOSS = 0.01


def _metric(gateway: str, name: str, statistic: str = "Sum") -> Metric:
    return Metric(namespace="AWS/NATGateway", name=name, dimensions={"NatGatewayId": gateway}, statistic=statistic)


def _commands(gateway: str, metric: str) -> tuple[str, ...]:
    return (
        f"aws ec2 describe-nat-gateways --nat-gateway-ids {gateway}",
        f"aws cloudwatch get-metric-statistics --namespace AWS/NATGateway --metric-name {metric} "
        f"--dimensions Name=NatGatewayId,Value={gateway} --statistics Sum --period 60 "
        '--start-time "$(date -u -d -1hour +%FT%TZ)" --end-time "$(date -u +%FT%TZ)"',
        "aws health describe-events --region us-east-1 --filter services=VPC,eventStatusCodes=open",
    )


def alarm_specs(gateways: Sequence[str]) -> tuple[AlarmSpec, ...]:
    """Two alarms for each NAT gateway."""
    specs: list[AlarmSpec] = []
    for number, gateway in enumerate(gateways, start=1):
        suffix = "" if len(gateways) == 1 else str(number)
        specs += [
            AlarmSpec(
                id=f"NatPortAllocation{suffix}",
                metric=_metric(gateway, "ErrorPortAllocation"),
                threshold=0,
                comparison="GreaterThanThreshold",
                severity=Severity.CRITICAL,
                periods=5,
                datapoints=3,
                # An idle gateway publishes nothing, and refuses nobody.
                missing_data="notBreaching",
                source=f"{_GUIDE}: above zero, too many connections to one destination are open",
                runbook=RunbookSpec(
                    meaning="New connections from the private subnets to the internet fail, because the NAT gateway has no source port left.",
                    causes=(
                        "A client opens a connection for each request instead of reusing it",
                        "Much more load on one destination (an API, a database outside) than its addresses can serve",
                        "Idle connections are not closed",
                    ),
                    first_commands=_commands(gateway, "ErrorPortAllocation"),
                ),
            ),
            AlarmSpec(
                id=f"NatPacketLoss{suffix}",
                metric=MathMetric(
                    expression="100 * dropped / (outbound + inbound)",
                    using={
                        "dropped": _metric(gateway, "PacketsDropCount"),
                        "outbound": _metric(gateway, "PacketsInFromSource"),
                        "inbound": _metric(gateway, "PacketsInFromDestination"),
                    },
                    label="Packets dropped (%)",
                ),
                threshold=TOLERATED_LOSS,
                comparison="GreaterThanThreshold",
                severity=Severity.WARNING,
                periods=5,
                missing_data="notBreaching",
                source=f"{_GUIDE}: PacketsDropCount above {TOLERATED_LOSS} % of the traffic",
                runbook=RunbookSpec(
                    meaning="The NAT gateway loses packets; connections to the internet are slow or break.",
                    causes=("A passing fault of the NAT gateway or of its zone", "Traffic above the gateway's limits"),
                    first_commands=_commands(gateway, "PacketsDropCount"),
                ),
            ),
        ]
    return tuple(specs)


def graphs(gateways: Sequence[str]) -> tuple[GraphSpec, ...]:
    """Bytes and connections of all gateways together; none without a gateway."""
    if not gateways:
        return ()
    return (
        GraphSpec(
            title="NAT gateway bytes",
            unit="Bytes",
            metrics=tuple(_metric(gateway, name) for gateway in gateways for name in ("BytesOutToDestination", "BytesInFromDestination")),
        ),
        GraphSpec(
            title="NAT gateway connections",
            unit="Count",
            metrics=tuple(
                metric
                for gateway in gateways
                for metric in (
                    _metric(gateway, "ActiveConnectionCount", "Maximum"),
                    _metric(gateway, "ErrorPortAllocation"),
                )
            ),
        ),
    )
