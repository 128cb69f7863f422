"""SQS queues, with the dead letters of those that have a dead-letter queue."""

from __future__ import annotations

from typing import Any

from prodready_constructs.contracts import AnyAlarmSpec, MathMetric
from prodready_constructs.monitoring.adopted.data import CRITICAL, FIVE, LEDGER, RECOMMENDED, WARNING, Service

#: Seconds after which work in a queue is late for most purposes.
LATE = 900
#: The most messages that may be in flight, and the share of it at which somebody should look (Amazon SQS developer guide, quotas).
IN_FLIGHT_QUOTA, NEAR = 120_000, 0.8
#: Messages that may wait, and by which a backlog may grow in an hour, before growth is a trend.
BACKLOG = 1_000


def queue(name: str, url: str, dead_letters: str | None = None) -> tuple[AnyAlarmSpec, ...]:
    """A queue; *dead_letters*: the name of its dead-letter queue."""
    of = Service("AWS/SQS", {"QueueName": name}, (f"aws sqs get-queue-attributes --queue-url {url} --attribute-names All",), FIVE)
    behind = ("the consumer is stopped or crashes", "what the consumer calls is slow", "more messages than it was scaled for")
    specs: list[AnyAlarmSpec] = [
        of.alarm(
            "OldestMessage",
            of.metric("ApproximateAgeOfOldestMessage", "Maximum"),
            LATE,
            severity=WARNING,
            source=f"Our reason: a quarter of an hour; {RECOMMENDED} names the metric and leaves the number to you",
            periods=3,
            # SQS stops reporting for a queue that was idle for six hours: silence is an empty queue. So below.
            missing_data="notBreaching",
            meaning="Messages wait for more than a quarter of an hour.",
            causes=behind,
        ),
        of.alarm(
            "DepthIncreasing",
            MathMetric(
                expression=f"IF(depth > {BACKLOG}, RATE(depth) * 3600, 0)",
                using={"depth": of.metric("ApproximateNumberOfMessagesVisible", "Average")},
                label="messages an hour by which the backlog grows",
                period=FIVE,
            ),
            BACKLOG,
            severity=WARNING,
            source=f"{LEDGER}: queue depth increasing; our reason: {BACKLOG:,} messages, and as many again within the hour, half an hour long",
            periods=6,
            missing_data="notBreaching",
            meaning="The backlog grows, and has done so for half an hour: consumers are slower than what arrives.",
            causes=behind,
        ),
        of.alarm(
            "InFlightNearQuota",
            of.metric("ApproximateNumberOfMessagesNotVisible", "Maximum"),
            int(IN_FLIGHT_QUOTA * NEAR),
            severity=WARNING,
            source=f"Amazon SQS quotas: {IN_FLIGHT_QUOTA:,} messages in flight; 80 % of it",
            periods=3,
            missing_data="notBreaching",
            meaning="Nearly as many messages are handed out as may be; at the quota SQS hands out no more.",
            causes=("consumers forget to delete what they handled", "they crash, and the visibility timeout is long"),
        ),
    ]
    if dead_letters:
        left = Service("AWS/SQS", {"QueueName": dead_letters}, of.commands, FIVE)
        specs.append(
            left.alarm(
                "DeadLetters",
                left.metric("ApproximateNumberOfMessagesVisible", "Maximum"),
                0,
                severity=CRITICAL,
                source=f"{LEDGER}: dead-letter queue not empty",
                periods=1,
                missing_data="notBreaching",
                meaning="A message could not be handled however often it was tried.",
                causes=("a message the consumer cannot read", "a fault in the consumer that lasted longer than all tries"),
            )
        )
    return tuple(specs)


def _of_queue(found: Any) -> tuple[AnyAlarmSpec, ...]:
    behind = getattr(found, "dead_letter_queue", None)
    return queue(found.queue_name, found.queue_url, behind.queue.queue_name if behind else None)


ADOPTS = {"aws_sqs.IQueue": _of_queue, "aws_sqs.CfnQueue": lambda found: queue(found.attr_queue_name, found.ref)}
