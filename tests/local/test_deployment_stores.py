"""Every type that keeps state, and what runs beside it, deployed to the embedded emulator, read back, changed, refused, deleted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.readback import Kind, ReadBack, read_back
from prodready_constructs.local.readback.table import differing
from prodready_constructs.local.session import Session, emulator
from prodready_constructs.local.tools import find_tools
from tests.local import raw_stacks
from tests.support.synthesis import ACCOUNT, REGION, ROOT, SECOND_REGION

pytestmark = [pytest.mark.deployment, pytest.mark.xdist_group("emulator")]
STACK = "Stores"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    log = tmp_path_factory.mktemp("stores") / "emulator.log"
    with emulator(find_tools(ROOT), account=ACCOUNT, region=REGION, log=log) as session:
        yield session


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return raw_stacks.assembly("stores", tmp_path_factory.mktemp("assembly") / "cdk.out")


@pytest.fixture(scope="module")
def found(session: Session, assembly: Assembly) -> ReadBack:
    raw_stacks.create(session, assembly)
    return read_back(session, assembly)


def physical_id(session: Session, logical_id: str) -> str:
    cloudformation = session.client("cloudformation", ACCOUNT, REGION)
    shown = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)["StackResourceDetail"]
    return str(shown["PhysicalResourceId"])


def test_everything_agrees_and_no_type_is_unknown(found: ReadBack) -> None:
    assert differing(found.rows) == []
    assert found.unsupported == ()


def test_each_type_is_read_live(found: ReadBack) -> None:
    assert {name for name, how in raw_stacks.kinds(found.rows).items() if Kind.LIVE not in how} == set()


@pytest.mark.control(
    "DB-1", "DB-2", "DB-3", "DB-5", "DB-6", "CACHE-1", "CACHE-2", "STORE-1", "STORE-2", "STORE-3", "STORE-4", "STORE-5", "SEC-8"
)
@pytest.mark.parametrize(
    ("resource", "name", "value"),
    [
        ("Cluster", "StorageEncrypted", "true"),
        ("Cluster", "DeletionProtection", "true"),
        ("Cluster", "BackupRetentionPeriod", "35"),
        ("Cluster", "EnableIAMDatabaseAuthentication", "true"),
        ("Cluster", "ManageMasterUserPassword", "true"),
        ("Cluster", "KmsKeyId", None),
        ("ClusterParameters", "Parameters", None),
        ("Writer", "CACertificateIdentifier", "rds-ca-ecc384-g1"),
        ("Global", "DeletionProtection", "true"),
        ("Replica", "SourceDBInstanceIdentifier", None),
        ("Proxy", "RequireTLS", "true"),
        ("Proxy", "Auth", None),
        ("DbEvents", "EventCategories", None),
        ("Serverless", "KmsKeyId", None),
        ("Serverless", "UserGroupId", "orders-users"),
        ("Nodes", "TransitEncryptionMode", "required"),
        ("Nodes", "AtRestEncryptionEnabled", "true"),
        ("Nodes", "MultiAZEnabled", "true"),
        ("Nodes", "LogDeliveryConfigurations", None),
        ("Shards", "NumNodeGroups", "2"),
        ("CacheUser", "AccessString", "on ~orders:* &orders:* +@all -@dangerous"),
        ("CacheIam", "AuthenticationMode.Type", "iam"),
        ("Table", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", "true"),
        ("Table", "OnDemandThroughput", None),
        ("GlobalTable", "Replicas", None),
        ("Queue", "RedrivePolicy", None),
        ("DeadLetters", "RedriveAllowPolicy", None),
        ("Subscription", "RedrivePolicy", None),
        ("Images", "ImageTagMutability", "IMMUTABLE"),
        ("Images", "ImageScanningConfiguration.ScanOnPush", "true"),
        ("Scanning", "ScanType", "ENHANCED"),
        ("Replication", "ReplicationConfiguration.Rules", None),
        ("Bucket", "ObjectLockConfiguration", None),
        ("Bucket", "ReplicationConfiguration", None),
        ("Bucket", "InventoryConfigurations", None),
        ("Secret", "GenerateSecretString.PasswordLength", "40"),
        ("Rotation", "SecretId", "true"),
        ("Function", "KmsKeyArn", None),
        ("Migration", "ServiceToken", None),
    ],
)
def test_an_api_shows_the_hardening(found: ReadBack, resource: str, name: str, value: str | None) -> None:
    shown = [row for row in found.rows if (row.resource, row.property) == (resource, name)]
    assert {(row.kind, row.agrees) for row in shown} == {(Kind.LIVE, True)}
    assert value is None or {row.found for row in shown} == {value}


@pytest.mark.control("STORE-2")
def test_what_is_written_here_is_read_in_the_other_region(session: Session, found: ReadBack) -> None:
    table = physical_id(session, "GlobalTable")
    session.client("dynamodb", ACCOUNT, REGION).put_item(TableName=table, Item={"pk": {"S": "order-1"}})
    there = session.client("dynamodb", ACCOUNT, SECOND_REGION)
    assert there.get_item(TableName=table, Key={"pk": {"S": "order-1"}})["Item"] == {"pk": {"S": "order-1"}}


@pytest.mark.control("DB-8", "DB-12")
def test_a_replica_follows_and_a_restored_instance_does_not(session: Session, found: ReadBack) -> None:
    rds = session.client("rds", ACCOUNT, REGION)

    def shown(logical_id: str) -> dict[str, Any]:
        return dict(rds.describe_db_instances(DBInstanceIdentifier=physical_id(session, logical_id))["DBInstances"][0])

    source, replica = shown("Source"), shown("Replica")
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == source["DBInstanceIdentifier"]
    assert source["ReadReplicaDBInstanceIdentifiers"] == [replica["DBInstanceIdentifier"]]
    assert not shown("FromTime").get("ReadReplicaSourceDBInstanceIdentifier")
    kinds = {row.property: row.kind for row in found.rows if row.resource == "FromTime"}
    assert (kinds["SourceDBInstanceIdentifier"], kinds["UseLatestRestorableTime"]) == (Kind.TEMPLATE_ONLY, Kind.RECORDED)


def test_what_was_opened_behind_the_back_differs(session: Session, assembly: Assembly, found: ReadBack) -> None:
    table, proxy = physical_id(session, "GlobalTable"), physical_id(session, "Proxy")
    there, rds = session.client("dynamodb", ACCOUNT, SECOND_REGION), session.client("rds", ACCOUNT, REGION)
    there.update_table(TableName=table, DeletionProtectionEnabled=False)
    rds.modify_db_proxy(DBProxyName=proxy, RequireTLS=False)
    seen = differing(read_back(session, assembly).rows)
    there.update_table(TableName=table, DeletionProtectionEnabled=True)
    rds.modify_db_proxy(DBProxyName=proxy, RequireTLS=True)
    assert [(row.resource, row.property) for row in seen] == [("Proxy", "RequireTLS"), ("GlobalTable", "Replicas")]


@pytest.mark.control("DB-11")
def test_a_migration_that_fails_fails_the_deployment(session: Session, assembly: Assembly, found: ReadBack) -> None:
    changed = raw_stacks.template("stores")
    changed["Resources"]["Migration"]["Properties"]["Fail"] = True
    assert raw_stacks.update(session, STACK, changed) == "UPDATE_ROLLBACK_COMPLETE"
    events = session.client("cloudformation", ACCOUNT, REGION).describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"] == "UPDATE_FAILED"]
    assert [each["LogicalResourceId"] for each in failed] == ["Migration"]
    assert "the statement is wrong" in failed[0]["ResourceStatusReason"]
    assert differing(read_back(session, assembly).rows) == []


@pytest.mark.control("DB-11")
def test_a_one_off_task_ends_and_says_that_it_did_not_run(session: Session, found: ReadBack) -> None:
    ecs, logs = session.client("ecs", ACCOUNT, REGION), session.client("logs", ACCOUNT, REGION)
    (task,) = ecs.run_task(cluster="stores", taskDefinition=physical_id(session, "OneOff"), launchType="FARGATE")["tasks"]
    for _ in range(100):
        (shown,) = ecs.describe_tasks(cluster="stores", tasks=[task["taskArn"]])["tasks"]
        if shown["lastStatus"] == "STOPPED":
            break
        time.sleep(0.05)
    assert (shown["lastStatus"], shown["containers"][0]["exitCode"]) == ("STOPPED", 0)
    stream = f"migrate/migrate/{task['taskArn'].rpartition('/')[2]}"
    events = logs.get_log_events(logGroupName=physical_id(session, "Logs"), logStreamName=stream)["events"]
    assert [each["message"] for each in events] == [
        "The emulator has no containers: this task did not run, and is reported as ended with 0."
    ]


@pytest.mark.control("DB-4")
def test_only_a_rotation_at_once_is_told_as_rotated(session: Session, found: ReadBack) -> None:
    manager, secret = session.client("secretsmanager", ACCOUNT, REGION), physical_id(session, "Secret")
    assert "LastRotatedDate" not in manager.describe_secret(SecretId=secret)
    before = manager.get_secret_value(SecretId=secret)["SecretString"]
    manager.rotate_secret(SecretId=secret)
    assert "LastRotatedDate" in manager.describe_secret(SecretId=secret)
    assert manager.get_secret_value(SecretId=secret)["SecretString"] == before


def test_an_update_keeps_what_is_stored(session: Session, found: ReadBack) -> None:
    table, cluster = physical_id(session, "GlobalTable"), physical_id(session, "Cluster")
    session.client("dynamodb", ACCOUNT, REGION).put_item(TableName=table, Item={"pk": {"S": "order-2"}})
    changed = raw_stacks.template("stores")
    del changed["Resources"]["GlobalTable"]["Properties"]["Replicas"][1]
    changed["Resources"]["Cluster"]["Properties"]["BackupRetentionPeriod"] = 14
    changed["Resources"]["Nodes"]["Properties"]["SnapshotRetentionLimit"] = 3
    assert raw_stacks.update(session, STACK, changed) == "UPDATE_COMPLETE"
    kept = session.client("dynamodb", ACCOUNT, REGION).get_item(TableName=table, Key={"pk": {"S": "order-2"}})
    assert kept["Item"] == {"pk": {"S": "order-2"}}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        session.client("dynamodb", ACCOUNT, SECOND_REGION).describe_table(TableName=table)
    shown = session.client("rds", ACCOUNT, REGION).describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]
    assert (shown["BackupRetentionPeriod"], len(shown["DBClusterMembers"])) == (14, 2)


def test_it_is_all_deleted_again(session: Session, assembly: Assembly, found: ReadBack) -> None:
    raw_stacks.delete(session, assembly)
    rds = session.client("rds", ACCOUNT, REGION)
    assert rds.describe_db_proxies()["DBProxies"] == []
    assert rds.describe_db_clusters()["DBClusters"] == []
    assert rds.describe_global_clusters()["GlobalClusters"] == []
    assert rds.describe_event_subscriptions()["EventSubscriptionsList"] == []
    assert session.client("elasticache", ACCOUNT, REGION).describe_serverless_caches()["ServerlessCaches"] == []
    assert session.client("dynamodb", ACCOUNT, REGION).list_tables()["TableNames"] == []
    assert session.client("ecr", ACCOUNT, REGION).get_registry_scanning_configuration()["scanningConfiguration"]["scanType"] == "BASIC"
    secrets = session.client("secretsmanager", ACCOUNT, REGION).list_secrets()["SecretList"]
    assert [each["Name"] for each in secrets if each["Name"].startswith("rds!")] == []
