"""A cache whose data travels or lies in the clear, or is gone with it."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, number
from prodready_constructs.compliance.rules.store_retained import KEPT
from prodready_constructs.evidence.assembly import Resource


def _nodes(cache: Resource) -> Iterator[Hit]:
    if is_off(cache.get("TransitEncryptionEnabled")):
        yield hit(cache, detail="Transit", note="It speaks without TLS.")
    elif cache.get("TransitEncryptionMode") == "preferred":
        yield hit(cache, detail="Transit", note="It speaks without TLS too: the mode is preferred.")
    if is_off(cache.get("AtRestEncryptionEnabled")):
        yield hit(cache, detail="Rest", note="Disks and snapshots are not encrypted.")


def _find(subject: Subject) -> Iterator[Hit]:
    for cache in subject.of_type("AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::ServerlessCache"):
        serverless = cache.type == "AWS::ElastiCache::ServerlessCache"
        # The first member of a global datastore decides for all how they speak; each has its own key.
        if not serverless and not cache.get("GlobalReplicationGroupId"):
            yield from _nodes(cache)
        if not cache.get("KmsKeyId"):
            yield hit(cache, detail="Key", note="Its key is not yours to rotate, watch or withdraw.")
        if serverless and cache.get("Engine") == "memcached":
            continue
        if number(cache.get("SnapshotRetentionLimit"), 0) < 1:
            yield hit(cache, detail="Snapshots", note="It takes no daily snapshots.")
        # CloudFormation's own Snapshot policy knows replication groups only, which StoreNotRetained judges.
        if serverless and not cache.get("FinalSnapshotName") and cache.body.get("DeletionPolicy") not in KEPT[:2]:
            yield hit(cache, detail="Last snapshot", note="Deleting it leaves nothing: it has no FinalSnapshotName.")


RULE = Rule(
    name="CacheUnguarded",
    controls=("CACHE-1", "CACHE-2"),
    why="The rule packs do not know serverless caches, nor a mode in which TLS is only preferred.",
    fix="cache.ReplicatedCache and cache.ServerlessCache have it all; otherwise TLS required, encryption at rest with a KMS key of yours, "
    "SnapshotRetentionLimit of a day at least, and FinalSnapshotName on a serverless cache",
    find=_find,
)
