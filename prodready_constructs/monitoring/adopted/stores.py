"""How an adopted store is backed up and comes back: what ``BackupPlan``, ``RestoreTest``, ``Objectives`` and ``Drills`` ask of a store.

Read from what the template says of it. ``prodready runbooks`` writes the commands for stores of the template; those of imported ones are here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from aws_cdk import Stack

from prodready_constructs.contracts import Attachment, RecoveryFact, SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of
from prodready_constructs.posture.database import RESTORE_FROM_BACKUP

#: The newest moment that RDS and DynamoDB restore to.
#: Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html,
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
LATEST_RESTORABLE = timedelta(minutes=5)
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html (typically 60 to 120 seconds)
FAILOVER = timedelta(minutes=2)
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html (typically less than 60 seconds)
AURORA_FAILOVER = timedelta(minutes=1)
TABLE_RESTORE, OBJECT_RESTORE = timedelta(hours=1), timedelta(minutes=15)
ASSUMED = "an assumption for a store of ordinary size, to be replaced by a restore test's measurement"
RESTORE_TIME = "RESTORE_TIME=2026-01-31T12:00:00Z  # UTC: the last moment at which the data was right"
#: Ports that RDS takes where nobody names one.
PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}


class Store(NamedTuple):
    """What AWS Backup selects, and how it comes back."""

    arn: str
    facts: tuple[RecoveryFact, ...]


class Engine(NamedTuple):
    """The engine of a database, by RDS's name."""

    name: str


def _fact(
    store: str, how: str, *, loses: timedelta, takes: timedelta, source: str = ASSUMED, commands: tuple[str, ...] = ()
) -> RecoveryFact:
    return RecoveryFact(store=store, recovery_point=loses, recovery_time=takes, recovery_time_is=source, how=how, restore_commands=commands)


def _instance(found: Any, arn: str, plain: Any) -> Store:
    name = f"RDS instance {found.node.id}"
    restore = _fact(
        name,
        "point-in-time restore from continuous backups, into a new instance",
        loses=LATEST_RESTORABLE,
        takes=RESTORE_FROM_BACKUP,
        commands=_restore_instance(found.instance_identifier) if plain is None else (),
    )
    if plain is None or plain.multi_az is not True:
        return Store(arn, (restore,))
    standby = "synchronous standby in a second Availability Zone, same endpoint"
    source = "Amazon RDS user guide: typically 60 to 120 seconds"
    return Store(arn, (_fact(f"{name}: loss of a zone", standby, loses=timedelta(0), takes=FAILOVER, source=source), restore))


def _cluster(found: Any, arn: str, plain: Any, instances: int) -> Store:
    name = f"RDS cluster {found.node.id}"
    restore = _fact(
        name,
        "point-in-time restore from continuous backups, into a new cluster",
        loses=LATEST_RESTORABLE,
        takes=RESTORE_FROM_BACKUP,
        commands=_restore_cluster(found.cluster_identifier) if plain is None else (),
    )
    if instances < 2:
        return Store(arn, (restore,))
    reader = "a reader in another Availability Zone becomes the writer, same endpoint"
    source = "Amazon Aurora user guide: typically less than 60 seconds"
    return Store(arn, (_fact(f"{name}: loss of a zone", reader, loses=timedelta(0), takes=AURORA_FAILOVER, source=source), restore))


def _instances(found: Any) -> int:
    """How many the cluster has; nobody can say it of an imported one."""
    return len(found.instance_identifiers) if found.node.default_child is not None else 0


def _restore_instance(name: str) -> tuple[str, ...]:
    """The way back of an imported instance, in the network of the old one."""
    asked = f"aws rds describe-db-instances --db-instance-identifier {name}"
    return (
        f"{asked} --query 'DBInstances[0].LatestRestorableTime'",
        RESTORE_TIME,
        f"SUBNETS=$({asked} --query 'DBInstances[0].DBSubnetGroup.DBSubnetGroupName' --output text)",
        f"GROUPS_OF_IT=$({asked} --query 'DBInstances[0].VpcSecurityGroups[].VpcSecurityGroupId' --output text)",
        f"aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier {name} --target-db-instance-identifier {name}-restored "
        '--restore-time "$RESTORE_TIME" --db-subnet-group-name "$SUBNETS" --vpc-security-group-ids $GROUPS_OF_IT --deletion-protection '
        "--no-publicly-accessible --copy-tags-to-snapshot",
        f"aws rds wait db-instance-available --db-instance-identifier {name}-restored  # then look at the data, then exchange the names",
    )


def _restore_cluster(name: str) -> tuple[str, ...]:
    """The way back of an imported cluster; it comes back without instances."""
    asked = f"aws rds describe-db-clusters --db-cluster-identifier {name}"
    return (
        f"{asked} --query 'DBClusters[0].LatestRestorableTime'",
        RESTORE_TIME,
        f"SUBNETS=$({asked} --query 'DBClusters[0].DBSubnetGroup' --output text)",
        f"GROUPS_OF_IT=$({asked} --query 'DBClusters[0].VpcSecurityGroups[].VpcSecurityGroupId' --output text)",
        f"aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier {name} --db-cluster-identifier {name}-restored "
        '--restore-to-time "$RESTORE_TIME" --db-subnet-group-name "$SUBNETS" --vpc-security-group-ids $GROUPS_OF_IT --deletion-protection '
        "--copy-tags-to-snapshot",
        f"aws rds wait db-cluster-available --db-cluster-identifier {name}-restored  # then add instances as the old one has them",
    )


