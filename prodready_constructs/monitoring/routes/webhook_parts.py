"""What a webhook is made of beside its function: who may be called, the key, and the memory of what was told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, DataKey
from prodready_constructs.monitoring.routes.addresses import Address
from prodready_constructs.waivers import waive

WebhookKind = Literal["SLACK", "TEAMS", "DISCORD", "JSON"]

#: Where webhooks of a kind live; the function refuses a secret that leads elsewhere. Any host for a program of yours.
#: Sources: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
#: https://learn.microsoft.com/troubleshoot/power-platform/power-automate/flow-run-issues/triggers-troubleshoot (both domains of Workflows)
#: https://discord.com/developers/docs/resources/webhook
HOSTS: dict[WebhookKind, tuple[str, ...]] = {
    "SLACK": ("hooks.slack.com", "hooks.slack-gov.com"),
    "TEAMS": ("logic.azure.com", "api.powerplatform.com"),
    "DISCORD": ("discord.com", "discordapp.com"),
    "JSON": (),
}
_NOT_BACKED_UP = tuple(f"{pack}-DynamoDBInBackupPlan" for pack in ("NIST.800.53.R4", "NIST.800.53.R5", "HIPAA.Security"))


def webhook_key(scope: Construct) -> kms.IKey:
    """A key for logs, memory and the topic, to which CloudWatch's alarms of this account may publish."""
    alarms: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
    }
    return DataKey(scope, "Key", description="Alerts on their way to a chat channel", encrypts_logs=True, statements=[alarms]).key


def memory_of(scope: Construct, key_arn: str) -> dynamodb.CfnTable:
    """The table of what was told: small, paid by request, forgotten by itself."""
    table = dynamodb.CfnTable(
        scope,
        "Memory",
        billing_mode="PAY_PER_REQUEST",
        attribute_definitions=[dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name="id", attribute_type="S")],
        key_schema=[dynamodb.CfnTable.KeySchemaProperty(attribute_name="id", key_type="HASH")],
        time_to_live_specification=dynamodb.CfnTable.TimeToLiveSpecificationProperty(attribute_name="expires", enabled=True),
        sse_specification=dynamodb.CfnTable.SSESpecificationProperty(sse_enabled=True, sse_type="KMS", kms_master_key_id=key_arn),
        point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection_enabled=True,
    )
    # As every table here: nobody has to think about which ones may go. What is left of it after the stack empties itself.
    table.apply_removal_policy(RemovalPolicy.RETAIN)
    waive(
        table,
        rule=_NOT_BACKED_UP,
        because="It remembers for an hour or so which alerts were told; lost, an alert may come twice, and nothing of it is worth restoring.",
        owner="platform",
    )
    return table


def check(where: str, kind: str, hears: Sequence[Severity], failures_to: Sequence[Address]) -> None:
    """Refuse what could not work, or could fail unheard."""
    if kind not in HOSTS:
        raise ConfigurationError(
            f"{where}: kind", given=kind, allowed=f"one of {', '.join(HOSTS)}", mend="use 'JSON' for a program of yours"
        )
    if not hears or len(set(hears)) < len(hears):
        raise ConfigurationError(
            f"{where}: hears",
            given=[severity.value for severity in hears],
            allowed="Severity.CRITICAL, Severity.WARNING or both, each once",
            mend="leave it out to hear of both",
        )
    if not failures_to:
        raise ConfigurationError(
            f"{where}: failures_to",
            given=list(failures_to),
            allowed="at least one address: a webhook that fails cannot say so itself",
            mend="add an e-mail address",
        )
