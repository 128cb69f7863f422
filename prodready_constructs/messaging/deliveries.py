"""Where deliveries of a topic are logged, and how it retries an HTTPS endpoint."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, URL_SUFFIX, ComposedRole, EncryptedLogGroup, Part
from prodready_constructs.posture import MessagingPosture

#: An endpoint that is down for a quarter of an hour loses nothing: pauses grow from 5 seconds to a minute. Then it is a dead letter.
#: Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
HTTPS_DELIVERY = {
    "healthyRetryPolicy": {
        "numRetries": 25,
        "numNoDelayRetries": 0,
        "minDelayTarget": 5,
        "maxDelayTarget": 60,
        "numMinDelayRetries": 3,
        "numMaxDelayRetries": 10,
        "backoffFunction": "exponential",
    }
}
#: The protocols of the subscriptions that a topic of ours can have and that SNS logs.
_LOGGED = (sns.LoggingProtocol.SQS, sns.LoggingProtocol.HTTP)
_SNS = iam.ServicePrincipal("sns.amazonaws.com")


def key_admits_logs() -> dict[str, Any]:
    """A statement of a key's policy: CloudWatch Logs of this region may encrypt the delivery logs of this account's topics."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{REGION}.{URL_SUFFIX}"},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"],
        "Resource": "*",
        "Condition": {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT_ID}:log-group:sns/{REGION}/{ACCOUNT_ID}/*"
            }
        },
    }


def feedback_role(part: Part) -> ComposedRole:
    """The role with which SNS logs deliveries; what it may write to is said by :func:`delivery_logs`."""
    return ComposedRole(part, "DeliveryLogsRole", assumed_by=_SNS, description=f"{part.path}: SNS logs its deliveries")


def logging(role: ComposedRole, *, posture: MessagingPosture) -> list[sns.LoggingConfig]:
    """Log every failed delivery, and a sample of the others."""
    return [
        sns.LoggingConfig(
            protocol=protocol,
            failure_feedback_role=role,
            success_feedback_role=role,
            success_feedback_sample_rate=posture.delivery_sample_percent,
        )
        for protocol in _LOGGED
    ]


def delivery_logs(part: Part, role: ComposedRole, *, topic_name: str, key: kms.IKey, posture: MessagingPosture) -> str:
    """Make the two log groups that SNS writes to, encrypted and with a retention, before it makes them without; returns the name of failures.

    Source: https://docs.aws.amazon.com/sns/latest/dg/topics-attrib-prereq.html
    """
    name = f"sns/{REGION}/{ACCOUNT_ID}/{topic_name}"
    failures = f"{name}/Failure"
    arns = [
        EncryptedLogGroup(
            part, child, retention=posture.log_retention, encryption_key=key, name=full, goes_with_failed_creation=True
        ).log_group.log_group_arn
        for child, full in (("Deliveries", name), ("Failures", failures))
    ]
    role.allow({"Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": arns})
    return failures
