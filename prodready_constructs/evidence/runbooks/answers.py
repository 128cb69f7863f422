"""What a command of a page answers when all goes well: a line or two, with other names and times than yours."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: A global option with its value may stand before the verb.
_COMMAND = re.compile(r"(?:^|[\s;(|&])aws ([a-z0-9][a-z0-9-]*) (?:--[a-z-]+ \S+ )*([a-z0-9][a-z0-9-]*)(?: ([a-z0-9-]+))?")
#: Command -> what one looks for in its answer.
KNOWN = {
    "acm describe-certificate": '"Status": "ISSUED", "RenewalSummary": {"RenewalStatus": "SUCCESS"}',
    "backup list-backup-jobs": '"State": "COMPLETED"',
    "backup list-copy-jobs": '"State": "COMPLETED"',
    "backup list-restore-jobs": '"Status": "COMPLETED"',
    "backup start-restore-job": '{"RestoreJobId": "1A2B3C4D-..."}',
    "cloudwatch describe-alarm-history": "Alarm updated from OK to ALARM, newest first, with the datapoints that did it",
    "cloudwatch describe-alarms": "OK",
    "cloudwatch get-metric-statistics": '"Datapoints": [...], in no order: read their timestamps',
    "deploy get-deployment": '"status": "Stopped" with "rollbackInfo", or "Succeeded"',
    "dynamodb describe-continuous-backups": '"PointInTimeRecoveryStatus": "ENABLED" and the two ends of the window',
    "dynamodb restore-table-to-point-in-time": '"TableStatus": "CREATING", "RestoreInProgress": true',
    "dynamodb update-continuous-backups": '"PointInTimeRecoveryStatus": "ENABLED"',
    "dynamodb update-table": '"TableStatus": "UPDATING"',
    "dynamodb update-time-to-live": '"Enabled": true',
    "ecs describe-services": '"rolloutState": "COMPLETED", and runningCount as desiredCount',
    "ecs list-service-deployments": '"status": "SUCCESSFUL"; IN_PROGRESS and ROLLBACK_IN_PROGRESS are not over yet',
    "ecs stop-service-deployment": "the ARN of the deployment that goes back",
    "ecs update-service": '"rolloutState": "IN_PROGRESS" of a new deployment',
    "elasticache create-replication-group": '"Status": "creating"',
    "elasticache test-failover": '"Status": "modifying"',
    "elbv2 describe-target-health": '"State": "healthy"',
    "lambda update-alias": '"FunctionVersion": the version you named',
    "lambda invoke": '"StatusCode": 200 and no FunctionError',
    "logs start-query": '{"queryId": "..."}: ask get-query-results for it after some seconds',
    "rds describe-db-clusters": 'two times, or "Status": "available"',
    "rds describe-db-instances": 'two times, or "DBInstanceStatus": "available"',
    "rds promote-read-replica": '"DBInstanceStatus": "modifying"; it is a replica no more when ReadReplicaSourceDBInstanceIdentifier is gone',
    "rds failover-global-cluster": '"Status": "failing-over", and "available" when the other region writes',
    "rds failover-db-cluster": '"Status": "available" at first; describe-events then says that the failover completed',
    "rds modify-db-cluster": '"Status": "available", and the change in PendingModifiedValues until it is made',
    "rds modify-db-instance": '"DBInstanceStatus": "available", and the change in PendingModifiedValues until it is made',
    "rds create-db-instance": '"DBInstanceStatus": "creating"',
    "rds reboot-db-instance": '"DBInstanceStatus": "rebooting"',
    "rds restore-db-cluster-to-point-in-time": '"Status": "creating"',
    "rds restore-db-instance-to-point-in-time": '"DBInstanceStatus": "creating"',
    "s3api copy-object": '"CopyObjectResult" with an ETag, and a new VersionId',
    "s3api delete-object": '"DeleteMarker": true: it was the marker that went',
    "s3api list-object-versions": "versions and delete markers, newest first",
    "s3control create-job": '{"JobId": "..."}',
    "route53 get-health-check-status": '"Status": "Failure: ..." of most of the checkers, or "Success: HTTP Status Code 200, OK"',
    "route53 update-health-check": '"Inverted": true',
    "application-autoscaling register-scalable-target": "the ScalableTargetARN; the service grows within a minute",
    "ecr describe-images": "the newest images, the release that runs among them",
    "secretsmanager stop-replication-to-replica": "the ARN of the secret, which is one of its own from now on",
    "secretsmanager rotate-secret": "the VersionId that is being made",
    "secretsmanager describe-secret": '"LastRotatedDate" minutes ago, and one version with AWSCURRENT',
    "sqs start-message-move-task": '{"TaskHandle": "..."}',
    "ssm start-automation-execution": '{"AutomationExecutionId": "..."}',
}
_BY_VERB = (
    (("describe", "get", "list", "lookup", "head", "receive"), "the answer as JSON or text; an empty list means that there is none"),
    (("tail",), "log lines, oldest first; no line means that none came in that time"),
    (("wait",), "nothing: it returns when that is so, and with status 255 when it is not in time"),
    (("delete", "purge", "send", "publish", "put", "reset"), "nothing, or an id: an error would be said"),
    (("update", "modify", "set", "start", "stop", "create", "restore"), "the changed resource, or its new id, as JSON"),
)


def answers(commands: Iterable[str]) -> list[str]:
    """One line for each AWS CLI command in *commands*, each command once: ``aws rds wait``: nothing: it returns ..."""
    found: dict[str, str] = {}
    for command in commands:
        for service, verb, third in _COMMAND.findall(command):
            name = f"{service} {verb}"
            found.setdefault(f"{name} {third}" if verb == "wait" else name, KNOWN.get(name) or _by_verb(verb))
    return [f"`aws {name}`: {said}" for name, said in found.items()]


def _by_verb(verb: str) -> str:
    first = verb.split("-", 1)[0]
    return next((said for verbs, said in _BY_VERB if first in verbs), "what was done, as JSON; an error would be said")
