"""An alarm goes off in the emulator, and a chat on loopback gets one message of it, by the webhook's own code."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.deployed import HOST, Function, Queue, certificate, function_with, listening
from prodready_constructs.local.drills import DrillFailedError
from prodready_constructs.local.session import Session

#: Status and headers.
Answer = tuple[int, dict[str, str]]
#: What a webhook's function has in its environment, and no other.
_WEBHOOK = "UNDELIVERED_URL"
#: First busy, then asked for a pause, then taken.
_ANSWERS: tuple[Answer, ...] = ((500, {}), (429, {"Retry-After": "1"}), (200, {}))
_GONE: Answer = (410, {})
_SECONDS = 60


def alert_becomes_a_message(session: Session, assembly: Assembly) -> Iterator[str]:
    """An alarm that goes off is told once, with its runbook, through failures of the chat; what nobody takes is kept."""
    webhook = function_with(session, assembly, _WEBHOOK)
    if webhook is None:
        yield "no webhook in the assembly"
        return
    alarm, topic = _alarm(session, webhook)
    with _chat(session, webhook) as chat:
        chat.answers = list(_ANSWERS)
        cloudwatch = session.client("cloudwatch", webhook.account, webhook.region)
        cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="ALARM", StateReason="A drill")
        try:
            chat.wait_for(len(_ANSWERS))
        finally:
            # Of which an alarm tells nobody.
            cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="INSUFFICIENT_DATA", StateReason="The end of a drill")
        yield f"the alarm {alarm['AlarmName']} went off: its topic called {webhook.name}"
        text = json.dumps(chat.taken)
        if len(chat.taken) != 1 or alarm["AlarmName"] not in text or _runbook(alarm) not in text:
            raise DrillFailedError(f"the chat has {len(chat.taken)} messages: {text[:500]}")
        yield f"the chat answered {', '.join(str(status) for status, _ in _ANSWERS)}: one message, with {_runbook(alarm)}"
        _remembered(session, webhook)
        again = webhook.invoke(_event(topic, alarm))
        if again.get("repeated") != 1 or len(chat.taken) != 1:
            raise DrillFailedError(f"told again, it answered {again}, and the chat has {len(chat.taken)} messages")
        yield "the same state of the same alarm came once more: nothing was told twice"
        kept = Queue(session.client("sqs", webhook.account, webhook.region), webhook.environment[_WEBHOOK])
        chat.answers = [_GONE]
        gone = webhook.invoke(_event(topic, {**alarm, "AlarmName": "drill"}))
        if gone.get("given_up") != 1 or "drill" not in (kept.peek() or ""):
            raise DrillFailedError(f"the chat was gone: the function answered {gone}, and {kept.name} has {kept.peek()}")
        kept.clear()
        yield f"the chat answered 410: the alert was published to the failures topic, and is kept in {kept.name}"
    yield "the chat stood on loopback: the webhook trusted its certificate and host for the drill; Lambda's own second run is not emulated"


class _Chat:
    """What the chat answers, in turn and the last one for ever, and what it took."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.taken: list[Any] = []
        self._asked = 0
        self._changed = threading.Condition()

    def answer(self, message: Any) -> Answer:
        with self._changed:
            self._asked += 1
            status, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if status == 200:
                self.taken.append(message)
            self._changed.notify_all()
            return status, headers

    def wait_for(self, count: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._asked >= count, _SECONDS):
                raise DrillFailedError(f"the chat was asked {self._asked} times within {_SECONDS} s, not {count}")


@contextmanager
def _chat(session: Session, webhook: Function) -> Iterator[_Chat]:
    """A chat on loopback, to which the secret of *webhook* leads for a while."""
    chat, authority = _Chat(), certificate(session)

    class Messages(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, headers = chat.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            # What Slack says; nobody else minds.
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Nothing: the drill says what was answered."""

    secrets, secret = session.client("secretsmanager", webhook.account, webhook.region), webhook.environment["SECRET_ARN"]
    before = secrets.get_secret_value(SecretId=secret).get("SecretString", "")
    with listening(Messages, certificate=authority) as port:
        address, field = f"https://{HOST}:{port}/drill", webhook.environment["SECRET_FIELD"]
        secrets.put_secret_value(SecretId=secret, SecretString=json.dumps({field: address}) if field else address)
        webhook.reconfigure({"HOSTS": HOST, "SSL_CERT_FILE": str(authority)})
        try:
            yield chat
        finally:
            webhook.reconfigure({})
            secrets.put_secret_value(SecretId=secret, SecretString=before or "-")


def _alarm(session: Session, webhook: Function) -> tuple[dict[str, Any], str]:
    """An alarm with a runbook that tells a topic of the *webhook*, and the topic."""
    pages = session.client("cloudwatch", webhook.account, webhook.region).get_paginator("describe_alarms").paginate()
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    for topic in json.loads(webhook.environment["SEVERITIES"]):
        for alarm in alarms:
            if topic in alarm["AlarmActions"] and _runbook(alarm):
                return alarm, topic
    raise DrillFailedError(f"no alarm with a runbook tells the topics of {webhook.name}")


def _remembered(session: Session, webhook: Function) -> None:
    """Wait for what the webhook writes down when the chat has taken a message: that it was told, and of which alarm."""
    dynamodb, deadline = session.client("dynamodb", webhook.account, webhook.region), time.monotonic() + _SECONDS / 6
    while time.monotonic() < deadline:
        with suppress(dynamodb.exceptions.ResourceNotFoundException):
            if dynamodb.scan(TableName=webhook.environment["TABLE"], ConsistentRead=True)["Count"] >= 2:
                return
        time.sleep(0.2)
    raise DrillFailedError(f"{webhook.name} did not write down what it told")


def _runbook(alarm: dict[str, Any]) -> str:
    return str(alarm.get("AlarmDescription", "")).rpartition("Runbook: ")[2].strip()


def _event(topic: str, alarm: dict[str, Any]) -> dict[str, Any]:
    """What SNS sends of *alarm*, as a message of its own."""
    message = {"AlarmName": alarm["AlarmName"], "AlarmDescription": alarm["AlarmDescription"], "NewStateValue": "ALARM"}
    sent = {"MessageId": str(uuid.uuid4()), "TopicArn": topic, "Subject": "ALARM", "Message": json.dumps(message)}
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {**sent, "Type": "Notification", "Timestamp": now}}]}
