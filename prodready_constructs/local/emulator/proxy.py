"""Passing a request on to moto: which service it is for stands in its signature."""

from __future__ import annotations

import asyncio
import http.client
import re
from typing import Any

Headers = list[tuple[bytes, bytes]]
_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/[^/]+/(?P<service>[^/]+)/aws4_request")
_ACCOUNT = re.compile(r"\d{12}")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_HOP_BY_HOP = frozenset({"transfer-encoding", "connection"})


def service_of(scope: Any) -> str:
    """The service in the signature of a request; empty when it is not signed."""
    found = _SCOPE.search(_authorization(scope))
    return found["service"] if found else ""


def request_of(scope: Any, form: bytes = b"") -> str:
    """What a request asks for: its path and query, a blank, and the operation that it names in a header, or in the *form* it carries."""
    query = scope["query_string"].decode("latin-1")
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
    action = _ACTION.search(form)
    return f"{scope['path']}{'?' if query else ''}{query} {action[1].decode() if action else target}"


async def taken(receive: Any) -> tuple[bytes, Any]:
    """The body of a request, and what hands it out again."""
    body = await _body(receive)
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return messages.pop() if messages else await receive()

    return body, again


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def forward(scope: Any, receive: Any, send: Any, *, port: int) -> None:
    """Send the request of *scope* to 127.0.0.1:*port* and its answer back."""
    await answer(send, *await asyncio.to_thread(_exchange, scope, await _body(receive), port))


async def answer(send: Any, status: int, headers: Headers, body: bytes) -> None:
    """One complete ASGI answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _exchange(scope: Any, body: bytes, port: int) -> tuple[int, Headers, bytes]:
    headers = {name.decode(): value.decode() for name, value in scope["headers"] if name.decode() not in _HOP_BY_HOP}
    found = _SCOPE.search(_authorization(scope))
    if found and _ACCOUNT.fullmatch(found["key"]):
        headers["x-moto-account-id"] = found["key"]
    path = (scope.get("raw_path") or scope["path"].encode()).decode()
    query = scope["query_string"].decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(scope["method"], f"{path}?{query}" if query else path, body, headers)
        response = connection.getresponse()
        kept = [(name.lower().encode(), value.encode()) for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP]
        return response.status, kept, response.read()
    finally:
        connection.close()


def _authorization(scope: Any) -> str:
    return dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
