"""How late copies may be, where S3 has promised a time."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, MathMetric, RunbookSpec, Severity

#: What S3 Replication Time Control promises; S3 knows no other time.
#: Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
PROMISED = timedelta(minutes=15)


def behind(replica: str) -> MathMetric:
    """The seconds by which the slowest source is behind. A query, because the sources may be anywhere, and need this bucket first."""
    return MathMetric(
        expression=f"SELECT MAX(ReplicationLatency) FROM SCHEMA(\"AWS/S3\", DestinationBucket, RuleId, SourceBucket) WHERE DestinationBucket = '{replica}'",
        using={},
        label="Slowest replication (s)",
        period=timedelta(minutes=5),
    )


def late(replica: str) -> AlarmSpec:
    return AlarmSpec(
        id="ReplicationLate",
        metric=behind(replica),
        threshold=PROMISED / timedelta(seconds=1),
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=3,
        # Nothing is written, so nothing is late.
        missing_data="notBreaching",
        source="What S3 Replication Time Control promises: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html",
        runbook=RunbookSpec(
            meaning="Objects reach the replica later than a quarter of an hour after they were written: the loss of their bucket would lose them.",
            causes=(
                "more than 3,500 objects a second, or a gigabit a second, which is what is promised for",
                "KMS throttles the key of the source or of the replica",
                "the replication role lost a permission: see ReplicationFailed of the sources",
            ),
            first_commands=(
                f"aws cloudwatch list-metrics --namespace AWS/S3 --metric-name ReplicationLatency --dimensions Name=DestinationBucket,Value={replica}",
                f"aws s3api get-bucket-policy --bucket {replica} --query Policy --output text",
                "aws health describe-events --filter services=S3 --region us-east-1",
            ),
        ),
    )
