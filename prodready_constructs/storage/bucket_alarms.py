"""What wakes somebody about the requests to a bucket, and their graphs. Data only."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

#: Where request metrics of the whole bucket are found.
FILTER = "EntireBucket"
#: Refused requests are normal to a point (asking for what is not there); more than half of a hundred is a permission or a name that broke.
_REFUSED, _ENOUGH = 0.5, 100
_METRICS = "Amazon S3 user guide, CloudWatch metrics"


def bucket_alarms(bucket: str) -> tuple[AlarmSpec, ...]:
    """Errors of S3, and of those who ask it."""
    requests = (
        f"aws cloudwatch get-metric-statistics --namespace AWS/S3 --metric-name AllRequests --dimensions Name=BucketName,Value={bucket}"
        f" Name=FilterId,Value={FILTER} --statistics Sum --period 60 --start-time $(date -u -d '-1 hour' +%FT%TZ)"
        " --end-time $(date -u +%FT%TZ)"
    )
    return (
        AlarmSpec(
            id="ServerErrors",
            metric=_metric(bucket, "5xxErrors", "Average"),
            threshold=0.01,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            # Without requests S3 sends nothing.
            missing_data="notBreaching",
            source=f"Ledger OPS-2: error rate above 1 %; the average of 5xxErrors is the rate ({_METRICS})",
            runbook=RunbookSpec(
                meaning="More than one request in a hundred to the bucket fails with 5xx: reads or writes of the application fail or are slow.",
                causes=(
                    "503 Slow Down: more than 3,500 writes or 5,500 reads a second on one prefix",
                    "KMS throttles requests of the bucket's key",
                    "an S3 event in the region",
                ),
                first_commands=(
                    f"aws s3api get-bucket-logging --bucket {bucket}",
                    requests,
                    "aws health describe-events --filter services=S3 --region us-east-1",
                ),
            ),
        ),
        AlarmSpec(
            id="RequestsRefused",
            metric=MathMetric(
                expression=f"IF(FILL(requests, 0) > {_ENOUGH}, errors, 0)",
                using={"requests": _metric(bucket, "AllRequests", "Sum"), "errors": _metric(bucket, "4xxErrors", "Average")},
                label="Share of requests refused",
                period=timedelta(minutes=5),
            ),
            threshold=_REFUSED,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            missing_data="notBreaching",
            source=f"More than half of over {_ENOUGH} requests in five minutes, three times; the average of 4xxErrors is the rate ({_METRICS})",
            runbook=RunbookSpec(
                meaning="Most requests to the bucket are refused with 4xx: the application lost its access, or somebody tries names and doors.",
                causes=(
                    "a deployment took a permission, or the key's policy, from who reads and writes",
                    "objects are asked for by names that are not there (404)",
                    "somebody looks for open buckets (403 of unknown requesters in the access log)",
                ),
                first_commands=(
                    f"aws s3api get-bucket-logging --bucket {bucket}",
                    f"aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text",
                    requests,
                ),
            ),
        ),
    )


def bucket_graphs(bucket: str) -> tuple[GraphSpec, ...]:
    """Requests, errors, latency."""
    return (
        GraphSpec(title="Bucket requests", metrics=(_metric(bucket, "AllRequests", "Sum"),)),
        GraphSpec(title="Bucket errors", metrics=tuple(_metric(bucket, name, "Sum") for name in ("4xxErrors", "5xxErrors"))),
        GraphSpec(title="Bucket latency", metrics=(_metric(bucket, "TotalRequestLatency", "p95"),), unit="ms"),
    )


def _metric(bucket: str, name: str, statistic: str) -> Metric:
    return Metric(namespace="AWS/S3", name=name, dimensions={"BucketName": bucket, "FilterId": FILTER}, statistic=statistic)
