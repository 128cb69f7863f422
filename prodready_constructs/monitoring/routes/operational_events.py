"""What breaks in an account without a metric to show it: backups, databases, secrets, deployments, certificates, AWS itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodready_constructs.contracts import EventSpec, RunbookSpec, Severity

_CRITICAL, _WARNING = Severity.CRITICAL, Severity.WARNING
_BACKUP = "https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html"
_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html"
_SECRETS = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-eventbridge.html"
_ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html"
_ACM = "https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html"
_HEALTH = "https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html"
#: Days before its end at which a certificate that did not renew is a problem (ledger OPS-2).
CERTIFICATE_DAYS = 30


def event(  # noqa: PLR0917 - a table of events reads best in this order
    event_id: str,
    severity: Severity,
    source: str,
    pattern: Mapping[str, Any],
    meaning: str,
    causes: tuple[str, ...],
    *commands: str,
) -> EventSpec:
    """One event with its runbook."""
    runbook = RunbookSpec(meaning=meaning, causes=causes, first_commands=commands)
    return EventSpec(id=event_id, pattern=pattern, severity=severity, runbook=runbook, source=source)


def _of(source: str, *kinds: str, **detail: Any) -> dict[str, Any]:
    return {"source": [source], "detail-type": list(kinds), "detail": detail}


def operational_events() -> tuple[EventSpec, ...]:
    """Events that people who run the account must hear of."""
    return (*_backup_events(), *_data_events(), *_deployment_events(), *_health_events())


def _backup_events() -> tuple[EventSpec, ...]:
    return (
        event(
            "BackupJobFailed",
            _CRITICAL,
            _BACKUP,
            # PARTIAL: some of what was to be in it is not.
            _of("aws.backup", "Backup Job State Change", state=["ABORTED", "EXPIRED", "FAILED", "PARTIAL"]),
            "A backup was not made, or not whole: the resource can be restored to an older time only.",
            (
                "the backup role may not read the resource or use its key",
                "the job did not start within its window",
                "the resource was busy",
            ),
            "aws backup list-backup-jobs --by-state FAILED --max-results 20",
            "aws backup list-backup-jobs --by-state EXPIRED --max-results 20",
        ),
        event(
            "CopyJobFailed",
            _CRITICAL,
            _BACKUP,
            _of("aws.backup", "Copy Job State Change", state=["FAILED", "PARTIAL"]),
            "A backup was not copied: the second region or account has an older one only.",
            ("the key of the other vault does not admit this account", "the other vault refuses copies", "too many copies at once"),
            "aws backup list-copy-jobs --by-state FAILED --max-results 20",
        ),
        event(
            "RestoreJobFailed",
            _CRITICAL,
            _BACKUP,
            # Restore jobs say status where the others say state.
            _of("aws.backup", "Restore Job State Change", status=["ABORTED", "FAILED"]),
            "A restore failed: of a test it proves that a backup is of no use, of an emergency that the emergency goes on.",
            (
                "the restore role may not create the resource",
                "subnets, groups or parameters of the resource are gone",
                "a quota is used up",
            ),
            "aws backup list-restore-jobs --by-status FAILED --max-results 20",
        ),
    )


def _data_events() -> tuple[EventSpec, ...]:
    return (
        event(
            "DatabaseFailure",
            _WARNING,
            _RDS,
            {
                "source": ["aws.rds"],
                "detail-type": [{"prefix": "RDS DB "}],
                "detail": {"EventCategories": ["failure", "low storage"]},
            },
            "RDS reports a failure or a full disk of a database of this account.",
            ("the instance has no storage or no connection to it", "incompatible parameters or network", "a failed restore or upgrade"),
            "aws rds describe-events --duration 120",
        ),
        event(
            "SecretNotRotated",
            _WARNING,
            _SECRETS,
            _of("aws.secretsmanager", "AWS Service Event via CloudTrail", eventName=["RotationAbandoned", "RotationFailed"]),
            "A secret was not rotated: the old value stays valid, for longer than it should.",
            ("the rotation function failed", "the database refuses the function", "somebody changed the password by hand"),
            "aws secretsmanager list-secrets --max-results 50 --query 'SecretList[].[Name,LastRotatedDate,NextRotationDate]'",
        ),
        event(
            "CertificateExpiring",
            _WARNING,
            _ACM,
            _of("aws.acm", "ACM Certificate Approaching Expiration", DaysToExpiry=[{"numeric": ["<=", CERTIFICATE_DAYS]}]),
            "A certificate ends within 30 days and was not renewed.",
            ("its validation record is gone from DNS", "it was imported, which ACM never renews"),
            "aws acm list-certificates --certificate-statuses ISSUED",
        ),
        event(
            "CertificateExpired",
            _CRITICAL,
            _ACM,
            {"source": ["aws.acm"], "detail-type": ["ACM Certificate Expired"]},
            "A certificate has ended: browsers and clients refuse whatever uses it.",
            ("nobody acted on the warnings before", "its validation record is gone from DNS"),
            "aws acm list-certificates --certificate-statuses EXPIRED",
        ),
        event(
            "CertificateNeedsAction",
            _WARNING,
            _ACM,
            {"source": ["aws.acm"], "detail-type": ["ACM Certificate Renewal Action Required"]},
            "ACM cannot renew a certificate by itself.",
            ("its validation record is gone from DNS", "a CAA record forbids Amazon's authorities"),
            "aws acm list-certificates --certificate-statuses ISSUED PENDING_VALIDATION",
        ),
    )


def _deployment_events() -> tuple[EventSpec, ...]:
    return (
        event(
            "DeploymentFailed",
            _WARNING,
            _ECS,
            _of("aws.ecs", "ECS Deployment State Change", eventName=["SERVICE_DEPLOYMENT_FAILED"]),
            "A release of an ECS service of this account failed.",
            ("the new version crashes or fails its health check", "its image or a secret cannot be read"),
            "aws ecs list-clusters",
        ),
        event(
            "TasksNotPlaced",
            _WARNING,
            _ECS,
            _of(
                "aws.ecs",
                "ECS Service Action",
                eventType=["ERROR"],
                eventName=["SERVICE_TASK_CONFIGURATION_FAILURE", "SERVICE_TASK_PLACEMENT_FAILURE"],
            ),
            "ECS cannot start tasks of a service of this account.",
            ("no Fargate capacity in the zone", "no free address in the subnets", "a quota is used up"),
            "aws ecs list-clusters",
            "aws service-quotas list-service-quotas --service-code fargate",
        ),
    )


def _health_events() -> tuple[EventSpec, ...]:
    return (
        event(
            "AwsIssue",
            _CRITICAL,
            _HEALTH,
            _of("aws.health", "AWS Health Event", eventTypeCategory=["issue"], eventScopeCode=["ACCOUNT_SPECIFIC"], statusCode=["open"]),
            "AWS has a problem that touches resources of this account.",
            ("an outage of a service or a zone: it is not you",),
            "aws health describe-events --region us-east-1 --filter eventTypeCategories=issue,eventStatusCodes=open",
        ),
        event(
            "AwsChange",
            _WARNING,
            _HEALTH,
            _of(
                "aws.health",
                "AWS Health Event",
                eventTypeCategory=["accountNotification", "scheduledChange"],
                statusCode=["open", "upcoming"],
            ),
            "AWS announces something about this account: maintenance, an end of support, a certificate authority, abuse.",
            ("a version or a machine comes to its end",),
            "aws health describe-events --region us-east-1 --filter eventTypeCategories=scheduledChange,accountNotification",
        ),
    )
