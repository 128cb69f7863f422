"""Rotation by turns on a real PostgreSQL and a real MariaDB, with its failures."""

from __future__ import annotations

import contextlib
import importlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pg8000.native
import pymysql
import pytest

from prodready_constructs.database.users.functions import trust
from tests.database.rotating import MASTER_ARN, STEPS, Rotating, reach
from tests.database.secrets_manager import FakeSecretsManager
from tests.database.servers import DATABASE, MASTER, Server

pytestmark = [pytest.mark.servers, pytest.mark.control("DB-4")]


# --- by turns ---


def test_the_first_rotation_makes_the_user(rotating: Rotating) -> None:
    value = rotating.rotate()
    assert value["username"] == f"{rotating.user}_1"
    assert len(value["password"]) == 48
    assert set(value) == {"username", "password"}
    assert rotating.works(value)


def test_two_users_take_turns_and_the_one_before_goes_on_working(rotating: Rotating) -> None:
    values = [rotating.rotate() for _ in range(5)]
    assert [value["username"][-1] for value in values] == ["1", "2", "1", "2", "1"]
    assert len({value["password"] for value in values}) == 5
    assert [rotating.works(value) for value in values] == [False, False, False, True, True]


def test_the_current_user_works_in_every_step_of_the_next_rotation(rotating: Rotating) -> None:
    current = rotating.rotate()
    for step in STEPS:
        assert rotating.works(current)
        rotating.rotate(step)
    assert rotating.works(current)
    assert rotating.works(rotating.current)
    assert rotating.current != current


def test_open_connections_of_the_user_before_stay_open(rotating: Rotating) -> None:
    before = rotating.rotate()
    engine = importlib.import_module(f"prodready_constructs.database.users.functions.{rotating.server.engine}")
    with engine.connected(before["username"], before["password"]) as sql:
        rotating.rotate()
        rotating.rotate()  # its own password is another one now
        assert not rotating.works(before)
        ask = sql.run if rotating.server.engine == "postgresql" else sql.execute
        assert ask("SELECT 1")


# --- again, and half-way ---


def test_every_step_may_be_repeated(rotating: Rotating) -> None:
    rotating.rotate()
    for _ in range(2):
        rotating.rotate("createSecret")
    made = rotating.pending
    for step in ("setSecret", "testSecret"):
        for _ in range(2):
            rotating.rotate(step)
    assert rotating.pending == made
    token = rotating.service.begin(rotating.arn)
    rotating.rotate("finishSecret")
    stages = json.dumps(rotating.service.stages[rotating.arn])
    event = {"SecretId": rotating.arn, "ClientRequestToken": token, "Step": "finishSecret"}
    importlib.import_module("prodready_constructs.database.users.functions.index").handler(event, None)
    assert json.dumps(rotating.service.stages[rotating.arn]) == stages
    assert rotating.current == made


def test_a_rotation_that_broke_off_before_its_end_is_taken_up_again(rotating: Rotating) -> None:
    before = rotating.rotate()
    rotating.service.fails_at = "update_secret_version_stage"
    with pytest.raises(ConnectionError):
        rotating.rotate()
    assert rotating.current == before
    assert rotating.works(before)
    rotating.service.fails_at = None
    rotating.rotate()
    assert rotating.works(rotating.current)
    assert rotating.current["username"] != before["username"]


class Losing:
    """A connection that is lost after some statements, as the network loses it: the socket is gone."""

    def __init__(self, sql: Any, after: int) -> None:
        self.sql, self.left = sql, after

    def _one(self, ask: Any, *args: Any, **values: Any) -> Any:
        if self.left == 0:
            connection = self.sql if hasattr(self.sql, "run") else self.sql.connection
            (connection._usock if hasattr(connection, "_usock") else connection._sock).shutdown(2)
        self.left -= 1
        return ask(*args, **values)

    def run(self, *args: Any, **values: Any) -> Any:
        return self._one(self.sql.run, *args, **values)

    def execute(self, *args: Any, **values: Any) -> Any:
        return self._one(self.sql.execute, *args, **values)

    def fetchall(self) -> Any:
        return self.sql.fetchall()


def lose(rotating: Rotating, after: int) -> contextlib.AbstractContextManager[None]:
    engine = importlib.import_module(f"prodready_constructs.database.users.functions.{rotating.server.engine}")
    real = engine.connected

    @contextlib.contextmanager
    def connected(user: str, password: str) -> Iterator[Any]:
        with real(user, password) as sql:
            yield Losing(sql, after)

    @contextlib.contextmanager
    def losing() -> Iterator[None]:
        with rotating.monkeypatch.context() as patched:
            patched.setattr(engine, "connected", connected)
            yield

    return losing()


