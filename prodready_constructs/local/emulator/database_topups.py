"""RDS: properties that ministack's CloudFormation drops although its API holds and reports them."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id, get_region
from ministack.services import rds

from prodready_constructs.local.emulator.calls import call, client
from prodready_constructs.local.emulator.registration import Properties, top_up

Attributes = dict[str, Any]


def install() -> None:
    """Wrap ministack's handlers of instances and clusters."""
    top_up("AWS::RDS::DBInstance", _instance, before_delete=_drop_managed_secret)
    top_up("AWS::RDS::DBCluster", _cluster, before_delete=_leave)


def _instance(name: str, properties: Properties, _: Attributes) -> Attributes:
    changes = {key: properties[key] for key in ("CACertificateIdentifier", "Iops") if properties.get(key)}
    if changes:
        call("rds", "modify_db_instance", {"DBInstanceIdentifier": name, "ApplyImmediately": True, **changes})
    instance = rds._instances[name]
    # No operation of ministack's takes these; its description has them.
    if properties.get("PerformanceInsightsRetentionPeriod"):
        instance["PerformanceInsightsRetentionPeriod"] = int(properties["PerformanceInsightsRetentionPeriod"])
    if properties.get("StorageThroughput"):
        instance["StorageThroughput"] = int(properties["StorageThroughput"])
    if properties.get("SourceDBInstanceIdentifier") and not {"RestoreTime", "UseLatestRestorableTime"} & properties.keys():
        _replicate(instance, properties["SourceDBInstanceIdentifier"])
    return _managed_secret("db", name, properties)


def _replicate(replica: dict[str, Any], source: str) -> None:
    """A read replica: RDS names the source by its ARN when it is in another region, and takes the engine and the master user from it."""
    parts = source.split(":")
    region, name = (parts[3], parts[6]) if source.startswith("arn:") else (get_region(), source)
    replica["ReadReplicaSourceDBInstanceIdentifier"] = name if region == get_region() else source
    original = rds._instances.get_scoped(get_account_id(), region, name)
    if original is not None:
        replicas = original.setdefault("ReadReplicaDBInstanceIdentifiers", [])
        known = replica["DBInstanceIdentifier"] if region == get_region() else replica["DBInstanceArn"]
        if known not in replicas:
            replicas.append(known)
        replica.update({key: original[key] for key in ("Engine", "EngineVersion", "MasterUsername", "DBName")})


def _cluster(name: str, properties: Properties, _: Attributes) -> Attributes:
    if properties.get("DBClusterParameterGroupName"):
        names = {key: properties[key] for key in ("DBClusterParameterGroupName",)}
        call("rds", "modify_db_cluster", {"DBClusterIdentifier": name, "ApplyImmediately": True, **names})
    cluster = rds._clusters[name]
    # The API takes these when a cluster is created; but then it also refuses versions that it does not know.
    cluster.update({key: properties[key] for key in ("KmsKeyId", "NetworkType", "EngineLifecycleSupport") if properties.get(key)})
    if properties.get("GlobalClusterIdentifier"):
        _join(cluster, properties["GlobalClusterIdentifier"])
    attributes = _managed_secret("cluster", name, properties)
    if attributes:
        key = properties.get("MasterUserSecret", {}).get("KmsKeyId")
        cluster["MasterUserSecret"] = {"SecretArn": attributes["MasterUserSecret.SecretArn"], "SecretStatus": "active", "KmsKeyId": key}
    return attributes


def _join(cluster: dict[str, Any], name: str) -> None:
    whole = rds._resolve_global_cluster(name)
    if whole is None:
        raise ValueError(f"Global cluster {name} not found: it must be deployed before the clusters that join it.")
    rds._attach_cluster_to_global(whole, cluster, is_writer=not whole.get("GlobalClusterMembers"))


def _leave(name: str, properties: Properties) -> None:
    """As CloudFormation does before it deletes a cluster that joined a global one."""
    if properties.get("GlobalClusterIdentifier"):
        arn = rds._clusters[name]["DBClusterArn"]
        client("rds").remove_from_global_cluster(GlobalClusterIdentifier=properties["GlobalClusterIdentifier"], DbClusterIdentifier=arn)
    _drop_managed_secret(name, properties)


def _drop_managed_secret(name: str, properties: Properties) -> None:
    """RDS deletes the secret that it manages together with the database."""
    for kind in ("db", "cluster"):
        if _managed(properties):
            with suppress(ClientError):
                client("secretsmanager").delete_secret(SecretId=f"rds!{kind}-{name}", ForceDeleteWithoutRecovery=True)


def _managed(properties: Properties) -> bool:
    return str(properties.get("ManageMasterUserPassword", False)).lower() == "true"


def _managed_secret(kind: str, name: str, properties: Properties) -> Attributes:
    """``ManageMasterUserPassword``: the secret that RDS would make, and the attribute that names it."""
    if not _managed(properties):
        return {}
    manager, secret = client("secretsmanager"), f"rds!{kind}-{name}"
    key = properties.get("MasterUserSecret", {}).get("KmsKeyId")
    credentials = json.dumps({"username": properties.get("MasterUsername", "admin"), "password": secrets.token_urlsafe(24)})
    try:
        arn = manager.create_secret(Name=secret, SecretString=credentials, **({"KmsKeyId": key} if key else {}))["ARN"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
        arn = manager.describe_secret(SecretId=secret)["ARN"]
    return {"MasterUserSecret.SecretArn": arn}
