"""A cache on nodes of its own, with replicas in other zones."""

from __future__ import annotations

from aws_cdk import CfnUpdatePolicy, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.cache.access import CacheAccess
from prodready_constructs.cache.base import Cache
from prodready_constructs.cache.claims import CONTROLS
from prodready_constructs.cache.engine import VALKEY_8, CacheEngine, check_node_type
from prodready_constructs.cache.node_alarms import node_alarms, node_graphs
from prodready_constructs.cache.password_rotation import CachePasswordRotation
from prodready_constructs.cache.recovery import RestoredGroup, node_recovery
from prodready_constructs.cache.watched import WatchedCache
from prodready_constructs.contracts import record
from prodready_constructs.foundation import EncryptedLogGroup
from prodready_constructs.posture.cache import CachePosture
from prodready_constructs.waivers import waive

#: AwsSolutions-AEC5: another port than the engine's own, which every scanner tries.
PORT = 6380
#: A command that takes longer is logged, in microseconds: a hundred times what a command on one key takes.
SLOW_COMMAND = 10_000


class ReplicatedCache(Cache):
    """An ElastiCache replication group of Valkey or Redis OSS; *posture* decides whether replicas wait in other zones.

    Always: isolated subnets, TLS required, data, snapshots, logs and credentials under a customer-managed rotating key; a user group whose
    default user is off; the application's password generated in Secrets Manager, rotated, and tried before it counts; daily snapshots and
    a last one on deletion; slow log and engine log as JSON with a retention; minor upgrades outside the snapshot window; another port
    than the engine's own. With more than one shard: cluster mode, resharded without interruption.
    *posture* decides how much.

    Args:
        vpc: any VPC with isolated subnets in two zones, and private subnets in two for the rotation function.
        posture: ``PRODUCTION.cache``, ``STAGING.cache`` or your own.
        engine: ``VALKEY_8`` (today's default), ``REDIS_7``, or another ``CacheEngine``.
        access: what the application's user may do; everything but administration and dangerous commands when left out.
        encryption_key: a customer-managed key whose policy admits CloudWatch Logs; the construct makes its own when None.
        rotation: a ``CachePasswordRotation`` that several caches share; the construct makes its own function when None.
        snapshot_name: the snapshot a *new* cache begins with; it stays here for as long as the cache lives.

    Raises:
        ConfigurationError: a region outside the posture's, a VPC without such subnets in two zones, or a node type that AWS does not offer in the stack's region.

    Sources: AwsSolutions-AEC1 to AEC6; HIPAA.Security-ElasticacheRedisClusterAutomaticBackup; ledger CACHE-1 to CACHE-3;
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
    """

    _KIND = "replicationgroup"
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
        snapshot_name: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id, vpc=vpc, posture=posture, engine=engine, access=access, encryption_key=encryption_key)
        path, clustered = self.path, posture.shards > 1
        node_type = check_node_type(path, posture.node_type, region=self.stated_region)
        # Delivered logs of this prefix do not fill up the account's log policy; made beforehand they have key and retention.
        self._logs = {
            kind: EncryptedLogGroup(
                self,
                name,
                retention=posture.log_retention,
                encryption_key=self.encryption_key,
                name=f"/aws/vendedlogs/elasticache/{self.identifier}/{kind}",
                goes_with_failed_creation=True,
            ).log_group
            for kind, name in (("slow-log", "SlowLog"), ("engine-log", "EngineLog"))
        }
        #: The parameter group; ``properties`` for what the workload needs.
        self.parameter_group = elasticache.CfnParameterGroup(
            self,
            "Parameters",
            cache_parameter_group_family=engine.parameter_family,
            description=f"Parameters of {path}"[:255],
            properties={
                "maxmemory-policy": posture.eviction_policy,
                "slowlog-log-slower-than": str(SLOW_COMMAND),
                # Room for what a snapshot and a full copy need, as AWS advises.
                "reserved-memory-percent": "25",
                **({"cluster-enabled": "yes"} if clustered else {}),
            },
        )
        subnet_group = elasticache.CfnSubnetGroup(
            self,
            "Subnets",
            description=f"Isolated subnets of {path}"[:255],
            subnet_ids=self._subnet_ids,
        )
        key_arn, security_group = self.encryption_key.key_arn, self.security_group.security_group_id
        parameters, subnets, users = self.parameter_group.ref, subnet_group.ref, self.user_group.ref

        #: The replication group itself (an L1: ElastiCache has no L2). Whatever is changed through it is still judged at synth.
        self.group = elasticache.CfnReplicationGroup(
            self,
            "Group",
            replication_group_id=self.identifier,
            replication_group_description=f"{engine.title} {path}"[:255],
            engine=engine.name,
            engine_version=engine.version,
            port=PORT,
            cache_subnet_group_name=subnets,
            cache_parameter_group_name=parameters,
            security_group_ids=[security_group],
            user_group_ids=[users],
            # Always: no argument reaches these.
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            kms_key_id=key_arn,
            auto_minor_version_upgrade=True,
            log_delivery_configurations=[_delivery(kind, group) for kind, group in self._logs.items()],
            snapshot_name=snapshot_name,
            # How much: every value below comes from the posture.
            cache_node_type=node_type,
            cluster_mode="enabled" if clustered else "disabled",
            num_cache_clusters=None if clustered else 1 + posture.replicas,
            num_node_groups=posture.shards if clustered else None,
            replicas_per_node_group=posture.replicas if clustered else None,
            multi_az_enabled=posture.multi_az,
            # Cluster mode demands it, replicas or not.
            automatic_failover_enabled=clustered or posture.replicas > 0,
            snapshot_retention_limit=posture.snapshot_retention.days,
            snapshot_window=posture.snapshot_window,
            preferred_maintenance_window=posture.maintenance_window,
        )
        self.group.apply_removal_policy(RemovalPolicy.SNAPSHOT)
        if clustered:
            self.group.cfn_options.update_policy = CfnUpdatePolicy(use_online_resharding=True)
        host = self.group.attr_configuration_end_point_address if clustered else self.group.attr_primary_end_point_address
        self._finish(host=host, cluster_mode=clustered, posture=posture, rotation=rotation)
        _waive(self.group, posture)

        watched = WatchedCache(
            identifier=self.identifier,
            title=engine.title,
            secret_arn=self._users.secret_arn,
            serverless=False,
            sources=tuple(("CacheClusterId", node) for node in _nodes(self.identifier, posture)),
        )
        self._alarm_specs = node_alarms(watched, replicas=posture.replicas, evicts=posture.eviction_policy != "noeviction")
        self._graphs = node_graphs(watched, replicas=posture.replicas)
        self._recovery_facts = node_recovery(
            f"{engine.title} {construct_id}",
            posture,
            RestoredGroup(
                identifier=self.identifier,
                engine=engine.name,
                engine_version=engine.version,
                node_type=node_type,
                port=PORT,
                subnet_group=subnets,
                security_group=security_group,
                parameter_group=parameters,
                user_group=users,
                key_arn=key_arn,
            ),
        )
        record(
            self,
            controls=CONTROLS,
            tier="data",
            watchable=True,
            recovery=[fact.as_json() for fact in self._recovery_facts],
            allowed_regions=list(posture.allowed_regions),
        )