def test_a_connection_lost_at_any_statement_leaves_the_current_user_alone_and_can_be_repeated(rotating: Rotating) -> None:
    before = rotating.rotate()
    after = 0
    while True:
        try:
            with lose(rotating, after):
                rotating.rotate("createSecret", "setSecret")
            break
        except (pg8000.native.InterfaceError, pg8000.native.DatabaseError, pymysql.err.MySQLError, OSError):
            assert rotating.works(before)
            assert rotating.current == before
            if rotating.server.engine == "postgresql":  # all of it or nothing
                master = Rotating(rotating.server, rotating.service, rotating.monkeypatch)
                assert master.run(MASTER, f"SELECT 1 FROM pg_roles WHERE rolname = '{rotating.pending['username']}'") == []
        after += 1
    assert after >= (15 if rotating.server.engine == "postgresql" else 4)
    rotating.rotate()
    assert rotating.works(rotating.current)


# --- failures ---


def test_a_wrong_master_password_changes_nothing_and_is_not_told(rotating: Rotating) -> None:
    before = rotating.rotate()
    rotating.service.add(MASTER_ARN, {**MASTER, "password": "wrong-password"})
    with pytest.raises((pg8000.native.DatabaseError, pymysql.err.OperationalError)) as error:
        rotating.rotate()
    assert "wrong-password" not in str(error.value)
    assert rotating.pending["password"] not in str(error.value)
    assert rotating.current == before
    assert rotating.works(before)
    rotating.service.add(MASTER_ARN, MASTER)
    rotating.rotate()
    assert rotating.works(rotating.current)


def test_a_server_that_is_away_is_an_error(rotating: Rotating, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rotating.rotate()
    monkeypatch.setenv("PORT", "1")
    with pytest.raises((pg8000.native.InterfaceError, pymysql.err.OperationalError)):
        rotating.rotate()
    assert rotating.current == before


@pytest.mark.control("DB-6")
def test_the_server_takes_no_connection_without_tls(rotating: Rotating) -> None:
    value = rotating.rotate()
    there: dict[str, Any] = {"host": "127.0.0.1", "port": rotating.server.port, "password": value["password"], "database": DATABASE}
    if rotating.server.engine == "postgresql":
        with pytest.raises(pg8000.native.DatabaseError, match="no encryption"):
            pg8000.native.Connection(value["username"], **there, ssl_context=False)
    else:
        with pytest.raises(pymysql.err.OperationalError, match=r"secure transport|Access denied"):
            pymysql.connect(user=value["username"], **there, ssl_disabled=True)


def test_a_server_with_a_certificate_of_somebody_else_gets_no_password(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trust, "OWN", tmp_path / "none")  # as in the runtime: what the system trusts
    with pytest.raises((ssl.SSLError, pymysql.err.OperationalError), match=r"CERTIFICATE_VERIFY_FAILED"):
        rotating.rotate()


def test_a_server_of_another_name_gets_no_password(rotating: Rotating, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "127.0.0.1")
    with pytest.raises((ssl.SSLError, pymysql.err.OperationalError), match=r"IP address mismatch"):
        rotating.rotate()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": "dbmaster"}, "names 'dbmaster', not one of"),
        ({"password": "x' SUPERUSER --" + "x" * 40}, "was not made by this function"),
        ({"password": "short"}, "was not made by this function"),
    ],
)
def test_a_pending_value_that_somebody_else_wrote_is_refused(rotating: Rotating, change: dict[str, str], message: str) -> None:
    rotating.rotate("createSecret")
    token = rotating.service.begin(rotating.arn)
    rotating.service.values[rotating.arn][token] = json.dumps({**rotating.pending, **change})
    for step in ("setSecret", "testSecret"):
        with pytest.raises(ValueError, match=message):
            rotating.rotate(step)


def test_the_password_of_the_user_in_use_is_never_set(rotating: Rotating) -> None:
    before = rotating.rotate()
    rotating.rotate("createSecret")
    token = rotating.service.begin(rotating.arn)
    rotating.service.values[rotating.arn][token] = json.dumps({**rotating.pending, "username": before["username"]})
    with pytest.raises(ValueError, match="its password must not change yet"):
        rotating.rotate("setSecret")
    assert rotating.works(before)


def test_a_secret_of_nobody_is_refused(rotating: Rotating, service: FakeSecretsManager) -> None:
    service.add("arn:other", {"username": "x"})
    index = importlib.import_module("prodready_constructs.database.users.functions.index")
    with pytest.raises(ValueError, match="arn:other belongs to no user of this database"):
        index.handler({"SecretId": "arn:other", "ClientRequestToken": "v0", "Step": "createSecret"}, None)


# --- rights ---


