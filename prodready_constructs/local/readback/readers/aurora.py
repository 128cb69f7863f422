"""Aurora clusters, global clusters, and proxies in front of databases."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same
from prodready_constructs.local.readback.readers.rds import lower, name_of, security_groups


def _cluster(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("rds").describe_db_clusters(DBClusterIdentifier=physical_id)["DBClusters"][0]


def _parameters(aws: Aws, physical_id: str, _: Properties) -> Any:
    group = aws("rds").describe_db_cluster_parameter_groups(DBClusterParameterGroupName=physical_id)["DBClusterParameterGroups"][0]
    pages = aws("rds").get_paginator("describe_db_cluster_parameters").paginate(DBClusterParameterGroupName=physical_id)
    parameters = {each["ParameterName"]: each.get("ParameterValue") for page in pages for each in page["Parameters"]}
    return {"Parameters": parameters, "Family": group["DBParameterGroupFamily"], "Description": group["Description"]}


def _global(aws: Aws, physical_id: str, _: Properties) -> Any:
    found = aws("rds").describe_global_clusters(GlobalClusterIdentifier=physical_id)["GlobalClusters"][0]
    writers = [name_of(each["DBClusterArn"]) for each in found["GlobalClusterMembers"] if each["IsWriter"]]
    return {**found, "Writer": writers[0] if writers else None}


def _proxy(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("rds").describe_db_proxies(DBProxyName=physical_id)["DBProxies"][0]


def _targets(aws: Aws, _: str, properties: Properties) -> Any:
    rds, name = aws("rds"), properties["DBProxyName"]
    found = rds.describe_db_proxy_targets(DBProxyName=name)["Targets"]
    return {
        **rds.describe_db_proxy_target_groups(DBProxyName=name)["TargetGroups"][0],
        # A cluster is reported together with its instances.
        "Clusters": [each["RdsResourceId"] for each in found if each["Type"] == "TRACKED_CLUSTER"],
        "Instances": [each["RdsResourceId"] for each in found if each["Type"] == "RDS_INSTANCE"],
    }


def _endpoint(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("rds").describe_db_proxy_endpoints(DBProxyEndpointName=physical_id)["DBProxyEndpoints"][0]


READERS = {
    "AWS::RDS::DBCluster": Reader(
        _cluster,
        (
            *same("StorageEncrypted", "KmsKeyId", "DeletionProtection", "BackupRetentionPeriod", "CopyTagsToSnapshot"),
            *same("PreferredBackupWindow", "PreferredMaintenanceWindow", "Engine", "EngineVersion", "EngineMode", "Port"),
            *same("DatabaseName", "MasterUsername", "NetworkType", "ServerlessV2ScalingConfiguration", "GlobalClusterIdentifier"),
            Check("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
            Check("EnableHttpEndpoint", "HttpEndpointEnabled"),
            Check("DBClusterParameterGroupName", "DBClusterParameterGroup"),
            Check("DBSubnetGroupName", "DBSubnetGroup", lower),
            Check("VpcSecurityGroupIds", security_groups),
            Check("ManageMasterUserPassword", lambda live: bool(live.get("MasterUserSecret", {}).get("SecretArn"))),
            Check("MasterUserSecret.KmsKeyId", "MasterUserSecret.KmsKeyId"),
        ),
    ),
    "AWS::RDS::DBClusterParameterGroup": Reader(_parameters, same("Parameters", "Family", "Description")),
    "AWS::RDS::GlobalCluster": Reader(
        _global,
        (
            *same("GlobalClusterIdentifier", "DeletionProtection", "StorageEncrypted", "Engine", "EngineVersion"),
            Check("SourceDBClusterIdentifier", "Writer", name_of),
        ),
    ),
    "AWS::RDS::DBProxy": Reader(
        _proxy,
        (
            *same("DBProxyName", "EngineFamily", "RequireTLS", "IdleClientTimeout", "DebugLogging", "RoleArn"),
            *same("VpcSubnetIds", "VpcSecurityGroupIds", "Auth", "DefaultAuthScheme"),
        ),
    ),
    "AWS::RDS::DBProxyTargetGroup": Reader(
        _targets,
        (
            *same("DBProxyName", "TargetGroupName"),
            Check("ConnectionPoolConfigurationInfo", "ConnectionPoolConfig"),
            Check("DBClusterIdentifiers", "Clusters"),
            Check("DBInstanceIdentifiers", "Instances"),
        ),
    ),
    "AWS::RDS::DBProxyEndpoint": Reader(
        _endpoint, same("DBProxyName", "DBProxyEndpointName", "TargetRole", "VpcSubnetIds", "VpcSecurityGroupIds")
    ),
}
