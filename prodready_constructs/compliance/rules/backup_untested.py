"""Backups of production that are never restored, in an app that restores others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, listed, mappings
from prodready_constructs.evidence.assembly import Resource, flat

#: What a restore test brings back whole, so that it can be looked into; of an Aurora cluster it restores no instance that could be asked.
#: Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
TESTABLE = frozenset({"AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table", "AWS::RDS::DBInstance", "AWS::S3::Bucket"})


def _vaults(subject: Subject, plan: Resource) -> set[str]:
    """The names of the vaults that the rules of *plan* fill."""
    named = [rule.get("TargetBackupVault") for rule in mappings(plan.get("BackupPlan", "BackupPlanRule"))]
    own = [vault.get("BackupVaultName") for name in named for vault in subject.targets(plan, name)]
    return {flat(name) for name in (*named, *own)}


def _tested(subject: Subject, test: Resource) -> Iterator[str]:
    """The names of the vaults from which *test* restores; a star where it is all of them."""
    included: Any = test.get("RecoveryPointSelection", "IncludeVaults")
    for arn in listed(included):
        yield flat(arn).rpartition(":")[2]
        yield from (flat(vault.get("BackupVaultName")) for vault in subject.targets(test, arn))


def _find(subject: Subject) -> Iterator[Hit]:
    tests = subject.of_type("AWS::Backup::RestoreTestingPlan")
    # Whoever tests nothing here may have one plan for the whole account.
    tested = {name for test in tests if test.stack.path not in subject.staging for name in _tested(subject, test)}
    if not tests or "*" in tested:
        return
    selections = [
        (one, subject.targets(one, one.get("BackupSelection", "Resources"))) for one in subject.of_type("AWS::Backup::BackupSelection")
    ]
    for plan in subject.of_type("AWS::Backup::BackupPlan"):
        kept = [
            store
            for selection, stores in selections
            if plan in subject.targets(selection, selection.get("BackupPlanId"))
            for store in stores
            if store.type in TESTABLE
        ]
        if kept and plan.stack.path not in subject.staging and not _vaults(subject, plan) & tested:
            yield hit(plan, note=f"Nothing is ever restored from where it keeps {kept[0].path}.")


RULE = Rule(
    name="BackupUntested",
    controls=("DR-2",),
    why="A backup that nobody has restored is a hope (AWS Backup, restore testing; Well-Architected REL09-BP04).",
    fix="a restore testing plan in production, whose IncludeVaults name the plan's vault: recovery.RestoreTest(vault=...)",
    find=_find,
)
