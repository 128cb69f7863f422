"""CloudWatch."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Properties, Reader, same


def _alarm(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("cloudwatch").describe_alarms(AlarmNames=[physical_id], AlarmTypes=["MetricAlarm"])["MetricAlarms"][0]


def _composite(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("cloudwatch").describe_alarms(AlarmNames=[physical_id], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]


def _dashboard(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("cloudwatch").get_dashboard(DashboardName=physical_id)


READERS = {
    "AWS::CloudWatch::Alarm": Reader(
        _alarm,
        (
            *same("AlarmActions", "OKActions", "ActionsEnabled", "ComparisonOperator", "DatapointsToAlarm", "EvaluationPeriods"),
            *same("TreatMissingData", "Threshold", "Namespace", "MetricName", "Dimensions", "Period", "Statistic", "ExtendedStatistic"),
            *same("AlarmDescription"),
        ),
    ),
    "AWS::CloudWatch::CompositeAlarm": Reader(
        _composite, same("AlarmRule", "AlarmActions", "OKActions", "ActionsEnabled", "AlarmDescription")
    ),
    "AWS::CloudWatch::Dashboard": Reader(_dashboard, same("DashboardName", "DashboardBody")),
}
