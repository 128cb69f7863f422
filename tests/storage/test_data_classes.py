"""Buckets by data class, locked for good, copied in time, in their regions; their events and inventories."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3

from bench.messages import counted, total
from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.contracts import MathMetric
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION, StoragePosture
from prodready_constructs.recovery import BackupPlan
from prodready_constructs.storage import LogBucket, ReplicaBucket, SecureBucket
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, ZonedStack, new_app, new_stack, synth, synth_all

PERSONAL, INTERNAL = PRODUCTION.data.personal, PRODUCTION.data.internal
HELD = PRODUCTION.holding(PERSONAL)
POSTURE = HELD.storage


def some_logs(stack: ZonedStack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Theirs", "logs")


def bucket(posture: StoragePosture = POSTURE, *, region: str = "us-east-1", **arguments: Any) -> SecureBucket:
    stack = new_stack(region=region)
    return SecureBucket(stack, "Data", posture=posture, access_logs=some_logs(stack), **arguments)


@pytest.fixture(scope="module")
def held() -> dict[str, Template]:
    """Personal data in two regions, with S3's promise on the copies."""
    app = new_app()
    west, east = new_stack(app, "West", region=SECOND_REGION), new_stack(app, "East")
    posture = replace(POSTURE, replication_time_control=True, lock_mode="COMPLIANCE")
    replica = ReplicaBucket(west, "Replica", posture=posture, access_logs=some_logs(west))
    logs = LogBucket(east, "Logs", posture=PRODUCTION.storage, data_class=PERSONAL)
    data = SecureBucket(
        east, "People", posture=posture, access_logs=logs.bucket, replica=replica, key_prefix="people/", data_class=PERSONAL
    )
    data.keep_inventory(logs)
    pattern = data.object_events("Object Created", prefix="people/in/")
    events.Rule(east, "Arrived", event_pattern=pattern)
    routes = Routes(west, "Alerts", posture=PRODUCTION.monitoring, critical=("a@example.com",), warning=("b@example.com",))
    Watch(west, "Watch", routes=routes, watching=[replica, routes], runbook_base_url="https://runbooks.example.com")
    return synth_all(app)


# -- the class decides -----------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-6")
def test_objects_versions_logs_and_copies_end_when_their_class_says(held: dict[str, Template]) -> None:
    assert PERSONAL.retention is not None
    (rule,) = held["East"].props("AWS::S3::Bucket", "People")["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == PERSONAL.retention.days
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": PERSONAL.noncurrent_retention.days}
    assert rule["Transitions"][0]["TransitionInDays"] < rule["ExpirationInDays"]
    (logs,) = held["East"].props("AWS::S3::Bucket", "Logs")["LifecycleConfiguration"]["Rules"]
    assert logs["ExpirationInDays"] == PERSONAL.log_retention.days != PRODUCTION.storage.log_retention.days
    (copies,) = [
        rule
        for rule in held["West"].props("AWS::S3::Bucket", "Replica")["LifecycleConfiguration"]["Rules"]
        if rule.get("Prefix") == "people/"
    ]
    assert copies["ExpirationInDays"] == PERSONAL.retention.days
    assert copies["NoncurrentVersionExpiration"] == {"NoncurrentDays": PERSONAL.noncurrent_retention.days}


@pytest.mark.control("STORE-6", "COST-2")
def test_the_class_is_written_on_what_holds_it(held: dict[str, Template]) -> None:
    tag = {"Key": "data-class", "Value": "personal"}
    for kind, name in (("S3::Bucket", "People"), ("KMS::Key", "People"), ("S3::Bucket", "Logs")):
        assert tag in held["East"].props(f"AWS::{kind}", name)["Tags"]
    (recorded,) = held["East"].recorded("SecureBucket")
    assert recorded["data_class"]["personal"] is True


@pytest.mark.control("STORE-6")
def test_a_class_without_end_keeps_and_no_class_is_as_before() -> None:
    (kept,) = synth(bucket(PRODUCTION.storage, data_class=INTERNAL).stack).props("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert "ExpirationInDays" not in kept
    plain = synth(bucket(PRODUCTION.storage).stack)
    (before,) = plain.props("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert "ExpirationInDays" not in before
    assert "Tags" not in plain.props("AWS::S3::Bucket")


@pytest.mark.control("STORE-6")
def test_copies_that_would_outlive_their_class_are_refused() -> None:
    stack = new_stack()
    replica = ReplicaBucket(stack, "Replica", posture=POSTURE, access_logs=some_logs(stack))
    logs = s3.Bucket.from_bucket_name(stack, "Others", "others")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Data: key_prefix: got ''; allowed: a prefix: data of class personal ends after 730 days .*; write it like 'orders/', .*$",
    ):
        SecureBucket(stack, "Data", posture=POSTURE, access_logs=logs, replica=replica, data_class=PERSONAL)


@pytest.mark.control("STORE-6")
def test_a_lock_longer_than_versions_are_to_be_kept_is_refused() -> None:
    long = replace(PRODUCTION.storage, lock_retention=timedelta(days=60))
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Data: posture\.lock_retention: got '60 days'; allowed: 30 days at most, .* personal .*; use the slice of .*$",
    ):
        bucket(long, data_class=PERSONAL)


@pytest.mark.control("STORE-6", "DR-1")
def test_a_plan_that_keeps_backups_longer_than_the_class_is_refused() -> None:
    copy_to = f"arn:aws:backup:{SECOND_REGION}:111122223333:backup-vault:second"
    data = bucket(data_class=PERSONAL)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Backup: got 'recovery points kept 365 days, of Stack/Data'; allowed: 35 days at most for data of class personal: .*; give it .*$",
    ):
        BackupPlan(data.stack, "Backup", posture=PRODUCTION.recovery, protecting=[data], copy_to_arn=copy_to)
    BackupPlan(data.stack, "Short", posture=HELD.recovery, protecting=[data], copy_to_arn=copy_to)
    (plan,) = synth(data.stack).of_type("AWS::Backup::BackupPlan").values()
    assert [rule["Lifecycle"]["DeleteAfterDays"] for rule in plan["Properties"]["BackupPlan"]["BackupPlanRule"]] == [35]


