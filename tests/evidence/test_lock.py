"""The replacement guard: what stands is locked, and what a synth would do to it is said by name."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.approvals import approvals_file
from prodready_constructs.evidence.lock import Change, check_lock, is_fresh, write_lock
from prodready_constructs.evidence.replacement import Tracked, stateful_types
from tools.replacement_data import TAGGABLE, TARGET, rendered, replacement, schemas, taggable

TODAY = date(2027, 3, 1)
REASON = "the table is a cache and is filled again from the orders database"
DATABASE = {
    "Type": "AWS::RDS::DBInstance",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {"DBName": "orders", "Engine": "postgres", "AllocatedStorage": "100"},
}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {"TableName": "sessions", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]},
}
RESOURCES = {"OrdersDb": DATABASE, "SessionsTable": TABLE, "Role": {"Type": "AWS::IAM::Role"}}
PATHS = {"OrdersDb": "Data/Orders/Instance", "SessionsTable": "Data/Sessions/Table", "Other": "Data/Orders/Instance"}


def assembly(directory: Path, resources: dict[str, Any], *, stack_name: str = "prod-data") -> Path:
    """A cloud assembly with one stack, written by hand."""
    directory.mkdir(exist_ok=True)
    metadata = {f"/{PATHS.get(name, f'Data/{name}')}": [{"type": "aws:cdk:logicalId", "data": name}] for name in resources}
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "Data.template.json", "stackName": stack_name},
        "additionalMetadataFile": "Data.metadata.json",
        "displayName": "Data",
    }
    (directory / "manifest.json").write_text(json.dumps({"artifacts": {"Data": stack}}))
    (directory / "Data.template.json").write_text(json.dumps({"Resources": resources}))
    (directory / "Data.metadata.json").write_text(json.dumps(metadata))
    return directory


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "stateful.lock.json"
    write_lock(assembly(tmp_path / "cdk.out", RESOURCES), file, today=TODAY)
    return file


def changes(lock: Path, resources: dict[str, Any], **options: Any) -> list[Change]:
    return check_lock(assembly(lock.parent / "next.out", resources, **options), lock, today=TODAY)


def changed(name: str, *, remove: bool = False, properties: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """The resources with one of them changed."""
    resources = copy.deepcopy(RESOURCES)
    if remove:
        del resources[name]
        return resources
    resources[name]["Properties"] |= properties or {}
    resources[name] |= attributes
    return resources


def approve(lock: Path, resource: str, change: str, **more: Any) -> None:
    approvals_file(lock).write_text(json.dumps([{"resource": resource, "change": change, "because": REASON, "owner": "data team", **more}]))


@pytest.mark.control("GOV-4")
def test_the_lock_is_readable_and_stable(lock: Path) -> None:
    content = json.loads(lock.read_text())
    assert list(content["resources"]) == ["Data.OrdersDb", "Data.SessionsTable"]
    assert content["resources"]["Data.OrdersDb"] == {
        "stack": "prod-data",
        "path": "Data/Orders/Instance",
        "type": "AWS::RDS::DBInstance",
        "deletion": "Retain",
        "replacement": "Retain",
        "values": {"DBName": "orders", "Engine": "postgres"},
    }
    before = lock.read_text()
    write_lock(assembly(lock.parent / "cdk.out", dict(reversed(RESOURCES.items()))), lock, today=TODAY)
    assert lock.read_text() == before


def test_nothing_changed_or_only_what_keeps_the_data_passes(lock: Path) -> None:
    assert changes(lock, RESOURCES) == []
    assert changes(lock, changed("OrdersDb", properties={"AllocatedStorage": "200"})) == []
    assert is_fresh(lock.parent / "cdk.out", lock, today=TODAY)


@pytest.mark.control("GOV-4")
@pytest.mark.parametrize(
    ("resources", "text"),
    [
        (
            changed("OrdersDb", properties={"DBName": "shop"}),
            'AWS::RDS::DBInstance Data/Orders/Instance (Data.OrdersDb) would be replaced: DBName: "orders" -> "shop"',
        ),
        (
            changed("OrdersDb", properties={"StorageEncrypted": True}),
            "AWS::RDS::DBInstance Data/Orders/Instance (Data.OrdersDb) would be replaced: StorageEncrypted: null -> true",
        ),
        (
            changed("OrdersDb", properties={"Engine": "mysql"}),
            'AWS::RDS::DBInstance Data/Orders/Instance (Data.OrdersDb) may be replaced: Engine: "postgres" -> "mysql"',
        ),
        (
            changed("OrdersDb", remove=True),
            "AWS::RDS::DBInstance Data/Orders/Instance (Data.OrdersDb) would be deleted: it is no longer in the templates",
        ),
        (
            changed("OrdersDb", DeletionPolicy="Snapshot"),
            "AWS::RDS::DBInstance Data/Orders/Instance (Data.OrdersDb) would be less safe when it is deleted: "
            'DeletionPolicy: "Retain" -> "Snapshot"',
        ),
        (
            changed("OrdersDb", UpdateReplacePolicy="Delete"),
            "AWS::RDS::DBInstance Data/Orders/Instance (Data.OrdersDb) would be less safe when it is deleted: "
            'UpdateReplacePolicy: "Retain" -> "Delete"',
        ),
        (
            changed("OrdersDb", Type="AWS::RDS::DBCluster"),
            "AWS::RDS::DBCluster Data/Orders/Instance (Data.OrdersDb) would be replaced: "
            'Type: "AWS::RDS::DBInstance" -> "AWS::RDS::DBCluster"',
        ),
        (
            changed("OrdersDb", remove=True) | {"Other": DATABASE},
            "AWS::RDS::DBInstance Data/Orders/Instance (Data.OrdersDb) would be replaced by an empty one: "
            'logical id: "OrdersDb" -> "Other"',
        ),
    ],
)
def test_each_loss_is_said_by_name_with_old_and_new_value(lock: Path, resources: dict[str, Any], text: str) -> None:
    found = changes(lock, resources)
    assert [str(change) for change in found] == [text]
    assert found[0].blocks


def test_another_stack_name_makes_everything_anew(lock: Path) -> None:
    found = changes(lock, RESOURCES, stack_name="prod-store")
    assert [(change.kind, change.what, change.old, change.new) for change in found] == [
        ("renamed", "stack name", "prod-data", "prod-store")
    ] * 2


def test_a_safer_policy_and_a_moved_construct_pass(lock: Path) -> None:
    lock.write_text(lock.read_text().replace('"deletion": "Retain"', '"deletion": "Delete"').replace("Data/Orders/Instance", "Data/Old"))
    assert changes(lock, RESOURCES) == []


@pytest.mark.control("GOV-4")
def test_a_new_store_is_reported_and_passes_but_the_lock_is_stale(lock: Path) -> None:
    resources = RESOURCES | {"Files": {"Type": "AWS::S3::Bucket"}}
    (change,) = changes(lock, resources)
    assert (change.kind, change.blocks) == ("new", False)
    assert str(change) == "AWS::S3::Bucket Data/Files (Data.Files) is new and not in the lock yet"
    assert not is_fresh(lock.parent / "next.out", lock, today=TODAY)


def test_without_a_lock_everything_is_new(tmp_path: Path) -> None:
    found = check_lock(assembly(tmp_path / "cdk.out", RESOURCES), tmp_path / "stateful.lock.json", today=TODAY)
    assert {change.kind for change in found} == {"new"}


@pytest.mark.control("GOV-4")
def test_an_approval_lets_one_kind_of_change_of_one_resource_pass(lock: Path) -> None:
    resources = changed("SessionsTable", properties={"TableName": "other"})
    resources["OrdersDb"]["Properties"]["DBName"] = "shop"
    approve(lock, "Data.SessionsTable", "replaced")
    database, table = changes(lock, resources)
    assert database.blocks
    assert not table.blocks
    assert str(table).endswith(f'TableName: "sessions" -> "other"; approved by data team: {REASON}')


@pytest.mark.parametrize(
    ("resource", "expires", "message"),
    [
        ("Data.SessionsTable", "2027-02-28", "the approval of Data.SessionsTable (replaced) has expired"),
        ("Data.OrdersDb", None, "the approval of Data.OrdersDb (replaced) approves nothing: remove it"),
    ],
)
def test_an_expired_or_unused_approval_fails(lock: Path, resource: str, expires: str | None, message: str) -> None:
    approve(lock, resource, "replaced", expires=expires)
    found = changes(lock, changed("SessionsTable", properties={"TableName": "other"}))
    assert message in [str(change) for change in found if change.blocks]
    assert [change.kind for change in found if change.blocks].count("replaced") == 1


def test_an_approval_holds_on_its_last_day(lock: Path) -> None:
    approve(lock, "Data.SessionsTable", "replaced", expires="2027-03-01")
    assert not [change for change in changes(lock, changed("SessionsTable", properties={"TableName": "other"})) if change.blocks]


@pytest.mark.control("GOV-4")
def test_the_lock_is_not_rewritten_over_a_loss_until_it_is_approved(lock: Path) -> None:
    before = lock.read_text()
    bent = assembly(lock.parent / "next.out", changed("SessionsTable", properties={"TableName": "other"}))
    with pytest.raises(
        ConfigurationError, match=r"stateful.lock.json: got .*Data.SessionsTable.* would be replaced.*stateful.approvals.json"
    ):
        write_lock(bent, lock, today=TODAY)
    assert lock.read_text() == before
    approve(lock, "Data.SessionsTable", "replaced")
    (change,) = write_lock(bent, lock, today=TODAY)
    assert change.approval is not None
    assert is_fresh(bent, lock, today=TODAY)
    assert not approvals_file(lock).exists()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"change": "burnt"}, r"approval of Data.X: got 'burnt'; allowed: replaced, deleted, renamed, weakened; copy the kind"),
        ({"because": "old"}, r"got 'old'; allowed: a reason of at least 40 characters; say what becomes of the data"),
        ({"owner": " "}, r"got ' '; allowed: a person or team; name who answers for it"),
        ({"expires": "soon"}, r"got 'soon'; allowed: a date as 2027-01-31; mend 'expires'"),
        ({"colour": "red"}, r"stateful.approvals.json: got .*colour.*; allowed: \[\{\"resource\".*copy the entry from the finding"),
    ],
)
def test_an_approval_that_says_nothing_is_refused(lock: Path, entry: dict[str, str], message: str) -> None:
    approve(lock, "Data.X", "replaced")
    content = json.loads(approvals_file(lock).read_text())[0] | entry
    approvals_file(lock).write_text(json.dumps([content]))
    with pytest.raises(ConfigurationError, match=message):
        changes(lock, RESOURCES)


def test_a_damaged_lock_is_refused(lock: Path) -> None:
    lock.write_text("{}")
    with pytest.raises(ConfigurationError, match=r"stateful.lock.json: got .*tracked.*; allowed: a lock as .*; restore the committed file"):
        changes(lock, RESOURCES)


def test_a_property_that_the_lock_did_not_track_is_no_change(lock: Path) -> None:
    content = json.loads(lock.read_text())
    content["tracked"]["AWS::RDS::DBInstance"].remove("DBName")
    del content["resources"]["Data.OrdersDb"]["values"]["DBName"]
    lock.write_text(json.dumps(content))
    assert changes(lock, RESOURCES) == []


def test_nested_and_repeated_properties_are_tracked() -> None:
    tracked = Tracked(replace=("Encryption/Key", "Keys/*/Name"), may=())
    assert tracked.values({"Encryption": {"Key": 1}, "Keys": [{"Name": "a"}, {"Type": "b"}]}) == {
        "Encryption/Key": 1,
        "Keys/*/Name": ["a", None],
    }
    assert tracked.values({"Encryption": {}, "Keys": [{}]}) == {}


@pytest.mark.control("GOV-4")
def test_what_replaces_comes_from_the_resource_schemas() -> None:
    found = schemas()
    assert TARGET.read_text() == rendered(replacement(found)), "run: python tools/replacement_data.py"
    assert TAGGABLE.read_text() == rendered(taggable(found)), "run: python tools/replacement_data.py"
    assert {"DBName", "KmsKeyId", "DBSubnetGroupName", "StorageEncrypted"} <= set(stateful_types()["AWS::RDS::DBInstance"].replace)
    assert "Engine" in stateful_types()["AWS::RDS::DBInstance"].may
