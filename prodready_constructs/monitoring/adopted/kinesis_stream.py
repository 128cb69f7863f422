"""Kinesis data streams."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, LEDGER, RECOMMENDED, WARNING, Service

#: Milliseconds: half of the 24 hours for which a stream keeps records unless told otherwise.
HALF_OF_RETENTION = 12 * 3_600_000


def stream(name: str) -> tuple[AnyAlarmSpec, ...]:
    """A stream by its name."""
    of = Service("AWS/Kinesis", {"StreamName": name}, (f"aws kinesis describe-stream-summary --stream-name {name}",))
    return (
        of.alarm(
            "RecordsNearlyLost",
            of.metric("GetRecords.IteratorAgeMilliseconds", "Maximum"),
            HALF_OF_RETENTION,
            severity=CRITICAL,
            source=f"Our reason: half of the 24 hours that records are kept for by default; {RECOMMENDED} names the metric",
            periods=15,
            meaning="Consumers are twelve hours behind: records will be deleted unread.",
            causes=("a consumer that is stopped, or stuck on one record", "fewer consumers than shards need"),
        ),
        *(
            of.alarm(
                f"{kind}Throttled",
                of.metric(f"{kind}ProvisionedThroughputExceeded"),
                0,
                severity=WARNING,
                source=f"{LEDGER}: throttles; {RECOMMENDED} names the metric",
                meaning=f"{kind}s are throttled for five minutes.",
                causes=("a hot partition key", "too few shards", "too many consumers without enhanced fan-out"),
            )
            for kind in ("Read", "Write")
        ),
        of.alarm(
            "RecordsRefused",
            of.metric("PutRecords.FailedRecords"),
            0,
            severity=WARNING,
            source=f"Our reason: who does not send them again has lost them; {RECOMMENDED} names the metric",
            meaning="Kinesis refuses records for five minutes; producers must send them again.",
            causes=("a passing fault of Kinesis", "a shard over its limit"),
        ),
    )


ADOPTS = {
    "aws_kinesis.IStream": lambda found: stream(found.stream_name),
    "aws_kinesis.CfnStream": lambda found: stream(found.ref),
}
