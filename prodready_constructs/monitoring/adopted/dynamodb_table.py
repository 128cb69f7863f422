"""DynamoDB tables.

CloudWatch's alarms keep their state while a metric of AWS/DynamoDB has no data, whatever they say of missing data, and throttles have none
when nothing is throttled: FILL gives the alarm the zero that ends it.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec, MathMetric
from prodready_constructs.monitoring.adopted.data import FIVE, LEDGER, RECOMMENDED, WARNING, Service


def table(name: str) -> tuple[AnyAlarmSpec, ...]:
    """A table by its name."""
    of = Service("AWS/DynamoDB", {"TableName": name}, (f"aws dynamodb describe-table --table-name {name}",), FIVE)
    return tuple(
        of.alarm(
            f"{kind}Throttled",
            MathMetric(
                expression="FILL(throttled, 0)",
                using={"throttled": of.metric(f"{kind}ThrottleEvents")},
                label=f"Throttled {kind.lower()}s",
                period=FIVE,
            ),
            0,
            severity=WARNING,
            source=f"{LEDGER}: throttles; {RECOMMENDED} names the metric",
            periods=3,
            datapoints=2,
            meaning=f"{kind}s are throttled for ten minutes: users wait for retries, or fail.",
            causes=("one key takes most of the load", "capacity or the on-demand maximum is too small", "a scan or a batch job"),
        )
        for kind in ("Read", "Write")
    )


ADOPTS = {
    "aws_dynamodb.ITable": lambda found: table(found.table_name),
    "aws_dynamodb.CfnTable": lambda found: table(found.ref),
    "aws_dynamodb.CfnGlobalTable": lambda found: table(found.ref),
}
