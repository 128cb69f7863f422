"""What backups have when asked: copies from elsewhere, an air-gapped vault, news, other times, other services, an audit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from bench.messages import counted, total
from prodready_constructs import PRODUCTION, STAGING, AirGappedVault, BackupAudit, BackupPlan, BackupTimes, BackupVault, Schedule
from prodready_constructs.errors import ConfigurationError
from tests.recovery.stores import ONE_REGION, Store
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth, synth_in

COPY_TO = "arn:aws:backup:us-west-2:111122223333:backup-vault:second"


def plan(stack: cdk.Stack, **changes: Any) -> BackupPlan:
    given = {"posture": PRODUCTION.recovery, "copy_to_arn": COPY_TO, **changes}
    return BackupPlan(stack, "Backups", **{"protecting": (Store(stack, "Orders"),), **given})


def air_gapped(stack: cdk.Stack, shortest: int = 7, longest: int = 400) -> AirGappedVault:
    return AirGappedVault(stack, "Gap", min_retention=timedelta(days=shortest), max_retention=timedelta(days=longest))


def vault(stack: cdk.Stack) -> BackupVault:
    return BackupVault(stack, "Vault", posture=PRODUCTION.recovery)


# --- copies from other accounts ---


@pytest.mark.control("DR-1")
def test_others_may_copy_into_a_vault_and_nothing_else() -> None:
    def build(stack: cdk.Stack) -> None:
        made = vault(stack)
        made.allow_copies_from(accounts=["444455556666"])
        made.allow_copies_from(organization="o-exampleorgid")

    deny, accounts, organization = synth_in(build).props("AWS::Backup::BackupVault")["AccessPolicy"]["Statement"]
    assert deny["Effect"] == "Deny"
    assert "444455556666" in json.dumps(accounts["Principal"])
    assert organization["Principal"] == "*"
    assert organization["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}
    assert accounts["Action"] == organization["Action"] == "backup:CopyIntoBackupVault"


# --- air gap ---


@pytest.mark.control("DR-1")
def test_an_air_gapped_vault_is_kept_and_gets_every_recovery_point() -> None:
    stack = new_stack()
    gap = air_gapped(stack)
    plan(stack, air_gapped=gap)
    template = synth(stack)
    made = template.one("AWS::Backup::LogicallyAirGappedBackupVault")
    assert made["DeletionPolicy"] == made["UpdateReplacePolicy"] == "Retain"
    assert (made["Properties"]["MinRetentionDays"], made["Properties"]["MaxRetentionDays"]) == (7, 400)
    assert made["Properties"]["AccessPolicy"]["Statement"][0]["Effect"] == "Deny"
    assert "EncryptionKeyArn" not in made["Properties"], "a key of AWS's, which nobody here can disable"
    arn = {"Fn::GetAtt": [next(iter(template.of_type("AWS::Backup::LogicallyAirGappedBackupVault"))), "BackupVaultArn"]}
    for rule in template.props("AWS::Backup::BackupPlan")["BackupPlan"]["BackupPlanRule"]:
        assert [copy["DestinationBackupVaultArn"] for copy in rule["CopyActions"]] == [COPY_TO, arn]
    vaults = template.props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"][0]
    assert arn in vaults["Resource"]
    assert not [one for one in findings(stack) if "/Gap" in one]


def test_an_air_gapped_copy_alone_is_watched_too() -> None:
    stack = new_stack()
    made = plan(stack, posture=ONE_REGION, copy_to_arn=None, air_gapped=air_gapped(stack))
    assert "CopyJobsFailed" in {spec.id for spec in made.alarm_specs}


# --- news ---


@pytest.mark.control("DR-3")
@pytest.mark.parametrize("kind", ["AWS::Backup::BackupVault", "AWS::Backup::LogicallyAirGappedBackupVault"])
def test_a_topic_is_told(kind: str) -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "News")
    (vault(stack) if kind.endswith("::BackupVault") else air_gapped(stack)).tell(topic)
    template = synth(stack)
    news = template.props(kind)["Notifications"]
    assert {"BACKUP_JOB_COMPLETED", "COPY_JOB_FAILED", "CONTINUOUS_BACKUP_INTERRUPTED"} <= set(news["BackupVaultEvents"])
    (statement,) = template.props("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "backup.amazonaws.com"}
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


# --- times ---


@pytest.mark.control("DR-1")
def test_other_times_are_taken() -> None:
    times = BackupTimes(
        daily=Schedule("cron(30 22 ? * * *)"), weekly=Schedule("cron(30 4 ? * SAT *)"), monthly=Schedule("cron(30 10 L * ? *)")
    )
    found = synth_in(lambda stack: plan(stack, times=times)).props("AWS::Backup::BackupPlan")["BackupPlan"]["BackupPlanRule"]
    assert [rule["ScheduleExpression"] for rule in found] == ["cron(30 22 ? * * *)", "cron(30 4 ? * SAT *)", "cron(30 10 L * ? *)"]


def test_rules_that_the_posture_leaves_out_are_in_nobody_s_way() -> None:
    early = BackupTimes(weekly=Schedule("cron(0 4 ? * SUN *)"))
    assert synth_in(lambda stack: plan(stack, posture=ONE_REGION, copy_to_arn=None, times=early)).of_type("AWS::Backup::BackupPlan")


# --- services ---


@pytest.mark.control("DR-1", "SEC-1")
def test_further_services_get_their_rights_and_no_more() -> None:
    def statements(**changes: Any) -> list[dict[str, Any]]:
        document = synth_in(lambda stack: plan(stack, **changes)).props("AWS::IAM::ManagedPolicy")["PolicyDocument"]
        assert len(json.dumps(document, separators=(",", ":"))) < 6144, "the longest managed policy IAM takes"
        return list(document["Statement"])

    plain, all_of_them = json.dumps(statements()), statements(services=["EBS", "EFS"])
    assert "ec2:" not in plain
    assert "elasticfilesystem:" not in plain
    (ends,) = [one for one in all_of_them if "ec2:DeleteSnapshot" in one["Action"]]
    assert ends["Condition"] == {"Null": {"aws:ResourceTag/aws:backup:source-resource": "false"}}
    assert any("elasticfilesystem:Backup" in one["Action"] for one in all_of_them)


# --- audit ---


def audit(stack: cdk.Stack, **changes: Any) -> BackupAudit:
    return BackupAudit(stack, "Audit", **{"posture": PRODUCTION.recovery, "reports": s3.Bucket(stack, "Reports"), **changes})


@pytest.fixture(scope="module")
def audited() -> Template:
    return synth_in(audit)


@pytest.mark.control("DR-1")
def test_the_audit_asks_for_what_the_posture_promises(audited: Template) -> None:
    controls = {one["ControlName"]: one for one in audited.props("AWS::Backup::Framework")["FrameworkControls"]}

    def values(name: str) -> dict[str, str]:
        return {one["ParameterName"]: one["ParameterValue"] for one in controls[name].get("ControlInputParameters", ())}

    assert values("BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK") == {"minRetentionDays": "35", "maxRetentionDays": "365"}
    assert values("BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK") == {
        "requiredFrequencyUnit": "days",
        "requiredFrequencyValue": "1",
        "requiredRetentionDays": "35",
    }
    assert "BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION" in controls
    scope = controls["BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN"]["ControlScope"]
    assert scope == {"ComplianceResourceTypes": ["Aurora", "DynamoDB", "RDS", "S3"]}
    staging = synth_in(lambda stack: audit(stack, posture=replace(STAGING.recovery, copy_to_second_region=False)))
    less = {one["ControlName"] for one in staging.props("AWS::Backup::Framework")["FrameworkControls"]}
    assert set(controls) - less == {"BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK", "BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION"}


@pytest.mark.control("DR-1")
def test_reports_come_into_the_bucket_by_aws_backup_alone(audited: Template) -> None:
    plans = [one["Properties"] for one in audited.of_type("AWS::Backup::ReportPlan").values()]
    assert {one["ReportSetting"]["ReportTemplate"] for one in plans} == {
        "BACKUP_JOB_REPORT",
        "COPY_JOB_REPORT",
        "RESTORE_JOB_REPORT",
        "CONTROL_COMPLIANCE_REPORT",
        "RESOURCE_COMPLIANCE_REPORT",
    }
    assert all(("FrameworkArns" in one["ReportSetting"]) == ("COMPLIANCE" in one["ReportSetting"]["ReportTemplate"]) for one in plans)
    assert {json.dumps(one["ReportDeliveryChannel"]["S3KeyPrefix"]) for one in plans} == {'"backup-audit"'}
    (statement,) = audited.props("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert "AWSServiceRoleForBackupReports" in json.dumps(statement["Principal"])
    assert statement["Action"] == "s3:PutObject"
    assert "/backup-audit/*" in json.dumps(statement["Resource"])


def test_the_audit_finds_nothing_of_its_own() -> None:
    stack = new_stack()
    audit(stack)
    assert not [one for one in findings(stack) if "/Audit" in one]


# --- refusals ---


def own_vault(stack: cdk.Stack) -> object:
    return plan(
        stack, vault=BackupVault(stack, "Short", posture=replace(PRODUCTION.recovery, monthly_retention=None, monthly_cold_after=None))
    )


def copied_within_the_app(stack: cdk.Stack, region: str, **changes: Any) -> object:
    """The ARN of a vault of another stack names its region at the deployment only."""
    there = BackupVault(new_stack(stack.node.scope, "There", region=region), "Second", posture=PRODUCTION.recovery)
    assert "${" in there.arn
    return plan(stack, copy_to_arn=there.arn, **changes)


class Unselected(Store):
    @property
    def backup_arns(self) -> tuple[str, ...]:
        return ()


@pytest.mark.control("DR-1", "LIB-2")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda s: plan(s, copy_to_arn=COPY_TO.replace("us-west-2", "us-east-1")),
            r"^Stack/Backups: copy_to_arn: got 'arn:aws:backup:us-east-1:.*:second'; allowed: a vault of another region than us-east-1: what "
            r"loses the one loses the other too; make a BackupVault in a stack of the second region; for a copy beside it that nobody can "
            r"end, use air_gapped$",
        ),
        (
            lambda s: copied_within_the_app(s, "us-east-1"),
            r"^Stack/Backups: copy_to_arn: got 'the vault There/Second of us-east-1'; allowed: a vault of another region than us-east-1: what loses",
        ),
        (
            lambda s: copied_within_the_app(s, "eu-west-1", posture=replace(PRODUCTION.recovery, allowed_regions=("us-east-1",))),
            r"^Stack/Backups: copy_to_arn: got 'eu-west-1'; allowed: us-east-1: the posture's allowed_regions; put it",
        ),
        (
            lambda s: plan(s, copy_to_arn=COPY_TO, posture=replace(PRODUCTION.recovery, allowed_regions=("us-east-1",))),
            r"^Stack/Backups: copy_to_arn: got 'us-west-2'; allowed: us-east-1: the posture's allowed_regions; put it",
        ),
        (
            lambda s: plan(s, protecting=[Unselected(s, "Cache")]),
            r"^Stack/Backups: protecting: got 'Stack/Cache, which AWS Backup backs up nothing of'; allowed: a store with backup_arns: a "
            r"selection of nothing makes no backup and no alarm either; protect a database, table or bucket too, or leave the plan out$",
        ),
        (
            lambda s: plan(s, air_gapped=air_gapped(s, 7, 90)),
            r"^Stack/Backups: air_gapped: got 'a lock that lets in 7 to 90 days'; allowed: one that lets in 35 to 365 days, which the posture "
            r"keeps: AWS Backup fails every other job; make the vault with the posture of the plan, or widen its retentions$",
        ),
        (own_vault, r"^Stack/Backups: vault: got 'a lock that lets in 35 to 90 days'; allowed: one that lets in 35 to 365 days"),
        (
            lambda s: plan(s, services=["FSx"]),
            r"^Stack/Backups: services: got \['FSx'\]; allowed: some of EBS, EFS; RDS, Aurora, DynamoDB and S3 are always backed up; grant "
            r"backups.role what another service needs$",
        ),
        (
            lambda s: plan(s, times=BackupTimes(weekly=Schedule("cron(0 6 ? * SUN *)"))),
            r"^Stack/Backups: times: got 'Weekly at 2026-01-04 06:00, Daily at 2026-01-04 03:00'; allowed: 6 hours between two runs: one to "
            r"start and five to end; begin the rule Weekly at 09:00 or later$",
        ),
        (
            lambda s: plan(s, times=BackupTimes(daily=Schedule("cron(0 0/3 ? * * *)"))),
            r"^Stack/Backups: times: got 'Daily at 2026-01-01 03:00, Daily at 2026-01-01 00:00'; allowed: 6 hours between two runs",
        ),
        (
            lambda _: BackupTimes(daily=Schedule("rate(1 day)")),
            r"^BackupTimes.daily: got 'rate\(1 day\)'; allowed: cron\(...\): AWS Backup takes nothing else; write cron\(0 3 \? \* \* \*\) for "
            r"03:00 every day$",
        ),
        (
            lambda _: BackupTimes(daily=Schedule("cron(0 3 ? * * *)", "Europe/Berlin")),
            r"^BackupTimes.daily: got 'Europe/Berlin'; allowed: Etc/UTC, in which windows can be compared; leave the zone out and write the "
            r"time of UTC$",
        ),
        (
            lambda _: BackupTimes(weekly=Schedule("cron(0 9 1 * ? *)")),
            r"^BackupTimes.weekly: got 'cron\(0 9 1 \* \? \*\)'; allowed: a run every 7 days at least; run it more often$",
        ),
        (
            lambda s: air_gapped(s, 3, 30),
            r"^Stack/Gap: min_retention: got '3 days'; allowed: 7 to 36500 whole days; use timedelta\(days=7\)$",
        ),
        (lambda s: air_gapped(s, 7, 40_000), r"^Stack/Gap: max_retention: got '40000 days'; allowed: 7 to 36500 whole days"),
        (
            lambda s: air_gapped(s, 90, 30),
            r"^Stack/Gap: min_retention, max_retention: got '90 > 30 days'; allowed: the shortest at most the longest: such a lock lets "
            r"nothing in; exchange them$",
        ),
        (
            lambda s: vault(s).allow_copies_from(),
            r"^Stack/Vault: allow_copies_from: accounts: got 'neither accounts nor an organization'; allowed: account ids of twelve digits, "
            r"or an organization; name the accounts that copy into this vault$",
        ),
        (
            lambda s: vault(s).allow_copies_from(accounts=["12"]),
            r"^Stack/Vault: allow_copies_from: accounts: got \['12'\]; allowed: account",
        ),
        (
            lambda s: vault(s).allow_copies_from(organization="ou-1"),
            r"^Stack/Vault: allow_copies_from: organization: got 'ou-1'; allowed: the id of an organization, o- and ten or more letters and "
            r"digits; ask for it with: aws organizations describe-organization$",
        ),
        (
            lambda s: vault(s).tell(sns.Topic(s, "T"), events=["COPY_JOBS_FAILED"]),
            r"^Stack/Vault: tell: events: got \['COPY_JOBS_FAILED'\]; allowed: some of BACKUP_JOB_COMPLETED, .*; use COPY_JOB_FAILED$",
        ),
        (
            lambda s: vault(s).tell(sns.Topic(s, "T"), events=[]),
            r"^Stack/Vault: tell: events: got 'no event'; allowed: some of .*; leave it out, for what went wrong$",
        ),
        (
            lambda s: audit(s, resources=["Redis"]),
            r"^Stack/Audit: resources: got \['Redis'\]; allowed: some of Aurora, DynamoDB, EBS, EC2, EFS, FSx, RDS, S3; leave it out for all "
            r"that this library makes$",
        ),
        (lambda s: audit(s, resources=[]), r"^Stack/Audit: resources: got 'no kind of store'"),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())


# --- messages ---


def test_messages() -> None:
    stack = new_stack()
    with counted() as gap:
        air_gapped(stack)
    assert total(gap) <= 8, gap
    bucket = s3.Bucket(stack, "Reports")
    with counted() as audits:
        BackupAudit(stack, "Audit", posture=PRODUCTION.recovery, reports=bucket)
    assert total(audits) <= 22, audits
