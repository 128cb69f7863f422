"""NAT gateways."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, RECOMMENDED, WARNING, Service


def gateway(gateway_id: str) -> tuple[AnyAlarmSpec, ...]:
    """A gateway by its id."""
    of = Service("AWS/NATGateway", {"NatGatewayId": gateway_id}, (f"aws ec2 describe-nat-gateways --nat-gateway-ids {gateway_id}",))
    return (
        of.alarm(
            "PortsUsedUp",
            of.metric("ErrorPortAllocation"),
            0,
            severity=CRITICAL,
            source=RECOMMENDED,
            periods=15,
            meaning="New connections to the internet fail: the gateway has no port left for a destination.",
            causes=("very many connections to one address", "connections that are never closed"),
        ),
        of.alarm(
            "PacketsDropped",
            of.percent((of.metric("PacketsDropCount"),), of.metric("PacketsInFromSource"), "Dropped packets, % of those sent"),
            0.01,
            severity=WARNING,
            source=f"{RECOMMENDED}: 0.01 % of the traffic",
            meaning="The gateway drops packets: connections stall.",
            causes=("more traffic than it carries (100 Gbit/s)", "a passing fault of the gateway"),
        ),
    )


ADOPTS = {"aws_ec2.CfnNatGateway": lambda found: gateway(found.attr_nat_gateway_id)}
