"""The parameter group of an instance: what its engine always has, and the time limits of the posture in the engine's own words."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.database.engine import Engine
from prodready_constructs.posture.database import DatabasePosture

#: Posture field -> parameter and its unit in milliseconds, engine by engine. Sources:
#: https://www.postgresql.org/docs/17/runtime-config-client.html, https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html,
#: https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html
_LIMITS = {
    "postgres": {
        "slow_statement": ("log_min_duration_statement", 1),
        "statement_timeout": ("statement_timeout", 1),
        "lock_timeout": ("lock_timeout", 1),
        "idle_transaction_timeout": ("idle_in_transaction_session_timeout", 1),
    },
    "mysql": {
        "slow_statement": ("long_query_time", 1_000),
        "statement_timeout": ("max_execution_time", 1),
        "lock_timeout": ("innodb_lock_wait_timeout", 1_000),
        "idle_transaction_timeout": ("wait_timeout", 1_000),
    },
}
#: From 18 on PostgreSQL takes a list of what to log of a connection; ``all`` is what ``1`` was, and how long it took.
#: Source: https://www.postgresql.org/docs/18/runtime-config-logging.html
_LISTS_CONNECTIONS_FROM = 18


def parameters(engine: Engine, posture: DatabasePosture, *, connections: int) -> dict[str, str]:
    """Every parameter that is set: TLS, logs, *connections* and time limits."""
    chosen = {**engine.traits.parameters, "max_connections": str(connections)}
    if engine.name == "postgres" and int(engine.major) >= _LISTS_CONNECTIONS_FROM:
        chosen["log_connections"] = "all"
    for field, (name, unit) in _LIMITS[engine.name].items():
        limit: timedelta | None = getattr(posture, field)
        if limit is not None:
            chosen[name] = f"{limit / timedelta(milliseconds=unit):g}" if unit > 1 else str(limit // timedelta(milliseconds=1))
    return chosen
