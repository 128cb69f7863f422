"""The settings of a cache on a real server: TLS, a default user that is off, what the application may do; and rotation end to end."""

from __future__ import annotations

# ruff: noqa: N803 (the stand-ins have the parameter names of boto3)
import contextlib
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.cache import CacheAccess
from prodready_constructs.cache.functions import rotate_cache_password as rotation
from tests.cache.conftest import Built
from tests.cache.server import Client, Server, certify, running

pytestmark = pytest.mark.servers
ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:cache-AbCdEf"
FIRST = "first-password-of-the-cache-0123456789"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("cache")) as started:
        yield started


@pytest.fixture
def app(server: Server, replicated: Built) -> Iterator[Client]:
    """The application's user, with the rights that the template gives it."""
    server.set_user("default", "reset", *replicated.user("default")["AccessString"].split(), f">{FIRST}")
    server.set_user("app", "reset", *replicated.user("app")["AccessString"].split(), f">{FIRST}")
    with contextlib.closing(server.client("app", FIRST)) as client:
        yield client


# --- the users of the template ---


@pytest.mark.control("CACHE-1")
def test_the_application_reads_writes_and_publishes(app: Client) -> None:
    assert app.ask("PING") == "PONG"
    assert app.ask("SET", "cart:1", "3 apples", "EX", "60") == "OK"
    assert app.ask("GET", "cart:1") == "3 apples"
    assert app.ask("PUBLISH", "news", "hello") == "0"
    assert "redis_version" in str(app.ask("INFO", "server"))
    assert app.ask("EVAL", "return redis.call('GET', KEYS[1])", "1", "cart:1") == "3 apples"


@pytest.mark.control("CACHE-1")
@pytest.mark.parametrize(
    "command",
    [
        ("FLUSHALL",),
        ("FLUSHDB",),
        ("KEYS", "*"),
        ("CONFIG", "GET", "*"),
        ("ACL", "LIST"),
        ("SHUTDOWN",),
        ("REPLICAOF", "NO", "ONE"),
        ("MONITOR",),
    ],
    ids=" ".join,
)
def test_the_application_may_neither_administer_nor_stop_it(app: Client, command: tuple[str, ...]) -> None:
    assert str(app.ask(*command)).startswith("NOPERM")
    assert app.ask("PING") == "PONG"


@pytest.mark.control("CACHE-1")
def test_the_default_user_is_nobody(server: Server, app: Client) -> None:
    with contextlib.closing(server.client()) as stranger:
        assert str(stranger.ask("GET", "cart:1")).startswith("NOAUTH")
        # Not even with its password, which is the application's first one.
        assert str(stranger.ask("AUTH", FIRST)).startswith("WRONGPASS")
        assert str(stranger.ask("AUTH", "default", FIRST)).startswith("WRONGPASS")
        assert str(stranger.ask("PING")).startswith("NOAUTH")
    with pytest.raises(PermissionError, match="WRONGPASS"):
        server.client("app", "a guess")


@pytest.mark.control("CACHE-1")
def test_a_read_only_user_stays_within_its_keys(server: Server, app: Client) -> None:
    server.set_user("reports", "reset", *CacheAccess.read_only("report:*").access_string.split(), f">{FIRST}")
    app.ask("SET", "report:1", "42")
    with contextlib.closing(server.client("reports", FIRST)) as reader:
        assert reader.ask("GET", "report:1") == "42"
        assert str(reader.ask("GET", "cart:1")).startswith("NOPERM")
        assert str(reader.ask("SET", "report:1", "43")).startswith("NOPERM")
        assert str(reader.ask("PUBLISH", "news", "x")).startswith("NOPERM")
        assert str(reader.ask("KEYS", "*")).startswith("NOPERM")


