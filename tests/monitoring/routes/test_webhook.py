"""Webhook: what stands around the code, who may do what, what wakes someone and by which way, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.compliance import guard
from prodready_constructs.contracts import SecretField, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Dashboard, PagerDuty, Routes, Watch, Webhook
from prodready_constructs.posture import PRODUCTION
from prodready_constructs.security import AppSecret
from tests.edge.parts import a_private_vpc
from tests.support.aws_cli import faults
from tests.support.messages import at_most, begun_stack
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in

WAIVED = [
    "AwsSolutions-IAM5[Resource::*] @ Stack/Chat/Role/Policy/Resource",
    "HIPAA.Security-DynamoDBInBackupPlan @ Stack/Chat/Memory",
    "NIST.800.53.R4-DynamoDBInBackupPlan @ Stack/Chat/Memory",
    "NIST.800.53.R5-DynamoDBInBackupPlan @ Stack/Chat/Memory",
]


def a_routes(stack: cdk.Stack) -> Routes:
    return Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))


def a_secret(stack: cdk.Stack) -> AppSecret:
    return AppSecret(stack, "Url", name="shop/production/chat", description="The chat channel's webhook", length=None)


def webhook(stack: cdk.Stack, **changes: Any) -> Webhook:
    given: dict[str, Any] = {"posture": PRODUCTION.monitoring, "kind": "SLACK", "failures_to": ["boss@example.com"], **changes}
    given.setdefault("routes", None)
    given["routes"] = given["routes"] or a_routes(stack)
    given["url"] = given.get("url") or a_secret(stack).secret
    given["vpc"] = given.get("vpc") or a_private_vpc(stack)
    return Webhook(stack, "Chat", **given)


@pytest.fixture(scope="module")
def built() -> tuple[Webhook, Template, list[str]]:
    stack = new_stack()
    made = webhook(stack)
    made.link_dashboard("https://console.aws.amazon.com/cloudwatch/home#dashboards/dashboard/Shop")
    Watch(stack, "Watch", routes=stack.node.find_child("Routes"), watching=[made], runbook_base_url="https://runbooks.example.com")
    return made, synth(stack), findings(stack)


@pytest.fixture(scope="module")
def template(built: tuple[Webhook, Template, list[str]]) -> Template:
    return built[1]


def heard(template: Template, protocol: str) -> dict[str, dict[str, Any]]:
    found = template.of_type("AWS::SNS::Subscription")
    return {name: one["Properties"] for name, one in found.items() if one["Properties"]["Protocol"] == protocol}


def the_function(template: Template) -> dict[str, Any]:
    return template.props("AWS::Lambda::Function")


@pytest.mark.control("OPS-1")
def test_it_hears_both_topics_and_an_alert_it_does_not_get_is_kept(template: Template) -> None:
    heard_by_function = heard(template, "lambda")
    assert {name[:12] for name in heard_by_function} == {"ChatCritical", "ChatWarningA"}
    for one in heard_by_function.values():
        assert "Undelivered" in json.dumps(one["RedrivePolicy"])
    permissions = template.of_type("AWS::Lambda::Permission")
    assert len(permissions) == 2
    for permission in permissions.values():
        assert permission["Properties"]["Principal"] == "sns.amazonaws.com"
        assert permission["Properties"]["SourceArn"]
        assert permission["Properties"]["SourceAccount"] == {"Ref": "AWS::AccountId"}


@pytest.mark.control("OPS-1")
def test_a_failed_alert_is_tried_for_half_an_hour_then_told_and_kept(template: Template) -> None:
    retries = template.props("AWS::Lambda::EventInvokeConfig")
    assert (retries["MaximumRetryAttempts"], retries["MaximumEventAgeInSeconds"]) == (2, 1800)
    assert "Undelivered" in json.dumps(retries["DestinationConfig"]["OnFailure"])
    assert "ChatFailures" in json.dumps(the_function(template)["DeadLetterConfig"])


@pytest.mark.control("OPS-1")
def test_people_hear_of_failures_by_a_topic_that_the_webhook_does_not_serve(template: Template) -> None:
    (mail,) = [one for one in heard(template, "email").values() if one["Endpoint"] == "boss@example.com"]
    assert "ChatFailures" in json.dumps(mail["TopicArn"])
    assert not [one for one in heard(template, "lambda").values() if "ChatFailures" in json.dumps(one["TopicArn"])]


@pytest.mark.control("SEC-2")
def test_the_address_is_nowhere_in_the_template_and_read_by_the_function_alone(template: Template) -> None:
    settings = the_function(template)["Environment"]["Variables"]
    assert settings["KIND"] == "SLACK"
    assert settings["HOSTS"] == "hooks.slack.com,hooks.slack-gov.com"
    assert "UrlSecret" in json.dumps(settings["SECRET_ARN"])
    statements = [
        statement
        for policy in template.of_type("AWS::IAM::ManagedPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
    ]
    (reads,) = statements
    assert reads["Effect"] == "Allow"
    assert "UrlSecret" in json.dumps(reads["Resource"])


@pytest.mark.control("SEC-1")
def test_what_the_function_may_do(template: Template) -> None:
    (policy,) = [one for name, one in template.of_type("AWS::IAM::ManagedPolicy").items() if name.startswith("ChatRole")]
    actions = {
        action
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if not action.startswith(("ec2:", "xray:", "logs:"))
    }
    assert actions == {
        *("dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt", "kms:GenerateDataKey"),
        *("secretsmanager:GetSecretValue", "sns:Publish", "sqs:SendMessage"),
    }


def test_one_at_a_time_in_a_private_subnet_out_by_https_alone(template: Template) -> None:
    function = the_function(template)
    assert function["ReservedConcurrentExecutions"] == 1
    assert function["Timeout"] == 120
    assert function["VpcConfig"]["SubnetIds"]
    groups = template.of_type("AWS::EC2::SecurityGroup")
    (group,) = [one["Properties"] for name, one in groups.items() if name.startswith("Chat")]
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]] == [(443, 443)]
    assert "SecurityGroupIngress" not in group


def test_its_memory_is_small_encrypted_and_forgets(template: Template) -> None:
    table = template.one("AWS::DynamoDB::Table")
    props = table["Properties"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"], props["DeletionProtectionEnabled"]) == ("Retain", "Retain", True)
    assert props["BillingMode"] == "PAY_PER_REQUEST"
    assert props["SSESpecification"]["SSEType"] == "KMS"
    assert props["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_only_alarms_of_this_account_publish_its_failures(template: Template) -> None:
    (policy,) = [one for name, one in template.of_type("AWS::SNS::TopicPolicy").items() if name.startswith("ChatFailures")]
    allowed = [one for one in policy["Properties"]["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    (statement,) = allowed
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_code_is_what_was_tested(template: Template) -> None:
    assert the_function(template)["Handler"] == "webhook.index.handler"


def test_the_asset_holds_the_five_files_and_nothing_else(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    webhook(cdk.Stack(app, "Stack"))
    app.synth()
    names = {path.name for folder in tmp_path.glob("asset.*/webhook") for path in folder.iterdir()}
    assert names == {"cards.py", "index.py", "memory.py", "notices.py", "post.py"}


@pytest.mark.control("OPS-1", "OPS-2")
def test_what_wakes_someone_goes_another_way(built: tuple[Webhook, Template, list[str]]) -> None:
    made, template, _ = built
    specs = {spec.id: spec for spec in made.alarm_specs}
    assert {name: spec.severity for name, spec in specs.items()} == {
        "AlertsNotTaken": Severity.CRITICAL,
        "AlertsLost": Severity.CRITICAL,
        "WebhookFailing": Severity.WARNING,
        "AlertsLate": Severity.WARNING,
    }
    assert all(spec.missing_data == "notBreaching" for spec in specs.values())
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == 4
    for alarm in alarms.values():
        for actions in ("AlarmActions", "OKActions"):
            (told,) = alarm["Properties"][actions]
            assert told["Ref"].startswith("ChatFailures")
    assert len(made.graphs) == 2


@pytest.mark.control("OPS-3")
def test_first_commands_exist(built: tuple[Webhook, Template, list[str]]) -> None:
    for spec in built[0].alarm_specs:
        for command in spec.runbook.first_commands:
            assert not list(faults(command)), command


@pytest.mark.control("GOV-3")
def test_the_only_findings_are_waived_with_a_reason(built: tuple[Webhook, Template, list[str]]) -> None:
    _, template, found = built
    assert [finding for finding in found if "/Chat/" in finding] == WAIVED
    waived = {
        entry["data"]["rule"]
        for path, entries in template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver" and "/Chat/" in path
    }
    assert waived == {finding.split(" @ ")[0] for finding in WAIVED}


def test_the_posture_decides_how_long_logs_and_alerts_are_kept() -> None:
    posture = replace(PRODUCTION.monitoring, webhook_log_retention=timedelta(days=7), repeats_held_back=timedelta(hours=2))
    template = synth_in(lambda stack: webhook(stack, posture=posture))
    assert the_function(template)["Environment"]["Variables"]["WINDOW_SECONDS"] == "7200"
    assert template.props("AWS::Logs::LogGroup")["RetentionInDays"] == 7


@pytest.mark.parametrize("field", ["webhook_log_retention", "repeats_held_back"])
def test_a_posture_out_of_bounds_is_refused(field: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^MonitoringPosture.{field}: got '4000 days'; allowed: "):
        replace(PRODUCTION.monitoring, **{field: timedelta(days=4000)})


def test_it_may_hear_one_severity_and_read_a_field() -> None:
    def build(stack: cdk.Stack) -> None:
        url = SecretField(secret=secretsmanager.Secret(stack, "Json"), field="url")
        webhook(stack, kind="TEAMS", hears=(Severity.WARNING,), url=url, failures_to=[PagerDuty(integration_key="a1" * 16)])

    template = synth_in(build)
    settings = the_function(template)["Environment"]["Variables"]
    assert (settings["SECRET_FIELD"], settings["HOSTS"]) == ("url", "logic.azure.com,api.powerplatform.com")
    assert len(heard(template, "lambda")) == 1
    assert "critical" not in json.dumps(settings["SEVERITIES"]).lower().replace("routescritical", "")
    (pager,) = heard(template, "https").values()
    assert pager["Endpoint"] == f"https://events.pagerduty.com/integration/{'a1' * 16}/enqueue"


def test_your_own_key_is_used() -> None:
    template = synth_in(lambda stack: webhook(stack, encryption_key=kms.Key(stack, "Own")))
    assert not [name for name in template.of_type("AWS::KMS::Key") if name.startswith("Chat")]


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "IRC"}, r"^Stack/Chat: kind: got 'IRC'; allowed: one of SLACK, TEAMS, DISCORD, JSON; use 'JSON' for a program of yours"),
        ({"hears": ()}, r"^Stack/Chat: hears: got \[\]; allowed: Severity.CRITICAL, Severity.WARNING or both, each once; leave it out"),
        ({"hears": (Severity.WARNING,) * 2}, r"^Stack/Chat: hears: got \['warning', 'warning'\]; allowed: .* each once"),
        ({"failures_to": []}, r"^Stack/Chat: failures_to: got \[\]; allowed: at least one address: a webhook that fails cannot say so"),
        ({"failures_to": ["http://x.example.com"]}, r"^Stack/Chat: failures_to: got 'http://x.example.com'; allowed: an e-mail address"),
        ({"failures_to": ["a@example.com"] * 2}, r"^Stack/Chat: failures_to: got 'a@example.com'; allowed: each address once; remove"),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        webhook(new_stack(), **changes)


def test_refuses_a_dashboard_without_https(built: tuple[Webhook, Template, list[str]]) -> None:
    with pytest.raises(ConfigurationError, match=r"^Stack/Chat: link_dashboard: got 'http://x'; allowed: an https:// address; copy it"):
        built[0].link_dashboard("http://x")


@pytest.mark.control("OPS-1", "OPS-4")
@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_the_dashboard_that_shows_it_is_linked(region: str, host: str) -> None:
    stack = new_stack(region=region)
    chat = webhook(stack)
    for title in ("Shop", "Team"):
        Dashboard(stack, title, posture=PRODUCTION.monitoring, title=title, watching=[chat], watches=[])
    linked = f"https://{host}/cloudwatch/home?region={region}#dashboards/dashboard/Stack-Shop"
    assert the_function(synth(stack))["Environment"]["Variables"]["DASHBOARD_URL"] == linked


@pytest.mark.control("OPS-1", "OPS-4")
def test_another_dashboard_is_linked_where_somebody_says_so() -> None:
    def build(stack: cdk.Stack) -> None:
        chat = webhook(stack)
        chat.link_dashboard("https://grafana.example.com/shop")
        shown = Dashboard(stack, "Dashboard", posture=PRODUCTION.monitoring, title="Shop", watching=[chat], watches=[])
        assert shown.url.endswith("#dashboards/dashboard/Stack-Shop")

    assert the_function(synth_in(build))["Environment"]["Variables"]["DASHBOARD_URL"] == "https://grafana.example.com/shop"


@pytest.mark.control("OPS-4")
def test_a_region_that_the_deployment_knows_is_in_the_link() -> None:
    stack = cdk.Stack(new_app(), "Anywhere")
    Dashboard(stack, "Dashboard", posture=PRODUCTION.monitoring, title="Shop", watching=[webhook(stack)], watches=[])
    link = the_function(synth(stack))["Environment"]["Variables"]["DASHBOARD_URL"]
    assert link["Fn::Join"][1] == [
        "https://console.aws.amazon.com/cloudwatch/home?region=",
        {"Ref": "AWS::Region"},
        "#dashboards/dashboard/Anywhere-Shop",
    ]


def test_refuses_a_vpc_without_private_subnets() -> None:
    def public(stack: cdk.Stack) -> ec2.Vpc:
        return ec2.Vpc(stack, "Public", subnet_configuration=[ec2.SubnetConfiguration(name="p", subnet_type=ec2.SubnetType.PUBLIC)])

    stack = new_stack()
    with pytest.raises(ConfigurationError, match="private"):
        webhook(stack, vpc=public(stack))


@pytest.mark.control("GOV-3")
@pytest.mark.parametrize(
    ("bend", "bites"),
    [
        ("function.dead_letter_config", "LambdaDLQ"),
        ("function.vpc_config", "LambdaInsideVPC"),
        ("function.reserved_concurrent_executions", "LambdaConcurrency"),
        ("table.point_in_time_recovery_specification", "PITR"),
        ("retries.destination_config", "LambdaAsyncFailureDestination"),
        ("topic.kms_master_key_id", "SNSEncryptedKMS"),
    ],
)
def test_bent_out_of_shape_it_is_found(bend: str, bites: str) -> None:
    stack = new_stack()
    made = webhook(stack)
    which, name = bend.split(".")
    part: Any = {
        "function": lambda: made.function.node.default_child,
        "table": lambda: made.node.find_child("Memory"),
        "retries": lambda: made.node.find_child("Retries"),
        "topic": lambda: made.failures.node.default_child,
    }[which]()
    before = set(findings(stack))
    setattr(part, name, None)
    assert [finding for finding in set(findings(stack)) - before if bites in finding]


@pytest.mark.control("GOV-3")
def test_the_guard_lets_it_through() -> None:
    app = new_app()
    stack = new_stack(app)
    routes = a_routes(stack)
    made = webhook(stack, routes=routes)
    Watch(stack, "Watch", routes=routes, watching=[routes, made], runbook_base_url="https://runbooks.example.com")
    waived = {waiver.rule for waiver in guard(app, required_tags=()).waivers if "/Chat/" in waiver.path}
    assert waived == {finding.split(" @ ")[0] for finding in WAIVED}


def test_same_without_feature_flags() -> None:
    template = synth_in(webhook, flags={})
    assert not template.of_type("AWS::IAM::Policy")
    assert the_function(template)["LoggingConfig"]["LogFormat"] == "JSON"


def test_messages() -> None:
    stack = begun_stack()
    routes, secret, vpc = a_routes(stack), a_secret(stack).secret, a_private_vpc(stack)
    with at_most(100, grants=2):
        made = webhook(stack, routes=routes, url=secret, vpc=vpc)
    with at_most(0):
        assert made.alarm_specs and made.graphs  # noqa: PT018
