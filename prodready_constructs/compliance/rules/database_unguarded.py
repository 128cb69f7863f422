"""A database or cluster without a key of its owner, sign-in by IAM, or protection from deletion, as its template has it."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off

#: Engines that IAM signs in to, by their beginning. Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
SIGNS_IN = ("aurora", "mariadb", "mysql", "postgres")
#: What is made of another database, or of its snapshot, has that one's key.
MADE_OF = (
    *("SourceDBInstanceIdentifier", "SourceDBClusterIdentifier", "DBSnapshotIdentifier", "SnapshotIdentifier"),
    *("DBClusterSnapshotIdentifier", "SourceDbiResourceId", "SourceDbClusterResourceId", "SourceDBInstanceAutomatedBackupsArn"),
)


def _find(subject: Subject) -> Iterator[Hit]:
    for database in subject.of_type("AWS::RDS::DBCluster", "AWS::RDS::DBInstance"):
        if database.type == "AWS::RDS::DBInstance" and database.get("DBClusterIdentifier"):
            continue
        made_of_another = any(database.get(name) for name in MADE_OF)
        if not made_of_another and (is_off(database.get("StorageEncrypted")) or not database.get("KmsKeyId")):
            yield hit(database, detail="Key", note="Data, backups and logs are not under a key of yours.")
        engine = database.get("Engine")
        if isinstance(engine, str) and engine.lower().startswith(SIGNS_IN) and is_off(database.get("EnableIAMDatabaseAuthentication")):
            yield hit(database, detail="Iam", note="Everybody who uses it needs a password.")
        if is_off(database.get("DeletionProtection")) and not database.get("SourceDBInstanceIdentifier"):
            yield hit(database, detail="Deletion", note="One call deletes it.")


RULE = Rule(
    name="DatabaseUnguarded",
    controls=("DB-3", "DB-5", "DB-7"),
    why="The rule packs are content with any key, ask for IAM of Aurora only, and do not see what a property override changed.",
    fix="database.MultiAzDatabase and AuroraDatabase have it all; otherwise StorageEncrypted with a KmsKeyId of yours, "
    "EnableIAMDatabaseAuthentication and DeletionProtection",
    find=_find,
)
