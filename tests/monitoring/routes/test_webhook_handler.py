"""The webhook's real code against real servers: whatever the chat service does, nothing is lost and nothing is told twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest

from prodready_constructs.monitoring.routes.handlers.webhook import cards, index, post
from tests.monitoring.routes.loopback import SECRET, Answer, Aws, ChatService, aws, chat_service
from tests.support.aws_endpoint import aws_settings
from tests.support.loopback import certificate_for

CRITICAL = "arn:aws:sns:eu-central-1:111122223333:critical"
WARNING = "arn:aws:sns:eu-central-1:111122223333:warning"
NOW = 1_780_000_000
ALARM: dict[str, Any] = {
    "AlarmName": "Database-HighCpu",
    "AlarmDescription": "The database works at its limit. Runbook: https://runbooks.example.com/Shop/Database-HighCpu",
    "AWSAccountId": "111122223333",
    "AlarmConfigurationUpdatedTimestamp": "2026-01-01T00:00:00.000+0000",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 5 datapoints were greater than the threshold (80.0).",
    "StateChangeTime": "2026-06-01T10:00:00.000+0000",
    "Region": "EU (Frankfurt)",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:Database-HighCpu",
    "OldStateValue": "OK",
    "OKActions": [],
    "AlarmActions": [CRITICAL],
    "InsufficientDataActions": [],
    "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/RDS", "Threshold": 80.0, "Period": 60},
}


class Clock:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now = float(NOW)
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class World:
    chat: ChatService
    aws: Aws
    clock: Clock
    capsys: pytest.CaptureFixture[str]
    seconds: float = 120.0

    def run(self, *records: dict[str, Any], run: str = "run-1") -> dict[str, int]:
        started = self.clock.now
        context = SimpleNamespace(
            aws_request_id=run, get_remaining_time_in_millis=lambda: (self.seconds - (self.clock.now - started)) * 1000
        )
        return index.handler({"Records": list(records)}, context)

    def as_lambda_does(self, *records: dict[str, Any], run: str = "run-1") -> dict[str, int] | str:
        """With Lambda's two retries, a minute and two minutes later; the reason that its dead letters get, when all three fail."""
        reason = ""
        for pause in (60, 120, 0):
            try:
                return self.run(*records, run=run)
            except index.NotToldError as error:
                reason = str(error)
            self.clock.now += pause
        return reason

    @property
    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]


def sns(message: Any, *, topic: str = CRITICAL, id: str = "id-1", subject: str | None = "ALARM") -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": f"{topic}:0",
        "Sns": {
            "Type": "Notification",
            "MessageId": id,
            "TopicArn": topic,
            "Subject": subject,
            "Message": text,
            "Timestamp": "2026-06-01T10:00:01.000Z",
        },
    }


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[ChatService, Aws]]:
    with chat_service() as chat, aws() as fake:
        yield chat, fake


