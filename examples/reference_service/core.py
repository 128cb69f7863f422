"""What the container, the function and the worker share: settings, log lines, health, answers. Standard library only."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TextIO

LEVELS = ("debug", "info", "warning", "error", "critical")
#: A deep check may take this long in all, well under the five seconds that a load balancer or a smoke test waits for an answer.
CHECK_SECONDS = 3.0
#: Whoever asks more often gets the answer from before: asking must not become a load on the store.
KEPT_SECONDS = 10.0
_ALWAYS = {"Cache-Control": "no-store", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}


class BadSettingError(Exception):
    """A setting that the service cannot start with; the message says what was given, what is allowed and how to mend it."""


def whole_number(environment: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """The number in the variable *name*, or *default*."""
    given = environment.get(name, "").strip() or str(default)
    if not (given.isascii() and given.isdigit() and least <= int(given) <= most):
        raise BadSettingError(f"{name}: given {given!r}; allowed: a whole number from {least} to {most}; leave it out for {default}")
    return int(given)


def one_of(environment: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    """The word in the variable *name* in lower case, or *default*."""
    given = environment.get(name, "").strip().lower() or default
    if given not in allowed:
        raise BadSettingError(f"{name}: given {given!r}; allowed: {', '.join(allowed)}; leave it out for {default!r}")
    return given


def told_to_stop() -> threading.Event:
    """Set once SIGTERM has come; call it before any other thread exists. More signals change nothing.

    A thread waits for the signal. A handler would run in the main thread, where it could meet the lock of the very event that it sets, or come
    just before a wait that nothing ends any more: rare, and then a task is killed with its requests.
    """
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    told = threading.Event()

    def wait() -> None:
        signal.sigwait(signals)
        told.set()

    threading.Thread(target=wait, daemon=True).start()
    return told


class Log:
    """One JSON object a line, as the metric filters and the saved queries of the library read it."""

    def __init__(self, level: str = "info", stream: TextIO | None = None) -> None:
        self._least = LEVELS.index(level)
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()

    def write(self, level: str, message: str, **fields: Any) -> None:
        """Write *message* unless its level is below the least one; fields that are None are left out."""
        if LEVELS.index(level) < self._least:
            return
        stamp = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {
            "timestamp": stamp,
            "level": level,
            "message": message,
            **{key: value for key, value in fields.items() if value is not None},
        }
        text = json.dumps(line, default=str) + "\n"
        with self._lock:
            self._stream.write(text)
            self._stream.flush()


def trace_id(headers: Mapping[str, str]) -> str | None:
    """The trace of a request: the root of the load balancer's header, or the W3C one; *headers* in lower case."""
    parts = dict(part.strip().partition("=")[::2] for part in headers.get("x-amzn-trace-id", "").split(";"))
    w3c = headers.get("traceparent", "").split("-")
    return parts.get("Root") or (w3c[1] if len(w3c) == 4 else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, whoever brought it; the names of *headers* in lower case, *path* without the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer; *content* becomes JSON."""

    status: int = 200
    content: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The bytes to send."""
        return json.dumps(dict(self.content)).encode()

    @property
    def all_headers(self) -> dict[str, str]:
        """Those that every answer has, and its own."""
        return {**_ALWAYS, **self.headers}


Handler = Callable[[Request], Response]
Check = Callable[[], object]


class Health:
    """``/health``: can this process answer? ``/health/deep``: do the things it needs answer, too?

    The first asks nobody, so that a store that is down takes no task out of service. The second is for people and smoke tests.
    A check is a function that raises when something is wrong; what it raises goes to the log and never into an answer.
    """

    def __init__(self, log: Log, *, version: str, checks: Mapping[str, Check] | None = None) -> None:
        self._log, self._version, self._checks = log, version, dict(checks or {})
        self._lock = threading.Lock()
        self._running: dict[str, threading.Thread] = {}
        self._last: tuple[float, dict[str, str]] | None = None
        #: True from SIGTERM on. The answer stays 200: whatever still arrives is served.
        self.draining = False

    def _answer(self, checks: Mapping[str, str]) -> Response:
        well = all(state == "ok" for state in checks.values())
        status = ("draining" if self.draining else "ok") if well else "failing"
        return Response(status=200 if well else 503, content={"status": status, "version": self._version, "checks": dict(checks)})

    def shallow(self, _: Request) -> Response:
        """Of this process alone."""
        return self._answer({})

    def deep(self, _: Request) -> Response:
        """Of everything it needs; at most :data:`CHECK_SECONDS`, at most once in :data:`KEPT_SECONDS`."""
        with self._lock:
            now = time.monotonic()
            if self._last is None or now - self._last[0] > KEPT_SECONDS:
                self._last = (now, self._run())
            return self._answer(self._last[1])

    def _run(self) -> dict[str, str]:
        states: dict[str, str] = {}

        def one(name: str, check: Check) -> None:
            try:
                check()
                states[name] = "ok"
            except Exception as error:  # noqa: BLE001 - whatever a check raises means that it failed
                states[name] = "failed"
                self._log.write("error", "health check failed", check=name, error=repr(error))

        for name, check in self._checks.items():
            # One that hangs is not asked again before it has ended: threads must not pile up.
            if name not in self._running or not self._running[name].is_alive():
                self._running[name] = threading.Thread(target=one, args=(name, check), daemon=True)
                self._running[name].start()
        until = time.monotonic() + CHECK_SECONDS
        for thread in self._running.values():
            thread.join(max(0.0, until - time.monotonic()))
        late = [name for name in self._checks if name not in states]
        for name in late:
            self._log.write("error", "health check failed", check=name, error=f"no answer within {CHECK_SECONDS:g} s")
        return {name: "timed out" if name in late else states[name] for name in self._checks}


class Application:
    """Routes, and a log line for each request. Give it your own: ``{("GET", "/orders"): list_orders}``."""

    def __init__(
        self, log: Log, *, version: str, routes: Mapping[tuple[str, str], Handler] | None = None, checks: Mapping[str, Check] | None = None
    ) -> None:
        self.log = log
        self.health = Health(log, version=version, checks=checks)
        self._routes = {("GET", "/health"): self.health.shallow, ("GET", "/health/deep"): self.health.deep, **(routes or {})}

    def answer(self, request: Request) -> Response:
        """The answer to *request*; one that fails is a 500 and an error in the log, never the end of the process."""
        started = time.perf_counter()
        error = None
        try:
            response = self._handler(request)(request)
        except Exception as raised:  # noqa: BLE001 - one bad request must not end the others
            error = f"{type(raised).__name__}: {raised}"
            response = Response(status=500, content={"error": "internal error"})
        # Health checks of several load balancer nodes every thirty seconds say nothing.
        quiet = request.path == "/health" and response.status == 200
        self.log.write(
            "error" if response.status >= 500 else "debug" if quiet else "info",
            "request",
            method=request.method,
            path=request.path,
            status=response.status,
            duration_ms=round(1_000 * (time.perf_counter() - started), 3),
            trace_id=trace_id(request.headers),
            error=error,
        )
        return response

    def _handler(self, request: Request) -> Handler:
        wanted = "GET" if request.method == "HEAD" else request.method
        if handler := self._routes.get((wanted, request.path)):
            return handler
        if allowed := sorted(method for method, path in self._routes if path == request.path):
            return lambda _: Response(status=405, content={"error": "method not allowed"}, headers={"Allow": ", ".join(allowed)})
        return lambda _: Response(status=404, content={"error": "not found"})
