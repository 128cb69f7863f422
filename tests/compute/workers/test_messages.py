"""What workers cost in messages to the jsii kernel: no more than this, on any machine.

A number here may fall. Where it must rise, say in the commit what the messages buy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis

from bench.messages import counted, total
from prodready_constructs import PRODUCTION, STAGING, EventFilters, Pace, QueueConsumer, QueueWorker, RecordStream, Redrive, StreamConsumer
from prodready_constructs.foundation import Part
from prodready_constructs.posture import WorkerPosture
from tests.compute.workers.parts import IMAGE, a_function, a_queue, a_vpc
from tests.support.synthesis import new_stack

WORKERS = PRODUCTION.workers


@contextmanager
def at_most(messages: int) -> Iterator[None]:
    with counted() as counts:
        yield
    assert total(counts) <= messages, counts


@pytest.fixture
def stack() -> cdk.Stack:
    stack = new_stack()
    # What the first part of a stack asks once for all of them is no cost of the construct under test.
    first = Part(stack, "First")
    assert first.path
    assert first.stated_region
    return stack


@pytest.mark.parametrize(
    ("posture", "messages"), [(WORKERS, 81), (replace(STAGING.workers, zero_when_empty=True), 95)], ids=["production", "to zero"]
)
def test_queue_worker(stack: cdk.Stack, posture: WorkerPosture, messages: int) -> None:
    """A worker is 24 resources: those of a service without a load balancer, and its policies."""
    queue, vpc = a_queue(stack), a_vpc(stack)
    pace = Pace(seconds_per_message=2, acceptable_wait=timedelta(minutes=5))
    tasks = PRODUCTION.compute if posture.always_on else STAGING.compute
    with at_most(messages):
        worker = QueueWorker(stack, "Worker", vpc=vpc, image=IMAGE, queue=queue, pace=pace, posture=posture, tasks=tasks)
    with at_most(1):
        assert worker.alarm_specs and worker.rollback_specs and worker.graphs  # noqa: PT018


@pytest.mark.parametrize(("filtered", "messages"), [(False, 18), (True, 26)], ids=["all", "filtered"])
def test_queue_consumer(stack: cdk.Stack, filtered: bool, messages: int) -> None:
    queue, function = a_queue(stack), a_function(stack)
    filters = EventFilters(patterns=({"body": {"kind": ["order"]}},)) if filtered else None
    with at_most(messages):
        consumer = QueueConsumer(stack, "Consumer", queue=queue, function=function, posture=WORKERS, filters=filters)
    with at_most(4):
        assert consumer.alarm_specs and consumer.graphs  # noqa: PT018


def test_stream_consumer(stack: cdk.Stack) -> None:
    stream, failures, function = kinesis.Stream(stack, "Clicks"), a_queue(stack).queue, a_function(stack)
    with at_most(26):
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
