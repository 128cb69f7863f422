"""Functions that take messages and records: in batches that repeat nothing, no more at once than there is room for, and watched."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from prodready_constructs import (
    PRODUCTION,
    STAGING,
    Batch,
    EventFilters,
    ForeignQueue,
    FunctionCode,
    HardenedFunction,
    Pollers,
    ProtectedTable,
    QueueConsumer,
    RecordStream,
    StreamConsumer,
    TableSchema,
)
from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.messaging import Fifo
from tests.compute.workers.parts import DATA, a_function, a_queue, a_vpc
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

WORKERS = PRODUCTION.workers
MAPPING = "AWS::Lambda::EventSourceMapping"
ORDERS_ONLY = EventFilters(patterns=({"body": {"kind": ["order"]}},))


def a_consumer(stack: cdk.Stack, **changed: Any) -> QueueConsumer:
    values = {"posture": WORKERS, **changed}
    values.setdefault("queue", None)
    values["queue"] = values["queue"] or a_queue(stack)
    values.setdefault("function", None)
    values["function"] = values["function"] or a_function(stack)
    return QueueConsumer(stack, "Consumer", **values)


def a_follower(stack: cdk.Stack, **changed: Any) -> StreamConsumer:
    values: dict[str, Any] = {"posture": WORKERS, "starting_position": "TRIM_HORIZON", **changed}
    if "stream" not in values:
        values["stream"] = RecordStream.of_kinesis(kinesis.Stream(stack, "Clicks", encryption_key=kms.Key(stack, "ClicksKey")))
    if "failures" not in values:
        values["failures"] = a_queue(stack, "Failures").queue
    return StreamConsumer(stack, "Follower", function=a_function(stack), **values)


class Made(NamedTuple):
    consumer: Any
    template: Template
    findings: list[str]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A queue and a function of this library, filters under a key."""
    code: Path = tmp_path_factory.mktemp("code")
    (code / "app.py").write_text("def handler(event, context):\n    return {'batchItemFailures': []}\n", encoding="utf-8")
    stack = new_stack()
    function = HardenedFunction(
        stack,
        "Worker",
        code=FunctionCode.zip(code, handler="app.handler", runtime="python3.14"),
        posture=PRODUCTION.functions,
        vpc=a_vpc(stack),
        timeout=timedelta(seconds=30),
    )
    consumer = a_consumer(stack, function=function, filters=ORDERS_ONLY, batch=Batch(size=100, window=timedelta(seconds=5)))
    found = [finding for finding in findings(stack) if "Stack/Consumer" in finding]
    return Made(consumer, synth(stack), found)


@pytest.fixture(scope="module")
def theirs() -> Made:
    """A stranger's FIFO queue and function, staging, no feature flags."""
    stack = new_stack(new_app(flags={}))
    queue = ForeignQueue(
        queue=sqs.Queue(stack, "Theirs", fifo=True, visibility_timeout=cdk.Duration.minutes(3)),
        dead_letters=sqs.Queue(stack, "TheirDead", fifo=True),
        name="THEIRS",
        visibility_timeout=timedelta(minutes=3),
        fifo=True,
    )
    consumer = a_consumer(stack, queue=queue, function=a_function(stack, reserved=5), posture=STAGING.workers)
    found = [finding for finding in findings(stack) if "Stack/Consumer" in finding]
    return Made(consumer, synth(stack), found)


@pytest.fixture(scope="module")
def follower() -> Made:
    """The changes of a table of this library."""
    stack = new_stack()
    table = ProtectedTable(
        stack,
        "Orders",
        posture=PRODUCTION.tables,
        data_class=DATA,
        schema=TableSchema(partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING), ttl_attribute="expires_at"),
        stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    )
    filters = EventFilters(patterns=({"eventName": ["INSERT"]},), encryption_key=kms.Key(stack, "FilterKey"))
    consumer = a_follower(stack, stream=RecordStream.of_table(table), filters=filters, batch=Batch(size=500, window=timedelta(minutes=1)))
    found = [finding for finding in findings(stack) if "Stack/Follower" in finding]
    return Made(consumer, synth(stack), found)


