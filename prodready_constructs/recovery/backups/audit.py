"""AWS Backup Audit Manager: whether backups are what the posture says, judged daily by AWS, with reports into a bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Names
from aws_cdk import aws_backup as backup
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, Part
from prodready_constructs.posture import RecoveryPosture

CONTROLS = (
    ControlClaim(
        control="DR-1",
        how="An AWS Backup Audit Manager framework with the posture's retention, lock, copy and encryption; daily reports into a bucket",
        frameworks=("NIST 800-53 r5 CA-7", "NIST 800-53 r5 CP-9", "SOC 2 CC4.1"),
    ),
)
#: Kinds of stores that this library makes, as AWS Backup calls them; and those that may opt in.
RESOURCES = ("Aurora", "DynamoDB", "RDS", "S3")
FURTHER = ("EBS", "EC2", "EFS", "FSx")
#: Templates of reports: of jobs, and of the framework.
JOBS = ("BACKUP_JOB_REPORT", "COPY_JOB_REPORT", "RESTORE_JOB_REPORT")
#: Controls that judge stores; the others judge plans, vaults and recovery points.
SCOPED = frozenset(
    {
        "BACKUP_LAST_RECOVERY_POINT_CREATED",
        "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN",
        "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK",
        "BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION",
    }
)
#: AWS Backup's own role that writes reports, and the folder it writes into.
WRITER, PREFIX = "aws-service-role/reports.backup.amazonaws.com/AWSServiceRoleForBackupReports", "backup-audit"
COMPLIANCE = ("CONTROL_COMPLIANCE_REPORT", "RESOURCE_COMPLIANCE_REPORT")


class BackupAudit(Part):
    """A framework of AWS Backup Audit Manager and its reports.

    Always: every store of the named kinds in the account is in a plan, was backed up within a day, with encrypted recovery points that are
    kept as long as *posture* says and that nobody deletes by hand; reports of backup, copy and restore jobs, of controls and of resources,
    daily, as CSV and JSON. *posture* decides about retention, lock and the copy.

    AWS Config must record the resources (its own cost); the framework judges nothing without it. AWS Backup's role for reports must be there
    before the bucket policy that names it: ``aws iam create-service-linked-role --aws-service-name reports.backup.amazonaws.com``, once.

    Args:
        posture: what is promised.
        reports: the bucket; its key must be of this account. A bucket policy lets AWS Backup's own role write, and nobody else.
        resources: kinds of stores that are judged.

    Raises:
        ConfigurationError: no kind, or one that AWS Backup does not know.

    Sources: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html,
        https://docs.aws.amazon.com/aws-backup/latest/devguide/create-report-plan-console.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: RecoveryPosture,
        reports: s3.IBucket,
        resources: Sequence[str] = RESOURCES,
    ) -> None:
        super().__init__(scope, construct_id)
        unknown = [kind for kind in resources if kind not in RESOURCES + FURTHER]
        if unknown or not resources:
            raise ConfigurationError(
                f"{self.path}: resources",
                given=unknown or "no kind of store",
                allowed=f"some of {', '.join(sorted(RESOURCES + FURTHER))}",
                mend="leave it out for all that this library makes",
            )
        name = Names.unique_resource_name(self, max_length=200, separator="_", allowed_special_characters="_")
        #: The framework itself.
        self.framework = backup.CfnFramework(
            self,
            "Framework",
            framework_name=f"Audit_{name}",
            framework_description=f"{self.path}: backups as the posture promises them",
            framework_controls=[_control(control, values, resources) for control, values in _controls(posture).items()],
        )
        writer = iam.ArnPrincipal(f"arn:{PARTITION}:iam::{ACCOUNT_ID}:role/{WRITER}")
        reports.add_to_resource_policy(
            iam.PolicyStatement(
                sid="BackupReports",
                principals=[writer],
                actions=["s3:PutObject"],
                resources=[reports.arn_for_objects(f"{PREFIX}/*")],
                conditions={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
            )
        )
        if key := reports.encryption_key:
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="BackupReports", principals=[writer], actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=["*"]
                )
            )
        # As CloudFormation writes them: the CDK takes both as they are.
        channel = {"S3BucketName": reports.bucket_name, "S3KeyPrefix": PREFIX, "Formats": ["CSV", "JSON"]}
        frameworks = {"FrameworkArns": [self.framework.attr_framework_arn]}
        for template in (*JOBS, *COMPLIANCE):
            backup.CfnReportPlan(
                self,
                template.title().replace("_", ""),
                report_plan_name=f"{template.lower()}_{name}",
                report_delivery_channel=channel,
                report_setting={"ReportTemplate": template, **(frameworks if template in COMPLIANCE else {})},
            )
        record(self, controls=CONTROLS, tier="recovery", audits=list(resources))


def _controls(posture: RecoveryPosture) -> dict[str, dict[str, object]]:
    """Controls and their parameters, as the posture promises."""
    kept = [days.days for days in (posture.daily_retention, posture.weekly_retention, posture.monthly_retention) if days is not None]
    shortest: dict[str, object] = {"requiredRetentionDays": min(kept)}
    controls: dict[str, dict[str, object]] = {
        "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN": {},
        "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK": {"requiredFrequencyUnit": "days", "requiredFrequencyValue": 1, **shortest},
        "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK": shortest,
        "BACKUP_RECOVERY_POINT_ENCRYPTED": {},
        "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED": {},
        "BACKUP_LAST_RECOVERY_POINT_CREATED": {"recoveryPointAgeUnit": "days", "recoveryPointAgeValue": 1},
    }
    if posture.vault_lock:
        controls["BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK"] = {"minRetentionDays": min(kept), "maxRetentionDays": max(kept)}
    if posture.copy_to_second_region:
        controls["BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION"] = {}
    return controls


def _control(name: str, values: Mapping[str, object], resources: Sequence[str]) -> backup.CfnFramework.FrameworkControlProperty:
    parameter = backup.CfnFramework.ControlInputParameterProperty
    return backup.CfnFramework.FrameworkControlProperty(
        control_name=name,
        control_input_parameters=[parameter(parameter_name=key, parameter_value=str(value)) for key, value in values.items()] or None,
        control_scope={"ComplianceResourceTypes": list(resources)} if name in SCOPED else None,
    )
