"""Relational databases that survive the loss of a zone: RDS for PostgreSQL and for MySQL."""

from prodready_constructs.database.engine import MYSQL_8_4, POSTGRESQL_16, POSTGRESQL_17, Engine
from prodready_constructs.database.multi_az_database import MultiAzDatabase

__all__ = ["MYSQL_8_4", "POSTGRESQL_16", "POSTGRESQL_17", "Engine", "MultiAzDatabase"]