def statements(template: Template, role: str) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", template.props("AWS::IAM::ManagedPolicy", role)["PolicyDocument"]["Statement"])


def alarm(made: Made, alarm_id: str) -> AlarmSpec:
    (found,) = [spec for spec in made.consumer.alarm_specs if spec.id == alarm_id]
    return cast("AlarmSpec", found)


# -- queues ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-5")
def test_a_bad_message_does_not_bring_back_the_good_ones(ours: Made, theirs: Made) -> None:
    for made in (ours, theirs):
        mapping = made.template.props(MAPPING)
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["MetricsConfig"] == {"Metrics": ["EventCount"]}
        assert mapping["Enabled"] is True
        assert "Live" in str(mapping["FunctionName"]), "the alias, so that releases count"


@pytest.mark.control("FN-5")
def test_batches_and_concurrency(ours: Made, theirs: Made) -> None:
    mapping = ours.template.props(MAPPING)
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (100, 5)
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": WORKERS.max_concurrency}
    mapping = theirs.template.props(MAPPING)
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10, 0)
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": STAGING.workers.max_concurrency}


@pytest.mark.control("FN-5")
def test_the_function_may_consume_before_there_is_a_mapping(ours: Made) -> None:
    (queue,) = [one for one in statements(ours.template, "WorkerRolePolicy") if "sqs:ReceiveMessage" in one["Action"]]
    assert set(queue["Action"]) == {
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    }
    policy = next(name for name in ours.template.of_type("AWS::IAM::ManagedPolicy") if name.startswith("WorkerRolePolicy"))
    assert policy in ours.template.one(MAPPING)["DependsOn"]


@pytest.mark.control("FN-5")
def test_filters_are_encrypted_and_lambda_may_read_them_for_mappings_of_this_account(ours: Made) -> None:
    mapping = ours.template.props(MAPPING)
    assert [json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"]] == [{"body": {"kind": ["order"]}}]
    (key,) = [name for name in ours.template.of_type("AWS::KMS::Key") if name.startswith("Consumer")]
    assert mapping["KmsKeyArn"] == {"Fn::GetAtt": [key, "Arn"]}
    (lambdas,) = [one for one in ours.template.resources[key]["Properties"]["KeyPolicy"]["Statement"] if "Service" in one["Principal"]]
    assert lambdas["Action"] == "kms:Decrypt"
    assert "lambda." in str(lambdas["Principal"])
    assert "event-source-mapping:*" in str(lambdas["Condition"]["ArnLike"]["aws:SourceArn"])


def test_without_filters_there_is_no_key(theirs: Made) -> None:
    assert "KmsKeyArn" not in theirs.template.props(MAPPING)
    assert not theirs.template.of_type("AWS::KMS::Key")


def test_pollers_take_the_place_of_a_maximum() -> None:
    stack = new_stack()
    consumer = a_consumer(stack, pollers=Pollers(least=2, most=5))
    mapping = synth(stack).props(MAPPING)
    assert mapping["ProvisionedPollerConfig"] == {"MinimumPollers": 2, "MaximumPollers": 5}
    assert "ScalingConfig" not in mapping
    assert {spec.id for spec in consumer.alarm_specs} == {"NotPolling", "Failing"}


def test_one_of_several_consumers_takes_its_share() -> None:
    stack = new_stack()
    a_consumer(stack, max_concurrency=4)
    assert synth(stack).props(MAPPING)["ScalingConfig"] == {"MaximumConcurrency": 4}


@pytest.mark.control("FN-5")
def test_what_wakes_someone_about_a_consumer(ours: Made) -> None:
    assert [spec.id for spec in ours.consumer.alarm_specs] == ["NotPolling", "Failing", "AtMaxConcurrency"]
    idle = alarm(ours, "NotPolling")
    assert idle.severity is Severity.CRITICAL
    assert isinstance(idle.metric, MathMetric)
    assert idle.metric.expression == "IF(FILL(visible, 0) > 0 AND FILL(polled, 0) < 1, 1, 0)"
    assert idle.metric.using["polled"].dimensions.keys() == {"EventSourceMappingUUID"}
    busy = alarm(ours, "AtMaxConcurrency")
    assert isinstance(busy.metric, MathMetric)
    assert busy.metric.expression == f"IF(FILL(visible, 0) > 0 AND FILL(busy, 0) >= {WORKERS.max_concurrency}, 1, 0)"
    assert busy.metric.using["busy"].name == "ConcurrentExecutions"
    assert all(spec.missing_data == "notBreaching" and spec.runbook.first_commands for spec in ours.consumer.alarm_specs)
    assert len(ours.consumer.graphs) == 1


# -- streams ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-5")
def test_a_bad_record_is_found_tried_given_up_and_told(follower: Made) -> None:
    mapping = follower.template.props(MAPPING)
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["MaximumRecordAgeInSeconds"], mapping["MaximumRetryAttempts"]) == (6 * 3600, 50)
    (queue,) = [name for name in follower.template.of_type("AWS::SQS::Queue") if name.startswith("FailuresQueue")]
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [queue, "Arn"]}}}
    assert (mapping["StartingPosition"], mapping["ParallelizationFactor"]) == ("TRIM_HORIZON", 1)
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (500, 60)
    assert "TumblingWindowInSeconds" not in mapping
    assert "ScalingConfig" not in mapping


