"""Relational databases that survive the loss of a zone: RDS for PostgreSQL and for MySQL, and Aurora of both."""

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
    "Engine",
    "MultiAzDatabase",
    "ReadReplica",
    "Restore",
]
