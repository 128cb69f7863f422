"""What the service answers and writes to its log: as a process, and as a function in the shapes of events that AWS sends."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.compute.tasks import log_lines
from tests.examples.reference_service.running import FOLDER, SLOW, Service, get, running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("service") / "log", "-c", SLOW, LOG_LEVEL="debug") as one:
        yield one


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Any:
    return module("core", monkeypatch)


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of the folder as it is imported there, and forgotten afterwards."""
    for known in ("core", "service", "lambda_handler", "sqs", "worker"):
        monkeypatch.delitem(sys.modules, known, raising=False)
    monkeypatch.syspath_prepend(str(FOLDER))
    imported = __import__(name)
    for known in ("core", "service", "lambda_handler", "sqs", "worker"):
        if known in sys.modules:
            monkeypatch.setitem(sys.modules, known, sys.modules[known])
    return imported


def counted(line: dict[str, Any], pattern: str) -> bool:
    """Whether CloudWatch Logs counts *line* by *pattern*: comparisons of one field with a string, joined by ``||``."""
    inner = pattern.removeprefix("{ ").removesuffix(" }")
    comparisons = [re.fullmatch(r'\$\.(\w+) = "(\w+)"', part) for part in inner.split(" || ")]
    assert all(comparisons), pattern
    return any(line.get(found[1]) == found[2] for found in comparisons if found)


ERRORS, WARNINGS = (log_lines._pattern(levels) for levels in (log_lines.ERROR_LEVELS, log_lines.WARNING_LEVELS))


@pytest.mark.control("WEB-3")
def test_health_of_the_process_alone(service: Service) -> None:
    status, headers, content = get(service.port)
    assert (status, content) == (200, {"status": "ok", "version": "slow", "checks": {}})
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("application/json", "no-store")
    assert "Connection" not in headers


