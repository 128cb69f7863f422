"""AWS Backup vaults."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec, MathMetric
from prodready_constructs.monitoring.adopted.data import CRITICAL, HOUR, LEDGER, WARNING, Service


def vault(name: str) -> tuple[AnyAlarmSpec, ...]:
    """A vault by its name."""
    of = Service(
        "AWS/Backup",
        {"BackupVaultName": name},
        (
            f"aws backup list-backup-jobs --by-backup-vault-name {name} --by-state FAILED --max-results 20",
            f"aws backup describe-backup-vault --backup-vault-name {name}",
        ),
        HOUR,
    )
    # Only a backup job can be aborted or expire with the vault's name on it.
    backups = {f"b{place}": of.metric(f"NumberOfBackupJobs{state}") for place, state in enumerate(("Failed", "Aborted", "Expired"))}
    ended_badly = MathMetric(
        expression=" + ".join(f"FILL({one}, 0)" for one in backups),
        using=backups,
        label="Backup jobs without a recovery point",
        period=HOUR,
    )
    return tuple(
        of.alarm(
            f"{kind}JobsFailed",
            ended_badly if kind == "Backup" else of.metric(f"NumberOf{kind}JobsFailed"),
            0,
            severity=severity,
            source=f"{LEDGER}: failed backup jobs; ledger DR-3: aborted and expired ones too",
            periods=1,
            # No job, none that failed. That none comes at all is for the plan's owner to watch: here nobody knows when one should.
            missing_data="notBreaching",
            meaning=f"A {kind.lower()} job failed: {loss}.",
            causes=("the role may not read the resource or use its key", "the resource was busy, or is gone", "a quota was reached"),
        )
        for kind, severity, loss in (
            ("Backup", CRITICAL, "the last recovery point is older than it should be"),
            ("Copy", CRITICAL, "the other region or account lacks a recovery point"),
            ("Restore", WARNING, "a restore, or a restore test, did not come about"),
        )
    )


ADOPTS = {
    "aws_backup.IBackupVault": lambda found: vault(found.backup_vault_name),
    "aws_backup.CfnBackupVault": lambda found: vault(found.ref),
}
