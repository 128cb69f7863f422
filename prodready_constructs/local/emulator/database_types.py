"""RDS: types that ministack's CloudFormation lacks and its API, or moto's, has."""

from __future__ import annotations

from ministack.services import rds

from prodready_constructs.local.emulator.calls import call, client, moto_client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, made_name

_TARGET_GROUP = "default"


def _delete_global(physical_id: str, _: Properties) -> None:
    api = client("rds")
    api.modify_global_cluster(GlobalClusterIdentifier=physical_id, DeletionProtection=False)
    for member in api.describe_global_clusters(GlobalClusterIdentifier=physical_id)["GlobalClusters"][0]["GlobalClusterMembers"]:
        # CloudFormation removes the members before the global cluster; here they go with their own stacks.
        api.remove_from_global_cluster(GlobalClusterIdentifier=physical_id, DbClusterIdentifier=member["DBClusterArn"])
    api.delete_global_cluster(GlobalClusterIdentifier=physical_id)


@creates("AWS::RDS::GlobalCluster", delete=_delete_global)
def global_cluster(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("GlobalClusterIdentifier") or made_name(stack, logical_id, longest=63).lower()
    source = rds._resolve_cluster(properties.get("SourceDBClusterIdentifier", "").rpartition(":")[2])
    inherited = {key: source[key] for key in ("Engine", "EngineVersion", "StorageEncrypted")} if source else {}
    # Created without a version and a source: ministack refuses the versions that it does not know.
    left = ("EngineVersion", "SourceDBClusterIdentifier")
    wanted = {key: value for key, value in {**properties, **inherited}.items() if key not in left}
    call("rds", "create_global_cluster", {**wanted, "GlobalClusterIdentifier": name})
    made = rds._global_clusters[name]
    made["EngineVersion"] = {**properties, **inherited}.get("EngineVersion", made["EngineVersion"])
    if source:
        rds._attach_cluster_to_global(made, source, is_writer=True)
    return name, {"GlobalEndpoint.Address": f"{name}.global-emulated.global.rds.amazonaws.com"}


@creates("AWS::RDS::DBProxy", delete=lambda physical_id, _: client("rds").delete_db_proxy(DBProxyName=physical_id))
def proxy(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("rds", "create_db_proxy", properties)["DBProxy"]
    return made["DBProxyName"], {"DBProxyArn": made["DBProxyArn"], "Endpoint": made["Endpoint"], "VpcId": made.get("VpcId", "")}


def _deregister(_: str, properties: Properties) -> None:
    names = {key: properties[key] for key in ("DBInstanceIdentifiers", "DBClusterIdentifiers") if properties.get(key)}
    client("rds").deregister_db_proxy_targets(DBProxyName=properties["DBProxyName"], TargetGroupName=_TARGET_GROUP, **names)


@creates("AWS::RDS::DBProxyTargetGroup", delete=_deregister)
def proxy_targets(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties["DBProxyName"]
    # A template says ConnectionPoolConfigurationInfo where the API says ConnectionPoolConfig.
    pool = properties.get("ConnectionPoolConfigurationInfo", {})
    wanted = {"DBProxyName": name, "TargetGroupName": _TARGET_GROUP, "ConnectionPoolConfig": pool}
    arn = call("rds", "modify_db_proxy_target_group", wanted)["DBProxyTargetGroup"]["TargetGroupArn"]
    call("rds", "register_db_proxy_targets", properties)
    return arn, {"TargetGroupArn": arn}


@creates("AWS::RDS::DBProxyEndpoint", delete=lambda physical_id, _: client("rds").delete_db_proxy_endpoint(DBProxyEndpointName=physical_id))
def proxy_endpoint(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("rds", "create_db_proxy_endpoint", properties)["DBProxyEndpoint"]
    names = ("DBProxyEndpointArn", "Endpoint", "VpcId", "IsDefault")
    return made["DBProxyEndpointName"], {name: made.get(name, "") for name in names}


@creates(
    "AWS::RDS::EventSubscription",
    backing="moto",
    delete=lambda physical_id, _: moto_client("rds").delete_event_subscription(SubscriptionName=physical_id),
)
def event_subscription(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("SubscriptionName") or made_name(stack, logical_id, longest=255).lower()
    wanted = {"Enabled": True, **properties, "SubscriptionName": name}
    call("rds", "create_event_subscription", wanted, api=moto_client("rds"))
    return name, {}
