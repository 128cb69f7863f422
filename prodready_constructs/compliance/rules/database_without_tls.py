"""A database that does not say that it refuses connections without TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.evidence.assembly import Resource

#: How an engine, or the family of a parameter group, begins -> the parameter by which it refuses.
PARAMETERS = {
    "aurora-mysql": "require_secure_transport",
    "aurora-postgresql": "rds.force_ssl",
    "mariadb": "require_secure_transport",
    "mysql": "require_secure_transport",
    "postgres": "rds.force_ssl",
    "sqlserver": "rds.force_ssl",
}
#: Database -> its property that names the group, and the group's type.
GROUPS = {
    "AWS::RDS::DBCluster": ("DBClusterParameterGroupName", "AWS::RDS::DBClusterParameterGroup"),
    "AWS::RDS::DBInstance": ("DBParameterGroupName", "AWS::RDS::DBParameterGroup"),
}
_YES = ("1", "on", "true")


def _parameter(engine: Any) -> str | None:
    """What *engine* refuses by; None where that is no parameter (Oracle), or unknown."""
    return next((name for start, name in PARAMETERS.items() if str(engine).lower().startswith(start)), None)


def _says(group: Resource, engine: Any) -> bool:
    parameter = _parameter(engine or group.get("Family"))
    value = (group.get("Parameters") or {}).get(parameter)
    # What is decided at deployment may say yes.
    return parameter is None or isinstance(value, dict) or str(value).lower() in _YES


def _find(subject: Subject) -> Iterator[Hit]:
    for database in subject.of_type(*GROUPS):
        name, kind = GROUPS[database.type]
        if database.type == "AWS::RDS::DBInstance" and database.get("DBClusterIdentifier"):
            continue
        group, engine = database.get(name), database.get("Engine")
        if group is None:
            # A replica in its source's region has its source's group; what is restored may not name its engine.
            if _parameter(engine) and not database.get("SourceDBInstanceIdentifier"):
                yield hit(database, note=f"It has the default parameter group: set {_parameter(engine)} in one of your own.")
        elif isinstance(group, str) and group.startswith("default.") and _parameter(engine):
            yield hit(database, note=f"It has the default parameter group: set {_parameter(engine)} in one of your own.")
        else:
            for one in subject.targets(database, group):
                if one.type == kind and not _says(one, engine):
                    yield hit(database, note=f"Its parameter group {one.path} does not set {_parameter(engine or one.get('Family'))}.")


RULE = Rule(
    name="DatabaseWithoutTls",
    controls=("DB-6",),
    why="Clients may send passwords and data in the clear, and most do so silently where TLS fails.",
    fix="rds.force_ssl=1 (PostgreSQL, SQL Server) or require_secure_transport=ON (MySQL, MariaDB) in the parameter group, of the cluster "
    "where there is one; database.MultiAzDatabase and AuroraDatabase do",
    find=_find,
)
