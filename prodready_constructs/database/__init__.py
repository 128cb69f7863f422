"""Relational databases that survive the loss of a zone: RDS for PostgreSQL and for MySQL, and Aurora of both; their users and migrations.

Users and migrations are loaded when they are first asked for: whoever takes a database does not wait for Lambda and ECS.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from prodready_constructs.database.aurora import (
    AURORA_MYSQL_3,
    AURORA_POSTGRESQL_16,
    AURORA_POSTGRESQL_17,
    AuroraDatabase,
    AuroraEngine,
    AuroraSecondary,
)
from prodready_constructs.database.engine import MYSQL_8_4, POSTGRESQL_16, POSTGRESQL_17, POSTGRESQL_18, Engine
from prodready_constructs.database.multi_az_database import MultiAzDatabase
from prodready_constructs.database.proxy import DatabaseProxy
from prodready_constructs.database.replica import ReadReplica
from prodready_constructs.database.restored import Restore

if TYPE_CHECKING:
    from prodready_constructs.database.migrations.migration_task import MigrationTask as MigrationTask
    from prodready_constructs.database.users.database_user import DatabaseUser as DatabaseUser
    from prodready_constructs.database.users.user_rotation import DatabaseUserRotation as DatabaseUserRotation

__all__ = [
    "AURORA_MYSQL_3",
    "AURORA_POSTGRESQL_16",
    "AURORA_POSTGRESQL_17",
    "MYSQL_8_4",
    "POSTGRESQL_16",
    "POSTGRESQL_17",
    "POSTGRESQL_18",
    "AuroraDatabase",
    "AuroraEngine",
    "AuroraSecondary",
    "DatabaseProxy",
    "DatabaseUser",
    "DatabaseUserRotation",
    "Engine",
    "MigrationTask",
    "MultiAzDatabase",
    "ReadReplica",
    "Restore",
]

_LATER = {"DatabaseUser": "users", "DatabaseUserRotation": "users", "MigrationTask": "migrations"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
