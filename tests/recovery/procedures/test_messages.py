"""What automations cost in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

from aws_cdk import aws_rds as rds

from bench.messages import counted, total
from prodready_constructs.foundation import Part
from prodready_constructs.recovery import Procedures
from tests.support.synthesis import new_stack


def test_an_automation() -> None:
    stack = new_stack()
    assert Part(stack, "First").path
    instance = rds.DatabaseInstance.from_database_instance_attributes(
        stack, "Orders", instance_identifier="orders", instance_endpoint_address="orders.example.com", port=5432, security_groups=[]
    )
    with counted() as counts:
        procedures = Procedures(stack, "Procedures", approvers=("arn:aws:iam::111122223333:role/OnCall",))
        procedures.fail_over("FailOver", instance)
    assert total(counts) <= 17, counts
    assert counts["callback"] == 0
