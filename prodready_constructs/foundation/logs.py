"""A CloudWatch log group that is encrypted, kept for a stated time and survives its stack."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.part import Part

#: The retentions CloudWatch Logs offers, in days (PutRetentionPolicy, CloudWatch Logs API reference), by the CDK's name.
RETENTIONS = {
    1: "ONE_DAY",
    3: "THREE_DAYS",
    5: "FIVE_DAYS",
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    60: "TWO_MONTHS",
    90: "THREE_MONTHS",
    120: "FOUR_MONTHS",
    150: "FIVE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
    400: "THIRTEEN_MONTHS",
    545: "EIGHTEEN_MONTHS",
    731: "TWO_YEARS",
    1096: "THREE_YEARS",
    1827: "FIVE_YEARS",
    2192: "SIX_YEARS",
    2557: "SEVEN_YEARS",
    2922: "EIGHT_YEARS",
    3288: "NINE_YEARS",
    3653: "TEN_YEARS",
}


class EncryptedLogGroup(Part):
    """A log group with a customer-managed key and a retention. Retained when its stack is deleted.

    Args:
        retention: one of the periods CloudWatch Logs offers, in whole days (7 days, 30 days, 90 days ...).
        encryption_key: a key whose policy admits CloudWatch Logs (``DataKey(..., encrypts_logs=True)``).
        name: the physical name, only where AWS demands a prefix (``aws-waf-logs-...``).
        goes_with_failed_creation: also retained, except when the first deployment fails: a named group left behind would be in the
            way of the second.

    Raises:
        ConfigurationError: a retention CloudWatch Logs does not offer.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        retention: timedelta,
        encryption_key: kms.IKey,
        name: str | None = None,
        goes_with_failed_creation: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        days = retention.days
        if days not in RETENTIONS or retention != timedelta(days=days):
            raise ConfigurationError(
                self.path,
                given=str(retention),
                allowed=f"{', '.join(map(str, RETENTIONS))} days",
                mend=f"use {min(RETENTIONS, key=lambda offered: abs(offered - days))} days",
            )
        #: The log group itself.
        self.log_group = logs.LogGroup(
            self,
            "Group",
            log_group_name=name,
            retention=logs.RetentionDays[RETENTIONS[days]],
            encryption_key=encryption_key,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if goes_with_failed_creation else RemovalPolicy.RETAIN,
        )
