"""A chat service and the parts of AWS that the webhook calls, on this machine: real sockets, real TLS, the SDK's real requests."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.aws_endpoint import Call, Reply, aws_endpoint, refused, said, said_in_xml
from tests.support.loopback import Handler, certificate_for, listening

SECRET = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/production/chat-AbCdEf"
#: What SNS says when it is broken.
_BROKEN = said_in_xml("<ErrorResponse><Error><Code>InternalError</Code><Message>broken</Message></Error></ErrorResponse>", status=500)


@dataclass(frozen=True)
class Answer:
    """What the chat service does: *hangs* says nothing, *drips* a byte now and then, *raw* is no HTTP, *cuts* breaks off in the middle."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    drips: bool = False
    cuts: bool = False
    raw: bytes | None = None


class ChatService:
    """Answers in turn, the last one for ever; and what it was told."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [Answer()]
        self.told: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.port = 0
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/services/T0/B0/token"

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Aws:
    """What the fakes hold, and how they are asked to fail."""

    url: str = ""
    secret: str = ""
    secret_reads: int = 0
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    published: list[dict[str, str]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    #: Operations that answer 500.
    broken: set[str] = field(default_factory=set)


@contextmanager
def chat_service(name: str = "localhost") -> Iterator[ChatService]:
    """A chat service whose certificate names *name*."""
    chat = ChatService()

    class Chat(Handler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            text = self.content()
            self.close_connection = True
            answer = chat.next()
            chat.told.append(json.loads(text))
            chat.paths.append(self.path)
            if answer.hangs:
                chat.closing.wait(10)
                return
            if answer.raw is not None:
                self.wfile.write(answer.raw)
                return
            body = b"" if answer.drips else answer.body.encode()
            self.reply(answer.status, body, answer.headers.items(), more=100 if answer.cuts or answer.drips else 0)
            deadline = time.monotonic() + 10
            while answer.drips and time.monotonic() < deadline and not chat.closing.wait(0.05):
                self.wfile.write(b".")
                self.wfile.flush()

    with listening(Chat, certificate=certificate_for(name)) as chat.port:
        try:
            yield chat
        finally:
            chat.closing.set()


@contextmanager
def aws() -> Iterator[Aws]:
    """Secrets Manager, DynamoDB, SNS and SQS, as far as the webhook asks them."""
    state = Aws()
    lock = threading.Lock()
    answers = {"GetSecretValue": _secret, "PutItem": _put, "GetItem": _get, "SendMessage": _send, "Publish": _publish}

    def answer(call: Call) -> Reply:
        if call.operation in state.broken:
            return _BROKEN if call.operation == "Publish" else refused(500, "InternalServerError")
        with lock:
            return answers[call.operation](state, call.parameters)

    with aws_endpoint(answer) as state.url:
        yield state


def _secret(state: Aws, asked: dict[str, Any]) -> Reply:
    assert asked == {"SecretId": SECRET}
    state.secret_reads += 1
    return said({"ARN": SECRET, "SecretString": state.secret})


def _get(state: Aws, asked: dict[str, Any]) -> Reply:
    assert asked["ConsistentRead"] is True, "what was told a second ago counts"
    item = state.items.get(asked["Key"]["id"]["S"])
    return said({"Item": item} if item else {})


def _put(state: Aws, asked: dict[str, Any]) -> Reply:
    key = asked["Item"]["id"]["S"]
    before = state.items.get(key)
    if (condition := asked.get("ConditionExpression")) and not _holds(condition, before, asked["ExpressionAttributeValues"]):
        shown = {"Item": before} if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else {}
        return refused(400, "ConditionalCheckFailedException", **shown)
    state.items[key] = asked["Item"]
    return said({})


def _holds(condition: str, item: dict[str, Any] | None, values: dict[str, Any]) -> bool:
    """DynamoDB's conditions, as far as comparisons with values, AND, OR and attribute_not_exists go."""
    names = {name: _plain(value) for name, value in (item or {}).items()}

    def compared(found: re.Match[str]) -> str:
        name, sign, value = found.groups()
        if name not in names:
            return "False"
        known = _plain(values[value])
        return str(names[name] < known if sign == "<" else names[name] == known)

    text = re.sub(r"attribute_not_exists\((\w+)\)", lambda found: str(found[1] not in names), condition)
    text = re.sub(r"(\w+) (<|=) (:\w+)", compared, text).replace("AND", "and").replace("OR", "or")
    assert re.fullmatch(r"(True|False|and|or|[() ])+", text), text
    return bool(eval(text))


def _plain(value: dict[str, str]) -> str | int:
    return int(value["N"]) if "N" in value else value["S"]


def _send(state: Aws, asked: dict[str, Any]) -> Reply:
    state.kept.append(asked)
    digest = hashlib.md5(asked["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return said({"MessageId": "m", "MD5OfMessageBody": digest})


def _publish(state: Aws, form: dict[str, str]) -> Reply:
    assert len(form["Message"].encode()) <= 262_144, "SNS takes no more"
    state.published.append(form)
    return said_in_xml("<PublishResponse><PublishResult><MessageId>p</MessageId></PublishResult></PublishResponse>")
