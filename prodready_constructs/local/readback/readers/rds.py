"""RDS: instances and what belongs to them."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _instance(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("rds").describe_db_instances(DBInstanceIdentifier=physical_id)["DBInstances"][0]


def _parameters(aws: Aws, physical_id: str, _: Properties) -> Any:
    group = aws("rds").describe_db_parameter_groups(DBParameterGroupName=physical_id)["DBParameterGroups"][0]
    pages = aws("rds").get_paginator("describe_db_parameters").paginate(DBParameterGroupName=physical_id)
    parameters = {each["ParameterName"]: each.get("ParameterValue") for page in pages for each in page["Parameters"]}
    return {"Parameters": parameters, "Family": group["DBParameterGroupFamily"], "Description": group["Description"]}


def _subnets(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("rds").describe_db_subnet_groups(DBSubnetGroupName=physical_id)["DBSubnetGroups"][0]


def _subscription(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("rds").describe_event_subscriptions(SubscriptionName=physical_id)["EventSubscriptionsList"][0]


def _replicates(properties: Properties) -> bool:
    """Whether an instance follows its source; else it is restored from it, once, which the API does not tell."""
    return not {"RestoreTime", "UseLatestRestorableTime"} & properties.keys()


def lower(value: Any) -> Any:
    """RDS keeps identifiers in lower case."""
    return value.lower() if isinstance(value, str) else value


def name_of(value: Any) -> Any:
    """The name at the end of an ARN: a template may give either, the API answers by the region of what is named."""
    return value.rpartition(":")[2] if isinstance(value, str) else value


def security_groups(live: Any) -> list[str]:
    """The groups of an instance or a cluster."""
    return [each["VpcSecurityGroupId"] for each in live["VpcSecurityGroups"]]


READERS = {
    "AWS::RDS::DBInstance": Reader(
        _instance,
        (
            *same("MultiAZ", "StorageEncrypted", "KmsKeyId", "DeletionProtection", "BackupRetentionPeriod", "PubliclyAccessible"),
            *same("CopyTagsToSnapshot", "AutoMinorVersionUpgrade", "MonitoringInterval", "MonitoringRoleArn", "MaxAllocatedStorage"),
            *same("AllocatedStorage", "StorageType", "Iops", "StorageThroughput", "Engine", "EngineVersion", "DBInstanceClass"),
            *same("PreferredBackupWindow", "PreferredMaintenanceWindow", "MasterUsername", "DBName", "CACertificateIdentifier"),
            *same("DBClusterIdentifier", "AvailabilityZone", "PromotionTier", "PerformanceInsightsRetentionPeriod"),
            Check("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
            Check("EnablePerformanceInsights", "PerformanceInsightsEnabled"),
            Check("Port", "Endpoint.Port"),
            Check("DBParameterGroupName", "DBParameterGroups.0.DBParameterGroupName"),
            Check("DBSubnetGroupName", "DBSubnetGroup.DBSubnetGroupName", lower),
            Check("VPCSecurityGroups", security_groups),
            Check("SourceDBInstanceIdentifier", lambda live: name_of(live["ReadReplicaSourceDBInstanceIdentifier"]), name_of, _replicates),
        ),
    ),
    "AWS::RDS::DBParameterGroup": Reader(_parameters, same("Parameters", "Family", "Description")),
    "AWS::RDS::DBSubnetGroup": Reader(
        _subnets,
        (
            Check("SubnetIds", lambda live: [each["SubnetIdentifier"] for each in live["Subnets"]]),
            Check("DBSubnetGroupDescription", "DBSubnetGroupDescription"),
        ),
    ),
    "AWS::RDS::EventSubscription": Reader(
        _subscription,
        (
            *same("SnsTopicArn", "SourceType", "Enabled"),
            Check("SourceIds", "SourceIdsList"),
            Check("EventCategories", "EventCategoriesList"),
        ),
    ),
}
