"""A database user on a real server, rotated by the function's own code: fixtures for users and migrations."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pg8000.native
import pymysql
import pytest

from prodready_constructs.database.users.functions import index, trust
from tests.database.secrets_manager import FakeSecretsManager
from tests.database.servers import DATABASE, MASTER, Server, mariadb, postgresql

MASTER_ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-1-AbCdEf"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    with mariadb() as server:
        yield server


@dataclass
class Rotating:
    """One user of one server, and its secret."""

    server: Server
    service: FakeSecretsManager
    monkeypatch: pytest.MonkeyPatch
    rights: str = "write"
    user: str = field(default_factory=lambda: f"app{next(_numbers)}")

    def __post_init__(self) -> None:
        self.service.add(self.arn, {"username": f"{self.user}_2", "not-made-yet": "x" * 32})
        self.allow(self.rights)

    @property
    def arn(self) -> str:
        return f"arn:aws:secretsmanager:us-east-1:111122223333:secret:{self.user}-AbCdEf"

    @property
    def current(self) -> dict[str, str]:
        return self.service.value(self.arn)

    @property
    def pending(self) -> dict[str, str]:
        return self.service.value(self.arn, "AWSPENDING")

    def allow(self, rights: str) -> None:
        """What a deployment says of this user."""
        self.monkeypatch.setenv(f"USER_{self.user}", json.dumps({"secret": self.arn, "user": self.user, "rights": rights}))

    def rotate(self, *steps: str) -> dict[str, str]:
        """A rotation, or these steps of one."""
        token = self.service.begin(self.arn)
        for step in steps or STEPS:
            index.handler({"SecretId": self.arn, "ClientRequestToken": token, "Step": step}, None)
        return self.current

    def run(self, value: dict[str, str], *statements: str) -> list[Any]:
        """*statements* as that user, by TLS; the rows of the last one."""
        engine = importlib.import_module(f"prodready_constructs.database.users.functions.{self.server.engine}")
        rows: list[Any] = []
        with engine.connected(value["username"], value["password"]) as sql:
            for statement in statements:
                if self.server.engine == "postgresql":
                    rows = [tuple(row) for row in sql.run(statement) or []]
                else:
                    sql.execute(statement)
                    rows = list(sql.fetchall())
        return rows

    def works(self, value: dict[str, str]) -> bool:
        """Whether that user and password open the database."""
        try:
            return bool(self.run(value, "SELECT 1"))
        except (pg8000.native.DatabaseError, pymysql.err.OperationalError) as error:
            assert "denied" in str(error) or "authentication failed" in str(error), error  # noqa: PT017 (and for no other reason)
            return False


@pytest.fixture(params=["postgresql_server", "mariadb_server"], ids=["PostgreSQL", "MariaDB"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server, and the environment of a function that rotates on it."""
    found: Server = request.getfixturevalue(request.param)
    reach(found, monkeypatch)
    return found


def reach(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"ENGINE": server.engine, "HOST": server.host, "PORT": str(server.port), "DATABASE": DATABASE, "MASTER_SECRET": MASTER_ARN}
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(trust, "OWN", server.authorities)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeSecretsManager:
    fake = FakeSecretsManager()
    fake.add(MASTER_ARN, MASTER)
    monkeypatch.setattr(index, "client", lambda: fake)
    return fake


@pytest.fixture
def rotating(server: Server, service: FakeSecretsManager, monkeypatch: pytest.MonkeyPatch) -> Rotating:
    return Rotating(server, service, monkeypatch)
