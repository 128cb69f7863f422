"""Which secrets and personal data are masked in logs, as data: the document of a CloudWatch Logs data protection policy."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_logs as logs

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import PARTITION
from prodready_constructs.monitoring.logs.identifiers import MANAGED, PERSONAL, SECRETS

#: Limits of one policy (CloudWatch Logs user guide, "Custom data identifiers" and "Help protect sensitive log data with masking").
MOST_CUSTOM, LONGEST_REGEX, LONGEST_DOCUMENT = 10, 200, 30_720
VERSION = "2021-06-01"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
#: The characters that a custom identifier's expression may have; there are no groups, because there are no parentheses.
_REGEX = re.compile(r"[A-Za-z0-9_#=@/;, \-^$?\[\]{}|\\*+.]+")
_GUIDE = "see the CloudWatch Logs user guide, 'Custom data identifiers'"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMasking:
    """What is masked in a log group wherever it is read: console, Insights, metric filters, subscriptions and archive.

    Masked is what comes in from now on. Who has ``logs:Unmask`` still sees the original.

    Args:
        identifiers: of AWS's managed data identifiers: ``"EmailAddress"``, ``"PhoneNumber-DE"``. Few are better: each may be wrong about
            a line.
        custom: your own: name -> regular expression without groups, such as ``{"CustomerNumber": "KD-[0-9]{8}"}``; at most 10.

    Raises:
        ConfigurationError: nothing to mask, an identifier that AWS does not have, a custom name or expression that it does not take or
            that matches everything.

    Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html,
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-custom-data-identifiers.html
    """

    identifiers: Sequence[str] = SECRETS + PERSONAL
    custom: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = "LogMasking"
        if not self.identifiers and not self.custom:
            raise ConfigurationError(
                f"{where}.identifiers",
                given="nothing",
                allowed="at least one managed or custom identifier",
                mend="leave masking out where nothing is to be masked",
            )
        for name in self.identifiers:
            if name not in MANAGED:
                alike = difflib.get_close_matches(name, sorted(MANAGED), 1, cutoff=0.5)
                raise ConfigurationError(
                    f"{where}.identifiers",
                    given=name,
                    allowed="a managed data identifier of CloudWatch Logs, with its country where it has one",
                    mend=f"did you mean {alike[0]!r}?" if alike else "put an expression of your own into custom",
                )
        if len(set(self.identifiers)) != len(self.identifiers):
            raise ConfigurationError(
                f"{where}.identifiers", given=", ".join(self.identifiers), allowed="each identifier once", mend="leave out the second"
            )
        if len(self.custom) > MOST_CUSTOM:
            raise ConfigurationError(
                f"{where}.custom",
                given=f"{len(self.custom)} identifiers",
                allowed=f"at most {MOST_CUSTOM} in one policy",
                mend="join some by |",
            )
        for name, regex in self.custom.items():
            self._check_custom(f"{where}.custom", name, regex)

    @staticmethod
    def _check_custom(where: str, name: str, regex: str) -> None:
        if not _NAME.fullmatch(name) or name in MANAGED:
            raise ConfigurationError(
                where,
                given=name,
                allowed="1 to 128 letters, digits, - and _, and no managed identifier's name",
                mend="write it like 'CustomerNumber'",
            )
        if not _REGEX.fullmatch(regex) or len(regex) > LONGEST_REGEX:
            raise ConfigurationError(
                f"{where}[{name!r}]",
                given=regex,
                allowed=f"1 to {LONGEST_REGEX} letters, digits and _ # = @ / ; , - space ^ $ ? [ ] {{ }} | \\ * + . (no parentheses)",
                mend=_GUIDE,
            )
        try:
            found = re.compile(regex)
        except re.error as error:
            raise ConfigurationError(
                f"{where}[{name!r}]", given=regex, allowed=f"a regular expression that compiles; {error}", mend=_GUIDE
            ) from error
        if found.search("") is not None:
            raise ConfigurationError(
                f"{where}[{name!r}]",
                given=regex,
                allowed="an expression that needs at least one character: this one finds something in every line",
                mend="ask for what the value begins with, such as 'KD-[0-9]{8}'",
            )

    @property
    def finds_secrets(self) -> bool:
        """Whether a finding may be a key that opens something."""
        return any(name in SECRETS for name in self.identifiers)

    def mask(self, log_group: logs.ILogGroup) -> None:
        """Mask a group that another construct made, such as ``service.log_group``. Findings are counted by AWS, and told to nobody.

        Raises:
            ConfigurationError: a group that is not of this app, or that is masked already.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-accountlevel.html (groups of another app)
        """
        resource = log_group.node.default_child
        if not isinstance(resource, logs.CfnLogGroup):
            raise ConfigurationError(
                f"{log_group.node.path}: mask",
                given="a log group from elsewhere",
                allowed="a LogGroup of this app: the policy is a property of it",
                mend="mask it where it is made, or the whole account with AccountMasking",
            )
        if resource.data_protection_policy is not None:
            raise ConfigurationError(
                f"{log_group.node.path}: mask",
                given="a second policy",
                allowed="one of a log group",
                mend="put what both mask into one LogMasking",
            )
        resource.data_protection_policy = self.document(name=log_group.node.path.replace("/", "-")[:128], findings=None)

    def document(self, *, name: str, findings: str | None) -> dict[str, Any]:
        """The policy as CloudWatch Logs takes it.

        Always: both statements name the same identifiers, in the same order, which AWS demands.

        Args:
            name: of the policy: a dimension of the metrics about it.
            findings: the name of the log group that hears of each finding (of what kind and where, never the value); None for nobody.

        Raises:
            ConfigurationError: a document longer than AWS takes.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-data-protection-policies.html
        """
        managed = [f"arn:{PARTITION}:dataprotection::aws:data-identifier/{identifier}" for identifier in self.identifiers]
        # A list each: the CDK would not mind, but what is changed in one by the escape hatch should not change the other.
        both = [[*managed, *self.custom], [*managed, *self.custom]]
        document: dict[str, Any] = {
            "Name": name,
            "Description": "Masks secrets and personal data, and tells of each finding",
            "Version": VERSION,
            "Statement": [
                {
                    "Sid": "Audit",
                    "DataIdentifier": both[0],
                    "Operation": {"Audit": {"FindingsDestination": {"CloudWatchLogs": {"LogGroup": findings}} if findings else {}}},
                },
                {"Sid": "Mask", "DataIdentifier": both[1], "Operation": {"Deidentify": {"MaskConfig": {}}}},
            ],
        }
        if self.custom:
            document["Configuration"] = {
                "CustomDataIdentifier": [{"Name": custom, "Regex": regex} for custom, regex in self.custom.items()],
            }
        if (length := len(json.dumps(document))) > LONGEST_DOCUMENT:
            raise ConfigurationError(
                "LogMasking", given=f"{length} characters", allowed=f"at most {LONGEST_DOCUMENT} in one policy", mend="mask fewer things"
            )
        return document