@pytest.mark.parametrize(
    ("request_", "status", "content"),
    [
        (("GET", "/nothing", None), 404, {"error": "not found"}),
        (("GET", "/health?from=elb", None), 200, {"status": "ok", "version": "slow", "checks": {}}),
        (("GET", "/health/", None), 404, {"error": "not found"}),
        (("POST", "/health", b"{}"), 405, {"error": "method not allowed"}),
        (("HEAD", "/health", None), 200, None),
        (("GET", "/broken", None), 500, {"error": "internal error"}),
        (("BREW", "/health", None), 501, {"error": "not implemented"}),
    ],
)
def test_answers(service: Service, request_: tuple[str, str, bytes | None], status: int, content: Any) -> None:
    method, path, body = request_
    answered, _, said = get(service.port, path, method=method, body=body)
    assert (answered, said) == (status, content)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /slow HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (b"POST /slow HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /slow HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 413),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_requests_that_could_be_read_in_two_ways_end_their_connection(service: Service, request_: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(request_)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nConnection: close\r\n" in answer
    assert get(service.port)[0] == 200


@pytest.mark.control("WEB-3", "OPS-5")
def test_every_line_is_json_that_the_library_counts(service: Service) -> None:
    root = "1-67891233-abcdef012345678912345678"
    get(service.port, "/broken?password=hunter2", headers={"X-Amzn-Trace-Id": f"Self=1-6;Root={root};Sampled=1"})
    get(service.port, "/nothing\x7f".strip("\x7f"), headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
    lines = service.lines
    failed = [line for line in lines if line.get("path") == "/broken"][-1]
    assert {"timestamp", "level", "message", "method", "path", "status", "duration_ms", "trace_id", "error"} == set(failed)
    assert (failed["trace_id"], failed["error"]) == (root, "KeyError: 'a secret detail'")
    assert failed["duration_ms"] >= 0
    assert lines[-1]["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    # What stands behind the question mark may be anything.
    assert "hunter2" not in service.log.read_text()
    assert counted(failed, ERRORS)
    assert not counted(failed, WARNINGS)
    assert [line for line in lines if counted(line, ERRORS)] == [line for line in lines if line["level"] == "error"]
    assert not any(counted(line, ERRORS) or counted(line, WARNINGS) for line in lines if line["level"] in ("info", "debug"))


@pytest.mark.control("OPS-5")
def test_every_level_is_counted_as_what_it_is(core: Any) -> None:
    stream = io.StringIO()
    log = core.Log("debug", stream)
    for level in core.LEVELS:
        log.write(level, 'a "line"\nwith {anything}', path="/ä")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["level"] for line in lines if counted(line, ERRORS)] == ["error", "critical"]
    assert [line["level"] for line in lines if counted(line, WARNINGS)] == ["warning"]
    assert all("message" in query or "duration_ms" in query for query in log_lines.QUERIES.values())


def test_the_saved_queries_read_what_the_service_writes(service: Service) -> None:
    get(service.port, "/broken")
    written = {field for line in service.lines for field in line}
    wanted = set(re.findall(r"fields ([\w@, ]+)", log_lines.QUERIES["SlowestRequests"])[0].replace(",", " ").split())
    assert {name for name in wanted if not name.startswith("@")} <= written


def fails() -> None:
    raise ConnectionError("10.0.3.7 refused: password=hunter2")


@pytest.mark.control("WEB-3")
def test_the_deep_check_asks_the_stores_and_the_other_does_not(core: Any) -> None:
    stream, asked = io.StringIO(), []
    checks: dict[str, Callable[[], object]] = {"database": lambda: asked.append("database"), "cache": fails}
    app = core.Application(core.Log(stream=stream), version="7", checks=checks)
    deep = core.Request(method="GET", path="/health/deep")
    response = app.answer(deep)
    assert response.status == 503
    assert response.content == {"status": "failing", "version": "7", "checks": {"database": "ok", "cache": "failed"}}
    assert "hunter2" not in str(response.content)
    assert "hunter2" in stream.getvalue()
    # Asked again within seconds, it does not ask the stores again.
    assert app.answer(deep).status == 503
    assert asked == ["database"]
    assert app.answer(core.Request(method="GET", path="/health")).status == 200


@pytest.mark.control("WEB-3")
def test_a_store_that_hangs_holds_up_neither_answer(core: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(core, "KEPT_SECONDS", 0)
    released = threading.Event()
    app = core.Application(core.Log(stream=io.StringIO()), version="7", checks={"hung": lambda: released.wait(10), "fine": lambda: None})
    began, threads = time.monotonic(), threading.active_count()
    for _ in range(3):
        assert app.health.deep(core.Request(method="GET", path="/health/deep")).content["checks"] == {"hung": "timed out", "fine": "ok"}
    assert app.health.shallow(core.Request(method="GET", path="/health")).status == 200
    assert time.monotonic() - began < 1
    assert threading.active_count() == threads + 1, "one that hangs is not asked again"
    released.set()


ALB = {
    "requestContext": {"elb": {"targetGroupArn": "arn"}},
    "httpMethod": "GET",
    "path": "/health",
    "headers": {"user-agent": "ELB-HealthChecker/2.0"},
    "body": "",
    "isBase64Encoded": False,
}
REST = {
    "resource": "/{proxy+}",
    "httpMethod": "GET",
    "path": "/health",
    "headers": None,
    "multiValueHeaders": None,
    "body": None,
    "requestContext": {"stage": "prod", "path": "/prod/health"},
}
HTTP = {
    "version": "2.0",
    "rawPath": "/health",
    "headers": {"x-amzn-trace-id": "Root=1-2-3"},
    "requestContext": {"stage": "$default", "http": {"method": "GET", "path": "/health"}},
    "isBase64Encoded": False,
}
SHAPES = {
    "load balancer": ALB,
    "load balancer, lists": {
        **{key: value for key, value in ALB.items() if key != "headers"},
        "multiValueHeaders": {"User-Agent": ["ELB-HealthChecker/2.0"]},
    },
    "REST API": REST,
    "HTTP API, a stage of its own": {**HTTP, "rawPath": "/prod/health", "requestContext": {**HTTP["requestContext"], "stage": "prod"}},
    "function URL": HTTP,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_function_answers_health_in_every_shape(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSION", "abc123")
    answer = module("lambda_handler", monkeypatch).handler(SHAPES[shape], None)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert json.loads(answer["body"]) == {"status": "ok", "version": "abc123", "checks": {}}
    lists = shape == "load balancer, lists"
    assert answer["multiValueHeaders" if lists else "headers"]["Content-Type"] == (["application/json"] if lists else "application/json")
    assert ("headers" in answer) is not lists


def test_the_function_logs_and_reads_bodies(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    handler = module("lambda_handler", monkeypatch)
    event = {**HTTP, "rawPath": "/nothing", "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True}
    assert handler.handler(event, None)["statusCode"] == 404
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["status"], line["path"], line["trace_id"], line["level"]) == (404, "/nothing", "1-2-3", "info")
    assert handler._request(event).body == b"\x00\xff"
    assert handler._request({**event, "body": "ä", "isBase64Encoded": False}).body == "ä".encode()


@pytest.mark.control("FN-5")
def test_the_function_names_the_messages_that_failed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    handler = module("lambda_handler", monkeypatch)
    arn = "arn:aws:sqs:us-east-1:111122223333:orders"

    def records(arn: str) -> dict[str, Any]:
        bodies = (("a", "one"), ("b", ""), ("c", "three"))
        return {"Records": [{"eventSource": "aws:sqs", "eventSourceARN": arn, "messageId": name, "body": body} for name, body in bodies]}

    assert handler.handler(records(arn), None) == {"batchItemFailures": [{"itemIdentifier": "b"}]}
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [(line["message_id"], line["level"]) for line in lines] == [("a", "info"), ("b", "error"), ("c", "info")]
    assert counted(lines[1], ERRORS)
    # In order: what comes after a failure is not done before it.
    assert handler.handler(records(f"{arn}.fifo"), None) == {"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "c"}]}
    assert handler.handler({"Records": records(arn)["Records"][:1]}, None) == {"batchItemFailures": []}


def test_the_folder_needs_nothing_but_python() -> None:
    own = {file.stem for file in FOLDER.glob("*.py")}
    for file in FOLDER.glob("*.py"):
        if file.stem == "app_stack":
            continue
        imported = set(re.findall(r"^(?:import|from) (\w+)", file.read_text(), re.MULTILINE))
        assert imported <= {*sys.stdlib_module_names, *own}, file
        assert isinstance(file, Path)
