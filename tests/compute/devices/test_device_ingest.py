"""Devices on AWS IoT Core: rules with roles of their own and dead letters, logs, audit, behaviour; who is woken, what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from bench.messages import counted, total
from prodready_constructs import (
    PRODUCTION,
    STAGING,
    DeviceIngest,
    DeviceTopics,
    Routes,
    ToBucket,
    ToDelivery,
    ToFunction,
    ToQueue,
    ToStream,
    ToTable,
    ToTopic,
    Watch,
)
from prodready_constructs.compute.devices.account import CRITICAL_CHECKS, OTHER_CHECKS
from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from tests.compute.devices.parts import TOPICS, an_ingest, resolved
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

pytestmark = pytest.mark.control("FN-6")

TELEMETRY = "SELECT *, topic(2) AS thing FROM 'devices/+/telemetry'"
BATTERY = "SELECT * FROM 'devices/+/state/battery'"


class Targets(NamedTuple):
    queue: ToQueue
    function: ToFunction
    table: ToTable
    bucket: ToBucket
    stream: ToStream
    delivery: ToDelivery
    topic: ToTopic


def targets(stack: cdk.Stack) -> Targets:
    key = kms.Key(stack, "StoreKey")
    arn = "arn:aws:firehose:us-east-1:111122223333:deliverystream/lake"
    return Targets(
        queue=ToQueue(sqs.Queue(stack, "Readings", encryption_master_key=key)),
        function=ToFunction(
            lambda_.Function(
                stack,
                "Handle",
                code=lambda_.InlineCode("def handler(e, c): pass"),
                handler="index.handler",
                runtime=lambda_.Runtime.PYTHON_3_14,
            )
        ),
        table=ToTable(
            dynamodb.TableV2(
                stack,
                "Latest",
                partition_key=dynamodb.Attribute(name="thing", type=dynamodb.AttributeType.STRING),
                encryption=dynamodb.TableEncryptionV2.customer_managed_key(key),
            )
        ),
        bucket=ToBucket(bucket=s3.Bucket(stack, "Lake", encryption_key=key)),
        stream=ToStream(stream=kinesis.Stream(stack, "Stream", encryption_key=key)),
        delivery=ToDelivery(firehose.DeliveryStream.from_delivery_stream_arn(stack, "Delivery", arn)),
        topic=ToTopic(sns.Topic(stack, "Loud", master_key=key)),
    )


class Made(NamedTuple):
    ingest: DeviceIngest
    template: Template
    findings: list[str]


@pytest.fixture(scope="module")
def production() -> Made:
    stack = new_stack()
    to = targets(stack)
    ingest = an_ingest(stack)
    ingest.add_rule("Telemetry", sql=TELEMETRY, to=[to.queue, to.bucket], silent_after=timedelta(minutes=15))
    ingest.add_rule("Battery", sql=BATTERY, to=to.function)
    ingest.add_rule("Latest", sql=TELEMETRY, to=[to.table, to.stream, to.delivery, to.topic])
    Watch(
        stack,
        "Watch",
        routes=Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=["b@example.com"]),
        watching=[ingest],
        runbook_base_url="https://runbooks.example.com",
    )
    found = [finding for finding in findings(stack) if "Stack/Ingest/" in finding]
    return Made(ingest, synth(stack), found)


@pytest.fixture(scope="module")
def staging() -> Made:
    """In staging, without feature flags, beside what somebody else makes once."""
    stack = new_stack(new_app(flags={}))
    ingest = an_ingest(stack, posture=STAGING.devices, topics=DeviceTopics(publish=("telemetry",)), audit="existing", logging="existing")
    ingest.add_rule("Telemetry", sql=TELEMETRY, to=ToQueue(sqs.Queue(stack, "Readings")))
    found = [finding for finding in findings(stack) if "Stack/Ingest/" in finding]
    return Made(ingest, synth(stack), found)


def statements(template: Template, containing: str) -> list[dict[str, Any]]:
    """What the role whose policy's logical id contains *containing* may do."""
    return list(template.props("AWS::IAM::ManagedPolicy", containing)["PolicyDocument"]["Statement"])


