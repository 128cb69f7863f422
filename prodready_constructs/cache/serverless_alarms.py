"""Which metrics of a serverless cache wake somebody, and its graphs. No AWS module."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.cache.alarms import common_alarms, graph, hit_rate_graph
from prodready_constructs.cache.watched import WatchedCache, alarms
from prodready_constructs.contracts import AnyAlarmSpec, GraphSpec, Severity

#: AWS advises an alarm at 75 % of each limit (the page below).
_SHARE = 0.75
_MINUTE = timedelta(minutes=1)
_SCALING = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Scaling-serverless.html"


def serverless_alarms(cache: WatchedCache, *, max_storage_gb: int, max_ecpu: int) -> tuple[AnyAlarmSpec, ...]:
    """Every alarm and event of a serverless cache; thresholds from its limits."""
    return (
        *alarms(
            cache,
            "Throttled",
            "ThrottledCmds",
            0,
            over="SUM",
            statistic="Sum",
            missing_data="notBreaching",  # an idle cache throttles nobody
            period=_MINUTE,
            periods=3,
            severity=Severity.WARNING,
            meaning="The cache refuses commands because the load grew faster than it, or beyond its limit: users wait for the source behind it.",
            causes=(
                "posture.max_ecpu is reached: see EcpuNearLimit",
                "a sudden peak: a minimum (posture.min_ecpu) is ready beforehand",
                "one key that everybody asks for",
            ),
            source=f"ledger CACHE-3; {_SCALING}: at its limit, and while it grows, the cache throttles",
        ),
        *alarms(
            cache,
            "EcpuNearLimit",
            "ElastiCacheProcessingUnits",
            max_ecpu * _SHARE * _MINUTE.total_seconds(),
            over="SUM",
            statistic="Sum",
            missing_data="notBreaching",
            period=_MINUTE,
            periods=5,
            severity=Severity.WARNING,
            meaning=f"The cache uses more than 75 % of the {max_ecpu:,} processing units a second that its limit allows; above, it refuses commands.",
            causes=("more traffic", "large values: each kilobyte costs a unit", "scripts and commands over many keys"),
            source=f"75 % of posture.max_ecpu, summed over a minute; {_SCALING}",
        ),
        *alarms(
            cache,
            "StorageNearLimit",
            "BytesUsedForCache",
            max_storage_gb * _SHARE * 10**9,
            over="MAX",
            statistic="Maximum",
            severity=Severity.WARNING,
            meaning=f"The cache holds more than 75 % of the {max_storage_gb:,} GB that its limit allows. Full, it throws out keys that expire, then refuses writes.",
            causes=("data grew, or expires later than it should", "keys without an expiry"),
            source=f"75 % of posture.max_storage_gb; {_SCALING}",
        ),
        *common_alarms(cache),
    )


def serverless_graphs(cache: WatchedCache) -> tuple[GraphSpec, ...]:
    """The cache on the dashboard, its hit rate first."""
    return (
        hit_rate_graph(cache),
        graph(cache, "processing units", "ElastiCacheProcessingUnits", statistic="Sum", unit="Count"),
        graph(cache, "throttled commands", "ThrottledCmds", statistic="Sum", unit="Count"),
        graph(cache, "data", "BytesUsedForCache", statistic="Maximum", unit="Bytes"),
        graph(cache, "latency", "SuccessfulReadRequestLatency", "SuccessfulWriteRequestLatency", unit="Microseconds"),
        graph(cache, "evictions", "Evictions", statistic="Sum", unit="Count"),
        graph(cache, "connections", "CurrConnections", statistic="Maximum", unit="Count"),
        graph(cache, "network", "NetworkBytesIn", "NetworkBytesOut", statistic="Sum", unit="Bytes"),
    )
