"""The rules on DynamoDB tables and on residency: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.templates import Resources, found, resource, stack_of

GOOD: dict[str, Any] = {
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35},
    "SSESpecification": {"KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
    "DeletionProtectionEnabled": True,
}
ENCRYPTED = {"SSEEnabled": True, "SSEType": "KMS"}


def global_table(*replicas: dict[str, Any], encryption: Any = ENCRYPTED) -> Resources:
    return {"Table": resource("DynamoDB::GlobalTable", {"Replicas": list(replicas), "SSESpecification": encryption})}


@pytest.mark.control("STORE-2", "GOV-3")
@pytest.mark.parametrize(
    ("bent", "detail"),
    [
        ({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}}, "Recovery"),
        ({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "true", "RecoveryPeriodInDays": 1}}, "Recovery"),
        ({"PointInTimeRecoverySpecification": None}, "Recovery"),
        ({"SSESpecification": None}, "Key"),
        ({"SSESpecification": {"KMSMasterKeyId": ""}}, "Key"),
        ({"DeletionProtectionEnabled": False}, "Deletion"),
        ({"DeletionProtectionEnabled": None}, "Deletion"),
    ],
)
def test_each_replica_is_guarded(bent: dict[str, Any], detail: str) -> None:
    here, there = {**GOOD, "Region": "eu-west-1"}, {**GOOD, "Region": "eu-central-1"}
    assert found("TableUnguarded", stack_of(global_table(here, there))) == []
    assert found("TableUnguarded", stack_of(global_table(here, there | bent))) == [f"[{detail} eu-central-1] @ Stack/Table"]
    assert found("TableUnguarded", stack_of(global_table(here | bent, there))) == [f"[{detail} eu-west-1] @ Stack/Table"]


def test_a_key_of_a_table_that_is_not_encrypted_with_kms_counts_for_nothing() -> None:
    for encryption in (None, {"SSEEnabled": False}):
        bent = global_table({**GOOD, "Region": "eu-west-1"}, encryption=encryption)
        assert found("TableUnguarded", stack_of(bent)) == ["[Key eu-west-1] @ Stack/Table"]


def test_a_table_of_the_older_type_is_judged_too() -> None:
    good = {**GOOD, "SSESpecification": {"SSEEnabled": True, "KMSMasterKeyId": "key"}}
    assert found("TableUnguarded", stack_of({"Table": resource("DynamoDB::Table", good)})) == []
    assert found("TableUnguarded", stack_of({"Table": resource("DynamoDB::Table")})) == [
        f"[{detail}] @ Stack/Table" for detail in ("Deletion", "Key", "Recovery")
    ]


def allowing(*regions: str) -> dict[str, list[dict[str, Any]]]:
    return {"Stack/Store": [{"type": "prodready:construct", "data": {"allowed_regions": list(regions)}}]}


def store(properties: dict[str, Any], kind: str = "Backup::BackupPlan") -> Resources:
    return {"Store/Plan": resource(kind, properties)}


OUTPUT = {"Fn::GetStackOutput": {"StackName": "Vaults", "OutputName": "Vault", "Region": "us-west-2"}}


@pytest.mark.control("GOV-6", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Backup::BackupPlan", {"BackupPlanRule": [{"CopyActions": [{"DestinationBackupVaultArn": OUTPUT}]}]}),
        ("Backup::BackupPlan", {"Copy": ["arn:aws:backup:us-west-2:111122223333:backup-vault:there"]}),
        ("DynamoDB::GlobalTable", {"Replicas": [{"Region": "eu-west-1"}, {"Region": "us-west-2"}]}),
        ("RDS::DBInstance", {"SourceDBInstanceIdentifier": "arn:aws:rds:us-west-2:111122223333:db:orders"}),
    ],
)
def test_nothing_leaves_the_allowed_regions(kind: str, properties: dict[str, Any]) -> None:
    stack = stack_of(store(properties, kind))
    assert found("OutsideAllowedRegions", stack, metadata=allowing("eu-west-1")) == ["[us-west-2] @ Stack/Store/Plan"]
    assert found("OutsideAllowedRegions", stack, metadata=allowing("eu-west-1", "us-west-2")) == []
    assert found("OutsideAllowedRegions", stack, metadata=allowing()) == []


def test_what_is_not_of_the_construct_may_be_anywhere() -> None:
    other = stack_of({"Stored": resource("SNS::Topic", {"Key": "arn:aws:kms:us-west-2:111122223333:key/1"})})
    assert found("OutsideAllowedRegions", other, metadata=allowing("eu-west-1")) == []
    role = stack_of(store({"Role": "arn:aws:iam::111122223333:role/backup", "Text": "us-west-2"}))
    assert found("OutsideAllowedRegions", role, metadata=allowing("eu-west-1")) == []