def _table(found: Any, arn: str, plain: Any) -> Store:
    if not _has_history(plain):
        raise ConfigurationError(
            f"adopt({path_of(found)}).recovery_facts",
            given=_unknown(plain, "no point-in-time recovery"),
            allowed="point-in-time recovery: AWS Backup alone makes one copy of a table a day, and loses a day",
            mend="set point_in_time_recovery_specification of the table, in the app that makes it, and adopt it there",
        )
    how = "point-in-time recovery into a new table, to any second of the window"
    return Store(arn, (_fact(f"DynamoDB table {found.node.id}", how, loses=LATEST_RESTORABLE, takes=TABLE_RESTORE),))


def _has_history(plain: Any) -> bool:
    """Whether the L1 of a table has point-in-time recovery; a global table says so for each of its replicas."""
    if plain is None:
        return False
    said = Stack.of(plain).resolve(
        plain.replicas if hasattr(plain, "replicas") else [{"pointInTimeRecoverySpecification": plain.point_in_time_recovery_specification}]
    )
    return all((one.get("pointInTimeRecoverySpecification") or {}).get("pointInTimeRecoveryEnabled") is True for one in said)


def _bucket(found: Any, arn: str, plain: Any) -> Store:
    said = Stack.of(plain).resolve(plain.versioning_configuration) if plain is not None else None
    if not said or said.get("status") != "Enabled":
        raise ConfigurationError(
            f"adopt({path_of(found)}).recovery_facts",
            given=_unknown(plain, "no versions"),
            allowed="a bucket with versions: AWS Backup takes no other (developer guide, Amazon S3 backups)",
            mend="set versioned=True, in the app that makes the bucket, and adopt it there",
        )
    return Store(arn, (_fact(f"S3 bucket {found.node.id}", "versions of each object", loses=timedelta(0), takes=OBJECT_RESTORE),))


def _unknown(plain: Any, otherwise: str) -> str:
    return otherwise if plain is not None else "an imported store, of which nothing is known here"


#: The CDK's name of a class or interface -> what it is as a store.
STORES: dict[str, Callable[[Any], Store]] = {
    "aws_rds.IDatabaseInstance": lambda found: _instance(found, found.instance_arn, found.node.default_child),
    "aws_rds.CfnDBInstance": lambda found: _instance(found, found.attr_db_instance_arn, found),
    "aws_rds.IDatabaseCluster": lambda found: _cluster(found, found.cluster_arn, found.node.default_child, _instances(found)),
    "aws_rds.CfnDBCluster": lambda found: _cluster(found, found.attr_db_cluster_arn, found, 0),
    "aws_dynamodb.ITable": lambda found: _table(found, found.table_arn, found.node.default_child),
    "aws_dynamodb.CfnTable": lambda found: _table(found, found.attr_arn, found),
    "aws_dynamodb.CfnGlobalTable": lambda found: _table(found, found.attr_arn, found),
    "aws_s3.IBucket": lambda found: _bucket(found, found.bucket_arn, found.node.default_child),
    "aws_s3.CfnBucket": lambda found: _bucket(found, found.attr_arn, found),
}


def engine_of(database: Any) -> Engine:
    """The engine of an L2.

    Raises:
        ConfigurationError: no database, an L1, or an imported one whose engine was not said.
    """
    kind = getattr(getattr(database, "engine", None), "engine_type", None)
    if kind is None:
        raise ConfigurationError(
            f"adopt({path_of(database)}).engine",
            given=type(database).__name__,
            allowed="an rds.DatabaseInstance, or one imported with engine=",
            mend="say engine= in from_database_instance_attributes",
        )
    return Engine(str(kind))


def attachment_of(database: Any) -> Attachment:
    """Where an L2 is, what opens it, and what must be open. PostgreSQL has a database ``postgres`` where nobody named another."""
    plain, engine = database.node.default_child, engine_of(database).name
    port = int(plain.port) if plain is not None and plain.port else PORTS.get(engine, 0)
    name = (plain.db_name if plain is not None else None) or ("postgres" if engine == "postgres" else None)
    secret = getattr(database, "secret", None)
    fields = {"DATABASE_USER": "username", "DATABASE_PASSWORD": "password"} if secret is not None else {}
    return Attachment(
        connections=database.connections,
        port=port,
        environment={
            "DATABASE_HOST": database.db_instance_endpoint_address,
            "DATABASE_PORT": str(port),
            **({"DATABASE_NAME": name} if name else {}),
        },
        secrets={variable: SecretField(secret=secret, field=field) for variable, field in fields.items()},  # type: ignore[arg-type]
    )