@pytest.fixture
def world(servers: tuple[ChatService, Aws], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> World:
    chat, fake = servers
    chat.answers, chat.told, chat.paths = [Answer()], [], []
    fake.secret, fake.secret_reads, fake.items, fake.published, fake.kept, fake.broken = chat.url, 0, {}, [], [], set()
    for name, value in {
        **aws_settings(fake.url, region="eu-central-1"),
        "SSL_CERT_FILE": str(certificate_for("localhost")[0]),
        "KIND": "SLACK",
        "HOSTS": "localhost",
        "SECRET_ARN": SECRET,
        "SECRET_FIELD": "",
        "TABLE": "memory",
        "WINDOW_SECONDS": "3600",
        "LEASE_SECONDS": "130",
        "FAILURES_TOPIC_ARN": "arn:aws:sns:eu-central-1:111122223333:failures",
        "UNDELIVERED_URL": f"{fake.url}/111122223333/undelivered",
        "SEVERITIES": json.dumps({CRITICAL: "critical", WARNING: "warning"}),
        "DASHBOARD_URL": "https://console.aws.amazon.com/dashboard",
        "NAMESPACE": "Prodready/Webhook",
        "WEBHOOK": "Stack/Chat",
    }.items():
        monkeypatch.setenv(name, value)
    clock = Clock()
    monkeypatch.setattr(index, "time", clock)
    monkeypatch.setattr(post, "TIMEOUT", 0.5)
    index.client.cache_clear()
    index._address.clear()
    return World(chat, fake, clock, capsys)


@pytest.mark.control("OPS-1")
def test_an_alarm_is_told_once_with_what_a_person_needs(world: World) -> None:
    assert world.run(sns(ALARM)) == {"told": 1, "repeated": 0, "given_up": 0}
    (message,) = world.chat.told
    text = json.dumps(message, ensure_ascii=False)
    for needed in (
        "CRITICAL: Database-HighCpu",
        "The database works at its limit.",
        "Threshold Crossed",
        "<https://runbooks.example.com/Shop/Database-HighCpu|Runbook>",
        "<https://console.aws.amazon.com/dashboard|Dashboard>",
        "#alarmsV2:alarm/Database-HighCpu|Console>",
        "111122223333",
    ):
        assert needed in text
    assert "Runbook: https" not in text, "the link is a link, not the end of a sentence"
    assert world.chat.paths == ["/services/T0/B0/token"]
    assert not world.aws.published


@pytest.mark.control("OPS-1")
def test_the_secret_is_read_once_for_many_alerts(world: World) -> None:
    for number in range(3):
        world.run(sns({**ALARM, "AlarmArn": f"{ALARM['AlarmArn']}{number}"}, id=f"id-{number}"))
    assert (len(world.chat.told), world.aws.secret_reads) == (3, 1)


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize("header", ["7", lambda: formatdate(NOW + 7, usegmt=True)], ids=["seconds", "date"])
def test_429_waits_as_long_as_the_server_asks(world: World, header: str | Callable[[], str]) -> None:
    value = header if isinstance(header, str) else header()
    world.chat.answers = [Answer(429, "ratelimited", {"Retry-After": value}), Answer()]
    assert world.run(sns(ALARM))["told"] == 1
    assert world.clock.slept == [7.0]


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize("value", ["soon", "nan", "Mon, 99 Foo"])
def test_a_retry_after_that_is_no_time_is_no_reason_to_hurry(world: World, value: str) -> None:
    world.chat.answers = [Answer(429, "ratelimited", {"Retry-After": value}), Answer()]
    assert world.run(sns(ALARM))["told"] == 1
    assert 0.5 <= world.clock.slept[0] <= 1


def test_429_for_longer_than_this_run_lasts_leaves_it_to_the_next(world: World) -> None:
    world.chat.answers = [Answer(429, "", {"Retry-After": "300"}), Answer()]
    with pytest.raises(index.NotToldError, match="answered 429"):
        world.run(sns(ALARM))
    assert world.clock.slept == []
    world.clock.now += 60
    assert world.run(sns(ALARM))["told"] == 1, "the retry of the same run may take it up"
    assert len(world.chat.told) == 2


@pytest.mark.control("OPS-1")
def test_500_is_tried_again_with_growing_pauses(world: World) -> None:
    world.chat.answers = [Answer(500, "oops"), Answer(503), Answer(502), Answer()]
    assert world.run(sns(ALARM))["told"] == 1
    first, second, third = world.clock.slept
    assert 0.5 <= first <= 1 <= second <= 2 <= third <= 4


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(hangs=True), "no answer of localhost"),
        (Answer(drips=True, body="x" * 100), "the answer of localhost broke off"),
        (Answer(drips=True, body="x" * 100, headers={"Connection": "close"}), "the answer of localhost broke off"),
        (Answer(cuts=True), "the answer of localhost broke off"),
        (Answer(raw=b"SSH-2.0-OpenSSH\r\n"), "no answer of localhost: BadStatusLine"),
        (Answer(raw=b""), "no answer of localhost: RemoteDisconnected"),
        (Answer(500, "down for maintenance"), "answered 500: 'down for maintenance'"),
    ],
    ids=["hangs", "drips", "drips at last", "cuts", "no HTTP", "hangs up", "500"],
)
def test_an_outage_that_lasts_ends_in_the_dead_letters_with_its_reason(world: World, answer: Answer, reason: str) -> None:
    world.seconds = 20
    world.chat.answers = [answer]
    outcome = world.as_lambda_does(sns(ALARM))
    assert isinstance(outcome, str)
    assert reason in outcome
    assert "token" not in outcome, "the URL is a secret"
    assert not world.aws.published, "Lambda's own dead letters tell it"


