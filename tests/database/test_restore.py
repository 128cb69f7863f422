"""An instance made from a snapshot or a moment: through the same construct, under the same logical id, never by accident."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.database import MYSQL_8_4, MultiAzDatabase, Restore
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.approvals import Approval, write_approvals
from prodready_constructs.evidence.lock import check_lock, write_lock
from prodready_constructs.posture import PRODUCTION
from tests.database.conftest import any_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

SNAPSHOT = "arn:aws:rds:us-east-1:111122223333:snapshot:rds:orders-2026-01-31-02-05"
BACKUP = "arn:aws:rds:us-east-1:111122223333:auto-backup:ab-l2ijcexjp7xq7hoj4siexample"
TODAY = date(2026, 2, 1)
RESOURCE_ID = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def made(restore: Restore | None, **changes: Any) -> tuple[Template, list[str]]:
    stack = new_stack()
    arguments: dict[str, Any] = {"vpc": any_vpc(stack), "posture": PRODUCTION.database, "database_name": "orders", **changes}
    MultiAzDatabase(stack, "Orders", restore=restore, **arguments)
    return synth(stack), findings(stack)


@pytest.fixture(scope="module")
def fresh() -> Template:
    return made(None)[0]


@pytest.mark.control("DB-12")
@pytest.mark.parametrize(
    ("restore", "expected"),
    [
        (Restore(snapshot=SNAPSHOT), {"DBSnapshotIdentifier": SNAPSHOT}),
        (
            Restore(source="stack-orders-0bd4faad", at="2026-01-31T12:00:00Z"),
            {"SourceDBInstanceIdentifier": "stack-orders-0bd4faad", "RestoreTime": "2026-01-31T12:00:00Z"},
        ),
        (Restore(source=RESOURCE_ID, at="latest"), {"SourceDbiResourceId": RESOURCE_ID, "UseLatestRestorableTime": True}),
        (
            Restore(source=BACKUP, at="2026-01-31T12:00:00Z"),
            {"SourceDBInstanceAutomatedBackupsArn": BACKUP, "RestoreTime": "2026-01-31T12:00:00Z"},
        ),
    ],
    ids=["snapshot", "moment of an instance", "latest of one that is gone", "kept backups"],
)
def test_only_what_it_is_made_from_differs(fresh: Template, restore: Restore, expected: dict[str, Any]) -> None:
    template, found = made(restore)
    before, after = (one.props("AWS::RDS::DBInstance") for one in (fresh, template))
    assert {name: value for name, value in after.items() if name not in before} == expected
    # RDS takes them from the snapshot or source, and CloudFormation wants them left out; the instance gets a name of its own beside it.
    assert before.keys() - after.keys() == {"DBName", "MasterUsername", "KmsKeyId"}
    assert {name for name in after.keys() & before.keys() if after[name] != before[name]} == {"DBInstanceIdentifier"}
    assert template.resources.keys() == fresh.resources.keys()
    assert not [one for one in found if "IAM5" not in one and "BackupPlan" not in one]
    (facts,) = template.recorded("MultiAzDatabase")
    assert facts["restored"] == restore.name


@pytest.mark.control("DB-12", "DB-4")
def test_the_master_password_is_new_and_rds_keeps_it() -> None:
    template, _ = made(Restore(snapshot=SNAPSHOT), engine=MYSQL_8_4)
    instance = template.props("AWS::RDS::DBInstance")
    assert instance["ManageMasterUserPassword"] is True
    assert instance["StorageEncrypted"] is True
    by_iam, _ = made(Restore(snapshot=SNAPSHOT), sign_in="iam")
    assert by_iam.props("AWS::RDS::DBInstance")["MasterUserAuthenticationType"] == "iam-db-auth"


@pytest.mark.control("DB-12", "GOV-4")
def test_the_logs_of_the_restored_one_are_its_own(fresh: Template) -> None:
    template, _ = made(Restore(snapshot=SNAPSHOT))
    name = template.props("AWS::RDS::DBInstance")["DBInstanceIdentifier"]
    groups = {group["Properties"]["LogGroupName"] for group in template.of_type("AWS::Logs::LogGroup").values()}
    assert groups == {f"/aws/rds/instance/{name}/{log}" for log in ("postgresql", "upgrade")}
    assert name != fresh.props("AWS::RDS::DBInstance")["DBInstanceIdentifier"]
    # The group of the one before keeps what it holds.
    assert {group["UpdateReplacePolicy"] for group in fresh.of_type("AWS::Logs::LogGroup").values()} == {"Retain"}


@pytest.mark.control("DB-12", "GOV-4")
def test_the_lock_lets_a_restore_through_only_by_name(tmp_path: Path) -> None:
    def assembly(where: str, restore: Restore | None) -> Path:
        app = new_app(outdir=str(tmp_path / where))
        stack = new_stack(app)
        MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), posture=PRODUCTION.database, database_name="orders", restore=restore)
        return Path(app.synth().directory)

    lock, approvals = tmp_path / "stateful.lock.json", tmp_path / "stateful.approvals.json"
    write_lock(assembly("before", None), lock, today=TODAY)
    after = assembly("after", Restore(snapshot=SNAPSHOT))
    blocking = [change for change in check_lock(after, lock, today=TODAY, approvals=approvals) if change.blocks]
    replaced = {change.name: change.kind for change in blocking}
    # The instance, and the log groups that are named after it, which are kept.
    assert replaced.pop("Stack.OrdersInstanceB460215C") == "replaced"
    assert set(replaced.values()) <= {"replaced"}
    assert all("LogGroup" in name for name in replaced)
    assert {"DBInstanceIdentifier", "DBSnapshotIdentifier"} <= {change.what for change in blocking if "Instance" in change.name}
    because = "Restored from the snapshot of 31 January after a faulty migration; the old one stays until it is compared."
    write_approvals(
        approvals,
        [
            Approval(resource=name, change="replaced", because=because, owner="platform")
            for name in sorted({change.name for change in blocking})
        ],
    )
    assert not [str(change) for change in check_lock(after, lock, today=TODAY, approvals=approvals) if change.blocks]


@pytest.mark.control("DB-12")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"snapshot": SNAPSHOT, "source": "orders-1a", "at": "latest"},
            r"^Restore: got 'snapshot=arn:.*, source=orders-1a, at=latest'; allowed: a snapshot, or a source and a time; never both; decide",
        ),
        (
            {"snapshot": SNAPSHOT, "at": "2026-01-31T12:00:00Z"},
            r"^Restore: got 'snapshot=arn:.*, source=None, at=2026-.*never both; decide",
        ),
        ({}, r"^Restore: got 'snapshot=None, source=None, at=None'; allowed: a snapshot, or a source and a time; never both; decide which"),
        (
            {"source": "orders-1a"},
            r"^Restore: got 'source=orders-1a, at=None'; allowed: both: whose backups, and the moment; write Restore\(source=",
        ),
        ({"at": "latest"}, r"^Restore: got 'source=None, at=latest'; allowed: both"),
        (
            {"snapshot": "orders-before-migration"},
            r"^Restore.snapshot: got 'orders-before-migration'; allowed: arn:aws:rds:<region>:<account>:snapshot:<name>; copy it from aws rds "
            r"describe-db-snapshots$",
        ),
        ({"snapshot": SNAPSHOT.replace(":snapshot:", ":cluster-snapshot:")}, r"^Restore.snapshot: got 'arn:aws:rds:.*:cluster-snapshot:"),
        (
            {"source": "Orders_1", "at": "latest"},
            r"^Restore.source: got 'Orders_1'; allowed: an instance identifier, a resource id \(db-ABC...\), or arn:.*; copy it from aws rds "
            r"describe-db-instance-automated-backups$",
        ),
        (
            {"source": "orders-1a", "at": "2026-01-31 12:00"},
            r"^Restore.at: got '2026-01-31 12:00'; allowed: a moment in UTC as 2026-01-31T12:00:00Z, or latest; convert it to UTC",
        ),
        ({"source": "orders-1a", "at": "2026-02-30T12:00:00Z"}, r"^Restore.at: got '2026-02-30T12:00:00Z'"),
        ({"source": "orders-1a", "at": "2026-01-31T12:00:00+01:00"}, r"^Restore.at: got '2026-01-31T12:00:00\+01:00'"),
    ],
)
def test_refuses(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Restore(**given)


@pytest.mark.parametrize(
    "restore",
    [Restore(snapshot=SNAPSHOT.replace("us-east-1", "eu-west-1")), Restore(source=BACKUP.replace("us-east-1", "eu-west-1"), at="latest")],
    ids=["snapshot", "backups"],
)
def test_refuses_what_lies_in_another_region(restore: Restore) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Orders: restore: got 'arn:aws:rds:eu-west-1:.* in us-east-1'; allowed: what is in us-east-1; copy the snapshot there",
    ):
        made(restore)


@pytest.mark.control("DB-12")
def test_the_runbook_of_an_instance_without_a_password_asks_rds_for_none() -> None:
    stack = new_stack()
    database = MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), posture=PRODUCTION.database, database_name="orders", sign_in="iam")
    commands = "\n".join(database.recovery_facts[1].restore_commands)
    assert "--master-user-authentication-type iam-db-auth" in commands
    assert "--manage-master-user-password" not in commands
