"""AWS Backup."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _vault(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("backup").describe_backup_vault(BackupVaultName=physical_id)


def _plan(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("backup").get_backup_plan(BackupPlanId=physical_id)["BackupPlan"]


def _selection(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("backup").get_backup_selection(BackupPlanId=properties["BackupPlanId"], SelectionId=physical_id)["BackupSelection"]


def _report_plan(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("backup").describe_report_plan(ReportPlanName=physical_id.rpartition(":")[2])["ReportPlan"]


_RENAMED = {"TargetBackupVault": "TargetBackupVaultName"}
_RULE = ("RuleName", "TargetBackupVault", "ScheduleExpression", "Lifecycle", "CopyActions", "EnableContinuousBackup")


def _rules(value: Any) -> Any:
    return [{_RENAMED.get(name, name): rule[name] for name in _RULE if name in rule} for rule in value]


READERS = {
    "AWS::Backup::ReportPlan": Reader(
        _report_plan, same("ReportPlanName", "ReportPlanDescription", "ReportDeliveryChannel", "ReportSetting")
    ),
    "AWS::Backup::BackupVault": Reader(_vault, same("BackupVaultName", "EncryptionKeyArn")),
    "AWS::Backup::BackupPlan": Reader(
        _plan,
        (
            Check("BackupPlan.BackupPlanName", "BackupPlanName"),
            Check("BackupPlan.BackupPlanRule", "Rules", _rules),
            Check("BackupPlan.AdvancedBackupSettings", "AdvancedBackupSettings"),
        ),
    ),
    "AWS::Backup::BackupSelection": Reader(
        _selection,
        tuple(Check(f"BackupSelection.{name}", name) for name in ("SelectionName", "IamRoleArn", "Resources", "ListOfTags", "Conditions")),
    ),
}
