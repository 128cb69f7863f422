"""Pagers and chat channels as receivers of routes: where they lead, what a channel may do (nothing), and what is refused."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import AccountEvents, Opsgenie, PagerDuty, Routes, SlackChannel, TeamsChannel, Watch
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth, synth_in

KEY = "0123456789abcdef0123456789ABCDEF"
UUID = "0a1b2c3d-0000-4000-8000-000000000001"
SLACK = SlackChannel(workspace_id="T0123ABCD", channel_id="C0123ABCD")
OTHER = SlackChannel(workspace_id="T0123ABCD", channel_id="G0123ABCDEF")
TEAMS = TeamsChannel(tenant_id=UUID, team_id=UUID, channel_id="19%3aabcdef0123%40thread.tacv2")


def routes(stack: cdk.Stack, **changes: Any) -> Routes:
    given = {
        "posture": PRODUCTION.monitoring,
        "critical": ["oncall@example.com", SLACK],
        "warning": ["team@example.com", SLACK, TEAMS],
        **changes,
    }
    return Routes(stack, "Routes", **given)


@pytest.fixture(scope="module")
def built() -> tuple[Template, list[str]]:
    stack = new_stack()
    routes(stack)
    return synth(stack), findings(stack)


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize(
    ("pager", "address"),
    [
        (PagerDuty(integration_key=KEY), f"https://events.pagerduty.com/integration/{KEY}/enqueue"),
        (PagerDuty(integration_key=KEY, region="EU"), f"https://events.eu.pagerduty.com/integration/{KEY}/enqueue"),
        (Opsgenie(api_key=UUID), f"https://api.opsgenie.com/v1/json/cloudwatch?apiKey={UUID}"),
        (Opsgenie(api_key=UUID, region="EU"), f"https://api.eu.opsgenie.com/v1/json/cloudwatch?apiKey={UUID}"),
    ],
)
def test_a_pager_hears_by_https_with_retries_and_dead_letters(pager: PagerDuty | Opsgenie, address: str) -> None:
    template = synth_in(lambda stack: routes(stack, critical=[pager], warning=[]))
    subscription = template.props("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("https", address)
    assert subscription["DeliveryPolicy"]["healthyRetryPolicy"]["numRetries"] == 30
    assert subscription["RedrivePolicy"]


@pytest.mark.control("OPS-1")
def test_a_channel_hears_of_each_list_it_is_in(built: tuple[Template, list[str]]) -> None:
    slack = built[0].props("AWS::Chatbot::SlackChannelConfiguration")
    assert (slack["SlackWorkspaceId"], slack["SlackChannelId"]) == ("T0123ABCD", "C0123ABCD")
    assert [topic["Ref"][:13] for topic in slack["SnsTopicArns"]] == ["RoutesCritica", "RoutesWarning"]
    teams = built[0].props("AWS::Chatbot::MicrosoftTeamsChannelConfiguration")
    assert (teams["TeamsTenantId"], teams["TeamId"], teams["TeamsChannelId"]) == (UUID, UUID, TEAMS.channel_id)
    (topic,) = teams["SnsTopicArns"]
    assert topic["Ref"].startswith("RoutesWarning")


@pytest.mark.control("SEC-1")
def test_nobody_does_anything_in_aws_from_a_channel(built: tuple[Template, list[str]]) -> None:
    template = built[0]
    for kind in ("Slack", "MicrosoftTeams"):
        configuration = template.props(f"AWS::Chatbot::{kind}ChannelConfiguration")
        assert configuration["LoggingLevel"] == "ERROR"
        assert configuration["UserRoleRequired"] is False
        (guardrail,) = configuration["GuardrailPolicies"]
        policy = template.of_type("AWS::IAM::ManagedPolicy")[guardrail["Ref"]]
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
        role_id = configuration["IamRoleArn"]["Fn::GetAtt"][0]
        role = template.of_type("AWS::IAM::Role")[role_id]["Properties"]
        assert "Policies" not in role
        assert "ManagedPolicyArns" not in role
        assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "chatbot.amazonaws.com"}
        granted = [
            one for one in template.of_type("AWS::IAM::ManagedPolicy").values() if role_id in json.dumps(one["Properties"].get("Roles", []))
        ]
        assert granted == []


def test_names_are_unlike_and_follow_the_channel(built: tuple[Template, list[str]]) -> None:
    more = synth_in(lambda stack: routes(stack, critical=["oncall@example.com", OTHER, SLACK]))
    before = set(built[0].of_type("AWS::Chatbot::SlackChannelConfiguration"))
    after = more.of_type("AWS::Chatbot::SlackChannelConfiguration")
    assert before < set(after)
    names = {one["Properties"]["ConfigurationName"] for one in after.values()}
    assert len(names) == 2
    assert all(name.startswith("Stack-Routes-Slack") for name in names)


def test_topics_do_not_move_when_a_channel_comes(built: tuple[Template, list[str]]) -> None:
    without = synth_in(lambda stack: routes(stack, critical=["oncall@example.com"], warning=["team@example.com"]))
    for kind in ("AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::KMS::Key", "AWS::SQS::Queue"):
        assert built[0].of_type(kind) == without.of_type(kind)


def test_the_packs_have_nothing_to_say_about_channels(built: tuple[Template, list[str]]) -> None:
    assert [finding for finding in built[1] if "Undelivered" not in finding] == []


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize("receivers", [[SLACK], [SLACK, TEAMS]])
def test_a_channel_wakes_nobody(receivers: list[Any]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Routes: critical: got \[.*; allowed: at least one address, .*a chat channel wakes nobody"
    ):
        routes(new_stack(), critical=receivers)
    routes(new_stack(), critical=receivers, posture=STAGING.monitoring)


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"warning": [SLACK, SLACK]}, r"^Stack/Routes: warning: got SlackChannel\(.*; allowed: each channel once; remove the second one"),
        (
            {"critical": [PagerDuty(integration_key=KEY), f"https://events.pagerduty.com/integration/{KEY}/enqueue"]},
            r"^Stack/Routes: critical: got 'https://events.pagerduty.com/.*; allowed: each address once",
        ),
    ],
)
def test_refuses_the_same_receiver_twice(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        routes(new_stack(), **changes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: PagerDuty(integration_key="short"),
            r"^PagerDuty.integration_key: got '5 characters'; allowed: 32 letters and digits; copy the key",
        ),
        (lambda: PagerDuty(integration_key=KEY[:-1] + "/"), r"^PagerDuty.integration_key: got '32 characters'"),
        (lambda: PagerDuty(integration_key=KEY, region="MARS"), r"^PagerDuty.region: got 'MARS'; allowed: 'US' or 'EU'; look where"),  # type: ignore[arg-type]
        (lambda: Opsgenie(api_key="short"), r"^Opsgenie.api_key: got '5 characters'; allowed: a UUID in lower case; copy the key of the"),
        (lambda: Opsgenie(api_key=UUID, region="MARS"), r"^Opsgenie.region: got 'MARS'; allowed: 'US' or 'EU'"),  # type: ignore[arg-type]
        (
            lambda: SlackChannel(workspace_id="shop", channel_id="C0123ABCD"),
            r"^SlackChannel.workspace_id: got 'shop'; allowed: T and at least 8 capital letters and digits; copy it from the channel's link",
        ),
        (
            lambda: SlackChannel(workspace_id="T0123ABCD", channel_id="#alerts"),
            r"^SlackChannel.channel_id: got '#alerts'; allowed: C \(or G\)",
        ),
        (
            lambda: TeamsChannel(tenant_id="x", team_id=UUID, channel_id=TEAMS.channel_id),
            r"^TeamsChannel.tenant_id: got 'x'; allowed: a UUID; copy it",
        ),
        (
            lambda: TeamsChannel(tenant_id=UUID, team_id="x", channel_id=TEAMS.channel_id),
            r"^TeamsChannel.team_id: got 'x'; allowed: a UUID",
        ),
        (
            lambda: TeamsChannel(tenant_id=UUID, team_id=UUID, channel_id="19:abc@thread.tacv2"),
            r"^TeamsChannel.channel_id: got '19:abc@thread.tacv2'; allowed: an id with %3a and %40",
        ),
    ],
)
def test_refuses_what_is_no_such_id(make: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_a_key_is_in_no_message() -> None:
    with pytest.raises(ConfigurationError) as refused:
        PagerDuty(integration_key=KEY + "x")
    assert KEY not in str(refused.value)


@pytest.mark.control("OPS-1")
def test_an_event_has_the_form_a_channel_knows_where_one_hears_of_it() -> None:
    def build(stack: cdk.Stack) -> None:
        made = routes(stack, critical=["oncall@example.com"], warning=["team@example.com", SLACK])
        Watch(stack, "Watch", routes=made, watching=[AccountEvents(stack, "Events")], runbook_base_url="https://runbooks.example.com")

    rules = synth_in(build).of_type("AWS::Events::Rule")

    def message(name: str) -> dict[str, Any]:
        (rule,) = [one for key, one in rules.items() if name in key]
        template = rule["Properties"]["Targets"][0]["InputTransformer"]["InputTemplate"]
        filled = template.replace("<time>", '"2026-06-01T10:00:00Z"').replace("<aws.events.event.json>", '{"detail": {}}')
        return json.loads(filled)

    chatted = message("RootCall")
    assert (chatted["version"], chatted["source"]) == ("1.0", "custom")
    assert chatted["content"]["title"] == "Events-RootCall"
    assert chatted["content"]["description"].endswith("Runbook: https://runbooks.example.com/Stack/Events-RootCall")
    assert chatted["meaning"], "whoever reads the message otherwise reads on"
    assert "content" not in message("ThreatHigh"), "no channel hears of critical ones"
