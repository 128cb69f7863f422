"""Kinesis data streams."""

from __future__ import annotations

from typing import Any

from aws_cdk import Token

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, LEDGER, RECOMMENDED, WARNING, Service

#: Hours for which a stream keeps records unless told otherwise (AWS::Kinesis::Stream, RetentionPeriodHours).
RETENTION = 24


def stream(name: str, hours: int = RETENTION) -> tuple[AnyAlarmSpec, ...]:
    """A stream by its name; *hours*: for how long it keeps records."""
    of = Service("AWS/Kinesis", {"StreamName": name}, (f"aws kinesis describe-stream-summary --stream-name {name}",))
    return (
        of.alarm(
            "RecordsNearlyLost",
            of.metric("GetRecords.IteratorAgeMilliseconds", "Maximum"),
            hours * 3_600_000 // 2,
            severity=CRITICAL,
            source=f"Our reason: half of the {hours} hours that records are kept for; {RECOMMENDED} names the metric",
            periods=15,
            # Nobody reads, or nothing is written: the metric comes with a read.
            missing_data="notBreaching",
            meaning=f"Consumers are {hours // 2} hours behind: records will be deleted unread.",
            causes=("a consumer that is stopped, or stuck on one record", "fewer consumers than shards need"),
        ),
        *(
            of.alarm(
                f"{kind}Throttled",
                of.metric(f"{kind}ProvisionedThroughputExceeded"),
                0,
                severity=WARNING,
                source=f"{LEDGER}: throttles; {RECOMMENDED} names the metric",
                missing_data="notBreaching",
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
            missing_data="notBreaching",
            meaning="Kinesis refuses records for five minutes; producers must send them again.",
            causes=("a passing fault of Kinesis", "a shard over its limit"),
        ),
    )


def _hours(plain: Any) -> int:
    """For how long a stream of this app keeps records; the default for one from elsewhere, which is the shortest."""
    given = getattr(plain, "retention_period_hours", None)
    return RETENTION if given is None or Token.is_unresolved(given) else int(given)


ADOPTS = {
    "aws_kinesis.IStream": lambda found: stream(found.stream_name, _hours(found.node.default_child)),
    "aws_kinesis.CfnStream": lambda found: stream(found.ref, _hours(found)),
}