def rights(template: Template, containing: str) -> set[tuple[str, str]]:
    """(action, resource) of each right."""
    found = set()
    for one in statements(template, containing):
        actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
        resources = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
        found |= {(action, resolved(resource)) for action in actions for resource in resources}
    return found


def trust(template: Template, containing: str) -> dict[str, Any]:
    (statement,) = template.props("AWS::IAM::Role", containing)["AssumeRolePolicyDocument"]["Statement"]
    return dict(statement)


# Always


def test_every_rule_keeps_what_it_cannot_deliver(production: Made) -> None:
    rules = production.template.of_type("AWS::IoT::TopicRule")
    assert len(rules) == 3
    for rule in rules.values():
        payload = rule["Properties"]["TopicRulePayload"]
        error = payload["ErrorAction"]["Sqs"]
        assert "DeadLetters" in error["QueueUrl"]["Ref"]
        assert "ErrorRole" in error["RoleArn"]["Fn::GetAtt"][0]
        assert payload["AwsIotSqlVersion"] == "2016-03-23"
        assert payload["RuleDisabled"] is False


def test_dead_letters_are_encrypted_kept_and_for_rules_alone(production: Made) -> None:
    queue = production.template.one("AWS::SQS::Queue", "DeadLetters")
    properties = queue["Properties"]
    assert "IngestKey" in properties["KmsMasterKeyId"]["Fn::GetAtt"][0]
    assert properties["MessageRetentionPeriod"] == 14 * 86_400
    assert properties["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}
    assert queue["DeletionPolicy"] == "RetainExceptOnCreate"
    (policy,) = [
        one
        for one in production.template.of_type("AWS::SQS::QueuePolicy").values()
        if "DeadLetters" in json.dumps(one["Properties"]["Queues"])
    ]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_what_devices_go_on_using_outlives_the_stack(production: Made) -> None:
    for kind in ("Policy", "ThingGroup", "BillingGroup"):
        assert production.template.one(f"AWS::IoT::{kind}")["DeletionPolicy"] == "RetainExceptOnCreate"


def test_logs_are_on_in_an_encrypted_group_of_the_one_name(production: Made) -> None:
    logging = production.template.props("AWS::IoT::Logging")
    assert logging["DefaultLogLevel"] == "WARN"
    assert logging["AccountId"] == {"Ref": "AWS::AccountId"}
    group = production.template.one("AWS::Logs::LogGroup", "IngestLogging")
    assert group["Properties"]["LogGroupName"] == "AWSIotLogsV2"
    assert group["Properties"]["RetentionInDays"] == 90
    assert "IngestKey" in group["Properties"]["KmsKeyId"]["Fn::GetAtt"][0]
    assert group["DeletionPolicy"] == "RetainExceptOnCreate"
    assert {action for action, _ in rights(production.template, "IngestLogging")} == {
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    assert all("IngestLogging" in resource for _, resource in rights(production.template, "IngestLogging"))
    (statement,) = [
        one
        for one in production.template.props("AWS::KMS::Key", "IngestKey")["KeyPolicy"]["Statement"]
        if "logs." in json.dumps(one["Principal"])
    ]
    assert "kms:EncryptionContext:aws:logs:arn" in json.dumps(statement["Condition"])


def test_every_check_of_the_audit_is_on_and_in_the_schedule(production: Made) -> None:
    configuration = production.template.props("AWS::IoT::AccountAuditConfiguration")
    checks = configuration["AuditCheckConfigurations"]
    assert len(checks) == 17
    assert all(one == {"Enabled": True} for one in checks.values())
    schedule = production.template.one("AWS::IoT::ScheduledAudit")
    named = schedule["Properties"]["TargetCheckNames"]
    assert {name.replace("_", "").lower() for name in named} == {name.lower() for name in checks}
    assert set(named) == {*CRITICAL_CHECKS, *OTHER_CHECKS}
    assert any("AuditConfiguration" in name for name in schedule["DependsOn"])
    told = configuration["AuditNotificationTargetConfigurations"]["Sns"]
    assert told["Enabled"] is True
    assert "Findings" in told["TargetArn"]["Ref"]


def test_the_audit_reads_and_changes_nothing(production: Made) -> None:
    actions = {action.split(":")[1] for action, _ in rights(production.template, "IngestAudit")}
    assert all(action.startswith(("Get", "List", "Describe", "GenerateServiceLastAccessedDetails")) for action in actions)


def test_findings_are_encrypted_and_published_by_device_defender_alone(production: Made) -> None:
    topic = production.template.props("AWS::SNS::Topic", "IngestFindings")
    assert "IngestKey" in topic["KmsMasterKeyId"]["Fn::GetAtt"][0]
    assert {action for action, _ in rights(production.template, "IngestNotify")} == {"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"}
    assert "*" not in {resource for _, resource in rights(production.template, "IngestNotify")}


def test_device_defender_watches_the_group_of_the_devices(production: Made) -> None:
    profile = production.template.props("AWS::IoT::SecurityProfile")
    assert "IngestDevices" in profile["TargetArns"][0]["Fn::GetAtt"][0]
    behaviours = {one["Metric"]: one for one in profile["Behaviors"]}
    assert set(behaviours) == {
        "aws:message-byte-size",
        "aws:num-messages-sent",
        "aws:num-connection-attempts",
        "aws:num-authorization-failures",
    }
    for metric, one in behaviours.items():
        assert one["SuppressAlerts"] is False
        assert one["Criteria"]["ComparisonOperator"] == "less-than-equals"
        # A size is of one message, everything else is counted over five minutes.
        assert one["Criteria"].get("DurationSeconds") == (None if metric == "aws:message-byte-size" else 300)
    assert "Findings" in profile["AlertTargets"]["SNS"]["AlertTargetArn"]["Ref"]


# Who may reach what


def test_a_rule_may_do_what_its_targets_need_and_nothing_else(production: Made) -> None:
    found = rights(production.template, "TelemetryRole")
    assert {action for action, _ in found} == {"sqs:SendMessage", "s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey"}
    (put,) = [resource for action, resource in found if action == "s3:PutObject"]
    assert re.fullmatch(r"<Lake\w+\.Arn>/devices/\*", put)
    found = rights(production.template, "LatestRole")
    assert {action for action, _ in found if not action.startswith("kms:")} == {
        "dynamodb:PutItem",
        "kinesis:PutRecord",
        "firehose:PutRecord",
        "sns:Publish",
    }
    assert "*" not in {resource for _, resource in found}


def test_a_rule_that_only_calls_a_function_has_no_role(production: Made) -> None:
    assert not [name for name in production.template.of_type("AWS::IAM::Role") if "Battery" in name]
    permission = production.template.props("AWS::Lambda::Permission")
    assert permission["Principal"] == "iot.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert resolved(permission["SourceArn"]).endswith(":rule/Stack_Ingest_Battery")


@pytest.mark.parametrize(
    ("role", "source"),
    [
        ("TelemetryRole", "rule/Stack_Ingest_Telemetry"),
        ("LatestRole", "rule/Stack_Ingest_Latest"),
        ("ErrorRole", "rule/Stack_Ingest_*"),
        ("NotifyRole", "*"),
        ("IngestLogging", "*"),
        ("IngestAudit", "*"),
    ],
)
def test_only_aws_iot_of_this_account_uses_a_role(production: Made, role: str, source: str) -> None:
    statement = trust(production.template, role)
    assert statement["Principal"] == {"Service": "iot.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert resolved(statement["Condition"]["ArnLike"]["aws:SourceArn"]) == f"arn:aws:iot:us-east-1:111122223333:{source}"


def test_the_dead_letters_have_a_role_of_their_own(production: Made) -> None:
    """A rule whose own role is broken can still keep its messages."""
    found = rights(production.template, "IngestErrorRole")
    assert {action for action, _ in found} == {"sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"}
    (queue,) = [resource for action, resource in found if action == "sqs:SendMessage"]
    assert "DeadLetters" in queue


def test_targets_say_what_aws_iot_wants(production: Made) -> None:
    (table, stream, delivery, topic) = production.template.props("AWS::IoT::TopicRule", "IngestLatest")["TopicRulePayload"]["Actions"]
    assert "Latest" in table["DynamoDBv2"]["PutItem"]["TableName"]["Ref"]
    assert stream["Kinesis"]["PartitionKey"] == "${clientid()}"
    assert delivery["Firehose"] == {
        "BatchMode": False,
        "DeliveryStreamName": "lake",
        "RoleArn": delivery["Firehose"]["RoleArn"],
        "Separator": "\n",
    }
    assert topic["Sns"]["MessageFormat"] == "RAW"
    (queue, bucket) = production.template.props("AWS::IoT::TopicRule", "IngestTelemetry")["TopicRulePayload"]["Actions"]
    assert queue["Sqs"]["UseBase64"] is False
    assert bucket["S3"]["Key"] == "devices/${clientid()}/${timestamp()}-${newuuid()}.json"
    (function,) = production.template.props("AWS::IoT::TopicRule", "IngestBattery")["TopicRulePayload"]["Actions"]
    assert list(function) == ["Lambda"]


# The posture


def test_staging_differs_by_its_posture(staging: Made) -> None:
    stack = new_stack()
    an_ingest(stack, posture=STAGING.devices)
    template = synth(stack)
    assert template.props("AWS::IoT::Logging")["DefaultLogLevel"] == "INFO"
    assert template.props("AWS::Logs::LogGroup")["RetentionInDays"] == 30
    schedule = template.props("AWS::IoT::ScheduledAudit")
    assert (schedule["Frequency"], schedule["DayOfWeek"]) == ("WEEKLY", "MON")
    assert staging.template.props("AWS::IoT::SecurityProfile")["Behaviors"]


def test_what_is_odd_is_in_the_posture() -> None:
    stack = new_stack()
    posture = replace(PRODUCTION.devices, message_bytes=4_096, messages=10, connections=3, denials=0, refused=7, log_level="ERROR")
    ingest = an_ingest(stack, posture=posture)
    template = synth(stack)
    counts = {one["Name"]: one["Criteria"]["Value"]["Count"] for one in template.props("AWS::IoT::SecurityProfile")["Behaviors"]}
    assert counts == {"MessageSize": "4096", "MessagesSent": "10", "ConnectionAttempts": "3", "AuthorizationFailures": "0"}
    assert template.props("AWS::IoT::Logging")["DefaultLogLevel"] == "ERROR"
    (alarm,) = [one for one in ingest.alarm_specs if one.id == "Refused"]
    assert alarm.threshold == 7


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "log_level",
            "DISABLED",
            "got 'DISABLED'; allowed: one of 'ERROR', 'WARN', 'INFO', 'DEBUG' (each writes what those before it do, and more)",
        ),
        ("audit", "MONTHLY", "got 'MONTHLY'; allowed: one of 'DAILY', 'WEEKLY' (a month is long for a certificate that two devices share)"),
        ("log_retention", timedelta(days=1), "got '1 day'; allowed: 7 days to 3650 days (who was refused, and when, is evidence)"),
        ("message_bytes", 131_073, "got 131073; allowed: 128 to 131072 (what AWS IoT Core takes)"),
        ("messages", 0, "got 0; allowed: 1 to 100000 (in five minutes)"),
        ("connections", 0, "got 0; allowed: 1 to 1000 (in five minutes, and a bad network is no attack)"),
        ("denials", -1, "got -1; allowed: 0 to 100 (in five minutes; a device that behaves is denied nothing)"),
        ("refused", 0, "got 0; allowed: 1 to 100000 (in five minutes, of all devices)"),
    ],
)
def test_a_posture_has_floors(field: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"DevicePosture.{field}: {message}")):
        replace(PRODUCTION.devices, **{field: value})


