"""The look into a restored database: the function's code on a real PostgreSQL and a real MariaDB, in every way that it can go."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pg8000.native
import pymysql
import pytest

from prodready_constructs.recovery.testing.handlers import trust
from tests.database.servers import DATABASE, MASTER, Server, free_port
from tests.recovery.testing.fake_aws import SOURCE, FakeAws
from tests.recovery.testing.looking import ENOUGH, FRESH, Invoke, database_check

pytestmark = [pytest.mark.servers, pytest.mark.control("DR-2")]


@contextlib.contextmanager
def signed_in(server: Server) -> Iterator[Any]:
    """A function that runs a statement as the master user."""
    context = ssl.create_default_context(cafile=str(server.authorities))
    if server.engine == "postgresql":
        sql = pg8000.native.Connection(
            MASTER["username"], host="localhost", port=server.port, database=DATABASE, password=MASTER["password"], ssl_context=context
        )
        yield sql.run
        sql.close()
    else:
        connection = pymysql.connect(
            host="localhost", port=server.port, user=MASTER["username"], password=MASTER["password"], database=DATABASE, ssl=context,
            autocommit=True,
        )  # fmt: skip
        with connection.cursor() as cursor:
            yield cursor.execute
        connection.close()


@pytest.fixture(params=["postgresql_server", "mariadb_server"], ids=["PostgreSQL", "MariaDB"])
def restored(request: pytest.FixtureRequest, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server with three orders of this hour, and a secret that opens it."""
    server: Server = request.getfixturevalue(request.param)
    monkeypatch.setattr(trust, "OWN", server.authorities)
    aws.endpoint, aws.secret = ("localhost", server.port), {"AWSCURRENT": MASTER}
    fill(server, "(1, CURRENT_TIMESTAMP), (2, CURRENT_TIMESTAMP), (3, CURRENT_TIMESTAMP)")
    return server


def fill(server: Server, rows: str) -> None:
    with signed_in(server) as run:
        run("DROP TABLE IF EXISTS orders")
        run("CREATE TABLE orders (id int, created_at timestamp NULL)")
        if rows:
            run(f"INSERT INTO orders VALUES {rows}")


def checks(server: Server, *expect: dict[str, Any]) -> dict[str, Any]:
    return {SOURCE: database_check(*expect, engine=server.engine)}


def test_a_database_that_has_what_it_must_is_a_success(restored: Server, aws: FakeAws, look: Invoke) -> None:
    outcome = look(aws.add_job(), checks(restored))
    assert outcome["restoreTest"] == "SUCCESSFUL"
    assert outcome["restoreSeconds"] == 1200
    ((job, status, message),) = aws.told
    assert (job, status) == ("job-1", "SUCCESSFUL")
    assert message == "3 (at least 2); the newest is 0 h 0 min old (at most 36 h 0 min)"


def test_an_empty_table_fails(restored: Server, aws: FakeAws, look: Invoke) -> None:
    fill(restored, "")
    assert look(aws.add_job(), checks(restored))["restoreTest"] == "FAILED"
    assert aws.told == [("job-1", "FAILED", "Wrong: 'SELECT count(*) FROM orders' gave 0, less than 2")]


def test_stale_data_fails(restored: Server, aws: FakeAws, look: Invoke) -> None:
    fill(restored, "(1, CURRENT_TIMESTAMP - INTERVAL '50' HOUR), (2, CURRENT_TIMESTAMP - INTERVAL '49' HOUR)")
    assert look(aws.add_job(), checks(restored))["restoreTest"] == "FAILED"
    assert aws.told[0][2].endswith("the newest is 49 h 0 min old, more than 36 h 0 min")


def test_no_newest_row_fails(restored: Server, aws: FakeAws, look: Invoke) -> None:
    fill(restored, "(1, NULL), (2, NULL)")
    assert look(aws.add_job(), checks(restored, FRESH))["message"].endswith("gave None, which is no moment")