@pytest.mark.control("FN-5")
def test_the_function_may_read_the_stream_and_tell_of_failures(follower: Made) -> None:
    actions = {
        action
        for one in statements(follower.template, "ForeignRole")
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert {"dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "sqs:SendMessage", "kms:Decrypt"} <= actions
    assert not {"sqs:ReceiveMessage", "dynamodb:GetItem"} & actions


def test_streams_of_kinesis_and_of_plain_tables() -> None:
    stack = new_stack()
    a_follower(stack, starting_position="LATEST", parallelization=10)
    mapping = synth(stack).props(MAPPING)
    assert "Clicks" in str(mapping["EventSourceArn"])
    assert (mapping["StartingPosition"], mapping["ParallelizationFactor"], mapping["BatchSize"]) == ("LATEST", 10, 100)

    stack = new_stack()
    key = kms.Key(stack, "Key")
    table = dynamodb.Table(
        stack,
        "Plain",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        stream=dynamodb.StreamViewType.NEW_IMAGE,
        encryption_key=key,
    )
    a_follower(stack, stream=RecordStream.of_foreign_table(table))
    template = synth(stack)
    granted = statements(template, "ForeignRole")
    assert "StreamArn" in str(template.props(MAPPING)["EventSourceArn"])
    assert "dynamodb:ListStreams" not in str(granted), "it would need every stream of the account"
    assert {"Action": "kms:Decrypt", "Effect": "Allow"}.items() <= next(one for one in granted if "kms" in str(one["Action"])).items()


@pytest.mark.control("FN-5")
def test_what_wakes_someone_about_a_follower(follower: Made) -> None:
    assert [spec.id for spec in follower.consumer.alarm_specs] == ["RecordsGivenUp", "RecordsLost", "FallingBehind", "Failing"]
    assert {alarm(follower, name).severity for name in ("RecordsGivenUp", "RecordsLost")} == {Severity.CRITICAL}
    behind = alarm(follower, "FallingBehind")
    assert isinstance(behind.metric, Metric)
    assert behind.metric.name == "IteratorAge"
    assert behind.threshold == 15 * 60 * 1000, "milliseconds"
    assert len(follower.consumer.graphs) == 2


# -- refuses ---------------------------------------------------------------------------------------------------------

MINUTE = timedelta(minutes=1)


@pytest.mark.control("FN-5")
@pytest.mark.parametrize(
    ("fifo", "batch", "message"),
    [
        (True, Batch(size=11), "batch.size: got 11; allowed: 1 to 10 from a FIFO queue; the nearest is 10"),
        (
            True,
            Batch(window=MINUTE),
            "batch.window: got '0:01:00'; allowed: 0 for a FIFO queue: AWS Lambda gathers none of its messages; leave the window out",
        ),
        (False, Batch(size=0), "batch.size: got 0; allowed: 1 to 10,000 from a queue or stream; the nearest is 1"),
        (False, Batch(size=10_001), "batch.size: got 10001; allowed: 1 to 10,000 from a queue or stream; the nearest is 10000"),
        (
            False,
            Batch(size=11),
            "batch.window: got '0:00:00 with batches of 11'; allowed: 1 second or more where batches are larger than 10; add "
            "window=timedelta(seconds=1)",
        ),
        (
            False,
            Batch(window=6 * MINUTE),
            "batch.window: got '0:06:00'; allowed: 0:00:00 to 0:05:00, in whole seconds; the nearest is 0:05:00",
        ),
    ],
)
def test_batches_that_lambda_does_not_make(fifo: bool, batch: Batch, message: str) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=re.escape(f"Stack/Consumer: {message}")):
        a_consumer(stack, queue=a_queue(stack, fifo=Fifo() if fifo else None), batch=batch)


@pytest.mark.control("FN-5")
@pytest.mark.parametrize(("window", "needed"), [(timedelta(0), "0:06:00"), (timedelta(seconds=30), "0:06:30")])
def test_a_queue_hides_a_message_six_times_as_long(window: timedelta, needed: str) -> None:
    stack = new_stack()
    wanted = f"Stack/Orders: visibility_timeout: got '0:05:00 for a function with a timeout of 0:01:00'; allowed: {needed} or more"
    with pytest.raises(ConfigurationError, match=re.escape(wanted)):
        a_consumer(stack, function=a_function(stack, timeout=MINUTE), batch=Batch(window=window))


def test_so_does_one_of_others() -> None:
    stack = new_stack()
    plain = sqs.Queue(stack, "Theirs")
    queue = ForeignQueue(queue=plain, dead_letters=plain, name="THEIRS", visibility_timeout=timedelta(seconds=30))
    wanted = "ForeignQueue THEIRS: visibility_timeout: got '0:00:30 for a function with a timeout of 0:00:30'; allowed: 0:03:00 or more"
    with pytest.raises(ConfigurationError, match=re.escape(wanted)):
        a_consumer(stack, queue=queue)


@pytest.mark.control("FN-5")
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"max_concurrency": 6},
            "max_concurrency: got '6 invocations at once, of a function with 5 reserved'; allowed: 5 or fewer: the others are throttled, and each "
            "throttled message counts as a try on its way to the dead letters; reserve 6 for the function, or ask for fewer at once",
        ),
        (
            {"pollers": Pollers(least=2, most=2)},
            "pollers: got '20 invocations at once, of a function with 5 reserved'; allowed: 5 or fewer",
        ),
        ({"max_concurrency": 1}, "max_concurrency: got 1; allowed: 2 to 1,000; the nearest is 2"),
        ({"max_concurrency": 1_001}, "max_concurrency: got 1001; allowed: 2 to 1,000; the nearest is 1000"),
    ],
)
def test_more_at_once_than_there_is_room_for(changed: dict[str, Any], message: str) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=re.escape(f"Stack/Consumer: {message}")):
        a_consumer(stack, function=a_function(stack, reserved=5), **changed)


