"""A cache without nodes: it grows with its load, up to a limit."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.cache.access import CacheAccess
from prodready_constructs.cache.base import Cache
from prodready_constructs.cache.claims import CONTROLS
from prodready_constructs.cache.engine import VALKEY_8, CacheEngine
from prodready_constructs.cache.password_rotation import CachePasswordRotation
from prodready_constructs.cache.recovery import serverless_recovery
from prodready_constructs.cache.serverless_alarms import serverless_alarms, serverless_graphs
from prodready_constructs.cache.watched import WatchedCache
from prodready_constructs.contracts import record
from prodready_constructs.posture.cache import CachePosture

#: The port of a serverless cache cannot be chosen; reads from replicas have the next one.
PORT, READER_PORT = 6379, 6380


class ServerlessCache(Cache):
    """An ElastiCache serverless cache of Valkey or Redis OSS, with limits on data and load that guard against a bill.

    Always: isolated subnets, several zones, TLS (it speaks nothing else), data, snapshots and credentials under a customer-managed rotating
    key; a user group whose default user is off; the application's password generated in Secrets Manager, rotated, and tried before it
    counts; daily snapshots and a last one on deletion. It acts as one in cluster mode, and writes no logs.
    *posture* decides the limits, the snapshots and the rotation.

    Args:
        vpc: any VPC with isolated subnets in two zones, and private subnets in two for the rotation function.
        posture: ``PRODUCTION.cache``, ``STAGING.cache`` or your own.
        engine: ``VALKEY_8`` (today's default), ``REDIS_7``, or another ``CacheEngine``: its major version counts.
        access: what the application's user may do; everything but administration and dangerous commands when left out.
        encryption_key: a customer-managed key whose policy admits CloudWatch Logs; the construct makes its own when None.
        rotation: a ``CachePasswordRotation`` that several caches share; the construct makes its own function when None.
        snapshot_arn: the snapshot a *new* cache begins with; it stays here for as long as the cache lives.

    Raises:
        ConfigurationError: a region outside the posture's, or a VPC without such subnets in two zones.

    Sources: ledger CACHE-1 to CACHE-3; https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Scaling-serverless.html
    """

    _KIND = "serverlesscache"
    _PORT = PORT

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        posture: CachePosture,
        engine: CacheEngine = VALKEY_8,
        access: CacheAccess = CacheAccess(),  # noqa: B008 - frozen
        encryption_key: kms.IKey | None = None,
        rotation: CachePasswordRotation | None = None,
        snapshot_arn: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id, vpc=vpc, posture=posture, engine=engine, access=access, encryption_key=encryption_key)
        key_arn, security_group, users = self.encryption_key.key_arn, self.security_group.security_group_id, self.user_group.ref
        limits = elasticache.CfnServerlessCache
        #: The cache itself (an L1: ElastiCache has no L2). Whatever is changed through it is still judged at synth.
        self.cache = elasticache.CfnServerlessCache(
            self,
            "Cache",
            serverless_cache_name=self.identifier,
            description=f"{engine.title} {self.path}"[:255],
            engine=engine.name,
            major_engine_version=engine.major,
            subnet_ids=self._subnet_ids,
            security_group_ids=[security_group],
            user_group_id=users,
            kms_key_id=key_arn,
            final_snapshot_name=f"{self.identifier}-final",
            snapshot_arns_to_restore=[snapshot_arn] if snapshot_arn else None,
            # How much: every value below comes from the posture.
            snapshot_retention_limit=posture.snapshot_retention.days,
            daily_snapshot_time=posture.snapshot_window.split("-", 1)[0],
            cache_usage_limits=limits.CacheUsageLimitsProperty(
                data_storage=limits.DataStorageProperty(unit="GB", minimum=posture.min_storage_gb, maximum=posture.max_storage_gb),
                ecpu_per_second=limits.ECPUPerSecondProperty(minimum=posture.min_ecpu, maximum=posture.max_ecpu),
            ),
        )
        self._finish(host=self.cache.attr_endpoint_address, cluster_mode=True, posture=posture, rotation=rotation)
        watched = WatchedCache(
            identifier=self.identifier,
            title=engine.title,
            secret_arn=self._users.secret_arn,
            serverless=True,
            sources=(("clusterId", self.identifier),),
        )
        self._alarm_specs = serverless_alarms(watched, max_storage_gb=posture.max_storage_gb, max_ecpu=posture.max_ecpu)
        self._graphs = serverless_graphs(watched)
        self._recovery_facts = serverless_recovery(
            f"{engine.title} {construct_id}",
            posture,
            self.identifier,
            engine=engine.name,
            major=engine.major,
            user_group=users,
            security_group=security_group,
            key_arn=key_arn,
        )
        record(
            self,
            controls=CONTROLS,
            tier="data",
            watchable=True,
            recovery=[fact.as_json() for fact in self._recovery_facts],
            allowed_regions=list(posture.allowed_regions),
        )
