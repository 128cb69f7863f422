"""How much cache: nodes, replicas, limits of a serverless cache, snapshots, windows and rotation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, ordered, within
from prodready_constructs.posture._windows import windows_apart

#: What the engine does when memory is full: https://valkey.io/topics/lru-cache/
EVICTION_POLICIES = (
    "allkeys-lfu",
    "allkeys-lru",
    "allkeys-random",
    "noeviction",
    "volatile-lfu",
    "volatile-lru",
    "volatile-random",
    "volatile-ttl",
)
#: Limits of a serverless cache: GB of data, and ElastiCache processing units (ECPU) a second.
#: Source: https://docs.aws.amazon.com/cdk/api/v2/docs/@aws-cdk_aws-elasticache-alpha.CacheUsageLimitsProperty.html
STORAGE_GB, ECPU = (1, 5_000), (1_000, 15_000_000)
_NODE_TYPE = re.compile(r"[a-z]+\d+[a-z]*\.(micro|small|medium|large|\d{0,2}xlarge)")
#: Shards of a cluster times nodes of a shard: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.NodeGroups.html
_MOST_NODES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePosture:
    """Degrees of ``cache.ReplicatedCache`` and ``cache.ServerlessCache``.

    Attributes:
        node_type: ElastiCache node type without the ``cache.`` prefix, e.g. ``t4g.medium``.
        shards: parts the keys are divided into; more than one is cluster mode.
        replicas: readable copies of each shard, 0 to 5.
        multi_az: replicas stand in other zones than their primary; takes one replica at least.
        eviction_policy: what is thrown out when memory is full (``maxmemory-policy``).
        min_storage_gb, max_storage_gb: data of a serverless cache; a minimum is paid for whether it is used or not, None for none.
        min_ecpu, max_ecpu: processing units a second of a serverless cache; a minimum is ready, and paid for, beforehand.
        snapshot_retention: daily snapshots, 15 to 35 days.
        snapshot_window, maintenance_window: UTC; an hour at least, and apart.
        rotation_period: how often the application's password is replaced, 1 to 90 days.
        log_retention: slow log, engine log, and the log of rotation.
        recovery_time: the time within which the cache promises to be back after the loss of a zone.
        allowed_regions: the regions that the cache may be in; any where there are none.
    """

    node_type: str
    shards: int
    replicas: int
    multi_az: bool
    eviction_policy: str
    min_storage_gb: int | None
    max_storage_gb: int
    min_ecpu: int | None
    max_ecpu: int
    snapshot_retention: timedelta
    snapshot_window: str
    maintenance_window: str
    rotation_period: timedelta
    log_retention: timedelta
    recovery_time: timedelta
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        if not _NODE_TYPE.fullmatch(self.node_type):
            raise ConfigurationError(
                "CachePosture.node_type",
                given=self.node_type,
                allowed="family and size, such as t4g.medium or r7g.2xlarge",
                mend="leave out the cache. prefix" if self.node_type.startswith("cache.") else "write family, a dot, size",
            )
        self._check_nodes()
        one_of("CachePosture.eviction_policy", self.eviction_policy, EVICTION_POLICIES, because="maxmemory-policy of Valkey and Redis OSS")
        for name, floor, ceiling, (low, high) in (
            ("storage_gb", self.min_storage_gb, self.max_storage_gb, STORAGE_GB),
            ("ecpu", self.min_ecpu, self.max_ecpu, ECPU),
        ):
            within(f"CachePosture.max_{name}", ceiling, low, high, because="ElastiCache serverless")
            if floor is not None:
                within(f"CachePosture.min_{name}", floor, low, high, because="ElastiCache serverless")
                ordered(f"CachePosture.min_{name}, max_{name}", floor, ceiling, mend=f"raise max_{name}, or leave min_{name} out")
        within(
            "CachePosture.snapshot_retention",
            self.snapshot_retention,
            timedelta(days=15),
            timedelta(days=35),
            because="NIST 800-53 CP-9 and HIPAA 164.308(a)(7) as the rule packs read them; ElastiCache keeps 35 days at most",
        )
        windows_apart("CachePosture.snapshot_window", self.snapshot_window, "CachePosture.maintenance_window", self.maintenance_window)
        within(
            "CachePosture.rotation_period",
            self.rotation_period,
            timedelta(days=1),
            timedelta(days=90),
            because="AWS Security Hub SecretsManager.4 and the ledger's SEC-2",
        )

    def _check_nodes(self) -> None:
        within("CachePosture.replicas", self.replicas, 0, 5, because="replicas of one shard")
        within("CachePosture.shards", self.shards, 1, _MOST_NODES // (1 + self.replicas), because=f"{_MOST_NODES} nodes of one cluster")
        if self.multi_az and not self.replicas:
            raise ConfigurationError(
                "CachePosture.replicas",
                given="0 with multi_az=True",
                allowed="1 to 5: a primary alone has nothing in another zone",
                mend="use replicas=1, or multi_az=False",
            )
        if not self.multi_az and self.recovery_time < RESTORE_FROM_SNAPSHOT:
            raise ConfigurationError(
                "CachePosture.recovery_time",
                given=f"{self.recovery_time} with multi_az=False",
                allowed=f"at least {RESTORE_FROM_SNAPSHOT}, the time a restore from a snapshot takes",
                mend="set multi_az=True, or promise no more than a restore keeps",
            )


#: Restoring a cache of ordinary size from a snapshot: our assumption, to be replaced by a restore drill's measurement.
RESTORE_FROM_SNAPSHOT = timedelta(hours=1)
