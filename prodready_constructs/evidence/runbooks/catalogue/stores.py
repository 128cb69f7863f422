"""Stores: what shows that one is back, and how one comes back that says nothing of it itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from prodready_constructs.evidence.assembly import Assembly, Resource
from prodready_constructs.evidence.runbooks.places import RECORDED, construct_of, name_of, slug, stack_of
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell


class _Kind(NamedTuple):
    """How a kind of store is asked for, and what it answers when it is well."""

    named: str
    check: str
    expected: str


#: CloudFormation type -> its check; ``{name}`` is the store. The first that a construct has is the one it is about.
_KINDS = {
    "AWS::RDS::DBCluster": _Kind(
        "DBClusterIdentifier",
        "aws rds describe-db-clusters --db-cluster-identifier {name} "
        "--query 'DBClusters[0].[Status,StorageEncrypted,DeletionProtection,BackupRetentionPeriod]'",
        '["available", true, true, 35]',
    ),
    "AWS::RDS::DBInstance": _Kind(
        "DBInstanceIdentifier",
        "aws rds describe-db-instances --db-instance-identifier {name} "
        "--query 'DBInstances[0].[DBInstanceStatus,MultiAZ,StorageEncrypted,DeletionProtection,BackupRetentionPeriod]'",
        '["available", true, true, true, 35]',
    ),
    "AWS::DynamoDB::GlobalTable": _Kind(
        "TableName",
        "aws dynamodb describe-table --table-name {name} --query 'Table.[TableStatus,ItemCount,SSEDescription.Status,DeletionProtectionEnabled]'",
        '["ACTIVE", 120345, "ENABLED", true]  (the count is renewed about every six hours)',
    ),
    "AWS::ElastiCache::ReplicationGroup": _Kind(
        "ReplicationGroupId",
        "aws elasticache describe-replication-groups --replication-group-id {name} "
        "--query 'ReplicationGroups[0].[Status,AutomaticFailover,MultiAZ,TransitEncryptionEnabled]'",
        '["available", "enabled", "enabled", true]',
    ),
    "AWS::ElastiCache::ServerlessCache": _Kind(
        "ServerlessCacheName",
        "aws elasticache describe-serverless-caches --serverless-cache-name {name} --query 'ServerlessCaches[0].Status'",
        '"available"',
    ),
    "AWS::S3::Bucket": _Kind(
        "BucketName",
        "aws s3api list-object-versions --bucket {name} --max-items 5 --query 'Versions[?IsLatest].[Key,VersionId,LastModified,Size]'",
        '["uploads/invoice.pdf", "3HL4kqtJlcpXrof3", "2026-01-31T12:00:07+00:00", 48213]  (written just now)',
    ),
    "AWS::ECR::Repository": _Kind(
        "RepositoryName",
        "aws ecr describe-images --repository-name {name} --query 'sort_by(imageDetails,&imagePushedAt)[-1].[imageTags,imageDigest]'",
        '[["release-42"], "sha256:..."]',
    ),
    "AWS::SQS::Queue": _Kind(
        "QueueUrl",
        "aws sqs get-queue-attributes --queue-url {name} "
        "--attribute-names ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible --query Attributes",
        '{"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "3"}',
    ),
}
_KINDS["AWS::DynamoDB::Table"] = _KINDS["AWS::DynamoDB::GlobalTable"]
_EVENTS = {
    "aws rds failover-db-cluster": ("db-cluster", "Completed failover to DB instance: orders-2"),
    "aws rds reboot-db-instance": ("db-instance", "Multi-AZ instance failover completed"),
}


def checks_of(assembly: Assembly, path: str, shell: Shell, given: list[str]) -> list[tuple[str, str]]:
    """What shows that the store of the construct *path* is back after the commands *given*: commands and their answers."""
    stack = stack_of(assembly, path)
    below = [one for one in stack.resources.values() if f"{one.path}/".startswith(f"{path}/")]
    checks = []
    for kind, (named, check, expected) in _KINDS.items():
        if store := next((one for one in below if one.type == kind), None):
            name = shell.word(name_of(store, named))
            for command, (source, said) in _EVENTS.items():
                if any(line.startswith(command) for line in given):
                    events = f"aws rds describe-events --source-type {source} --source-identifier {name} --duration 30 --query 'Events[].Message'"
                    checks.append((events, said))
            checks.append((check.format(name=name), expected))
            break
    return checks


def store_procedures(assembly: Assembly, resource: Resource, shell: Shell) -> Iterator[Procedure]:
    """How a store comes back that no construct speaks for: another library's, or a plain L2."""
    made = _RESTORES.get(resource.type)
    if made is None or _spoken_for(assembly, resource):
        return
    kind = _KINDS[resource.type]
    name = shell.word(name_of(resource, kind.named))
    if resource.type == "AWS::RDS::DBInstance" and resource.get("DBClusterIdentifier"):
        return
    construct = construct_of(resource)
    yield Procedure(
        name=f"restore-{slug(construct)}",
        title=f"Restore {construct}",
        construct=f"{resource.stack.path}/{construct}",
        when="Data was lost or damaged, and the time is known at which it was still right.",
        steps=tuple(made(name)),
        verify=(Step("The restored one stands as the old one did.", kind.check.format(name=_restored(resource, name)), kind.expected),),
    )


def _spoken_for(assembly: Assembly, resource: Resource) -> bool:
    spoken = [
        fact.get("construct", path)
        for path, data in assembly.recorded(RECORDED)
        for fact in (*data.get("recovery", ()), *data.get("protected", ()))
        if fact.get("restore_commands")
    ]
    # A bucket of logs belongs to a construct of this library that keeps nothing to restore.
    recorded = [path for path, _ in assembly.recorded(RECORDED) if path != resource.stack.path]
    return any(f"{resource.path}/".startswith(f"{path}/") for path in (*spoken, *recorded))


