"""Where messages end that no target took."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.waivers import waive

#: The longest SQS keeps a message; how it is asked for, and how long it reuses a data key.
_KEPT, _LONG_POLLING, _KEY_REUSE = Duration.days(14), Duration.seconds(20), Duration.minutes(5)


def dead_letter_queue(scope: Construct, *, key: kms.IKey) -> sqs.Queue:
    """Kept as long as SQS keeps anything."""
    queue = sqs.Queue(
        scope,
        "DeadLetters",
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=_KEY_REUSE,
        enforce_ssl=True,
        receive_message_wait_time=_LONG_POLLING,
        redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        retention_period=_KEPT,
    )
    waive(
        queue,
        rule=["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"],
        because="This queue is itself where messages end that no target took: nothing consumes it, it keeps them as long as SQS can, and a "
        "critical alarm fires on its first message.",
        owner="platform",
    )
    return queue
