"""AWS Systems Manager Automation runbooks, as data: schema 0.3.

Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-documents.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

#: How long an approval is waited for: a person who is called at night answers within it, and nothing destructive stays open until morning.
APPROVAL_WAIT = timedelta(hours=1)
#: How long a change may take to be seen: as long as Automation waits by default.
CHANGE_WAIT = timedelta(hours=1)
#: A table of some hundred gigabytes.
RESTORE_WAIT = timedelta(hours=12)
_ROLLED_OUT = ("$.services[0].deployments[0].rolloutState", "COMPLETED")
_TIME = r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$"
_REVISION = r"^[A-Za-z0-9_-]{1,255}:[1-9][0-9]{0,9}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What one automation does, and what it must be allowed to.

    Attributes:
        does: one sentence. kinds: beginnings of the names of the pages that mention it.
        steps: after an approval, if any. outputs: ``Step.Name`` of what is shown in the end.
        statements: of its role. approved: whether somebody else agrees first. inputs: name -> what to give, for people.
    """

    does: str
    kinds: tuple[str, ...]
    steps: tuple[Mapping[str, Any], ...]
    outputs: tuple[str, ...]
    statements: tuple[Mapping[str, Any], ...]
    approved: bool = False
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


def content(action: Action, *, role_arn: str, approvers: Sequence[str], topic_arn: str | None) -> dict[str, Any]:
    """The document itself."""
    approval: list[dict[str, Any]] = []
    if action.approved:
        told = {"NotificationArn": topic_arn} if topic_arn else {}
        approval.append(
            {
                "name": "Approve",
                "action": "aws:approve",
                "onFailure": "Abort",
                "timeoutSeconds": _seconds(APPROVAL_WAIT),
                "inputs": {**told, "Message": action.does, "MinRequiredApprovals": 1, "Approvers": list(approvers)},
            }
        )
    return {
        "schemaVersion": "0.3",
        "description": action.does,
        "assumeRole": role_arn,
        "parameters": {name: dict(value) for name, value in action.parameters.items()},
        "mainSteps": [*approval, *(dict(step) for step in action.steps)],
        "outputs": list(action.outputs),
    }


def restart(*, cluster: str, service: str, service_arn: str, name: str) -> Action:
    """New tasks of the same revision, by the service's own strategy."""
    return Action(
        does=f"Starts new tasks of {name} and waits until they have taken over. The version stays: this helps tasks that hang or hold an old "
        "secret, not against a bad release.",
        kinds=("roll-back", "secret-compromised"),
        steps=(
            _call(
                "Restart",
                "ecs",
                "UpdateService",
                {"cluster": cluster, "service": service, "forceNewDeployment": True},
                {"Deployment": "$.service.deployments[0].id"},
            ),
            _deployed(cluster, service),
        ),
        outputs=("Restart.Deployment",),
        statements=({"Action": ["ecs:DescribeServices", "ecs:UpdateService"], "Resource": service_arn},),
    )


def return_to(*, cluster: str, service: str, service_arn: str, name: str) -> Action:
    """An older revision, by the service's own strategy."""
    return Action(
        does=f"Releases an older revision of {name} by its own strategy, and waits until it has taken over.",
        kinds=("roll-back",),
        approved=True,
        parameters={"Revision": _parameter("Family and number of the task definition to return to: orders:41", _REVISION)},
        inputs={"Revision": "family:number of the revision before"},
        steps=(
            _call(
                "Return",
                "ecs",
                "UpdateService",
                {"cluster": cluster, "service": service, "taskDefinition": "{{ Revision }}"},
                {"Deployment": "$.service.deployments[0].id", "Revision": "$.service.taskDefinition"},
            ),
            _deployed(cluster, service),
        ),
        outputs=("Return.Deployment", "Return.Revision"),
        statements=({"Action": ["ecs:DescribeServices", "ecs:UpdateService"], "Resource": service_arn},),
    )


def rotate(*, secret_arn: str, function_arn: str | None, name: str) -> Action:
    """A new value of a secret, now."""
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html: the caller must be allowed to call the function.
    calls = ({"Action": ["lambda:InvokeFunction"], "Resource": function_arn},) if function_arn else ()
    return Action(
        does=f"Rotates the secret of {name} now, and shows its versions two minutes later.",
        kinds=("secret-compromised",),
        steps=(
            _call(
                "Rotate", "secretsmanager", "RotateSecret", {"SecretId": secret_arn, "RotateImmediately": True}, {"Version": "$.VersionId"}
            ),
            {"name": "Wait", "action": "aws:sleep", "onFailure": "Abort", "inputs": {"Duration": "PT2M"}},
            _call("Look", "secretsmanager", "DescribeSecret", {"SecretId": secret_arn}, {"LastRotated": "$.LastRotatedDate"}),
        ),
        outputs=("Rotate.Version", "Look.LastRotated"),
        statements=({"Action": ["secretsmanager:DescribeSecret", "secretsmanager:RotateSecret"], "Resource": secret_arn}, *calls),
    )