def _nodes(identifier: str, posture: CachePosture) -> list[str]:
    """What ElastiCache calls the nodes: ``name-001``, or ``name-0001-001`` with the shard in cluster mode."""
    members = range(1, 2 + posture.replicas)
    if posture.shards == 1:
        return [f"{identifier}-{member:03}" for member in members]
    return [f"{identifier}-{shard:04}-{member:03}" for shard in range(1, posture.shards + 1) for member in members]


def _delivery(kind: str, group: logs.ILogGroup) -> elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty:
    delivery = elasticache.CfnReplicationGroup
    return delivery.LogDeliveryConfigurationRequestProperty(
        log_type=kind,
        log_format="json",
        destination_type="cloudwatch-logs",
        destination_details=delivery.DestinationDetailsProperty(
            cloud_watch_logs_details=delivery.CloudWatchLogsDestinationDetailsProperty(log_group=group.log_group_name)
        ),
    )


def _waive(group: elasticache.CfnReplicationGroup, posture: CachePosture) -> None:
    waive(
        group,
        rule="AwsSolutions-AEC6",
        because="Users and their passwords come from a user group (RBAC): ElastiCache takes either that or the one token the rule looks "
        "for, which every client would share with every right. The default user is off.",
        owner="platform",
    )
    if not posture.multi_az:
        waive(
            group,
            rule="AwsSolutions-AEC4",
            because=f"This posture promises to be back within {posture.recovery_time} of losing a zone, which a restore from a snapshot "
            "keeps. Replicas in other zones are a degree of the environment, and PRODUCTION has them.",
            owner="platform",
        )
