"""DynamoDB tables, and their replicas in each region."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _in_region(aws: Aws, name: str, region: str | None, asked: Properties) -> Any:
    """A table as one region tells of it; *asked* are the template's properties of that region's table or replica."""
    dynamodb = aws("dynamodb", region)
    live = dynamodb.describe_table(TableName=name)["Table"]
    recovery = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    live["Recovery"] = recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    live["Expiry"] = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if "ContributorInsightsSpecification" in asked:
        insights = dynamodb.describe_contributor_insights(TableName=name)["ContributorInsightsStatus"]
        live["Insights"] = insights in ("ENABLED", "ENABLING")
    if "ResourcePolicy" in asked:
        live["Policy"] = dynamodb.get_resource_policy(ResourceArn=live["TableArn"])["Policy"]
    if "KinesisStreamSpecification" in asked:
        streams = dynamodb.describe_kinesis_streaming_destination(TableName=name)["KinesisDataStreamDestinations"]
        live["Kinesis"] = streams[0]["StreamArn"] if streams else None
    return live


def _table(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return _in_region(aws, physical_id, None, properties)


def _global_table(aws: Aws, physical_id: str, properties: Properties) -> Any:
    """The table at home, and what each region says of its replica, in the words of a template."""
    replicas = [
        (replica["Region"], replica, _in_region(aws, physical_id, str(replica["Region"]), replica)) for replica in properties["Replicas"]
    ]
    return {**_in_region(aws, physical_id, None, {}), "Each": [_as_template(*each) for each in replicas]}


def _as_template(region: str, asked: Properties, live: Any) -> dict[str, Any]:
    shown = {
        "Region": region,
        "DeletionProtectionEnabled": live["DeletionProtectionEnabled"],
        "TableClass": live.get("TableClassSummary", {}).get("TableClass"),
        "SSESpecification": {"KMSMasterKeyId": live.get("SSEDescription", {}).get("KMSMasterKeyArn")},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": live["Recovery"]},
        "ContributorInsightsSpecification": {"Enabled": live.get("Insights")},
        "ResourcePolicy": {"PolicyDocument": live.get("Policy")},
        "KinesisStreamSpecification": {"StreamArn": live.get("Kinesis")},
    }
    return {name: value for name, value in shown.items() if name in asked}


#: Members of a replica that no API here keeps: how far back, and which keys are shown.
_UNKEPT = ("RecoveryPeriodInDays", "Mode", "ApproximateCreationDateTimePrecision")
_REPLICA = (
    *("Region", "DeletionProtectionEnabled", "TableClass", "SSESpecification", "PointInTimeRecoverySpecification"),
    *("ContributorInsightsSpecification", "ResourcePolicy", "KinesisStreamSpecification"),
)


def _replicas(value: Any) -> Any:
    return [{name: _kept(replica[name]) for name in _REPLICA if name in replica} for replica in value]


def _kept(value: Any) -> Any:
    return {name: item for name, item in value.items() if name not in _UNKEPT} if isinstance(value, dict) else value


def _indexes(value: Any) -> Any:
    return [{name: index[name] for name in ("IndexName", "KeySchema", "Projection")} for index in value]


_SHARED = (
    *same("KeySchema", "AttributeDefinitions"),
    Check("BillingMode", "BillingModeSummary.BillingMode"),
    Check("SSESpecification.SSEEnabled", lambda live: live["SSEDescription"]["Status"] == "ENABLED"),
    Check("SSESpecification.SSEType", "SSEDescription.SSEType"),
    Check("StreamSpecification.StreamViewType", "StreamSpecification.StreamViewType"),
    Check("TimeToLiveSpecification.AttributeName", "Expiry.AttributeName"),
    Check("TimeToLiveSpecification.Enabled", lambda live: live["Expiry"]["TimeToLiveStatus"] == "ENABLED"),
    Check("GlobalSecondaryIndexes", "GlobalSecondaryIndexes", _indexes),
    Check("LocalSecondaryIndexes", "LocalSecondaryIndexes", _indexes),
)

READERS = {
    "AWS::DynamoDB::Table": Reader(
        _table,
        (
            *_SHARED,
            *same("DeletionProtectionEnabled", "OnDemandThroughput"),
            Check("TableClass", "TableClassSummary.TableClass"),
            Check("SSESpecification.KMSMasterKeyId", "SSEDescription.KMSMasterKeyArn"),
            Check("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", "Recovery"),
            Check("ContributorInsightsSpecification.Enabled", "Insights"),
            Check("ResourcePolicy.PolicyDocument", "Policy"),
            Check("KinesisStreamSpecification.StreamArn", "Kinesis"),
        ),
    ),
    "AWS::DynamoDB::GlobalTable": Reader(
        _global_table,
        (
            *_SHARED,
            Check("ReadOnDemandThroughputSettings.MaxReadRequestUnits", "OnDemandThroughput.MaxReadRequestUnits"),
            Check("WriteOnDemandThroughputSettings.MaxWriteRequestUnits", "OnDemandThroughput.MaxWriteRequestUnits"),
            Check("Replicas", "Each", _replicas),
        ),
    ),
}
