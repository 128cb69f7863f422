"""ElastiCache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same

#: CloudFormation's ways to authenticate as the API reports them.
_AUTHENTICATION = {"iam": "iam", "password": "password", "no-password-required": "no-password"}


def _group(aws: Aws, physical_id: str, _: Properties) -> Any:
    elasticache = aws("elasticache")
    found = elasticache.describe_replication_groups(ReplicationGroupId=physical_id)["ReplicationGroups"][0]
    # Network, parameters and windows stand at the nodes.
    node = elasticache.describe_cache_clusters(CacheClusterId=found["MemberClusters"][0])["CacheClusters"][0]
    return {"Node": node, **found}


def _enabled(name: str) -> Callable[[Any], bool]:
    return lambda live: bool(live[name] == "enabled")


def _logs(value: Any) -> Any:
    names = ("LogType", "LogFormat", "DestinationType", "DestinationDetails")
    return [{name: each[name] for name in names if name in each} for each in value]


def _serverless(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("elasticache").describe_serverless_caches(ServerlessCacheName=physical_id)["ServerlessCaches"][0]


def _user(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("elasticache").describe_users(UserId=physical_id)["Users"][0]


def _users(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("elasticache").describe_user_groups(UserGroupId=physical_id)["UserGroups"][0]


def _subnets(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("elasticache").describe_cache_subnet_groups(CacheSubnetGroupName=physical_id)["CacheSubnetGroups"][0]


def _parameters(aws: Aws, physical_id: str, _: Properties) -> Any:
    elasticache = aws("elasticache")
    group = elasticache.describe_cache_parameter_groups(CacheParameterGroupName=physical_id)["CacheParameterGroups"][0]
    pages = elasticache.get_paginator("describe_cache_parameters").paginate(CacheParameterGroupName=physical_id)
    return {**group, "Properties": {each["ParameterName"]: each.get("ParameterValue") for page in pages for each in page["Parameters"]}}


READERS = {
    "AWS::ElastiCache::ReplicationGroup": Reader(
        _group,
        (
            *same("AtRestEncryptionEnabled", "TransitEncryptionEnabled", "TransitEncryptionMode", "AutoMinorVersionUpgrade"),
            *same("CacheNodeType", "Engine", "SnapshotRetentionLimit", "SnapshotWindow", "UserGroupIds", "ClusterMode"),
            Check("AutomaticFailoverEnabled", _enabled("AutomaticFailover")),
            Check("MultiAZEnabled", _enabled("MultiAZ")),
            # The token itself is told by nobody.
            Check("AuthToken", "AuthTokenEnabled", lambda _: True),
            Check("ReplicationGroupDescription", "Description"),
            Check("NumCacheClusters", lambda live: len(live["MemberClusters"])),
            Check("NumNodeGroups", lambda live: len(live["NodeGroups"])),
            Check("ReplicasPerNodeGroup", lambda live: len(live["NodeGroups"][0]["NodeGroupMembers"]) - 1),
            Check("LogDeliveryConfigurations", "LogDeliveryConfigurations", _logs),
            Check("EngineVersion", "Node.EngineVersion"),
            Check("CacheSubnetGroupName", "Node.CacheSubnetGroupName"),
            Check("CacheParameterGroupName", "Node.CacheParameterGroup.CacheParameterGroupName"),
            Check("PreferredMaintenanceWindow", "Node.PreferredMaintenanceWindow"),
            Check("SecurityGroupIds", lambda live: [each["SecurityGroupId"] for each in live["Node"]["SecurityGroups"]]),
        ),
    ),
    "AWS::ElastiCache::ServerlessCache": Reader(
        _serverless,
        (
            *same("ServerlessCacheName", "Engine", "MajorEngineVersion", "KmsKeyId", "UserGroupId", "SecurityGroupIds", "SubnetIds"),
            *same("SnapshotRetentionLimit", "DailySnapshotTime", "CacheUsageLimits", "Description"),
        ),
    ),
    "AWS::ElastiCache::User": Reader(
        _user,
        (
            *same("UserName", "Engine", "AccessString"),
            Check("AuthenticationMode.Type", "Authentication.Type", lambda value: _AUTHENTICATION.get(value, value)),
            Check("AuthenticationMode.Passwords", "Authentication.PasswordCount", len),
        ),
    ),
    "AWS::ElastiCache::UserGroup": Reader(_users, same("UserGroupId", "Engine", "UserIds")),
    "AWS::ElastiCache::SubnetGroup": Reader(
        _subnets,
        (
            Check("SubnetIds", lambda live: [each["SubnetIdentifier"] for each in live["Subnets"]]),
            Check("Description", "CacheSubnetGroupDescription"),
        ),
    ),
    "AWS::ElastiCache::ParameterGroup": Reader(_parameters, same("CacheParameterGroupFamily", "Description", "Properties")),
}
