"""CloudWatch Logs."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader


def _group(aws: Aws, physical_id: str, _: Properties) -> Any:
    groups = aws("logs").describe_log_groups(logGroupNamePrefix=physical_id)["logGroups"]
    return next(each for each in groups if each["logGroupName"] == physical_id)


def _filter(aws: Aws, physical_id: str, properties: Properties) -> Any:
    filters = aws("logs").describe_metric_filters(logGroupName=properties["LogGroupName"])["metricFilters"]
    return next(each for each in filters if each["filterName"] == physical_id)


def _stream(aws: Aws, physical_id: str, properties: Properties) -> Any:
    streams = aws("logs").describe_log_streams(logGroupName=properties["LogGroupName"])["logStreams"]
    return next(each for each in streams if each["logStreamName"] == physical_id.rpartition("|")[2])


def _subscription(aws: Aws, physical_id: str, properties: Properties) -> Any:
    filters = aws("logs").describe_subscription_filters(logGroupName=properties["LogGroupName"])["subscriptionFilters"]
    return next(each for each in filters if each["filterName"] == physical_id.rpartition("|")[2])


def _source(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("logs").get_delivery_source(name=physical_id)["deliverySource"]


def _destination(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("logs").get_delivery_destination(name=physical_id)["deliveryDestination"]


def _delivery(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("logs").get_delivery(id=physical_id)["delivery"]


def _policy(aws: Aws, physical_id: str, properties: Properties) -> Any:
    policies = aws("logs").describe_resource_policies()["resourcePolicies"]
    return next(each for each in policies if each["policyName"] == properties["PolicyName"])


READERS = {
    "AWS::Logs::LogGroup": Reader(
        _group,
        (
            Check("RetentionInDays", "retentionInDays"),
            Check("KmsKeyId", "kmsKeyId"),
            Check("LogGroupName", "logGroupName"),
            Check("LogGroupClass", "logGroupClass"),
        ),
    ),
    "AWS::Logs::LogStream": Reader(_stream, (Check("LogStreamName", "logStreamName"),)),
    "AWS::Logs::SubscriptionFilter": Reader(
        _subscription,
        (
            Check("LogGroupName", "logGroupName"),
            Check("FilterName", "filterName"),
            Check("FilterPattern", "filterPattern"),
            Check("DestinationArn", "destinationArn"),
            Check("RoleArn", "roleArn"),
            Check("Distribution", "distribution"),
        ),
    ),
    "AWS::Logs::MetricFilter": Reader(
        _filter,
        (
            Check("LogGroupName", "logGroupName"),
            Check("FilterPattern", "filterPattern"),
            Check("MetricTransformations", "metricTransformations"),
        ),
    ),
    "AWS::Logs::DeliverySource": Reader(_source, (Check("LogType", "logType"), Check("ResourceArn", "resourceArns.0"))),
    "AWS::Logs::DeliveryDestination": Reader(
        _destination,
        (
            Check("OutputFormat", "outputFormat"),
            Check("DestinationResourceArn", "deliveryDestinationConfiguration.destinationResourceArn"),
        ),
    ),
    "AWS::Logs::Delivery": Reader(
        _delivery,
        (
            Check("DeliverySourceName", "deliverySourceName"),
            Check("DeliveryDestinationArn", "deliveryDestinationArn"),
            Check("RecordFields", "recordFields"),
        ),
    ),
    "AWS::Logs::ResourcePolicy": Reader(_policy, (Check("PolicyDocument", "policyDocument"),)),
}
