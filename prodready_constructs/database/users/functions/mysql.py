"""A user of a MySQL database: two accounts that take turns, with the same privileges on this database and on no other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pymysql

from .trust import CONNECT_SECONDS, trusted

_READ = ("SELECT", "SHOW VIEW")
_WRITE = (*_READ, "INSERT", "UPDATE", "DELETE", "EXECUTE", "CREATE TEMPORARY TABLES", "LOCK TABLES")
_SCHEMA = (
    *(*_WRITE, "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "CREATE VIEW", "TRIGGER"),
    *("CREATE ROUTINE", "ALTER ROUTINE", "EVENT"),
)
PRIVILEGES = {"read": _READ, "write": _WRITE, "schema": _SCHEMA}


@contextlib.contextmanager
def connected(user: str, password: str) -> Iterator[Any]:
    connection = pymysql.connect(
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        user=user,
        password=password,
        database=os.environ["DATABASE"],
        ssl=trusted(),
        connect_timeout=CONNECT_SECONDS,
        read_timeout=4 * CONNECT_SECONDS,
        write_timeout=CONNECT_SECONDS,
        autocommit=True,
    )
    try:
        with connection.cursor() as cursor:
            # Asked of the server: a driver that fell back to plain text must not go unnoticed.
            cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
            if not (row := cursor.fetchone()) or not row[1]:
                raise ValueError("the connection is not encrypted")
            yield cursor
    finally:
        with contextlib.suppress(Exception):  # a connection that was lost cannot be closed
            connection.close()


def give(value: dict[str, str], rights: str, master: dict[str, str]) -> None:
    """Make the account, or set its password; and see that it has these rights and no other.

    MySQL commits each statement. Every one may be repeated, and the account is not in use, so an attempt that broke off is simply done again.
    """
    account = f"'{value['username']}'@'%'"
    # A database's name is a pattern here: an underscore would let other databases in.
    database = os.environ["DATABASE"].replace("_", r"\_")
    with connected(master["username"], master["password"]) as sql:
        sql.execute(f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{value['password']}' REQUIRE SSL")
        sql.execute(f"ALTER USER {account} IDENTIFIED BY '{value['password']}' REQUIRE SSL")
        sql.execute(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account}")
        sql.execute(f"GRANT {', '.join(PRIVILEGES[rights])} ON `{database}`.* TO {account}")


def check(value: dict[str, str], rights: str) -> None:
    """Sign in as the application will, by TLS, and look at what it may do."""
    with connected(value["username"], value["password"]) as sql:
        sql.execute("SHOW GRANTS")
        lines = [str(row[0]).removeprefix("GRANT ").partition(" ON ") for row in sql.fetchall()]
        granted = {privilege.strip() for privileges, _, _ in lines for privilege in privileges.split(",")}
        lacking = [privilege for privilege in PRIVILEGES[rights] if privilege not in granted]
        if lacking:
            raise ValueError(f"{value['username']} lacks {', '.join(lacking)}")