@pytest.mark.control("CACHE-1")
def test_plain_text_is_not_spoken(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as plain:
        plain.sendall(b"*1\r\n$4\r\nPING\r\n")
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = plain.recv(64)
    assert b"PONG" not in answer


# --- rotation ---


class NotFoundError(Exception):
    pass


class Manager:
    """Secrets Manager with one secret and its version stages."""

    class exceptions:  # noqa: N801 (boto3's own name)
        ResourceNotFoundException = NotFoundError

    def __init__(self, user_id: str) -> None:
        first = {"username": "app", "user_id": user_id, "password": FIRST}
        self.values = {"v1": json.dumps(first)}
        self.stages = {"v1": ["AWSCURRENT"]}

    def begin(self, version: str) -> None:
        self.stages[version] = ["AWSPENDING"]

    def describe_secret(self, SecretId: str) -> dict[str, Any]:
        return {"RotationEnabled": True, "VersionIdsToStages": {version: list(stages) for version, stages in self.stages.items()}}

    def get_secret_value(self, SecretId: str, VersionStage: str, VersionId: str | None = None) -> dict[str, str]:
        for version, stages in self.stages.items():
            if VersionStage in stages and VersionId in (None, version) and version in self.values:
                return {"SecretString": self.values[version]}
        raise NotFoundError(VersionStage)

    def put_secret_value(self, SecretId: str, ClientRequestToken: str, SecretString: str, VersionStages: list[str]) -> None:
        self.values[ClientRequestToken] = SecretString

    def update_secret_version_stage(self, SecretId: str, VersionStage: str, MoveToVersionId: str, RemoveFromVersionId: str) -> None:
        self.stages[RemoveFromVersionId].remove(VersionStage)
        self.stages[MoveToVersionId] = [VersionStage]

    def password(self, version: str) -> str:
        return str(json.loads(self.values[version])["password"])


class Control:
    """ElastiCache's ModifyUser, on the real server; *late* calls of the test pass before the nodes know of it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.waiting: list[list[str]] = []
        self.late = 0

    def modify_user(self, UserId: str, AuthenticationMode: dict[str, Any]) -> None:
        assert AuthenticationMode["Type"] == "password"
        assert 1 <= len(AuthenticationMode["Passwords"]) <= 2
        assert all(16 <= len(password) <= 128 for password in AuthenticationMode["Passwords"])
        self.waiting = [AuthenticationMode["Passwords"]]
        if not self.late:
            self.tell()

    def tell(self) -> None:
        for passwords in self.waiting:
            self._server.set_user("app", "resetpass", *(f">{password}" for password in passwords))
        self.waiting = []


class Context:
    """Lambda's, with so many milliseconds left."""

    def __init__(self, left: int = 60_000) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        return self.left


class Rotation:
    def __init__(self, manager: Manager, control: Control) -> None:
        self.manager, self.control = manager, control

    def run(self, version: str, *steps: str, left: int = 60_000) -> None:
        for step in steps or ("createSecret", "setSecret", "testSecret", "finishSecret"):
            rotation.handler({"SecretId": ARN, "ClientRequestToken": version, "Step": step}, Context(left))


@pytest.fixture
def rotate(server: Server, app: Client, replicated: Built, monkeypatch: pytest.MonkeyPatch) -> Rotation:
    user_id = str(replicated.user("app")["UserId"])
    manager, control = Manager(user_id), Control(server)
    monkeypatch.setattr(rotation, "client", {"secretsmanager": manager, "elasticache": control}.__getitem__)
    monkeypatch.setenv("ENDPOINT_" + user_id.replace("-", "_"), f"localhost:{server.port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    monkeypatch.setattr(rotation, "PAUSE", 0.01)
    return Rotation(manager, control)


def signs_in(server: Server, password: str) -> bool:
    try:
        server.client("app", password).close()
    except PermissionError:
        return False
    return True


@pytest.mark.control("SEC-2", "CACHE-1")
def test_the_old_password_works_until_the_next_rotation(server: Server, app: Client, rotate: Rotation) -> None:
    rotate.manager.begin("v2")
    rotate.run("v2")
    second = rotate.manager.password("v2")
    assert rotate.manager.stages == {"v1": [], "v2": ["AWSCURRENT"]}
    assert len(second) == 64
    assert (signs_in(server, FIRST), signs_in(server, second)) == (True, True)
    assert app.ask("PING") == "PONG"  # a connection that was open all the time
    rotate.manager.begin("v3")
    rotate.run("v3")
    third = rotate.manager.password("v3")
    assert (signs_in(server, FIRST), signs_in(server, second), signs_in(server, third)) == (False, True, True)


@pytest.mark.control("SEC-2")
def test_the_new_password_does_not_count_before_it_was_tried(server: Server, rotate: Rotation) -> None:
    rotate.control.late = 1
    rotate.manager.begin("v2")
    rotate.run("v2", "createSecret", "setSecret")
    with pytest.raises(
        ValueError, match=r"localhost answered AUTH with b'-WRONGPASS invalid username-password pair or user is disabled"
    ) as refused:
        rotate.run("v2", "testSecret", left=1_000)
    assert rotate.manager.password("v2") not in str(refused.value)
    assert rotate.manager.stages["v1"] == ["AWSCURRENT"]
    assert signs_in(server, FIRST)
    rotate.control.tell()
    rotate.run("v2", "testSecret", "finishSecret")
    assert rotate.manager.stages["v2"] == ["AWSCURRENT"]


@pytest.mark.control("SEC-2")
def test_the_test_waits_until_the_nodes_know_the_password(rotate: Rotation, monkeypatch: pytest.MonkeyPatch) -> None:
    rotate.control.late = 1
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            rotate.control.tell()

    monkeypatch.setattr(rotation.time, "sleep", sleep)
    rotate.manager.begin("v2")
    rotate.run("v2")
    assert len(waits) == 3
    assert rotate.manager.stages["v2"] == ["AWSCURRENT"]


@pytest.mark.control("SEC-2")
def test_a_run_that_was_cut_short_goes_on_with_the_same_password(server: Server, rotate: Rotation) -> None:
    rotate.manager.begin("v2")
    rotate.run("v2", "createSecret", "setSecret")
    before = rotate.manager.password("v2")
    rotate.run("v2")
    assert rotate.manager.password("v2") == before
    assert signs_in(server, before)


@pytest.mark.control("SEC-2")
def test_a_server_that_is_not_the_caches_gets_no_password(
    server: Server, rotate: Rotation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stranger, _ = certify(tmp_path, "stranger")
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger))
    rotate.manager.begin("v2")
    rotate.run("v2", "createSecret", "setSecret")
    with pytest.raises(ssl.SSLCertVerificationError):
        rotate.run("v2", "testSecret", left=1_000)
    assert rotate.manager.stages["v1"] == ["AWSCURRENT"]


@pytest.mark.control("SEC-2")
def test_a_cache_that_cannot_be_reached_leaves_the_old_password(
    rotate: Rotation, monkeypatch: pytest.MonkeyPatch, replicated: Built
) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("ENDPOINT_" + str(replicated.user("app")["UserId"]).replace("-", "_"), f"localhost:{taken.getsockname()[1]}")
        rotate.manager.begin("v2")
        rotate.run("v2", "createSecret", "setSecret")
        with pytest.raises(ConnectionRefusedError):
            rotate.run("v2", "testSecret", left=1_000)
    assert rotate.manager.stages["v1"] == ["AWSCURRENT"]


@pytest.mark.control("SEC-2")
def test_a_failure_of_elasticache_leaves_the_old_password(server: Server, rotate: Rotation, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: Any) -> None:
        raise RuntimeError("InvalidUserState: the user is being modified")

    monkeypatch.setattr(rotate.control, "modify_user", fails)
    rotate.manager.begin("v2")
    with pytest.raises(RuntimeError, match="InvalidUserState"):
        rotate.run("v2")
    assert rotate.manager.stages["v1"] == ["AWSCURRENT"]
    assert signs_in(server, FIRST)
