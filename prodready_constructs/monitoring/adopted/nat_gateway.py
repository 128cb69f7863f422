"""NAT gateways: one, or all that the CDK's VPC has made."""

from __future__ import annotations

import re
from typing import Any

from aws_cdk import aws_ec2 as ec2

from prodready_constructs.contracts import AnyAlarmSpec, MathMetric
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of
from prodready_constructs.monitoring.adopted.data import CRITICAL, RECOMMENDED, WARNING, Service

_NO_LETTER = re.compile(r"[^A-Za-z0-9]+")


def gateway(gateway_id: str, prefix: str = "") -> tuple[AnyAlarmSpec, ...]:
    """A gateway by its id; *prefix* tells its alarms from those of another in the same network."""
    of = Service("AWS/NATGateway", {"NatGatewayId": gateway_id}, (f"aws ec2 describe-nat-gateways --nat-gateway-ids {gateway_id}",))
    return (
        of.alarm(
            f"{prefix}PortsUsedUp",
            of.metric("ErrorPortAllocation"),
            0,
            severity=CRITICAL,
            source=RECOMMENDED,
            periods=15,
            missing_data="notBreaching",
            meaning="New connections to the internet fail: the gateway has no port left for a destination.",
            causes=("very many connections to one address", "connections that are never closed"),
        ),
        of.alarm(
            f"{prefix}PacketsDropped",
            MathMetric(
                # As the metric's own description has it: of the packets of both directions.
                expression="IF(sent + received > 0, 100 * FILL(dropped, 0) / (sent + received), 0)",
                using={
                    "dropped": of.metric("PacketsDropCount"),
                    "sent": of.metric("PacketsInFromSource"),
                    "received": of.metric("PacketsInFromDestination"),
                },
                label="Dropped packets, % of all",
            ),
            0.01,
            severity=WARNING,
            source=f"{RECOMMENDED}: 0.01 % of the traffic",
            missing_data="notBreaching",
            meaning="The gateway drops packets: connections stall.",
            causes=("more traffic than it carries (100 Gbit/s)", "a passing fault of the gateway"),
        ),
    )


def _of_network(found: Any) -> tuple[AnyAlarmSpec, ...]:
    """The gateways of a VPC that is made here, each named as its subnet is."""
    gateways = [one for one in found.node.find_all() if isinstance(one, ec2.CfnNatGateway)]
    if not gateways:
        raise ConfigurationError(
            f"adopt({path_of(found)})",
            given="a VPC without NAT gateways",
            allowed="a VPC of this app that has some: nothing else of a network has an alarm that AWS recommends",
            mend="leave it out, or adopt the gateways where they are made",
        )
    return tuple(spec for one in gateways for spec in gateway(one.attr_nat_gateway_id, _subnet(one)))


def _subnet(gateway: ec2.CfnNatGateway) -> str:
    name = _NO_LETTER.sub("", path_of(gateway).split("/")[-2])
    return name[:1].upper() + name[1:]


ADOPTS = {"aws_ec2.CfnNatGateway": lambda found: gateway(found.attr_nat_gateway_id), "aws_ec2.Vpc": _of_network}