def test_an_outage_that_ends_is_told_by_a_retry_and_once(world: World) -> None:
    world.seconds = 16
    world.chat.answers = [Answer(500), Answer(500), Answer()]
    assert world.as_lambda_does(sns(ALARM)) == {"told": 1, "repeated": 0, "given_up": 0}
    assert len(world.chat.told) == 3
    assert world.run(sns(ALARM), run="a copy")["repeated"] == 1


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(400, "invalid_blocks"), "answered 400: 'invalid_blocks'"),
        (Answer(404, "no_service"), "answered 404: 'no_service'"),
        (Answer(302, "", {"Location": "https://elsewhere.example.com/"}), "answered 302: redirects are not followed"),
        (Answer(200, "<html>Sign in</html>"), "answered 200, but not as Slack does: '<html>Sign in</html>'"),
    ],
    ids=["400", "404", "redirect", "somebody in between"],
)
def test_what_never_will_be_taken_goes_the_other_way_at_once(world: World, answer: Answer, reason: str) -> None:
    world.chat.answers = [answer]
    assert world.run(sns(ALARM)) == {"told": 0, "repeated": 0, "given_up": 1}
    assert len(world.chat.told) == 1
    (mail,) = world.aws.published
    assert mail["TopicArn"].endswith(":failures")
    assert mail["Subject"] == "Alert not delivered to SLACK"
    assert reason in mail["Message"]
    assert "Database-HighCpu" in mail["Message"]
    assert mail["MessageAttributes.entry.1.Name"] == "reason"
    (kept,) = world.aws.kept
    assert "Database-HighCpu" in kept["MessageBody"]
    assert reason in kept["MessageAttributes"]["reason"]["StringValue"]
    (metric,) = [line for line in world.logged if "_aws" in line]
    assert metric["AlertsGivenUp"] == 1
    assert metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Webhook"]]
    assert world.run(sns(ALARM), run="a copy") == {"told": 0, "repeated": 1, "given_up": 0}
    assert len(world.aws.published) == 1, "nor is that told twice"


def test_a_certificate_of_somebody_else_is_not_trusted(world: World) -> None:
    with chat_service("elsewhere.example.com") as other:
        world.aws.secret = f"https://localhost:{other.port}/token"
        assert world.run(sns(ALARM))["given_up"] == 1
        assert not other.told
    assert "the certificate of localhost is not to be trusted" in world.aws.published[0]["Message"]
    assert "/token" not in world.aws.published[0]["Message"]


def test_a_name_without_address_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", "invalid")
    world.aws.secret, world.seconds = "https://chat.invalid/token", 16
    assert "chat.invalid has no address" in str(world.as_lambda_does(sns(ALARM)))


def test_nobody_listening_is_tried_again(world: World) -> None:
    world.aws.secret, world.seconds = "https://localhost:1/token", 16
    assert "no answer of localhost: ConnectionRefusedError" in str(world.as_lambda_does(sns(ALARM)))


@pytest.mark.control("SEC-2")
@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_secret_that_was_replaced_is_read_again(world: World, status: int) -> None:
    world.run(sns({**ALARM, "AlarmArn": "first"}, id="first"))
    world.aws.secret = world.chat.url.replace("token", "new")
    world.chat.answers = [Answer(status, "invalid_token"), Answer()]
    assert world.run(sns(ALARM))["told"] == 1
    assert world.chat.paths[-2:] == ["/services/T0/B0/token", "/services/T0/B0/new"]
    assert world.aws.secret_reads == 2
    assert world.clock.slept == []


