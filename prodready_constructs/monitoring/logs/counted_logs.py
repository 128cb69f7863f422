"""What the lines of any log group tell: how many are errors, what else is worth counting, what is unusual, and what one asks of them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal, get_args

from aws_cdk import Names
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, Metric, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, Part
from prodready_constructs.monitoring.logs.kept_logs import KeptLogs
from prodready_constructs.monitoring.logs.line_alarms import PERIOD, anomaly_alarm, error_alarm, pattern_of_levels, queries

CONTROLS = (
    ControlClaim(
        control="OPS-5",
        how="JSON lines are counted by level by metric filters, and the questions of an incident are saved as Logs Insights queries",
        frameworks=("NIST 800-53 r5 AU-6", "NIST 800-53 r5 SI-4", "SOC 2 CC7.2"),
    ),
)
NAMESPACE = "ProdReady/Logs"
#: CloudWatch Logs: metric filters of one group, characters of a pattern. Source: CloudWatch Logs quotas; AWS::Logs::MetricFilter.
MOST_FILTERS, LONGEST_PATTERN = 100, 1024
#: Error lines within five minutes above which somebody looks in the morning.
TOO_MANY = 10
#: How often a detector looks, and how long an anomaly is one. Source: AWS::Logs::LogAnomalyDetector.
Frequency = Literal["FIVE_MIN", "TEN_MIN", "FIFTEEN_MIN", "THIRTY_MIN", "ONE_HOUR"]
FREQUENCIES: tuple[str, ...] = get_args(Frequency)
VISIBLE = timedelta(days=21)
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")


class CountedLogs(Part):
    """Counts the lines of a log group, yours or a stranger's, and saves the queries of an incident for it.

    Always: errors and warnings by ``level`` of JSON lines, in the three spellings of logging libraries, zero where nothing matched, so that an
    alarm has data; queries for the latest errors, for errors by message and for the slowest requests.

    Args:
        log_group: of the Standard class; a ``KeptLogs`` is asked for its class, any other group is taken at its word.
        too_many: error lines within five minutes above which, for ten of fifteen minutes, somebody hears of it.

    Raises:
        ConfigurationError: a group of the Infrequent Access class, which has no metric filters, or a threshold below 0.

    Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html,
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, log_group: logs.ILogGroup | KeptLogs, too_many: int = TOO_MANY) -> None:
        super().__init__(scope, construct_id)
        if isinstance(log_group, KeptLogs):
            if log_group.infrequent_access:
                raise ConfigurationError(
                    f"{self.path}: log_group",
                    given=f"{log_group.path} of class Infrequent Access",
                    allowed="a group of class Standard: the other has no metric filters, no subscriptions and no anomaly detection",
                    mend="make the group without infrequent_access=True; the class cannot be changed later",
                )
            log_group = log_group.log_group
        if too_many < 0:
            raise ConfigurationError(f"{self.path}: too_many", given=too_many, allowed="0 or more lines", mend="use 0 to hear of each one")
        self._log_group, self._too_many = log_group, too_many
        self._name = log_group.log_group_name
        self._filters = 0
        self._alarms: list[AlarmSpec] = []
        self._counted: list[Metric] = []
        #: Lines of level error, critical or fatal.
        self.errors = self.count("Errors", pattern_of_levels("error", "critical", "fatal"))
        #: Lines of level warn or warning.
        self.warnings = self.count("Warnings", pattern_of_levels("warn", "warning"))
        for query, text in queries().items():
            self.save_query(query, text)
        record(self, controls=CONTROLS, tier="monitoring", watchable=True)

    def count(self, metric: str, pattern: str, *, value: str = "1", unit: str = "Count") -> Metric:
        """Count the lines that match *pattern*, or add up a number in them, and return the metric: for an alarm or a graph of your own.

        Args:
            metric: PascalCase, once in this construct.
            pattern: a filter pattern, such as ``{ $.event = "order.paid" }``.
            value: what a matching line counts; ``"$.amount"`` takes it from the line.
            unit: of the metric, as CloudWatch names it.

        Raises:
            ConfigurationError: a name, pattern or value that CloudWatch Logs does not take, or too many filters.
        """
        where = f"{self.path}: count"
        if not _PASCAL.fullmatch(metric):
            raise ConfigurationError(
                where, given=metric, allowed="a name in PascalCase, at most 64 characters", mend="write it like 'OrdersPaid'"
            )
        if not pattern.strip() or len(pattern) > LONGEST_PATTERN or pattern.count("{") != pattern.count("}"):
            raise ConfigurationError(
                where,
                given=pattern,
                allowed=f"a filter pattern of 1 to {LONGEST_PATTERN} characters with its braces closed",
                mend='write it like { $.event = "order.paid" }',
            )
        if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)|\$\.[A-Za-z0-9_.\[\]-]+", value):
            raise ConfigurationError(
                where, given=value, allowed="a number, or a field of the line such as '$.amount'", mend="use '1' to count lines"
            )
        if self._filters == MOST_FILTERS:
            raise ConfigurationError(
                where,
                given=f"filter {MOST_FILTERS + 1}",
                allowed=f"at most {MOST_FILTERS} filters of one log group",
                mend="count fewer things",
            )
        self._filters += 1
        # A dimension can only come from the line itself, so the name tells one group from another.
        name = f"{self.path}-{metric}"
        logs.CfnMetricFilter(
            self,
            f"{metric}Filter",
            log_group_name=self._name,
            filter_pattern=pattern,
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_namespace=NAMESPACE, metric_name=name, metric_value=value, default_value=0, unit=unit
                )
            ],
        )
        counted = Metric(namespace=NAMESPACE, name=name, statistic="Sum", period=PERIOD, label=metric)
        self._counted.append(counted)
        return counted

    def save_query(self, name: str, query: str) -> logs.CfnQueryDefinition:
        """Save a Logs Insights *query* of this group, in a folder named as this construct is.

        Raises:
            ConfigurationError: a name that is no PascalCase, or a query of no or over 10,000 characters.
        """
        if not _PASCAL.fullmatch(name) or not 1 <= len(query.strip()) <= 10_000:
            raise ConfigurationError(
                f"{self.path}: save_query",
                given=name if not _PASCAL.fullmatch(name) else f"{len(query)} characters",
                allowed="a name in PascalCase and a query of 1 to 10000 characters",
                mend="write it like save_query('SlowCheckouts', 'fields @timestamp | ...')",
            )
        return logs.CfnQueryDefinition(
            self, f"{name}Query", name=f"{self.path}/{name}", query_string=query, log_group_names=[self._name], query_language="CWLI"
        )

    def detect_anomalies(self, *, encryption_key: kms.IKey, every: Frequency = "FIFTEEN_MIN") -> logs.CfnLogAnomalyDetector:
        """Learn which lines are usual, and warn of what is not: patterns that are new, gone, or much more frequent. It learns for two weeks.

        Args:
            encryption_key: of what is learned; its policy must admit CloudWatch Logs.
            every: how often lines are looked at.

        Raises:
            ConfigurationError: a second detector, or a frequency that is not offered.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/LogsAnomalyDetection.html
        """
        if every not in FREQUENCIES:
            raise ConfigurationError(f"{self.path}: every", given=every, allowed=", ".join(FREQUENCIES), mend="use 'FIFTEEN_MIN'")
        if self._alarms:
            raise ConfigurationError(
                f"{self.path}: detect_anomalies", given="a second detector", allowed="one of a log group", mend="leave the second out"
            )
        name = Names.unique_resource_name(self, max_length=128, separator="-")
        detector = logs.CfnLogAnomalyDetector(
            self,
            "Detector",
            account_id=ACCOUNT_ID,
            detector_name=name,
            log_group_arn_list=[f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT_ID}:log-group:{self._name}"],
            evaluation_frequency=every,
            anomaly_visibility_time=VISIBLE.days,
            kms_key_id=encryption_key.key_arn,
        )
        self._alarms.append(anomaly_alarm(detector=name, detector_arn=detector.attr_anomaly_detector_arn, log_group=self._name))
        return detector

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Too many error lines; unusual ones, where a detector was asked for."""
        return (error_alarm(self.errors, log_group=self._name, too_many=self._too_many), *self._alarms)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Everything that is counted."""
        return (GraphSpec(title="Log lines", metrics=tuple(self._counted)),)
