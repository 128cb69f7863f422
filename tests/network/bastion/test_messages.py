"""What a bastion costs in messages to the jsii kernel. They do not depend on the machine; a number here may fall."""

from __future__ import annotations

from bench.messages import counted, total
from prodready_constructs.network import SessionBastion
from tests.network.bastion.parts import POSTURE, a_store, a_vpc
from tests.support.synthesis import new_stack


def test_no_more_messages_than() -> None:
    stack = new_stack()
    vpc = a_vpc(stack)
    SessionBastion(stack, "First", vpc=vpc, posture=POSTURE)
    with counted() as counts:
        bastion = SessionBastion(stack, "Second", vpc=vpc, posture=POSTURE)
    # 15 resources, an output and six waived findings.
    assert total(counts) <= 66, counts
    stores = [a_store(stack, vpc, name, secret=False) for name in ("Orders", "Payments")]
    bastion.connect_to(stores[0], name="Orders")
    with counted() as counts:
        bastion.connect_to(stores[1], name="Payments")
    # Two rules, a document, its place in the policy, two outputs.
    assert total(counts) <= 9, counts
    with counted() as counts:
        described = [*bastion.alarm_specs, *bastion.graphs]
    assert total(counts) == 0
    assert described