def restore_table(*, table: str, table_arn: str, key_arn: str | None, url_suffix: str, region: str) -> Action:
    """A table as it was, beside the one that is."""
    restored = f"{table}-restored"
    sse = {"SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn}} if key_arn else {}
    key: tuple[Mapping[str, Any], ...] = ()
    if key_arn:
        through = {"StringEquals": {"kms:ViaService": f"dynamodb.{region}.{url_suffix}"}}
        key = (
            {
                "Action": ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncrypt*"],
                "Resource": key_arn,
                "Condition": through,
            },
        )
    continuous = {"PointInTimeRecoveryEnabled": True}
    return Action(
        does=f"Restores {table} to a moment of the past under the name {restored}, protected like the old one. Nothing is overwritten.",
        kinds=("restore-dynamodb", "restore-table", "restore"),
        parameters={"RestoreTime": _parameter("The last moment at which the data was right, in UTC: 2026-01-31T12:00:00Z", _TIME)},
        inputs={"RestoreTime": "2026-01-31T12:00:00Z"},
        steps=(
            _call(
                "Restore",
                "dynamodb",
                "RestoreTableToPointInTime",
                {"SourceTableName": table, "TargetTableName": restored, "RestoreDateTime": "{{ RestoreTime }}", **sse},
                {"TableArn": "$.TableDescription.TableArn"},
            ),
            _wait(
                "Ready", "dynamodb", "DescribeTable", {"TableName": restored}, until=("$.Table.TableStatus", "ACTIVE"), within=RESTORE_WAIT
            ),
            _call("Protect", "dynamodb", "UpdateTable", {"TableName": restored, "DeletionProtectionEnabled": True}, {}),
            _call(
                "Continue",
                "dynamodb",
                "UpdateContinuousBackups",
                {"TableName": restored, "PointInTimeRecoverySpecification": continuous},
                {},
            ),
        ),
        outputs=("Restore.TableArn",),
        statements=(
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html
            {
                "Action": [
                    f"dynamodb:{name}" for name in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
                ],
                "Resource": f"{table_arn}-restored",
            },
            {"Action": ["dynamodb:RestoreTableToPointInTime"], "Resource": [table_arn, f"{table_arn}-restored"]},
            {
                "Action": ["dynamodb:DescribeTable", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable"],
                "Resource": f"{table_arn}-restored",
            },
            *key,
        ),
    )


def fail_over_instance(*, identifier: str, arn: str) -> Action:
    """The standby of an RDS instance takes over."""
    asked = {"DBInstanceIdentifier": identifier}
    return Action(
        does=f"Makes the standby of {identifier} the database, in about a minute in which connections break. It helps when the database or its "
        "zone fails; lost or damaged data is as lost on the standby.",
        kinds=("restore-",),
        approved=True,
        steps=(
            _call("FailOver", "rds", "RebootDBInstance", {**asked, "ForceFailover": True}, {"Status": "$.DBInstance.DBInstanceStatus"}),
            _wait(
                "Back", "rds", "DescribeDBInstances", asked, until=("$.DBInstances[0].DBInstanceStatus", "available"), within=CHANGE_WAIT
            ),
            _call("Look", "rds", "DescribeDBInstances", asked, {"Zone": "$.DBInstances[0].AvailabilityZone"}),
        ),
        outputs=("FailOver.Status", "Look.Zone"),
        statements=({"Action": ["rds:DescribeDBInstances", "rds:RebootDBInstance"], "Resource": arn},),
    )


def fail_over_cluster(*, identifier: str, arn: str) -> Action:
    """A reader of an Aurora cluster becomes its writer."""
    asked = {"DBClusterIdentifier": identifier}
    return Action(
        does=f"Makes a reader of {identifier} its writer, in less than a minute in which connections break. It helps when the writer or its "
        "zone fails; lost or damaged data is as lost on the reader.",
        kinds=("restore-",),
        approved=True,
        steps=(
            _call("FailOver", "rds", "FailoverDBCluster", asked, {"Status": "$.DBCluster.Status"}),
            _wait("Back", "rds", "DescribeDBClusters", asked, until=("$.DBClusters[0].Status", "available"), within=CHANGE_WAIT),
        ),
        outputs=("FailOver.Status",),
        statements=({"Action": ["rds:DescribeDBClusters", "rds:FailoverDBCluster"], "Resource": arn},),
    )


def _call(name: str, service: str, api: str, inputs: Mapping[str, Any], outputs: Mapping[str, str]) -> dict[str, Any]:
    shown = [{"Name": output, "Selector": selector, "Type": "String"} for output, selector in outputs.items()]
    return {
        "name": name,
        "action": "aws:executeAwsApi",
        "onFailure": "Abort",
        "inputs": {"Service": service, "Api": api, **inputs},
        **({"outputs": shown} if shown else {}),
    }


def _wait(name: str, service: str, api: str, inputs: Mapping[str, Any], *, until: tuple[str, str], within: timedelta) -> dict[str, Any]:
    return {
        "name": name,
        "action": "aws:waitForAwsResourceProperty",
        "onFailure": "Abort",
        "timeoutSeconds": _seconds(within),
        "inputs": {"Service": service, "Api": api, **inputs, "PropertySelector": until[0], "DesiredValues": [until[1]]},
    }


def _deployed(cluster: str, service: str) -> dict[str, Any]:
    asked = {"cluster": cluster, "services": [service]}
    return _wait("Deployed", "ecs", "DescribeServices", asked, until=_ROLLED_OUT, within=CHANGE_WAIT)


def _parameter(description: str, pattern: str) -> dict[str, str]:
    return {"type": "String", "description": description, "allowedPattern": pattern}


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
