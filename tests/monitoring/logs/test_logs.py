"""Log groups: kept, masked, counted, archived; who is told, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from bench.messages import counted, total
from prodready_constructs import PRODUCTION, STAGING
from prodready_constructs.contracts import Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey
from prodready_constructs.monitoring import AccountMasking, CountedLogs, KeptLogs, LogArchive, LogMasking
from prodready_constructs.monitoring.logs.line_alarms import pattern_of_levels
from prodready_constructs.storage import LogBucket
from tests.monitoring.logs.pattern import matches
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in

pytestmark = pytest.mark.control("OPS-5")
POSTURE = PRODUCTION.monitoring
CLASSES = PRODUCTION.data


class Made(NamedTuple):
    template: Template
    findings: list[str]
    kept: KeptLogs
    counted: CountedLogs
    account: AccountMasking
    archive: LogArchive


def build(stack: cdk.Stack) -> tuple[KeptLogs, CountedLogs, AccountMasking, LogArchive]:
    key = DataKey(stack, "Key", description="logs", encrypts_logs=True).key
    kept = KeptLogs(
        stack,
        "App",
        data_class=CLASSES.confidential,
        posture=POSTURE,
        masking=LogMasking(custom={"CustomerNumber": "KD-[0-9]{8}"}),
        indexed=["requestId"],
        encryption_key=key,
    )
    counting = CountedLogs(stack, "Counted", log_group=kept)
    counting.count("OrdersPaid", '{ $.event = "order.paid" && $.level = "info" }', value="$.amount", unit="None")
    counting.detect_anomalies(encryption_key=key)
    account = AccountMasking(stack, "Account", masking=LogMasking(identifiers=("AwsSecretKey",)), posture=POSTURE, encryption_key=key)
    bucket = LogBucket(stack, "LogBucket", posture=PRODUCTION.storage).bucket
    archive = LogArchive(stack, "Archive", bucket=bucket, data_class=CLASSES.confidential, posture=POSTURE, encryption_key=key)
    archive.archive("App", kept)
    theirs = logs.LogGroup.from_log_group_name(stack, "Theirs", "/theirs")
    archive.archive("Theirs", theirs, pattern=pattern_of_levels("error"))
    kept.grant_unmask(ComposedRole(stack, "Investigator", assumed_by=iam.AccountRootPrincipal(), description="looks into leaks"))
    return kept, counting, account, archive


@pytest.fixture(scope="module")
def made() -> Made:
    stack = new_stack()
    parts = build(stack)
    return Made(synth(stack), findings(stack), *parts)


class TestKeptLogs:
    def test_as_long_as_its_class_says_encrypted_and_hard_to_delete(self, made: Made) -> None:
        group = made.template.one("AWS::Logs::LogGroup", "AppLines")
        assert group["DeletionPolicy"] == "Retain"
        assert group["Properties"]["RetentionInDays"] == CLASSES.confidential.log_retention.days
        assert group["Properties"]["DeletionProtectionEnabled"] is True
        assert group["Properties"]["LogGroupClass"] == "STANDARD"
        assert group["Properties"]["FieldIndexPolicies"] == [{"Fields": ["requestId"]}]
        assert group["Properties"]["Tags"] == [{"Key": "data-class", "Value": "confidential"}]
        assert "KmsKeyId" in group["Properties"]

    def test_findings_are_told_to_a_group_beside_it(self, made: Made) -> None:
        (name,) = [n for n in made.template.of_type("AWS::Logs::LogGroup") if n.startswith("AppFindings")]
        policy = made.template.props("AWS::Logs::LogGroup", "AppLines")["DataProtectionPolicy"]
        assert policy["Statement"][0]["Operation"]["Audit"]["FindingsDestination"] == {"CloudWatchLogs": {"LogGroup": {"Ref": name}}}
        assert policy["Configuration"]["CustomDataIdentifier"] == [{"Name": "CustomerNumber", "Regex": "KD-[0-9]{8}"}]
        assert made.template.props("AWS::Logs::LogGroup", "AppFindings")["RetentionInDays"] == 90

    def test_who_may_unmask(self, made: Made) -> None:
        (statement,) = made.template.props("AWS::IAM::ManagedPolicy", "Investigator")["PolicyDocument"]["Statement"]
        assert sorted(statement["Action"]) == ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:Unmask"]
        (group,) = [n for n in made.template.of_type("AWS::Logs::LogGroup") if n.startswith("AppLines")]
        assert statement["Resource"] == {"Fn::GetAtt": [group, "Arn"]}
        others = [json.dumps(p) for n, p in made.template.of_type("AWS::IAM::ManagedPolicy").items() if not n.startswith("Investigator")]
        assert not any("logs:Unmask" in policy for policy in others)

    @pytest.mark.parametrize(("posture", "protected"), [(PRODUCTION, True), (STAGING, False)])
    def test_protection_is_the_postures(self, posture: Any, protected: bool) -> None:
        def one(stack: cdk.Stack) -> None:
            KeptLogs(stack, "App", data_class=CLASSES.personal, posture=posture.monitoring)

        group = synth_in(one).props("AWS::Logs::LogGroup")
        assert group["DeletionProtectionEnabled"] is protected
        assert group["RetentionInDays"] == 90

    def test_the_cheaper_class(self) -> None:
        def one(stack: cdk.Stack) -> None:
            kept = KeptLogs(stack, "App", data_class=CLASSES.internal, posture=POSTURE, infrequent_access=True)
            assert kept.alarm_specs == ()
            assert len(kept.graphs) == 1

        assert synth_in(one).props("AWS::Logs::LogGroup")["LogGroupClass"] == "INFREQUENT_ACCESS"

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (
                {"indexed": ["a"], "infrequent_access": True},
                r"Stack/App: indexed: got 'a with infrequent_access=True'; allowed: no indexes: the Infrequent Access class has none; leave",
            ),
            ({"indexed": [f"f{i}" for i in range(21)]}, r"Stack/App: indexed: got '21 fields'; allowed: at most 20, each once"),
            ({"indexed": ["a", "a"]}, r"Stack/App: indexed: got '2 fields'"),
            ({"indexed": ["$.a"]}, r"Stack/App: indexed: got '\$\.a'; allowed: the name of a field of a JSON line, .*; leave out '\$\.'"),
            (
                {"data_class": replace(CLASSES.internal, log_retention=timedelta(days=42))},
                r"Stack/App/Lines: got '42 days, 0:00:00'; allowed: 1, 3, 5, .* days; use 30 days",
            ),
        ],
    )
    def test_refuses(self, given: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigurationError, match=message):
            KeptLogs(new_stack(), "App", **{"data_class": CLASSES.internal, "posture": POSTURE, **given})

    @pytest.mark.parametrize(("days", "text"), [(7, "7 days"), (5000, "5000 days")])
    def test_findings_retention_has_floors(self, days: int, text: str) -> None:
        with pytest.raises(
            ConfigurationError, match=rf"MonitoringPosture\.findings_retention: got '{text}'; allowed: 30 days to 3653 days"
        ):
            replace(POSTURE, findings_retention=timedelta(days=days))


LINES = {
    "errors": [
        '{"level":"error","message":"x"}',
        '{"level":"ERROR"}',
        '{"level":"Critical"}',
        '{"a":1,"level":"fatal"}',
    ],
    "warnings": ['{"level":"warn"}', '{"level":"WARNING"}'],
    "neither": ['{"level":"info","message":"error"}', "ERROR in plain text", '{"lvl":"error"}', '["error"]', '{"level":"errors"}', ""],
}


#: Drawn only where a group is archived.
HANDED_OVER = "Archive: lines handed over"


class TestCountedLogs:
    @pytest.mark.parametrize("kind", ["errors", "warnings", "neither"])
    def test_json_lines_are_counted_by_level(self, made: Made, kind: str) -> None:
        patterns = {
            name: made.template.props("AWS::Logs::MetricFilter", f"Counted{name.capitalize()}Filter")["FilterPattern"]
            for name in ("errors", "warnings")
        }
        for line in LINES[kind]:
            assert {name for name, pattern in patterns.items() if matches(pattern, line)} == ({kind} - {"neither"}), line

    def test_a_count_of_your_own(self, made: Made) -> None:
        found = made.template.props("AWS::Logs::MetricFilter", "OrdersPaid")
        assert found["MetricTransformations"] == [
            {
                "MetricNamespace": "ProdReady/Logs",
                "MetricName": "Stack/Counted-OrdersPaid",
                "MetricValue": "$.amount",
                "DefaultValue": 0,
                "Unit": "None",
            }
        ]
        assert matches(found["FilterPattern"], '{"event":"order.paid","level":"info","amount":3}')
        assert not matches(found["FilterPattern"], '{"event":"order.paid","level":"debug"}')

    def test_saved_queries(self, made: Made) -> None:
        queries = made.template.of_type("AWS::Logs::QueryDefinition").values()
        assert {query["Properties"]["Name"] for query in queries} == {
            "Stack/Counted/RecentErrors",
            "Stack/Counted/ErrorsByMessage",
            "Stack/Counted/SlowestRequests",
        }
        (group,) = [n for n in made.template.of_type("AWS::Logs::LogGroup") if n.startswith("AppLines")]
        assert all(query["Properties"]["LogGroupNames"] == [{"Ref": group}] for query in queries)

    def test_unusual_lines(self, made: Made) -> None:
        detector = made.template.props("AWS::Logs::LogAnomalyDetector")
        assert (detector["EvaluationFrequency"], detector["AnomalyVisibilityTime"]) == ("FIFTEEN_MIN", 21)
        assert "KmsKeyId" in detector
        unusual = made.counted.alarm_specs[1].metric
        assert unusual.dimensions == {"LogAnomalyDetector": detector["DetectorName"], "LogAnomalyPriority": "HIGH"}

    def test_any_group_can_be_counted(self) -> None:
        def one(stack: cdk.Stack) -> None:
            CountedLogs(stack, "Counted", log_group=logs.LogGroup.from_log_group_name(stack, "Theirs", "/theirs"), too_many=0)

        template = synth_in(one, flags={})
        assert {f["Properties"]["LogGroupName"] for f in template.of_type("AWS::Logs::MetricFilter").values()} == {"/theirs"}

    @pytest.mark.parametrize(
        ("act", "message"),
        [
            (lambda c: c.count("paid", "{ $.a = 1 }"), r"Stack/C: count: got 'paid'; allowed: a name in PascalCase, at most 64 characters"),
            (lambda c: c.count("Paid", " "), r"Stack/C: count: got ' '; allowed: a filter pattern of 1 to 1024 characters"),
            (lambda c: c.count("Paid", "{ $.a = 1"), r"Stack/C: count: got '\{ \$\.a = 1'; allowed: a filter pattern .* braces closed"),
            (lambda c: c.count("Paid", "x" * 1025), r"Stack/C: count: got 'x+'"),
            (lambda c: c.count("Paid", "x", value="amount"), r"Stack/C: count: got 'amount'; allowed: a number, or a field of the line"),
            (lambda c: [c.count(f"N{i}", "x") for i in range(99)], r"Stack/C: count: got 'filter 101'; allowed: at most 100 filters"),
            (
                lambda c: c.save_query("a b", "fields @message"),
                r"Stack/C: save_query: got 'a b'; allowed: a name in PascalCase and a query",
            ),
            (lambda c: c.save_query("A", " "), r"Stack/C: save_query: got '1 characters'"),
            (
                lambda c: c.detect_anomalies(encryption_key=DataKey(c, "K", description="k").key, every="DAILY"),
                r"Stack/C: every: got 'DAILY'; allowed: FIVE_MIN, TEN_MIN, FIFTEEN_MIN, THIRTY_MIN, ONE_HOUR; use 'FIFTEEN_MIN'",
            ),
            (
                lambda c: [c.detect_anomalies(encryption_key=DataKey(c, f"K{i}", description="k").key) for i in range(2)],
                r"Stack/C: detect_anomalies: got 'a second detector'; allowed: one of a log group; leave the second out",
            ),
        ],
    )
    def test_verbs_refuse(self, act: Any, message: str) -> None:
        stack = new_stack()
        counting = CountedLogs(stack, "C", log_group=logs.LogGroup.from_log_group_name(stack, "Theirs", "/theirs"))
        with pytest.raises(ConfigurationError, match=message):
            act(counting)

    def test_the_cheaper_class_and_a_negative_number_are_refused(self) -> None:
        stack = new_stack()
        cheap = KeptLogs(stack, "Cheap", data_class=CLASSES.internal, posture=POSTURE, infrequent_access=True)
        with pytest.raises(
            ConfigurationError,
            match=r"Stack/A: log_group: got 'Stack/Cheap of class Infrequent Access'; allowed: a group of class Standard: the other has no metric",
        ):
            CountedLogs(stack, "A", log_group=cheap)
        with pytest.raises(ConfigurationError, match=r"Stack/B: too_many: got -1; allowed: 0 or more lines; use 0 to hear of each one"):
            CountedLogs(stack, "B", log_group=logs.LogGroup.from_log_group_name(stack, "Theirs", "/theirs"), too_many=-1)
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "theirs")
        archive = LogArchive(stack, "C", bucket=bucket, data_class=CLASSES.internal, posture=POSTURE)
        with pytest.raises(
            ConfigurationError, match=r"Stack/C: archive: got 'Stack/Cheap of class Infrequent Access'; .* no subscriptions"
        ):
            archive.archive("Cheap", cheap)


class TestAccountMasking:
    def test_one_policy_for_all_groups(self, made: Made) -> None:
        policy = made.template.props("AWS::Logs::AccountPolicy")
        assert (policy["PolicyType"], policy["Scope"]) == ("DATA_PROTECTION_POLICY", "ALL")
        text = "".join(part if isinstance(part, str) else "aws" for part in policy["PolicyDocument"]["Fn::Join"][1])
        document = json.loads(text)
        assert document["Name"] == policy["PolicyName"]
        assert document["Statement"][0]["DataIdentifier"] == ["arn:aws:dataprotection::aws:data-identifier/AwsSecretKey"]


class TestLogArchive:
    def test_encrypted_compressed_by_day_with_errors_beside(self, made: Made) -> None:
        stream = made.template.props("AWS::KinesisFirehose::DeliveryStream")
        assert stream["DeliveryStreamEncryptionConfigurationInput"]["KeyType"] == "CUSTOMER_MANAGED_CMK"
        to_s3 = stream["ExtendedS3DestinationConfiguration"]
        assert to_s3["Prefix"] == "archive/lines/!{timestamp:yyyy/MM/dd}/"
        assert to_s3["ErrorOutputPrefix"] == "archive/errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
        assert to_s3["CompressionFormat"] == "GZIP"
        assert to_s3["CloudWatchLoggingOptions"]["Enabled"] is True
        assert [one["Type"] for one in to_s3["ProcessingConfiguration"]["Processors"]] == ["Decompression", "AppendDelimiterToRecord"]
        assert "KMSEncryptionConfig" in to_s3["EncryptionConfiguration"]

    def test_the_lifecycle_is_the_classes(self, made: Made) -> None:
        rules = made.template.props("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
        (rule,) = [r for r in rules if r["Id"] == "Archive-archive"]
        assert (rule["Prefix"], rule["ExpirationInDays"]) == ("archive/", 3653)
        assert rule["Transitions"] == [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}]

    def test_roles_reach_this_prefix_and_this_stream(self, made: Made) -> None:
        role = made.template.props("AWS::IAM::Role", "ArchiveRole")["AssumeRolePolicyDocument"]["Statement"][0]
        assert role["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "AWS::AccountId"}}}
        (forward,) = made.template.props("AWS::IAM::ManagedPolicy", "ArchiveForwarder")["PolicyDocument"]["Statement"]
        (stream,) = made.template.of_type("AWS::KinesisFirehose::DeliveryStream")
        assert forward["Resource"] == {"Fn::GetAtt": [stream, "Arn"]}
        assert len([n for n in made.template.of_type("AWS::IAM::Role") if n.startswith("ArchiveForwarder")]) == 1
        trust = made.template.props("AWS::IAM::Role", "ArchiveForwarder")["AssumeRolePolicyDocument"]["Statement"][0]
        assert trust["Principal"] == {"Service": "logs.amazonaws.com"}
        assert "aws:SourceArn" in trust["Condition"]["StringLike"]

    def test_subscriptions(self, made: Made) -> None:
        found = {f["Properties"]["FilterName"]: f["Properties"] for f in made.template.of_type("AWS::Logs::SubscriptionFilter").values()}
        assert set(found) == {"Stack/Archive/App", "Stack/Archive/Theirs"}
        assert found["Stack/Archive/App"]["FilterPattern"] == ""
        assert matches(found["Stack/Archive/Theirs"]["FilterPattern"], '{"level":"error"}')

    @pytest.mark.parametrize("prefix", ["archive", "/archive/", "a*/", "a!{x}/", ""])
    def test_prefixes_that_are_no_folder_are_refused(self, prefix: str) -> None:
        stack = new_stack()
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "theirs")
        with pytest.raises(
            ConfigurationError, match=r"Stack/A: prefix: got '.*'; allowed: a folder: it ends with / , .*; write it like 'archive/'"
        ):
            LogArchive(stack, "A", bucket=bucket, data_class=CLASSES.internal, posture=POSTURE, prefix=prefix)

    def test_a_group_twice_is_refused(self) -> None:
        stack = new_stack()
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "theirs")
        theirs = logs.LogGroup.from_log_group_name(stack, "Theirs", "/theirs")
        archive = LogArchive(stack, "A", bucket=bucket, data_class=CLASSES.internal, posture=POSTURE)
        archive.archive("One", theirs)
        with pytest.raises(
            ConfigurationError, match=r"Stack/A: archive: got 'Two, of a group that is archived here'; allowed: each group once"
        ):
            archive.archive("Two", theirs)


class TestWhatWakes:
    def test_alarms(self, made: Made) -> None:
        specs = [spec for part in (made.kept, made.counted, made.account, made.archive) for spec in part.alarm_specs]
        assert [spec.id for spec in specs] == [
            *("SensitiveDataInLogs", "ErrorLines", "UnusualLines", "SensitiveDataInLogs"),
            *("ArchiveLate", "ArchiveThrottled", "AppNotForwarded", "TheirsNotForwarded"),
        ]
        assert {spec.severity for spec in specs} == {Severity.WARNING}
        assert {spec.missing_data for spec in specs} == {"notBreaching"}
        late = next(spec for spec in specs if spec.id == "ArchiveLate")
        assert late.threshold == 1800
        assert [fault for spec in specs for line in spec.runbook.first_commands for fault in faults(line)] == []

    def test_graphs(self, made: Made) -> None:
        titles = [graph.title for part in (made.kept, made.counted, made.account, made.archive) for graph in part.graphs]
        assert titles == ["Log group", "Log lines", "Sensitive data in logs", "Archive: delay in seconds", "Archive: bytes", HANDED_OVER]


def own(found: list[str]) -> list[str]:
    return [line for line in found if "/LogBucket/" not in line]


def test_clean_but_for_what_is_waived(made: Made) -> None:
    (waived,) = own(made.findings)
    assert waived.startswith("AwsSolutions-IAM5[Resource::<LogBucket")
    assert waived.endswith(".Arn>/archive/*] @ Stack/Archive/Role/Policy/Resource")


def test_clean_without_feature_flags() -> None:
    stack = new_stack(new_app(flags={}))
    build(stack)
    assert len(own(findings(stack))) == 1


def test_a_bent_group_is_caught() -> None:
    stack = new_stack()
    kept, *_, archive = build(stack)
    kept.log_group.node.default_child.kms_key_id = None  # type: ignore[union-attr]
    kept.log_group.node.default_child.retention_in_days = None  # type: ignore[union-attr]
    archive.stream.delivery_stream_encryption_configuration_input = None
    rules = {line.partition(" @ ")[0] for line in findings(stack)}
    assert {"NIST.800.53.R5-CloudWatchLogGroupEncrypted", "HIPAA.Security-CloudWatchLogGroupRetentionPeriod", "AwsSolutions-KDF1"} <= rules


def test_messages() -> None:
    stack = new_stack()
    key = DataKey(stack, "Key", description="logs", encrypts_logs=True).key
    theirs = logs.LogGroup.from_log_group_name(stack, "Theirs", "/theirs")
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "theirs")
    with counted() as counts:
        KeptLogs(stack, "Kept", data_class=CLASSES.internal, posture=POSTURE, masking=LogMasking(), encryption_key=key)
        CountedLogs(stack, "Counted", log_group=theirs)
        archive = LogArchive(stack, "Archive", bucket=bucket, data_class=CLASSES.internal, posture=POSTURE, encryption_key=key)
        archive.archive("Theirs", theirs)
    assert total(counts) <= 90, counts
    assert counts["callback"] == 0
