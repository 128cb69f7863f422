"""Backups that cannot be deleted before their time, copied to a second region, and measured against what was promised."""

from prodready_constructs.recovery.plan import BackupPlan
from prodready_constructs.recovery.vault import BackupVault

__all__ = ["BackupPlan", "BackupVault"]
