"""Which metrics of the nodes of a replication group wake somebody, and its graphs. No AWS module."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.cache.alarms import common_alarms, graph, hit_rate_graph
from prodready_constructs.cache.watched import WatchedCache, alarms
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, GraphSpec, Severity

_MINUTE = timedelta(minutes=1)
#: A replica further behind would lose so much in a failover: the recovery point of the loss of a zone.
WORST_LAG = timedelta(seconds=10)
_MEMORY_CAUSES = ("data grew, or expires later than it should", "keys without an expiry", "a fork for a snapshot needs room")


def node_alarms(cache: WatchedCache, *, replicas: int, evicts: bool) -> tuple[AnyAlarmSpec, ...]:
    """Every alarm and event of a replication group.

    Args:
        evicts: whether the engine throws out keys when memory is full, or refuses writes.
    """
    return (*_load(cache), *_memory(cache, evicts=evicts), *_presence(cache, replicas=replicas), *common_alarms(cache))


def _load(cache: WatchedCache) -> tuple[AlarmSpec, ...]:
    return (
        *alarms(
            cache,
            "EngineCpuHigh",
            "EngineCPUUtilization",
            80,
            over="MAX",
            statistic="Average",
            severity=Severity.WARNING,
            meaning="The one thread that executes commands has had no time to spare for a quarter of an hour: every command waits.",
            causes=("a command over many keys (see the slow log)", "one key that everybody asks for", "more traffic than the node carries"),
            source="ledger CACHE-3; AWS advises 90 % of the engine's core as the limit, 80 % leaves time to act",
        ),
        *alarms(
            cache,
            "HostCpuHigh",
            "CPUUtilization",
            90,
            over="MAX",
            statistic="Average",
            severity=Severity.WARNING,
            meaning="All cores of a node are busy, with snapshots, TLS and replication beside the engine.",
            causes=("many new connections, each with a TLS handshake", "a snapshot under load", "a burstable node without credits"),
            source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html: 90 %",
        ),
    )


def _memory(cache: WatchedCache, *, evicts: bool) -> tuple[AlarmSpec, ...]:
    at_full = "it throws out keys" if evicts else "it refuses every write"
    return (
        *alarms(
            cache,
            "MemoryHigh",
            "DatabaseMemoryUsagePercentage",
            80,
            over="MAX",
            statistic="Average",
            severity=Severity.WARNING,
            meaning=f"A node's memory is more than 80 % full. When it is full, {at_full}.",
            causes=_MEMORY_CAUSES,
            source="ledger CACHE-3; a larger node or another shard takes half an hour to add",
        ),
        *alarms(
            cache,
            "MemoryFull",
            "DatabaseMemoryUsagePercentage",
            95,
            over="MAX",
            statistic="Average",
            severity=Severity.WARNING if evicts else Severity.CRITICAL,
            meaning=f"A node's memory is full: from here on {at_full}.",
            causes=_MEMORY_CAUSES,
            source="ledger CACHE-3: what is left is gone with the next burst",
        ),
    )


def _presence(cache: WatchedCache, *, replicas: int) -> tuple[AlarmSpec, ...]:
    silent = alarms(
        cache,
        "Silent",
        "CPUUtilization",
        1,
        over="SUM",
        statistic="SampleCount",
        comparison="LessThanThreshold",
        missing_data="breaching",
        period=_MINUTE,
        periods=5,
        severity=Severity.CRITICAL,
        meaning="No node has reported anything for five minutes: the cache is gone, or being replaced as a whole.",
        causes=("the cache was deleted, or is created anew", "the loss of a zone with everything in it", "its key is disabled"),
        source="nodes report every minute; their silence is the one sign that does not need them",
    )
    if not replicas:
        return silent
    return (
        *silent,
        *alarms(
            cache,
            "ReplicationLagHigh",
            "ReplicationLag",
            WORST_LAG.total_seconds(),
            over="MAX",
            statistic="Maximum",
            severity=Severity.WARNING,
            meaning=f"A replica is more than {WORST_LAG.seconds} seconds behind: readers see old values, and a failover now would lose as much.",
            causes=(
                "more writes than the replica's network or engine takes",
                "a replica that copies everything anew",
                "a burstable node without credits",
            ),
            source="the recovery point that the cache promises for the loss of a zone",
        ),
        *alarms(
            cache,
            "Failover",
            "IsMaster",
            0,
            over="MAX",
            statistic="Maximum",
            each="ABS(DIFF({}))",
            missing_data="notBreaching",
            period=_MINUTE,
            periods=1,
            severity=Severity.WARNING,
            meaning="A replica became the primary. Connections were cut, writes of the last moments may be lost; clients reconnect by themselves.",
            causes=("the loss of a node or its zone", "maintenance or a change of node type", "somebody tested a failover"),
            source="IsMaster says which node is the primary; ElastiCache's events of node-based caches reach no EventBridge rule",
        ),
    )


def node_graphs(cache: WatchedCache, *, replicas: int) -> tuple[GraphSpec, ...]:
    """The cache on the dashboard, its hit rate first."""
    return (
        hit_rate_graph(cache),
        graph(cache, "hits and misses", "CacheHits", "CacheMisses", statistic="Sum", unit="Count"),
        graph(cache, "CPU", "EngineCPUUtilization", "CPUUtilization", unit="Percent"),
        graph(cache, "memory", "DatabaseMemoryUsagePercentage", unit="Percent"),
        graph(cache, "evictions", "Evictions", statistic="Sum", unit="Count"),
        graph(cache, "connections", "CurrConnections", statistic="Maximum", unit="Count"),
        graph(cache, "network", "NetworkBytesIn", "NetworkBytesOut", statistic="Sum", unit="Bytes"),
        *((graph(cache, "replication lag", "ReplicationLag", statistic="Maximum", unit="Seconds"),) if replicas else ()),
    )
