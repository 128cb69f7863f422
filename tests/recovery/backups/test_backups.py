"""Backups: the vault nobody empties, the rules, the copy, the role, the objectives, and what wakes somebody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds

from prodready_constructs.contracts import AlarmSpec, EventSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.checks import check
from prodready_constructs.posture import PRODUCTION
from prodready_constructs.recovery import BackupPlan, BackupVault
from tests.recovery.stores import BACKUP, ONE_REGION, STANDBY, Factless, Store
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth, synth_all, synth_in

COPY_TO = "arn:aws:backup:us-west-2:111122223333:backup-vault:second"


def plan(stack: cdk.Stack, *stores: Any, **changes: Any) -> BackupPlan:
    return BackupPlan(
        stack,
        "Backups",
        **{"posture": PRODUCTION.recovery, "protecting": stores or (Store(stack, "Orders"),), "copy_to_arn": COPY_TO, **changes},
    )


@pytest.fixture(scope="module")
def built() -> tuple[BackupPlan, Template, list[str]]:
    stack = new_stack()
    made = plan(stack)
    return made, synth(stack), findings(stack)


@pytest.fixture(scope="module")
def template(built: tuple[BackupPlan, Template, list[str]]) -> Template:
    return built[1]


@pytest.fixture(scope="module")
def staging() -> Template:
    return synth_in(lambda stack: plan(stack, posture=ONE_REGION, copy_to_arn=None))


def rules(template: Template) -> dict[str, dict[str, Any]]:
    return {rule["RuleName"]: rule for rule in template.props("AWS::Backup::BackupPlan")["BackupPlan"]["BackupPlanRule"]}


@pytest.mark.control("DR-1")
def test_vault_is_encrypted_locked_and_retained(template: Template) -> None:
    vault = template.one("AWS::Backup::BackupVault")
    assert vault["DeletionPolicy"] == vault["UpdateReplacePolicy"] == "Retain"
    properties = vault["Properties"]
    assert template.one("AWS::KMS::Key")["Properties"]["EnableKeyRotation"] is True
    assert properties["EncryptionKeyArn"] == {"Fn::GetAtt": [next(iter(template.of_type("AWS::KMS::Key"))), "Arn"]}
    # Governance mode: without ChangeableForDays the lock can still be lifted by an administrator.
    assert properties["LockConfiguration"] == {"MinRetentionDays": 35, "MaxRetentionDays": 365}


@pytest.mark.control("DR-1")
def test_nobody_may_end_a_recovery_point(template: Template) -> None:
    (statement,) = template.props("AWS::Backup::BackupVault")["AccessPolicy"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == {"AWS": "*"}
    assert {"backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle", "backup:DeleteBackupVault"} <= set(statement["Action"])
    assert "backup:PutBackupVaultAccessPolicy" not in statement["Action"], "CloudFormation could never change the policy again"


@pytest.mark.control("DR-1")
def test_production_backs_up_daily_weekly_and_monthly(template: Template) -> None:
    found = rules(template)
    assert {name: rule["ScheduleExpression"] for name, rule in found.items()} == {
        "Daily": "cron(0 3 ? * * *)",
        "Weekly": "cron(0 9 ? * SUN *)",
        "Monthly": "cron(0 15 1 * ? *)",
    }
    assert {name: rule["Lifecycle"] for name, rule in found.items()} == {
        "Daily": {"DeleteAfterDays": 35},
        "Weekly": {"DeleteAfterDays": 90},
        "Monthly": {"DeleteAfterDays": 365, "MoveToColdStorageAfterDays": 30},
    }
    assert {rule["ScheduleExpressionTimezone"] for rule in found.values()} == {"Etc/UTC"}
    assert {(rule["StartWindowMinutes"], rule["CompletionWindowMinutes"]) for rule in found.values()} == {(60, 300)}


@pytest.mark.control("DR-1")
def test_only_the_daily_rule_is_continuous(template: Template, staging: Template) -> None:
    assert {name: rule["EnableContinuousBackup"] for name, rule in rules(template).items()} == {
        "Daily": True,
        "Weekly": False,
        "Monthly": False,
    }
    assert rules(staging)["Daily"]["EnableContinuousBackup"] is True


@pytest.mark.control("DR-1")
def test_every_recovery_point_is_copied_with_its_own_lifecycle(template: Template) -> None:
    for rule in rules(template).values():
        assert rule["CopyActions"] == [{"DestinationBackupVaultArn": COPY_TO, "Lifecycle": rule["Lifecycle"]}]


@pytest.mark.control("DR-1", "COST-4")
def test_staging_backs_up_daily_without_copy_or_lock(staging: Template) -> None:
    assert {name: rule["Lifecycle"] for name, rule in rules(staging).items()} == {"Daily": {"DeleteAfterDays": 7}}
    assert "CopyActions" not in rules(staging)["Daily"]
    assert "LockConfiguration" not in staging.props("AWS::Backup::BackupVault")


@pytest.mark.control("DR-1")
def test_selects_what_it_protects_and_what_opts_in(built: tuple[BackupPlan, Template, list[str]]) -> None:
    made, template, _ = built
    protected = template.props("AWS::Backup::BackupSelection", "Protected")["BackupSelection"]
    assert protected["Resources"] == ["arn:aws:rds:us-east-1:111122223333:db:orders"]
    assert "ListOfTags" not in protected
    opted_in = template.props("AWS::Backup::BackupSelection", "OptedIn")["BackupSelection"]
    assert opted_in["ListOfTags"] == [{"ConditionKey": "backup", "ConditionType": "STRINGEQUALS", "ConditionValue": "Stack"}]
    assert "Resources" not in opted_in
    assert made.opt_in_tag == ("backup", "Stack")


@pytest.mark.control("SEC-1", "DR-1")
def test_role_backs_up_deletes_only_what_it_made_and_restores_nothing(template: Template) -> None:
    assert not template.of_type("AWS::IAM::Policy")
    role = template.props("AWS::IAM::Role")
    assert "ManagedPolicyArns" not in role
    trust = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Principal"] == {"Service": "backup.amazonaws.com"}
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]
    document = template.props("AWS::IAM::ManagedPolicy")["PolicyDocument"]
    statements = document["Statement"]
    allowed = {
        action for s in statements if s["Effect"] == "Allow" for action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])
    }
    assert not [action for action in allowed if "*" in action or "Restore" in action or action.startswith(("ec2:", "iam:"))]
    denied = {
        action: s["NotResource"]
        for s in statements
        if s["Effect"] == "Deny"
        for action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])
    }
    deleting = {action for action in allowed if "Delete" in action}
    assert deleting == {action for action in denied if "Delete" in action}, "every deletion is narrowed by name"
    assert "snapshot:awsbackup:*" in json.dumps(denied["rds:DeleteDBSnapshot"])
    assert len(json.dumps(document, separators=(",", ":"))) < 6144, "the longest managed policy IAM takes"


@pytest.mark.control("SEC-1")
def test_writing_stays_in_this_account(template: Template) -> None:
    for statement in template.props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]:
        actions = str(statement["Action"])
        if (
            statement["Effect"] == "Allow"
            and statement["Resource"] == "*"
            and any(verb in actions for verb in ("Create", "Delete", "Put", "Modify"))
        ):
            assert "aws:ResourceAccount" in str(statement["Condition"]) or "kms:GrantIsForAWSResource" in str(statement["Condition"])


@pytest.mark.control("DR-1")
def test_copies_go_to_a_vault_of_another_region_by_a_weak_reference() -> None:
    app = new_app()
    here, there = new_stack(app, "Data"), new_stack(app, "Recovery", region=SECOND_REGION)
    second = BackupVault(there, "Vault", posture=PRODUCTION.recovery)
    plan(here, copy_to_arn=second.arn)
    templates = synth_all(app)
    target = rules(templates["Data"])["Daily"]["CopyActions"][0]["DestinationBackupVaultArn"]
    assert "Fn::GetStackOutput" in target
    assert not [kind for kind in (r["Type"] for r in templates["Data"].resources.values()) if kind.startswith("Custom::")]
    assert templates["Recovery"].props("AWS::Backup::BackupVault")["LockConfiguration"]["MinRetentionDays"] == 35


def test_own_vault_and_own_key_are_used() -> None:
    stack = new_stack()
    vault = BackupVault(stack, "Vault", posture=PRODUCTION.recovery, encryption_key=kms.Key(stack, "Own"))
    made = plan(stack, vault=vault)
    template = synth(stack)
    assert made.vault is vault
    assert len(template.of_type("AWS::Backup::BackupVault")) == len(template.of_type("AWS::KMS::Key")) == 1
    assert rules(template)["Daily"]["TargetBackupVault"] == vault.name


@pytest.mark.control("DR-4")
def test_the_facts_of_every_store_are_in_the_assembly(template: Template) -> None:
    (recorded,) = template.recorded("BackupPlan")
    assert recorded["protecting"] == ["Stack/Orders"]
    assert [fact["recovery_point"] for fact in recorded["protected"]] == [0, 300]
    assert recorded["protected"][1] == {
        "construct": "Stack/Orders",
        "store": "PostgreSQL orders",
        "recovery_point": 300,
        "recovery_time": 14_400,
        "recovery_time_is": "an assumption",
        "how": "point-in-time restore",
        "restore_commands": ["aws rds restore-db-instance-to-point-in-time"],
        "region_loss": False,
    }


HOURLY = replace(STANDBY, recovery_point=timedelta(hours=1))


@pytest.mark.control("DR-1", "DR-4")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda s: plan(s, copy_to_arn=None),
            r"^Stack/Backups: copy_to_arn: got None; allowed: the ARN of a vault in the second region, because posture.copy_to_second_region "
            r"is set; make a BackupVault in a stack of the second region and hand over its arn$",
        ),
        (
            lambda s: plan(s, posture=ONE_REGION),
            r"copy_to_arn: got 'arn:aws:backup:.*'; allowed: None, because posture.copy_to_second_region is not set; set it in the posture, or",
        ),
        (
            lambda s: plan(s, protecting=()),
            r"^Stack/Backups: protecting: got \[\]; allowed: at least one store, each once; list every store that holds data$",
        ),
        (lambda s: plan(s, *[Store(s, "A")] * 2), r"protecting: got \['Stack/A', 'Stack/A'\]; allowed: at least one store, each once"),
        (lambda s: plan(s, Factless(s, "A")), r"^Stack/A: got 'no recovery fact'; allowed: how the store comes back; describe it"),
        (
            lambda s: plan(s, Store(s, "A", HOURLY)),
            r"^Stack/A: recovery point of PostgreSQL orders: loss of a zone: got '1:00:00'; allowed: 0:05:00 at most, which "
            r"posture.recovery_point promises; turn on point-in-time recovery for this store, or promise less$",
        ),
        (
            lambda s: plan(s, Store(s, "A", BACKUP)),
            r"^Stack/A: recovery time of PostgreSQL orders: got '4:00:00'; allowed: 1:00:00 at most, which posture.recovery_time promises; "
            r"give the store a standby, or promise less$",
        ),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())


@pytest.mark.control("DR-4")
def test_staging_may_come_back_from_backup() -> None:
    template = synth_in(lambda stack: plan(stack, Store(stack, "A", BACKUP), posture=ONE_REGION, copy_to_arn=None))
    assert template.of_type("AWS::Backup::BackupPlan")


@pytest.mark.control("DR-3")
def test_wakes_on_failed_jobs_and_on_a_day_without_backup(built: tuple[BackupPlan, Template, list[str]]) -> None:
    made = built[0]
    specs = {spec.id: spec for spec in made.alarm_specs}
    assert {name for name, spec in specs.items() if spec.severity is Severity.CRITICAL} == {
        "BackupJobsFailed",
        "CopyJobsFailed",
        "RestoreJobsFailed",
        "NoBackupForADay",
        "VaultChanged",
    }
    silence = specs["NoBackupForADay"]
    assert isinstance(silence, AlarmSpec)
    assert silence.missing_data == "breaching"
    assert timedelta(hours=24) < silence.periods * silence.metric.period <= timedelta(hours=36)
    events = [spec for spec in specs.values() if isinstance(spec, EventSpec)]
    assert all(spec.pattern["source"] == ["aws.backup"] for spec in events)
    assert specs["BackupJobEnded"].pattern["detail"] == {"state": ["ABORTED", "EXPIRED", "FAILED"], "backupVaultName": [made.vault.name]}
    assert "status" in specs["RestoreJobEnded"].pattern["detail"], "restore jobs say status, the others state"


@pytest.mark.control("DR-3", "OPS-3")
def test_every_alarm_is_complete(built: tuple[BackupPlan, Template, list[str]]) -> None:
    for spec in built[0].alarm_specs:
        check("Stack/Backups", spec, region="us-east-1")
        for line in spec.runbook.first_commands:
            assert not list(faults(line)), line


@pytest.mark.control("DR-3")
def test_a_plan_without_copies_watches_no_copies() -> None:
    stack = new_stack()
    made = plan(stack, posture=ONE_REGION, copy_to_arn=None)
    assert not [spec for spec in made.alarm_specs if spec.id.startswith("Copy")]
    assert [graph.title for graph in made.graphs] == ["Backup jobs", "Restore jobs"]


@pytest.mark.control("DR-1", "GOV-1")
def test_the_packs_find_the_database_in_the_plan() -> None:
    stack = new_stack()
    database = rds.DatabaseInstance(
        stack, "Db", engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17), vpc=ec2.Vpc(stack, "Vpc")
    )

    class Real(Store):
        @property
        def backup_arns(self) -> tuple[str, ...]:
            return (database.instance_arn,)

    plan(stack, Real(stack, "Real"))
    assert not [finding for finding in findings(stack) if "InBackupPlan" in finding]


def test_the_only_finding_is_the_waived_wildcard(built: tuple[BackupPlan, Template, list[str]]) -> None:
    _, template, found = built
    assert found == ["AwsSolutions-IAM5[Resource::*] @ Stack/Backups/Role/BackupPolicy"]
    waivers = {
        path: entry["data"]["rule"]
        for path, entries in template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    }
    assert waivers == {"Stack/Backups/Role/BackupPolicy": "AwsSolutions-IAM5[Resource::*]"}


def test_same_without_feature_flags() -> None:
    template = synth_in(plan, flags={})
    assert len(rules(template)) == 3
    assert not template.of_type("AWS::IAM::Policy")
