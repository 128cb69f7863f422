"""Where messages end that no target took, and how they get there."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iot as iot
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.compute.devices.rules import prefix_of_names, trusted
from prodready_constructs.compute.devices.targets import WRITE_ENCRYPTED
from prodready_constructs.foundation import ComposedRole, Part
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


def error_action(scope: Part, queue: sqs.Queue, *, queue_url: str, key_arn: str) -> iot.CfnTopicRule.ActionProperty:
    """What any rule of *scope* does with what it could not bring to its target: by a role that works where the rule's own is broken."""
    role = ComposedRole(
        scope,
        "ErrorRole",
        assumed_by=trusted(f"rule/{prefix_of_names(scope)}_*"),
        description="Rules keep what they could not bring to their targets",
        statements=[
            {"Action": ["sqs:SendMessage"], "Resource": queue.queue_arn},
            {"Action": list(WRITE_ENCRYPTED), "Resource": key_arn},
        ],
    )
    return iot.CfnTopicRule.ActionProperty(
        sqs=iot.CfnTopicRule.SqsActionProperty(queue_url=queue_url, role_arn=role.role_arn, use_base64=False)
    )
