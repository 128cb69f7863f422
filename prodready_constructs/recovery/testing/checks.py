"""What must be found in a restored store."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.contracts import Attachment
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of

#: One statement that reads; the connection is read-only besides.
_READS = re.compile(r"\s*(select|with)\b[^;]*", re.IGNORECASE)
#: By the word in an engine's name.
_ENGINES = {"postgres": "postgresql", "mysql": "mysql"}


class Restorable(Protocol):
    """A store that AWS Backup selects."""

    @property
    def node(self) -> Any: ...
    @property
    def backup_arns(self) -> tuple[str, ...]: ...


class RestorableDatabase(Restorable, Protocol):
    """``MultiAzDatabase``, or one of yours by ``adopt(instance)``."""

    @property
    def engine(self) -> Any: ...
    @property
    def attachment(self) -> Attachment: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One question to a restored database, and its right answer: a number, or a moment that is not long ago.

    Attributes:
        query: one SELECT, of whose first row the first value counts.
        at_least: the number it must reach. newest_within: how old the moment may be, counted from when the test asks; give the age of a
            daily recovery point, 30 hours, something more. Exactly one of the two.

    Raises:
        ConfigurationError: another statement than a SELECT, or several; neither or both of the answers; an answer that every store has.
    """

    query: str
    at_least: int | None = None
    newest_within: timedelta | None = None

    def __post_init__(self) -> None:
        if not _READS.fullmatch(self.query):
            raise ConfigurationError(
                "Expectation.query",
                given=self.query,
                allowed="one SELECT (or WITH ... SELECT), without a semicolon",
                mend="use SELECT count(*) FROM orders",
            )
        if (self.at_least is None) == (self.newest_within is None):
            raise ConfigurationError(
                "Expectation.at_least, newest_within",
                given="both" if self.at_least is not None else "neither",
                allowed="exactly one of the two",
                mend="ask a second question for the other",
            )
        if self.at_least is not None:
            _check_least("Expectation.at_least", self.at_least)
        if self.newest_within is not None and self.newest_within <= timedelta(0):
            raise ConfigurationError(
                "Expectation.newest_within", given=str(self.newest_within), allowed="a time above zero", mend="use timedelta(hours=36)"
            )

    def settings(self) -> dict[str, Any]:
        """As the function reads it."""
        if self.newest_within is not None:
            return {"query": self.query, "newest_within": int(self.newest_within.total_seconds())}
        return {"query": self.query, "at_least": self.at_least}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseCheck:
    """A restored database is asked by SQL: signed in by TLS, with chain and host name verified.

    Attributes:
        database: an RDS instance, yours too: ``adopt(instance)``. (AWS Backup restores an Aurora cluster without instances: nobody to ask.)
        expect: the questions.
        credentials: a secret with ``username`` and ``password`` that may read; best that of a ``DatabaseUser`` with the right ``read``, else
            the master secret of the database.
        database_name: the database that is asked; the one that the instance was made with when None.
    """

    database: RestorableDatabase
    expect: Sequence[Expectation]
    credentials: secretsmanager.ISecret | None = None
    database_name: str | None = None

    #: How AWS Backup calls the kind of store.
    resource_type = "RDS"

    @property
    def store(self) -> Restorable:
        return self.database

    def secret(self, where: str) -> secretsmanager.ISecret:
        """Whose user name and password open the restored database."""
        if self.credentials is not None:
            return self.credentials
        field = self.database.attachment.secrets.get("DATABASE_USER")
        if field is None:
            raise ConfigurationError(
                f"{where}: credentials",
                given=f"none, and {path_of(self.database)} has no master secret",
                allowed="a secret with username and password that may read",
                mend="hand over the secret of a DatabaseUser with the right read",
            )
        return field.secret

    def settings(self, where: str) -> dict[str, Any]:
        """As the function reads it."""
        name = str(self.database.engine.name).lower()
        engine = next((engine for word, engine in _ENGINES.items() if word in name and "aurora" not in name), None)
        if engine is None:
            raise ConfigurationError(
                f"{where}: checking",
                given=f"{path_of(self.database)}, whose engine is {name}",
                allowed="RDS for PostgreSQL or MySQL: a restored Aurora cluster has no instance that could be asked",
                mend="leave it out, and restore it by hand in a drill",
            )
        if not self.expect:
            raise ConfigurationError(
                f"{where}: expect",
                given="no question",
                allowed="one Expectation at least: a database that answers may still be empty",
                mend="use Expectation(query='SELECT count(*) FROM orders', at_least=1)",
            )
        return {
            "kind": "database",
            "engine": engine,
            "database": self._name(where),
            "secret": self.secret(where).secret_arn,
            "expect": [one.settings() for one in self.expect],
        }

    def _name(self, where: str) -> str:
        name = self.database_name or self.database.attachment.environment.get("DATABASE_NAME")
        if not name:
            raise ConfigurationError(
                f"{where}: database_name",
                given=f"none, and {path_of(self.database)} was made without one",
                allowed="the database that holds the tables of the questions",
                mend="use database_name='orders'",
            )
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCheck:
    """Items of a restored DynamoDB table are read, until there are *at_least* so many (each is a read that is paid for)."""

    table: Restorable
    at_least: int = 1

    resource_type = "DynamoDB"

    def __post_init__(self) -> None:
        _check_least("TableCheck.at_least", self.at_least)

    @property
    def store(self) -> Restorable:
        return self.table

    def settings(self, where: str) -> dict[str, Any]:
        """As the function reads it."""
        return {"kind": "table", "at_least": self.at_least}


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketCheck:
    """Objects of a restored bucket are listed, until there are *at_least* so many, and one of them is read."""

    bucket: Restorable
    at_least: int = 1

    resource_type = "S3"

    def __post_init__(self) -> None:
        _check_least("BucketCheck.at_least", self.at_least)

    @property
    def store(self) -> Restorable:
        return self.bucket

    def settings(self, where: str) -> dict[str, Any]:
        """As the function reads it."""
        return {"kind": "bucket", "at_least": self.at_least}


Check = DatabaseCheck | TableCheck | BucketCheck


def _check_least(where: str, least: int) -> None:
    if least < 1:
        raise ConfigurationError(where, given=least, allowed="1 or more: a store that is empty has at least none", mend="use 1")
