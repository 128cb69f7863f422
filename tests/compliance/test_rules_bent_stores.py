"""The stores of this library: no rule finds anything in them, and one bites for every hardened property that an override bends."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_elasticache as elasticache

from prodready_constructs.cache import CachePasswordRotation, ReplicatedCache, ServerlessCache
from prodready_constructs.database import AURORA_MYSQL_3, MYSQL_8_4, AuroraDatabase, DatabaseProxy, MultiAzDatabase
from prodready_constructs.evidence.assembly import Assembly, read_assembly
from prodready_constructs.foundation import DataKey
from prodready_constructs.images import ImageRepository
from prodready_constructs.messaging import ProtectedTopic, ReliableQueue
from prodready_constructs.network import PrivateNetwork
from prodready_constructs.posture import PRODUCTION
from tests.support.bent import bent, found
from tests.support.synthesis import new_app, new_stack

#: Path below the stack, property, value (None takes it away), finding.
BENDS: tuple[tuple[str, str, Any, str], ...] = (
    ("Sessions/Group", "TransitEncryptionMode", "preferred", "CacheUnguarded[Transit]"),
    ("Sessions/Group", "AtRestEncryptionEnabled", False, "CacheUnguarded[Rest]"),
    ("Sessions/Group", "KmsKeyId", None, "CacheUnguarded[Key]"),
    ("Sessions/Group", "SnapshotRetentionLimit", 0, "CacheUnguarded[Snapshots]"),
    ("Sessions/Group", "UserGroupIds", None, "CacheOpen[Users]"),
    ("Sessions/Users/ApplicationUser", "AuthenticationMode", {"Type": "no-password-required"}, "CacheOpen[Password]"),
    (
        "Sessions/Users/ApplicationUser",
        "AuthenticationMode.Passwords",
        ["hunter2hunter2hunter2"],
        "PlainSecret[AuthenticationMode.Passwords]",
    ),
    ("Sessions/Users/Group", "UserIds", ["default"], "CacheOpen[Default]"),
    ("Elastic/Cache", "UserGroupId", None, "CacheOpen[Users]"),
    ("Elastic/Cache", "KmsKeyId", None, "CacheUnguarded[Key]"),
    ("Elastic/Cache", "SnapshotRetentionLimit", 0, "CacheUnguarded[Snapshots]"),
    ("Elastic/Cache", "FinalSnapshotName", None, "CacheUnguarded[Last snapshot]"),
    ("Work/DeadLetters/Resource", "RedriveAllowPolicy", None, "DeadLettersOpen"),
    ("News/Topic/Policy/Resource", "PolicyDocument.Statement.0.Effect", "Allow", "PlainTopic"),
    ("Images/Repository/Resource", "ImageTagMutability", "MUTABLE", "ImagesUnguarded[Tags]"),
    ("Images/Repository/Resource", "ImageScanningConfiguration.ScanOnPush", False, "ImagesUnguarded[Scan]"),
    ("Images/Repository/Resource", "EncryptionConfiguration", None, "ImagesUnguarded[Key]"),
    ("Proxy/Proxy", "RequireTLS", False, "ProxyUnguarded[Tls]"),
    ("Proxy/Proxy", "Auth.0.IAMAuth", "DISABLED", "ProxyUnguarded[Iam]"),
    ("Proxy/Proxy", "DebugLogging", True, "ProxyUnguarded[Statements]"),
    ("Ledger/Cluster/Resource", "StorageEncrypted", False, "DatabaseUnguarded[Key]"),
    ("Ledger/Cluster/Resource", "KmsKeyId", None, "DatabaseUnguarded[Key]"),
    ("Ledger/Cluster/Resource", "EnableIAMDatabaseAuthentication", False, "DatabaseUnguarded[Iam]"),
    ("Ledger/Cluster/Resource", "DeletionProtection", False, "DatabaseUnguarded[Deletion]"),
    ("Ledger/Cluster/Resource", "BackupRetentionPeriod", 1, "StoreWithoutBackup"),
    ("Ledger/Parameters/Resource", "Parameters.require_secure_transport", "OFF", "DatabaseWithoutTls"),
    ("Orders/Instance/Resource", "EnableIAMDatabaseAuthentication", False, "DatabaseUnguarded[Iam]"),
    ("Orders/Instance/Resource", "DBParameterGroupName", None, "DatabaseWithoutTls"),
)


def stores(stack: cdk.Stack) -> None:
    vpc = PrivateNetwork(stack, "Network", posture=PRODUCTION.network).vpc
    key = DataKey(stack, "Key", description="test", encrypts_logs=True).key
    orders = MultiAzDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders", engine=MYSQL_8_4)
    DatabaseProxy(stack, "Proxy", target=orders, vpc=vpc, posture=PRODUCTION.proxy)
    AuroraDatabase(stack, "Ledger", vpc=vpc, posture=PRODUCTION.aurora, database_name="ledger", engine=AURORA_MYSQL_3)
    rotation = CachePasswordRotation(stack, "Rotation", vpc=vpc, encryption_key=key)
    ReplicatedCache(stack, "Sessions", vpc=vpc, posture=PRODUCTION.cache, rotation=rotation)
    ServerlessCache(stack, "Elastic", vpc=vpc, posture=PRODUCTION.cache, rotation=rotation)
    work = ReliableQueue(stack, "Work", posture=PRODUCTION.messaging, data_class=PRODUCTION.data.confidential)
    ProtectedTopic(stack, "News", posture=PRODUCTION.messaging, data_class=PRODUCTION.data.confidential).add_queue(work)
    ImageRepository(stack, "Images", posture=PRODUCTION.images)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("stores")
    app = new_app(outdir=str(made))
    stores(new_stack(app, "Stack"))
    app.synth()
    return made


def judged(assembly: Assembly) -> set[str]:
    """What the rules find, tags and alarms aside."""
    return {rule for rule in found(assembly) if not rule.startswith("WatchableWithoutAlarms")}


@pytest.mark.control("GOV-3")
def test_the_stores_pass(directory: Path) -> None:
    assert judged(read_assembly(directory)) == set()


@pytest.mark.control("GOV-3", "CACHE-1", "CACHE-2", "STORE-3", "STORE-4", "STORE-5", "DB-3", "DB-5", "DB-6", "DB-7", "DB-9")
@pytest.mark.parametrize(("path", "where", "value", "finding"), BENDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_bites_where_one_is_bent(directory: Path, path: str, where: str, value: Any, finding: str) -> None:
    assert judged(bent(directory, path, where, value)) == {finding}


def test_an_override_of_the_cdk_is_bending_too(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    stack = new_stack(app, "Stack")
    stores(stack)
    group = cast("elasticache.CfnReplicationGroup", stack.node.find_child("Sessions").node.find_child("Group"))
    group.add_property_override("TransitEncryptionEnabled", False)
    app.synth()
    assert judged(read_assembly(tmp_path)) == {"CacheUnguarded[Transit]"}