# -- residency -------------------------------------------------------------------------------------------------------


@pytest.mark.control("GOV-6")
def test_neither_bucket_nor_copy_leaves_the_allowed_regions() -> None:
    europe = PRODUCTION.kept_in("eu-central-1", "eu-west-1")
    rest = r": got '(us-east-1|us-west-2)'; allowed: eu-central-1, eu-west-1: the posture's allowed_regions; put it into one of them, .*$"
    with pytest.raises(ConfigurationError, match=f"^Stack/Data{rest}"):
        bucket(europe.storage)
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=f"^Stack/Logs{rest}"):
        LogBucket(stack, "Logs", posture=europe.storage)
    with pytest.raises(ConfigurationError, match=f"^Stack/Replica{rest}"):
        ReplicaBucket(stack, "Replica", posture=europe.storage, access_logs=some_logs(stack))
    app = new_app()
    here, there = new_stack(app, "Here", region="eu-west-1"), new_stack(app, "There", region="us-west-2")
    replica = ReplicaBucket(there, "Replica", posture=PRODUCTION.storage, access_logs=some_logs(there))
    with pytest.raises(ConfigurationError, match=f"^Here/Data: replica{rest}"):
        SecureBucket(here, "Data", posture=europe.storage, access_logs=some_logs(here), replica=replica)


@pytest.mark.control("GOV-6")
def test_no_backup_is_copied_out_of_the_allowed_regions() -> None:
    europe = PRODUCTION.kept_in("eu-central-1", "eu-west-1")
    data = bucket(europe.storage, region="eu-west-1")
    vault = "arn:aws:backup:{}:111122223333:backup-vault:second"
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Backup: copy_to_arn: got 'us-west-2'; allowed: eu-central-1, eu-west-1: .*; put it into one of them, .*$",
    ):
        BackupPlan(data.stack, "Backup", posture=europe.recovery, protecting=[data], copy_to_arn=vault.format("us-west-2"))
    BackupPlan(data.stack, "Near", posture=europe.recovery, protecting=[data], copy_to_arn=vault.format("eu-central-1"))
    outside = bucket(PRODUCTION.storage)
    with pytest.raises(ConfigurationError, match=r"^Stack/Backup: got 'us-east-1'; allowed: eu-central-1, eu-west-1: .*$"):
        BackupPlan(outside.stack, "Backup", posture=europe.recovery, protecting=[outside], copy_to_arn=vault.format("eu-west-1"))


# -- locked, in time, listed, heard of -------------------------------------------------------------------------------


@pytest.mark.control("STORE-1")
def test_compliance_mode_locks_for_good_where_the_posture_says(held: dict[str, Template]) -> None:
    for template, name in ((held["East"], "People"), (held["West"], "Replica")):
        properties = template.props("AWS::S3::Bucket", name)
        assert properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
            "Mode": "COMPLIANCE",
            "Days": POSTURE.lock_retention.days,
        }
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}, "without versions there is no lock"


@pytest.mark.control("STORE-1")
def test_copies_arrive_in_time_and_somebody_hears_when_not(held: dict[str, Template]) -> None:
    (rule,) = held["East"].props("AWS::S3::Bucket", "People")["ReplicationConfiguration"]["Rules"]
    assert rule["Destination"]["ReplicationTime"] == {"Status": "Enabled", "Time": {"Minutes": 15}}
    assert rule["Destination"]["Metrics"] == {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}
    alarm = held["West"].props("AWS::CloudWatch::Alarm", "ReplicaReplicationLate")
    assert alarm["Threshold"] == 15 * 60
    (query,) = alarm["Metrics"]
    assert query["Period"] == 300
    assert query["Expression"]["Fn::Join"][1][0].startswith("SELECT MAX(ReplicationLatency) FROM SCHEMA")
    (recorded,) = held["West"].recorded("ReplicaBucket")
    assert recorded["watchable"] is True


