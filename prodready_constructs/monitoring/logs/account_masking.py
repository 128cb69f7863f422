"""Masking for every log group of an account and region at once, also for those that nobody has made yet."""

from __future__ import annotations

import json

from aws_cdk import Names
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.foundation import DataKey, EncryptedLogGroup, Part
from prodready_constructs.monitoring.logs.findings import finding_alarm, findings_metric
from prodready_constructs.monitoring.logs.masking import LogMasking
from prodready_constructs.posture import MonitoringPosture

CONTROLS = (
    ControlClaim(
        control="OPS-5",
        how="One account policy masks secrets and personal data in every log group of the account and region, and tells of each finding",
        frameworks=("NIST 800-53 r5 AU-9", "NIST 800-53 r5 SI-12", "PCI DSS 3.2.1 3.3", "GDPR Art. 25", "GDPR Art. 32"),
    ),
)


class AccountMasking(Part):
    """The data protection policy of a whole account in one region. AWS has one of them: make it in the stack of the account, once.

    Beside a group's own policy both count: what either names is masked. A masked group's lines are masked in metric filters and archives too.

    Always: findings go to an encrypted group of their own, and each raises an alarm.

    Args:
        masking: what is masked. Secrets are safe to mask everywhere; an address or a name may be what a program needs to read.
        posture: how long findings are kept.
        encryption_key: a key whose policy admits CloudWatch Logs; its own when None.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-accountlevel.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        masking: LogMasking,
        posture: MonitoringPosture,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: findings of secrets in logs", encrypts_logs=True).key
        #: Where findings are told: of what kind and in which group, never the value.
        self.findings = EncryptedLogGroup(self, "Findings", retention=posture.findings_retention, encryption_key=key).log_group
        self._findings_name = self.findings.log_group_name
        name = Names.unique_resource_name(self, max_length=128, separator="-")
        #: The L1 itself; there is no L2.
        self.policy = logs.CfnAccountPolicy(
            self,
            "Policy",
            policy_name=name,
            policy_type="DATA_PROTECTION_POLICY",
            policy_document=json.dumps(masking.document(name=name, findings=self._findings_name)),
            scope="ALL",
        )
        self._secrets = masking.finds_secrets
        record(self, controls=CONTROLS, tier="monitoring", watchable=True, masked=[*masking.identifiers, *masking.custom])

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """What was masked should not have been logged."""
        return (finding_alarm(findings=self._findings_name, of=None, secrets=self._secrets),)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """What was masked, of all groups."""
        return (GraphSpec(title="Sensitive data in logs", metrics=(findings_metric(self._findings_name),)),)
