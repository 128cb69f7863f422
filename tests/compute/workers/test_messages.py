"""What workers cost in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis

from prodready_constructs import PRODUCTION, STAGING, EventFilters, Pace, QueueConsumer, QueueWorker, RecordStream, Redrive, StreamConsumer
from prodready_constructs.posture import WorkerPosture
from tests.compute.workers.parts import IMAGE, a_function, a_queue, a_vpc
from tests.support.messages import at_most, begun_stack

WORKERS = PRODUCTION.workers


@pytest.fixture
def stack() -> cdk.Stack:
    return begun_stack()


@pytest.mark.parametrize(
    ("posture", "messages"), [(WORKERS, 81), (replace(STAGING.workers, zero_when_empty=True), 95)], ids=["production", "to zero"]
)
def test_queue_worker(stack: cdk.Stack, posture: WorkerPosture, messages: int) -> None:
    """A worker is 24 resources: those of a service without a load balancer, and its policies."""
    queue, vpc = a_queue(stack), a_vpc(stack)
    pace = Pace(seconds_per_message=2, acceptable_wait=timedelta(minutes=5))
    tasks = PRODUCTION.compute if posture.always_on else STAGING.compute
    with at_most(messages, grants=5):
        worker = QueueWorker(stack, "Worker", vpc=vpc, image=IMAGE, queue=queue, pace=pace, posture=posture, tasks=tasks)
    with at_most(1):
        assert worker.alarm_specs and worker.rollback_specs and worker.graphs  # noqa: PT018


@pytest.mark.parametrize(("filtered", "messages"), [(False, 18), (True, 26)], ids=["all", "filtered"])
def test_queue_consumer(stack: cdk.Stack, filtered: bool, messages: int) -> None:
    queue, function = a_queue(stack), a_function(stack)
    filters = EventFilters(patterns=({"body": {"kind": ["order"]}},)) if filtered else None
    with at_most(messages, grants=2):
        consumer = QueueConsumer(stack, "Consumer", queue=queue, function=function, posture=WORKERS, filters=filters)
    with at_most(4):
        assert consumer.alarm_specs and consumer.graphs  # noqa: PT018


def test_stream_consumer(stack: cdk.Stack) -> None:
    stream, failures, function = kinesis.Stream(stack, "Clicks"), a_queue(stack).queue, a_function(stack)
    with at_most(26, grants=3):
        consumer = StreamConsumer(
            stack,
            "Follower",
            stream=RecordStream.of_kinesis(stream),
            function=function,
            failures=failures,
            posture=WORKERS,
            starting_position="LATEST",
        )
    with at_most(4):
        assert consumer.alarm_specs and consumer.graphs  # noqa: PT018


def test_redrive(stack: cdk.Stack) -> None:
    queue, vpc = a_queue(stack), a_vpc(stack)
    with at_most(100):
        Redrive(stack, "Redrive", queue=queue, posture=WORKERS, functions=PRODUCTION.functions, vpc=vpc)
