"""The queue of what could not be handled, and what may put messages into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.foundation import ACCOUNT_ID
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
#: What a service that writes to an encrypted queue or topic needs of its key.
#: Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


def dead_letter_queue(
    scope: Construct,
    construct_id: str,
    *,
    key: kms.IKey,
    fifo: bool,
    only_source: str | None,
    rules: Sequence[str],
    because: str,
) -> sqs.Queue:
    """A queue of dead letters that keeps them as long as SQS can.

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


def admits(
    service: str, actions: Sequence[str], resource: str, *, source_arn: str, like: bool = False, account: str = ACCOUNT_ID
) -> Mapping[str, Any]:
    """A statement that lets *service* do *actions* on behalf of *source_arn* of this account, and of nobody else.

    Args:
        like: *source_arn* is a pattern.
    """
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
        "Resource": resource,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike" if like else "ArnEquals": {"aws:SourceArn": source_arn},
        },
    }
