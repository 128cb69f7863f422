"""Routes: two encrypted topics, who may publish, who hears of it, and what happens to an alert nobody took."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import aws_kms as kms

from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Routes
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth, synth_in

CRITICAL = ("https://events.pagerduty.example.com/integration/abc/enqueue", "oncall@example.com")
WARNING = ("team@example.com",)
PUBLISHERS = [
    "backup.amazonaws.com",
    "budgets.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "costalerts.amazonaws.com",
    "events.rds.amazonaws.com",
]


def routes(stack: Any, **changes: Any) -> Routes:
    return Routes(stack, "Routes", **{"posture": PRODUCTION.monitoring, "critical": CRITICAL, "warning": WARNING, **changes})


@pytest.fixture(scope="module")
def built() -> tuple[Routes, Template, list[str]]:
    stack = new_stack()
    made = routes(stack)
    return made, synth(stack), findings(stack)


@pytest.fixture(scope="module")
def template(built: tuple[Routes, Template, list[str]]) -> Template:
    return built[1]


def _services(statement: dict[str, Any]) -> list[str]:
    services = statement["Principal"]["Service"]
    return sorted(services if isinstance(services, list) else [services])


@pytest.mark.control("OPS-1", "STORE-4")
def test_both_topics_are_encrypted_with_one_rotating_customer_key(template: Template) -> None:
    key = template.one("AWS::KMS::Key")
    assert key["Properties"]["EnableKeyRotation"] is True
    topics = template.of_type("AWS::SNS::Topic")
    assert len(topics) == 2
    assert all("KmsMasterKeyId" in topic["Properties"] for topic in topics.values())


@pytest.mark.control("STORE-4")
def test_topics_and_dead_letters_take_tls_only(template: Template) -> None:
    for kind in ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"):
        for policy in template.of_type(kind).values():
            statements = policy["Properties"]["PolicyDocument"]["Statement"]
            denied = [s for s in statements if s["Effect"] == "Deny" and s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}]
            assert len(denied) == 1


@pytest.mark.control("OPS-1", "SEC-1")
def test_only_alerting_services_of_this_account_publish(template: Template) -> None:
    for policy in template.of_type("AWS::SNS::TopicPolicy").values():
        allowed = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
        (statement,) = allowed
        assert _services(statement) == PUBLISHERS
        assert statement["Action"] == "sns:Publish"
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.control("OPS-1")
def test_the_key_admits_the_publishers_and_the_dead_letter_senders_of_this_account(template: Template) -> None:
    statements = template.props("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (services,) = [s for s in statements if "Service" in s["Principal"]]
    assert _services(services) == sorted([*PUBLISHERS, "events.amazonaws.com", "sns.amazonaws.com"])
    assert services["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert "aws:SourceAccount" in services["Condition"]["StringEquals"]


@pytest.mark.control("OPS-1")
def test_event_rules_publish_with_a_role_because_eventbridge_ignores_topic_conditions(template: Template) -> None:
    role = template.one("AWS::IAM::Role", "EventRole")["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert role["Principal"] == {"Service": "events.amazonaws.com"}
    assert "aws:SourceAccount" in role["Condition"]["StringEquals"]
    statements = template.props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    publish = next(s for s in statements if s["Action"] == "sns:Publish")
    assert len(publish["Resource"]) == 2


@pytest.mark.control("OPS-1")
def test_every_address_is_subscribed_by_its_protocol_with_a_dead_letter_queue(template: Template) -> None:
    subscriptions = [s["Properties"] for s in template.of_type("AWS::SNS::Subscription").values()]
    assert sorted((s["Protocol"], s["Endpoint"]) for s in subscriptions) == [
        ("email", "oncall@example.com"),
        ("email", "team@example.com"),
        ("https", CRITICAL[0]),
    ]
    queue = next(iter(template.of_type("AWS::SQS::Queue")))
    assert all(s["RedrivePolicy"] == {"deadLetterTargetArn": {"Fn::GetAtt": [queue, "Arn"]}} for s in subscriptions)
    (webhook,) = [s for s in subscriptions if s["Protocol"] == "https"]
    retries = webhook["DeliveryPolicy"]["healthyRetryPolicy"]
    assert retries["numRetries"] > retries["numMinDelayRetries"] + retries["numMaxDelayRetries"] + retries["numNoDelayRetries"]
    assert retries["backoffFunction"] == "exponential"
    longest = retries["numRetries"] * retries["maxDelayTarget"]
    assert longest <= 3600, "SNS refuses more than an hour of retries"
    assert retries["numMaxDelayRetries"] * retries["maxDelayTarget"] > 1800, "a pager may be away for half an hour"


@pytest.mark.control("OPS-1")
def test_what_nobody_took_is_kept_encrypted_for_the_longest_time(template: Template) -> None:
    queue = template.props("AWS::SQS::Queue")
    assert queue["MessageRetentionPeriod"] == 14 * 86_400
    assert "KmsMasterKeyId" in queue
    statements = template.props("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    (senders,) = [s for s in statements if s["Effect"] == "Allow"]
    assert _services(senders) == ["events.amazonaws.com", "sns.amazonaws.com"]
    assert senders["Action"] == "sqs:SendMessage"
    assert "aws:SourceAccount" in senders["Condition"]["StringEquals"]


def test_a_new_address_changes_no_other_subscription(template: Template) -> None:
    more = synth_in(lambda stack: routes(stack, critical=("new@example.com", *CRITICAL)))
    assert set(template.of_type("AWS::SNS::Subscription")) < set(more.of_type("AWS::SNS::Subscription"))


@pytest.mark.control("OPS-1")
def test_own_key_is_used_and_admits_the_publishers() -> None:
    template = synth_in(lambda stack: routes(stack, encryption_key=kms.Key(stack, "Own")))
    assert list(template.of_type("AWS::KMS::Key")) == [next(name for name in template.of_type("AWS::KMS::Key") if name.startswith("Own"))]
    assert "cloudwatch.amazonaws.com" in str(template.props("AWS::KMS::Key")["KeyPolicy"])


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"critical": ()},
            r"^Stack/Routes: critical: got \[\]; allowed: at least one address, because posture.page_on_critical is set; add the pager's",
        ),
        (
            {"critical": ("http://pager.example.com",)},
            r"critical: got 'http://pager.example.com'; allowed: an e-mail address \(ops@example.com\) or an https:// address; correct",
        ),
        ({"warning": ("nobody",)}, r"^Stack/Routes: warning: got 'nobody'; allowed: an e-mail address .* or an https:// address; correct"),
        (
            {"warning": ("a@example.com", "a@example.com")},
            r"warning: got 'a@example.com'; allowed: each address once; remove the second one",
        ),
        ({"warning": ("@example.com",)}, r"got '@example.com'; allowed: an e-mail address"),
        ({"warning": ("https://",)}, r"got 'https://'; allowed: an e-mail address"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        routes(new_stack(), **changes)


@pytest.mark.control("OPS-1", "LIB-2")
@pytest.mark.parametrize(
    "address",
    [
        *("", "ops", "ops@", "@example.com", "ops@example", "ops@example.c-", "ops@-example.com", "ops@exa mple.com", "ops@example..com"),
        *(".ops@example.com", "ops.@example.com", "o..ps@example.com", "ops,team@example.com", "<ops@example.com>", "ops@example.com "),
        *("mailto:ops@example.com", f"{'o' * 65}@example.com", f"ops@{'e' * 64}.com", f"ops@{'e.' * 127}com", "ops@127.0.0.1"),
        *("https://", "https://example", "https://-a.example.com/x", "https://a..example.com/x", "https:///x", "HTTPS//a.example.com"),
        *("https://user:word@a.example.com/x", "https://a.example.com:0/x", "https://a.example.com:65536/x", "https://a.example.com:/x"),
        *(
            "https://a.example.com/a b",
            "https://a.example.com/\u00e4",
            "https://203.0.113.5/x",
            "http://a.example.com/x",
            "ftp://a.example.com",
        ),
    ],
)
def test_refuses_what_nobody_could_reach(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        routes(new_stack(), critical=(address,))
    assert str(refused.value) == (
        f"Stack/Routes: critical: got {address!r}; allowed: an e-mail address (ops@example.com) or an https:// address; "
        "correct the address; plain http would send alerts in the clear"
    )


@pytest.mark.control("OPS-1", "LIB-2")
def test_refuses_a_text_in_place_of_a_list() -> None:
    message = r"Stack/Routes: critical: got 'o'; allowed: a list of addresses; put the address into brackets: \[\.\.\.\]$"
    with pytest.raises(ConfigurationError, match=message):
        routes(new_stack(), critical="ops@example.com")


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize(
    ("address", "protocol"),
    [
        *((f"{local}@example.com", "email") for local in ("ops", "on-call+shop", "o'neil", "first.last", "o" * 64)),
        *((f"ops@{host}", "email") for host in ("shop.example.co.uk", "xn--mnchen-3ya.example", "a.xn--p1ai", "1st.example")),
        *((f"https://a.example.com{rest}", "https") for rest in ("", "/", ":8443/hook", "?key=1", "/a/b?c=d&e=%20#f", ":65535")),
    ],
)
def test_takes_what_people_have(address: str, protocol: str) -> None:
    template = synth_in(lambda stack: routes(stack, critical=(address,), warning=()))
    assert [
        (one["Properties"]["Endpoint"], one["Properties"]["Protocol"]) for one in template.of_type("AWS::SNS::Subscription").values()
    ] == [(address, protocol)]


def test_a_posture_that_pages_nobody_needs_no_critical_address() -> None:
    template = synth_in(lambda stack: routes(stack, posture=STAGING.monitoring, critical=()))
    assert len(template.of_type("AWS::SNS::Subscription")) == 1


@pytest.mark.control("OPS-1", "OPS-2")
def test_a_lost_alert_is_told_by_the_other_route(built: tuple[Routes, Template, list[str]]) -> None:
    made = built[0]
    specs = {spec.id: spec for spec in made.alarm_specs}
    assert specs["CriticalUndelivered"].severity is Severity.WARNING
    assert specs["WarningUndelivered"].severity is Severity.CRITICAL
    assert specs["AlertsInDeadLetters"].severity is Severity.CRITICAL
    assert all(isinstance(spec, AlarmSpec) and spec.missing_data == "notBreaching" for spec in specs.values())
    assert len(made.graphs) == 2


@pytest.mark.control("STORE-3")
def test_no_queue_mixes_its_dead_letters_with_lost_alerts(built: tuple[Routes, Template, list[str]]) -> None:
    assert built[1].props("AWS::SQS::Queue")["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}


def test_topic_for_severity(built: tuple[Routes, Template, list[str]]) -> None:
    made = built[0]
    assert made.topic_for(Severity.CRITICAL) is made.critical_topic
    assert made.topic_for(Severity.WARNING) is made.warning_topic


def test_the_only_findings_are_the_dead_letter_queue_without_its_own(built: tuple[Routes, Template, list[str]]) -> None:
    assert built[2] == [
        "AwsSolutions-SQS3 @ Stack/Routes/Undelivered/Resource",
        "Serverless-SQSRedrivePolicy @ Stack/Routes/Undelivered/Resource",
    ]
    template = built[1]
    waived = [entry["data"]["rule"] for entries in template.metadata.values() for entry in entries if entry["type"] == "prodready:waiver"]
    assert sorted(waived) == ["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"]


def test_same_without_feature_flags() -> None:
    template = synth_in(routes, flags={})
    assert len(template.of_type("AWS::SNS::Topic")) == 2
    assert not template.of_type("AWS::IAM::Policy")


def test_watchable_and_its_page_on_critical_follow_the_posture() -> None:
    quiet = replace(PRODUCTION.monitoring, page_on_critical=False)
    template = synth_in(lambda stack: routes(stack, posture=quiet, critical=()))
    assert template.recorded("Routes")[0]["watchable"] is True
