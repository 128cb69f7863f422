"""First in, first out: what it means for a queue or a topic."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs


@dataclass(frozen=True, slots=True, kw_only=True)
class Fifo:
    """Messages of one group stay in order, and a repeated one is delivered once within five minutes.

    Attributes:
        content_based_deduplication: the same body is the same message; where not, every sender gives each message a deduplication id.
        high_throughput: order and deduplication are kept within a message group only, for many thousands of messages a second;
            where not, within the whole queue, for 300 a second (3,000 in batches of ten).

    Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html,
        https://docs.aws.amazon.com/sns/latest/dg/fifo-high-throughput.html
    """

    content_based_deduplication: bool = False
    high_throughput: bool = True


def deduplication_scope(fifo: Fifo | None) -> sqs.DeduplicationScope | None:
    """Where a queue looks for a repeated message."""
    if fifo is None:
        return None
    return sqs.DeduplicationScope.MESSAGE_GROUP if fifo.high_throughput else sqs.DeduplicationScope.QUEUE


def throughput_limit(fifo: Fifo | None) -> sqs.FifoThroughputLimit | None:
    """What the quota of a queue counts."""
    if fifo is None:
        return None
    return sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID if fifo.high_throughput else sqs.FifoThroughputLimit.PER_QUEUE


def throughput_scope(fifo: Fifo | None) -> sns.FifoThroughputScope | None:
    """Where a topic looks for a repeated message, and what its quota counts."""
    if fifo is None:
        return None
    return sns.FifoThroughputScope.MESSAGE_GROUP if fifo.high_throughput else sns.FifoThroughputScope.TOPIC
