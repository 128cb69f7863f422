"""What a database shows to those who make users in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.contracts import Attachment
from prodready_constructs.errors import ConfigurationError

#: Levels, each with all that the one before has.
RIGHTS = ("read", "write", "schema")
#: MySQL takes 32 characters, and each user is two: ``app_1`` and ``app_2``.
LONGEST = 30
_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}")
#: Prefixes and names that RDS or the engine keeps for itself.
_RESERVED = ("pg_", "rds", "mysql", "aws")
#: PostgreSQL cuts names at 63; the roles of the rights are called ``<database>_schema``.
LONGEST_DATABASE = 56


class SqlDatabase(Protocol):
    """``MultiAzDatabase``, ``AuroraDatabase``, or one of yours: an engine whose name says PostgreSQL or MySQL, a key, an attachment."""

    encryption_key: kms.IKey

    @property
    def node(self) -> Any: ...
    @property
    def engine(self) -> Any: ...
    @property
    def attachment(self) -> Attachment: ...


class RotationPosture(Protocol):
    """``PRODUCTION.database`` or ``PRODUCTION.aurora``: how often, when, and how long its log is kept."""

    @property
    def rotation_period(self) -> timedelta: ...
    @property
    def rotation_window(self) -> timedelta: ...
    @property
    def log_retention(self) -> timedelta: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One database, read once."""

    engine: str
    attachment: Attachment
    address: str
    database: str
    connections: ec2.Connections
    master: secretsmanager.ISecret
    key: kms.IKey


def host_of(where: str, database: SqlDatabase) -> Host:
    """What *database* shows.

    Raises:
        ConfigurationError: no master password in Secrets Manager, an engine of another kind, a name too long for roles.
    """
    attachment = database.attachment
    if "DATABASE_USER" not in attachment.secrets:
        raise ConfigurationError(
            f"{where}: database",
            given=f"{database.node.path}, which has no master secret",
            allowed="a database whose master password RDS keeps: it makes the users",
            mend="make users by IAM sign-in there (grant_connect), or leave the global database",
        )
    engine = next((kind for kind, word in (("postgresql", "postgres"), ("mysql", "mysql")) if word in database.engine.name), "")
    if not engine:
        raise ConfigurationError(
            f"{where}: database", given=database.engine.name, allowed="PostgreSQL or MySQL", mend="make its users by hand and use AppSecret"
        )
    name = attachment.environment["DATABASE_NAME"]
    if len(name) > LONGEST_DATABASE:
        raise ConfigurationError(
            f"{where}: database",
            given=f"{name}, {len(name)} characters",
            allowed=f"{LONGEST_DATABASE} characters: roles are called after it",
            mend="give the database a shorter name",
        )
    return Host(
        engine=engine,
        attachment=attachment,
        address=attachment.environment["DATABASE_HOST"],
        database=name,
        connections=attachment.connections,
        master=attachment.secrets["DATABASE_USER"].secret,
        key=database.encryption_key,
    )


def check_user(where: str, name: str, rights: str) -> None:
    """Refuse what no engine takes, and rights that are none."""
    if not _NAME.fullmatch(name) or name.startswith(_RESERVED):
        plain = re.sub(r"[^a-z0-9_]", "_", name.lower()).lstrip("_0123456789")
        raise ConfigurationError(
            f"{where}: name",
            given=name,
            allowed=f"small letters, digits and underscores from a letter on, {LONGEST} at most, not beginning with {', '.join(_RESERVED)}",
            mend=f"use {('app_' + plain if plain.startswith(_RESERVED) else plain)[:LONGEST] or 'app'}",
        )
    if rights not in RIGHTS:
        raise ConfigurationError(
            f"{where}: rights",
            given=rights,
            allowed="read, write (rows too) or schema (tables too)",
            mend="use write for a service and schema for its migrations",
        )
