"""Schema migrations inside the deployment."""

from prodready_constructs.database.migrations.migration_task import MigrationTask

__all__ = ["MigrationTask"]