def refused(rotating: Rotating, value: dict[str, str], statement: str) -> bool:
    try:
        rotating.run(value, statement)
    except (pg8000.native.DatabaseError, pymysql.err.MySQLError) as error:
        assert "denied" in str(error) or "must be owner" in str(error), error  # noqa: PT017
        return True
    return False


@pytest.fixture
def trio(server: Server, service: FakeSecretsManager, monkeypatch: pytest.MonkeyPatch) -> tuple[Rotating, Rotating, Rotating]:
    """A reader, a writer and a migrating user of one database."""
    reader, writer, schema = (Rotating(server, service, monkeypatch, rights=rights) for rights in ("read", "write", "schema"))
    for one in (reader, writer, schema):
        one.rotate()
    return reader, writer, schema


def test_each_right_allows_its_own_and_no_more(trio: tuple[Rotating, Rotating, Rotating]) -> None:
    reader, writer, schema = trio
    table = f"t_{schema.user}"
    schema.run(schema.current, f"CREATE TABLE {table} (id INT PRIMARY KEY)", f"INSERT INTO {table} VALUES (1)")
    writer.run(writer.current, f"INSERT INTO {table} VALUES (2)", f"UPDATE {table} SET id = 3 WHERE id = 2")
    assert reader.run(reader.current, f"SELECT id FROM {table} ORDER BY id") == [(1,), (3,)]
    for statement in (f"INSERT INTO {table} VALUES (9)", f"DELETE FROM {table}", f"CREATE TABLE x_{table} (id INT)"):
        assert refused(reader, reader.current, statement), statement
    for statement in (f"CREATE TABLE x_{table} (id INT)", f"ALTER TABLE {table} ADD COLUMN x INT", f"DROP TABLE {table}"):
        assert refused(writer, writer.current, statement), statement


def test_what_one_login_of_a_migrating_user_made_the_other_may_change(trio: tuple[Rotating, Rotating, Rotating]) -> None:
    reader, writer, schema = trio
    table = f"u_{schema.user}"
    schema.run(schema.current, f"CREATE TABLE {table} (id INT PRIMARY KEY)")
    for one in trio:
        one.rotate()
    schema.run(schema.current, f"ALTER TABLE {table} ADD COLUMN name VARCHAR(9)")
    writer.run(writer.current, f"INSERT INTO {table} VALUES (1, 'a')")
    assert reader.run(reader.current, f"SELECT name FROM {table}") == [("a",)]
    schema.run(schema.current, f"DROP TABLE {table}")


def test_what_the_master_user_made_before_may_be_used(rotating: Rotating) -> None:
    table = f"m_{rotating.user}"
    rotating.run(MASTER, f"CREATE TABLE {table} (id INT)", f"INSERT INTO {table} VALUES (7)")
    assert rotating.run(rotating.rotate(), f"SELECT id FROM {table}") == [(7,)]


def test_a_change_of_rights_holds_from_the_next_rotation_on(rotating: Rotating) -> None:
    table = f"c_{rotating.user}"
    rotating.run(MASTER, f"CREATE TABLE {table} (id INT)")
    value = rotating.rotate()
    rotating.run(value, f"INSERT INTO {table} VALUES (1)")
    for rights in ("schema", "read"):
        rotating.allow(rights)
        rotating.rotate()
    rotating.rotate()  # the login that had more rights has its turn
    assert refused(rotating, rotating.current, f"INSERT INTO {table} VALUES (2)")
    assert refused(rotating, rotating.current, f"CREATE TABLE x_{table} (id INT)")
    assert rotating.run(rotating.current, f"SELECT id FROM {table}") == [(1,)]


def test_a_login_without_its_right_does_not_pass_the_test_step(rotating: Rotating) -> None:
    rotating.rotate("createSecret", "setSecret")
    rotating.allow("schema")
    with pytest.raises(ValueError, match=r"has not the right schema|lacks CREATE, ALTER"):
        rotating.rotate("testSecret")


def test_the_underscore_of_a_database_name_opens_no_other(
    mariadb_server: Server, service: FakeSecretsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(mariadb_server, monkeypatch)
    schema = Rotating(mariadb_server, service, monkeypatch, rights="schema")
    assert refused(schema, schema.rotate(), "CREATE TABLE ordersXdb.x (id INT)")


def test_no_password_is_in_the_log_of_postgresql(
    postgresql_server: Server, service: FakeSecretsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(postgresql_server, monkeypatch)
    rotating = Rotating(postgresql_server, service, monkeypatch)
    values = [rotating.rotate() for _ in range(3)]
    log = postgresql_server.log
    assert f'ROLE "{rotating.user}_2"' in log
    assert not [value for value in values if value["password"] in log]
    assert "SCRAM-SHA-256$4096:" in log