def test_without_the_promise_there_is_nothing_to_be_late_for() -> None:
    stack = new_stack()
    replica = ReplicaBucket(stack, "Replica", posture=POSTURE, access_logs=some_logs(stack))
    assert (replica.alarm_specs, replica.graphs) == ((), ())
    (recorded,) = synth(stack).recorded("ReplicaBucket")
    assert recorded["watchable"] is False


@pytest.mark.control("STORE-1", "SEC-1")
def test_an_inventory_goes_to_the_log_bucket_and_from_there_only(held: dict[str, Template]) -> None:
    (inventory,) = held["East"].props("AWS::S3::Bucket", "People")["InventoryConfigurations"]
    assert inventory["IncludedObjectVersions"] == "All"
    assert {"EncryptionStatus", "ReplicationStatus", "ObjectLockMode"} <= set(inventory["OptionalFields"])
    (admitted,) = [
        statement
        for statement in held["East"].props("AWS::S3::BucketPolicy", "Logs")["PolicyDocument"]["Statement"]
        if statement["Principal"].get("Service") == "s3.amazonaws.com"
    ]
    assert admitted["Resource"]["Fn::Join"][1][-1] == f"/{inventory['Destination']['Prefix']}/*"
    assert "People" in admitted["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::GetAtt"][0]
    assert admitted["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    data = bucket()
    logs = LogBucket(data.stack, "Logs", posture=POSTURE)
    data.keep_inventory(logs)
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Data: keep_inventory: got 'a second time'; allowed: one inventory; call it once$"
    ):
        data.keep_inventory(logs)


@pytest.mark.control("STORE-1")
def test_events_of_objects_go_to_eventbridge_without_a_function(held: dict[str, Template]) -> None:
    assert held["East"].props("AWS::S3::Bucket", "People")["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    pattern = held["East"].props("AWS::Events::Rule")["EventPattern"]
    assert pattern["detail-type"] == ["Object Created"]
    assert "People" in pattern["detail"]["bucket"]["name"][0]["Ref"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "people/in/"}]}
    for template in held.values():
        assert not template.of_type("AWS::Lambda::Function")
    data = bucket()
    assert data.object_events().detail_type is None
    assert "NotificationConfiguration" not in synth(bucket().stack).props("AWS::S3::Bucket")


@pytest.mark.control("OPS-7")
def test_refused_requests_wake_someone_only_when_they_are_many_and_most() -> None:
    refused = {spec.id: spec for spec in bucket().alarm_specs}["RequestsRefused"]
    assert isinstance(refused.metric, MathMetric)
    assert refused.metric.expression == "IF(FILL(requests, 0) > 100, errors, 0)"
    assert (refused.metric.using["errors"].statistic, refused.threshold) == ("Average", 0.5)
    assert refused.missing_data == "notBreaching"


# -- clean, bent, cheap ----------------------------------------------------------------------------------------------


@pytest.mark.control("GOV-1")
def test_what_was_added_brings_no_finding() -> None:
    stack = new_stack()
    logs = LogBucket(stack, "Logs", posture=POSTURE, data_class=PERSONAL)
    posture = replace(POSTURE, replication_time_control=True, lock_mode="COMPLIANCE")
    replica = ReplicaBucket(stack, "Replica", posture=posture, access_logs=logs.bucket)
    data = SecureBucket(stack, "Data", posture=posture, access_logs=logs.bucket, replica=replica, key_prefix="a/", data_class=PERSONAL)
    data.keep_inventory(logs)
    data.object_events()
    assert [one for one in findings(stack) if "Stack/Data" in one] == []


@pytest.mark.control("STORE-1", "GOV-3")
def test_a_bucket_bent_out_of_its_versions_or_region_is_found() -> None:
    app = new_app()
    stack = new_stack(app, region="eu-west-1")
    posture = PRODUCTION.kept_in("eu-west-1").storage
    data = SecureBucket(stack, "Data", posture=posture, access_logs=some_logs(stack))
    resource = data.bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.add_property_override("VersioningConfiguration.Status", "Suspended")
    key = "arn:aws:kms:us-west-2:111122223333:key/1"
    resource.add_property_override("ReplicationConfiguration", {"Rules": [{"Destination": {"Key": key}}]})
    found = {finding.rule for finding in hardening_findings(Subject(assembly=read_assembly(Path(app.synth().directory))))}
    assert {"Prodready-StoreWithoutBackup", "Prodready-OutsideAllowedRegions[us-west-2]"} <= found


def test_a_class_costs_two_messages() -> None:
    stack = new_stack()
    logs = some_logs(stack)

    def messages(name: str, **arguments: Any) -> int:
        with counted() as counts:
            SecureBucket(stack, name, posture=POSTURE, access_logs=logs, **arguments)
        return total(counts)

    messages("First", data_class=PERSONAL)
    assert messages("Classed", data_class=PERSONAL) <= messages("Plain") + 2
