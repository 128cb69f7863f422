"""A store whose data goes when its stack goes, or when it is replaced."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.evidence.assembly import Resource

KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")
STORES = (
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::FSx::FileSystem",
    "AWS::KMS::Key",
    "AWS::Neptune::DBCluster",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
)
#: CloudFormation takes a snapshot of these by default when they are deleted (not when they are replaced).
#: Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
SNAPSHOT_BY_DEFAULT = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")


def _holds_nothing_of_its_own(store: Resource) -> bool:
    """A member of a cluster (the data is the cluster's), or a copy of another database."""
    return bool(store.get("DBClusterIdentifier") or store.get("SourceDBInstanceIdentifier"))


def _find(subject: Subject) -> Iterator[Hit]:
    for store in subject.of_type(*STORES):
        if _holds_nothing_of_its_own(store):
            continue
        deletion = store.body.get("DeletionPolicy", "Snapshot" if store.type in SNAPSHOT_BY_DEFAULT else "Delete")
        if deletion not in KEPT:
            yield hit(store, detail="DeletionPolicy", note="Deleting the stack deletes it.")
        if store.body.get("UpdateReplacePolicy", "Delete") not in KEPT:
            yield hit(store, detail="UpdateReplacePolicy", note="A change that replaces it deletes the old one.")


RULE = Rule(
    name="StoreNotRetained",
    controls=("DB-5", "STORE-1"),
    why="The data would go with the resource.",
    fix="removal_policy=RemovalPolicy.RETAIN (or SNAPSHOT for a database), which sets both policies",
    find=_find,
)