def test_a_secret_that_was_not_replaced_is_no_reason_to_ask_again(world: World) -> None:
    world.chat.answers = [Answer(403, "invalid_token")]
    assert world.run(sns(ALARM))["given_up"] == 1
    assert len(world.chat.told) == 1


@pytest.mark.parametrize(
    ("secret", "field", "reason"),
    [
        ("", "", "the secret is empty"),
        ("http://localhost/token", "", "the secret holds no https:// URL"),
        ("https://user@localhost/token", "", "the secret holds no https:// URL"),
        ("https://localhost/to ken", "", "the secret holds no https:// URL"),
        ("https://localhost:port/token", "", "the secret holds no URL"),
        ("https://evil.example.com/token", "", "the secret leads to evil.example.com"),
        ("https://localhost.evil.example.com/token", "", "the secret leads to localhost.evil.example.com"),
        ("https://notlocalhost/token", "", "the secret leads to notlocalhost"),
        ('{"other": "x"}', "url", "the secret has no field url"),
        ("no json", "url", "the secret has no field url"),
        ('{"url": 7}', "url", "the secret is empty"),
    ],
)
def test_a_secret_that_cannot_be_right_is_told_the_other_way(
    world: World, monkeypatch: pytest.MonkeyPatch, secret: str, field: str, reason: str
) -> None:
    monkeypatch.setenv("SECRET_FIELD", field)
    world.aws.secret = secret
    assert world.run(sns(ALARM))["given_up"] == 1
    assert reason in world.aws.published[0]["Message"]
    assert "token" not in world.aws.published[0]["Message"]


def test_the_url_may_be_a_field_and_end_with_a_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_FIELD", "url")
    world.aws.secret = json.dumps({"url": f"{world.chat.url}\n"})
    assert world.run(sns(ALARM))["told"] == 1


def test_a_secret_that_cannot_be_read_now_is_tried_by_the_next_run(world: World) -> None:
    world.aws.broken = {"GetSecretValue"}
    with pytest.raises(index.NotToldError, match="the secret cannot be read: ClientError"):
        world.run(sns(ALARM))
    world.aws.broken = set()
    assert world.run(sns(ALARM))["told"] == 1


@pytest.mark.control("OPS-1")
def test_the_same_message_is_told_once(world: World) -> None:
    assert world.run(sns(ALARM))["told"] == 1
    assert world.run(sns(ALARM), run="delivered again by SNS")["repeated"] == 1
    assert world.run(sns(ALARM))["repeated"] == 1, "or run again by Lambda"
    assert len(world.chat.told) == 1


@pytest.mark.control("OPS-1")
def test_the_same_state_is_told_once_within_the_window(world: World) -> None:
    world.run(sns(ALARM, id="1"))
    assert world.run(sns(ALARM, id="2"))["repeated"] == 1
    world.clock.now += 3601
    assert world.run(sns(ALARM, id="3"))["told"] == 1


def test_each_change_of_state_is_told(world: World) -> None:
    for number, state in enumerate(("ALARM", "OK", "ALARM", "INSUFFICIENT_DATA", "ALARM")):
        assert world.run(sns({**ALARM, "NewStateValue": state}, id=str(number)))["told"] == 1
    heads = [message["blocks"][0]["text"]["text"].split(":")[0] for message in world.chat.told]
    assert heads == ["🔴 CRITICAL", "🟢 Back to normal", "🔴 CRITICAL", "⚪ No data", "🔴 CRITICAL"]


