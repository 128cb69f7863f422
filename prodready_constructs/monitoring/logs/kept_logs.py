"""A log group for one class of data: kept as long as the class says, masked, indexed, and not deleted by mistake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, Metric, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, EncryptedLogGroup, Part, class_facts, mark
from prodready_constructs.monitoring.logs.findings import finding_alarm, findings_metric
from prodready_constructs.monitoring.logs.masking import LogMasking
from prodready_constructs.posture import DataClass, MonitoringPosture

CONTROLS = (
    ControlClaim(
        control="OPS-5",
        how="The log group is encrypted with a customer-managed key, kept as long as its data class says, and masked where a policy is given",
        frameworks=(
            "NIST 800-53 r5 AU-9",
            "NIST 800-53 r5 AU-11",
            "HIPAA 164.312(b)",
            "PCI DSS 3.2.1 3.3",
            "SOC 2 CC6.1",
            "GDPR Art. 5(1)(e)",
        ),
    ),
)
#: Fields of one index policy. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs-Field-Indexing.html
MOST_INDEXED = 20
_FIELD = re.compile(r"@?[A-Za-z_][A-Za-z0-9_.-]{0,99}")


class KeptLogs(Part):
    """A CloudWatch log group for logs about one class of data.

    Always: encrypted with a customer-managed key, retained when its stack is deleted, tagged with its class, a stated retention. *posture*
    decides whether AWS refuses its deletion, and how long findings are kept.

    Args:
        data_class: of what the lines are about; its ``log_retention`` is how long they are kept.
        posture: deletion protection, retention of findings.
        masking: what is masked in it; its findings are told to a group beside it, and each raises an alarm.
        infrequent_access: the cheaper log class, for lines that somebody reads twice a year: no metric filters, no subscriptions, no anomaly
            detection, no indexes. It cannot be changed later.
        indexed: fields of JSON lines that queries ask for ("requestId"), at most 20.
        encryption_key: a key whose policy admits CloudWatch Logs; its own when None.

    Raises:
        ConfigurationError: a retention that CloudWatch Logs does not offer, indexes in the cheaper class, or what is no field.

    Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html,
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        data_class: DataClass,
        posture: MonitoringPosture,
        masking: LogMasking | None = None,
        infrequent_access: bool = False,
        indexed: Sequence[str] = (),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._check_indexes(indexed, infrequent_access)
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: log lines", encrypts_logs=True).key
        #: The L2 itself: hand it to whatever writes logs.
        self.log_group = EncryptedLogGroup(self, "Lines", retention=data_class.log_retention, encryption_key=key).log_group
        #: Where findings of the masking are told; None without masking.
        self.findings: logs.ILogGroup | None = None
        self._findings_name: str | None = None
        #: Whether it is of the class without filters and subscriptions.
        self.infrequent_access = infrequent_access
        resource = cast("logs.CfnLogGroup", self.log_group.node.default_child)
        resource.deletion_protection_enabled = posture.log_deletion_protection
        resource.log_group_class = "INFREQUENT_ACCESS" if infrequent_access else "STANDARD"
        if indexed:
            resource.field_index_policies = [{"Fields": list(indexed)}]
        #: Its name.
        self.name = resource.ref
        self._masking = masking
        if masking is not None:
            self.findings = EncryptedLogGroup(self, "Findings", retention=posture.findings_retention, encryption_key=key).log_group
            self._findings_name = self.findings.log_group_name
            resource.data_protection_policy = masking.document(name=self.path.replace("/", "-")[:128], findings=self._findings_name)
        mark(self, data_class)
        record(
            self,
            controls=CONTROLS,
            tier="monitoring",
            watchable=masking is not None,
            data_class=class_facts(data_class),
            log_retention=data_class.log_retention.total_seconds(),
            masked=[*masking.identifiers, *masking.custom] if masking else [],
        )

    def _check_indexes(self, indexed: Sequence[str], infrequent_access: bool) -> None:
        where = f"{self.path}: indexed"
        if indexed and infrequent_access:
            raise ConfigurationError(
                where,
                given=f"{', '.join(indexed)} with infrequent_access=True",
                allowed="no indexes: the Infrequent Access class has none",
                mend="leave infrequent_access out, or the indexes",
            )
        if len(indexed) > MOST_INDEXED or len(set(indexed)) != len(indexed):
            raise ConfigurationError(
                where,
                given=f"{len(indexed)} fields",
                allowed=f"at most {MOST_INDEXED}, each once",
                mend="index what queries ask for by value",
            )
        for name in indexed:
            if not _FIELD.fullmatch(name):
                raise ConfigurationError(
                    where,
                    given=name,
                    allowed="the name of a field of a JSON line, such as 'requestId'",
                    mend="leave out '$.', quotes and spaces",
                )

    def grant_unmask(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* see in this group what is masked for everybody else: give it to a role that people assume with a reason.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-viewunmasked.html
        """
        return self.log_group.grant(grantee, "logs:Unmask", "logs:FilterLogEvents", "logs:GetLogEvents")

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """What was masked should not have been logged."""
        if self._findings_name is None or self._masking is None:
            return ()
        return (finding_alarm(findings=self._findings_name, of=self.name, secrets=self._masking.finds_secrets),)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Lines and bytes, and what was masked."""
        lines = tuple(
            Metric(namespace="AWS/Logs", name=name, dimensions={"LogGroupName": self.name}, statistic="Sum", label=label)
            for name, label in (("IncomingLogEvents", "Lines"), ("IncomingBytes", "Bytes"))
        )
        found = (findings_metric(self._findings_name),) if self._findings_name else ()
        return (GraphSpec(title="Log group", metrics=(*lines, *found)),)
