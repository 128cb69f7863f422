"""What wakes somebody about backups: jobs that failed, jobs that never ran, and a vault that was changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.recovery.backups.times import AT_WORK

#: Ledger DR-3: 24 hours and a grace, in which the slowest job of the next day may still end, and an hour for the metric to arrive.
LONGEST_SILENCE = timedelta(hours=24) + AT_WORK + timedelta(hours=1)
#: AWS Backup sends its metrics to CloudWatch every five minutes; an hour is what a backup is counted in.
PERIOD = timedelta(hours=1)
_SOURCE = "Ledger DR-3 and OPS-2: one failed backup job is critical"


def job_alarms(*, vault: str, vault_arn: str, plan_id: str, copies: bool) -> tuple[AnyAlarmSpec, ...]:
    """Alarms of one plan and its vault."""
    jobs = f"aws backup list-backup-jobs --by-backup-vault-name {vault}"
    specs: list[AnyAlarmSpec] = [
        _failed(
            "BackupJobsFailed",
            MathMetric(
                # Jobs that ended badly in each of three ways; a way that never happened has no data.
                expression="FILL(failed, 0) + FILL(aborted, 0) + FILL(expired, 0)",
                using={
                    "failed": _metric("NumberOfBackupJobsFailed", vault),
                    "aborted": _metric("NumberOfBackupJobsAborted", vault),
                    "expired": _metric("NumberOfBackupJobsExpired", vault),
                },
                label="Backup jobs failed, aborted or expired",
                period=PERIOD,
            ),
            meaning="A backup was not made: a restore would come from an older recovery point.",
            causes=(
                "the job fell into the maintenance or backup window of the database",
                "the backup role or a key policy does not allow the new resource",
                "the job did not end in its completion window",
            ),
            commands=(f"{jobs} --by-state FAILED", f"{jobs} --by-state EXPIRED", f"aws backup get-backup-plan --backup-plan-id {plan_id}"),
        ),
        _failed(
            "RestoreJobsFailed",
            _metric("NumberOfRestoreJobsFailed", vault),
            meaning="A restore failed: somebody who needs the data back does not have it yet.",
            causes=("the role given to the restore lacks permissions", "a subnet group, key or name of the target is wrong"),
            commands=(
                "aws backup list-restore-jobs --by-status FAILED",
                f"aws backup list-recovery-points-by-backup-vault --backup-vault-name {vault}",
            ),
        ),
        AlarmSpec(
            id="NoBackupForADay",
            metric=_metric("NumberOfBackupJobsCompleted", vault),
            threshold=1,
            comparison="LessThanThreshold",
            periods=LONGEST_SILENCE // PERIOD,
            # No data is no backup: exactly what this alarm is for.
            missing_data="breaching",
            severity=Severity.CRITICAL,
            source="Ledger DR-3: no successful backup in 24 hours and a grace for the slowest job",
            runbook=RunbookSpec(
                meaning="No backup has succeeded for more than a day. On a new environment: expected until the first night.",
                causes=(
                    "the plan selects nothing any more, or was deleted",
                    "every job fails: see BackupJobsFailed",
                    "AWS Backup is not opted in for the service in this region",
                ),
                first_commands=(
                    f"{jobs} --max-results 10",
                    f"aws backup list-backup-selections --backup-plan-id {plan_id}",
                    "aws backup describe-region-settings --query ResourceTypeOptInPreference",
                ),
            ),
        ),
        _event(
            "BackupJobEnded",
            {"detail-type": ["Backup Job State Change"], "detail": {"state": ["ABORTED", "EXPIRED", "FAILED"], "backupVaultName": [vault]}},
            severity=Severity.WARNING,
            meaning="A backup job ended without a recovery point; the event names the resource and the reason.",
            commands=(f"{jobs} --by-state FAILED",),
        ),
        _event(
            # Restore jobs report "status" where the other jobs report "state".
            "RestoreJobEnded",
            {"detail-type": ["Restore Job State Change"], "detail": {"status": ["ABORTED", "FAILED"]}},
            severity=Severity.WARNING,
            meaning="A restore job ended without the resource; the event names the reason.",
            commands=("aws backup list-restore-jobs --by-status FAILED",),
        ),
        _event(
            "VaultChanged",
            {"detail-type": ["Backup Vault State Change"], "resources": [vault_arn], "detail": {"state": ["DELETED", "MODIFIED"]}},
            severity=Severity.CRITICAL,
            meaning="The backup vault was changed or deleted: outside a deployment, somebody may be preparing to destroy backups.",
            commands=(
                f"aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={vault} --max-results 20",
                f"aws backup get-backup-vault-access-policy --backup-vault-name {vault}",
            ),
        ),
    ]
    if copies:
        copy_jobs = "aws backup list-copy-jobs --by-state FAILED"
        specs += [
            _failed(
                "CopyJobsFailed",
                _metric("NumberOfCopyJobsFailed", vault),
                meaning="A recovery point did not reach the second region: the loss of this region would lose its data.",
                causes=("the second vault's lock refuses the retention", "the key of the second vault does not admit the backup role"),
                commands=(copy_jobs,),
            ),
            _event(
                "CopyJobEnded",
                {"detail-type": ["Copy Job State Change"], "detail": {"state": ["FAILED"], "sourceBackupVaultArn": [vault_arn]}},
                severity=Severity.WARNING,
                meaning="A copy to the second region failed; the event names the recovery point and the reason.",
                commands=(copy_jobs,),
            ),
        ]
    return tuple(specs)


def job_graphs(*, vault: str, copies: bool) -> tuple[GraphSpec, ...]:
    """Jobs that ended well and badly."""
    kinds = ("Backup", "Restore", *(("Copy",) if copies else ()))
    return tuple(
        GraphSpec(
            title=f"{kind} jobs",
            metrics=tuple(_metric(f"NumberOf{kind}Jobs{state}", vault, label=state.lower()) for state in ("Completed", "Failed")),
        )
        for kind in kinds
    )


def _metric(name: str, vault: str, *, label: str | None = None) -> Metric:
    return Metric(namespace="AWS/Backup", name=name, dimensions={"BackupVaultName": vault}, statistic="Sum", period=PERIOD, label=label)


def _failed(alarm_id: str, metric: Metric | MathMetric, *, meaning: str, causes: tuple[str, ...], commands: tuple[str, ...]) -> AlarmSpec:
    return AlarmSpec(
        id=alarm_id,
        metric=metric,
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        # No job in this hour is no failed job; that jobs stopped altogether is NoBackupForADay's.
        missing_data="notBreaching",
        severity=Severity.CRITICAL,
        source=_SOURCE,
        runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=commands),
    )


def _event(event_id: str, pattern: Mapping[str, Any], *, severity: Severity, meaning: str, commands: tuple[str, ...]) -> EventSpec:
    return EventSpec(
        id=event_id,
        pattern={"source": ["aws.backup"], **pattern},
        severity=severity,
        source="https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html",
        runbook=RunbookSpec(meaning=meaning, causes=("see the event's statusMessage",), first_commands=commands),
    )
