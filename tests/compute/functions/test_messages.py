"""What a function costs in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from tests.compute.functions.parts import a_function, a_vpc
from tests.support.messages import at_most, begun_stack


@pytest.fixture
def stack() -> cdk.Stack:
    return begun_stack()


@pytest.mark.control("FN-1")
def test_a_function(stack: cdk.Stack) -> None:
    vpc = a_vpc(stack)
    a_function(stack, "First function", vpc=vpc)  # runtime, durations and zones are asked for once
    with at_most(74):
        function = a_function(stack, vpc=vpc)
    with at_most(0):
        assert function.alarm_specs and function.rollback_specs and function.graphs  # noqa: PT018
    with at_most(48):
        function.add_smoke_check({"ping": True})
    with at_most(4):
        function.add_setting("LEVEL", "info")
