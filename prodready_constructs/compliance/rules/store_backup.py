"""A store that nothing backs up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true, mappings, number
from prodready_constructs.compliance.rules.tags import tags_of
from prodready_constructs.evidence.assembly import Resource

#: Ledger DB-5: point in time recovery over a week at least.
FEWEST_DAYS = 7


def _keeps_days(property_name: str) -> Callable[[Resource], bool]:
    return lambda store: number(store.get(property_name), 1) >= FEWEST_DAYS


def _database(store: Resource) -> bool:
    # A member of a cluster is backed up with its cluster; a replica with its source.
    if store.get("DBClusterIdentifier") or store.get("SourceDBInstanceIdentifier"):
        return True
    return number(store.get("BackupRetentionPeriod"), 1) >= FEWEST_DAYS


def _recoverable(settings: Any) -> bool:
    return isinstance(settings, dict) and is_true(settings.get("PointInTimeRecoveryEnabled"))


#: Resource type -> whether it keeps a history of its own.
STORES: dict[str, Callable[[Resource], bool]] = {
    "AWS::RDS::DBInstance": _database,
    "AWS::RDS::DBCluster": _keeps_days("BackupRetentionPeriod"),
    "AWS::DocDB::DBCluster": _keeps_days("BackupRetentionPeriod"),
    "AWS::Neptune::DBCluster": _keeps_days("BackupRetentionPeriod"),
    "AWS::Redshift::Cluster": _keeps_days("AutomatedSnapshotRetentionPeriod"),
    "AWS::DynamoDB::Table": lambda table: _recoverable(table.get("PointInTimeRecoverySpecification")),
    "AWS::DynamoDB::GlobalTable": lambda table: any(
        _recoverable(one.get("PointInTimeRecoverySpecification")) for one in mappings(table.get("Replicas"))
    ),
    "AWS::S3::Bucket": lambda bucket: bucket.get("VersioningConfiguration", "Status") == "Enabled",
    "AWS::EFS::FileSystem": lambda files: files.get("BackupPolicy", "Status") == "ENABLED",
    "AWS::EC2::Volume": lambda _volume: False,
}


def _selects(selection: Resource, store: Resource, referred: set[Resource]) -> bool:
    wanted = selection.get("BackupSelection") or {}
    if store in referred or "*" in (wanted.get("Resources") or []):
        return True
    pairs = [(one.get("ConditionKey"), one.get("ConditionValue")) for one in mappings(wanted.get("ListOfTags"))]
    conditions = wanted.get("Conditions")
    equal = mappings(conditions.get("StringEquals")) if isinstance(conditions, dict) else iter(())
    pairs += [(str(one.get("ConditionKey", "")).removeprefix("aws:ResourceTag/"), one.get("ConditionValue")) for one in equal]
    tags = tags_of(store)
    return any(key in tags and fnmatchcase(tags[key], str(value)) for key, value in pairs)


def _find(subject: Subject) -> Iterator[Hit]:
    selections = [
        (one, set(subject.targets(one, one.get("BackupSelection", "Resources")))) for one in subject.of_type("AWS::Backup::BackupSelection")
    ]
    for store in subject.of_type(*STORES):
        if not STORES[store.type](store) and not any(_selects(one, store, referred) for one, referred in selections):
            yield hit(store)


RULE = Rule(
    name="StoreWithoutBackup",
    controls=("DR-1",),
    why="What is deleted or overwritten here by mistake is gone.",
    fix=f"select it in an AWS Backup plan (recovery.BackupPlan, a plain store as adopt(...)), or keep a history of its own: {FEWEST_DAYS} days "
    "of database backups, point-in-time recovery of a table, versioning of a bucket, a backup policy of a file system",
    find=_find,
)