@pytest.mark.parametrize("answer", [Answer(400, "no"), Answer(500, "no")], ids=["given up", "not taken"])
def test_what_the_channel_did_not_hear_is_no_reason_to_hold_back(world: World, answer: Answer) -> None:
    world.seconds = 16
    world.run(sns(ALARM, id="1"))
    world.chat.answers = [answer]
    world.as_lambda_does(sns({**ALARM, "NewStateValue": "OK"}, id="2"), run="2")
    world.chat.answers = [Answer()]
    assert world.run(sns(ALARM, id="3"))["told"] == 1


def test_a_run_that_died_is_taken_up_by_its_retry_and_by_nobody_else(world: World) -> None:
    world.aws.items["message#id-1"] = {
        "id": {"S": "message#id-1"}, "told": {"S": "claimed"}, "expires": {"N": str(NOW + 130)}, "run": {"S": "run-1"}
    }  # fmt: skip
    with pytest.raises(index.NotToldError, match="another run is at this alert"):
        world.run(sns(ALARM), run="run-2")
    assert not world.chat.told
    assert world.run(sns(ALARM), run="run-1")["told"] == 1


def test_a_claim_that_nobody_keeps_runs_out(world: World) -> None:
    world.aws.items["message#id-1"] = {
        "id": {"S": "message#id-1"}, "told": {"S": "claimed"}, "expires": {"N": str(NOW - 1)}, "run": {"S": "dead"}
    }  # fmt: skip
    assert world.run(sns(ALARM), run="run-2")["told"] == 1


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize("broken", [{"PutItem"}, {"GetItem"}, {"PutItem", "GetItem"}])
def test_without_its_memory_the_webhook_still_tells(world: World, broken: set[str]) -> None:
    world.aws.broken = broken
    assert world.run(sns(ALARM))["told"] == 1
    assert any(line["level"] == "WARN" for line in world.logged)


@pytest.mark.control("OPS-1")
@pytest.mark.parametrize(
    "record",
    [
        {},
        {"Sns": None},
        {"Sns": {"MessageId": "1"}},
        {"Sns": {"MessageId": "1", "TopicArn": CRITICAL, "Message": ""}},
        {"Sns": {"MessageId": 7, "TopicArn": CRITICAL, "Message": "x"}},
    ],
)
def test_a_malformed_record_is_not_lost(world: World, record: dict[str, Any]) -> None:
    assert world.run(record)["given_up"] == 1
    assert len(world.aws.published) == 1


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Records": "x"}, [], "text", None, 7])
def test_a_malformed_event_is_not_lost(world: World, event: Any) -> None:
    context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 60_000)
    assert index.handler(event, context) == {"told": 0, "repeated": 0, "given_up": 1}
    assert len(world.aws.published) == 1


def test_what_cannot_even_be_given_up_is_run_again(world: World) -> None:
    world.chat.answers = [Answer(400, "no")]
    world.aws.broken = {"Publish"}
    with pytest.raises(Exception, match="InternalError"):
        world.run(sns(ALARM))
    world.aws.broken = set()
    assert world.run(sns(ALARM))["given_up"] == 1


def test_a_letter_that_cannot_be_kept_is_no_reason_for_a_second_mail(world: World) -> None:
    world.chat.answers = [Answer(400, "no")]
    world.aws.broken = {"SendMessage"}
    assert world.run(sns(ALARM))["given_up"] == 1
    assert len(world.aws.published) == 1
    assert "given up, and not kept" in [line.get("message") for line in world.logged]


def test_one_bad_record_does_not_stop_the_others(world: World) -> None:
    assert world.run({}, sns(ALARM)) == {"told": 1, "repeated": 0, "given_up": 1}


def test_a_huge_alert_is_given_up_in_a_mail_that_sns_takes(world: World) -> None:
    world.chat.answers = [Answer(400, "too_long")]
    assert world.run(sns("ü" * 250_000))["given_up"] == 1
    assert cards.CUT in world.aws.published[0]["Message"]


def test_no_line_of_the_log_holds_the_url(world: World) -> None:
    world.seconds = 16
    world.chat.answers = [Answer(500, "x")]
    world.as_lambda_does(sns(ALARM))
    assert not re.search("token|services", json.dumps(world.logged))
