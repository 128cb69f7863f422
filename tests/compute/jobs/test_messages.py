"""What a job costs in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from prodready_constructs.compute import ScheduledJob
from prodready_constructs.posture import PRODUCTION
from tests.compute.jobs.parts import a_job, a_vpc, run_of
from tests.support.messages import at_most, begun_stack


@pytest.fixture
def stack() -> cdk.Stack:
    return begun_stack()


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
