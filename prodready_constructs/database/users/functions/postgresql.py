"""A user of a PostgreSQL database: roles that hold the rights, and two logins that take turns in them.

``<database>_read``, ``_write`` and ``_schema`` cannot sign in. Whoever has the right ``schema`` works as ``_schema``, so that what it makes
belongs to that role and not to the login of the month; ``_read`` and ``_write`` may use whatever ``_schema`` makes.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from typing import Any

import pg8000.native

from .trust import CONNECT_SECONDS, trusted

CHECK_CLIENT = "5s"
RIGHTS = ("read", "write", "schema")
#: What is granted on what lies in the database already, where the master user may: objects that others own are theirs to give.
GRANTS = (
    ("'r','p','v','m','f'", "SELECT", "TABLE", ("read", "write")),
    ("'r','p','v','f'", "INSERT, UPDATE, DELETE", "TABLE", ("write",)),
    ("'S'", "SELECT", "SEQUENCE", ("read", "write")),
    ("'S'", "USAGE", "SEQUENCE", ("write",)),
)


@contextlib.contextmanager
def connected(user: str, password: str) -> Iterator[Any]:
    connection = pg8000.native.Connection(
        user,
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        database=os.environ["DATABASE"],
        password=password,
        ssl_context=trusted(),
        timeout=CONNECT_SECONDS,
        application_name="rotation",
    )
    try:
        yield connection
    finally:
        with contextlib.suppress(Exception):  # a connection that was lost cannot be closed
            connection.close()


def give(value: dict[str, str], rights: str, master: dict[str, str]) -> None:
    """Make the login, or set its password; and see that it has these rights and no other. All of it or nothing."""
    database, login = os.environ["DATABASE"], value["username"]
    with connected(master["username"], master["password"]) as sql:
        sql.run("START TRANSACTION")
        # Two users of one database make the same roles.
        sql.run("SELECT pg_advisory_xact_lock(hashtext('prodready rotation'))")
        make_roles(sql, database)
        share(sql, database)
        exists = sql.run("SELECT 1 FROM pg_roles WHERE rolname = :name", name=login)
        sql.run(
            f"{'ALTER' if exists else 'CREATE'} ROLE \"{login}\" LOGIN NOCREATEDB NOCREATEROLE INHERIT PASSWORD '{verifier(value['password'])}'"
        )
        for other in RIGHTS:
            if other != rights and sql.run("SELECT 1 WHERE pg_has_role(:login, :role, 'MEMBER')", login=login, role=f"{database}_{other}"):
                sql.run(f'REVOKE "{database}_{other}" FROM "{login}"')
        sql.run(f'GRANT "{database}_{rights}" TO "{login}"')
        sql.run(f'ALTER ROLE "{login}" SET role TO "{database}_schema"' if rights == "schema" else f'ALTER ROLE "{login}" RESET role')
        # A statement whose client is gone (a task that was stopped) ends, and lets go of its locks.
        sql.run(f"ALTER ROLE \"{login}\" SET client_connection_check_interval TO '{CHECK_CLIENT}'")
        sql.run("COMMIT")


def make_roles(sql: Any, database: str) -> None:
    for right in RIGHTS:
        role = f"{database}_{right}"
        if not sql.run("SELECT 1 FROM pg_roles WHERE rolname = :role", role=role):
            sql.run(f'CREATE ROLE "{role}" NOLOGIN NOCREATEDB NOCREATEROLE')
        sql.run(f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{role}"')
        sql.run(f'GRANT USAGE ON SCHEMA public TO "{role}"')
    owner = f"{database}_schema"
    sql.run(f'GRANT CREATE ON DATABASE "{database}" TO "{owner}"')
    sql.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    sql.run(f'GRANT CREATE ON SCHEMA public TO "{owner}"')
    # Only a member may say what becomes of a role's future tables.
    if not sql.run("SELECT 1 WHERE pg_has_role(current_user, :owner, 'USAGE')", owner=owner):
        sql.run(f'GRANT "{owner}" TO CURRENT_USER')
    default = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" GRANT'
    sql.run(f'{default} USAGE ON SCHEMAS TO "{database}_read", "{database}_write"')
    sql.run(f'{default} SELECT ON TABLES TO "{database}_read"')
    sql.run(f'{default} SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{database}_write"')
    sql.run(f'{default} SELECT ON SEQUENCES TO "{database}_read"')
    sql.run(f'{default} SELECT, USAGE ON SEQUENCES TO "{database}_write"')


def share(sql: Any, database: str) -> None:
    """What was made before there were roles: by the master user, usually."""
    for kinds, privileges, kind, rights in GRANTS:
        for right in rights:
            role = f"{database}_{right}"
            lacking = " OR ".join(f"NOT has_{kind.lower()}_privilege(:role, c.oid, '{one}')" for one in privileges.split(", "))
            # CASE, because the planner may ask for the privilege first, and of a table there is no privilege of a sequence.
            found = sql.run(
                "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                f"WHERE CASE WHEN n.nspname = 'public' AND c.relkind IN ({kinds}) AND pg_has_role(current_user, c.relowner, 'USAGE') "
                f"THEN {lacking} ELSE false END",
                role=role,
            )
            for (name,) in found:
                sql.run(f'GRANT {privileges} ON {kind} {name} TO "{role}"')


def check(value: dict[str, str], rights: str) -> None:
    """Sign in as the application will, by TLS, and look at what it may do."""
    database = os.environ["DATABASE"]
    with connected(value["username"], value["password"]) as sql:
        ((member, acts_as),) = sql.run("SELECT pg_has_role(session_user, :role, 'MEMBER'), current_user", role=f"{database}_{rights}")
        expected = f"{database}_schema" if rights == "schema" else value["username"]
        if not member or acts_as != expected:
            raise ValueError(f"{value['username']} has not the right {rights}: it acts as {acts_as}")
        sql.run("SET ROLE NONE")  # only who signed in sees how
        ((encrypted,),) = sql.run("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        if not encrypted:
            raise ValueError("the connection is not encrypted")


def verifier(password: str, *, iterations: int = 4096) -> str:
    """What PostgreSQL keeps of *password*, made here: statements are logged, and the log must not tell the password.

    Source: RFC 5803; https://www.postgresql.org/docs/17/catalog-pg-authid.html
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_64, stored_64, server_64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${iterations}:{salt_64}${stored_64}:{server_64}"
