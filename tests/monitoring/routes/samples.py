"""Events in the shape that AWS documents, with values of our own: for each event id, what must match and what must not."""

from __future__ import annotations

import copy
from typing import Any

_ACCOUNT, _REGION = "111122223333", "eu-central-1"


def envelope(source: str, kind: str, detail: dict[str, Any], *resources: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "9d0b1a52-0000-4000-8000-000000000001",
        "detail-type": kind,
        "source": source,
        "account": _ACCOUNT,
        "time": "2026-06-01T10:00:00Z",
        "region": _REGION,
        "resources": list(resources),
        "detail": detail,
    }


def changed(event: dict[str, Any], **detail: Any) -> dict[str, Any]:
    """*event* with other values in its detail; ``a__b`` is a field below a field, None takes one away."""
    other = copy.deepcopy(event)
    for path, value in detail.items():
        *above, name = path.split("__")
        place = other["detail"]
        for step in above:
            place = place[0] if isinstance(place, list) else place
            place = place[step]
        place = place[0] if isinstance(place, list) else place
        if value is None:
            place.pop(name, None)
        else:
            place[name] = value
    return other


_BACKUP = envelope(
    "aws.backup",
    "Backup Job State Change",
    {
        "backupJobId": "0A1B2C3D-0000-0000-0000-000000000001",
        "backupSizeInBytes": "0",
        "backupVaultArn": f"arn:aws:backup:{_REGION}:{_ACCOUNT}:backup-vault:daily",
        "backupVaultName": "daily",
        "bytesTransferred": "0",
        "creationDate": "2026-06-01T09:00:00.000Z",
        "completionDate": "2026-06-01T09:30:00.000Z",
        "iamRoleArn": f"arn:aws:iam::{_ACCOUNT}:role/backup",
        "resourceArn": f"arn:aws:dynamodb:{_REGION}:{_ACCOUNT}:table/orders",
        "resourceType": "DynamoDB",
        "state": "FAILED",
        "statusMessage": "Access denied",
        "percentDone": 0.0,
        "createdBy": {"backupPlanArn": f"arn:aws:backup:{_REGION}:{_ACCOUNT}:backup-plan:1", "backupRuleId": "1"},
    },
)
_COPY = envelope(
    "aws.backup",
    "Copy Job State Change",
    {
        "copyJobId": "0A1B2C3D-0000-0000-0000-000000000002",
        "backupSizeInBytes": 22548578304,
        "creationDate": "2026-06-01T09:00:00.000Z",
        "iamRoleArn": f"arn:aws:iam::{_ACCOUNT}:role/backup",
        "resourceArn": f"arn:aws:ec2:{_REGION}:{_ACCOUNT}:instance/i-0",
        "resourceType": "EC2",
        "sourceBackupVaultArn": f"arn:aws:backup:{_REGION}:{_ACCOUNT}:backup-vault:daily",
        "state": "FAILED",
        "statusMessage": "Access denied to the destination",
        "destinationBackupVaultArn": f"arn:aws:backup:eu-west-1:{_ACCOUNT}:backup-vault:copies",
    },
)
_RESTORE = envelope(
    "aws.backup",
    "Restore Job State Change",
    {
        "restoreJobId": "0A1B2C3D-0000-0000-0000-000000000003",
        "backupSizeInBytes": "0",
        "creationDate": "2026-06-01T09:00:00.000Z",
        "iamRoleArn": f"arn:aws:iam::{_ACCOUNT}:role/restore",
        "percentDone": 0,
        "resourceType": "RDS",
        "status": "FAILED",
        "statusMessage": "No such subnet group",
    },
)
_RDS = envelope(
    "aws.rds",
    "RDS DB Instance Event",
    {
        "EventCategories": ["failure"],
        "SourceType": "DB_INSTANCE",
        "SourceArn": f"arn:aws:rds:{_REGION}:{_ACCOUNT}:db:orders",
        "Date": "2026-06-01T10:00:00.000Z",
        "Message": "The DB instance has failed",
        "SourceIdentifier": "orders",
        "EventID": "RDS-EVENT-0031",
        "Tags": {},
    },
    f"arn:aws:rds:{_REGION}:{_ACCOUNT}:db:orders",
)
_ROTATION = envelope(
    "aws.secretsmanager",
    "AWS Service Event via CloudTrail",
    {
        "eventVersion": "1.08",
        "userIdentity": {"accountId": _ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"},
        "eventTime": "2026-06-01T10:00:00Z",
        "eventSource": "secretsmanager.amazonaws.com",
        "eventName": "RotationFailed",
        "awsRegion": _REGION,
        "requestParameters": None,
        "responseElements": None,
        "additionalEventData": {"SecretId": f"arn:aws:secretsmanager:{_REGION}:{_ACCOUNT}:secret:shop/production/db-AbCdEf"},
        "readOnly": False,
        "eventType": "AwsServiceEvent",
    },
)
_CERTIFICATE = envelope(
    "aws.acm", "ACM Certificate Approaching Expiration", {"DaysToExpiry": 30, "CommonName": "shop.example.com", "InUse": True}
)
_EXPIRED = envelope(
    "aws.acm",
    "ACM Certificate Expired",
    {"CertificateType": "Imported", "CommonName": "shop.example.com", "InUse": True, "Exported": False},
)
_RENEWAL = envelope(
    "aws.acm",
    "ACM Certificate Renewal Action Required",
    {"CertificateType": "AMAZON_ISSUED", "CommonName": "shop.example.com", "DaysToExpiry": 40, "RenewalStatusReason": "CAA_ERROR"},
)
_DEPLOYMENT = envelope(
    "aws.ecs",
    "ECS Deployment State Change",
    {
        "eventType": "ERROR",
        "eventName": "SERVICE_DEPLOYMENT_FAILED",
        "deploymentId": "ecs-svc/123",
        "updatedAt": "2026-06-01T10:00:00Z",
        "reason": "ECS deployment circuit breaker: tasks failed to start.",
    },
    f"arn:aws:ecs:{_REGION}:{_ACCOUNT}:service/shop/api",
)
_ACTION = envelope(
    "aws.ecs",
    "ECS Service Action",
    {
        "eventType": "ERROR",
        "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
        "clusterArn": f"arn:aws:ecs:{_REGION}:{_ACCOUNT}:cluster/shop",
        "capacityProviderArns": [],
        "reason": "RESOURCE:FARGATE",
        "createdAt": "2026-06-01T10:00:00.000Z",
    },
    f"arn:aws:ecs:{_REGION}:{_ACCOUNT}:service/shop/api",
)
_HEALTH = envelope(
    "aws.health",
    "AWS Health Event",
    {
        "eventArn": f"arn:aws:health:{_REGION}::event/RDS/AWS_RDS_OPERATIONAL_ISSUE/1",
        "service": "RDS",
        "eventTypeCode": "AWS_RDS_OPERATIONAL_ISSUE",
        "eventTypeCategory": "issue",
        "eventScopeCode": "ACCOUNT_SPECIFIC",
        "communicationId": "1",
        "startTime": "Mon, 1 Jun 2026 10:00:00 GMT",
        "lastUpdatedTime": "Mon, 1 Jun 2026 10:05:00 GMT",
        "statusCode": "open",
        "eventRegion": _REGION,
        "eventDescription": [{"language": "en_US", "latestDescription": "Some instances do not answer."}],
        "affectedEntities": [{"entityValue": "orders", "status": "IMPAIRED"}],
        "page": "1",
        "totalPages": "1",
        "affectedAccount": _ACCOUNT,
    },
)
_CHANGE = changed(_HEALTH, eventTypeCategory="scheduledChange", eventTypeCode="AWS_RDS_MAINTENANCE_SCHEDULED", statusCode="upcoming")
_THREAT = envelope(
    "aws.guardduty",
    "GuardDuty Finding",
    {
        "schemaVersion": "2.0",
        "accountId": _ACCOUNT,
        "region": _REGION,
        "id": "1",
        "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        "resource": {"resourceType": "AccessKey"},
        "service": {"serviceName": "guardduty", "archived": False, "count": 1},
        "severity": 8.0,
        "title": "Credentials of an instance are used elsewhere",
    },
)
_FINDING = envelope(
    "aws.securityhub",
    "Security Hub Findings - Imported",
    {
        "findings": [
            {
                "SchemaVersion": "2018-10-08",
                "Id": "1",
                "ProductName": "Security Hub",
                "AwsAccountId": _ACCOUNT,
                "Severity": {"Label": "CRITICAL", "Normalized": 90},
                "Title": "S3 buckets should block public access",
                "Workflow": {"Status": "NEW"},
                "RecordState": "ACTIVE",
                "Compliance": {"Status": "FAILED"},
            }
        ]
    },
)
_ACCESS = envelope(
    "aws.access-analyzer",
    "Access Analyzer Finding",
    {
        "version": "1.0",
        "id": "1",
        "status": "ACTIVE",
        "resourceType": "AWS::S3::Bucket",
        "resource": "arn:aws:s3:::shop-assets",
        "createdAt": "2026-06-01T09:59:00Z",
        "accountId": _ACCOUNT,
        "region": _REGION,
        "principal": {"AWS": "*"},
        "action": ["s3:GetObject"],
        "condition": {},
        "isPublic": True,
    },
)
_ROOT = envelope(
    "aws.iam",
    "AWS API Call via CloudTrail",
    {
        "eventVersion": "1.08",
        "userIdentity": {"type": "Root", "principalId": _ACCOUNT, "arn": f"arn:aws:iam::{_ACCOUNT}:root", "accountId": _ACCOUNT},
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey",
        "awsRegion": "us-east-1",
        "eventType": "AwsApiCall",
        "readOnly": False,
    },
)
_ROLE = {"type": "AssumedRole", "principalId": "AROA:ops", "accountId": _ACCOUNT}
_KEY = envelope(
    "aws.kms",
    "AWS API Call via CloudTrail",
    {
        "userIdentity": _ROLE,
        "eventSource": "kms.amazonaws.com",
        "eventName": "ScheduleKeyDeletion",
        "requestParameters": {"keyId": "1", "pendingWindowInDays": 7},
        "eventType": "AwsApiCall",
    },
)
_TRAIL = envelope(
    "aws.cloudtrail",
    "AWS API Call via CloudTrail",
    {"userIdentity": _ROLE, "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "eventType": "AwsApiCall"},
)
_SIGN_IN = envelope(
    "aws.signin",
    "AWS Console Sign In via CloudTrail",
    {
        "userIdentity": {"type": "Root", "principalId": _ACCOUNT, "arn": f"arn:aws:iam::{_ACCOUNT}:root", "accountId": _ACCOUNT},
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "us-east-1",
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MobileVersion": "No", "MFAUsed": "Yes"},
        "eventType": "AwsConsoleSignIn",
    },
)
_ELSEWHERE = {**_RDS, "source": "custom.rds"}

#: Event id -> (what must match, what must not).
SAMPLES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "BackupJobFailed": (
        [_BACKUP, changed(_BACKUP, state="EXPIRED"), changed(_BACKUP, state="ABORTED"), changed(_BACKUP, state="PARTIAL")],
        [changed(_BACKUP, state="COMPLETED"), changed(_BACKUP, state="RUNNING"), _COPY, _RESTORE],
    ),
    "CopyJobFailed": (
        [_COPY, changed(_COPY, state="PARTIAL")],
        [changed(_COPY, state="COMPLETED"), changed(_COPY, state="RUNNING"), _BACKUP],
    ),
    "RestoreJobFailed": (
        [_RESTORE, changed(_RESTORE, status="ABORTED")],
        [
            changed(_RESTORE, status="COMPLETED"),
            changed(_RESTORE, status="RUNNING"),
            changed(_RESTORE, status=None, state="FAILED"),
            _BACKUP,
        ],
    ),
    "DatabaseFailure": (
        [
            _RDS,
            changed(_RDS, EventCategories=["availability", "low storage"]),
            {**_RDS, "detail-type": "RDS DB Cluster Event"},
        ],
        [
            changed(_RDS, EventCategories=["backup"]),
            changed(_RDS, EventCategories=[]),
            _ELSEWHERE,
            {**_RDS, "detail-type": "AWS API Call via CloudTrail"},
        ],
    ),
    "SecretNotRotated": (
        [_ROTATION, changed(_ROTATION, eventName="RotationAbandoned")],
        [changed(_ROTATION, eventName="RotationSucceeded"), changed(_ROTATION, eventName="RotationStarted")],
    ),
    "CertificateExpiring": (
        [_CERTIFICATE, changed(_CERTIFICATE, DaysToExpiry=1)],
        [changed(_CERTIFICATE, DaysToExpiry=31), changed(_CERTIFICATE, DaysToExpiry="7"), _RENEWAL],
    ),
    "CertificateExpired": ([_EXPIRED], [_CERTIFICATE, _RENEWAL]),
    "CertificateNeedsAction": ([_RENEWAL], [_EXPIRED, _CERTIFICATE]),
    "DeploymentFailed": (
        [_DEPLOYMENT],
        [
            changed(_DEPLOYMENT, eventName="SERVICE_DEPLOYMENT_COMPLETED", eventType="INFO"),
            changed(_ACTION, eventName="SERVICE_STEADY_STATE"),
        ],
    ),
    "TasksNotPlaced": (
        [_ACTION, changed(_ACTION, eventName="SERVICE_TASK_CONFIGURATION_FAILURE")],
        [changed(_ACTION, eventName="SERVICE_STEADY_STATE", eventType="INFO"), _DEPLOYMENT],
    ),
    "AwsIssue": (
        [_HEALTH],
        [changed(_HEALTH, statusCode="closed"), changed(_HEALTH, eventScopeCode="PUBLIC"), _CHANGE],
    ),
    "AwsChange": (
        [_CHANGE, changed(_CHANGE, eventTypeCategory="accountNotification", statusCode="open")],
        [changed(_CHANGE, statusCode="closed"), _HEALTH],
    ),
    "ThreatHigh": (
        [_THREAT, changed(_THREAT, severity=7), changed(_THREAT, severity=9.5)],
        [changed(_THREAT, severity=6.9), changed(_THREAT, severity="8")],
    ),
    "ThreatMedium": (
        [changed(_THREAT, severity=4), changed(_THREAT, severity=6.9)],
        [changed(_THREAT, severity=3.9), changed(_THREAT, severity=7), _THREAT],
    ),
    "FindingCritical": (
        [_FINDING],
        [
            changed(_FINDING, findings__Severity__Label="HIGH"),
            changed(_FINDING, findings__Workflow__Status="SUPPRESSED"),
            changed(_FINDING, findings__RecordState="ARCHIVED"),
            changed(_FINDING, findings__ProductName="GuardDuty"),
        ],
    ),
    "FindingHigh": (
        [changed(_FINDING, findings__Severity__Label="HIGH")],
        [_FINDING, changed(_FINDING, findings__Severity__Label="MEDIUM")],
    ),
    "PublicAccess": (
        [_ACCESS],
        [changed(_ACCESS, isPublic=False), changed(_ACCESS, status="ARCHIVED"), changed(_ACCESS, status="RESOLVED")],
    ),
    "ForeignAccess": ([changed(_ACCESS, isPublic=False)], [_ACCESS, changed(_ACCESS, isPublic=False, status="RESOLVED")]),
    "RootCall": (
        [_ROOT, {**_ROOT, "source": "aws.ec2"}],
        [
            changed(_ROOT, userIdentity__type="IAMUser"),
            changed(_ROOT, userIdentity__invokedBy="autoscaling.amazonaws.com"),
            changed(_ROOT, eventType="AwsServiceEvent"),
            _SIGN_IN,
        ],
    ),
    "KeyDisabled": (
        [_KEY, changed(_KEY, eventName="DisableKey")],
        [changed(_KEY, eventName="EnableKey"), changed(_KEY, errorCode="AccessDenied"), changed(_KEY, eventName="CancelKeyDeletion")],
    ),
    "TrailStopped": (
        [_TRAIL, changed(_TRAIL, eventName="DeleteTrail")],
        [changed(_TRAIL, eventName="StartLogging"), changed(_TRAIL, errorCode="AccessDenied")],
    ),
    "RootSignIn": (
        [_SIGN_IN, changed(_SIGN_IN, responseElements__ConsoleLogin="Failure")],
        [changed(_SIGN_IN, userIdentity__type="IAMUser"), _ROOT],
    ),
}