def _restored(resource: Resource, name: str) -> str:
    return name if resource.type == "AWS::S3::Bucket" else f"{name}-restored"


_TIME = Step("The last moment at which the data was right, in UTC.", "RESTORE_TIME=2026-01-31T12:00:00Z", "(nothing)")


def _instance(name: str) -> Iterator[Step]:
    asked = f"aws rds describe-db-instances --db-instance-identifier {name}"
    yield Step("How late it can be restored to.", f"{asked} --query 'DBInstances[0].LatestRestorableTime'", '"2026-01-31T12:34:56+00:00"')
    yield _TIME
    yield Step(
        "The network of the old one.",
        f"SUBNETS=$({asked} --query 'DBInstances[0].DBSubnetGroup.DBSubnetGroupName' --output text)",
        "(nothing)",
    )
    groups = "DBInstances[0].VpcSecurityGroups[].VpcSecurityGroupId"
    yield Step("Its security groups.", f"GROUPS_OF_IT=$({asked} --query '{groups}' --output text)", "(nothing)")
    yield Step(
        "A new instance beside the old one: nothing is overwritten.",
        f"aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier {name} --target-db-instance-identifier {name}-restored "
        '--restore-time "$RESTORE_TIME" --db-subnet-group-name "$SUBNETS" --vpc-security-group-ids $GROUPS_OF_IT --deletion-protection '
        "--no-publicly-accessible --copy-tags-to-snapshot",
        '"DBInstanceStatus": "creating"',
    )
    yield Step(
        "It takes as long as the data is large.",
        f"aws rds wait db-instance-available --db-instance-identifier {name}-restored",
        "(nothing)",
    )


def _cluster(name: str) -> Iterator[Step]:
    asked = f"aws rds describe-db-clusters --db-cluster-identifier {name}"
    yield Step("How late it can be restored to.", f"{asked} --query 'DBClusters[0].LatestRestorableTime'", '"2026-01-31T12:34:56+00:00"')
    yield _TIME
    yield Step("The network of the old one.", f"SUBNETS=$({asked} --query 'DBClusters[0].DBSubnetGroup' --output text)", "(nothing)")
    groups = "DBClusters[0].VpcSecurityGroups[].VpcSecurityGroupId"
    yield Step("Its security groups.", f"GROUPS_OF_IT=$({asked} --query '{groups}' --output text)", "(nothing)")
    yield Step(
        "A new cluster beside the old one: nothing is overwritten. It has no instance yet: add them as the old one has them.",
        f"aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier {name} --db-cluster-identifier {name}-restored "
        '--restore-to-time "$RESTORE_TIME" --db-subnet-group-name "$SUBNETS" --vpc-security-group-ids $GROUPS_OF_IT --deletion-protection '
        "--copy-tags-to-snapshot",
        '"Status": "creating"',
    )
    yield Step(
        "It takes as long as the data is large.", f"aws rds wait db-cluster-available --db-cluster-identifier {name}-restored", "(nothing)"
    )


def _table(name: str) -> Iterator[Step]:
    window = "ContinuousBackupsDescription.PointInTimeRecoveryDescription"
    yield Step(
        "How far back it goes.",
        f"aws dynamodb describe-continuous-backups --table-name {name} --query {window}",
        '"PointInTimeRecoveryStatus": "ENABLED", "EarliestRestorableDateTime": "2026-01-01T00:00:00+00:00"',
    )
    yield _TIME
    yield Step(
        "A new table beside the old one: nothing is overwritten.",
        f"aws dynamodb restore-table-to-point-in-time --source-table-name {name} --target-table-name {name}-restored "
        '--restore-date-time "$RESTORE_TIME"',
        '"TableStatus": "CREATING"',
    )
    yield Step("Minutes to hours.", f"aws dynamodb wait table-exists --table-name {name}-restored", "(nothing)")
    yield Step(
        "Neither of these comes along: point-in-time recovery, deletion protection.",
        f"aws dynamodb update-table --table-name {name}-restored --deletion-protection-enabled",
        '"TableStatus": "UPDATING"',
    )
    yield Step(
        "And its own way back.",
        f"aws dynamodb update-continuous-backups --table-name {name}-restored "
        "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        '"PointInTimeRecoveryStatus": "ENABLED"',
    )


def _bucket(name: str) -> Iterator[Step]:
    yield Step("What was lost: a key, or the beginning of several.", "KEY='<the key of the object>'", "(nothing)")
    yield Step(
        "Its versions and delete markers.",
        f'aws s3api list-object-versions --bucket {name} --prefix "$KEY" '
        "--query '[Versions[].[Key,VersionId,LastModified],DeleteMarkers[].[Key,VersionId,LastModified]]'",
        '["uploads/invoice.pdf", "3HL4kqtJlcpXrof3", "2026-01-31T12:00:07+00:00"]',
    )
    yield Step("The version that was right.", "VERSION='<its VersionId>'", "(nothing)")
    yield Step(
        "It becomes the newest one; the damaged one stays a version too.",
        f'aws s3api copy-object --bucket {name} --key "$KEY" --copy-source "{name.strip(chr(34))}/$KEY?versionId=$VERSION"',
        '"CopyObjectResult": {"ETag": "..."}',
    )


_RESTORES: dict[str, Callable[[str], Iterator[Step]]] = {
    "AWS::RDS::DBInstance": _instance,
    "AWS::RDS::DBCluster": _cluster,
    "AWS::DynamoDB::Table": _table,
    "AWS::DynamoDB::GlobalTable": _table,
    "AWS::S3::Bucket": _bucket,
}
