"""The rules on backups, restore tests, drills, runbooks and second regions: each catches the bent template and passes the good one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prodready_constructs.compliance.rules.dead_letters_open import SERVICES
from tests.compliance.templates import Resources, found, resource, stack_of

TOKEN = {"Ref": "Decided"}
STAGING = frozenset({"Stack"})


def judged(rule: str, kind: str, properties: dict[str, Any], beside: Resources | None = None, **options: Any) -> list[str]:
    """The details that *rule* finds on one resource of *kind*, with others *beside* it."""
    hits = found(rule, stack_of({"It": resource(kind, properties)} | (beside or {})), **options)
    return [one.removesuffix(" @ Stack/It").removesuffix("Stack/It").strip("[]") for one in hits]


# --- vaults ------------------------------------------------------------------------------------------------------------

DENY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
    "Resource": "*",
}
VAULT = {
    "EncryptionKeyArn": TOKEN,
    "AccessPolicy": {"Statement": [DENY]},
    "LockConfiguration": {"MinRetentionDays": 35, "MaxRetentionDays": 365},
}


def denying(**changed: Any) -> dict[str, Any]:
    return {"AccessPolicy": {"Statement": DENY | changed}}


@pytest.mark.control("DR-1", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"EncryptionKeyArn": None}, ["Key"]),
        ({"AccessPolicy": None}, ["Deletion"]),
        (denying(), []),
        (denying(Principal="*"), []),
        (denying(Principal=["*"], Action=["BACKUP:deleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle", "backup:x"]), []),
        (denying(Effect="Allow"), ["Deletion"]),
        (denying(Principal={"AWS": "arn:aws:iam::111122223333:root"}), ["Deletion"]),
        (denying(Principal={"Service": "*"}), ["Deletion"]),
        (denying(Action="backup:DeleteRecoveryPoint"), ["Deletion"]),
        (denying(Condition={"StringNotEquals": {"aws:userId": ["AROAEXAMPLE:*"]}}), []),
        (denying(Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/BreakGlass"}}), []),
        (denying(Condition={"StringEquals": {"aws:userId": ["AROAEXAMPLE:*"]}}), ["Deletion"]),
        (denying(Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}), ["Deletion"]),
        ({"AccessPolicy": json.dumps({"Statement": [DENY]})}, []),
        ({"AccessPolicy": {"Fn::If": ["Open", {}, {}]}}, []),
        ({"LockConfiguration": None}, ["Lock"]),
        ({"LockConfiguration": {"MinRetentionDays": 35}}, []),
        ({"LockConfiguration": {"MinRetentionDays": 366, "MaxRetentionDays": 365}}, ["Bounds"]),
        ({"LockConfiguration": {"MinRetentionDays": TOKEN, "MaxRetentionDays": 365}}, []),
    ],
)
def test_a_vault_keeps_what_it_holds(change: dict[str, Any], details: list[str]) -> None:
    assert judged("VaultUnguarded", "Backup::BackupVault", VAULT | change) == details


def test_two_statements_may_share_the_denial() -> None:
    statements = [DENY | {"Action": action} for action in DENY["Action"]]
    assert judged("VaultUnguarded", "Backup::BackupVault", VAULT | {"AccessPolicy": {"Statement": statements}}) == []


def test_staging_needs_no_lock() -> None:
    assert judged("VaultUnguarded", "Backup::BackupVault", VAULT | {"LockConfiguration": None}, staging=STAGING) == []


@pytest.mark.control("DR-1", "GOV-3")
@pytest.mark.parametrize(("least", "most", "details"), [(7, 7, []), (8, 7, ["Bounds"]), (8, TOKEN, [])])
def test_an_air_gapped_vault_lets_something_in(least: Any, most: Any, details: list[str]) -> None:
    vault = {"MinRetentionDays": least, "MaxRetentionDays": most}
    assert judged("VaultUnguarded", "Backup::LogicallyAirGappedBackupVault", vault) == details


# --- plans -------------------------------------------------------------------------------------------------------------

DAILY = {
    "RuleName": "Daily",
    "ScheduleExpression": "cron(0 3 ? * * *)",
    "StartWindowMinutes": 60,
    "CompletionWindowMinutes": 300,
    "Lifecycle": {"DeleteAfterDays": 35},
}
WEEKLY = DAILY | {"RuleName": "Weekly", "ScheduleExpression": "cron(0 9 ? * SUN *)"}


def planned(*rules: dict[str, Any], beside: Resources | None = None) -> list[str]:
    return judged("BackupPlanUnguarded", "Backup::BackupPlan", {"BackupPlan": {"BackupPlanRule": list(rules)}}, beside)


def copying(arn: Any, **lifecycle: Any) -> dict[str, Any]:
    return DAILY | {"CopyActions": [{"DestinationBackupVaultArn": arn} | ({"Lifecycle": lifecycle} if lifecycle else {})]}


def vault_arn(region: Any, account: Any) -> dict[str, Any]:
    return {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":backup:", region, ":", account, ":backup-vault:Away"]]}


@pytest.mark.control("DR-1", "GOV-3")
@pytest.mark.parametrize(
    ("lifecycle", "details"),
    [
        (None, ["Daily End"]),
        ({}, ["Daily End"]),
        ({"DeleteAfterDays": -1, "MoveToColdStorageAfterDays": -1}, ["Daily End"]),
        ({"MoveToColdStorageAfterDays": 30}, ["Daily End"]),
        ({"DeleteAfterDays": 119, "MoveToColdStorageAfterDays": 30}, ["Daily Cold"]),
        ({"DeleteAfterDays": 120, "MoveToColdStorageAfterDays": 30}, []),
        ({"DeleteAfterDays": 35, "MoveToColdStorageAfterDays": -1}, []),
        ({"DeleteAfterDays": 35, "MoveToColdStorageAfterDays": TOKEN}, []),
        ({"DeleteAfterDays": TOKEN, "MoveToColdStorageAfterDays": 30}, []),
    ],
)
def test_every_recovery_point_ends_and_not_too_soon(lifecycle: Any, details: list[str]) -> None:
    assert planned(DAILY | {"Lifecycle": lifecycle}) == details


@pytest.mark.control("DR-1", "GOV-3")
@pytest.mark.parametrize(
    ("arn", "details"),
    [
        (vault_arn({"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}), ["Daily Copy"]),
        ({"Fn::Sub": "arn:${AWS::Partition}:backup:${AWS::Region}:${AWS::AccountId}:backup-vault:Away"}, ["Daily Copy"]),
        (vault_arn("us-west-2", {"Ref": "AWS::AccountId"}), []),
        (vault_arn({"Ref": "AWS::Region"}, "444455556666"), []),
        ({"Fn::GetAtt": ["Other", "BackupVaultArn"]}, ["Daily Copy"]),
        ({"Fn::GetAtt": ["AirGapped", "BackupVaultArn"]}, []),
        (TOKEN, []),
    ],
)
def test_a_copy_lies_elsewhere(arn: Any, details: list[str]) -> None:
    beside = {"Other": resource("Backup::BackupVault"), "AirGapped": resource("Backup::LogicallyAirGappedBackupVault")}
    assert planned(copying(arn), beside=beside) == details


@pytest.mark.parametrize(
    ("account", "region", "found_there"),
    [
        ("111122223333", "us-east-1", ["[Daily Copy] @ Stack/It"]),
        ("111122223333", None, []),
        ("111122223333", "us-west-2", []),
        ("444455556666", "us-east-1", []),
    ],
)
def test_a_copy_by_its_whole_arn(account: str, region: str | None, found_there: list[str]) -> None:
    rules = [copying("arn:aws:backup:us-east-1:111122223333:backup-vault:Away")]
    plan = resource("Backup::BackupPlan", {"BackupPlan": {"BackupPlanRule": rules}})
    assert found("BackupPlanUnguarded", stack_of({"It": plan}, account=account, region=region)) == found_there


def test_a_vault_of_another_stack_in_the_same_region_is_beside_it() -> None:
    def copied(region: str | None) -> list[str]:
        there = {"Vault": {"Value": {"Fn::GetAtt": ["Vault", "BackupVaultArn"]}, "Export": {"Name": "Vault"}}}
        vaults = stack_of({"Vault": resource("Backup::BackupVault", VAULT)}, "Vaults", outputs=there, region=region)
        plan = resource("Backup::BackupPlan", {"BackupPlan": {"BackupPlanRule": [copying({"Fn::ImportValue": "Vault"})]}})
        return found("BackupPlanUnguarded", stack_of({"It": plan}, region="us-east-1"), vaults)

    assert copied("us-east-1") == ["[Daily Copy] @ Stack/It"]
    assert copied("us-west-2") == copied(None) == []


def test_a_copy_may_have_the_lifecycle_of_its_source_or_an_end_of_its_own() -> None:
    away = vault_arn("us-west-2", "111122223333")
    assert planned(copying(away)) == planned(copying(away, DeleteAfterDays=7)) == []
    assert planned(copying(away, MoveToColdStorageAfterDays=7)) == ["Daily copy End"]
    assert planned(copying(away, MoveToColdStorageAfterDays=7, DeleteAfterDays=96)) == ["Daily copy Cold"]


@pytest.mark.control("DR-1", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"ScheduleExpression": "cron(59 8 ? * SUN *)"}, ["Weekly Overlap"]),
        ({"ScheduleExpression": "cron(0 21 ? * SUN *)"}, []),
        # The one that begins second is the daily one.
        ({"ScheduleExpression": "cron(0 21 ? * SUN *)", "CompletionWindowMinutes": 301}, ["Daily Overlap"]),
        # Without windows: eight hours to start, and of the end nothing is said.
        ({"ScheduleExpression": "cron(0 19 ? * SUN *)", "StartWindowMinutes": None, "CompletionWindowMinutes": None}, []),
        ({"ScheduleExpression": "cron(1 19 ? * SUN *)", "StartWindowMinutes": None, "CompletionWindowMinutes": None}, ["Daily Overlap"]),
        ({"ScheduleExpression": "cron(0 21 ? * SUN *)", "StartWindowMinutes": TOKEN}, []),
        ({"ScheduleExpression": "cron(59 8 ? * SUN *)", "ScheduleExpressionTimezone": "Asia/Tokyo"}, []),
        ({"ScheduleExpression": "cron(59 8 ? * SUN *)", "ScheduleExpressionTimezone": "UTC"}, ["Weekly Overlap"]),
        ({"ScheduleExpression": TOKEN}, []),
        ({"ScheduleExpression": "cron(at noon)"}, []),
    ],
)
def test_no_rule_begins_while_another_is_at_work(change: dict[str, Any], details: list[str]) -> None:
    assert planned(DAILY, WEEKLY | change) == details


def test_rules_without_schedules_all_begin_at_five() -> None:
    silent = {key: value for key, value in DAILY.items() if key != "ScheduleExpression"}
    assert planned(silent, WEEKLY | {"ScheduleExpression": "cron(0 5 ? * SUN *)"}) == ["Weekly Overlap"]
    assert planned(DAILY | {"ScheduleExpression": "cron(0 * ? * * *)"}) == [], "a rule does not stand in its own way here"


# --- restore tests -----------------------------------------------------------------------------------------------------

TESTING = {
    "RestoreTestingPlanName": "Tests",
    "ScheduleExpression": "cron(0 10 8 * ? *)",
    "RecoveryPointSelection": {"Algorithm": "LATEST_WITHIN_WINDOW", "SelectionWindowDays": 7},
}
SELECTED = {
    "RestoreTestingPlanName": "Tests",
    "ProtectedResourceType": "RDS",
    "ProtectedResourceArns": [TOKEN],
    "RestoreMetadataOverrides": {"dbSubnetGroupName": TOKEN, "VPCSecurityGroupIds": TOKEN},
    "ValidationWindowHours": 8,
}


@pytest.mark.control("DR-2", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"ProtectedResourceArns": None}, ["Nothing"]),
        ({"ProtectedResourceArns": []}, ["Nothing"]),
        ({"ProtectedResourceArns": None, "ProtectedResourceConditions": {"StringEquals": [{"Key": "a", "Value": "b"}]}}, []),
        ({"ProtectedResourceArns": ["*"]}, []),
        ({"ValidationWindowHours": None}, ["Window"]),
        ({"ValidationWindowHours": 0}, ["Window"]),
        ({"ValidationWindowHours": TOKEN}, []),
        ({"RestoreMetadataOverrides": None}, ["Place"]),
        ({"RestoreMetadataOverrides": {"dbSubnetGroupName": TOKEN}}, ["Place"]),
        ({"RestoreMetadataOverrides": {"vpcSecurityGroupIds": TOKEN}, "ProtectedResourceType": "Aurora"}, ["Place"]),
        ({"RestoreMetadataOverrides": None, "ProtectedResourceType": "DynamoDB"}, []),
        ({"RestoreMetadataOverrides": None, "ProtectedResourceType": "S3"}, []),
    ],
)
def test_a_selection_restores_something_where_it_can_be_looked_into(change: dict[str, Any], details: list[str]) -> None:
    assert judged("RestoreTestUnguarded", "Backup::RestoreTestingSelection", SELECTED | change) == details


@pytest.mark.control("DR-2", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"ScheduleExpression": "cron(0 10 ? * SUN *)"}, []),
        ({"ScheduleExpression": "cron(0 10 8 1/2 ? *)"}, ["Schedule"]),
        ({"ScheduleExpression": "cron(0 10 31 * ? *)"}, ["Schedule"]),
        ({"ScheduleExpression": "cron(0 10 8 1 ? 2030)"}, ["Schedule"]),
        ({"ScheduleExpression": "cron(0 10 31 2 ? *)"}, ["Schedule"]),
        ({"ScheduleExpression": "cron(whenever)"}, []),
        ({"ScheduleExpression": TOKEN}, []),
        ({"RecoveryPointSelection": {"Algorithm": "LATEST_WITHIN_WINDOW"}}, []),
        ({"RecoveryPointSelection": {"Algorithm": "LATEST_WITHIN_WINDOW", "SelectionWindowDays": 31}}, []),
        ({"RecoveryPointSelection": {"Algorithm": "LATEST_WITHIN_WINDOW", "SelectionWindowDays": 32}}, ["Age"]),
        ({"RecoveryPointSelection": {"Algorithm": "LATEST_WITHIN_WINDOW", "SelectionWindowDays": TOKEN}}, []),
        # Old ones are tested on purpose.
        ({"RecoveryPointSelection": {"Algorithm": "RANDOM_WITHIN_WINDOW", "SelectionWindowDays": 365}}, []),
        ({"RestoreTestingPlanName": "Others"}, ["Nothing"]),
    ],
)
def test_a_restore_test_runs_monthly_on_what_is_new(change: dict[str, Any], details: list[str]) -> None:
    selection = {"Selection": resource("Backup::RestoreTestingSelection", SELECTED)}
    assert judged("RestoreTestUnguarded", "Backup::RestoreTestingPlan", TESTING | change, selection) == details


def test_a_selection_may_refer_to_its_plan() -> None:
    selection = {"Selection": resource("Backup::RestoreTestingSelection", SELECTED | {"RestoreTestingPlanName": {"Ref": "It"}})}
    assert judged("RestoreTestUnguarded", "Backup::RestoreTestingPlan", TESTING | {"RestoreTestingPlanName": TOKEN}, selection) == []


def kept(vault: Any = "Vault", store: str = "RDS::DBInstance") -> Resources:
    """A plan that keeps a store in *vault*."""
    selected = {"Resources": [{"Fn::GetAtt": ["Store", "Arn"]}]}
    return {
        "Store": resource(store),
        "Vault": resource("Backup::BackupVault", {"BackupVaultName": "Vault"}),
        "Plan": resource("Backup::BackupPlan", {"BackupPlan": {"BackupPlanRule": [DAILY | {"TargetBackupVault": vault}]}}),
        "Selection": resource("Backup::BackupSelection", {"BackupPlanId": {"Ref": "Plan"}, "BackupSelection": selected}),
    }


def restoring(*vaults: Any) -> Resources:
    return {"Test": resource("Backup::RestoreTestingPlan", {"RecoveryPointSelection": {"IncludeVaults": list(vaults)}})}


ELSEWHERE = "arn:aws:backup:us-east-1:111122223333:backup-vault:Elsewhere"


@pytest.mark.control("DR-2", "GOV-3")
@pytest.mark.parametrize("vault", ["Vault", {"Ref": "Vault"}])
@pytest.mark.parametrize(
    ("tests", "bent"),
    [
        # Whoever tests nothing in the app may do so for the whole account.
        ({}, False),
        (restoring(ELSEWHERE), True),
        (restoring(ELSEWHERE, {"Fn::GetAtt": ["Vault", "BackupVaultArn"]}), False),
        (restoring("arn:aws:backup:us-east-1:111122223333:backup-vault:Vault"), False),
        (restoring("*"), False),
    ],
)
def test_what_is_backed_up_is_restored(vault: Any, tests: Resources, bent: bool) -> None:
    assert found("BackupUntested", stack_of(kept(vault) | tests)) == (["Stack/Plan"] if bent else [])


def test_a_test_in_staging_says_nothing_of_production() -> None:
    staging = stack_of(kept() | restoring("*"), "Staging")
    assert found("BackupUntested", stack_of(kept()), staging, staging=frozenset({"Staging"})) == ["Stack/Plan"]
    assert found("BackupUntested", stack_of(kept()), staging, staging=frozenset({"Staging", "Stack"})) == []


@pytest.mark.parametrize(("store", "bent"), [("DynamoDB::Table", True), ("S3::Bucket", True), ("RDS::DBCluster", False)])
def test_what_cannot_be_looked_into_is_left_alone(store: str, bent: bool) -> None:
    assert found("BackupUntested", stack_of(kept(store=store) | restoring(ELSEWHERE))) == (["Stack/Plan"] if bent else [])


# --- drills ------------------------------------------------------------------------------------------------------------

TASKS = {"ResourceType": "aws:ecs:task", "SelectionMode": "COUNT(1)", "Parameters": {"cluster": TOKEN, "service": TOKEN}}
EXPERIMENT = {
    "StopConditions": [{"Source": "aws:cloudwatch:alarm", "Value": TOKEN}],
    "ExperimentOptions": {"AccountTargeting": "single-account", "EmptyTargetResolutionMode": "fail"},
    "LogConfiguration": {"LogSchemaVersion": 2, "CloudWatchLogsConfiguration": {"LogGroupArn": TOKEN}},
    "Targets": {"Tasks": TASKS},
}


@pytest.mark.control("DR-5", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"StopConditions": [{"Source": "none"}]}, ["Stop"]),
        ({"StopConditions": []}, ["Stop"]),
        ({"StopConditions": None}, ["Stop"]),
        ({"StopConditions": {"Fn::If": ["Safe", [], []]}}, []),
        ({"ExperimentOptions": {"EmptyTargetResolutionMode": "skip"}}, ["Empty"]),
        ({"ExperimentOptions": {"AccountTargeting": "multi-account"}}, ["Accounts"]),
        # AWS's defaults are these: one account, and a target that finds nothing fails.
        ({"ExperimentOptions": None}, []),
        ({"LogConfiguration": None}, ["Log"]),
        ({"LogConfiguration": {"LogSchemaVersion": 2}}, ["Log"]),
        ({"LogConfiguration": {"LogSchemaVersion": 2, "S3Configuration": {"BucketName": TOKEN}}}, []),
        ({"Targets": None}, []),
    ],
)
def test_a_drill_ends_and_leaves_a_trace(change: dict[str, Any], details: list[str]) -> None:
    assert judged("ExperimentUnguarded", "FIS::ExperimentTemplate", EXPERIMENT | change) == details


CACHE = {"ResourceType": "aws:elasticache:replicationgroup", "Parameters": {"availabilityZoneIdentifier": "us-east-1a"}}
TAGGED = {"drill": "sessions"}


def tagged(**tags: str) -> dict[str, Any]:
    return resource("ElastiCache::ReplicationGroup", {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})


@pytest.mark.control("DR-5", "GOV-3")
@pytest.mark.parametrize(
    ("target", "beside", "narrow"),
    [
        (TASKS, {}, True),
        (TASKS | {"Parameters": {"cluster": TOKEN}}, {}, False),
        ({"ResourceType": "aws:rds:db", "ResourceArns": [TOKEN]}, {}, True),
        ({"ResourceType": "aws:rds:db", "ResourceTags": {"environment": "production"}}, {}, False),
        ({"ResourceType": "aws:ec2:instance", "Filters": [{"Path": "State.Name", "Values": ["running"]}]}, {}, False),
        ({"ResourceType": "aws:ec2:subnet", "Parameters": {"availabilityZoneIdentifier": "us-east-1a"}}, {}, False),
        ({"ResourceType": "aws:ec2:subnet", "Parameters": {"availabilityZoneIdentifier": "us-east-1a", "vpc": TOKEN}}, {}, True),
        (CACHE | {"ResourceTags": TAGGED}, {"One": tagged(drill="sessions", owner="a")}, True),
        (CACHE | {"ResourceTags": TAGGED}, {"One": tagged(drill="sessions"), "Two": tagged(drill="sessions")}, False),
        (CACHE | {"ResourceTags": TAGGED}, {"One": tagged(drill="other")}, False),
        (CACHE, {"One": tagged(drill="sessions")}, False),
        ({"Fn::If": ["Safe", {}, {}]}, {}, True),
    ],
)
def test_a_drill_names_what_it_hits(target: dict[str, Any], beside: Resources, narrow: bool) -> None:
    details = judged("ExperimentUnguarded", "FIS::ExperimentTemplate", EXPERIMENT | {"Targets": {"Them": target}}, beside)
    assert details == ([] if narrow else ["Them Target"])


def test_the_tag_of_a_stack_is_on_all_of_it() -> None:
    experiment = resource("FIS::ExperimentTemplate", EXPERIMENT | {"Targets": {"Them": CACHE | {"ResourceTags": TAGGED}}})
    both = stack_of({"It": experiment, "One": tagged(), "Two": tagged()}, tags=TAGGED)
    assert found("ExperimentUnguarded", both) == ["[Them Target] @ Stack/It"]


# --- runbooks ----------------------------------------------------------------------------------------------------------

APPROVE = {"name": "Approve", "action": "aws:approve", "onFailure": "Abort", "inputs": {"Approvers": ["arn"]}}


def calls(api: Any, **more: Any) -> dict[str, Any]:
    return {"name": "Call", "action": "aws:executeAwsApi", "inputs": {"Service": "rds", "Api": api}} | more


def runbook(*steps: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"schemaVersion": "0.3", "assumeRole": TOKEN, "mainSteps": list(steps)} | changed


def automated(content: Any, kind: str = "Automation") -> list[str]:
    return judged("AutomationUnguarded", "SSM::Document", {"DocumentType": kind, "Content": content})


@pytest.mark.control("DR-6", "GOV-3")
@pytest.mark.parametrize(
    ("steps", "details"),
    [
        ([calls("DescribeDBInstances")], []),
        ([calls("RebootDBInstance")], ["Call Approval"]),
        ([APPROVE, calls("RebootDBInstance")], []),
        ([calls("RebootDBInstance"), APPROVE], ["Call Approval"]),
        ([APPROVE | {"onFailure": "Continue"}, calls("RebootDBInstance")], ["Call Approval"]),
        ([{key: value for key, value in APPROVE.items() if key != "onFailure"}, calls("delete_db_cluster")], []),
        *(
            ([calls(api)], ["Call Approval"])
            for api in ("FailoverDBCluster", "delete_object", "TerminateInstances", "stop-db-instance", "PromoteReadReplica")
        ),
        ([calls("ModifyDBInstance")], []),
        ([calls(TOKEN)], []),
        ([{"name": "Call", "action": "aws:changeInstanceState", "inputs": {"DesiredState": "stopped"}}], ["Call Approval"]),
        ([{"name": "Call", "action": "aws:changeInstanceState", "inputs": {"DesiredState": "running"}}], []),
        ([{"name": "Call", "action": "aws:deleteStack", "inputs": {}}], ["Call Approval"]),
        ([{"name": "Loop", "action": "aws:loop", "inputs": {"Steps": [calls("StopTask")]}}], ["Call Approval"]),
    ],
)
def test_what_interrupts_is_approved(steps: list[dict[str, Any]], details: list[str]) -> None:
    assert automated(runbook(*steps)) == details
    assert automated(json.dumps(runbook(*steps))) == details
    assert automated(runbook(*steps), kind="Command") == []


@pytest.mark.control("DR-6", "GOV-3")
@pytest.mark.parametrize(
    ("role", "parameters", "details"),
    [
        (TOKEN, {}, []),
        (None, {}, ["Role"]),
        ("", {}, ["Role"]),
        ("{{ Role }}", {"Role": {"type": "AWS::IAM::Role::Arn"}}, []),
        ("{{Role}}", {"Role": {"type": "AWS::IAM::Role::Arn", "default": ""}}, ["Role"]),
    ],
)
def test_a_runbook_has_rights_of_its_own(role: Any, parameters: dict[str, Any], details: list[str]) -> None:
    assert automated(runbook(assumeRole=role, parameters=parameters)) == details


@pytest.mark.control("DR-6", "GOV-3")
@pytest.mark.parametrize(
    ("parameter", "details"),
    [
        ({"type": "String"}, ["Name Input"]),
        ({"type": "StringList"}, ["Name Input"]),
        ({"type": "String", "allowedPattern": "^[a-z]+$"}, []),
        ({"type": "String", "allowedValues": ["a"]}, []),
        ({"type": "Boolean"}, []),
        ({"type": "AWS::EC2::Instance::Id"}, []),
    ],
)
def test_a_runbook_looks_at_its_inputs(parameter: dict[str, Any], details: list[str]) -> None:
    assert automated(runbook(parameters={"Name": parameter})) == details


@pytest.mark.parametrize("content", ["schemaVersion: '0.3'\nmainSteps: []\n", TOKEN, None])
def test_what_is_yaml_or_known_later_is_left_alone(content: Any) -> None:
    assert automated(content) == []


# --- second regions ----------------------------------------------------------------------------------------------------


@pytest.mark.control("DR-5", "SEC-2", "GOV-3")
@pytest.mark.parametrize(
    ("replicas", "details"),
    [
        (None, []),
        ([{"Region": "us-west-2", "KmsKeyId": TOKEN}], []),
        ([{"Region": "us-west-2"}], ["us-west-2"]),
        ([{"Region": "us-west-2", "KmsKeyId": "alias/aws/secretsmanager"}], ["us-west-2"]),
        ([{"Region": "us-west-2", "KmsKeyId": "alias/mine"}, {"Region": "eu-west-1"}], ["eu-west-1"]),
    ],
)
def test_each_copy_of_a_secret_has_a_key(replicas: Any, details: list[str]) -> None:
    assert judged("ReplicaSecretPlain", "SecretsManager::Secret", {"ReplicaRegions": replicas}) == details


def workflow(*kinds: str, region: str | None = "us-west-2") -> dict[str, Any]:
    steps = [{"Name": f"Step{index}", "ExecutionBlockType": kind} for index, kind in enumerate(kinds)]
    return {"WorkflowTargetAction": "activate", "WorkflowTargetRegion": region, "Steps": steps}


@pytest.mark.control("DR-5", "GOV-3")
@pytest.mark.parametrize(
    ("workflows", "details"),
    [
        ([workflow("ManualApproval", "AuroraGlobalDatabase")], []),
        ([workflow("AuroraGlobalDatabase", "ManualApproval")], ["activate us-west-2"]),
        ([workflow("ManualApproval"), workflow("Lambda", region="us-east-1")], ["activate us-east-1"]),
        ([workflow("Lambda", region=None)], ["activate"]),
        ([workflow()], []),
        (TOKEN, []),
    ],
)
def test_a_person_decides_that_a_region_is_lost(workflows: Any, details: list[str]) -> None:
    assert judged("RegionSwitchUnapproved", "ARCRegionSwitch::Plan", {"Workflows": workflows}) == details


# --- dead letters of services ------------------------------------------------------------------------------------------

DEAD = {"Fn::GetAtt": ["Dead", "Arn"]}
FAILED = {"DestinationConfig": {"OnFailure": {"Destination": DEAD}}}
SENDERS: dict[str, dict[str, Any]] = {
    "AWS::Events::Rule": {"Targets": [{"Arn": TOKEN}, {"DeadLetterConfig": {"Arn": DEAD}}]},
    "AWS::Lambda::EventInvokeConfig": FAILED,
    "AWS::Lambda::EventSourceMapping": FAILED,
    "AWS::Lambda::Function": {"DeadLetterConfig": {"TargetArn": DEAD}},
    "AWS::SNS::Subscription": {"RedrivePolicy": {"deadLetterTargetArn": DEAD}},
    "AWS::Scheduler::Schedule": {"Target": {"DeadLetterConfig": {"Arn": DEAD}}},
}


def test_every_sender_is_tried() -> None:
    assert set(SENDERS) == set(SERVICES)


@pytest.mark.control("STORE-3", "GOV-3")
@pytest.mark.parametrize("kind", SENDERS)
@pytest.mark.parametrize(
    ("allowed", "bent"),
    [
        (None, True),
        ({"redrivePermission": "allowAll"}, True),
        # No queue sends to it, and none may.
        ({"redrivePermission": "denyAll"}, False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:eu-west-1:111122223333:work"]}, False),
    ],
)
def test_dead_letters_of_a_service_come_from_no_queue(kind: str, allowed: Any, bent: bool) -> None:
    sender = resource(kind.removeprefix("AWS::"), SENDERS[kind])
    stack = stack_of({"Sender": sender, "Dead": resource("SQS::Queue", {"RedriveAllowPolicy": allowed})})
    assert found("DeadLettersOpen", stack) == (["Stack/Dead"] if bent else [])


def test_what_a_service_hands_on_is_no_dead_letter() -> None:
    rule = resource("Events::Rule", {"Targets": [{"Arn": DEAD}]})
    subscription = resource("SNS::Subscription", {"Endpoint": DEAD, "Protocol": "sqs"})
    succeeded = resource("Lambda::EventInvokeConfig", {"DestinationConfig": {"OnSuccess": {"Destination": DEAD}}})
    senders = {"Rule": rule, "Subscription": subscription, "Succeeded": succeeded}
    assert found("DeadLettersOpen", stack_of(senders | {"Dead": resource("SQS::Queue")})) == []
