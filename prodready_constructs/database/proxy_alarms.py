"""Which metrics of a proxy wake somebody, and its graphs. No AWS module.

Source of metrics, units and dimensions: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

_MONITORING = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html"
_MICROSECONDS = 1_000_000
#: So many clients to a connection of the pool: RDS Proxy shares connections between transactions, and beyond it they queue.
_CLIENTS_PER_CONNECTION = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedProxy:
    """A proxy as its alarms see it: its literal *name*, the most *connections* of its pool, and how long a client waits for one."""

    name: str
    connections: int
    borrow_timeout: timedelta
    log: str


def _metric(proxy: WatchedProxy, name: str, statistic: str, **dimensions: str) -> Metric:
    return Metric(namespace="AWS/RDS", name=name, dimensions={"ProxyName": proxy.name, **dimensions}, statistic=statistic)


def _commands(proxy: WatchedProxy, *names: str) -> tuple[str, ...]:
    metrics = tuple(
        f"aws cloudwatch get-metric-statistics --namespace AWS/RDS --metric-name {name} --dimensions Name=ProxyName,Value={proxy.name} "
        "--period 60 --statistics Average Maximum Sum --start-time $(date -u -d '1 hour ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)"
        for name in names
    )
    return (
        f"aws rds describe-db-proxy-targets --db-proxy-name {proxy.name} --query 'Targets[].[RdsResourceId,Role,TargetHealth]'",
        *metrics,
        f"aws logs tail {proxy.log} --since 15m",
    )


def proxy_alarms(proxy: WatchedProxy) -> tuple[AnyAlarmSpec, ...]:
    """Every alarm of one proxy."""
    timeout = proxy.borrow_timeout.total_seconds()
    pool_causes = (
        "long transactions, or transactions left idle",
        "pinned sessions, which keep their connection to themselves (see SessionsPinned)",
        "more clients than the database carries: a larger class, or fewer at a time",
    )
    availability = _metric(proxy, "AvailabilityPercentage", "Average", TargetGroup="default", TargetRole="READ_WRITE")
    connections, most = _metric(proxy, "DatabaseConnections", "Sum"), _metric(proxy, "MaxDatabaseConnectionsAllowed", "Sum")
    pinned = _metric(proxy, "DatabaseConnectionsCurrentlySessionPinned", "Sum")

    def alarm(
        alarm_id: str,
        metric: Metric | MathMetric,
        threshold: float,
        *,
        severity: Severity,
        source: str,
        meaning: str,
        causes: tuple[str, ...],
        commands: tuple[str, ...],
        below: bool = False,
    ) -> AlarmSpec:
        return AlarmSpec(
            id=alarm_id,
            metric=metric,
            threshold=threshold,
            comparison="LessThanThreshold" if below else "GreaterThanThreshold",
            severity=severity,
            source=f"{source}; {_MONITORING}",
            periods=5,
            datapoints=3,
            # Some metrics begin with the first connection; a proxy nobody uses is silent.
            missing_data="notBreaching",
            runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=commands),
        )

    return (
        alarm(
            "Unavailable",
            availability,
            90,
            severity=Severity.CRITICAL,
            source="the share of health checks of the database that succeed; all do when all is well",
            meaning="The proxy does not reach the database: clients wait, and then get errors.",
            causes=(
                "the database fails over or restarts",
                "security groups no longer let the proxy in",
                "its secret or key cannot be read",
            ),
            commands=_commands(proxy, "DatabaseConnectionsSetupFailed"),
            below=True,
        ),
        alarm(
            "BorrowTimingOut",
            _metric(proxy, "DatabaseConnectionsBorrowLatency", "Maximum"),
            0.9 * timeout * _MICROSECONDS,
            severity=Severity.CRITICAL,
            source=f"nine tenths of the {timeout:g} s after which a client gets an error",
            meaning="Clients wait for a connection until they get an error: users see failures now.",
            causes=pool_causes,
            commands=_commands(proxy, "DatabaseConnectionsBorrowLatency", "ClientConnections"),
        ),
        alarm(
            "BorrowLatencyHigh",
            _metric(proxy, "DatabaseConnectionsBorrowLatency", "Average"),
            0.1 * timeout * _MICROSECONDS,
            severity=Severity.WARNING,
            source=f"a tenth of the {timeout:g} s after which a client gets an error",
            meaning="Clients wait for a connection before their first statement: every request is slower.",
            causes=pool_causes,
            commands=_commands(proxy, "DatabaseConnectionsBorrowLatency", "ClientConnections"),
        ),
        alarm(
            "PoolExhausting",
            MathMetric(expression="100*used/most", using={"used": connections, "most": most}, label="Connections of the pool in use, %"),
            90,
            severity=Severity.WARNING,
            source="above it the next burst waits",
            meaning="More than nine tenths of the connections that the proxy may open are open.",
            causes=pool_causes,
            commands=_commands(proxy, "DatabaseConnections", "MaxDatabaseConnectionsAllowed"),
        ),
        alarm(
            "ClientConnectionsHigh",
            _metric(proxy, "ClientConnections", "Sum"),
            _CLIENTS_PER_CONNECTION * proxy.connections,
            severity=Severity.WARNING,
            source=f"{_CLIENTS_PER_CONNECTION} clients to each of the {proxy.connections} connections of the pool",
            meaning="More clients are connected than the pool was made for; in a burst they queue.",
            causes=("a pool in every task before this pool", "connections that are never closed", "a scale-out without end"),
            commands=_commands(proxy, "ClientConnections"),
        ),
        alarm(
            "ClientsRefused",
            _metric(proxy, "ClientConnectionsSetupFailedAuth", "Sum"),
            4,
            severity=Severity.CRITICAL,
            source="ledger OPS-2: five a minute in three of five minutes is no mistyped name",
            meaning="Clients are turned away: no valid IAM token, no TLS, or a user whose secret the proxy does not have.",
            causes=(
                "a role without grant_connect",
                "tokens older than 15 minutes",
                "a client without TLS",
                "a password where a token is wanted",
            ),
            commands=_commands(proxy, "ClientConnectionsSetupFailedAuth"),
        ),
        alarm(
            "SessionsPinned",
            MathMetric(
                expression="100*pinned/used", using={"pinned": pinned, "used": connections}, label="Connections pinned to one client, %"
            ),
            50,
            severity=Severity.WARNING,
            source="a pool of which half cannot be shared does half its work",
            meaning="More than half of the connections are pinned to one client each: the pool shares little.",
            causes=("prepared statements, session variables or temporary tables", "advisory locks", "statements larger than 16 KB"),
            commands=_commands(proxy, "DatabaseConnectionsCurrentlySessionPinned", "DatabaseConnections"),
        ),
        EventSpec(
            id="ProxyFailure",
            pattern={"source": ["aws.rds"], "detail": {"SourceIdentifier": [proxy.name], "EventCategories": ["failure"]}},
            severity=Severity.CRITICAL,
            source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html (RDS Proxy events)",
            runbook=RunbookSpec(
                meaning="RDS reports a failure of the proxy: it could not grow, or had to throttle connections.",
                causes=("too few free addresses in the isolated subnets", "more new connections than the proxy takes"),
                first_commands=_commands(proxy, "ClientConnectionsReceived"),
            ),
        ),
    )


def proxy_graphs(proxy: WatchedProxy) -> tuple[GraphSpec, ...]:
    """One proxy on the dashboard."""

    def graph(title: str, *metrics: Metric, unit: str = "Count") -> GraphSpec:
        return GraphSpec(title=f"{proxy.name}: {title}", metrics=metrics, unit=unit)

    return (
        graph("clients", _metric(proxy, "ClientConnections", "Sum")),
        graph(
            "pool",
            *(
                _metric(proxy, name, "Sum")
                for name in ("DatabaseConnections", "MaxDatabaseConnectionsAllowed", "DatabaseConnectionsCurrentlySessionPinned")
            ),
        ),
        graph("wait for a connection", _metric(proxy, "DatabaseConnectionsBorrowLatency", "Average"), unit="Microseconds"),
        graph(
            "availability",
            _metric(proxy, "AvailabilityPercentage", "Average", TargetGroup="default", TargetRole="READ_WRITE"),
            unit="Percent",
        ),
    )
