"""Bounds for the messages between Python and the jsii kernel: they are the same on any machine.

A bound may fall. Where it must rise, the commit says what the messages buy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aws_cdk as cdk

from bench.messages import counted, total
from prodready_constructs.foundation import Part
from tests.support.synthesis import new_stack


@contextmanager
def at_most(messages: int, *, grants: int = 0) -> Iterator[None]:
    """The block may send so many.

    Args:
        grants: how often JavaScript calls back into Python: each grant of the CDK asks a role of ours where it shall land, nothing else may.
    """
    with counted() as counts:
        yield
    assert total(counts) <= messages, counts
    assert counts["callback"] == grants, counts


def begun_stack() -> cdk.Stack:
    """A stack with a first part in it: what that one asks for all of them is no cost of the construct under test."""
    stack = new_stack()
    first = Part(stack, "First")
    assert first.path
    assert first.stated_region
    return stack
