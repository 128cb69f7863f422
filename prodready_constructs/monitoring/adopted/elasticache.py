"""ElastiCache: replication groups, serverless caches, single clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, MathMetric
from prodready_constructs.monitoring.adopted.data import LEDGER, RECOMMENDED, WARNING, Service

#: Connections that a node takes, and the share of it at which somebody should look.
CONNECTIONS, NEAR = 65_000, 0.8
#: Metrics in one alarm.
MOST = 10


def nodes(which: tuple[Mapping[str, str], ...], look: str, *, memcached: bool = False) -> tuple[AnyAlarmSpec, ...]:
    """Nodes by the dimensions of their metrics (ten at most: an alarm takes ten metrics); the worst of them counts."""
    of = Service("AWS/ElastiCache", {}, (look,))

    def worst(metric: str) -> MathMetric:
        using = {f"n{place}": replace(of.metric(metric, "Average"), dimensions=dimensions) for place, dimensions in enumerate(which[:MOST])}
        return MathMetric(expression=f"MAX([{', '.join(using)}])", using=using, label=f"{metric} of the worst node")

    return (
        *(() if memcached else _engine(of, worst)),
        of.alarm(
            "HighHostCpu",
            worst("CPUUtilization"),
            90,
            severity=WARNING,
            source=f"{RECOMMENDED}: about 90 %, on small nodes beside the engine's own",
            missing_data="missing",
            meaning="A node's processor is busy, with the engine or with what runs beside it.",
            causes=("more load than the class carries", "TLS handshakes of clients that connect anew each time", "a backup, or a resync"),
        ),
        of.alarm(
            "ConnectionsNearLimit",
            worst("CurrConnections"),
            int(CONNECTIONS * NEAR),
            severity=WARNING,
            source=f"{RECOMMENDED}: a node takes {CONNECTIONS:,} connections; 80 % of it",
            periods=10,
            missing_data="missing",
            meaning="A node has nearly as many connections as it takes.",
            causes=("clients that open a connection for each request", "clients that never close one"),
        ),
    )


def _engine(of: Service, worst: Callable[[str], MathMetric]) -> tuple[AlarmSpec, ...]:
    """What Valkey and Redis report of themselves, and Memcached does not."""
    return (
        of.alarm(
            "HighCpu",
            worst("EngineCPUUtilization"),
            90,
            severity=WARNING,
            source=RECOMMENDED,
            missing_data="missing",
            meaning="A node's engine is busy: commands queue behind each other.",
            causes=("a slow command (KEYS, large sets)", "a hot key", "more load than the class carries"),
        ),
        of.alarm(
            "MemoryNearlyFull",
            worst("DatabaseMemoryUsagePercentage"),
            80,
            severity=WARNING,
            source=f"{LEDGER}: memory above 80 %; {RECOMMENDED} names the metric",
            missing_data="missing",
            meaning="A node's memory is nearly full: keys are evicted, or writes fail.",
            causes=("keys without an expiry", "growth", "a burst of large values"),
        ),
    )


def serverless(name: str) -> tuple[AnyAlarmSpec, ...]:
    """A serverless cache by its name."""
    of = Service("AWS/ElastiCache", {"clusterId": name}, (f"aws elasticache describe-serverless-caches --serverless-cache-name {name}",))
    return (
        of.alarm(
            "Throttled",
            of.metric("ThrottledCmds"),
            0,
            severity=WARNING,
            source=f"{LEDGER}: throttles",
            missing_data="notBreaching",
            meaning="Commands are throttled: the cache scales slower than the load grows, or has reached its limit.",
            causes=("a surge", "a usage limit set too low", "one hot key"),
        ),
    )


def _nodes_of_cluster(found: Any) -> tuple[AnyAlarmSpec, ...]:
    """A cluster that is no replication group: the only form of Memcached."""
    which = tuple(
        {"CacheClusterId": found.ref, "CacheNodeId": f"{node:04}"} for node in range(1, min(int(found.num_cache_nodes), MOST) + 1)
    )
    look = f"aws elasticache describe-cache-clusters --cache-cluster-id {found.ref} --show-cache-node-info"
    return nodes(which, look, memcached=found.engine == "memcached")


def _nodes_of_group(found: Any) -> tuple[AnyAlarmSpec, ...]:
    which = tuple({"CacheClusterId": name} for name in _names(found))
    return nodes(which, f"aws elasticache describe-replication-groups --replication-group-id {found.ref}")


def _names(group: Any) -> tuple[str, ...]:
    """The nodes of a replication group, as ElastiCache names them: ``<group>-001``, or ``<group>-0001-001`` with shards."""
    name = group.ref
    if shards := group.num_node_groups:
        each = 1 + int(group.replicas_per_node_group or 0)
        return tuple(f"{name}-{shard:04}-{node:03}" for shard in range(1, int(shards) + 1) for node in range(1, each + 1))
    return tuple(f"{name}-{node:03}" for node in range(1, int(group.num_cache_clusters or 1) + 1))


ADOPTS = {
    "aws_elasticache.CfnReplicationGroup": _nodes_of_group,
    "aws_elasticache.CfnCacheCluster": _nodes_of_cluster,
    "aws_elasticache.CfnServerlessCache": lambda found: serverless(found.ref),
}