def test_text_is_no_number(restored: Server, aws: FakeAws, look: Invoke) -> None:
    words = {"query": "SELECT 'many'", "at_least": 1}
    assert look(aws.add_job(), checks(restored, words))["message"].endswith("gave 'many', which is no number")


def test_a_table_that_is_missing_fails(restored: Server, aws: FakeAws, look: Invoke) -> None:
    gone = {"query": "SELECT count(*) FROM invoices", "at_least": 1}
    outcome = look(aws.add_job(), checks(restored, gone))
    assert outcome["restoreTest"] == "FAILED"
    assert "invoices" in outcome["message"]


def test_it_cannot_write(restored: Server, aws: FakeAws, look: Invoke) -> None:
    if restored.engine == "postgresql":
        writes = {"query": "WITH gone AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM gone", "at_least": 1}
    else:
        writes = {"query": "DELETE FROM orders", "at_least": 1}
    outcome = look(aws.add_job(), checks(restored, writes))
    assert outcome["restoreTest"] == "FAILED"
    assert "read" in outcome["message"].lower()
    assert look(aws.add_job("job-2"), checks(restored, ENOUGH))["message"] == "3 (at least 2)"


def test_the_secret_before_its_last_rotation_opens_an_older_backup(restored: Server, aws: FakeAws, look: Invoke) -> None:
    aws.secret = {"AWSCURRENT": {**MASTER, "password": "n" * 40}, "AWSPREVIOUS": MASTER}
    assert look(aws.add_job(), checks(restored))["restoreTest"] == "SUCCESSFUL"


def test_a_wrong_password_fails(restored: Server, aws: FakeAws, look: Invoke) -> None:
    aws.secret = {"AWSCURRENT": {**MASTER, "password": "n" * 40}, "AWSPREVIOUS": {**MASTER, "username": "nobody"}}
    message = look(aws.add_job(), checks(restored))["message"]
    assert message.startswith("Access: the secret opens nothing: AWSCURRENT: ")
    assert "AWSPREVIOUS: " in message
    assert "n" * 40 not in message


@pytest.mark.parametrize("secret", [{}, {"AWSCURRENT": {"username": "app_2", "not-made-yet": "x"}}], ids=["none", "not made yet"])
def test_a_secret_without_a_password_fails(restored: Server, aws: FakeAws, look: Invoke, secret: dict[str, Any]) -> None:
    aws.secret = secret
    assert look(aws.add_job(), checks(restored))["message"].endswith("it has no value with username and password")


def test_nobody_there_fails_when_patience_ends(restored: Server, aws: FakeAws, look: Invoke) -> None:
    aws.endpoint = ("localhost", free_port())
    outcome = look(aws.add_job(), checks(restored), patience=0.5)
    assert outcome["restoreTest"] == "FAILED"
    assert outcome["message"].startswith("Unreachable: ")
    assert len(aws.told) == 1


def test_a_database_that_is_late_is_waited_for(restored: Server, aws: FakeAws, look: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    from prodready_constructs.recovery.testing.handlers import index

    tries: list[str] = []
    really = index.ask

    def late(check: dict[str, Any], place: Any) -> str:
        tries.append(place.host)
        return really(check, place if len(tries) > 2 else index.Place("localhost", free_port(), place.database))

    monkeypatch.setattr(index, "ask", late)
    assert look(aws.add_job(), checks(restored), patience=10)["restoreTest"] == "SUCCESSFUL"
    assert len(tries) == 3


def test_a_stranger_s_certificate_is_refused(
    restored: Server, aws: FakeAws, look: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trust, "OWN", tmp_path / "none.pem")
    outcome = look(aws.add_job(), checks(restored))
    assert outcome["restoreTest"] == "FAILED"
    assert "certificate verify failed" in outcome["message"]


def test_a_certificate_of_another_name_is_refused(restored: Server, aws: FakeAws, look: Invoke) -> None:
    aws.endpoint = ("127.0.0.1", restored.port)
    outcome = look(aws.add_job(), checks(restored))
    assert outcome["restoreTest"] == "FAILED"
    assert "127.0.0.1" in outcome["message"]
