"""How much pooling: what a database proxy may take, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import ordered, within


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyPosture:
    """Degrees of ``database.DatabaseProxy``.

    Attributes:
        connection_share: the most connections the proxy may open, in percent of the database's ``max_connections``, 1 to 100; leave some to
            migrations and to people.
        idle_share: how many of them it may keep open unused, in percent of the same, 0 to connection_share.
        borrow_timeout: how long a client waits for a connection before it gets an error, a second to five minutes, in whole seconds.
        idle_client_timeout: after how long an idle client is disconnected, a minute to eight hours, in whole seconds.
        log_retention: the proxy's own log.
    """

    connection_share: int
    idle_share: int
    borrow_timeout: timedelta
    idle_client_timeout: timedelta
    log_retention: timedelta

    def __post_init__(self) -> None:
        within("ProxyPosture.connection_share", self.connection_share, 1, 100, because="percent of max_connections")
        within("ProxyPosture.idle_share", self.idle_share, 0, 100, because="percent of max_connections")
        ordered("ProxyPosture.idle_share, connection_share", self.idle_share, self.connection_share, mend="lower idle_share")
        within(
            "ProxyPosture.borrow_timeout",
            self.borrow_timeout,
            timedelta(seconds=1),
            timedelta(minutes=5),
            because="RDS Proxy's limits; 0 would wait without end",
        )
        within(
            "ProxyPosture.idle_client_timeout",
            self.idle_client_timeout,
            timedelta(minutes=1),
            timedelta(hours=8),
            because="RDS Proxy's limits",
        )
        for name, value in (("borrow_timeout", self.borrow_timeout), ("idle_client_timeout", self.idle_client_timeout)):
            if value.microseconds:
                raise ConfigurationError(f"ProxyPosture.{name}", given=str(value), allowed="whole seconds", mend="round it up")
