"""What people read: each kind of alert in each kind of channel, whole or cut, never longer than the service takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prodready_constructs.monitoring.routes.handlers.webhook import cards
from prodready_constructs.monitoring.routes.handlers.webhook.notices import Notice, read
from tests.monitoring.routes.test_webhook_handler import ALARM, CRITICAL, WARNING, sns

DASHBOARD = "https://console.aws.amazon.com/cloudwatch/home#dashboards/dashboard/Shop"
COMPOSITE = {
    "AlarmName": "Watch-AnyCritical",
    "AlarmDescription": "Something critical is in alarm. Runbook: https://runbooks.example.com/any",
    "AWSAccountId": "111122223333",
    "NewStateValue": "ALARM",
    "NewStateReason": "arn:aws:cloudwatch:us-gov-west-1:111122223333:alarm:One transitioned to ALARM",
    "StateChangeTime": "2026-06-01T10:00:00.000+0000",
    "Region": "AWS GovCloud (US-West)",
    "AlarmArn": "arn:aws-us-gov:cloudwatch:us-gov-west-1:111122223333:alarm:Watch-AnyCritical",
    "OldStateValue": "OK",
    "OKActions": [],
    "AlarmActions": [],
    "InsufficientDataActions": [],
    "AlarmRule": 'ALARM("One") OR ALARM("Two")',
    "TriggeringChildren": [{"Arn": "arn:aws-us-gov:cloudwatch:us-gov-west-1:111122223333:alarm:One", "State": {"Value": "ALARM"}}],
}
EVENT = {
    "severity": "warning",
    "alarm": "Backups-CopyJobFailed",
    "meaning": "A backup was not copied.",
    "runbook": "https://runbooks.example.com/Shop/Backups-CopyJobFailed",
    "time": "2026-06-01T10:00:00Z",
    "event": {"detail-type": "Copy Job State Change", "account": "111122223333", "region": "eu-west-1", "detail": {"state": "FAILED"}},
}
RDS = {
    "Event Source": "db-instance",
    "Event Time": "2026-06-01 10:00:00.000",
    "Identifier Link": "https://console.aws.amazon.com/rds/home?region=eu-central-1#dbinstance:id=orders",
    "Source ID": "orders",
    "Event ID": "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#RDS-EVENT-0049",
    "Event Message": "A Multi-AZ failover has completed.",
}
PLAIN = "AWS Budget Notification June 01, 2026\nYour budget exceeded its limit."
SEVERITIES = {CRITICAL: "critical", WARNING: "warning"}
KINDS = ("SLACK", "TEAMS", "DISCORD", "JSON")


def notice(message: Any, **changed: Any) -> Notice:
    return read(sns(message, **changed), SEVERITIES)


def card(kind: str, message: Any, dashboard: str = DASHBOARD, **changed: Any) -> dict[str, Any]:
    return json.loads(cards.write(kind, notice(message, **changed), dashboard))


def texts(value: Any) -> list[str]:
    """All texts in a card."""
    if isinstance(value, dict):
        return [text for below in value.values() for text in texts(below)]
    if isinstance(value, list):
        return [text for below in value for text in texts(below)]
    return [value] if isinstance(value, str) else []


@pytest.mark.control("OPS-1", "OPS-3")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("message", "needed"),
    [
        (
            ALARM,
            (
                "Database-HighCpu",
                "works at its limit",
                "Threshold Crossed",
                "https://runbooks.example.com/Shop/Database-HighCpu",
                DASHBOARD,
            ),
        ),
        (
            COMPOSITE,
            ("AnyCritical", "Something critical", "https://runbooks.example.com/any", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ),
        (EVENT, ("CopyJobFailed", "A backup was not copied.", "FAILED", "https://runbooks.example.com/Shop/Backups-CopyJobFailed")),
        (RDS, ("A Multi-AZ failover has completed.", "orders", "dbinstance:id=orders")),
        (PLAIN, ("Your budget exceeded its limit.",)),
    ],
    ids=["alarm", "composite", "event", "rds", "plain"],
)
def test_everything_a_person_needs_is_there(kind: str, message: Any, needed: tuple[str, ...]) -> None:
    whole = "\n".join(texts(card(kind, message))).replace("\\", "").replace("&amp;", "&")
    for words in needed:
        assert words in whole


def test_the_severity_of_an_event_is_its_own_and_of_the_rest_the_topics() -> None:
    assert notice(EVENT).severity == "warning"
    assert notice({**EVENT, "severity": "loud"}).severity == "critical"
    assert notice(ALARM, topic=WARNING).severity == "warning"
    assert notice(ALARM, topic="arn:aws:sns:eu-central-1:111122223333:other").severity == "critical", "in doubt somebody looks"


@pytest.mark.parametrize(
    "message",
    [
        {**ALARM, "AlarmDescription": None, "AlarmArn": None, "NewStateReason": None},
        {**ALARM, "AlarmName": 7},
        {**ALARM, "NewStateValue": "SOMETHING_NEW"},
        {**EVENT, "event": None},
        {**EVENT, "event": "text", "runbook": "javascript:alert(1)"},
        {"Event Message": None},
        {},
        [],
        7,
        "null",
        "{",
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_has_other_fields_than_expected_is_told_all_the_same(kind: str, message: Any) -> None:
    assert "javascript" not in str([text for text in texts(card(kind, message)) if text.startswith("javascript")]) or kind == "JSON"
    assert card(kind, message)


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize("letter", ["x", "&", "<", "*", "ü", "😀", '"', "\u0000"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_huge_alert_is_cut_to_what_the_service_takes(kind: str, letter: str) -> None:
    long = letter * 40_000
    huge = {**ALARM, "AlarmName": long, "AlarmDescription": f"{long} Runbook: https://runbooks.example.com/x", "NewStateReason": long}
    body = cards.write(kind, notice(huge), DASHBOARD)
    made = json.loads(body)
    if kind == "SLACK":
        assert len(made["blocks"]) <= 50
        assert len(made["blocks"][0]["text"]["text"]) <= 150
        assert len(made["text"]) <= 3_000
        for block in made["blocks"][1:]:
            assert all(len(text) <= 3_000 for text in texts(block))
    elif kind == "TEAMS":
        assert len(body) <= 28 * 1024
    elif kind == "DISCORD":
        (embed,) = made["embeds"]
        assert len(embed["title"]) <= 256
        assert len(embed["description"]) <= 4_096
        assert all(len(one["value"]) <= 1_024 and len(one["name"]) <= 256 for one in embed["fields"])
        assert len(embed["title"]) + len(embed["description"]) + sum(len(one["name"] + one["value"]) for one in embed["fields"]) <= 6_000
    else:
        assert len(body) <= 262_144
        if made["truncated"]:
            assert made["original"] is None
    assert cards.CUT in body.decode() or (kind == "JSON" and not made["truncated"])


def test_what_is_cut_never_ends_inside_an_escape() -> None:
    for length in range(2_990, 3_010):
        (text,) = [one for one in texts(card("SLACK", {**ALARM, "AlarmDescription": "x" * length + "&" * 20})["blocks"][1]) if "x" in one]
        assert text.removesuffix(cards.CUT).replace("&amp;", "").strip("x") == ""


def test_nobody_is_called_by_what_an_alert_quotes() -> None:
    loud = {**ALARM, "AlarmDescription": "<!channel> @everyone [here](https://evil.example.com)", "NewStateReason": "<@U123>"}
    slack = json.dumps(card("SLACK", loud))
    assert "<!channel>" not in slack
    assert "<@U123>" not in slack
    discord = card("DISCORD", loud)
    assert discord["allowed_mentions"] == {"parse": []}
    assert "[here](" not in json.dumps(discord)
    assert "[here](" not in "".join(texts(card("TEAMS", loud)))


def test_a_card_of_teams_is_what_workflows_post() -> None:
    (attachment,) = card("TEAMS", ALARM)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    content = attachment["content"]
    assert (content["type"], content["version"]) == ("AdaptiveCard", "1.4")
    assert [action["title"] for action in content["actions"]] == ["Runbook", "Dashboard", "Console"]
    assert {one["title"] for one in content["body"][-1]["facts"]} == {"Severity", "Account", "Region", "Time"}


def test_a_program_gets_all_of_it() -> None:
    made = card("JSON", ALARM, dashboard="")
    assert made["original"] == ALARM
    assert (made["version"], made["state"], made["severity"], made["dashboard"], made["truncated"]) == (1, "ALARM", "critical", None, False)
    assert made["meaning"] == "The database works at its limit."
    assert made["console"].startswith("https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#alarmsV2:alarm/")


@pytest.mark.parametrize(("state", "sign"), [("ALARM", "🔴"), ("OK", "🟢"), ("INSUFFICIENT_DATA", "⚪")])
def test_the_state_is_seen_at_a_glance(state: str, sign: str) -> None:
    for kind in ("SLACK", "TEAMS", "DISCORD"):
        assert sign in "".join(texts(card(kind, {**ALARM, "NewStateValue": state})))
