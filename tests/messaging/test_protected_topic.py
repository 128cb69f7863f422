"""Topics: encrypted, logged, and nothing that a subscriber did not take is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from bench.messages import counted, total
from prodready_constructs import PRODUCTION
from prodready_constructs.compute import WebService
from prodready_constructs.contracts import Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey
from prodready_constructs.messaging import Fifo, Match, MessageFilter, ProtectedTopic, ReliableQueue
from tests.compute.support import IMAGE, a_vpc
from tests.messaging.test_reliable_queue import DATA, POSTURE, a_queue
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth, synth_all


def a_topic(stack: cdk.Stack, construct_id: str = "Events", **changed: Any) -> ProtectedTopic:
    return ProtectedTopic(stack, construct_id, **{"posture": POSTURE, "data_class": DATA, **changed})


class Made(NamedTuple):
    template: Template
    events: ProtectedTopic
    findings: list[str]


@pytest.fixture(scope="module")
def made() -> Made:
    stack = new_stack()
    events = a_topic(stack, display_name="Shop")
    events.add_queue(a_queue(stack), filter=MessageFilter.on_attributes({"kind": Match.one_of("placed")}))
    events.add_https("https://partner.example.com/hook?x=1", filter=MessageFilter.on_body({"total": Match.at_least(1)}))
    events.add_email("ops@example.com")
    events.admit("s3.amazonaws.com", source_arn="arn:aws:s3:::uploads")
    events.protect_data(refuse=["CreditCardNumber", "Ssn-US"], mask=["EmailAddress"])
    ordered = a_topic(stack, "Ordered", fifo=Fifo(content_based_deduplication=True))
    ordered.add_queue(a_queue(stack, "Ledger", fifo=Fifo()))
    events.grant_publish(ComposedRole(stack, "Shop", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test"))
    found = findings(stack)
    return Made(synth(stack), events, found)


def subscription(template: Template, protocol: str) -> dict[str, Any]:
    (found,) = [
        one["Properties"]
        for name, one in template.of_type("AWS::SNS::Subscription").items()
        if one["Properties"]["Protocol"] == protocol and "Ledger" not in name
    ]
    return cast("dict[str, Any]", found)


# -- always ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-4")
@pytest.mark.control("SEC-8")
@pytest.mark.parametrize("flags", [None, {}], ids=["flags", "no flags"])
def test_a_topic_is_encrypted_signed_and_tls_only(flags: dict[str, Any] | None) -> None:
    stack = new_stack(new_app(flags=flags))
    a_topic(stack)
    template = synth(stack)
    topic = template.props("AWS::SNS::Topic")
    (key,) = template.of_type("AWS::KMS::Key")
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    assert topic["SignatureVersion"] == "2"
    assert {"Key": "data-class", "Value": "confidential"} in topic["Tags"]
    (denied,) = template.props("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Action"], denied["Principal"]) == ("Deny", "sns:Publish", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    dead = template.one("AWS::SQS::Queue")
    assert dead["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert dead["Properties"]["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}
    assert dead["UpdateReplacePolicy"] == "Retain"


@pytest.mark.control("STORE-4")
def test_fifo_topics_keep_order_up_to_the_dead_letters(made: Made) -> None:
    topic = made.template.props("AWS::SNS::Topic", "Ordered")
    assert topic["TopicName"].endswith(".fifo")
    assert (topic["FifoTopic"], topic["ContentBasedDeduplication"], topic["FifoThroughputScope"]) == (True, True, "MessageGroup")
    assert made.template.props("AWS::SQS::Queue", "OrderedUndelivered")["FifoQueue"] is True
    assert "FifoQueue" not in made.template.props("AWS::SQS::Queue", "EventsUndelivered")
    slow = new_stack()
    a_topic(slow, fifo=Fifo(high_throughput=False))
    assert synth(slow).props("AWS::SNS::Topic")["FifoThroughputScope"] == "Topic"


@pytest.mark.control("STORE-4")
def test_deliveries_are_logged_to_groups_of_ours(made: Made) -> None:
    logging = made.template.props("AWS::SNS::Topic", "Events")["DeliveryStatusLogging"]
    assert {one["Protocol"]: one["SuccessFeedbackSampleRate"] for one in logging} == {"sqs": "5", "http/s": "5"}
    assert all(one["FailureFeedbackRoleArn"] == one["SuccessFeedbackRoleArn"] for one in logging)
    groups = {name: one for name, one in made.template.of_type("AWS::Logs::LogGroup").items() if "Events" in name}
    names = sorted(
        "".join(part if isinstance(part, str) else "*" for part in one["Properties"]["LogGroupName"]["Fn::Join"][1])
        for one in groups.values()
    )
    assert names == ["sns/*/*/*", "sns/*/*/*/Failure"]
    assert all(one["Properties"]["RetentionInDays"] == 30 and one["Properties"]["KmsKeyId"] for one in groups.values())
    (statement,) = made.template.props("AWS::IAM::ManagedPolicy", "EventsDeliveryLogsRole")["PolicyDocument"]["Statement"]
    assert sorted(statement["Resource"], key=str) == sorted(({"Fn::GetAtt": [name, "Arn"]} for name in groups), key=str)


@pytest.mark.control("STORE-4")
def test_every_subscription_has_dead_letters(made: Made) -> None:
    subscriptions = made.template.of_type("AWS::SNS::Subscription").values()
    assert len(subscriptions) == 4
    assert all("Undelivered" in json.dumps(one["Properties"]["RedrivePolicy"]) for one in subscriptions)
    queue, https, email = (subscription(made.template, protocol) for protocol in ("sqs", "https", "email"))
    assert (queue["RawMessageDelivery"], queue["FilterPolicyScope"], queue["FilterPolicy"]) == (
        True,
        "MessageAttributes",
        {"kind": ["placed"]},
    )
    assert (https["FilterPolicyScope"], https["FilterPolicy"]) == ("MessageBody", {"total": [{"numeric": [">=", 1]}]})
    retries = https["DeliveryPolicy"]["healthyRetryPolicy"]
    assert retries["numRetries"] == 25
    assert retries["numNoDelayRetries"] + retries["numMinDelayRetries"] + retries["numMaxDelayRetries"] <= retries["numRetries"]
    assert email["Endpoint"] == "ops@example.com"
    assert "FilterPolicy" not in email


def test_data_protection_refuses_and_masks(made: Made) -> None:
    policy = made.template.props("AWS::SNS::Topic", "Events")["DataProtectionPolicy"]
    refuse, mask = policy["Statement"]
    assert (policy["Version"], refuse["DataDirection"], mask["DataDirection"]) == ("2021-06-01", "Inbound", "Outbound")
    assert refuse["Operation"] == {"Deny": {}}
    assert mask["Operation"] == {"Deidentify": {"MaskConfig": {"MaskWithCharacter": "#"}}}
    assert [arn["Fn::Join"][1][-1] for arn in refuse["DataIdentifier"]] == [
        f":dataprotection::aws:data-identifier/{name}" for name in ("CreditCardNumber", "Ssn-US")
    ]
    assert "DataProtectionPolicy" not in made.template.props("AWS::SNS::Topic", "Ordered")


# -- posture ---------------------------------------------------------------------------------------------------------


def test_logs_follow_the_posture() -> None:
    stack = new_stack()
    a_topic(stack, posture=replace(POSTURE, delivery_sample_percent=100, log_retention=timedelta(days=90)))
    template = synth(stack)
    assert {one["SuccessFeedbackSampleRate"] for one in template.props("AWS::SNS::Topic")["DeliveryStatusLogging"]} == {"100"}
    assert {one["Properties"]["RetentionInDays"] for one in template.of_type("AWS::Logs::LogGroup").values()} == {90}


# -- refuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"data_class": None}, r"Stack/Events: data_class: got None; allowed: the class of the data it holds"),
        ({"display_name": "x" * 101}, r"Stack/Events: display_name: got 'x+'; allowed: 1 to 100 characters; shorten it"),
        (
            {"data_class": replace(DATA, retention=timedelta(days=7), archive_after=None)},
            r"Stack/Events: data_class: .*data that may be kept 14 days, as dead letters are",
        ),
        ({"posture": replace(POSTURE, allowed_regions=("eu-central-1",))}, r"Stack/Events: got 'us-east-1'; allowed: eu-central-1"),
    ],
)
def test_refuses(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        a_topic(new_stack(), **changed)


@pytest.mark.parametrize("endpoint", ["http://example.com", "https://localhost", "example.com", "https://exa mple.com/"])
def test_only_https_endpoints(endpoint: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Events: add_https: got '.*'; allowed: an https:// address with a domain name; correct the address; plain",
    ):
        a_topic(new_stack()).add_https(endpoint)


@pytest.mark.parametrize("address", ["ops", "ops@example", "http://example.com", "a b@example.com", "mailto:ops@example.com/"])
def test_only_e_mail_addresses(address: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"Stack/Events: add_email: got '.*'; allowed: an e-mail address: ops@example.com; correct"
    ):
        a_topic(new_stack()).add_email(address)


def test_order_does_not_end_at_a_queue() -> None:
    stack = new_stack()
    standard, ordered = a_topic(stack), a_topic(stack, "Ordered", fifo=Fifo())
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Ordered: add_queue: got 'standard queue Stack/Plain on a FIFO topic'; allowed: FIFO on FIFO and standard on standard: "
        r".*; make the queue with fifo=Fifo\(\)",
    ):
        ordered.add_queue(a_queue(stack, "Plain"))
    with pytest.raises(
        ConfigurationError, match=r"got 'FIFO queue Stack/Sorted on a standard topic'; .*; make the topic with fifo=Fifo\(\)"
    ):
        standard.add_queue(a_queue(stack, "Sorted", fifo=Fifo()))
    for verb, argument in (("add_https", "https://example.com"), ("add_email", "ops@example.com")):
        with pytest.raises(
            ConfigurationError, match=rf"Stack/Ordered: {verb}: got 'a FIFO topic'; allowed: a standard topic: SNS delivers"
        ):
            getattr(ordered, verb)(argument)


def test_a_queue_of_another_region_is_refused() -> None:
    app = new_app()
    topic = a_topic(new_stack(app, "East"))
    with pytest.raises(
        ConfigurationError, match=r"East/Events: add_queue: got 'West/Orders in us-west-2'; allowed: a queue in us-east-1: a dead-"
    ):
        topic.add_queue(a_queue(new_stack(app, "West", region=SECOND_REGION)))


@pytest.mark.parametrize(
    ("changed", "named", "message"),
    [
        ({"fifo": Fifo()}, {"refuse": ["Name"]}, r"protect_data: got 'a FIFO topic'; allowed: a standard topic"),
        ({}, {}, r"protect_data: got \{'refuse': \[\], 'mask': \[\]\}; allowed: names of managed data identifiers, each once"),
        (
            {},
            {"refuse": ["credit card"]},
            r"allowed: names of managed data identifiers, each once: CreditCardNumber, Ssn-US; name what must not",
        ),
        ({}, {"refuse": ["Name"], "mask": ["Name"]}, r"each once"),
    ],
)
def test_data_protection_refuses_what_sns_would(changed: dict[str, Any], named: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        a_topic(new_stack(), **changed).protect_data(**named)


def test_data_protection_once() -> None:
    topic = a_topic(new_stack())
    topic.protect_data(mask=["Name"])
    with pytest.raises(
        ConfigurationError, match=r"protect_data: got 'a second call'; allowed: one policy for a topic; name all identifiers"
    ):
        topic.protect_data(mask=["Name"])


# -- reach -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-4")
@pytest.mark.control("SEC-1")
def test_sns_reaches_the_queue_and_its_key_for_this_topic_only(made: Made) -> None:
    (topic,) = [name for name in made.template.of_type("AWS::SNS::Topic") if "Events" in name]
    condition = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}, "ArnEquals": {"aws:SourceArn": {"Ref": topic}}}
    _, queue = made.template.props("AWS::SQS::QueuePolicy", "OrdersQueue")["PolicyDocument"]["Statement"]
    assert (queue["Principal"], queue["Action"], queue["Condition"]) == ({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", condition)
    _, key = made.template.props("AWS::KMS::Key", "OrdersKey")["KeyPolicy"]["Statement"]
    assert (key["Principal"], key["Action"], key["Condition"]) == (
        {"Service": "sns.amazonaws.com"},
        ["kms:Decrypt", "kms:GenerateDataKey"],
        condition,
    )
    _, dead = made.template.props("AWS::SQS::QueuePolicy", "EventsUndelivered")["PolicyDocument"]["Statement"]
    assert dead["Condition"] == condition
    _, publisher = made.template.props("AWS::SNS::TopicPolicy", "Events")["PolicyDocument"]["Statement"]
    assert (publisher["Principal"], publisher["Condition"]["ArnEquals"]) == (
        {"Service": "s3.amazonaws.com"},
        {"aws:SourceArn": "arn:aws:s3:::uploads"},
    )


def refers(value: Any) -> set[str]:
    """Logical ids that *value* refers to."""
    if isinstance(value, dict):
        if set(value) == {"Ref"}:
            return {value["Ref"]}
        if set(value) == {"Fn::GetAtt"}:
            return {value["Fn::GetAtt"][0]}
        return set().union(*(refers(one) for one in value.values())) if value else set()
    return set().union(*(refers(one) for one in value)) if isinstance(value, list) and value else set()


@pytest.mark.parametrize("shared", [True, False], ids=["one key", "own keys"])
def test_no_circle_even_with_one_key_for_both(shared: bool) -> None:
    stack = new_stack()
    key = {"encryption_key": DataKey(stack, "Shared", description="test").key} if shared else {}
    a_topic(stack, **key).add_queue(a_queue(stack, **key))
    resources = synth(stack).resources
    left = {name: (refers(one.get("Properties", {})) | set(one.get("DependsOn", ()))) & set(resources) for name, one in resources.items()}
    while free := {name for name, needs in left.items() if not needs}:
        left = {name: needs - free for name, needs in left.items() if name not in free}
    assert left == {}, "CloudFormation could not order these"


def test_a_queue_of_another_stack_is_subscribed_there() -> None:
    app = new_app()
    near, far = new_stack(app, "Near"), new_stack(app, "Far")
    a_topic(near).add_queue(a_queue(far))
    templates = synth_all(app)
    assert not templates["Near"].of_type("AWS::SNS::Subscription")
    assert len(templates["Far"].of_type("AWS::SNS::Subscription")) == 1


@pytest.mark.control("SEC-1")
def test_publishing_is_granted_with_the_key(made: Made) -> None:
    statements = made.template.props("AWS::IAM::ManagedPolicy", "ShopPolicy")["PolicyDocument"]["Statement"]
    actions = [action for one in statements for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])]
    assert {"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"} <= set(actions)
    assert not [action for action in actions if "*" in action]


@pytest.mark.control("STORE-3")
def test_a_service_connects_to_two_queues() -> None:
    stack = new_stack()
    service = WebService(stack, "Web", vpc=a_vpc(stack), image=ecs.ContainerImage.from_registry(IMAGE), posture=PRODUCTION.compute)
    for name in ("Orders", "Mails"):
        queue = a_queue(stack, name)
        service.connect_to(queue)
        queue.grant_send(service)
    (container,) = synth(stack).props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    names = {one["Name"] for one in container["Secrets"]}
    assert {"ORDERS_QUEUE_URL", "ORDERS_QUEUE_REGION", "MAILS_QUEUE_URL", "MAILS_QUEUE_REGION"} <= names


# -- wakes -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-4")
def test_what_wakes_somebody(made: Made) -> None:
    specs = {spec.id: spec for spec in made.events.alarm_specs}
    assert {name: spec.severity for name, spec in specs.items()} == {
        "DeliveryFailed": Severity.WARNING,
        "UndeliveredMessages": Severity.CRITICAL,
        "MessagesLost": Severity.CRITICAL,
        "FilterCannotRead": Severity.WARNING,
    }
    metrics = json.dumps([str(spec.metric) for spec in specs.values()])
    for name in (
        "NumberOfNotificationsFailed",
        "NumberOfNotificationsFailedToRedriveToDlq",
        "NumberOfNotificationsFilteredOut-InvalidAttributes",
        "NumberOfNotificationsFilteredOut-InvalidMessageBody",
    ):
        assert f"'{name}'" in metrics
    # SQS moves dead letters of queues only: this runbook must not promise it.
    assert "start-message-move-task" not in str(specs["UndeliveredMessages"].runbook)
    assert len(made.events.graphs) == 2


# -- clean and bent --------------------------------------------------------------------------------------------------


def test_clean_but_for_dead_letters_without_dead_letters(made: Made) -> None:
    assert made.findings == [
        "AwsSolutions-SQS3 @ Stack/Events/Undelivered/Resource",
        "AwsSolutions-SQS3 @ Stack/Ordered/Undelivered/Resource",
        "Serverless-SQSRedrivePolicy @ Stack/Events/Undelivered/Resource",
        "Serverless-SQSRedrivePolicy @ Stack/Ledger/DeadLetters/Resource",
        "Serverless-SQSRedrivePolicy @ Stack/Ordered/Undelivered/Resource",
        "Serverless-SQSRedrivePolicy @ Stack/Orders/DeadLetters/Resource",
    ]


def test_bent_it_is_found() -> None:
    stack = new_stack()
    topic = a_topic(stack)
    made = topic.add_queue(a_queue(stack))
    made.redrive_policy = None
    cast("sns.CfnTopic", topic.topic.node.default_child).kms_master_key_id = None
    topic.topic.node.try_remove_child("Policy")
    found = findings(stack)
    assert len([one for one in found if one.startswith("Serverless-SNSRedrivePolicy @ Stack/Orders/From")]) == 1
    assert {"AwsSolutions-SNS3 @ Stack/Events/Topic/Resource", "NIST.800.53.R5-SNSEncryptedKMS @ Stack/Events/Topic/Resource"} <= set(found)


def test_messages_to_the_kernel() -> None:
    stack = new_stack()
    a_topic(stack, "First").add_queue(a_queue(stack, "FirstQueue"))
    queue: ReliableQueue = a_queue(stack, "SecondQueue")
    with counted() as counts:
        second = a_topic(stack, "Second")
    assert total(counts) <= 36, counts
    with counted() as counts:
        second.add_queue(queue)
    assert total(counts) <= 9, counts
    with counted() as counts:
        assert second.alarm_specs and second.graphs  # noqa: PT018
    assert total(counts) == 0
