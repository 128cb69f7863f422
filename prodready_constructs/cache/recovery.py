"""How a cache comes back: what a replica keeps, what a snapshot keeps, and the commands with this cache's names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.cache.node_alarms import WORST_LAG
from prodready_constructs.contracts import RecoveryFact
from prodready_constructs.posture.cache import RESTORE_FROM_SNAPSHOT, CachePosture

#: Automatic snapshots are daily: there is nothing in between.
DAILY = timedelta(days=1)
_ASSUMED = "an assumption for a cache of ordinary size, to be replaced by a restore drill's measurement"
_MAY_BE_LOST = "a cache is filled again from its source: keep nothing in it that is nowhere else"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredGroup:
    """What a restored replication group must be given again. Tokens are resolved at synth."""

    identifier: str
    engine: str
    engine_version: str
    node_type: str
    port: int
    subnet_group: str
    security_group: str
    parameter_group: str
    user_group: str
    key_arn: str


def node_recovery(store: str, posture: CachePosture, group: RestoredGroup) -> tuple[RecoveryFact, ...]:
    """The loss of a zone, and the loss of data, of a replication group."""
    new = f"{group.identifier[:31].rstrip('-')}-restored"
    nodes = (
        f"--num-node-groups {posture.shards} --replicas-per-node-group {posture.replicas}"
        if posture.shards > 1
        else f"--num-cache-clusters {1 + posture.replicas}"
    )
    spread = "--multi-az-enabled --automatic-failover-enabled" if posture.multi_az else "--no-multi-az-enabled"
    snapshot = RecoveryFact(
        store=store,
        recovery_point=DAILY,
        recovery_time=RESTORE_FROM_SNAPSHOT,
        recovery_time_is=_ASSUMED,
        how=f"daily snapshots kept {posture.snapshot_retention.days} days, and a last one on deletion, into a new cache; {_MAY_BE_LOST}",
        restore_commands=(
            f"aws elasticache describe-snapshots --replication-group-id {group.identifier} "
            "--query 'Snapshots[].[SnapshotName,SnapshotStatus,NodeSnapshots[0].SnapshotCreateTime]' --output table",
            "SNAPSHOT=automatic.name-2026-01-31-02-00  # the last one whose data was right",
            f"aws elasticache create-replication-group --replication-group-id {new} --replication-group-description 'Restored {group.identifier}' "
            f"--snapshot-name $SNAPSHOT --engine {group.engine} --engine-version {group.engine_version} --cache-node-type {group.node_type} "
            f"{nodes} {spread} --port {group.port} --cache-subnet-group-name {group.subnet_group} "
            f"--security-group-ids {group.security_group} --cache-parameter-group-name {group.parameter_group} "
            f"--user-group-ids {group.user_group} --transit-encryption-enabled --at-rest-encryption-enabled --kms-key-id {group.key_arn} "
            f"--snapshot-retention-limit {posture.snapshot_retention.days} --auto-minor-version-upgrade",
            f"aws elasticache wait replication-group-available --replication-group-id {new}",
            f"aws elasticache describe-replication-groups --replication-group-id {new} "
            "--query 'ReplicationGroups[0].[ConfigurationEndpoint,NodeGroups[].PrimaryEndpoint]'  # give the services this address",
        ),
    )
    if not posture.multi_az:
        return (snapshot,)
    failover = RecoveryFact(
        store=f"{store}: loss of a zone",
        recovery_point=WORST_LAG,
        recovery_time=posture.recovery_time,
        recovery_time_is="the posture's promise; ElastiCache promotes a replica by itself, behind the same address",
        how="replicas in other zones, which copy asynchronously: the writes of the last moments can be lost",
        restore_commands=(
            f"aws elasticache test-failover --replication-group-id {group.identifier} "
            "--node-group-id 0001  # a drill; ElastiCache itself needs no command",
        ),
    )
    return (failover, snapshot)


def serverless_recovery(
    store: str, posture: CachePosture, identifier: str, *, engine: str, major: str, user_group: str, security_group: str, key_arn: str
) -> tuple[RecoveryFact, ...]:
    """The loss of a zone, and the loss of data, of a serverless cache."""
    new = f"{identifier[:31].rstrip('-')}-restored"
    return (
        RecoveryFact(
            store=f"{store}: loss of a zone",
            recovery_point=WORST_LAG,
            recovery_time=posture.recovery_time,
            recovery_time_is="the posture's promise; a serverless cache is spread over zones by itself",
            how="copies in other zones, asynchronous: the writes of the last moments can be lost",
            restore_commands=(f"aws elasticache describe-serverless-caches --serverless-cache-name {identifier}",),
        ),
        RecoveryFact(
            store=store,
            recovery_point=DAILY,
            recovery_time=RESTORE_FROM_SNAPSHOT,
            recovery_time_is=_ASSUMED,
            how=f"daily snapshots kept {posture.snapshot_retention.days} days, and a last one on deletion, into a new cache; {_MAY_BE_LOST}",
            restore_commands=(
                f"aws elasticache describe-serverless-cache-snapshots --serverless-cache-name {identifier} "
                "--query 'ServerlessCacheSnapshots[].[ARN,Status,CreateTime]' --output table",
                "SNAPSHOT_ARN=arn:aws:elasticache:region:account:serverlesscachesnapshot:name  # the last one whose data was right",
                f"SUBNETS=$(aws elasticache describe-serverless-caches --serverless-cache-name {identifier} "
                "--query 'ServerlessCaches[0].SubnetIds' --output text)",
                f"aws elasticache create-serverless-cache --serverless-cache-name {new} --snapshot-arns-to-restore $SNAPSHOT_ARN "
                f"--engine {engine} --major-engine-version {major} --subnet-ids $SUBNETS --security-group-ids {security_group} "
                f"--user-group-id {user_group} --kms-key-id {key_arn} --snapshot-retention-limit {posture.snapshot_retention.days}",
                f"aws elasticache describe-serverless-caches --serverless-cache-name {new} "
                "--query 'ServerlessCaches[0].[Status,Endpoint]'  # when it is available, give the services this address",
            ),
        ),
    )
