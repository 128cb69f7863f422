"""Buckets: private, encrypted, versioned, locked, logged, copied to a second region, and how they come back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from prodready_constructs.contracts import Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.posture import PRODUCTION, STAGING
from prodready_constructs.storage import LogBucket, ReplicaBucket, SecureBucket
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth, synth_all

POSTURE = PRODUCTION.storage
REPLICATION_PACKS = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")
KMS_PACKS = ("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321")


class Platform(NamedTuple):
    """The buckets of a production platform: data, site and logs here, replica and logs in the second region."""

    east: Template
    west: Template
    data: SecureBucket
    logs: LogBucket
    findings: dict[str, list[str]]


@pytest.fixture(scope="module")
def platform() -> Platform:
    app = new_app()
    west, east = new_stack(app, "West", region=SECOND_REGION), new_stack(app, "East")
    replica = ReplicaBucket(west, "Replica", posture=POSTURE, access_logs=LogBucket(west, "Logs", posture=POSTURE).bucket)
    logs = LogBucket(east, "Logs", posture=POSTURE, replica=replica)
    data = SecureBucket(east, "Data", posture=POSTURE, access_logs=logs.bucket, replica=replica, key_prefix="data/")
    SecureBucket(east, "Site", posture=POSTURE, access_logs=logs.bucket, replica=replica)
    SecureBucket(east, "Orders", posture=POSTURE, access_logs=logs.bucket, replica=replica, key_prefix="orders/")
    role = ComposedRole(east, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
    data.grant_read(role, "data/in/*")
    data.grant_write(role, "data/out/*")
    data.grant_read_write(role, "data/both/*")
    found = {stack.stack_name: findings(stack) for stack in (east, west)}
    templates = synth_all(app)
    return Platform(templates["East"], templates["West"], data, logs, found)


@pytest.fixture(scope="module")
def alone() -> Template:
    """No second region, and a consumer without feature flags."""
    stack = new_stack(new_app(flags={}))
    logs = LogBucket(stack, "Logs", posture=STAGING.storage)
    posture = replace(STAGING.storage, archive_after=None)
    SecureBucket(stack, "Data", posture=posture, access_logs=logs.bucket)
    return synth(stack)


def buckets(template: Template) -> list[dict[str, Any]]:
    return [bucket["Properties"] for bucket in template.of_type("AWS::S3::Bucket").values()]


def policy(template: Template, containing: str) -> list[dict[str, Any]]:
    return list(template.props("AWS::S3::BucketPolicy", containing)["PolicyDocument"]["Statement"])


def waivers(template: Template) -> list[str]:
    return sorted(
        f"{entry['data']['rule']} @ {path}"
        for path, entries in template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    )


# -- always ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-1")
def test_every_bucket_is_private_versioned_logged_and_retained(platform: Platform, alone: Template) -> None:
    for template in (platform.east, platform.west, alone):
        for logical_id, bucket in template.of_type("AWS::S3::Bucket").items():
            properties = bucket["Properties"]
            assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
            assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
            assert len(properties["PublicAccessBlockConfiguration"]) == 4
            assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
            assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
            # A log bucket logs to itself, which S3 understands by no destination being named.
            destination = properties["LoggingConfiguration"].get("DestinationBucketName", {"Ref": logical_id})
            assert "Logs" in destination["Ref"], logical_id
            assert properties["LoggingConfiguration"]["LogFilePrefix"].startswith("access-logs/")
            assert "BucketName" not in properties


@pytest.mark.control("STORE-1")
@pytest.mark.parametrize("name", ["Data", "Site", "Logs"])
def test_only_tls_of_today_is_answered(platform: Platform, name: str) -> None:
    denied = [statement for statement in policy(platform.east, name) if statement["Effect"] == "Deny" and statement["Action"] == "s3:*"]
    assert [statement["Condition"] for statement in denied] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": 1.2}},
    ]


@pytest.mark.control("STORE-1")
@pytest.mark.control("SEC-8")
def test_data_and_replicas_are_under_a_key_of_their_own(platform: Platform) -> None:
    encrypted = [bucket for bucket in buckets(platform.east) + buckets(platform.west) if "ObjectLockConfiguration" in bucket]
    assert len(encrypted) == 4
    for bucket in encrypted:
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["BucketKeyEnabled"] is True
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert "Key" in rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]["Fn::GetAtt"][0]


@pytest.mark.control("STORE-1")
def test_versions_of_data_and_replicas_cannot_be_removed_while_the_lock_lasts(platform: Platform) -> None:
    for bucket in (platform.east.props("AWS::S3::Bucket", "Data"), platform.west.props("AWS::S3::Bucket", "Replica")):
        assert bucket["ObjectLockEnabled"] is True
        assert bucket["ObjectLockConfiguration"] == {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": POSTURE.lock_retention.days}},
        }


def test_log_buckets_use_what_log_delivery_supports(platform: Platform) -> None:
    for template in (platform.east, platform.west):
        bucket = template.props("AWS::S3::Bucket", "Logs")
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert "ObjectLockEnabled" not in bucket


# -- reach -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-1")
@pytest.mark.control("SEC-1")
def test_log_bucket_admits_log_services_of_this_account_and_nobody_else(platform: Platform) -> None:
    allowed = [statement for statement in policy(platform.west, "Logs") if statement["Effect"] == "Allow"]
    by_service = {statement["Principal"]["Service"] for statement in allowed}
    assert by_service == {
        "logging.s3.amazonaws.com",
        "logdelivery.elasticloadbalancing.amazonaws.com",
        "delivery.logs.amazonaws.com",
    }
    for statement in allowed:
        assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
        assert "aws:SourceArn" in statement["Condition"]["ArnLike"]
        assert set(statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]) <= {
            "s3:PutObject",
            "s3:GetBucketAcl",
            "s3:ListBucket",
        }


def test_load_balancers_may_write_with_and_without_a_prefix(platform: Platform) -> None:
    (statement,) = [
        statement
        for statement in policy(platform.east, "Logs")
        if statement["Principal"].get("Service") == "logdelivery.elasticloadbalancing.amazonaws.com"
    ]
    assert sorted(resource["Fn::Join"][1][1] for resource in statement["Resource"]) == ["/*/AWSLogs/", "/AWSLogs/"]


@pytest.mark.control("SEC-1")
def test_grants_reach_only_the_asked_keys(platform: Platform) -> None:
    statements = platform.east.props("AWS::IAM::ManagedPolicy", "App")["PolicyDocument"]["Statement"]
    text = json.dumps(statements)
    assert all(f"/data/{part}/*" in text for part in ("in", "out", "both"))
    assert not [action for statement in statements for action in statement["Action"] if "*" in action]
    assert any("kms:Decrypt" in statement["Action"] for statement in statements)


@pytest.mark.control("STORE-1")
@pytest.mark.control("SEC-1")
def test_replication_role_needs_no_identity_policy(platform: Platform) -> None:
    assert not [name for name in platform.west.of_type("AWS::IAM::ManagedPolicy") if "Replica" in name]
    role = platform.west.props("AWS::IAM::Role", "Replica")
    assert "Policies" not in role
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "s3.amazonaws.com"}
    own = [statement for statement in policy(platform.west, "Replica") if statement["Effect"] == "Allow"]
    assert [statement["Action"] for statement in own] == [["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"]]


@pytest.mark.control("STORE-1")
def test_everything_is_copied_to_the_second_region_and_encrypted_there(platform: Platform) -> None:
    for name in ("Data", "Site", "Orders", "Logs"):
        replication = platform.east.props("AWS::S3::Bucket", name)["ReplicationConfiguration"]
        (rule,) = replication["Rules"]
        assert rule["Status"] == "Enabled"
        assert rule["Filter"] == {"Prefix": ""}
        assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
        assert rule["Destination"]["Metrics"] == {"Status": "Enabled"}
        assert rule["Destination"]["Bucket"]["Fn::GetStackOutput"]["Region"] == SECOND_REGION
        assert rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]["Fn::GetStackOutput"]["Region"] == SECOND_REGION
        actions = [
            action
            for statement in policy(platform.east, name)
            if "Fn::GetStackOutput" in json.dumps(statement["Principal"])
            for action in statement["Action"]
        ]
        assert {"s3:GetObjectVersionForReplication", "s3:GetObjectRetention", "s3:GetReplicationConfiguration"} <= set(actions)
    keys = platform.east.of_type("AWS::KMS::Key")
    assert len(keys) == 3
    for key in keys.values():
        (read,) = [
            statement
            for statement in key["Properties"]["KeyPolicy"]["Statement"]
            if "Fn::GetStackOutput" in json.dumps(statement["Principal"])
        ]
        assert read["Action"] == "kms:Decrypt"


@pytest.mark.control("STORE-1")
def test_sources_of_one_replica_keep_to_their_own_keys(platform: Platform) -> None:
    for name in ("Data", "Orders"):
        (statement,) = [statement for statement in policy(platform.east, name) if "NotResource" in statement]
        assert statement["Effect"] == "Deny"
        assert statement["Action"] == "s3:PutObject"
        assert statement["NotResource"]["Fn::Join"][1][1] == f"/{name.lower()}/*"
    refused = json.dumps([statement for statement in policy(platform.east, "Site") if statement["Action"] == "s3:PutObject"])
    assert '"Deny"' in refused
    assert '"Allow"' not in refused
    for taken in ("/access-logs/*", "/cloudfront/*", "/AWSLogs/*", "/data/*", "/orders/*"):
        assert taken in refused, "earlier and later claims are both kept out"


# -- posture ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-1")
@pytest.mark.control("STORE-6")
def test_lifecycle_follows_the_posture(platform: Platform, alone: Template) -> None:
    (data,) = platform.east.props("AWS::S3::Bucket", "Data")["LifecycleConfiguration"]["Rules"]
    assert data["NoncurrentVersionExpiration"] == {"NoncurrentDays": POSTURE.noncurrent_retention.days}
    assert data["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert data["Transitions"] == [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}]
    assert "ExpirationInDays" not in data
    (logs,) = platform.east.props("AWS::S3::Bucket", "Logs")["LifecycleConfiguration"]["Rules"]
    assert logs["ExpirationInDays"] == POSTURE.log_retention.days
    assert "Transitions" not in logs
    _, *copies = platform.west.props("AWS::S3::Bucket", "Replica")["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in copies} == dict.fromkeys(
        ("access-logs/", "cloudfront/", "AWSLogs/"), POSTURE.log_retention.days
    )
    (kept,) = alone.props("AWS::S3::Bucket", "Data")["LifecycleConfiguration"]["Rules"]
    assert "Transitions" not in kept
    lock = alone.props("AWS::S3::Bucket", "Data")["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert lock["Days"] == STAGING.storage.lock_retention.days == 1


def test_without_feature_flags_and_second_region_nothing_is_lost_but_the_replica(alone: Template) -> None:
    data = alone.props("AWS::S3::Bucket", "Data")
    assert "AccessControl" not in json.dumps(buckets(alone))
    assert "ReplicationConfiguration" not in data
    assert len(data["PublicAccessBlockConfiguration"]) == 4
    assert [waiver for waiver in waivers(alone) if "Stack/Data" in waiver] == [
        f"{pack}-S3BucketReplicationEnabled @ Stack/Data/Bucket/Resource" for pack in REPLICATION_PACKS
    ]


def test_legacy_cloudfront_logs_are_possible_when_asked() -> None:
    stack = new_stack()
    LogBucket(stack, "Logs", posture=POSTURE, object_ownership=s3.ObjectOwnership.OBJECT_WRITER)
    assert synth(stack).props("AWS::S3::Bucket")["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}


def test_a_key_from_elsewhere_is_used() -> None:
    app = new_app()
    stack = new_stack(app)
    arn = f"arn:aws:kms:{stack.region}:{stack.account}:key/11111111-1111-1111-1111-111111111111"
    key = kms.Key.from_key_arn(stack, "Theirs", arn)
    logs = LogBucket(stack, "Logs", posture=POSTURE)
    replica = ReplicaBucket(stack, "Replica", posture=POSTURE, access_logs=logs.bucket, encryption_key=key)
    SecureBucket(stack, "Data", posture=POSTURE, access_logs=logs.bucket, encryption_key=key, replica=replica)
    template = synth(stack)
    assert not template.of_type("AWS::KMS::Key")
    (rule,) = template.props("AWS::S3::Bucket", "Data")["ReplicationConfiguration"]["Rules"]
    assert rule["Destination"]["EncryptionConfiguration"] == {"ReplicaKmsKeyID": arn}


# -- refuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["orders", "/orders/", "access-logs/mine/", "cloudfront/", "ord*rs/"])
def test_key_prefix_must_be_a_folder(prefix: str) -> None:
    stack = new_stack()
    logs = LogBucket(stack, "Logs", posture=POSTURE)
    with pytest.raises(ConfigurationError, match=r"Stack/Data: key_prefix: got '.*'; allowed: '' or a folder .*; write it like 'orders/'"):
        SecureBucket(stack, "Data", posture=POSTURE, access_logs=logs.bucket, key_prefix=prefix)


@pytest.mark.parametrize(("first", "second"), [("", ""), ("data/", "data/old/"), ("data/old/", "data/"), ("data/", "data/")])
def test_one_replica_refuses_sources_whose_keys_could_meet(first: str, second: str) -> None:
    stack = new_stack()
    logs = LogBucket(stack, "Logs", posture=POSTURE).bucket
    replica = ReplicaBucket(stack, "Replica", posture=POSTURE, access_logs=logs)
    LogBucket(stack, "MoreLogs", posture=POSTURE, replica=replica)
    SecureBucket(stack, "First", posture=POSTURE, access_logs=logs, replica=replica, key_prefix=first)
    with pytest.raises(
        ConfigurationError, match=r"while Stack/First/Bucket replicates .*; allowed: sources whose keys cannot meet .*; give each source"
    ):
        SecureBucket(stack, "Second", posture=POSTURE, access_logs=logs, replica=replica, key_prefix=second)


# -- wakes, recovers -------------------------------------------------------------------------------------------------


@pytest.mark.control("OPS-7")
def test_what_wakes_someone(platform: Platform) -> None:
    specs = {spec.id: spec for spec in platform.data.alarm_specs}
    assert set(specs) == {"ServerErrors", "RequestsRefused", "ReplicationFailed"}
    assert specs["ServerErrors"].threshold == 0.01
    assert {spec.severity for spec in specs.values()} == {Severity.WARNING}
    assert {spec.missing_data for spec in specs.values()} == {"notBreaching"}
    assert [spec.id for spec in platform.logs.alarm_specs] == ["ReplicationFailed"]
    assert all(spec.runbook.first_commands and spec.source for spec in specs.values())
    assert len(platform.data.graphs) == 4
    assert len(platform.logs.graphs) == 1
    (metrics,) = platform.east.props("AWS::S3::Bucket", "Data")["MetricsConfigurations"]
    assert specs["ServerErrors"].metric.dimensions["FilterId"] == metrics["Id"]  # type: ignore[union-attr]
    replication = platform.east.props("AWS::S3::Bucket", "Data")["ReplicationConfiguration"]
    assert specs["ReplicationFailed"].metric.dimensions["RuleId"] == replication["Rules"][0]["Id"]  # type: ignore[union-attr]


def test_without_a_replica_only_requests_are_watched() -> None:
    stack = new_stack()
    logs = LogBucket(stack, "Logs", posture=POSTURE)
    data = SecureBucket(stack, "Data", posture=POSTURE, access_logs=logs.bucket)
    assert (logs.alarm_specs, logs.graphs) == ((), ())
    assert [spec.id for spec in data.alarm_specs] == ["ServerErrors", "RequestsRefused"]
    assert len(data.graphs) == 3
    (record,) = synth(stack).recorded("LogBucket")
    assert record["watchable"] is False


def test_recovery_is_stated(platform: Platform) -> None:
    (fact,) = platform.data.recovery_facts
    assert fact.recovery_point == timedelta(0)
    assert "list-object-versions" in fact.restore_commands[0]
    assert platform.data.backup_arns == (platform.data.arn,)
    records = platform.east.recorded("SecureBucket")
    assert [record["recovery"][0]["recovery_point"] for record in records] == [0, 0, 0]
    assert all(record["watchable"] for record in records)


# -- clean -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("GOV-1")
@pytest.mark.control("GOV-2")
def test_what_the_packs_find_is_exactly_what_is_waived(platform: Platform) -> None:
    logs = [f"{pack}-S3DefaultEncryptionKMS" for pack in KMS_PACKS] + ["NIST.800.53.R4-S3BucketDefaultLockEnabled"]
    ends = [f"{pack}-S3BucketReplicationEnabled" for pack in REPLICATION_PACKS]
    east = sorted(f"{rule} @ East/Logs/Bucket/Resource" for rule in logs)
    west = sorted(
        [f"{rule} @ West/Logs/Bucket/Resource" for rule in logs + ends] + [f"{rule} @ West/Replica/Bucket/Resource" for rule in ends]
    )
    read = [finding for finding in platform.findings["East"] if "IAM5" in finding]
    assert all(finding.endswith("@ East/App/Policy/Resource") for finding in read), "only the test's own grants on patterns"
    assert sorted(set(platform.findings["East"]) - set(read)) == east == waivers(platform.east)
    assert sorted(platform.findings["West"]) == west == waivers(platform.west)


def test_one_bucket_is_three_resources() -> None:
    stack = new_stack()
    logs = s3.Bucket.from_bucket_name(stack, "Logs", "logs")
    SecureBucket(stack, "Data", posture=POSTURE, access_logs=logs)
    assert sorted(resource["Type"] for resource in synth(stack).resources.values()) == [
        "AWS::KMS::Key",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    ]
