"""How messages that no target took become dead letters."""

from __future__ import annotations

from aws_cdk import aws_iot as iot
from aws_cdk import aws_sqs as sqs

from prodready_constructs.compute.devices.rules import prefix_of_names, trusted
from prodready_constructs.compute.devices.targets import WRITE_ENCRYPTED
from prodready_constructs.foundation import ComposedRole, Part


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
