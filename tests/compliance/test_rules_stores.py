"""The rules on databases, proxies, caches, queues, topics and images: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.templates import Resources, found, resource, stack_of

TOKEN = {"Ref": "Decided"}


def judged(rule: str, kind: str, properties: dict[str, Any], **attributes: Any) -> list[str]:
    """The details that *rule* finds on one resource of *kind*."""
    hits = found(rule, stack_of({"It": resource(kind, properties, **attributes)}))
    return [one.removesuffix(" @ Stack/It").removesuffix("Stack/It").strip("[]") for one in hits]


# --- caches ------------------------------------------------------------------------------------------------------------


@pytest.mark.control("CACHE-1", "GOV-3")
@pytest.mark.parametrize(
    ("user", "bent"),
    [
        ({"AccessString": "on ~* +@all", "NoPasswordRequired": True}, True),
        ({"AccessString": "on ~* +@all", "NoPasswordRequired": "true"}, True),
        ({"AccessString": "on ~* +@all", "AuthenticationMode": {"Type": "no-password-required"}}, True),
        ({"AccessString": TOKEN, "NoPasswordRequired": True}, True),
        ({"AccessString": "off ~* +@all", "NoPasswordRequired": True}, False),
        # Neither on nor off is off.
        ({"AccessString": "~* +@all", "NoPasswordRequired": True}, False),
        ({"AccessString": "on ~* +@all", "AuthenticationMode": {"Type": "iam"}}, False),
        ({"AccessString": "on ~* +@all", "AuthenticationMode": {"Type": "password", "Passwords": [TOKEN]}}, False),
        ({"AccessString": "on ~* +@all", "AuthenticationMode": TOKEN, "NoPasswordRequired": TOKEN}, False),
    ],
)
@pytest.mark.parametrize("kind", ["ElastiCache::User", "MemoryDB::User"])
def test_nobody_uses_a_cache_without_a_password(kind: str, user: dict[str, Any], bent: bool) -> None:
    assert judged("CacheOpen", kind, user) == (["Password"] if bent else [])


def test_the_built_in_user_is_in_no_group() -> None:
    assert judged("CacheOpen", "ElastiCache::UserGroup", {"UserIds": ["default", TOKEN]}) == ["Default"]
    assert judged("CacheOpen", "ElastiCache::UserGroup", {"UserIds": ["default-shop", TOKEN]}) == []
    assert judged("CacheOpen", "ElastiCache::UserGroup", {"UserIds": TOKEN}) == []


@pytest.mark.control("CACHE-1", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "bent", "good"),
    [
        ("ElastiCache::ReplicationGroup", {}, {"UserGroupIds": [TOKEN]}),
        ("ElastiCache::ReplicationGroup", {"UserGroupIds": []}, {"AuthToken": TOKEN}),
        ("ElastiCache::ReplicationGroup", {"AuthToken": ""}, {"GlobalReplicationGroupId": "world"}),
        ("ElastiCache::ServerlessCache", {"Engine": "valkey"}, {"Engine": "valkey", "UserGroupId": TOKEN}),
        ("ElastiCache::ServerlessCache", {}, {"Engine": "memcached"}),
        ("MemoryDB::Cluster", {"ACLName": "open-access"}, {"ACLName": TOKEN}),
    ],
)
def test_a_cache_has_users(kind: str, bent: dict[str, Any], good: dict[str, Any]) -> None:
    assert judged("CacheOpen", kind, bent) == ["Users"]
    assert judged("CacheOpen", kind, good) == []


GROUP = {
    "TransitEncryptionEnabled": True,
    "TransitEncryptionMode": "required",
    "AtRestEncryptionEnabled": True,
    "KmsKeyId": TOKEN,
    "SnapshotRetentionLimit": 7,
}
SERVERLESS = {"Engine": "valkey", "KmsKeyId": TOKEN, "SnapshotRetentionLimit": 7, "FinalSnapshotName": "last"}


@pytest.mark.control("CACHE-1", "CACHE-2", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"TransitEncryptionEnabled": "true", "TransitEncryptionMode": None}, []),
        ({"TransitEncryptionEnabled": False}, ["Transit"]),
        ({"TransitEncryptionEnabled": None}, ["Transit"]),
        ({"TransitEncryptionMode": "preferred"}, ["Transit"]),
        ({"AtRestEncryptionEnabled": "false"}, ["Rest"]),
        ({"KmsKeyId": None}, ["Key"]),
        ({"SnapshotRetentionLimit": 0}, ["Snapshots"]),
        ({"SnapshotRetentionLimit": None}, ["Snapshots"]),
        (dict.fromkeys(GROUP, TOKEN), []),
        # The members of a global datastore speak as its first one does.
        ({"GlobalReplicationGroupId": "world", "TransitEncryptionEnabled": None, "AtRestEncryptionEnabled": None}, []),
    ],
)
def test_nodes_are_guarded(change: dict[str, Any], details: list[str]) -> None:
    assert judged("CacheUnguarded", "ElastiCache::ReplicationGroup", GROUP | change) == details


@pytest.mark.control("CACHE-2", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"KmsKeyId": ""}, ["Key"]),
        ({"SnapshotRetentionLimit": 0}, ["Snapshots"]),
        ({"SnapshotRetentionLimit": TOKEN, "FinalSnapshotName": TOKEN}, []),
        ({"FinalSnapshotName": None}, ["Last snapshot"]),
        ({"Engine": "memcached", "SnapshotRetentionLimit": None, "FinalSnapshotName": None}, []),
    ],
)
def test_a_serverless_cache_is_guarded(change: dict[str, Any], details: list[str]) -> None:
    assert judged("CacheUnguarded", "ElastiCache::ServerlessCache", SERVERLESS | change) == details


def test_a_serverless_cache_that_stays_needs_no_last_snapshot() -> None:
    assert judged("CacheUnguarded", "ElastiCache::ServerlessCache", SERVERLESS | {"FinalSnapshotName": None}, DeletionPolicy="Retain") == []


@pytest.mark.control("CACHE-2")
def test_a_replication_group_outlives_its_stack() -> None:
    both = ["DeletionPolicy", "UpdateReplacePolicy"]
    assert judged("StoreNotRetained", "ElastiCache::ReplicationGroup", {}) == both
    kept = {"DeletionPolicy": "Snapshot", "UpdateReplacePolicy": "Snapshot"}
    assert judged("StoreNotRetained", "ElastiCache::ReplicationGroup", {}, **kept) == []


# --- queues and topics -------------------------------------------------------------------------------------------------


def queues(allowed: Any, target: Any = None) -> Resources:
    target = target or {"Fn::GetAtt": ["Dead", "Arn"]}
    return {
        "Work": resource("SQS::Queue", {"RedrivePolicy": {"deadLetterTargetArn": target, "maxReceiveCount": 3}}),
        "Dead": resource("SQS::Queue", {"RedriveAllowPolicy": allowed}),
    }


@pytest.mark.control("STORE-3", "GOV-3")
@pytest.mark.parametrize(
    ("allowed", "bent"),
    [
        (None, True),
        ({"redrivePermission": "allowAll"}, True),
        ({"redrivePermission": "denyAll"}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": []}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:eu-west-1:111122223333:work"]}, False),
        ({"redrivePermission": TOKEN}, False),
        ({"Fn::If": ["Open", {}, {}]}, False),
        ({}, True),
        ('{"redrivePermission": "byQueue"}', False),
    ],
)
def test_dead_letters_come_from_their_own_queue(allowed: Any, bent: bool) -> None:
    assert found("DeadLettersOpen", stack_of(queues(allowed))) == (["Stack/Dead"] if bent else [])


def test_what_is_nobodys_dead_letter_queue_is_free() -> None:
    assert found("DeadLettersOpen", stack_of(queues(None, target="arn:aws:sqs:eu-west-1:111122223333:elsewhere"))) == []
    text = {"Work": resource("SQS::Queue", {"RedrivePolicy": "{}"})}
    assert found("DeadLettersOpen", stack_of(text)) == []


def topic(statement: Any, *, kind: str = "SNS::TopicPolicy", key: Any = TOKEN) -> Resources:
    name = "Topics" if kind == "SNS::TopicPolicy" else "TopicArn"
    return {
        "Topic": resource("SNS::Topic", {"KmsMasterKeyId": key}),
        "Policy": resource(kind, {name: [{"Ref": "Topic"}], "PolicyDocument": {"Statement": statement}}),
    }


DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sns:Publish",
    "Resource": {"Ref": "Topic"},
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.mark.control("STORE-4", "GOV-3")
@pytest.mark.parametrize(
    ("change", "bent"),
    [
        ({}, False),
        ({"Principal": {"AWS": ["*"]}, "Action": ["SNS:Publish", "SNS:Subscribe"]}, False),
        ({"Action": "*", "Condition": {"BoolIfExists": {"aws:SecureTransport": [False]}}}, False),
        ({"Effect": "Allow"}, True),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, True),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, True),
        ({"Action": "sns:Subscribe"}, True),
        ({"Condition": None}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({"Condition": DENY["Condition"] | {"StringEquals": {"aws:SourceAccount": "111122223333"}}}, True),  # type: ignore[operator]
        ({"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "true"}}}, True),
    ],
)
@pytest.mark.parametrize("kind", ["SNS::TopicPolicy", "SNS::TopicInlinePolicy"])
def test_a_topic_takes_messages_over_tls_only(kind: str, change: dict[str, Any], bent: bool) -> None:
    statement = DENY | change
    assert found("PlainTopic", stack_of(topic([statement], kind=kind))) == (["Stack/Topic"] if bent else [])
    assert found("PlainTopic", stack_of(topic(statement, kind=kind))) == (["Stack/Topic"] if bent else [])


def test_a_topic_without_a_key_is_the_rule_packs_affair() -> None:
    assert found("PlainTopic", stack_of(topic([], key=None))) == []
    assert found("PlainTopic", stack_of({"Topic": resource("SNS::Topic", {"KmsMasterKeyId": "alias/aws/sns"})})) == ["Stack/Topic"]


@pytest.mark.control("STORE-4", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "properties", "bent"),
    [
        ("SNS::Subscription", {"Protocol": "http", "Endpoint": "http://shop.example.com"}, True),
        ("SNS::Subscription", {"Protocol": "https"}, False),
        ("SNS::Subscription", {"Protocol": TOKEN}, False),
        ("SNS::Topic", {"Subscription": [{"Protocol": "https"}, {"Protocol": "http"}]}, True),
        ("SNS::Topic", {"Subscription": [{"Protocol": "sqs"}]}, False),
    ],
)
def test_messages_are_not_delivered_in_the_clear(kind: str, properties: dict[str, Any], bent: bool) -> None:
    assert found("PlainDelivery", stack_of({"It": resource(kind, properties)})) == (["Stack/It"] if bent else [])


# --- images ------------------------------------------------------------------------------------------------------------

IMAGES = {
    "ImageTagMutability": "IMMUTABLE",
    "ImageScanningConfiguration": {"ScanOnPush": True},
    "EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": TOKEN},
}


@pytest.mark.control("STORE-5", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "EncryptionConfiguration": {"EncryptionType": "KMS_DSSE", "KmsKey": "k"}}, []),
        ({"ImageTagMutability": TOKEN, "ImageScanningConfiguration": {"ScanOnPush": TOKEN}}, []),
        ({"ImageTagMutability": None}, ["Tags"]),
        ({"ImageTagMutability": "MUTABLE_WITH_EXCLUSION"}, ["Tags"]),
        ({"ImageScanningConfiguration": None}, ["Scan"]),
        ({"ImageScanningConfiguration": {"ScanOnPush": "false"}}, ["Scan"]),
        ({"EncryptionConfiguration": None}, ["Key"]),
        ({"EncryptionConfiguration": {"EncryptionType": "KMS"}}, ["Key"]),
        ({"EncryptionConfiguration": {"EncryptionType": "AES256", "KmsKey": TOKEN}}, ["Key"]),
        ({"EmptyOnDelete": True}, ["Emptied"]),
        ({"EmptyOnDelete": TOKEN}, []),
    ],
)
def test_images_are_guarded(change: dict[str, Any], details: list[str]) -> None:
    assert judged("ImagesUnguarded", "ECR::Repository", IMAGES | change) == details


def test_images_that_stay_are_not_emptied() -> None:
    assert judged("ImagesUnguarded", "ECR::Repository", IMAGES | {"EmptyOnDelete": True}, DeletionPolicy="Retain") == []


@pytest.mark.parametrize(
    ("name", "frequency", "pattern", "scanned"),
    [
        ("shop/api", "SCAN_ON_PUSH", "shop/*", True),
        ("shop/api", "CONTINUOUS_SCAN", "*", True),
        ("shop/api", "MANUAL", "*", False),
        ("shop/api", "SCAN_ON_PUSH", "bank/*", False),
        (None, "SCAN_ON_PUSH", "*", True),
        (TOKEN, "SCAN_ON_PUSH", "shop/*", False),
    ],
)
def test_the_registry_may_scan_instead(name: Any, frequency: str, pattern: str, scanned: bool) -> None:
    rules = [{"ScanFrequency": frequency, "RepositoryFilters": [{"Filter": pattern, "FilterType": "WILDCARD"}]}]
    repository = IMAGES | {"ImageScanningConfiguration": None, "RepositoryName": name}
    app = stack_of(
        {
            "Images": resource("ECR::Repository", repository),
            "Scanning": resource("ECR::RegistryScanningConfiguration", {"ScanType": "BASIC", "Rules": rules}),
        }
    )
    assert found("ImagesUnguarded", app) == ([] if scanned else ["[Scan] @ Stack/Images"])


# --- databases ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-9", "GOV-3")
@pytest.mark.parametrize(
    ("proxy", "details"),
    [
        ({"RequireTLS": True, "Auth": [{"IAMAuth": "REQUIRED"}]}, []),
        ({"RequireTLS": TOKEN, "Auth": [{"IAMAuth": TOKEN}], "DebugLogging": TOKEN}, []),
        ({"RequireTLS": "true", "DefaultAuthScheme": "IAM_AUTH"}, []),
        ({"DefaultAuthScheme": "IAM_AUTH"}, ["Tls"]),
        ({"RequireTLS": False, "Auth": [{"IAMAuth": "REQUIRED"}]}, ["Tls"]),
        ({"RequireTLS": True, "Auth": [{"IAMAuth": "REQUIRED"}, {"IAMAuth": "DISABLED"}]}, ["Iam"]),
        ({"RequireTLS": True, "Auth": [{"SecretArn": TOKEN}]}, ["Iam"]),
        ({"RequireTLS": True, "DebugLogging": True}, ["Statements"]),
    ],
)
def test_a_proxy_is_guarded(proxy: dict[str, Any], details: list[str]) -> None:
    assert judged("ProxyUnguarded", "RDS::DBProxy", proxy) == details


DATABASE = {
    "Engine": "postgres",
    "StorageEncrypted": True,
    "KmsKeyId": TOKEN,
    "EnableIAMDatabaseAuthentication": True,
    "DeletionProtection": True,
}


@pytest.mark.control("DB-3", "DB-5", "DB-7", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        (dict.fromkeys(DATABASE, TOKEN), []),
        ({"StorageEncrypted": None}, ["Key"]),
        ({"StorageEncrypted": "false"}, ["Key"]),
        ({"KmsKeyId": None}, ["Key"]),
        ({"KmsKeyId": None, "StorageEncrypted": None, "DBSnapshotIdentifier": "before"}, []),
        ({"KmsKeyId": None, "DeletionProtection": None, "SourceDBInstanceIdentifier": TOKEN}, []),
        ({"EnableIAMDatabaseAuthentication": False}, ["Iam"]),
        ({"EnableIAMDatabaseAuthentication": None, "Engine": "mysql"}, ["Iam"]),
        ({"EnableIAMDatabaseAuthentication": None, "Engine": "aurora-mysql"}, ["Iam"]),
        ({"EnableIAMDatabaseAuthentication": None, "Engine": "oracle-ee"}, []),
        ({"DeletionProtection": False}, ["Deletion"]),
    ],
)
@pytest.mark.parametrize("kind", ["RDS::DBInstance", "RDS::DBCluster"])
def test_a_database_is_guarded(kind: str, change: dict[str, Any], details: list[str]) -> None:
    assert judged("DatabaseUnguarded", kind, DATABASE | change) == details


def test_a_member_is_guarded_as_its_cluster_is() -> None:
    assert judged("DatabaseUnguarded", "RDS::DBInstance", {"DBClusterIdentifier": TOKEN, "Engine": "aurora-mysql"}) == []
    named = {"DBClusterIdentifier": "ledger", "Engine": "aurora-mysql"}
    assert judged("DatabaseUnguarded", "RDS::DBCluster", named) == ["Deletion", "Iam", "Key"]


def database(kind: str, engine: Any, parameters: Any, family: Any = "postgres17") -> Resources:
    cluster = "Cluster" if kind == "RDS::DBCluster" else ""
    return {
        "Database": resource(kind, {"Engine": engine, f"DB{cluster}ParameterGroupName": {"Ref": "Group"}}),
        "Group": resource(f"RDS::DB{cluster}ParameterGroup", {"Family": family, "Parameters": parameters}),
    }


@pytest.mark.control("DB-6", "GOV-3")
@pytest.mark.parametrize(
    ("engine", "parameters", "bent"),
    [
        ("postgres", {"rds.force_ssl": "1"}, False),
        ("aurora-postgresql", {"rds.force_ssl": 1}, False),
        ("sqlserver-se", {"rds.force_ssl": "1"}, False),
        ("MySQL", {"require_secure_transport": "ON"}, False),
        ("aurora-mysql", {"require_secure_transport": "1"}, False),
        ("mariadb", {"require_secure_transport": TOKEN}, False),
        ("oracle-ee", {}, False),
        ("postgres", {"rds.force_ssl": "0"}, True),
        ("postgres", {"log_connections": "1"}, True),
        ("postgres", None, True),
        ("aurora-mysql", {"require_secure_transport": "OFF"}, True),
        ("mysql", {"rds.force_ssl": "1"}, True),
        # The family tells where the engine does not.
        (None, {"rds.force_ssl": "0"}, True),
        (None, {"rds.force_ssl": "1"}, False),
    ],
)
@pytest.mark.parametrize("kind", ["RDS::DBInstance", "RDS::DBCluster"])
def test_a_database_refuses_plain_connections(kind: str, engine: Any, parameters: Any, bent: bool) -> None:
    assert found("DatabaseWithoutTls", stack_of(database(kind, engine, parameters))) == (["Stack/Database"] if bent else [])


@pytest.mark.parametrize(
    ("kind", "properties", "bent"),
    [
        ("RDS::DBInstance", {"Engine": "postgres"}, True),
        ("RDS::DBInstance", {"Engine": "mysql", "DBParameterGroupName": "default.mysql8.4"}, True),
        ("RDS::DBInstance", {"Engine": "mysql", "DBParameterGroupName": "made-elsewhere"}, False),
        ("RDS::DBInstance", {"Engine": "mysql", "DBParameterGroupName": {"Ref": "Parameter"}}, False),
        ("RDS::DBInstance", {"Engine": "oracle-ee"}, False),
        ("RDS::DBInstance", {"Engine": TOKEN}, False),
        ("RDS::DBInstance", {"Engine": "postgres", "SourceDBInstanceIdentifier": TOKEN}, False),
        ("RDS::DBInstance", {"Engine": "aurora-mysql", "DBClusterIdentifier": TOKEN}, False),
        ("RDS::DBCluster", {"Engine": "aurora-mysql", "DBClusterIdentifier": "ledger"}, True),
    ],
)
def test_the_default_parameter_group_is_no_answer(kind: str, properties: dict[str, Any], bent: bool) -> None:
    assert found("DatabaseWithoutTls", stack_of({"It": resource(kind, properties)})) == (["Stack/It"] if bent else [])
