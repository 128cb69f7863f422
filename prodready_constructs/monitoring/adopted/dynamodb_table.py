"""DynamoDB tables.

CloudWatch's alarms keep their state while a metric of AWS/DynamoDB has no data, whatever they say of missing data, and throttles have none
when nothing is throttled: FILL gives the alarm the zero that ends it.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack

from prodready_constructs.contracts import AnyAlarmSpec, MathMetric
from prodready_constructs.monitoring.adopted.data import CRITICAL, FIVE, LEDGER, RECOMMENDED, WARNING, Service

#: Errors of DynamoDB itself are reported by operation; an alarm takes ten metrics.
OPERATIONS = (
    *("GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"),
    *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
)


def table(name: str, indexes: tuple[str, ...] = ()) -> tuple[AnyAlarmSpec, ...]:
    """A table by its name, and those of its global secondary indexes: a throttled index throttles the writes of its table."""
    of = Service("AWS/DynamoDB", {"TableName": name}, (f"aws dynamodb describe-table --table-name {name}",), FIVE)
    errors = {f"e{place}": of.metric("SystemErrors", Operation=operation) for place, operation in enumerate(OPERATIONS)}
    system_errors = of.alarm(
        "SystemErrors",
        MathMetric(
            expression=" + ".join(f"FILL({one}, 0)" for one in errors), using=errors, label="Errors of DynamoDB itself", period=FIVE
        ),
        0,
        severity=CRITICAL,
        source=f"{RECOMMENDED} names the metric and a quarter of an hour; the SDK's retries hide what is shorter",
        periods=3,
        missing_data="notBreaching",
        meaning="DynamoDB answers with HTTP 500 for a quarter of an hour: reads and writes fail after their retries.",
        causes=("an event of DynamoDB in the region", "the table's key cannot be used: an event of KMS, or a disabled key"),
    )
    throttled = (
        of.alarm(
            f"{kind}Throttled",
            _throttled(of, kind, indexes),
            0,
            severity=WARNING,
            source=f"{LEDGER}: throttles; {RECOMMENDED} names the metric",
            periods=3,
            datapoints=2,
            missing_data="notBreaching",
            meaning=f"{kind}s are throttled for ten minutes: users wait for retries, or fail.",
            causes=("one key takes most of the load", "capacity or the on-demand maximum is too small", "a scan or a batch job"),
        )
        for kind in ("Read", "Write")
    )
    return (*throttled, system_errors)


def _throttled(of: Service, kind: str, indexes: tuple[str, ...]) -> MathMetric:
    """Of the table and its first nine indexes: an alarm takes ten metrics."""
    metric = f"{kind}ThrottleEvents"
    using = {"own": of.metric(metric)}
    using |= {f"i{place}": of.metric(metric, GlobalSecondaryIndexName=index) for place, index in enumerate(indexes[:9])}
    return MathMetric(
        expression=" + ".join(f"FILL({one}, 0)" for one in using), using=using, label=f"Throttled {kind.lower()}s", period=FIVE
    )


def _indexes(plain: Any) -> tuple[str, ...]:
    """Those that a table of this app has until now; none of one from elsewhere."""
    if plain is None:
        return ()
    said = Stack.of(plain).resolve(plain.global_secondary_indexes)
    return tuple(index["indexName"] for index in said or ())


ADOPTS = {
    "aws_dynamodb.ITable": lambda found: table(found.table_name, _indexes(found.node.default_child)),
    "aws_dynamodb.CfnTable": lambda found: table(found.ref, _indexes(found)),
    "aws_dynamodb.CfnGlobalTable": lambda found: table(found.ref, _indexes(found)),
}
