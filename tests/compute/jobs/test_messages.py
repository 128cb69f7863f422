"""What a job costs in messages to the jsii kernel: no more than this, on any machine.

A number here may fall. Where it must rise, say in the commit what the messages buy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aws_cdk as cdk
import pytest

from bench.messages import counted, total
from prodready_constructs.compute import ScheduledJob
from prodready_constructs.foundation import Part
from prodready_constructs.posture import PRODUCTION
from tests.compute.jobs.parts import a_job, a_vpc, run_of
from tests.support.synthesis import new_stack


@contextmanager
def at_most(messages: int, *, grants: int = 0) -> Iterator[None]:
    with counted() as counts:
        yield
    assert total(counts) <= messages, counts
    assert counts["callback"] == grants, "each grant of the CDK asks the role where it shall land"


@pytest.fixture
def stack() -> cdk.Stack:
    stack = new_stack()
    # What the first part of a stack asks once for all of them is no cost of the construct under test.
    assert Part(stack, "First").path
    return stack


@pytest.mark.parametrize(("schedule", "messages"), [("rate(1 hour)", 32), ("cron(0 8 1 * ? *)", 60)], ids=["often", "rare"])
def test_scheduled_job(stack: cdk.Stack, schedule: str, messages: int) -> None:
    target = run_of(stack)
    with at_most(messages):
        job = ScheduledJob(stack, "Job", schedule=schedule, target=target, posture=PRODUCTION.jobs)
    with at_most(0):
        assert job.alarm_specs and job.graphs  # noqa: PT018


def test_fargate_job(stack: cdk.Stack) -> None:
    vpc = a_vpc(stack)
    with at_most(66, grants=1):
        job = a_job(stack, vpc=vpc)
    with at_most(3):
        assert job.start.arn