# What there is once


def test_what_somebody_else_makes_is_left_alone(staging: Made) -> None:
    for kind in ("Logging", "AccountAuditConfiguration", "ScheduledAudit"):
        assert staging.template.of_type(f"AWS::IoT::{kind}") == {}
    assert (staging.ingest.logs, staging.ingest.audit) == (None, None)
    assert staging.template.of_type("AWS::Logs::LogGroup") == {}
    (recorded,) = staging.template.recorded("DeviceIngest")
    assert (recorded["logging"], recorded["audit"]) == ("existing", "existing")
    assert not [alarm.id for alarm in staging.ingest.alarm_specs if alarm.id.startswith("Audit")]


def test_a_second_one_in_an_account_and_region_is_refused() -> None:
    app = new_app()
    an_ingest(new_stack(app, "One"))
    two = new_stack(app, "Two")
    message = (
        "Two/Ingest: logging: got \"'create', as One/Ingest says already\"; allowed: one in each account and region: AWS IoT has one configuration of "
        "logs, and the deployment of a second one would fail; hand over logging='existing' to all but one"
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        an_ingest(two)
    with pytest.raises(ConfigurationError, match=r"Two/Again: audit: got .* AWS IoT has one configuration of audits"):
        an_ingest(two, "Again", logging="existing")
    an_ingest(two, "Third", logging="existing", audit="existing")
    an_ingest(new_stack(app, "Elsewhere", region="eu-west-1"))
    an_ingest(new_stack(new_app(), "One"))


def test_a_choice_that_is_none_is_refused() -> None:
    message = "Stack/Ingest: audit: got 'skip'; allowed: 'create' or 'existing': an account has one in each region; say 'existing' where somebody else makes it"
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        an_ingest(new_stack(), audit="skip")


# What it refuses


@pytest.fixture(scope="module")
def bench() -> tuple[DeviceIngest, Targets]:
    stack = new_stack()
    ingest = an_ingest(stack)
    to = targets(stack)
    ingest.add_rule("Telemetry", sql=TELEMETRY, to=to.queue)
    return ingest, to


def refusals() -> Iterator[Any]:
    at = "Stack/Ingest: add_rule"
    topics = "devices/+/telemetry, devices/+/state/battery, devices/+/commands, devices/+/settings/#"
    for rule_id, changed, message in (
        (
            "Telemetry",
            {},
            f"{at}: got \"'Telemetry' a second time\"; allowed: each rule once; give the second one another id, or the first one two targets",
        ),
        (
            "my rule",
            {},
            f"{at}: got 'my rule'; allowed: a capital, then letters and digits, 47 at most: it ends the rule's name, where AWS IoT takes nothing else but "
            "underscores; write it like 'Telemetry'",
        ),
        (
            "Other",
            {"sql": "SELECT * FROM devices"},
            f"{at}('Other'): sql: got 'SELECT * FROM devices'; allowed: AWS IoT SQL that parses; at character 15: ",
        ),
        (
            "Other",
            {"sql": "SELECT *"},
            f"{at}('Other'): sql: got 'a statement without FROM'; allowed: FROM and a topic filter; only a rule that devices reach by its name (Basic Ingest) "
            "needs none; add FROM 'devices/+/...', or basic_ingest=True",
        ),
        (
            "Other",
            {"sql": "SELECT * FROM 'devices/+/telemetri'"},
            f"{at}('Other'): sql: got 'devices/+/telemetri'; allowed: a filter of topics that there are: {topics}; correct the filter, or add the topic to "
            "DeviceTopics(publish=...)",
        ),
        (
            "Other",
            {"sql": "SELECT * FROM 'devices/+/commands'", "basic_ingest": True},
            f"{at}('Other'): basic_ingest: got 'devices/+/commands'; allowed: a filter of what devices publish: what they subscribe to is sent to them; leave "
            "basic_ingest out",
        ),
        (
            "Other",
            {"sql": "SELECT * FROM '$aws/rules/X/devices/#'"},
            "a Basic Ingest message finds its rule by name: give the part after $aws/rules/<rule>/",
        ),
        ("Other", {"to": []}, f"{at}('Other'): to: got '0 targets'; allowed: 1 to 10 targets of one rule; say where the messages go"),
        (
            "Other",
            {"silent_after": timedelta(minutes=7)},
            f"{at}('Other'): silent_after: got '0:07:00'; allowed: multiples of 5 minutes, from 5 minutes to 24 hours: what an alarm can look back on; use "
            "timedelta(minutes=15)",
        ),
        (
            "Other",
            {"silent_after": timedelta(days=2)},
            f"{at}('Other'): silent_after: got '2 days, 0:00:00'; allowed: multiples of 5 minutes",
        ),
    ):
        yield pytest.param(rule_id, changed, message, id=f"{rule_id} {changed}")


@pytest.mark.parametrize(("rule_id", "changed", "message"), list(refusals()))
def test_rules_that_are_refused(bench: tuple[DeviceIngest, Targets], rule_id: str, changed: dict[str, Any], message: str) -> None:
    ingest, to = bench
    values = {"sql": TELEMETRY, "to": to.queue, **changed}
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        ingest.add_rule(rule_id, **values)


def test_eleven_targets_are_refused(bench: tuple[DeviceIngest, Targets]) -> None:
    ingest, to = bench
    message = "Stack/Ingest: add_rule('Many'): to: got '11 targets'; allowed: 1 to 10 targets of one rule; make a second rule of the same statement"
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        ingest.add_rule("Many", sql=TELEMETRY, to=[to.queue] * 11)


def test_targets_that_are_refused(bench: tuple[DeviceIngest, Targets]) -> None:
    ingest, to = bench
    at = "Stack/Ingest: add_rule('Other')"
    ordered = sqs.Queue(ingest.stack, "Ordered", fifo=True)
    for target, message in (
        (
            ToQueue(ordered),
            f"{at}: to: got 'a FIFO queue'; allowed: a standard queue: the SQS action of AWS IoT takes no other; use a standard queue, or ToStream(...), which "
            "keeps the order within a partition key",
        ),
        (
            ToBucket(bucket=to.bucket.bucket, key="${topic()}"),
            f"{at}: ToBucket.key: got '${{topic()}}'; allowed: a key that begins with a fixed prefix and a slash: the rule may write below it alone; write "
            "'devices/${clientid()}/${newuuid()}.json'",
        ),
        (
            ToBucket(bucket=to.bucket.bucket, key="a/${topic(}"),
            f"{at}: ToBucket.key: got 'a/${{topic(}}'; allowed: AWS IoT SQL that parses; at character 11: ",
        ),
        (
            ToStream(stream=to.stream.stream, partition_key="${@site}"),
            f"{at}: ToStream.partition_key: got '${{@site}}'; allowed: AWS IoT SQL that parses; ",
        ),
    ):
        with pytest.raises(ConfigurationError, match=re.escape(message)):
            ingest.add_rule("Other", sql=TELEMETRY, to=target)


def test_a_template_may_use_the_variables_of_its_statement() -> None:
    stack = new_stack()
    stream = ToStream(stream=kinesis.Stream(stack, "Stream"), partition_key="${@site}")
    rule = an_ingest(stack).add_rule("Telemetry", sql=f"SET @site = place.site {TELEMETRY}", to=stream)
    assert rule.node.id == "Telemetry"


# What wakes


def test_the_alarms_and_who_hears_of_them(production: Made) -> None:
    severities = {one.id: one.severity for one in production.ingest.alarm_specs}
    critical = {"DeadLetters", "TelemetryLost", "BatteryLost", "LatestLost", "TelemetrySilent", "RulesThrottled", "AuditCritical"}
    assert severities == dict.fromkeys(critical, Severity.CRITICAL) | dict.fromkeys(
        ["MessagesUnreadable", "Refused", "Throttled", "OddBehaviour", "AuditFindings"], Severity.WARNING
    )


def alarm(made: Made, alarm_id: str) -> AlarmSpec:
    (found,) = [one for one in made.ingest.alarm_specs if one.id == alarm_id]
    return found


def test_one_dead_letter_wakes(production: Made) -> None:
    one = alarm(production, "DeadLetters")
    assert isinstance(one.metric, Metric)
    assert (one.metric.name, one.threshold, one.periods, one.missing_data) == ("ApproximateNumberOfMessagesVisible", 0, 1, "notBreaching")


def test_a_message_that_not_even_the_dead_letters_took_wakes(production: Made) -> None:
    one = alarm(production, "TelemetryLost")
    assert isinstance(one.metric, MathMetric)
    assert one.metric.expression == (
        "SELECT SUM(ErrorActionFailure) FROM SCHEMA(\"AWS/IoT\", ActionType, RuleName) WHERE RuleName = 'Stack_Ingest_Telemetry'"
    )


def test_silence_wakes_when_asked(production: Made, staging: Made) -> None:
    one = alarm(production, "TelemetrySilent")
    assert isinstance(one.metric, Metric)
    assert (one.metric.name, one.metric.dimensions) == ("TopicMatch", {"RuleName": "Stack_Ingest_Telemetry"})
    assert (one.periods * one.metric.period, one.missing_data, one.warm_up) == (timedelta(minutes=15), "breaching", timedelta(minutes=15))
    assert not [one.id for one in staging.ingest.alarm_specs if one.id.endswith("Silent")]


def test_what_the_audit_finds_stays_found_until_the_next(production: Made) -> None:
    for alarm_id, checks in (("AuditCritical", CRITICAL_CHECKS), ("AuditFindings", OTHER_CHECKS)):
        one = alarm(production, alarm_id)
        assert isinstance(one.metric, MathMetric)
        assert one.missing_data == "ignore"
        assert {metric.dimensions["CheckName"] for metric in one.metric.using.values()} == set(checks)
        assert len(one.metric.using) <= 10


def test_many_rules_share_alarms_ten_by_ten() -> None:
    stack = new_stack()
    queue = ToQueue(sqs.Queue(stack, "Readings"))
    ingest = an_ingest(stack, topics=DeviceTopics(publish=("telemetry",)))
    for number in range(11):
        ingest.add_rule(f"Rule{number}", sql=TELEMETRY, to=queue, basic_ingest=number == 0)
    shared = {
        one.id: one.metric for one in ingest.alarm_specs if one.id.startswith(("RulesThrottled", "MessagesUnreadable", "RuleNotFound"))
    }
    assert set(shared) == {"RulesThrottled", "RulesThrottled2", "MessagesUnreadable", "MessagesUnreadable2", "RuleNotFound"}
    assert [len(metric.using) for metric in shared.values() if isinstance(metric, MathMetric)] == [10, 10, 1, 1, 0]


def test_an_ingest_without_rules_is_watched_all_the_same() -> None:
    ingest = an_ingest(new_stack())
    assert "RulesThrottled" not in {one.id for one in ingest.alarm_specs}
    assert [graph.title for graph in ingest.graphs] == ["Dead letters of rules", "Connections", "Messages in", "Odd behaviour"]


def test_the_alarms_exist_and_every_command_is_one(production: Made) -> None:
    made = [one["Properties"] for one in production.template.of_type("AWS::CloudWatch::Alarm").values()]
    assert len(made) == len(production.ingest.alarm_specs)
    for one in production.ingest.alarm_specs:
        assert one.source
        for command in one.runbook.first_commands:
            assert faults(command) == [], command
    assert {graph.title for graph in production.ingest.graphs} == {
        "Messages by rule",
        "Dead letters of rules",
        "Connections",
        "Messages in",
        "Odd behaviour",
    }


# Clean


def test_the_packs_find_what_is_waived_and_nothing_else(production: Made, staging: Made) -> None:
    dead_letters = [
        "AwsSolutions-SQS3 @ Stack/Ingest/DeadLetters/Resource",
        "Serverless-SQSRedrivePolicy @ Stack/Ingest/DeadLetters/Resource",
    ]
    (lake,) = [name for name in production.template.of_type("AWS::S3::Bucket") if name.startswith("Lake")]
    assert sorted(production.findings) == sorted(
        [
            "AwsSolutions-IAM5[Resource::*] @ Stack/Ingest/Audit/Role/Policy/Resource",
            f"AwsSolutions-IAM5[Resource::<{lake}.Arn>/devices/*] @ Stack/Ingest/TelemetryRole/Policy/Resource",
            *dead_letters,
        ]
    )
    assert staging.findings == dead_letters
    waived = {
        json.dumps(entry["data"]["rule"])
        for path, entries in production.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver" and "Stack/Ingest" in path
    }
    assert len(waived) == 4


def test_the_claims_are_in_the_assembly(production: Made) -> None:
    (recorded,) = production.template.recorded("DeviceIngest")
    assert [claim["control"] for claim in recorded["controls"]] == ["FN-6"]
    assert recorded["watchable"] is True


def test_a_key_of_yours_encrypts_everything() -> None:
    stack = new_stack()
    mine = kms.Key(stack, "Mine")
    ingest = an_ingest(stack, encryption_key=mine)
    template = synth(stack)
    assert ingest.key is mine
    assert list(template.of_type("AWS::KMS::Key")) == [next(name for name in template.resources if name.startswith("Mine"))]
    for kind, field in (("AWS::SQS::Queue", "KmsMasterKeyId"), ("AWS::SNS::Topic", "KmsMasterKeyId"), ("AWS::Logs::LogGroup", "KmsKeyId")):
        assert "Mine" in template.props(kind)[field]["Fn::GetAtt"][0]


def test_a_long_path_makes_a_name_that_aws_iot_takes() -> None:
    stack = new_stack(name="A" * 100)
    ingest = an_ingest(stack)
    ingest.add_rule("R" * 47, sql=TELEMETRY, to=ToQueue(sqs.Queue(stack, "Readings")))
    name = synth(stack).props("AWS::IoT::TopicRule")["RuleName"]
    assert len(name) <= 128
    assert re.fullmatch(r"[A-Za-z0-9_]+", name)


def test_messages_to_the_kernel_are_few() -> None:
    stack = new_stack()
    first = Part(stack, "First")
    assert first.path
    assert first.stated_region
    queue = ToQueue(sqs.Queue(stack, "Readings", encryption_master_key=kms.Key(stack, "StoreKey")))
    with counted() as counts:
        ingest = DeviceIngest(stack, "Ingest", posture=PRODUCTION.devices, topics=TOPICS)
    assert total(counts) <= 75, counts
    assert counts["callback"] == 0
    with counted() as counts:
        ingest.add_rule("Telemetry", sql=TELEMETRY, to=queue)
    assert total(counts) <= 12, counts
    with counted() as counts:
        assert ingest.alarm_specs
        assert ingest.graphs
    assert total(counts) == 0, counts
