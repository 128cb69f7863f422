"""The queue of what could not be handled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.waivers import waive

#: The longest SQS keeps a message.
LONGEST_KEPT = timedelta(days=14)
#: As the CDK writes them, made once: each is a message to the jsii kernel.
KEPT = Duration.days(LONGEST_KEPT.days)
#: A consumer waits as long as SQS lets it: fewer empty answers, and no server left out.
#: Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
LONG_POLLING = Duration.seconds(20)
#: How long SQS reuses a data key before it asks KMS again (its default, said aloud).
KEY_REUSE = Duration.minutes(5)


def dead_letter_queue(
    scope: Construct,
    construct_id: str = "DeadLetters",
    *,
    key: kms.IKey,
    rules: Sequence[str],
    because: str,
    fifo: bool = False,
    only_source: str | None = None,
) -> sqs.Queue:
    """A queue that keeps what could not be handled as long as SQS can, also when its stack is deleted.

    Args:
        only_source: ARN of the one queue that may name it; None where its source is no queue, and so no queue may.
        rules: findings about a queue without a dead-letter queue of its own, waived *because* of what it is.
    """
    queue = sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=KEY_REUSE,
        enforce_ssl=True,
        fifo=True if fifo else None,
        receive_message_wait_time=LONG_POLLING,
        redrive_allow_policy=sqs.RedriveAllowPolicy(
            redrive_permission=sqs.RedrivePermission.BY_QUEUE,
            source_queues=[sqs.Queue.from_queue_arn(scope, "Source", only_source)],
        )
        if only_source
        else sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        retention_period=KEPT,
    )
    waive(queue, rule=rules, because=because, owner="platform")
    return queue
