"""A chat service and the parts of AWS that the webhook calls, on this machine: real sockets, real TLS, the SDK's real requests."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.compute.service.loopback import certificate

SECRET = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/production/chat-AbCdEf"


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

    port: int = 0
    secret: str = ""
    secret_reads: int = 0
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    published: list[dict[str, str]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    #: Operations that answer 500.
    broken: set[str] = field(default_factory=set)


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    # A client that hangs up is what some tests are about.
    server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chat_service(name: str = "localhost") -> Iterator[ChatService]:
    """A chat service whose certificate names *name*."""
    chat = ChatService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"]))
            answer = chat.next()
            chat.told.append(json.loads(text))
            chat.paths.append(self.path)
            self.close_connection = True
            with contextlib.suppress(OSError):
                self._answer(answer)

        def _answer(self, answer: Answer) -> None:
            if answer.hangs:
                chat.closing.wait(10)
                return
            if answer.raw is not None:
                self.wfile.write(answer.raw)
                return
            self.send_response(answer.status)
            body = answer.body.encode()
            for header, value in answer.headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(body) + (10 if answer.cuts else 0)))
            self.end_headers()
            if answer.drips:
                deadline = time.monotonic() + 10
                while time.monotonic() < deadline and not chat.closing.wait(0.05):
                    self.wfile.write(b".")
                    self.wfile.flush()
                return
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(name))
    with _serving(Handler, context) as port:
        chat.port = port
        try:
            yield chat
        finally:
            chat.closing.set()


@contextmanager
def aws() -> Iterator[Aws]:
    """Secrets Manager, DynamoDB, SNS and SQS, as far as the webhook asks them."""
    state = Aws()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            target = self.headers.get("X-Amz-Target", "")
            form = {} if target else {name: values[0] for name, values in parse_qs(text).items()}
            operation = target.split(".")[-1] or form["Action"]
            if operation in state.broken:
                self._say(500, {"__type": "InternalServerError", "message": "broken"}, xml=not target)
                return
            with lock:
                answers: dict[str, Callable[[], tuple[int, dict[str, Any]]]] = {
                    "GetSecretValue": lambda: _secret(state, json.loads(text)),
                    "PutItem": lambda: _put(state, json.loads(text)),
                    "GetItem": lambda: _get(state, json.loads(text)),
                    "SendMessage": lambda: _send(state, json.loads(text)),
                    "Publish": lambda: _publish(state, form),
                }
                status, answer = answers[operation]()
            self._say(status, answer, xml=not target)

        def _say(self, status: int, answer: dict[str, Any], *, xml: bool) -> None:
            if xml and status == 200:
                text = f"<PublishResponse><PublishResult><MessageId>{answer['MessageId']}</MessageId></PublishResult></PublishResponse>"
            elif xml:
                text = "<ErrorResponse><Error><Code>InternalError</Code><Message>broken</Message></Error></ErrorResponse>"
            else:
                text = json.dumps(answer)
            self.send_response(status)
            self.send_header("Content-Type", "text/xml" if xml else "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with _serving(Handler) as port:
        state.port = port
        yield state


def _secret(state: Aws, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    assert asked == {"SecretId": SECRET}
    state.secret_reads += 1
    return 200, {"ARN": SECRET, "SecretString": state.secret}


def _get(state: Aws, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    assert asked["ConsistentRead"] is True, "what was told a second ago counts"
    item = state.items.get(asked["Key"]["id"]["S"])
    return 200, {"Item": item} if item else {}


def _put(state: Aws, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    key = asked["Item"]["id"]["S"]
    before = state.items.get(key)
    if (condition := asked.get("ConditionExpression")) and not _holds(condition, before, asked["ExpressionAttributeValues"]):
        answer: dict[str, Any] = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "no"}
        if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            answer["Item"] = before
        return 400, answer
    state.items[key] = asked["Item"]
    return 200, {}


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


def _send(state: Aws, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    state.kept.append(asked)
    return 200, {"MessageId": "m", "MD5OfMessageBody": _md5(asked["MessageBody"])}


def _md5(text: str) -> str:
    import hashlib

    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _publish(state: Aws, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    assert len(form["Message"].encode()) <= 262_144, "SNS takes no more"
    state.published.append(form)
    return 200, {"MessageId": "p"}
