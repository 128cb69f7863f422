"""Automations of what holds data: restored beside what is there, or led over to what stands by. As data; no AWS module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from prodready_constructs.recovery.procedures.document import CHANGE_WAIT, Action, call, parameter, wait

#: A table, or a database, of some hundred gigabytes.
RESTORE_WAIT = timedelta(hours=12)
_TIME = r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$"
_MOMENT = {"RestoreTime": parameter("The last moment at which the data was right, in UTC: 2026-01-31T12:00:00Z", _TIME)}
_SAID = {"RestoreTime": "2026-01-31T12:00:00Z"}


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
        parameters=_MOMENT,
        inputs=_SAID,
        steps=(
            call(
                "Restore",
                "dynamodb",
                "RestoreTableToPointInTime",
                {"SourceTableName": table, "TargetTableName": restored, "RestoreDateTime": "{{ RestoreTime }}", **sse},
                {"TableArn": "$.TableDescription.TableArn"},
            ),
            wait(
                "Ready", "dynamodb", "DescribeTable", {"TableName": restored}, until=("$.Table.TableStatus", "ACTIVE"), within=RESTORE_WAIT
            ),
            call("Protect", "dynamodb", "UpdateTable", {"TableName": restored, "DeletionProtectionEnabled": True}, {}),
            call(
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
            call("FailOver", "rds", "RebootDBInstance", {**asked, "ForceFailover": True}, {"Status": "$.DBInstance.DBInstanceStatus"}),
            wait("Back", "rds", "DescribeDBInstances", asked, until=("$.DBInstances[0].DBInstanceStatus", "available"), within=CHANGE_WAIT),
            call("Look", "rds", "DescribeDBInstances", asked, {"Zone": "$.DBInstances[0].AvailabilityZone"}),
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
            call("FailOver", "rds", "FailoverDBCluster", asked, {"Status": "$.DBCluster.Status"}),
            wait("Back", "rds", "DescribeDBClusters", asked, until=("$.DBClusters[0].Status", "available"), within=CHANGE_WAIT),
        ),
        outputs=("FailOver.Status",),
        statements=({"Action": ["rds:DescribeDBClusters", "rds:FailoverDBCluster"], "Resource": arn},),
    )


def restore_instance(
    *, identifier: str, arn: str, groups: Mapping[str, tuple[str, str]], security_groups: Sequence[str], key_arn: str | None, through: str
) -> Action:
    """A database as it was, beside the one that is. *groups*: subgrp, pg and og, each with its name and ARN."""
    restored = f"{identifier}-restored"
    asked = {"DBInstanceIdentifier": restored}
    key: tuple[Mapping[str, Any], ...] = ()
    if key_arn:
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
        key = (
            {
                "Action": ["kms:CreateGrant", "kms:DescribeKey"],
                "Resource": key_arn,
                "Condition": {"StringEquals": {"kms:ViaService": through}},
            },
        )
    return Action(
        does=f"Restores {identifier} to a moment of the past under the name {restored}, in the network and with the parameters of the old one. "
        "Nothing is overwritten: look at the data, then exchange the names by hand.",
        kinds=("restore-",),
        parameters=_MOMENT,
        inputs=_SAID,
        steps=(
            call(
                "Restore",
                "rds",
                "RestoreDBInstanceToPointInTime",
                {
                    "SourceDBInstanceIdentifier": identifier,
                    "TargetDBInstanceIdentifier": restored,
                    "RestoreTime": "{{ RestoreTime }}",
                    "DBSubnetGroupName": groups["subgrp"][0],
                    "DBParameterGroupName": groups["pg"][0],
                    "OptionGroupName": groups["og"][0],
                    "VpcSecurityGroupIds": list(security_groups),
                    "PubliclyAccessible": False,
                    "DeletionProtection": True,
                    "EnableIAMDatabaseAuthentication": True,
                    "CopyTagsToSnapshot": True,
                },
                {"Status": "$.DBInstance.DBInstanceStatus"},
            ),
            wait(
                "Ready", "rds", "DescribeDBInstances", asked, until=("$.DBInstances[0].DBInstanceStatus", "available"), within=RESTORE_WAIT
            ),
            call("Look", "rds", "DescribeDBInstances", asked, {"Address": "$.DBInstances[0].Endpoint.Address"}),
        ),
        outputs=("Restore.Status", "Look.Address"),
        statements=(
            # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
            {
                "Action": ["rds:RestoreDBInstanceToPointInTime"],
                "Resource": [arn, f"{arn}-restored", *(group for _, group in groups.values())],
            },
            {"Action": ["rds:AddTagsToResource", "rds:DescribeDBInstances"], "Resource": f"{arn}-restored"},
            *key,
        ),
    )


def promote_replica(*, identifier: str, arn: str) -> Action:
    """A read replica becomes a database of its own."""
    asked = {"DBInstanceIdentifier": identifier}
    return Action(
        does=f"Promotes the read replica {identifier}: it takes writes and follows nobody any more. There is no way back.",
        kinds=("restore-", "fail-over"),
        approved=True,
        steps=(
            call("Promote", "rds", "PromoteReadReplica", asked, {"Status": "$.DBInstance.DBInstanceStatus"}),
            wait(
                "Ready", "rds", "DescribeDBInstances", asked, until=("$.DBInstances[0].DBInstanceStatus", "available"), within=CHANGE_WAIT
            ),
            call("Look", "rds", "DescribeDBInstances", asked, {"Address": "$.DBInstances[0].Endpoint.Address"}),
        ),
        outputs=("Promote.Status", "Look.Address"),
        statements=({"Action": ["rds:DescribeDBInstances", "rds:PromoteReadReplica"], "Resource": arn},),
    )
