"""SIGTERM in the middle of the work, of real processes on loopback."""

from __future__ import annotations

import http.client
import signal
import socket
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.examples.reference_service.running import SLOW, Balancer, get, running

pytestmark = pytest.mark.control("WEB-3")
REQUESTS, CALLERS = 5_000, 8


def slow(port: int, seconds: float, **more: Any) -> Any:
    return get(port, "/slow", headers={"x-seconds": str(seconds)}, **more)


def test_no_request_of_5_000_fails_while_one_of_two_stops(tmp_path: Path) -> None:
    with (
        running(tmp_path / "old", STOP_GRACE_SECONDS=1) as old,
        running(tmp_path / "new") as new,
    ):
        ports = [old.port, new.port]
        balancer = Balancer(*ports, nodes=CALLERS, late=0.5)
        with ThreadPoolExecutor(CALLERS) as callers:
            done = [callers.submit(balancer.send, node, REQUESTS // CALLERS, new_connection_every=7) for node in range(CALLERS)]
            while sum(balancer.served.values()) < REQUESTS // 3:
                time.sleep(0.005)
            # As ECS does it: first the target goes, then the signal comes. Not every node knows at once.
            balancer.deregister(ports[0])
            old.term()
            code = old.end()
            assert sum(balancer.served.values()) > REQUESTS // 3
            for one in done:
                one.result()
        assert balancer.failed == []
        assert sum(balancer.served.values()) == REQUESTS
        assert min(balancer.served.values()) > REQUESTS // 10, "both have served"
        assert balancer.after > 20, "some came after the signal"
        assert code == 0
        lines = [*old.lines, *new.lines]
        assert {line["level"] for line in lines} == {"info"}, "no warning, no error"
        # Health checks that are well are not in the log.
        assert (
            sum(line["message"] == "request" for line in lines) == sum(number % 10 > 0 for number in range(REQUESTS // CALLERS)) * CALLERS
        )


def test_requests_in_flight_are_finished_although_nobody_deregistered(tmp_path: Path) -> None:
    with running(tmp_path / "log", "-c", SLOW, STOP_GRACE_SECONDS=1) as service, ThreadPoolExecutor(8) as callers:
        port = service.port
        flying: list[Future[Any]] = [callers.submit(slow, port, 1.6) for _ in range(4)]
        flying.append(callers.submit(slow, port, 1.6, method="POST", body=b"x" * 100_000))
        kept = http.client.HTTPConnection("127.0.0.1", port)
        kept.request("GET", "/health")
        kept.getresponse().read()
        time.sleep(0.2)
        service.term()
        service.wait_for("stopping")
        # Still routed to: on a kept connection and on a new one. Well, but asking to be left.
        kept.request("GET", "/health")
        answers = [kept.getresponse(), None]
        assert answers[0] is not None
        assert (answers[0].status, answers[0].getheader("Connection")) == (200, "close")
        assert answers[0].read().startswith(b'{"status": "draining"')
        status, headers, content = get(port)
        assert (status, headers["Connection"], content["status"]) == (200, "close", "draining")
        # A signal more must not cut them off.
        service.term()
        service.process.send_signal(signal.SIGINT)
        assert [one.result()[0] for one in flying] == [200] * 5
        assert service.end() == 0
        with pytest.raises(ConnectionRefusedError):
            get(port)
        last = service.lines[-1]
        assert (last["message"], 1.3 < last["seconds"] < 3) == ("stopped", True)


def test_what_waits_to_be_accepted_is_served_too(tmp_path: Path) -> None:
    """Connections that the kernel took, on which requests come a moment after the signal; the signal comes at the worst moment, right at the start."""
    with running(tmp_path / "log", "-c", SLOW) as service, ThreadPoolExecutor(40) as callers:
        port = service.port
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        service.term()
        burst = [callers.submit(one.sendall, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n") for one in held]
        for one in burst:
            one.result()
        answers = [one.makefile("rb").readline() for one in held]
        assert answers == [b"HTTP/1.1 200 OK\r\n"] * 20
        assert service.end() == 0
        for one in held:
            one.close()


def test_a_request_on_its_way_over_a_new_connection_is_served(tmp_path: Path) -> None:
    """Nothing is accepted any more when it arrives, but its connection was."""
    with running(tmp_path / "log") as service:
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            service.term()
            time.sleep(0.4)
            with pytest.raises(ConnectionRefusedError):
                get(service.port)
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
        assert service.end() == 0


def test_an_idle_connection_does_not_hold_it_up(tmp_path: Path) -> None:
    with running(tmp_path / "log") as service:
        idle = http.client.HTTPConnection("127.0.0.1", service.port)
        idle.request("GET", "/health")
        idle.getresponse().read()
        began = time.monotonic()
        service.term()
        assert service.end() == 0
        assert time.monotonic() - began < 2.5
        idle.close()


def test_a_request_that_never_ends_is_abandoned_at_the_deadline(tmp_path: Path) -> None:
    with running(tmp_path / "log", "-c", SLOW, STOP_DEADLINE_SECONDS=1) as service:
        # Before the thread: a service that does not listen yet does not stop as one that serves.
        port = service.port
        threading.Thread(target=lambda: _swallow(port), daemon=True).start()
        time.sleep(0.3)
        service.term()
        assert service.end() == 1
        last = service.lines[-1]
        assert (last["level"], last["message"], last["abandoned"]) == ("error", "stopped before its requests were done", 1)


def _swallow(port: int) -> None:
    try:
        slow(port, 30)
    except (OSError, http.client.HTTPException):
        return


def test_sigkill_is_what_ecs_reports_as_137(tmp_path: Path) -> None:
    """The kernel's code for a process that was killed: a shell, and ECS, add it to 128."""
    with running(tmp_path / "log", "-c", SLOW, STOP_DEADLINE_SECONDS=100) as service:
        # Before the thread: a service that does not listen yet does not stop as one that serves.
        port = service.port
        threading.Thread(target=lambda: _swallow(port), daemon=True).start()
        time.sleep(0.3)
        service.term()
        service.wait_for("stopping")
        service.process.kill()
        assert 128 - service.end() == 137


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORT": "http"}, "PORT: given 'http'; allowed: a whole number from 0 to 65535; leave it out for 8080"),
        ({"PORT": "70000"}, "PORT: given '70000'; allowed: a whole number from 0 to 65535; leave it out for 8080"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: given 'loud'; allowed: debug, info, warning, error, critical; leave it out for 'info'"),
        (
            {"STOP_GRACE_SECONDS": "20", "STOP_DEADLINE_SECONDS": "10"},
            "STOP_DEADLINE_SECONDS: given '10'; allowed: a whole number from 20 to 110; leave it out for 50",
        ),
        (
            {"STOP_GRACE_SECONDS": "-1"},
            "STOP_GRACE_SECONDS: given '-1'; allowed: a whole number from 0 to 100; leave it out for 5",
        ),
    ],
)
def test_a_bad_setting_is_said_in_the_log(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    with running(tmp_path / "log", **settings) as service:
        assert service.end() == 2
        assert [(line["level"], line["message"]) for line in service.lines] == [("critical", f"bad setting: {said}")]


def test_a_port_in_use_is_said_in_the_log(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(tmp_path / "log", PORT=port) as service:
            assert service.end() == 1
            (line,) = service.lines
    assert line["level"] == "critical"
    assert line["message"] == f"cannot listen on port {port}: Address already in use; set PORT to a free one of 1024 or higher"


def test_a_service_that_cannot_be_built_ends_at_once(tmp_path: Path) -> None:
    with running(tmp_path / "log", "-c", "import app, sys; sys.exit(app.main(app=lambda log: 1 / 0))") as service:
        assert service.end() == 1
        assert "ZeroDivisionError" in service.log.read_text()
