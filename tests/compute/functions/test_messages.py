"""What a function costs in messages to the jsii kernel: no more than this, on any machine.

A number here may fall. Where it must rise, say in the commit what the messages buy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aws_cdk as cdk
import pytest

from bench.messages import counted, total
from prodready_constructs.foundation import Part
from tests.compute.functions.parts import a_function, a_vpc
from tests.support.synthesis import new_stack


@contextmanager
def at_most(messages: int) -> Iterator[None]:
    with counted() as counts:
        yield
    assert total(counts) <= messages, counts
    assert counts["callback"] == 0


@pytest.fixture
def stack() -> cdk.Stack:
    stack = new_stack()
    # What the first part of a stack asks once for all of them is no cost of the construct under test.
    first = Part(stack, "First")
    assert first.path
    assert first.stated_region
    return stack


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
