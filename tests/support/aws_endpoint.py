"""An AWS endpoint on this machine: boto3's own requests, taken apart, and answers in the shapes of AWS's protocols."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.loopback import Handler, listening


@dataclass(frozen=True, slots=True)
class Call:
    """What an SDK asked."""

    method: str
    #: Decoded, without the query.
    path: str
    query: Mapping[str, str]
    #: With names in lower case.
    headers: Mapping[str, str]
    content: bytes

    @property
    def operation(self) -> str:
        """``GetItem``, where it is a header (JSON protocols) or the parameter Action (query protocol)."""
        target = self.headers.get("x-amz-target")
        return target.rpartition(".")[2] if target else str(self.parameters["Action"])

    @property
    def parameters(self) -> dict[str, Any]:
        """The body, JSON or a form."""
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(self.content.decode()))
        return dict(json.loads(self.content or b"{}"))


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back."""

    status: int = 200
    content: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def said(content: Any, *, status: int = 200) -> Reply:
    """*content* as JSON."""
    return Reply(status, json.dumps(content).encode())


def said_in_xml(text: str, *, status: int = 200) -> Reply:
    """*text*, for the query protocol and S3."""
    return Reply(status, text.encode(), "text/xml")


def refused(status: int, code: str, **more: Any) -> Reply:
    """An error of the JSON protocols, which clients know as *code*."""
    return Reply(status, json.dumps({"__type": code, "message": code, **more}).encode(), headers={"x-amzn-ErrorType": code})


@contextmanager
def aws_endpoint(answer: Callable[[Call], Reply]) -> Iterator[str]:
    """The address of an endpoint that answers every call as *answer* says, until the block ends."""

    class Endpoint(Handler):
        def _call(self) -> None:
            address = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            reply = answer(Call(self.command, unquote(address.path), query, headers, self.content()))
            self.reply(reply.status, reply.content, [("Content-Type", reply.kind), *reply.headers.items()])

        do_GET = do_PUT = do_POST = _call  # noqa: N815 - the names that http.server looks for

    with listening(Endpoint) as port:
        yield f"http://127.0.0.1:{port}"


def aws_settings(url: str, *, region: str = "us-east-1") -> dict[str, str]:
    """What leads boto3 to the endpoint at *url*: environment variables."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": url,
    }
