"""Aurora: a cluster of PostgreSQL or MySQL whose readers share the writer's volume, and its follower in another region."""

from prodready_constructs.database.aurora.aurora_database import AuroraDatabase
from prodready_constructs.database.aurora.aurora_secondary import AuroraSecondary
from prodready_constructs.database.aurora.engine import AURORA_MYSQL_3, AURORA_POSTGRESQL_16, AURORA_POSTGRESQL_17, AuroraEngine

__all__ = ["AURORA_MYSQL_3", "AURORA_POSTGRESQL_16", "AURORA_POSTGRESQL_17", "AuroraDatabase", "AuroraEngine", "AuroraSecondary"]
