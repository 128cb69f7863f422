"""Topics, queues, event rules and parameters."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _topic(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("sns").get_topic_attributes(TopicArn=physical_id)["Attributes"]


def _topic_policy(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("sns").get_topic_attributes(TopicArn=properties["Topics"][0])["Attributes"]


def _subscription(aws: Aws, physical_id: str, properties: Properties) -> Any:
    sns = aws("sns", properties.get("Region"))
    listed = sns.list_subscriptions_by_topic(TopicArn=properties["TopicArn"])["Subscriptions"]
    shown = next(each for each in listed if each["SubscriptionArn"] == physical_id)
    return {**shown, **sns.get_subscription_attributes(SubscriptionArn=physical_id)["Attributes"]}


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


READERS = {
    "AWS::SNS::Topic": Reader(
        _topic,
        (
            *same("KmsMasterKeyId", "DisplayName", "TracingConfig", "SignatureVersion"),
            *same("FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy"),
        ),
    ),
    "AWS::SNS::TopicPolicy": Reader(_topic_policy, (Check("PolicyDocument", "Policy"), Check("Topics", lambda live: [live["TopicArn"]]))),
    "AWS::SNS::Subscription": Reader(
        _subscription,
        (
            *same("TopicArn", "Protocol", "Endpoint", "RawMessageDelivery", "FilterPolicy", "FilterPolicyScope"),
            *same("RedrivePolicy", "DeliveryPolicy", "SubscriptionRoleArn"),
        ),
    ),
    "AWS::SQS::Queue": Reader(
        _queue,
        (
            *same("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "RedrivePolicy", "RedriveAllowPolicy"),
            *same("MessageRetentionPeriod", "VisibilityTimeout", "ReceiveMessageWaitTimeSeconds", "DelaySeconds", "MaximumMessageSize"),
            *same("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"),
            Check("QueueName", lambda live: live["QueueArn"].rpartition(":")[2]),
        ),
    ),
    "AWS::SQS::QueuePolicy": Reader(_queue_policy, (Check("PolicyDocument", "Policy"),)),
    "AWS::Events::Rule": Reader(
        _rule,
        (
            *same("State", "EventPattern", "ScheduleExpression", "Description"),
            Check("Targets", "Targets"),
        ),
    ),
    "AWS::SSM::Parameter": Reader(_parameter, same("Type", "Value", "Name")),
}
