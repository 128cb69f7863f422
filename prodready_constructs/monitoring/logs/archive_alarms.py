"""Log lines that do not reach their archive: who hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity

_FIVE_MINUTES = timedelta(minutes=5)


def _of_stream(name: str, stream: str, statistic: str, label: str) -> Metric:
    return Metric(
        namespace="AWS/Firehose",
        name=name,
        dimensions={"DeliveryStreamName": stream},
        statistic=statistic,
        period=_FIVE_MINUTES,
        label=label,
    )


def stream_alarms(stream: str, *, errors: str, wait: timedelta) -> tuple[AlarmSpec, ...]:
    """Firehose does not deliver, or takes no more.

    Source: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
    """
    describe = f"aws firehose describe-delivery-stream --delivery-stream-name {stream}"
    return (
        AlarmSpec(
            id="ArchiveLate",
            metric=_of_stream("DeliveryToS3.DataFreshness", stream, "Maximum", "Oldest line not delivered"),
            threshold=2 * wait.total_seconds(),
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            # Nothing comes where nothing is logged; lines that do not leave their group have an alarm of their own.
            missing_data="notBreaching",
            source=f"Twice the {wait} that Firehose waits for an object to fill. It keeps what it cannot deliver for 24 hours, then it is lost",
            runbook=RunbookSpec(
                meaning="Log lines do not reach the archive; after 24 hours they are missing from it for good (CloudWatch Logs still has them).",
                causes=(
                    "the bucket's policy or key no longer admits the stream's role",
                    "the bucket is gone",
                    "S3 has trouble in this region",
                ),
                first_commands=(f"aws logs tail {errors} --since 1h", describe),
            ),
        ),
        AlarmSpec(
            id="ArchiveThrottled",
            metric=_of_stream("ThrottledRecords", stream, "Sum", "Throttled"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            datapoints=3,
            missing_data="notBreaching",
            source="Records refused for a quarter of an hour are no burst; CloudWatch Logs tries again for 24 hours, then drops lines",
            runbook=RunbookSpec(
                meaning="More log lines come than the archive's stream takes.",
                causes=("a program logs in a loop", "more groups were subscribed than the stream's quota carries"),
                first_commands=(
                    f"aws cloudwatch get-metric-statistics --namespace AWS/Firehose --metric-name IncomingBytes"
                    f" --dimensions Name=DeliveryStreamName,Value={stream} --statistics Sum --period 300"
                    " --start-time $(date -u -d '3 hours ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)",
                    "aws service-quotas list-service-quotas --service-code firehose",
                ),
            ),
        ),
    )


def forwarding_alarms(which: str, log_group: str, filter_name: str, *, stream: str) -> tuple[AlarmSpec, ...]:
    """CloudWatch Logs cannot hand lines of *log_group* over.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
    """
    return (
        AlarmSpec(
            id=f"{which}NotForwarded",
            metric=_of_filter("DeliveryErrors", f"{which}: errors", log_group, filter_name),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            datapoints=2,
            # The metric comes with an error only.
            missing_data="notBreaching",
            source="A line that is not handed over is missing from the archive; CloudWatch Logs tries again for 24 hours",
            runbook=RunbookSpec(
                meaning="Lines of a log group do not reach the archive's stream.",
                causes=("the role that hands them over lost its permission", "the stream was replaced or its key disabled"),
                first_commands=(
                    f"aws logs describe-subscription-filters --log-group-name {log_group}",
                    f"aws firehose describe-delivery-stream --delivery-stream-name {stream}",
                ),
            ),
        ),
    )


def archive_graphs(stream: str, groups: Sequence[tuple[str, str, str]]) -> tuple[GraphSpec, ...]:
    """How late the archive is, how much comes, and how many lines of each of *groups* (id, log group, filter) are handed over."""
    delay = GraphSpec(
        title="Archive: delay in seconds",
        metrics=(_of_stream("DeliveryToS3.DataFreshness", stream, "Maximum", "Oldest line not delivered"),),
        signal="latency",
    )
    amount = GraphSpec(
        title="Archive: bytes",
        metrics=(
            _of_stream("IncomingBytes", stream, "Sum", "In"),
            _of_stream("DeliveryToS3.Bytes", stream, "Sum", "To S3"),
        ),
        signal="traffic",
    )
    if not groups:
        return (delay, amount)
    lines = tuple(_of_filter("ForwardedLogEvents", which, group, name) for which, group, name in groups)
    return (delay, amount, GraphSpec(title="Archive: lines handed over", metrics=lines, signal="traffic"))


def _of_filter(name: str, label: str, log_group: str, filter_name: str) -> Metric:
    return Metric(
        namespace="AWS/Logs",
        name=name,
        dimensions={"LogGroupName": log_group, "DestinationType": "Firehose", "FilterName": filter_name},
        statistic="Sum",
        period=_FIVE_MINUTES,
        label=label,
    )
