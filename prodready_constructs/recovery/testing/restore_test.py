"""A restore every month, of which somebody looks whether it brought back what it should."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from aws_cdk import Names
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, Part, Schedule, path_of, require_described, require_subnets
from prodready_constructs.foundation.secret_reading import let_read
from prodready_constructs.posture import RecoveryPosture
from prodready_constructs.recovery.backups.vault import BackupVault
from prodready_constructs.recovery.testing.alarms import alarms_of, graphs_of
from prodready_constructs.recovery.testing.checks import Check, DatabaseCheck
from prodready_constructs.recovery.testing.hook import make_hook
from prodready_constructs.recovery.testing.role import restore_role

CONTROLS = (
    ControlClaim(
        control="DR-2",
        how="Monthly restore tests of every named store, looked into by a function that reports the result; alarms on failure and silence",
        frameworks=("NIST 800-53 r5 CP-9(1)", "NIST 800-53 r5 CP-4", "HIPAA 164.308(a)(7)(ii)(D)", "SOC 2 A1.3", "GDPR Art. 32(1)(d)"),
    ),
)
#: In working hours, on a day on which no backup but the daily one is made.
MONTHLY = Schedule("cron(0 10 8 * ? *)")
RAREST = timedelta(days=31)
#: Hours in which AWS Backup may begin a test: it spreads them.
START_HOURS = 8


class RestoreTest(Part):
    """Restores the newest recovery point of each store every month, looks into it, tells AWS Backup the result, and lets it be deleted.

    Always: restored databases stand in isolated subnets, behind a security group that only our function passes, on one port; the function
    speaks TLS with chain and host name verified, reads with the credentials named and in read-only transactions; a role that makes and
    ends nothing but what carries the prefix of restore tests; each outcome is a metric. *posture* decides how old a recovery point may be,
    how long a restored store waits to be looked into (it is deleted after the look) and how long logs are kept.

    Args:
        posture: as above.
        vault: whose recovery points are tested: ``backups.vault``.
        checking: what must be found in which store.
        vpc: with private subnets for the function and, for databases, isolated ones for what is restored.
        schedule: when, once a month at least; cron. The 8th of each month at 10:00 UTC when None.
        encryption_key: of logs and failed runs; its policy must admit CloudWatch Logs and ``events.amazonaws.com``. An own ``DataKey`` when None.
        authorities: a PEM file of certificate authorities to trust; those of the Lambda runtime, RDS's among them, when None.

    Raises:
        ConfigurationError: nothing to check, a store twice, one that AWS Backup selects nothing of, an Aurora cluster, a database without a question or credentials, a schedule
            that is no cron or rarer than monthly, no private or isolated subnets, too many checks, a file without certificates.

    Sources: https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html,
        https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html,
        https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-validation.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: RecoveryPosture,
        vault: BackupVault,
        checking: Sequence[Check],
        vpc: ec2.IVpc,
        schedule: Schedule | None = None,
        encryption_key: kms.IKey | None = None,
        authorities: Path | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where, schedule = self.path, schedule or MONTHLY
        for check in checking:
            require_described(f"{where}: checking", check.store, "backup_arns")
        paths = [path_of(check.store) for check in checking]
        nothing = [path for path, check in zip(paths, checking, strict=True) if not check.store.backup_arns]
        _check(where, paths, nothing, schedule)
        checks = {arn: check.settings(where) for check in checking for arn in check.store.backup_arns}
        kinds = sorted({check.resource_type for check in checking})
        private = require_subnets(self, vpc, tier="private")
        key = (
            encryption_key
            or DataKey(
                self, "Key", description=f"{where}: logs of restore tests", encrypts_logs=True, services=["events.amazonaws.com"]
            ).key
        )
        #: The restore testing plan's name: letters, digits and underscores. It follows the construct path.
        self.name: str = Names.unique_resource_name(self, max_length=50, separator="_", allowed_special_characters="_")
        #: The plan itself.
        self.plan = backup.CfnRestoreTestingPlan(
            self,
            "Plan",
            restore_testing_plan_name=self.name,
            schedule_expression=schedule.expression,
            schedule_expression_timezone=schedule.zone,
            start_window_hours=START_HOURS,
            recovery_point_selection=backup.CfnRestoreTestingPlan.RestoreTestingRecoveryPointSelectionProperty(
                algorithm="LATEST_WITHIN_WINDOW",
                include_vaults=[vault.arn],
                recovery_point_types=["CONTINUOUS", "SNAPSHOT"],
                selection_window_days=posture.tested_point_age.days,
            ),
        )
        self._plan_arn = self.plan.attr_restore_testing_plan_arn
        #: What AWS Backup restores with, for tests only.
        self.role = restore_role(self, "RestoreRole", kinds=kinds)
        self._hook = make_hook(
            self,
            path=where,
            plan=(self._plan_arn, self.name),
            checks=checks,
            kinds=kinds,
            vpc=vpc,
            subnets=private,
            key=key,
            log_retention=posture.test_log_retention,
            authorities=authorities,
        )
        #: The function that looks into restored stores, and who it may talk to.
        self.function, self.security_group = self._hook.made.function, self._hook.made.security_group
        databases = [check for check in checking if isinstance(check, DatabaseCheck)]
        #: What restored databases stand behind; None where none is tested.
        self.restored: ec2.SecurityGroup | None = None
        overrides = self._place(vpc, databases) if databases else {}
        for database in databases:
            let_read(database.secret(where), self._hook.made.role)
        role_arn, hours = self.role.role_arn, posture.validation_window // timedelta(hours=1)
        for number, kind in enumerate(kinds):
            selection = backup.CfnRestoreTestingSelection(
                self,
                f"{kind}Selection",
                restore_testing_plan_name=self.name,
                restore_testing_selection_name=f"{kind}_{number}",
                iam_role_arn=role_arn,
                protected_resource_type=kind,
                protected_resource_arns=[arn for check in checking if check.resource_type == kind for arn in check.store.backup_arns],
                restore_metadata_overrides=overrides if kind == "RDS" else None,
                validation_window_hours=hours,
            )
            selection.add_resource_dependency(self.plan)
        record(self, controls=CONTROLS, tier="recovery", watchable=True, tests=paths)

    def _place(self, vpc: ec2.IVpc, databases: Sequence[DatabaseCheck]) -> dict[str, str]:
        """Where restored databases stand, in the words of AWS Backup: a list is JSON in a string."""
        isolated = require_subnets(self, vpc, tier="isolated")
        self.restored = ec2.SecurityGroup(
            self, "Restored", vpc=vpc, description=f"{self.path}: restored databases", allow_all_outbound=False
        )
        for port in sorted({check.database.attachment.port for check in databases}):
            self.restored.connections.allow_from(self.security_group, ec2.Port.tcp(port), "The look into a restored database")
        subnets = rds.SubnetGroup(self, "Subnets", description=f"Isolated subnets of {self.path}", vpc=vpc, vpc_subnets=isolated)
        return {
            "dbSubnetGroupName": subnets.subnet_group_name,
            "vpcSecurityGroupIds": json.dumps([self.restored.security_group_id]),
        }

    @cached_property
    def _function_name(self) -> str:
        return self.function.function_name

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Restores and looks that failed, a month without a success, and a function that broke off."""
        made = self._hook.made
        return alarms_of(
            metrics=self._hook.metrics,
            plan_arn=self._plan_arn,
            log_group=made.log_group.log_group_name,
            function=self._function_name,
            topic=made.failures.topic_name,
            queue=self._hook.undelivered.queue_name,
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Tests by outcome, the time of restores, and the days since the last success."""
        return graphs_of(self._hook.metrics)


def _check(where: str, paths: Sequence[str], nothing: Sequence[str], schedule: Schedule) -> None:
    if not paths or len(set(paths)) < len(paths):
        raise ConfigurationError(
            f"{where}: checking",
            given=paths,
            allowed="at least one store, each once: a test of nothing always succeeds",
            mend="name what must be found in each store: DatabaseCheck, TableCheck, BucketCheck",
        )
    if nothing:
        raise ConfigurationError(
            f"{where}: checking",
            given=f"{', '.join(nothing)}, of which AWS Backup restores nothing",
            allowed="stores with backup_arns: a test that selects nothing never fails",
            mend="leave it out, or test the store that it is copied to",
        )
    gap = schedule.longest_gap
    if not schedule.expression.startswith("cron(") or gap is None or gap > RAREST:
        raise ConfigurationError(
            f"{where}: schedule",
            given=schedule.expression,
            allowed="cron(...), once a month at least (ledger DR-2)",
            mend="use Schedule('cron(0 10 8 * ? *)') for the 8th of each month, or leave it out",
        )
