"""Queues: encrypted, with dead letters of their own, names that are known, times that lose nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from bench.messages import counted, total
from prodready_constructs import PRODUCTION, STAGING
from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.messaging import Fifo, ReliableQueue
from prodready_constructs.posture import MessagingPosture
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

POSTURE = PRODUCTION.messaging
DATA = PRODUCTION.data.confidential
DAY = timedelta(days=1)


def a_queue(stack: cdk.Stack, construct_id: str = "Orders", **changed: Any) -> ReliableQueue:
    return ReliableQueue(stack, construct_id, **{"posture": POSTURE, "data_class": DATA, **changed})


class Made(NamedTuple):
    template: Template
    orders: ReliableQueue
    findings: list[str]


@pytest.fixture(scope="module")
def made() -> Made:
    stack = new_stack()
    orders = a_queue(stack)
    a_queue(stack, "Ledger", fifo=Fifo(), posture=STAGING.messaging)
    a_queue(stack, "Slow", fifo=Fifo(content_based_deduplication=True, high_throughput=False), name="slow.fifo")
    sender, consumer = (
        ComposedRole(stack, name, assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
        for name in ("Sender", "Consumer")
    )
    orders.grant_send(sender)
    orders.grant_consume(consumer)
    orders.admit("s3.amazonaws.com", source_arn="arn:aws:s3:::uploads")
    found = findings(stack)
    return Made(synth(stack), orders, found)


def queue(template: Template, containing: str) -> dict[str, Any]:
    return template.props("AWS::SQS::Queue", containing)


# -- always ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-3")
@pytest.mark.control("SEC-8")
@pytest.mark.parametrize("flags", [None, {}], ids=["flags", "no flags"])
def test_both_queues_are_encrypted_with_one_key_and_kept(flags: dict[str, Any] | None) -> None:
    stack = new_stack(new_app(flags=flags))
    a_queue(stack)
    template = synth(stack)
    (key,) = template.of_type("AWS::KMS::Key")
    queues = template.of_type("AWS::SQS::Queue")
    assert len(queues) == 2
    for one in queues.values():
        assert one["Properties"]["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
        assert one["Properties"]["ReceiveMessageWaitTimeSeconds"] == 20
        assert (one["DeletionPolicy"], one["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
        assert {"Key": "data-class", "Value": "confidential"} in one["Properties"]["Tags"]


@pytest.mark.control("STORE-3")
def test_nobody_reaches_a_queue_without_tls(made: Made) -> None:
    policies = made.template.of_type("AWS::SQS::QueuePolicy").values()
    assert len(policies) == len(made.template.of_type("AWS::SQS::Queue")) == 6
    for policy in policies:
        first = policy["Properties"]["PolicyDocument"]["Statement"][0]
        assert (first["Effect"], first["Action"], first["Principal"]) == ("Deny", "sqs:*", {"AWS": "*"})
        assert first["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.control("STORE-3")
@pytest.mark.parametrize("name", ["Orders", "Ledger", "Slow"])
def test_dead_letters_are_kept_longest_and_taken_from_this_queue_only(made: Made, name: str) -> None:
    source, dead = queue(made.template, f"{name}Queue"), queue(made.template, f"{name}DeadLetters")
    (dead_id,) = [logical for logical in made.template.of_type("AWS::SQS::Queue") if f"{name}DeadLetters" in logical]
    assert source["RedrivePolicy"] == {"deadLetterTargetArn": {"Fn::GetAtt": [dead_id, "Arn"]}, "maxReceiveCount": 5}
    assert source["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    allowed = dead["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"
    (arn,) = allowed["sourceQueueArns"]
    # Named, and not referred to: that would be a circle.
    assert arn["Fn::Join"][1][-1] == f":{source['QueueName']}"
    assert "GetAtt" not in json.dumps(arn)
    assert dead.get("FifoQueue") == source.get("FifoQueue")


@pytest.mark.control("STORE-3")
def test_fifo_in_its_two_modes(made: Made) -> None:
    fast, slow = queue(made.template, "LedgerQueue"), queue(made.template, "SlowQueue")
    assert fast["QueueName"].endswith(".fifo")
    assert (fast["DeduplicationScope"], fast["FifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")
    assert fast["ContentBasedDeduplication"] is False
    assert slow["QueueName"] == "slow.fifo"
    assert (slow["DeduplicationScope"], slow["FifoThroughputLimit"]) == ("queue", "perQueue")
    assert slow["ContentBasedDeduplication"] is True
    standard = queue(made.template, "OrdersQueue")
    assert not {"FifoQueue", "DeduplicationScope", "FifoThroughputLimit"} & set(standard)


def test_names_are_stable_short_and_of_their_own() -> None:
    app = new_app()
    for stack in (new_stack(app, "One"), new_stack(app, "Two")):
        for construct_id in ("Orders", "A" * 120, "A" * 121):
            a_queue(stack, construct_id, fifo=Fifo())
    resources = [one for template in synth_all(app).values() for one in template.of_type("AWS::SQS::Queue").values()]
    named = [name for one in resources if (name := one["Properties"].get("QueueName"))]
    assert len(named) == len(set(named)) == 6
    assert all(len(name) <= 80 and name.endswith(".fifo") for name in named)
    # Public: a changed name is another queue, and the messages of the old one stay behind.
    assert "One-Orders-b887bccf.fifo" in named


# -- posture ---------------------------------------------------------------------------------------------------------


def test_how_much_is_from_the_posture() -> None:
    stack = new_stack()
    posture = replace(POSTURE, retention=timedelta(days=2), max_receives=7, oldest_message=timedelta(minutes=2), backlog=50)
    made = a_queue(stack, posture=posture, visibility_timeout=timedelta(minutes=1), delivery_delay=timedelta(seconds=5))
    properties = queue(synth(stack), "OrdersQueue")
    assert properties["MessageRetentionPeriod"] == 2 * 24 * 3600
    assert properties["RedrivePolicy"]["maxReceiveCount"] == 7
    assert (properties["VisibilityTimeout"], properties["DelaySeconds"]) == (60, 5)
    thresholds = {alarm.id: alarm.threshold for alarm in made.alarm_specs}
    assert (thresholds["OldestMessage"], thresholds["MessagesNearlyLost"], thresholds["DepthIncreasing"]) == (120, 24 * 3600, 50)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"retention": timedelta(days=8)}, r"MessagingPosture.retention: got '8 days'; allowed: 1 day to 7 days \(a message must"),
        ({"max_receives": 1}, r"MessagingPosture.max_receives: got 1; allowed: 3 to 100 \(fewer make dead letters"),
        (
            {"oldest_message": timedelta(days=3)},
            r"MessagingPosture.oldest_message: got '3 days, 0:00:00'; allowed: 1 minute to 2 days, 0:00:00, half of",
        ),
        ({"backlog": 1}, r"MessagingPosture.backlog: got 1; allowed: 10 to 1000000"),
        ({"delivery_sample_percent": 101}, r"MessagingPosture.delivery_sample_percent: got 101; allowed: 0 to 100"),
        ({"log_retention": DAY}, r"MessagingPosture.log_retention: got '1 day'; allowed: 7 days to 3650 days"),
    ],
)
def test_the_posture_has_floors(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(POSTURE, **changed)


def test_the_posture_is_kept_in_its_regions() -> None:
    assert PRODUCTION.kept_in("eu-central-1").messaging.allowed_regions == ("eu-central-1",)
    assert isinstance(PRODUCTION.messaging, MessagingPosture)


# -- refuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"data_class": None}, r"Stack/Orders: data_class: got None; allowed: the class of the data it holds"),
        (
            {"data_class": replace(DATA, retention=timedelta(days=7), archive_after=None)},
            r"Stack/Orders: data_class: got 'confidential, kept 7 days'; allowed: data that may be kept 14 days, as dead letters are; "
            r"send a reference to the data instead of the data",
        ),
        (
            {"name": "orders.fifo"},
            r"Stack/Orders: name: got 'orders.fifo'; allowed: a name that ends in .fifo for a FIFO queue, and for no other; "
            r"name it 'orders', or hand over fifo=Fifo\(\)",
        ),
        (
            {"name": "orders", "fifo": Fifo()},
            r"Stack/Orders: name: got 'orders'; allowed: a name that ends in .fifo for a FIFO queue, and for no other; name it 'orders.fifo'",
        ),
        ({"name": "or.ders"}, r"Stack/Orders: name: got 'or.ders'; allowed: letters, digits, '-' and '_', 80 characters at most"),
        ({"name": "a" * 76 + ".fifo", "fifo": Fifo()}, r"Stack/Orders: name: .*80 characters at most with .fifo; leave the name out"),
        (
            {"visibility_timeout": timedelta(hours=13)},
            r"Stack/Orders: visibility_timeout: got '13:00:00'; allowed: 0:00:01 to 12:00:00, in whole seconds; the nearest is 12:00:00",
        ),
        (
            {"visibility_timeout": timedelta(seconds=1.5)},
            r"visibility_timeout: got '0:00:01.500000'; .*; the nearest is 0:00:02",
        ),
        ({"delivery_delay": timedelta(minutes=16)}, r"Stack/Orders: delivery_delay: .*0:00:00 to 0:15:00, .*; the nearest is 0:15:00"),
        (
            {"visibility_timeout": timedelta(hours=12), "posture": replace(POSTURE, max_receives=8)},
            r"got '12:00:00 for each of 8 tries, 4 days, 0:00:00 in all'; allowed: tries that end before the retention of 4 days, 0:00:00 "
            r"does: the message would be deleted and never be a dead letter; shorten visibility_timeout",
        ),
        (
            {"posture": replace(POSTURE, allowed_regions=("eu-central-1",))},
            r"Stack/Orders: got 'us-east-1'; allowed: eu-central-1: the posture's allowed_regions",
        ),
    ],
)
def test_refuses(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        a_queue(new_stack(), **changed)


@pytest.mark.control("STORE-3")
def test_a_function_needs_a_sixth_of_the_visibility_timeout() -> None:
    orders = a_queue(new_stack(), visibility_timeout=timedelta(minutes=3))
    assert orders.for_function(timedelta(seconds=30)) is orders.queue
    assert orders.for_function(timedelta(seconds=20), batching_window=timedelta(minutes=1)) is orders.queue
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Orders: visibility_timeout: got '0:03:00 for a function with a timeout of 0:00:31'; allowed: 0:03:06 or more: 6 times "
        r"the function's timeout, and the batching window; make the queue with visibility_timeout=timedelta\(seconds=186\)",
    ):
        orders.for_function(timedelta(seconds=31))
    with pytest.raises(ConfigurationError, match=r"timedelta\(seconds=181\)"):
        orders.for_function(timedelta(seconds=30), batching_window=timedelta(seconds=1))
    with pytest.raises(ConfigurationError, match=r"for_function: timeout: got '0:16:00'; allowed: 0:00:01 to 0:15:00"):
        orders.for_function(timedelta(minutes=16))
    with pytest.raises(ConfigurationError, match=r"for_function: batching_window: got '0:06:00'; allowed: 0:00:00 to 0:05:00"):
        orders.for_function(timedelta(seconds=1), batching_window=timedelta(minutes=6))


# -- reach -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("SEC-1")
def test_grants_are_of_this_queue_and_its_key(made: Made) -> None:
    for name, wanted, unwanted in (
        ("Sender", "sqs:SendMessage", "sqs:ReceiveMessage"),
        ("Consumer", "sqs:DeleteMessage", "sqs:SendMessage"),
    ):
        statements = made.template.props("AWS::IAM::ManagedPolicy", name)["PolicyDocument"]["Statement"]
        actions = {action for one in statements for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])}
        assert wanted in actions
        assert "kms:Decrypt" in actions
        assert unwanted not in actions
        assert not [action for action in actions if "*" in action]
        assert all("Orders" in json.dumps(one["Resource"]) for one in statements)


@pytest.mark.control("SEC-1")
def test_a_service_is_admitted_for_one_resource_of_this_account(made: Made) -> None:
    condition = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}, "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"}}
    _, admitted = made.template.props("AWS::SQS::QueuePolicy", "OrdersQueue")["PolicyDocument"]["Statement"]
    assert (admitted["Action"], admitted["Principal"], admitted["Condition"]) == (
        "sqs:SendMessage",
        {"Service": "s3.amazonaws.com"},
        condition,
    )
    _, key = made.template.props("AWS::KMS::Key", "OrdersKey")["KeyPolicy"]["Statement"]
    assert (key["Action"], key["Condition"]) == (["kms:Decrypt", "kms:GenerateDataKey"], condition)
    stack = new_stack()
    a_queue(stack).admit_any("s3.amazonaws.com", source_arn="arn:aws:s3:::uploads", key_source="arn:aws:s3:::*")
    _, wide = synth(stack).props("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    assert wide["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:s3:::*"}


def test_a_key_from_elsewhere_is_used() -> None:
    stack = new_stack()
    arn = f"arn:aws:kms:{stack.region}:{stack.account}:key/11111111-1111-1111-1111-111111111111"
    a_queue(stack, encryption_key=kms.Key.from_key_arn(stack, "Theirs", arn))
    template = synth(stack)
    assert not template.of_type("AWS::KMS::Key")
    assert {one["Properties"]["KmsMasterKeyId"] for one in template.of_type("AWS::SQS::Queue").values()} == {arn}


@pytest.mark.control("STORE-3")
@pytest.mark.parametrize(
    ("construct_id", "prefix"), [("Orders", "ORDERS_QUEUE"), ("OrdersQueue", "ORDERS_QUEUE"), ("PaidOrders", "PAID_ORDERS_QUEUE")]
)
def test_a_service_is_told_where_the_queue_is(construct_id: str, prefix: str) -> None:
    stack = new_stack()
    queue_ = a_queue(stack, construct_id)
    attachment = queue_.attachment
    assert attachment.environment == {f"{prefix}_URL": queue_.url, f"{prefix}_REGION": "us-east-1"}
    assert (attachment.port, attachment.secrets) == (443, {})


# -- wakes -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-3")
def test_what_wakes_somebody(made: Made) -> None:
    specs = {spec.id: spec for spec in made.orders.alarm_specs}
    assert {name: spec.severity for name, spec in specs.items()} == {
        "DeadLetters": Severity.CRITICAL,
        "OldestMessage": Severity.WARNING,
        "MessagesNearlyLost": Severity.CRITICAL,
        "DepthIncreasing": Severity.WARNING,
        "InFlightNearQuota": Severity.WARNING,
    }
    dead = specs["DeadLetters"]
    assert (dead.threshold, dead.periods, dead.missing_data) == (0, 1, "notBreaching")
    assert any("aws sqs start-message-move-task --source-arn" in command for command in dead.runbook.first_commands)
    assert specs["InFlightNearQuota"].threshold == 96_000
    assert specs["OldestMessage"].threshold == POSTURE.oldest_message.total_seconds()
    assert all(isinstance(spec, AlarmSpec) and spec.source for spec in specs.values())
    assert len(made.orders.graphs) == 4


def test_dead_letters_and_queue_are_told_apart(made: Made) -> None:
    by_id = {spec.id: spec.metric for spec in made.orders.alarm_specs}
    dead, age = cast("Any", by_id["DeadLetters"]).dimensions, cast("Any", by_id["OldestMessage"]).dimensions
    assert dead != age


@pytest.mark.control("DR-4")
def test_how_it_comes_back_is_said(made: Made) -> None:
    (recorded, *_) = made.template.recorded("ReliableQueue")
    (fact,) = recorded["recovery"]
    assert fact["recovery_point"] == fact["recovery_time"] == 0
    assert "cannot be backed up" in fact["how"]
    assert made.orders.backup_arns == ()
    assert recorded["watchable"] is True
    assert recorded["data_class"]["name"] == "confidential"


# -- clean and bent --------------------------------------------------------------------------------------------------


def test_clean_but_for_dead_letters_without_dead_letters(made: Made) -> None:
    assert made.findings == [f"Serverless-SQSRedrivePolicy @ Stack/{name}/DeadLetters/Resource" for name in ("Ledger", "Orders", "Slow")]
    waived = sorted(
        f"{entry['data']['rule']} @ {path}"
        for path, entries in made.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    )
    assert waived == [finding.removesuffix("/Resource") for finding in made.findings]


@pytest.mark.parametrize(
    ("prop", "value", "rule"),
    [
        ("redrive_policy", None, "AwsSolutions-SQS3 @ Stack/Orders/Queue/Resource"),
        ("policy", None, "AwsSolutions-SQS4 @ Stack/Orders/Queue/Resource"),
        ("kms_master_key_id", None, "AwsSolutions-SQS2 @ Stack/Orders/Queue/Resource"),
    ],
)
def test_bent_it_is_found(prop: str, value: object, rule: str) -> None:
    stack = new_stack()
    orders = a_queue(stack)
    resource = cast("sqs.CfnQueue", orders.queue.node.default_child)
    if prop == "policy":
        orders.queue.node.try_remove_child("Policy")
    elif prop == "kms_master_key_id":
        resource.kms_master_key_id = None
        resource.sqs_managed_sse_enabled = False
    else:
        setattr(resource, prop, value)
    assert rule in findings(stack)


def test_messages_to_the_kernel() -> None:
    stack = new_stack()
    a_queue(stack, "First")
    with counted() as counts:
        second = a_queue(stack, "Second")
    assert total(counts) <= 24, counts
    with counted() as counts:
        assert second.alarm_specs and second.graphs and second.recovery_facts  # noqa: PT018
    assert total(counts) == 0
