"""Where the messages of a rule go, and the least a rule needs to bring them there.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/iot-rule-actions.html and the page of each action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from aws_cdk import aws_iot as iot

from prodready_constructs.compute.devices.sql import check_template
from prodready_constructs.errors import ConfigurationError

if TYPE_CHECKING:
    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_kinesis as kinesis
    from aws_cdk import aws_kinesisfirehose as firehose
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

Action = iot.CfnTopicRule.ActionProperty
#: What writing to an encrypted queue, topic, stream or bucket needs of its key.
WRITE_ENCRYPTED = ("kms:Decrypt", "kms:GenerateDataKey")
#: What DynamoDB needs of the key of a table, on behalf of who writes.
#: Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
WRITE_TABLE = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


class Target(Protocol):
    """One place that a rule writes to: ``ToQueue``, ``ToFunction``, ``ToTable``, ``ToBucket``, ``ToStream``, ``ToDelivery``, ``ToTopic``."""

    def check(self, where: str, variables: frozenset[str]) -> None:
        """Refuse what AWS IoT would."""

    def statements(self) -> list[dict[str, Any]]:
        """What the rule's role must be allowed."""

    def action(self, role_arn: str) -> Action:
        """The action of the rule."""


def _allowed(
    actions: Sequence[str], resource: str, key: kms.IKey | None, key_actions: Sequence[str] = WRITE_ENCRYPTED
) -> list[dict[str, Any]]:
    granted: list[dict[str, Any]] = [{"Action": list(actions), "Resource": resource}]
    if key is not None:
        granted.append({"Action": list(key_actions), "Resource": key.key_arn})
    return granted


class _Plain:
    """Without templates."""

    __slots__ = ()

    def check(self, where: str, variables: frozenset[str]) -> None:
        """Nothing in it is an expression."""


@dataclass(frozen=True, slots=True)
class ToQueue(_Plain):
    """A standard SQS queue: ``ToQueue(readings.queue)``."""

    queue: sqs.IQueue

    def check(self, where: str, variables: frozenset[str]) -> None:
        """FIFO queues want a group that the action cannot give."""
        if self.queue.fifo:
            raise ConfigurationError(
                f"{where}: to",
                given="a FIFO queue",
                allowed="a standard queue: the SQS action of AWS IoT takes no other",
                mend="use a standard queue, or ToStream(...), which keeps the order within a partition key",
            )

    def statements(self) -> list[dict[str, Any]]:
        """Send, and encrypt."""
        return _allowed(["sqs:SendMessage"], self.queue.queue_arn, self.queue.encryption_master_key)

    def action(self, role_arn: str) -> Action:
        """As it is, not in base64."""
        return Action(sqs=iot.CfnTopicRule.SqsActionProperty(queue_url=self.queue.queue_url, role_arn=role_arn, use_base64=False))


@dataclass(frozen=True, slots=True)
class ToFunction(_Plain):
    """A Lambda function, called without waiting for its answer; what it fails at goes to its own dead letters."""

    function: lambda_.IFunction

    def statements(self) -> list[dict[str, Any]]:
        """None: the function's own policy admits the rule."""
        return []

    def action(self, role_arn: str) -> Action:
        """The call."""
        return Action(lambda_=iot.CfnTopicRule.LambdaActionProperty(function_arn=self.function.function_arn))


@dataclass(frozen=True, slots=True)
class ToTable(_Plain):
    """A DynamoDB table: each field of the message is an attribute, so that the statement must select the keys."""

    table: dynamodb.ITable

    def statements(self) -> list[dict[str, Any]]:
        """Put, and encrypt."""
        return _allowed(["dynamodb:PutItem"], self.table.table_arn, self.table.encryption_key, WRITE_TABLE)

    def action(self, role_arn: str) -> Action:
        """One item a message."""
        return Action(
            dynamo_d_bv2=iot.CfnTopicRule.DynamoDBv2ActionProperty(
                put_item=iot.CfnTopicRule.PutItemInputProperty(table_name=self.table.table_name), role_arn=role_arn
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBucket:
    """One object a message in an S3 bucket.

    Attributes:
        key: a template of the object's key; it begins with a fixed prefix, below which alone the rule may write.
    """

    bucket: s3.IBucket
    key: str = "devices/${clientid()}/${timestamp()}-${newuuid()}.json"

    @property
    def prefix(self) -> str:
        """What comes before the first expression."""
        return self.key.partition("${")[0]

    def check(self, where: str, variables: frozenset[str]) -> None:
        """The key is a template, below a prefix."""
        check_template(f"{where}: ToBucket.key", self.key, variables)
        if "/" not in self.prefix:
            raise ConfigurationError(
                f"{where}: ToBucket.key",
                given=self.key,
                allowed="a key that begins with a fixed prefix and a slash: the rule may write below it alone",
                mend="write 'devices/${clientid()}/${newuuid()}.json'",
            )

    @property
    def resource(self) -> str:
        """All objects below the prefix: their names are made when messages come."""
        return f"{self.bucket.bucket_arn}/{self.prefix.rpartition('/')[0]}/*"

    def statements(self) -> list[dict[str, Any]]:
        """Put below the prefix, and encrypt."""
        return _allowed(["s3:PutObject"], self.resource, self.bucket.encryption_key)

    def action(self, role_arn: str) -> Action:
        """Without an ACL: the bucket owns its objects."""
        return Action(s3=iot.CfnTopicRule.S3ActionProperty(bucket_name=self.bucket.bucket_name, key=self.key, role_arn=role_arn))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToStream:
    """A Kinesis data stream.

    Attributes:
        partition_key: a template; messages of one key stay in order. By device where nothing else is said.
    """

    stream: kinesis.IStream
    partition_key: str = "${clientid()}"

    def check(self, where: str, variables: frozenset[str]) -> None:
        """The partition key is a template."""
        check_template(f"{where}: ToStream.partition_key", self.partition_key, variables)

    def statements(self) -> list[dict[str, Any]]:
        """Put, and encrypt."""
        return _allowed(["kinesis:PutRecord"], self.stream.stream_arn, self.stream.encryption_key)

    def action(self, role_arn: str) -> Action:
        """One record a message."""
        return Action(
            kinesis=iot.CfnTopicRule.KinesisActionProperty(
                stream_name=self.stream.stream_name, partition_key=self.partition_key, role_arn=role_arn
            )
        )


@dataclass(frozen=True, slots=True)
class ToDelivery(_Plain):
    """An Amazon Data Firehose stream; one message a line."""

    delivery_stream: firehose.IDeliveryStream

    def statements(self) -> list[dict[str, Any]]:
        """Put: Firehose encrypts with its own rights."""
        return _allowed(["firehose:PutRecord"], self.delivery_stream.delivery_stream_arn, None)

    def action(self, role_arn: str) -> Action:
        """Not in batches: one message that fails is one dead letter."""
        return Action(
            firehose=iot.CfnTopicRule.FirehoseActionProperty(
                delivery_stream_name=self.delivery_stream.delivery_stream_name, role_arn=role_arn, separator="\n", batch_mode=False
            )
        )


@dataclass(frozen=True, slots=True)
class ToTopic(_Plain):
    """An SNS topic."""

    topic: sns.ITopic

    def statements(self) -> list[dict[str, Any]]:
        """Publish, and encrypt."""
        return _allowed(["sns:Publish"], self.topic.topic_arn, getattr(self.topic, "master_key", None))

    def action(self, role_arn: str) -> Action:
        """The message as it is."""
        return Action(sns=iot.CfnTopicRule.SnsActionProperty(target_arn=self.topic.topic_arn, role_arn=role_arn, message_format="RAW"))
