"""Backups by plan: daily with point-in-time recovery, weekly, monthly, copied to a second region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from aws_cdk import Names
from aws_cdk import aws_backup as backup
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, Recoverable, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of, require_described, require_region
from prodready_constructs.posture import RecoveryPosture
from prodready_constructs.recovery.backups.air_gapped import AirGappedVault
from prodready_constructs.recovery.backups.checks import check_class, check_copy, check_services, check_vaults
from prodready_constructs.recovery.backups.jobs import job_alarms, job_graphs
from prodready_constructs.recovery.backups.role import backup_role
from prodready_constructs.recovery.backups.times import COMPLETION_WINDOW, START_WINDOW, BackupTimes, check_times
from prodready_constructs.recovery.backups.vault import BackupVault, vault_of_arn
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

#: A resource of this account with this tag, whose value is the name of the plan's stack, is backed up too.
OPT_IN_TAG = "backup"


class BackupPlan(Part):
    """One AWS Backup plan for the stores in *protecting*, and for every resource that opts in by tag.

    Always: daily backups, continuous (point in time) where the service supports it; no rule begins while another may be at work; a role
    that can back up and copy RDS, Aurora, DynamoDB, S3 and the *services* named, but restore nothing; refused when a store cannot keep the
    objectives of the posture.
    *posture* decides retention, weekly and monthly rules, cold storage, the copy and the lock.

    Args:
        posture: retention, copy, lock and the objectives.
        protecting: the stores, of this library or anything with ``backup_arns`` and ``recovery_facts``; best in the same stack, where the
            rule packs look for the selection.
        vault: where recovery points are kept; a ``BackupVault`` of its own when None.
        copy_to_arn: ARN of a vault in the second region (``BackupVault(...).arn`` of a stack there), of this account or another.
        air_gapped: a vault of this region where every recovery point is copied to too.
        times: when the rules run; ``BackupTimes()`` when None.
        services: what else the role may back up, for resources that opt in by tag: ``EBS``, ``EFS``.

    Raises:
        ConfigurationError: the posture copies to a second region and there is no vault for it, or the reverse; a copy to the same region
            or outside the allowed ones; nothing to protect, or the same store twice; a store that loses more or comes back later than the
            posture promises, or whose data class ends its backups before the plan does; a vault whose lock does not let the plan's
            recovery points in; a rule that begins before another has ended; a service that is none of those.

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
        air_gapped: AirGappedVault | None = None,
        times: BackupTimes | None = None,
        services: Sequence[Literal["EBS", "EFS"]] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        for store in protecting:
            require_described(f"{where}: protecting", store, "backup_arns", "recovery_facts")
        paths = [path_of(store) for store in protecting]
        if not paths or len(set(paths)) < len(paths):
            raise ConfigurationError(
                f"{where}: protecting", given=paths, allowed="at least one store, each once", mend="list every store that holds data"
            )
        arns = [arn for store in protecting for arn in store.backup_arns]
        if not arns:
            raise ConfigurationError(
                f"{where}: protecting",
                given=f"{', '.join(paths)}, which AWS Backup backs up nothing of",
                allowed="a store with backup_arns: a selection of nothing makes no backup and no alarm either",
                mend="protect a database, table or bucket too, or leave the plan out",
            )
        check_copy(where, posture, copy_to_arn, own_region=self.stated_region)
        check_services(where, services)
        times = times or BackupTimes()
        check_times(where, times, [name for name, retention, _ in _rules(posture) if retention is not None])
        check_vaults(where, posture, {"vault": vault, "air_gapped": air_gapped})
        if posture.allowed_regions:
            require_region(where, self.stated_region, posture.allowed_regions)
            # Where the region is known at the deployment only, the rule OutsideAllowedRegions judges the finished template.
            require_region(f"{where}: copy_to_arn", vault_of_arn(copy_to_arn or "")[1], posture.allowed_regions)
        for path, store in zip(paths, protecting, strict=True):
            check_class(where, path, getattr(store, "data_class", None), posture)
        facts = check_objectives(dict(zip(paths, protecting, strict=True)), posture)

        #: Where recovery points are kept.
        self.vault = vault or BackupVault(self, "Vault", posture=posture)
        copies_to = [arn for arn in (copy_to_arn, air_gapped.arn if air_gapped else None) if arn is not None]
        #: What AWS Backup works with; grant it more for services beyond those of *services*.
        self.role = backup_role(self, "Role", vault_arns=[self.vault.arn, *copies_to], services=services)
        #: The plan itself.
        self.plan = backup.CfnBackupPlan(
            self,
            "Plan",
            backup_plan=backup.CfnBackupPlan.BackupPlanResourceTypeProperty(
                backup_plan_name=Names.unique_resource_name(self, max_length=50, allowed_special_characters="-"),
                backup_plan_rule=[
                    self._rule(name, times.of(name), retention, cold_after, copies_to)
                    for name, retention, cold_after in _rules(posture)
                    if retention is not None
                ],
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
                resources=arns,
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
        copies = bool(copies_to)
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

    def _rule(
        self, name: str, schedule: str, retention: timedelta, cold_after: timedelta | None, copies_to: Sequence[str]
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
            completion_window_minutes=_minutes(COMPLETION_WINDOW),
            # A resource can be continuous in one rule only, and a continuous backup is kept 35 days at most.
            enable_continuous_backup=name == "Daily",
            lifecycle=lifecycle,
            copy_actions=[
                backup.CfnBackupPlan.CopyActionResourceTypeProperty(destination_backup_vault_arn=arn, lifecycle=lifecycle)
                for arn in copies_to
            ]
            or None,
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Failed backup, copy and restore jobs; a day without a backup; a changed vault."""
        return self._alarm_specs

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Jobs by kind and outcome."""
        return self._graphs


def _rules(posture: RecoveryPosture) -> tuple[tuple[str, timedelta | None, timedelta | None], ...]:
    """Name, retention and time in warm storage of each rule; without a retention there is no rule."""
    return (
        ("Daily", posture.daily_retention, None),
        ("Weekly", posture.weekly_retention, None),
        ("Monthly", posture.monthly_retention, posture.monthly_cold_after),
    )


def _minutes(window: timedelta) -> int:
    return int(window.total_seconds()) // 60
