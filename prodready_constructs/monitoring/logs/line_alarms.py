"""What the lines of a log group are asked and what wakes somebody: patterns, saved queries, alarms."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, Metric, RunbookSpec, Severity

PERIOD = timedelta(minutes=5)


def spellings(*levels: str) -> list[str]:
    """Each of *levels* in lower case, upper case and with a capital: what logging libraries write."""
    return [spelling for level in levels for spelling in (level, level.upper(), level.capitalize())]


def pattern_of_levels(*levels: str) -> str:
    """A filter for JSON lines of these *levels*; lines that are no JSON match nothing."""
    return "{ " + " || ".join(f'$.level = "{level}"' for level in spellings(*levels)) + " }"


def queries() -> dict[str, str]:
    """Logs Insights: name -> query. ``message`` and ``msg`` are what logging libraries call the text of a line."""
    is_error = "filter level in [" + ", ".join(f"'{level}'" for level in spellings("error", "critical", "fatal")) + "]"
    text = "coalesce(message, msg) as text"
    return {
        "RecentErrors": f"fields @timestamp, level, {text}, @logStream\n| {is_error}\n| sort @timestamp desc\n| limit 100",
        "ErrorsByMessage": f"{is_error}\n| stats count(*) as lines, max(@timestamp) as last by {text}\n| sort lines desc\n| limit 50",
        "SlowestRequests": (
            "fields @timestamp, method, path, status, duration_ms, @logStream\n"
            "| filter ispresent(duration_ms)\n| sort duration_ms desc\n| limit 50"
        ),
    }


def error_alarm(errors: Metric, *, log_group: str, too_many: int) -> AlarmSpec:
    """The program itself says that something is wrong."""
    by_message = queries()["ErrorsByMessage"].replace("\n", " ")
    return AlarmSpec(
        id="ErrorLines",
        metric=errors,
        threshold=too_many,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=3,
        datapoints=2,
        # No lines, no errors: a program that is silent because it is dead is told by its own alarms.
        missing_data="notBreaching",
        source="Ledger OPS-5; errors that last are no single bad request. Set too_many for a program that logs more",
        runbook=RunbookSpec(
            meaning=f"The program has logged more than {too_many} errors in five minutes, for ten of fifteen minutes; users may not notice yet.",
            causes=("the last deployment", "a store or a service of others fails now and then", "bad input that is logged as an error"),
            first_commands=(
                f"aws logs start-query --log-group-name {log_group} --start-time $(date -d '1 hour ago' +%s) --end-time $(date +%s)"
                f' --query-string "{by_message}"',
                "aws logs get-query-results --query-id <the query id of the answer>",
                f"aws logs tail {log_group} --since 30m",
            ),
        ),
    )


def anomaly_alarm(*, detector: str, detector_arn: str, log_group: str) -> AlarmSpec:
    """Lines that are not like those of other days.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/LogsAnomalyDetection-Metrics.html
    """
    return AlarmSpec(
        id="UnusualLines",
        metric=Metric(
            namespace="AWS/Logs",
            name="AnomalyCount",
            dimensions={"LogAnomalyDetector": detector, "LogAnomalyPriority": "HIGH"},
            statistic="Sum",
            period=timedelta(minutes=15),
            label="Unusual lines",
        ),
        threshold=0,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=1,
        # The metric comes with an anomaly only.
        missing_data="notBreaching",
        source="CloudWatch Logs calls HIGH what is both severe by its words (error, exception) and far from what it has learned",
        runbook=RunbookSpec(
            meaning="Error lines come that never came before, or far more of them than on other days.",
            causes=("the last deployment", "a dependency fails in a new way", "somebody tries things out"),
            first_commands=(
                f"aws logs list-anomalies --anomaly-detector-arn {detector_arn} --suppression-state UNSUPPRESSED",
                f"aws logs tail {log_group} --since 30m",
            ),
        ),
    )