def test_without_a_reserve_the_pool_of_the_account_is_the_bound() -> None:
    stack = new_stack()
    a_consumer(stack, function=a_function(stack, reserved=None), max_concurrency=1_000)
    assert synth(stack).props(MAPPING)["ScalingConfig"] == {"MaximumConcurrency": 1_000}


@pytest.mark.parametrize(("least", "most"), [(1, 5), (201, 300), (5, 4), (2, 2_001)])
def test_pollers_out_of_bounds(least: int, most: int) -> None:
    wanted = (
        f"Pollers.least, most: got '{least} to {most}'; allowed: at least 2 to 200 pollers, at most 2,000, the first at most the second; use least=2 "
        "and raise most"
    )
    with pytest.raises(ConfigurationError, match=re.escape(wanted)):
        Pollers(least=least, most=most)


@pytest.mark.parametrize(
    ("patterns", "given"),
    [
        ((), "0 patterns, the longest of 0 characters"),
        (({},), "1 patterns, the longest of 2 characters"),
        (({"body": ["x"]},) * 11, "11 patterns, the longest of 15 characters"),
        (({"body": ["x" * 5_000]},), "1 patterns, the longest of 5014 characters"),
    ],
    ids=["none", "empty", "too many", "too long"],
)
def test_filters_that_let_nothing_through(patterns: tuple[dict[str, Any], ...], given: str) -> None:
    wanted = (
        f"filters: got '{given}'; allowed: 1 to 10 patterns (5 unless the quota was raised), none empty, of 4,096 characters at most; leave filters "
        "out to let everything through, or let one pattern list several values"
    )
    with pytest.raises(ConfigurationError, match=re.escape(f"Stack/Consumer: {wanted}")):
        a_consumer(new_stack(), filters=EventFilters(patterns=patterns))
    with pytest.raises(ConfigurationError, match=re.escape(f"Stack/Follower: {wanted}")):
        a_follower(new_stack(), filters=EventFilters(patterns=patterns))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"starting_position": "AT_TIMESTAMP"},
            "starting_position: got 'AT_TIMESTAMP'; allowed: one of LATEST, TRIM_HORIZON; TRIM_HORIZON leaves nothing out",
        ),
        ({"parallelization": 11}, "parallelization: got 11; allowed: 1 to 10; the nearest is 10"),
        ({"parallelization": 0}, "parallelization: got 0; allowed: 1 to 10; the nearest is 1"),
        ({"batch": Batch(size=0)}, "batch.size: got 0; allowed: 1 to 10,000 from a queue or stream; the nearest is 1"),
    ],
)
def test_followers_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"Stack/Follower: {message}")):
        a_follower(new_stack(), **changed)


