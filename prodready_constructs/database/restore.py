"""How an instance comes back: what a standby keeps, what a backup keeps, and the commands with this database's names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import RecoveryFact
from prodready_constructs.posture.database import RESTORE_FROM_BACKUP, DatabasePosture

#: RDS uploads transaction logs every five minutes.
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
POINT_IN_TIME = timedelta(minutes=5)
#: Promoting a replica and pointing the workload at it: our assumption, to be replaced by a drill's measurement.
PROMOTION = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredFrom:
    """What a restored instance must be given again: RDS would take the account's defaults. Tokens are resolved at synth."""

    identifier: str
    subnet_group: str
    security_group: str
    parameter_group: str
    option_group: str | None
    key_arn: str
    monitoring_role_arn: str
    certificate_authority: str
    log_exports: tuple[str, ...]
    port: int
    #: RDS makes and keeps the master password; otherwise the master user signs in by IAM.
    managed_password: bool


def recovery_facts(store: str, posture: DatabasePosture, instance: RestoredFrom) -> tuple[RecoveryFact, ...]:
    """The loss of a zone, and the loss of data."""
    backup = RecoveryFact(
        store=store,
        recovery_point=POINT_IN_TIME,
        recovery_time=RESTORE_FROM_BACKUP,
        recovery_time_is="an assumption for an instance of ordinary size, to be replaced by a restore drill's measurement",
        how=f"point-in-time restore from automated backups kept {posture.backup_retention.days} days, into a new instance that takes the old one's name",
        restore_commands=_restore(posture, instance),
    )
    if not posture.multi_az:
        return (backup,)
    standby = RecoveryFact(
        store=f"{store}: loss of a zone",
        recovery_point=timedelta(0),
        recovery_time=posture.recovery_time,
        recovery_time_is="the posture's promise; RDS fails over to the standby by itself, typically in 60 to 120 seconds",
        how="synchronous standby in a second Availability Zone, same endpoint",
        restore_commands=(f"aws rds reboot-db-instance --db-instance-identifier {instance.identifier} --force-failover",),
    )
    return (standby, backup)


def _restore(posture: DatabasePosture, instance: RestoredFrom) -> tuple[str, ...]:
    old, new = instance.identifier, f"{instance.identifier}-restored"
    flags = (
        f"--source-db-instance-identifier {old}",
        f"--target-db-instance-identifier {new}",
        "--restore-time $RESTORE_TIME",
        f"--db-subnet-group-name {instance.subnet_group}",
        f"--vpc-security-group-ids {instance.security_group}",
        f"--db-parameter-group-name {instance.parameter_group}",
        *((f"--option-group-name {instance.option_group}",) if instance.option_group else ()),
        f"--port {instance.port}",
        f"--db-instance-class db.{posture.instance_class}",
        "--multi-az" if posture.multi_az else "--no-multi-az",
        f"--max-allocated-storage {posture.max_storage_gib}",
        f"--enable-cloudwatch-logs-exports {' '.join(instance.log_exports)}",
        "--no-publicly-accessible --deletion-protection --enable-iam-database-authentication --copy-tags-to-snapshot",
        f"--ca-certificate-identifier {instance.certificate_authority}",
    )
    rename = "aws rds modify-db-instance --apply-immediately --db-instance-identifier"
    return (
        f"aws rds describe-db-instances --db-instance-identifier {old} --query 'DBInstances[0].LatestRestorableTime'",
        "RESTORE_TIME=2026-01-31T12:00:00Z  # UTC: the last moment at which the data was right",
        "aws rds restore-db-instance-to-point-in-time " + " ".join(flags),
        f"aws rds wait db-instance-available --db-instance-identifier {new}",
        f"{rename} {new} --manage-master-user-password --master-user-secret-kms-key-id {instance.key_arn}"
        if instance.managed_password
        else f"{rename} {new} --master-user-authentication-type iam-db-auth",
        f"aws rds wait db-instance-available --db-instance-identifier {new}  # now check the data, then exchange the names",
        f"{rename} {old} --new-db-instance-identifier {old}-before",
        f"aws rds wait db-instance-available --db-instance-identifier {old}-before",
        f"{rename} {new} --new-db-instance-identifier {old}",
        f"aws rds wait db-instance-available --db-instance-identifier {old}",
        f"{rename} {old} --backup-retention-period {posture.backup_retention.days} "
        f"--monitoring-interval {int(posture.monitoring_interval.total_seconds())} --monitoring-role-arn {instance.monitoring_role_arn}",
        f"aws rds describe-db-instances --db-instance-identifier {old} "
        "--query 'DBInstances[0].[DbiResourceId,MasterUserSecret]'  # new ones: see the room's page",
    )


def promotion_fact(store: str, posture: DatabasePosture, replica: str, source_region: str, region: str) -> RecoveryFact:
    """The loss of the source's region: *replica* in *region* takes over."""
    aws = f"aws rds --region {region}"
    modify = f"{aws} modify-db-instance --apply-immediately --db-instance-identifier {replica}"
    wait = f"{aws} wait db-instance-available --db-instance-identifier {replica}"
    return RecoveryFact(
        store=f"{store}: loss of {source_region}",
        region_loss=True,
        recovery_point=posture.replica_lag,
        recovery_time=PROMOTION,
        recovery_time_is="an assumption: the promotion takes minutes and a reboot; to be replaced by a drill's measurement",
        how=f"read replica in {region}, promoted by hand; what the source committed and had not sent yet is lost",
        restore_commands=(
            f"aws cloudwatch get-metric-statistics --region {region} --namespace AWS/RDS --metric-name ReplicaLag "
            f"--dimensions Name=DBInstanceIdentifier,Value={replica} --period 60 --statistics Maximum "
            "--start-time $(date -u -d '1 hour ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)  # how much is lost",
            f"{aws} promote-read-replica --db-instance-identifier {replica} --backup-retention-period {posture.backup_retention.days} "
            f"--preferred-backup-window {posture.backup_window}  # no way back: first make sure that the source takes no more writes",
            wait,
            *(() if posture.multi_az else (f"{modify} --multi-az", wait)),
            f"{aws} describe-db-instances --db-instance-identifier {replica} "
            "--query 'DBInstances[0].[DBInstanceStatus,ReadReplicaSourceDBInstanceIdentifier,Endpoint.Address]'  # the second must be null",
        ),
    )
