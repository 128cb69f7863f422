"""The graphs of a table. Data only."""

from __future__ import annotations

from prodready_constructs.contracts import GraphSpec
from prodready_constructs.tables.alarms import SLOW
from prodready_constructs.tables.watched import Watched


def graphs(watched: Watched) -> tuple[GraphSpec, ...]:
    """What is used, turned away, slow and on the way."""
    used = tuple(watched.metric(f"Consumed{kind}CapacityUnits") for kind in ("Read", "Write"))
    throttled = tuple(
        watched.metric(f"{kind}ThrottleEvents", **({"GlobalSecondaryIndexName": index} if index else {}))
        for index in (None, *watched.indexes)
        for kind in ("Read", "Write")
    )
    slow = tuple(watched.metric("SuccessfulRequestLatency", "Average", Operation=operation) for operation in SLOW)
    conflicts = tuple(watched.metric(name) for name in ("ConditionalCheckFailedRequests", "TransactionConflict"))
    late = tuple(watched.metric("ReplicationLatency", "Average", ReceivingRegion=one) for one in watched.replica_regions)
    always = (
        GraphSpec(title="Table units a minute", metrics=used),
        GraphSpec(title="Table throttles", metrics=throttled),
        GraphSpec(title="Table latency", metrics=slow, unit="ms"),
        GraphSpec(title="Table conflicts", metrics=conflicts),
    )
    return (*always, GraphSpec(title="Replication", metrics=late, unit="ms")) if late else always
