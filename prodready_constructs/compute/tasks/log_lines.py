"""What a service's own log lines tell: how many are errors, and the questions somebody asks of them at night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity

NAMESPACE = "ProdReady/WebService"
#: What logging libraries write into ``level``; each is counted in lower case, upper case and with a capital.
ERROR_LEVELS = ("error", "critical", "fatal")
WARNING_LEVELS = ("warn", "warning")
#: Error lines within five minutes above which somebody looks in the morning.
TOO_MANY = 10
PERIOD = timedelta(minutes=5)


def _spellings(levels: tuple[str, ...]) -> list[str]:
    return [spelling for level in levels for spelling in (level, level.upper(), level.capitalize())]


def _pattern(levels: tuple[str, ...]) -> str:
    """A filter for JSON lines; lines that are no JSON match nothing."""
    return "{ " + " || ".join(f'$.level = "{level}"' for level in _spellings(levels)) + " }"


_IS_ERROR = "filter level in [" + ", ".join(f"'{level}'" for level in _spellings(ERROR_LEVELS)) + "]"
#: CloudWatch Logs Insights: name -> query. ``message`` and ``msg`` are what logging libraries call the text of a line.
QUERIES = {
    "RecentErrors": f"fields @timestamp, level, coalesce(message, msg) as text, @logStream\n| {_IS_ERROR}\n| sort @timestamp desc\n| limit 100",
    "SlowestRequests": (
        "fields @timestamp, method, path, status, duration_ms, @logStream\n"
        "| filter ispresent(duration_ms)\n| sort duration_ms desc\n| limit 50"
    ),
    "ErrorsByMessage": (
        f"{_IS_ERROR}\n| stats count(*) as lines, max(@timestamp) as last by coalesce(message, msg) as text\n| sort lines desc\n| limit 50"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLines:
    """The lines of one log group, counted by level."""

    log_group: str
    errors: Metric
    warnings: Metric

    @property
    def alarm(self) -> AlarmSpec:
        """The application itself says that something is wrong."""
        return AlarmSpec(
            id="ErrorLines",
            metric=self.errors,
            threshold=TOO_MANY,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            datapoints=2,
            # No lines, no errors; NoRunningTasks hears of a service that is silent because it is dead.
            missing_data="notBreaching",
            source="Ledger OPS-5; two error lines a minute that last are no single bad request. Raise it for an application that logs more",
            runbook=RunbookSpec(
                meaning="The application has logged more than two errors a minute for ten minutes; users may not notice yet.",
                causes=("the last deployment", "a store or a service of others fails now and then", "bad input that is logged as an error"),
                first_commands=(
                    f"aws logs start-query --log-group-name {self.log_group} --start-time $(date -d '1 hour ago' +%s) --end-time $(date +%s)"
                    f' --query-string "{QUERIES["ErrorsByMessage"]}"'.replace("\n", " "),
                    "aws logs get-query-results --query-id <the query id of the answer>",
                    f"aws logs tail {self.log_group} --since 30m --filter-pattern '{_pattern(ERROR_LEVELS)}'",
                ),
            ),
        )

    @property
    def graph(self) -> GraphSpec:
        """Lines by level."""
        return GraphSpec(title="Log lines", metrics=(self.errors, self.warnings))


def count_lines(scope: Construct, *, path: str, log_group: str) -> LogLines:
    """Count the JSON lines of *log_group* by their ``level``, and save :data:`QUERIES` for it in a folder named *path*.

    Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html,
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
    """

    def counted(what: str, levels: tuple[str, ...]) -> Metric:
        # A dimension can only come from the line itself, so the name tells one service from another.
        name = f"{path}-{what}"
        logs.CfnMetricFilter(
            scope,
            f"{what}Filter",
            log_group_name=log_group,
            filter_pattern=_pattern(levels),
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_namespace=NAMESPACE, metric_name=name, metric_value="1", default_value=0, unit="Count"
                )
            ],
        )
        return Metric(namespace=NAMESPACE, name=name, statistic="Sum", period=PERIOD, label=what)

    for query, text in QUERIES.items():
        logs.CfnQueryDefinition(scope, f"{query}Query", name=f"{path}/{query}", query_string=text, log_group_names=[log_group])
    return LogLines(log_group=log_group, errors=counted("Errors", ERROR_LEVELS), warnings=counted("Warnings", WARNING_LEVELS))