def test_failures_are_told_to_a_standard_queue() -> None:
    stack = new_stack()
    wanted = "Stack/Follower: failures: got 'a FIFO queue'; allowed: a standard queue: Lambda sends to no other; make one without fifo"
    with pytest.raises(ConfigurationError, match=re.escape(wanted)):
        a_follower(stack, failures=a_queue(stack, fifo=Fifo()).queue)


def test_a_table_without_a_stream() -> None:
    stack = new_stack()
    table = dynamodb.Table(stack, "Plain", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING))
    wanted = "Stack/Plain: stream: got 'a table without a stream'; allowed: a table that has one; give the table stream=..."
    with pytest.raises(ConfigurationError, match=re.escape(wanted)):
        RecordStream.of_foreign_table(table)


# -- clean, and bent -------------------------------------------------------------------------------------------------


def test_the_packs_find_what_is_waived_and_nothing_else(ours: Made, theirs: Made, follower: Made) -> None:
    waived = ["Serverless-LambdaEventSourceMappingDestination @ Stack/Consumer/Mapping"]
    assert ours.findings == theirs.findings == waived
    assert follower.findings == []


def test_bent_by_the_escape_hatch_it_is_judged() -> None:
    stack = new_stack()
    consumer = a_follower(stack)
    cast("lambda_.CfnEventSourceMapping", consumer.mapping).destination_config = None
    assert "Serverless-LambdaEventSourceMappingDestination @ Stack/Follower/Mapping" in findings(stack)


def test_every_degree_comes_from_the_posture() -> None:
    stack = new_stack()
    posture = replace(WORKERS, record_age=timedelta(hours=2), record_retries=7, iterator_age=timedelta(minutes=20))
    consumer = a_follower(stack, posture=posture)
    mapping = synth(stack).props(MAPPING)
    assert (mapping["MaximumRecordAgeInSeconds"], mapping["MaximumRetryAttempts"]) == (7_200, 7)
    assert {spec.id: spec.threshold for spec in consumer.alarm_specs}["FallingBehind"] == 1_200_000


@pytest.mark.control("OPS-3")
def test_the_first_commands_are_commands(ours: Made, follower: Made) -> None:
    specs = [*ours.consumer.alarm_specs, *follower.consumer.alarm_specs]
    assert {fault for spec in specs for command in spec.runbook.first_commands for fault in faults(command)} == set()
