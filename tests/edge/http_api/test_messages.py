"""What an HTTP API costs in messages to the jsii kernel: no more than this, on any machine.

A number here may fall. Where it must rise, say in the commit what the messages buy.
"""

from __future__ import annotations

import pytest
from aws_cdk import aws_iam as iam

from prodready_constructs.edge.http_api.authorizers import IamSignatures
from prodready_constructs.foundation import Part
from tests.edge.http_api.parts import REASON, a_balancer, a_certificate, a_name, an_api, own_front
from tests.edge.test_messages import at_most
from tests.support.synthesis import ZonedStack, new_stack


@pytest.fixture
def stack() -> ZonedStack:
    stack = new_stack()
    # What the first part of a stack asks once for all of them is no cost of the construct under test.
    first = Part(stack, "First")
    assert first.path
    assert first.stated_region
    return stack


@pytest.mark.parametrize(("named", "messages"), [(True, 79), (False, 76)], ids=["domain", "trial"])
def test_http_api(stack: ZonedStack, named: bool, messages: int) -> None:
    balancer = a_balancer(stack)
    front = own_front(stack, domain=a_name(stack, "ApiDomain", "api.example.com") if named else None)
    domain = a_name(stack, "OriginDomain", "origin-api.example.com") if named else None
    with at_most(messages):
        api = an_api(stack, target=balancer, front=front, domain=domain, authorizer=IamSignatures())
    with at_most(0):
        assert api.alarm_specs and api.graphs  # noqa: PT018
    with at_most(1):
        api.pass_everything()
    with at_most(1):
        api.add_route("/orders", "GET")
    with at_most(1):
        api.throttle("/orders", "GET", rate=1, burst=1)
    with at_most(9):
        api.public("/status", "GET", reason=REASON)
    caller = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    with at_most(2):
        api.grant_invoke(caller)


def test_origin_certificate(stack: ZonedStack) -> None:
    with at_most(4):
        proof = a_certificate(stack)
    with at_most(0):
        assert proof.alarm_specs and proof.graphs  # noqa: PT018
