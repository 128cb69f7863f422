"""What a network costs in messages to the jsii kernel. They do not depend on the machine; a number here may fall."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
import pytest

from bench.messages import counted, total
from prodready_constructs.network import PrivateNetwork
from prodready_constructs.posture import PRODUCTION, STAGING, NetworkPosture
from tests.network.test_private_network import ZONAL
from tests.support.synthesis import ACCOUNT, REGION, new_app


class Stack(cdk.Stack):
    """Zones as an application states them: the stack of other tests asks the kernel for its region with each."""

    @property
    def availability_zones(self) -> list[str]:
        return [f"{REGION}{letter}" for letter in "abc"]


def new_stack() -> Stack:
    return Stack(new_app(), "Stack", env=cdk.Environment(account=ACCOUNT, region=REGION))


@pytest.mark.parametrize(
    ("posture", "public_tier", "messages"),
    [
        (PRODUCTION.network, False, 83),
        (STAGING.network, False, 83),
        # Three NAT gateways, and three public routes waived for three packs.
        (ZONAL, True, 110),
    ],
    ids=["production", "staging", "zonal"],
)
def test_a_network_costs_no_more_messages_than(posture: NetworkPosture, public_tier: bool, messages: int) -> None:
    stack = new_stack()
    with counted() as counts:
        PrivateNetwork(stack, "Network", posture=posture, public_tier=public_tier)
    assert total(counts) <= messages, counts


def test_an_interface_endpoint_is_two_messages() -> None:
    """Its service and itself."""

    def cost(*services: str) -> int:
        stack = new_stack()
        with counted() as counts:
            PrivateNetwork(stack, "Network", posture=replace(PRODUCTION.network, interface_endpoints=services))
        return total(counts)

    assert cost("logs", "ecr.api", "kms") - cost("logs") == 2 * 2


def test_alarms_and_graphs_are_data() -> None:
    network = PrivateNetwork(new_stack(), "Network", posture=PRODUCTION.network)
    with counted() as counts:
        described = [*network.alarm_specs, *network.graphs]
    assert total(counts) == 0
    assert described
