"""What wakes somebody about a table. Data only."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.tables.watched import Watched

#: The share of the maximum throughput at which somebody should raise it, or look for the loop.
NEAR = 0.8
#: Operations whose errors are summed: an alarm takes ten metrics at most.
OPERATIONS = (
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
)
#: Milliseconds that an operation takes on average when something is wrong.
SLOW = {"GetItem": 25, "PutItem": 25, "Query": 100}
#: Replicas follow within a second or so; a minute is what the recovery of a lost region counts on.
REPLICA_LAG = timedelta(minutes=1)
#: Failed requests in five minutes, over all tables of account and region.
USER_ERRORS = 100
_METRICS = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html"
_FIVE = timedelta(minutes=5)


def alarm_specs(watched: Watched) -> tuple[AlarmSpec, ...]:
    """Every alarm of one table."""
    specs = [
        *_throttles(watched, None),
        *(spec for index in watched.indexes for spec in _throttles(watched, index)),
        *_limits(watched),
        _system_errors(watched),
        *_latency(watched),
        *(_replica(watched, region) for region in watched.replica_regions),
    ]
    if watched.user_errors:
        specs.append(_user_errors(watched))
    return tuple(specs)


def _throttles(watched: Watched, index: str | None) -> tuple[AlarmSpec, ...]:
    """Requests turned away, reads and writes apart. A global index throttles by itself, and its writes hold up those of the table."""
    part = f"{index}" if index else ""
    name = "".join(word[:1].upper() + word[1:] for word in part.replace("_", "-").replace(".", "-").split("-"))
    dimensions = {"GlobalSecondaryIndexName": index} if index else {}
    subject = f"the index {index}" if index else "the table"
    return tuple(
        AlarmSpec(
            id=f"{name}{kind}Throttled",
            metric=watched.filled(f"{kind}ThrottleEvents", label=f"Throttled {kind.lower()}s", **dimensions),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=5,
            datapoints=3,
            # Sent only when something is throttled.
            missing_data="notBreaching",
            source=f"Ledger STORE-2; one throttle is retried by the SDK, three minutes of them are not. {_METRICS}",
            runbook=RunbookSpec(
                meaning=f"DynamoDB turns away {kind.lower()}s of {subject}: requests of users fail or wait for retries.",
                causes=(
                    f"the maximum throughput is reached (posture.max_{kind.lower()}_units): a loop, or more traffic than was expected",
                    "one partition key gets more than 3,000 read or 1,000 write units a second: see the contributor insights",
                    "traffic more than doubled within 30 minutes",
                ),
                first_commands=(
                    watched.series(f"{kind}MaxOnDemandThroughputThrottleEvents", **dimensions),
                    watched.series(f"{kind}KeyRangeThroughputThrottleEvents", **dimensions),
                    f"aws dynamodb describe-table --table-name {watched.table} --query 'Table.[OnDemandThroughput,GlobalSecondaryIndexes]'",
                    f"aws dynamodb describe-contributor-insights --table-name {watched.table}",
                ),
            ),
        )
        for kind in ("Read", "Write")
    )


def _limits(watched: Watched) -> tuple[AlarmSpec, ...]:
    return tuple(
        AlarmSpec(
            id=f"{kind}NearLimit",
            metric=watched.filled(f"Consumed{kind}CapacityUnits", label=f"Consumed {kind.lower()} units"),
            threshold=int(limit * 60 * NEAR),
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            # Not all of them: the youngest minute may come late, and is filled until then.
            periods=5,
            datapoints=4,
            missing_data="notBreaching",
            source=f"{NEAR:.0%} of the {limit} units a second at which DynamoDB begins to throttle (posture.max_{kind.lower()}_units)",
            runbook=RunbookSpec(
                meaning=f"{kind}s use more than {NEAR:.0%} of the table's maximum throughput: soon they are turned away, and each one costs.",
                causes=("a loop or a scan in the application", "a new use, or more users", "a limit set for last year's traffic"),
                first_commands=(
                    watched.series(f"Consumed{kind}CapacityUnits"),
                    f"aws dynamodb describe-contributor-insights --table-name {watched.table}",
                    f"aws dynamodb describe-table --table-name {watched.table} --query Table.OnDemandThroughput",
                ),
            ),
        )
        for kind, limit in (("Read", watched.max_read_units), ("Write", watched.max_write_units))
    )


def _system_errors(watched: Watched) -> AlarmSpec:
    using = {f"m{number}": watched.metric("SystemErrors", Operation=operation) for number, operation in enumerate(OPERATIONS)}
    return AlarmSpec(
        id="SystemErrors",
        metric=MathMetric(expression=" + ".join(f"FILL({name}, 0)" for name in using), using=using, label="Errors of DynamoDB itself"),
        threshold=0,
        comparison="GreaterThanThreshold",
        severity=Severity.CRITICAL,
        periods=5,
        datapoints=3,
        missing_data="notBreaching",
        source=f"Ledger STORE-2; the SDK retries one. {_METRICS}",
        runbook=RunbookSpec(
            meaning="DynamoDB answers requests to the table with HTTP 500: reads and writes of users fail after retries.",
            causes=("an event of DynamoDB in the region", "an event of KMS: the table's key cannot be used"),
            first_commands=(
                "aws health describe-events --filter services=DYNAMODB --region us-east-1",
                f"aws dynamodb describe-table --table-name {watched.table} --query 'Table.[TableStatus,SSEDescription,Replicas]'",
                watched.series("SystemErrors", Operation="GetItem"),
            ),
        ),
    )


def _latency(watched: Watched) -> tuple[AlarmSpec, ...]:
    return tuple(
        AlarmSpec(
            id=f"{operation}Slow",
            metric=watched.filled("SuccessfulRequestLatency", "Average", label=f"{operation}, ms", Operation=operation),
            threshold=limit,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=5,
            datapoints=4,
            # Nobody asked.
            missing_data="notBreaching",
            source="Ledger STORE-2; DynamoDB answers single items in single-digit milliseconds, so this is well beyond what is usual",
            runbook=RunbookSpec(
                meaning=f"{operation} takes more than {limit} ms on average inside DynamoDB: pages that read this table are slow.",
                causes=("items or results grew large", "few requests: each sets up a connection and asks KMS", "an event in the region"),
                first_commands=(
                    watched.series("SuccessfulRequestLatency", "Maximum", Operation=operation),
                    watched.series("ReturnedItemCount", "Average", Operation=operation),
                    f"aws dynamodb describe-table --table-name {watched.table} --query 'Table.[ItemCount,TableSizeBytes]'",
                ),
            ),
        )
        for operation, limit in SLOW.items()
    )


def _replica(watched: Watched, region: str) -> AlarmSpec:
    name = "".join(part.capitalize() for part in region.split("-"))
    return AlarmSpec(
        id=f"{name}ReplicaLate",
        metric=watched.filled("ReplicationLatency", "Average", label=f"Delay to {region}, ms", ReceivingRegion=region),
        threshold=REPLICA_LAG / timedelta(milliseconds=1),
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=3,
        # Without writes there is nothing to replicate.
        missing_data="notBreaching",
        source="The recovery point of a lost region; https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_monitoring.html",
        runbook=RunbookSpec(
            meaning=f"Items reach {region} later than a minute after they were written: a switch-over would lose what is on the way.",
            causes=(
                f"the replica's key in {region} cannot be used: after 20 hours the replica is cut off for good",
                "the replica throttles: its maximum throughput is lower than what is written",
                f"an event of DynamoDB in {region}",
            ),
            first_commands=(
                f"aws dynamodb describe-table --table-name {watched.table} --query Table.Replicas",
                f"aws dynamodb describe-table --table-name {watched.table} --region {region} --query 'Table.[TableStatus,SSEDescription]'",
                watched.series("ReplicationLatency", "Average", ReceivingRegion=region),
            ),
        ),
    )


def _user_errors(watched: Watched) -> AlarmSpec:
    return AlarmSpec(
        id="UserErrorsSurge",
        # Without a dimension: DynamoDB counts them for account and region, not for a table.
        metric=MathMetric(
            expression="FILL(m0, 0)",
            using={"m0": Metric(namespace="AWS/DynamoDB", name="UserErrors", statistic="Sum", period=_FIVE)},
            label="User errors",
            period=_FIVE,
        ),
        threshold=USER_ERRORS,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=3,
        missing_data="notBreaching",
        source=f"A third of a request a second: more than a stray mistake. {_METRICS}",
        runbook=RunbookSpec(
            meaning="DynamoDB refuses requests of this account as malformed or not authenticated: something that was just deployed is wrong.",
            causes=("a name, key or type that does not fit the table", "a missing permission", "an expired signature: a clock is off"),
            first_commands=(
                "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventSource,AttributeValue=dynamodb.amazonaws.com --max-results 20",
                f"aws dynamodb describe-table --table-name {watched.table} --query 'Table.[KeySchema,AttributeDefinitions]'",
            ),
        ),
    )
