"""How a cluster comes back: what a reader keeps, what a backup keeps, what another region keeps, and the commands with its names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import RecoveryFact
from prodready_constructs.database.restore import POINT_IN_TIME
from prodready_constructs.posture.aurora import SERVERLESS, AuroraPosture
from prodready_constructs.posture.database import RESTORE_FROM_BACKUP

#: What a secondary region may be behind before its alarm tells (GlobalLagHigh).
GLOBAL_LAG = timedelta(minutes=1)
_RENAME = "aws rds modify-db-cluster --apply-immediately --db-cluster-identifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredCluster:
    """What a restored cluster must be given again: RDS would take the account's defaults. Tokens are resolved at synth.

    Attributes:
        managed_password: RDS keeps the master password; not in a global database.
        backtracks: the cluster can be turned back in place.
        global_name: of the global database; primary_region: of its primary, for a secondary.
    """

    identifier: str
    arn: str
    engine: str
    subnet_group: str
    security_group: str
    cluster_parameters: str
    instance_parameters: str
    key_arn: str
    monitoring_role_arn: str
    certificate_authority: str
    log_exports: tuple[str, ...]
    port: int
    instances: int
    managed_password: bool
    backtracks: bool
    global_name: str | None
    primary_region: str | None


def recovery_facts(store: str, posture: AuroraPosture, cluster: RestoredCluster) -> tuple[RecoveryFact, ...]:
    """The loss of a zone, of a region, a mistake just made, and the loss of data; each where there is a way."""
    facts = []
    if cluster.instances > 1:
        facts.append(
            RecoveryFact(
                store=f"{store}: loss of a zone",
                recovery_point=timedelta(0),
                recovery_time=posture.recovery_time,
                recovery_time_is="the posture's promise; Aurora promotes a reader by itself, typically in less than 60 seconds",
                how="one volume with six copies in three zones; a reader in another zone becomes the writer behind the same endpoint",
                restore_commands=(f"aws rds failover-db-cluster --db-cluster-identifier {cluster.identifier}",),
            )
        )
    if cluster.global_name:
        facts.append(_region(store, cluster, cluster.global_name))
    if cluster.backtracks:
        facts.append(_backtrack(store, posture, cluster))
    facts.append(
        RecoveryFact(
            store=store,
            recovery_point=POINT_IN_TIME,
            recovery_time=RESTORE_FROM_BACKUP,
            recovery_time_is="an assumption for a volume of ordinary size, to be replaced by a restore drill's measurement",
            how=f"point-in-time restore from continuous backups kept {posture.backup_retention.days} days, into a new cluster that takes the old one's name",
            restore_commands=_restore(posture, cluster),
        )
    )
    return tuple(facts)


def _region(store: str, cluster: RestoredCluster, name: str) -> RecoveryFact:
    target = cluster.arn if cluster.primary_region else "$SECONDARY_CLUSTER_ARN"
    which = "--query 'GlobalClusters[0].GlobalClusterMembers[?!IsWriter].DBClusterArn'"
    return RecoveryFact(
        store=f"{store}: loss of a region",
        region_loss=True,
        recovery_point=GLOBAL_LAG,
        recovery_time=timedelta(minutes=15),
        recovery_time_is="an assumption: the promotion takes a minute or two, the decision and the change of the clients' endpoint the rest",
        how="Aurora global database: storage replicated to another region, usually within a second; a person decides to promote",
        restore_commands=(
            f"aws rds describe-global-clusters --global-cluster-identifier {name} {which}",
            f"aws rds switchover-global-cluster --global-cluster-identifier {name} --target-db-cluster-identifier {target}"
            "  # planned, nothing is lost",
            f"aws rds failover-global-cluster --global-cluster-identifier {name} --target-db-cluster-identifier {target} --allow-data-loss"
            "  # the primary's region is gone",
        ),
    )


def _backtrack(store: str, posture: AuroraPosture, cluster: RestoredCluster) -> RecoveryFact:
    name = cluster.identifier
    return RecoveryFact(
        store=f"{store}: a mistake of the last {posture.backtrack_window.total_seconds() / 3600:g} hours",
        recovery_point=POINT_IN_TIME,
        recovery_time=timedelta(minutes=30),
        recovery_time_is="an assumption: turning back takes minutes, finding the moment the rest; every connection is cut",
        how="backtrack in place: the whole cluster goes back, same endpoint; what was right since then goes too",
        restore_commands=(
            f"aws rds describe-db-clusters --db-cluster-identifier {name} --query 'DBClusters[0].EarliestBacktrackTime'",
            f"aws rds backtrack-db-cluster --db-cluster-identifier {name} --backtrack-to $RESTORE_TIME",
            f"aws rds describe-db-cluster-backtracks --db-cluster-identifier {name}",
        ),
    )


def _restore(posture: AuroraPosture, cluster: RestoredCluster) -> tuple[str, ...]:
    old, new = cluster.identifier, f"{cluster.identifier}-restored"
    serverless = posture.instance_class == SERVERLESS
    numbers = " ".join(str(number) for number in range(1, cluster.instances + 1))
    flags = (
        f"--source-db-cluster-identifier {old}",
        f"--db-cluster-identifier {new}",
        "--restore-to-time $RESTORE_TIME",
        f"--db-subnet-group-name {cluster.subnet_group}",
        f"--vpc-security-group-ids {cluster.security_group}",
        f"--db-cluster-parameter-group-name {cluster.cluster_parameters}",
        f"--port {cluster.port}",
        f"--kms-key-id {cluster.key_arn}",
        f"--storage-type {posture.storage}",
        *(
            (f"--serverless-v2-scaling-configuration MinCapacity={posture.min_capacity},MaxCapacity={posture.max_capacity}",)
            if serverless
            else ()
        ),
        f"--enable-cloudwatch-logs-exports {' '.join(cluster.log_exports)}",
        "--deletion-protection --enable-iam-database-authentication --copy-tags-to-snapshot",
        *((f"--backtrack-window {int(posture.backtrack_window.total_seconds())}",) if cluster.backtracks else ()),
    )
    instance = (
        f"--engine {cluster.engine}",
        f"--db-instance-class db.{posture.instance_class}",
        f"--db-parameter-group-name {cluster.instance_parameters}",
        f"--ca-certificate-identifier {cluster.certificate_authority}",
        f"--monitoring-interval {int(posture.monitoring_interval.total_seconds())} --monitoring-role-arn {cluster.monitoring_role_arn}",
        "--no-publicly-accessible --auto-minor-version-upgrade",
    )
    wait = "aws rds wait db-cluster-available --db-cluster-identifier"
    move = "aws rds modify-db-instance --apply-immediately --db-instance-identifier"

    def renamed(source: str, target: str) -> tuple[str, ...]:
        return (
            f"for n in {numbers}; do {move} {source}-$n --new-db-instance-identifier {target}-$n; done",
            f"{_RENAME} {source} --new-db-cluster-identifier {target}",
            f"{wait} {target}",
        )

    password = (
        (
            f"{_RENAME} {new} --manage-master-user-password --master-user-secret-kms-key-id {cluster.key_arn}",
            f"{wait} {new}  # now check the data, then exchange the names",
        )
        if cluster.managed_password
        else ()
    )
    return (
        f"aws rds describe-db-clusters --db-cluster-identifier {old} --query 'DBClusters[0].[EarliestRestorableTime,LatestRestorableTime]'",
        "RESTORE_TIME=2026-01-31T12:00:00Z  # UTC: the last moment at which the data was right",
        "aws rds restore-db-cluster-to-point-in-time " + " ".join(flags),
        f"{wait} {new}",
        f"for n in {numbers}; do aws rds create-db-instance --db-cluster-identifier {new} --db-instance-identifier {new}-$n "
        + " ".join(instance)
        + "; done",
        f"for n in {numbers}; do aws rds wait db-instance-available --db-instance-identifier {new}-$n; done",
        *password,
        *renamed(old, f"{old}-before"),
        *renamed(new, old),
        f"{_RENAME} {old} --backup-retention-period {posture.backup_retention.days}",
        f"aws rds describe-db-clusters --db-cluster-identifier {old} --query 'DBClusters[0].MasterUserSecret'  # a new secret: see the room's page",
    )
