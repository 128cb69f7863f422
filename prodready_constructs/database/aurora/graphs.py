"""A cluster on the dashboard. No AWS module."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import GraphSpec, Metric
from prodready_constructs.database.aurora.watched import WatchedCluster, metric


def graphs(db: WatchedCluster) -> tuple[GraphSpec, ...]:
    """One cluster on the dashboard."""

    def graph(title: str, *names: str, unit: str | None = None) -> GraphSpec:
        return GraphSpec(title=f"{db.identifier}: {title}", metrics=tuple(metric(db, name) for name in names), unit=unit)

    writes: tuple[Metric, ...] = (
        metric(db, "VolumeReadIOPs", period=timedelta(minutes=5)),
        metric(db, "VolumeWriteIOPs", period=timedelta(minutes=5)),
    )
    return (
        graph("CPU", "CPUUtilization", *(("ACUUtilization",) if db.serverless else ())),
        *((graph("capacity units", "ServerlessDatabaseCapacity"),) if db.serverless else ()),
        graph("connections", "DatabaseConnections", unit="Count"),
        graph("free memory", "FreeableMemory", unit="Bytes"),
        graph("latency", "CommitLatency", "ReadLatency", "WriteLatency"),
        graph("volume", "VolumeBytesUsed", unit="Bytes"),
        GraphSpec(title=f"{db.identifier}: volume operations in 5 minutes", metrics=writes),
        graph("lag (ms)", "AuroraGlobalDBRPOLag" if db.secondary else "AuroraReplicaLagMaximum"),
        *((GraphSpec(title=f"{db.identifier}: database load (active sessions)", metrics=_loads(db)),) if db.insights else ()),
    )


def _loads(db: WatchedCluster) -> tuple[Metric, ...]:
    """Performance Insights publishes by the instance only."""
    return tuple(Metric(namespace="AWS/RDS", name="DBLoad", dimensions={"DBInstanceIdentifier": name}, label=name) for name in db.names)
