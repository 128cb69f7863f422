"""What lets a service of AWS send on behalf of one resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prodready_constructs.foundation import ACCOUNT_ID

#: What a service that writes to an encrypted queue or topic needs of its key.
#: Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


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
