"""AWS Backup vaults."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec
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
    return tuple(
        of.alarm(
            f"{kind}JobsFailed",
            of.metric(f"NumberOf{kind}JobsFailed"),
            0,
            severity=severity,
            source=f"{LEDGER}: failed backup jobs",
            periods=1,
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
