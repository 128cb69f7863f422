"""What rotated secrets share: a name of one form, a schedule, and a policy that keeps strangers out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.part import ACCOUNT_ID, REGION, URL_SUFFIX

#: ``<app>/<env>/<name>``.
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$")
#: Rotation may be as frequent as daily and as rare as the auditors accept (PCI DSS 3.2.1 8.2.4, ledger SEC-2).
SHORTEST_PERIOD, LONGEST_PERIOD = timedelta(days=1), timedelta(days=90)


def deny_strangers(secret: secretsmanager.Secret) -> None:
    """No read without TLS or from another account, and no public policy."""
    for condition in (
        {"Bool": {"aws:SecureTransport": "false"}},
        {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT_ID}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
    ):
        added = secret.add_to_resource_policy(
            iam.PolicyStatement.from_json(
                {
                    "Effect": "Deny",
                    "Principal": {"AWS": "*"},
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": "*",  # in a secret's own policy: this secret
                    "Condition": condition,
                }
            )
        )
    policy = cast("secretsmanager.ResourcePolicy", added.policy_dependable)
    cast("secretsmanager.CfnResourcePolicy", policy.node.default_child).block_public_policy = True


def rotate_on_schedule(
    scope: Construct,
    secret: secretsmanager.Secret,
    *,
    function: lambda_.IFunction,
    key: kms.IKey,
    period: timedelta,
    immediately: bool,
    window: timedelta | None = None,
) -> secretsmanager.CfnRotationSchedule:
    """Have *function* replace the value of *secret* every *period*; it gets rights on this secret and its key only.

    Args:
        immediately: rotate at the deployment too, for a secret whose first value is of no use.
        window: from midnight UTC of its day, a rotation begins within so many whole hours; the rest of the day when None.
    """
    arn, function_arn = secret.secret_arn, function.function_arn
    granted = iam.Grant.add_to_principal(
        grantee=function,
        actions=[
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        ],
        resource_arns=[arn],
    )
    iam.Grant.add_to_principal(
        grantee=function,
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resource_arns=[key.key_arn],
        conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}},
    )
    invoke = lambda_.CfnPermission(
        scope,
        "RotationInvoke",
        action="lambda:InvokeFunction",
        function_name=function_arn,
        principal="secretsmanager.amazonaws.com",
        source_account=ACCOUNT_ID,
    )
    schedule = secretsmanager.CfnRotationSchedule(
        scope,
        "RotationSchedule",
        secret_id=arn,
        rotation_lambda_arn=function_arn,
        rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
            automatically_after_days=period.days, duration=f"{window // timedelta(hours=1)}h" if window else None
        ),
        rotate_immediately_on_update=immediately,
    )
    schedule.add_resource_dependency(invoke)
    granted.apply_before(schedule)
    return schedule


def check_secret_name(where: str, name: str) -> None:
    """Refuse a name of another form than ``<app>/<env>/<name>``."""
    if not _NAME.match(name):
        raise ConfigurationError(
            f"{where}: name",
            given=name,
            allowed="<app>/<env>/<name>: lower-case app and environment, then letters, digits, '_', '.', '-'",
            mend="write it as shop/production/jwt_secret",
        )


def check_rotation_period(where: str, period: timedelta) -> None:
    """Refuse a period that is no whole number of days, or out of bounds."""
    if not SHORTEST_PERIOD <= period <= LONGEST_PERIOD or period != timedelta(days=period.days):
        raise ConfigurationError(
            f"{where}: rotation_period",
            given=str(period),
            allowed=f"{SHORTEST_PERIOD.days} to {LONGEST_PERIOD.days} whole days",
            mend=f"use timedelta(days={min(max(period.days, SHORTEST_PERIOD.days), LONGEST_PERIOD.days)})",
        )
