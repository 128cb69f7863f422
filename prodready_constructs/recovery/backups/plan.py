"""Backups by plan: daily with point-in-time recovery, weekly, monthly, copied to a second region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Names
from aws_cdk import aws_backup as backup
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, Recoverable, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of, region_of_arn, require_region
from prodready_constructs.posture import DataClass, RecoveryPosture
from prodready_constructs.recovery.backups.jobs import COMPLETION_WINDOW, START_WINDOW, job_alarms, job_graphs
from prodready_constructs.recovery.backups.role import backup_role
from prodready_constructs.recovery.backups.vault import BackupVault
from prodready_constructs.recovery.objectives.check import check_objectives

CONTROLS = (
    ControlClaim(
        control="DR-1",
        how="Daily continuous, weekly and monthly backups by explicit resource and by tag, copied to a vault in a second region",
        frameworks=("NIST 800-53 r5 CP-9", "HIPAA 164.308(a)(7)(ii)(A)", "PCI DSS 3.2.1 12.10.1", "SOC 2 A1.2", "GDPR Art. 32(1)(c)"),
    ),
    ControlClaim(
        control="DR-3",
        how="Alarms on failed, aborted and expired jobs, and on a day without a successful backup",
        frameworks=("NIST 800-53 r5 CP-9(1)", "SOC 2 A1.3"),
    ),
)

#: UTC, after the databases' backup window (02:00 to 03:00) and, for the rules that are not continuous, clear of Sunday's maintenance.
#: AWS Backup fails a snapshot that would fall into either window or the hour before it.
DAILY, WEEKLY, MONTHLY = "cron(0 3 ? * * *)", "cron(0 6 ? * SUN *)", "cron(0 8 1 * ? *)"
#: A resource of this account with this tag, whose value is the name of the plan's stack, is backed up too.
OPT_IN_TAG = "backup"


class BackupPlan(Part):
    """One AWS Backup plan for the stores in *protecting*, and for every resource that opts in by tag.

    Always: daily backups, continuous (point in time) where the service supports it, from 03:00 UTC; a role that can back up and
    copy RDS, Aurora, DynamoDB and S3 but restore nothing; refused when a store cannot keep the objectives of the posture.
    *posture* decides retention, weekly and monthly rules, cold storage, the copy and the lock.

    Args:
        posture: retention, copy, lock and the objectives.
        protecting: the stores, of this library or anything with ``backup_arns`` and ``recovery_facts``; best in the same stack, where the
            rule packs look for the selection.
        vault: where recovery points are kept; a ``BackupVault`` of its own when None.
        copy_to_arn: ARN of a vault in the second region (``BackupVault(...).arn`` of a stack there).

    Raises:
        ConfigurationError: the posture copies to a second region and there is no vault for it, or the reverse; nothing or the
            same store twice to protect; a store that loses more or comes back later than the posture promises; a store whose
            data class ends its backups before the plan does; a copy outside the allowed regions.

    Sources: https://docs.aws.amazon.com/aws-backup/latest/devguide/point-in-time-recovery.html
    https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: RecoveryPosture,
        protecting: Sequence[Recoverable],
        vault: BackupVault | None = None,
        copy_to_arn: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        paths = [path_of(store) for store in protecting]
        if not paths or len(set(paths)) < len(paths):
            raise ConfigurationError(
                f"{where}: protecting", given=paths, allowed="at least one store, each once", mend="list every store that holds data"
            )
        _check_copy(where, posture, copy_to_arn)
        if posture.allowed_regions:
            require_region(where, self.stated_region, posture.allowed_regions)
            # The ARN of a vault in another stack is known when the templates are: the rule OutsideAllowedRegions judges it then.
            require_region(f"{where}: copy_to_arn", region_of_arn(copy_to_arn or ""), posture.allowed_regions)
        for path, store in zip(paths, protecting, strict=True):
            _check_class(where, path, getattr(store, "data_class", None), posture)
        facts = check_objectives(dict(zip(paths, protecting, strict=True)), posture)

        #: Where recovery points are kept.
        self.vault = vault or BackupVault(self, "Vault", posture=posture)
        vault_arns = [self.vault.arn] if copy_to_arn is None else [self.vault.arn, copy_to_arn]
        #: What AWS Backup works with; grant it more for services beyond RDS, Aurora, DynamoDB and S3.
        self.role = backup_role(self, "Role", vault_arns=vault_arns)
        #: The plan itself.
        self.plan = backup.CfnBackupPlan(
            self,
            "Plan",
            backup_plan=backup.CfnBackupPlan.BackupPlanResourceTypeProperty(
                backup_plan_name=Names.unique_resource_name(self, max_length=50, allowed_special_characters="-"),
                backup_plan_rule=self._rules(posture, copy_to_arn),
            ),
        )
        plan_id = self.plan.attr_backup_plan_id
        role_arn = self.role.role_arn
        selection = backup.CfnBackupSelection.BackupSelectionResourceTypeProperty
        backup.CfnBackupSelection(
            self,
            "Protected",
            backup_plan_id=plan_id,
            backup_selection=selection(
                selection_name="Protected",
                iam_role_arn=role_arn,
                resources=[arn for store in protecting for arn in store.backup_arns],
            ),
        )
        #: Put this tag on any resource of the account to have it backed up: (key, value).
        self.opt_in_tag: tuple[str, str] = (OPT_IN_TAG, self.stack.stack_name)
        backup.CfnBackupSelection(
            self,
            "OptedIn",
            backup_plan_id=plan_id,
            backup_selection=selection(
                selection_name="OptedIn",
                iam_role_arn=role_arn,
                list_of_tags=[
                    backup.CfnBackupSelection.ConditionResourceTypeProperty(
                        condition_key=self.opt_in_tag[0], condition_type="STRINGEQUALS", condition_value=self.opt_in_tag[1]
                    )
                ],
            ),
        )
        copies = copy_to_arn is not None
        self._alarm_specs = job_alarms(vault=self.vault.name, vault_arn=self.vault.arn, plan_id=plan_id, copies=copies)
        self._graphs = job_graphs(vault=self.vault.name, copies=copies)
        record(
            self,
            controls=CONTROLS,
            tier="recovery",
            watchable=True,
            protecting=paths,
            protected=facts,
            allowed_regions=list(posture.allowed_regions),
        )

    def _rules(self, posture: RecoveryPosture, copy_to_arn: str | None) -> list[backup.CfnBackupPlan.BackupRuleResourceTypeProperty]:
        return [
            self._rule(name, schedule, retention, cold_after, copy_to_arn)
            for name, schedule, retention, cold_after in (
                ("Daily", DAILY, posture.daily_retention, None),
                ("Weekly", WEEKLY, posture.weekly_retention, None),
                ("Monthly", MONTHLY, posture.monthly_retention, posture.monthly_cold_after),
            )
            if retention is not None
        ]

    def _rule(
        self, name: str, schedule: str, retention: timedelta, cold_after: timedelta | None, copy_to_arn: str | None
    ) -> backup.CfnBackupPlan.BackupRuleResourceTypeProperty:
        lifecycle = backup.CfnBackupPlan.LifecycleResourceTypeProperty(
            delete_after_days=retention.days, move_to_cold_storage_after_days=cold_after.days if cold_after else None
        )
        return backup.CfnBackupPlan.BackupRuleResourceTypeProperty(
            rule_name=name,
            target_backup_vault=self.vault.name,
            schedule_expression=schedule,
            schedule_expression_timezone="Etc/UTC",
            start_window_minutes=_minutes(START_WINDOW),
            completion_window_minutes=_minutes(START_WINDOW + COMPLETION_WINDOW),
            # A resource can be continuous in one rule only, and a continuous backup is kept 35 days at most.
            enable_continuous_backup=name == "Daily",
            lifecycle=lifecycle,
            copy_actions=None
            if copy_to_arn is None
            else [backup.CfnBackupPlan.CopyActionResourceTypeProperty(destination_backup_vault_arn=copy_to_arn, lifecycle=lifecycle)],
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Failed backup, copy and restore jobs; a day without a backup; a changed vault."""
        return self._alarm_specs

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Jobs by kind and outcome."""
        return self._graphs


def _check_copy(where: str, posture: RecoveryPosture, copy_to_arn: str | None) -> None:
    if posture.copy_to_second_region and copy_to_arn is None:
        raise ConfigurationError(
            f"{where}: copy_to_arn",
            given=None,
            allowed="the ARN of a vault in the second region, because posture.copy_to_second_region is set",
            mend="make a BackupVault in a stack of the second region and hand over its arn",
        )
    if copy_to_arn is not None and not posture.copy_to_second_region:
        raise ConfigurationError(
            f"{where}: copy_to_arn",
            given=copy_to_arn,
            allowed="None, because posture.copy_to_second_region is not set",
            mend="set it in the posture, or leave copy_to_arn out",
        )


def _check_class(where: str, path: str, data_class: DataClass | None, posture: RecoveryPosture) -> None:
    """Refuse a plan that keeps backups of a store longer than the class of its data allows."""
    longest = max(kept for kept in (posture.daily_retention, posture.weekly_retention, posture.monthly_retention) if kept is not None)
    if data_class is not None and longest > data_class.backup_retention:
        raise ConfigurationError(
            where,
            given=f"recovery points kept {longest.days} days, of {path}",
            allowed=f"{data_class.backup_retention.days} days at most for data of class {data_class.name}: what was erased must not come back",
            mend="give it a plan of its own with posture.holding(data_class).recovery",
        )


def _minutes(window: timedelta) -> int:
    return int(window.total_seconds()) // 60
