"""Questions to a restored MySQL: read only, by TLS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pymysql

from .answers import CONNECT_SECONDS, QUERY_SECONDS, AccessError, Place, UnreachableError
from .trust import trusted

#: ER_ACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR. Source: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
DENIED = (1044, 1045)


@contextlib.contextmanager
def asking(place: Place, user: str, password: str) -> Iterator[Any]:
    """A function that answers one query with its first value."""
    try:
        connection = pymysql.connect(
            host=place.host,
            port=place.port,
            user=user,
            password=password,
            database=place.database,
            ssl=trusted(),
            connect_timeout=CONNECT_SECONDS,
            read_timeout=QUERY_SECONDS,
            write_timeout=CONNECT_SECONDS,
        )
    except pymysql.err.OperationalError as error:
        raise (AccessError if error.args[0] in DENIED else UnreachableError)(str(error)) from error
    except OSError as error:
        raise UnreachableError(str(error)) from error
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            # Asked of the server: a driver that fell back to plain text must not go unnoticed.
            cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
            if not (row := cursor.fetchone()) or not row[1]:
                raise UnreachableError("the connection is not encrypted")
            connection.commit()

            def ask(query: str) -> Any:
                cursor.execute(query)
                found = cursor.fetchone()
                return found[0] if found else None

            yield ask
    finally:
        with contextlib.suppress(Exception):  # a connection that was lost cannot be closed
            connection.close()


def errors() -> tuple[type[Exception], ...]:
    """What a query that fails raises."""
    return (pymysql.err.MySQLError, OSError)
