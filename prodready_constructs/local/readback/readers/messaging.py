"""Topics, queues, event rules, parameters and tables."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _topic(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("sns").get_topic_attributes(TopicArn=physical_id)["Attributes"]


def _topic_policy(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("sns").get_topic_attributes(TopicArn=properties["Topics"][0])["Attributes"]


def _subscription(aws: Aws, _: str, properties: Properties) -> Any:
    found = aws("sns").list_subscriptions_by_topic(TopicArn=properties["TopicArn"])["Subscriptions"]
    return next(each for each in found if (each["Protocol"], each["Endpoint"]) == (properties["Protocol"], properties["Endpoint"]))


def _queue(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("sqs").get_queue_attributes(QueueUrl=physical_id, AttributeNames=["All"])["Attributes"]


def _queue_policy(aws: Aws, _: str, properties: Properties) -> Any:
    return _queue(aws, properties["Queues"][0], properties)


def _rule(aws: Aws, physical_id: str, properties: Properties) -> Any:
    events = aws("events")
    name = physical_id.rpartition("|")[2]
    bus = {"EventBusName": properties["EventBusName"]} if isinstance(properties.get("EventBusName"), str) else {}
    return {**events.describe_rule(Name=name, **bus), "Targets": events.list_targets_by_rule(Rule=name, **bus)["Targets"]}


def _parameter(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ssm").get_parameter(Name=physical_id)["Parameter"]


def _table(aws: Aws, physical_id: str, properties: Properties) -> Any:
    dynamodb = aws("dynamodb")
    described = dynamodb.describe_table(TableName=physical_id)["Table"]
    recovery = dynamodb.describe_continuous_backups(TableName=physical_id)["ContinuousBackupsDescription"]
    return {**described, "Recovery": recovery["PointInTimeRecoveryDescription"]}


READERS = {
    "AWS::SNS::Topic": Reader(_topic, same("KmsMasterKeyId", "DisplayName")),
    "AWS::SNS::TopicPolicy": Reader(_topic_policy, (Check("PolicyDocument", "Policy"),)),
    "AWS::SNS::Subscription": Reader(_subscription, same("Protocol", "Endpoint")),
    "AWS::SQS::Queue": Reader(
        _queue, same("KmsMasterKeyId", "MessageRetentionPeriod", "VisibilityTimeout", "RedrivePolicy", "SqsManagedSseEnabled")
    ),
    "AWS::SQS::QueuePolicy": Reader(_queue_policy, (Check("PolicyDocument", "Policy"),)),
    "AWS::Events::Rule": Reader(
        _rule,
        (
            *same("State", "EventPattern", "ScheduleExpression", "Description"),
            Check("Targets", "Targets", lambda value: [{"Arn": each["Arn"]} for each in value]),
        ),
    ),
    "AWS::SSM::Parameter": Reader(_parameter, same("Type", "Value", "Name")),
    "AWS::DynamoDB::Table": Reader(
        _table,
        (
            *same("DeletionProtectionEnabled"),
            Check("SSESpecification.SSEType", "SSEDescription.SSEType"),
            Check("SSESpecification.KMSMasterKeyId", "SSEDescription.KMSMasterKeyArn"),
            Check(
                "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
                lambda live: live["Recovery"]["PointInTimeRecoveryStatus"] == "ENABLED",
            ),
        ),
    ),
}
