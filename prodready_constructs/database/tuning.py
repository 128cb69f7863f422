"""The parameter group of an instance: what its engine always has, and the time limits of the posture in the engine's own words."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.database.engine import Engine
from prodready_constructs.posture.database import DatabasePosture

#: Slow, longest statement, longest wait for a lock, longest idle transaction: parameter and its unit, engine by engine. Sources:
#: https://www.postgresql.org/docs/17/runtime-config-client.html, https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html,
#: https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html
_MILLISECOND, _SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
_LIMITS = {
    "postgres": (
        ("log_min_duration_statement", _MILLISECOND),
        ("statement_timeout", _MILLISECOND),
        ("lock_timeout", _MILLISECOND),
        ("idle_in_transaction_session_timeout", _MILLISECOND),
    ),
    "mysql": (
        ("long_query_time", _SECOND),
        ("max_execution_time", _MILLISECOND),
        ("innodb_lock_wait_timeout", _SECOND),
        ("wait_timeout", _SECOND),
    ),
}
#: From 18 on PostgreSQL takes a list of what to log of a connection; ``all`` is what ``1`` was, and how long it took.
#: Source: https://www.postgresql.org/docs/18/runtime-config-logging.html
_LISTS_CONNECTIONS_FROM = 18


def parameters(engine: Engine, posture: DatabasePosture, *, connections: int) -> dict[str, str]:
    """Every parameter that is set: TLS, logs, *connections* and time limits."""
    chosen = {**engine.traits.parameters, "max_connections": str(connections)}
    if engine.name == "postgres" and int(engine.major) >= _LISTS_CONNECTIONS_FROM:
        chosen["log_connections"] = "all"
    limits = (posture.slow_statement, posture.statement_timeout, posture.lock_timeout, posture.idle_transaction_timeout)
    for limit, (name, unit) in zip(limits, _LIMITS[engine.name], strict=True):
        if limit is not None:
            # A slow statement of MySQL may be a fraction of a second; everything else is whole.
            chosen[name] = str(limit / unit).removesuffix(".0")
    return chosen
