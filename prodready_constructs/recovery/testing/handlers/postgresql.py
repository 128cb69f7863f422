"""Questions to a restored PostgreSQL: read only, by TLS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pg8000.native

from .answers import CONNECT_SECONDS, QUERY_SECONDS, AccessError, Place, UnreachableError
from .trust import trusted

#: SQLSTATE of a user or password that is not right. Source: https://www.postgresql.org/docs/17/errcodes-appendix.html
DENIED = ("28000", "28P01")


@contextlib.contextmanager
def asking(place: Place, user: str, password: str) -> Iterator[Any]:
    """A function that answers one query with its first value."""
    try:
        sql = pg8000.native.Connection(
            user,
            host=place.host,
            port=place.port,
            database=place.database,
            password=password,
            ssl_context=trusted(),
            timeout=CONNECT_SECONDS,
            application_name="restore-test",
        )
    except pg8000.native.DatabaseError as error:
        state = error.args[0].get("C") if error.args and isinstance(error.args[0], dict) else None
        raise (AccessError if state in DENIED else UnreachableError)(str(error)) from error
    except (pg8000.native.InterfaceError, OSError) as error:
        raise UnreachableError(str(error)) from error
    try:
        sql.run("SET default_transaction_read_only = on")
        sql.run(f"SET statement_timeout = {QUERY_SECONDS * 1000}")
        sql._usock.settimeout(QUERY_SECONDS + CONNECT_SECONDS)

        def ask(query: str) -> Any:
            rows = sql.run(query)
            return rows[0][0] if rows else None

        yield ask
    finally:
        with contextlib.suppress(Exception):  # a connection that was lost cannot be closed
            sql.close()


def errors() -> tuple[type[Exception], ...]:
    """What a query that fails raises."""
    return (pg8000.native.DatabaseError, pg8000.native.InterfaceError, OSError)
