"""The reference service as real processes on loopback, and a little load balancer in front of them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.synthesis import ROOT

FOLDER = ROOT / "examples" / "reference_service"
#: The service with a route that takes its time: what a user writes.
SLOW = """
import sys, time
from core import Application, Response
import app

def slow(request):
    time.sleep(float(request.headers["x-seconds"]))
    return Response(content={"slept": True})

def broken(request):
    raise KeyError("a secret detail")

routes = {("GET", "/slow"): slow, ("POST", "/slow"): slow, ("GET", "/broken"): broken}
sys.exit(app.main(app=lambda log: Application(log, version="slow", routes=routes)))
"""


class Service:
    """One process; its log goes to a file, as a pipe that nobody reads would stop it."""

    def __init__(self, log: Path, *command: str, **settings: object) -> None:
        self.log = log
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(FOLDER)} | {name: str(value) for name, value in settings.items()}
        with log.open("wb") as lines:
            self.process = subprocess.Popen(
                [sys.executable, *(command or (str(FOLDER / "app.py"),))],
                env=environment,
                cwd=FOLDER,
                stdout=lines,
                stderr=subprocess.STDOUT,
            )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its log; a line that is no JSON fails."""
        return [dict(json.loads(line)) for line in self.log.read_text().splitlines()]

    def wait_for(self, message: str, seconds: float = 5) -> dict[str, Any]:
        """The first line of the log that says *message*."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            text = self.log.read_text()
            # The last line may be half written.
            for line in text[: text.rfind("\n") + 1].splitlines():
                if (found := json.loads(line))["message"].startswith(message):
                    return dict(found)
            assert self.process.poll() is None, text
            time.sleep(0.01)
        raise AssertionError(f"{message!r} is not in the log: {self.log.read_text()}")

    @property
    def port(self) -> int:
        return int(self.wait_for("listening")["port"])

    def term(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def end(self, seconds: float = 10) -> int:
        return self.process.wait(seconds)


@contextmanager
def running(log: Path, *command: str, **settings: object) -> Iterator[Service]:
    """A service that listens on a port of its own, gone afterwards whatever happens."""
    service = Service(log, *command, **({"PORT": 0, "STOP_GRACE_SECONDS": 0} | settings))
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait()


def get(port: int, path: str = "/health", *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None) -> Any:
    """One request on a connection of its own: status, headers, content."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, dict(answer.getheaders()), json.loads(text) if text else None
    finally:
        connection.close()


class Balancer:
    """As an Application Load Balancer does it: connections to targets are kept and reused; one that is deregistered gets no new request.

    Its nodes learn of that one after another: the last of them after *late* seconds.
    """

    def __init__(self, *ports: int, nodes: int, late: float) -> None:
        self.registered = list(ports)
        self._nodes, self._late = nodes, late
        self._gone: tuple[int, float] = (0, 0.0)
        self.served: Counter[int] = Counter()
        self.failed: list[str] = []
        #: Requests to a target after it was deregistered.
        self.after = 0
        self._lock = threading.Lock()
        self._turn = 0

    def deregister(self, port: int) -> None:
        """No new request from those who know; those on their way may still come in."""
        self._gone = (port, time.monotonic())

    def _known_to(self, node: int) -> list[int]:
        port, since = self._gone
        knows = port and time.monotonic() >= since + self._late * node / self._nodes
        return [one for one in self.registered if one != port] if knows else self.registered

    def send(self, node: int, requests: int, *, new_connection_every: int) -> None:
        """Send *requests* by *node*, one after another, over kept connections, some of which are given up and made anew."""
        kept: dict[int, http.client.HTTPConnection] = {}
        for number in range(requests):
            with self._lock:
                self._turn += 1
                targets = self._known_to(node)
                port = targets[self._turn % len(targets)]
            try:
                if number % new_connection_every == 0 and port in kept:
                    kept.pop(port).close()
                connection = kept.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=10))
                connection.request("GET", "/hello" if number % 10 else "/health")
                answer = connection.getresponse()
                answer.read()
                outcome = "" if answer.status == 200 else f"{port}: {answer.status}"
            except (OSError, http.client.HTTPException) as error:
                kept.pop(port).close()
                outcome = f"{port}: {error!r}"
            with self._lock:
                self.served[port] += 1
                self.after += port == self._gone[0]
                if outcome:
                    self.failed.append(outcome)
        for connection in kept.values():
            connection.close()
