"""What a canary does and expects, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret

if TYPE_CHECKING:
    from aws_cdk import aws_secretsmanager as secretsmanager

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: What any answer of a healthy service comes within, and the longest that a step may wait.
LATENCY, LONGEST_LATENCY = timedelta(seconds=5), timedelta(minutes=2)
#: Our limit: a longer walk is two canaries, whose alarms say which half is broken.
MOST_STEPS = 10
_PATH = re.compile(r"/[\x21-\x7e]{0,2047}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
#: Headers whose whole purpose is to carry what opens something.
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"})
#: Headers that belong to the canary itself or to the connection.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "user-agent", "cookie"})
_BODIES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CanarySecret:
    """A header or body that is read from Secrets Manager at every run, and is in no template, log or artifact.

    Args:
        secret: whose value it is; the canary's role may read it, and its key if it has one of its own.
        field: of the secret's JSON; the whole value when None.
        before: what stands before it: ``"Bearer "``.
    """

    secret: secretsmanager.ISecret
    field: str | None = None
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryStep:
    """One HTTPS request and what must come back. Redirects are answers, not followed; cookies are kept for the steps after.

    Args:
        path: absolute, with its query if it has one: ``"/orders?state=open"``.
        method: of the request.
        status: one status, or several that are all right.
        contains: texts that the body has, in its first megabyte.
        answers: headers of the answer: name -> a text that the value has; ``{"Strict-Transport-Security": "max-age"}``.
        headers: of the request: name -> value; what opens something as a ``CanarySecret``.
        body: of the request, such as JSON; a ``CanarySecret`` for one that signs in.
        max_latency: until the whole answer is there; slower is a failure.

    Raises:
        ConfigurationError: a path that is not absolute, a method, status, header or latency that cannot be, a secret in the open.
    """

    path: str
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    status: int | Sequence[int] = 200
    contains: Sequence[str] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | CanarySecret] = field(default_factory=dict)
    body: str | CanarySecret | None = None
    max_latency: timedelta = LATENCY

    def __post_init__(self) -> None:
        where = f"CanaryStep({self.path!r})"
        if not _PATH.fullmatch(self.path) or self.path.startswith("//") or "#" in self.path:
            raise ConfigurationError(
                f"{where}.path",
                given=self.path,
                allowed="an absolute path of printable ASCII, with its query, without a host and a fragment",
                mend="write it like '/health' or '/orders?state=open'; percent-encode what is neither",
            )
        if self.method not in METHODS:
            raise ConfigurationError(f"{where}.method", given=self.method, allowed=", ".join(METHODS), mend="write it in capitals")
        statuses = self.statuses
        for status in statuses or [0]:
            if not 200 <= status <= 599:
                raise ConfigurationError(
                    f"{where}.status",
                    given=status,
                    allowed="statuses from 200 to 599, the final answers of HTTP",
                    mend="expect 200, or (200, 204)",
                )
        if isinstance(self.contains, str) or not all(self.contains):
            raise ConfigurationError(
                f"{where}.contains",
                given=self.contains,
                allowed="a list of texts that are not empty",
                mend='write it like [\'"status":"ok"\']',
            )
        if self.contains and (self.method == "HEAD" or set(statuses) <= {204, 304}):
            raise ConfigurationError(
                f"{where}.contains",
                given=f"texts in the answer to {self.method} with status {', '.join(map(str, statuses))}",
                allowed="no texts: such an answer has no body",
                mend="expect headers by answers, or use GET",
            )
        if not timedelta(milliseconds=100) <= self.max_latency <= LONGEST_LATENCY:
            raise ConfigurationError(
                f"{where}.max_latency",
                given=str(self.max_latency),
                allowed=f"100 ms to {LONGEST_LATENCY}",
                mend=f"the default is {LATENCY}",
            )
        for name in self.answers:
            self._check_name(f"{where}.answers", name)
        for name, value in self.headers.items():
            self._check_header(f"{where}.headers", name, value)
        self._check_body(f"{where}.body")

    @property
    def statuses(self) -> list[int]:
        """The statuses that are all right."""
        return [self.status] if isinstance(self.status, int) else list(self.status)

    @staticmethod
    def _check_name(where: str, name: str) -> None:
        if not _HEADER.fullmatch(name):
            raise ConfigurationError(where, given=name, allowed="the name of an HTTP header", mend="write it like 'Accept'")

    def _check_header(self, where: str, name: str, value: str | CanarySecret) -> None:
        self._check_name(where, name)
        if name.lower() in _OURS:
            raise ConfigurationError(
                where,
                given=name,
                allowed="a header that is not the canary's own",
                mend="leave it out: it is set, and cookies are kept, by the canary",
            )
        if isinstance(value, CanarySecret):
            return
        if name.lower() in _CREDENTIALS or looks_like_a_secret(name, value):
            raise ConfigurationError(
                f"{where}[{name!r}]",
                given="a value in the open",
                allowed="a CanarySecret: everybody who reads the template or the canary would read this",
                mend=f"put it into Secrets Manager and write {{{name!r}: CanarySecret(secret=...)}}",
            )
        if re.search(r"[^\x20-\x7e]", value):
            raise ConfigurationError(f"{where}[{name!r}]", given=value, allowed="one line of printable ASCII", mend="leave out line ends")

    def _check_body(self, where: str) -> None:
        if self.body is None:
            return
        if self.method not in _BODIES:
            raise ConfigurationError(
                where,
                given=f"a body with {self.method}",
                allowed=f"a body with {', '.join(sorted(_BODIES))}",
                mend="leave it out, or use POST",
            )
        if isinstance(self.body, str):
            pairs = re.findall(r'"([A-Za-z0-9_-]+)"\s*:\s*"([^"]*)"', self.body) or [("body", self.body)]
            if any(looks_like_a_secret(name, value) for name, value in pairs):
                raise ConfigurationError(
                    where,
                    given="a secret in the open",
                    allowed="a CanarySecret: everybody who reads the template or the canary would read this",
                    mend="put the whole body into Secrets Manager and write body=CanarySecret(secret=...)",
                )

    @property
    def secrets(self) -> list[secretsmanager.ISecret]:
        """What it reads."""
        return [value.secret for value in (*self.headers.values(), self.body) if isinstance(value, CanarySecret)]

    def plan(self, arn_of: Mapping[int, str]) -> dict[str, Any]:
        """As the script takes it; *arn_of* says the ARN of a secret by the ``id`` of its object."""

        def value(given: str | CanarySecret) -> str | dict[str, Any]:
            if isinstance(given, str):
                return given
            return {"secret": arn_of[id(given.secret)], "field": given.field, "before": given.before}

        return {
            "path": self.path,
            "method": self.method,
            "status": self.statuses,
            "contains": list(self.contains),
            "answers": dict(self.answers),
            "headers": {name: value(given) for name, given in self.headers.items()},
            "body": None if self.body is None else value(self.body),
            "limit": int(self.max_latency / timedelta(milliseconds=1)),
        }
