"""What is watched of a queue: dead letters, age, growth, and the quota of messages in flight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

#: The most messages that may be in flight, in a standard and in a FIFO queue. Beyond it a standard queue answers OverLimit to short
#: polling, and both stop handing out messages. Sources:
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html,
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-fifo.html (20,000 until November 2024)
IN_FLIGHT_QUOTA = 120_000
NEAR = 0.8
#: Growth is a trend when the average of five minutes rises six times in a row. Noise around a level does that once in 7! = 5,040 half
#: hours (seven values in rising order), a spike rises once, and a sawtooth must fall within half an hour, or it is a trend too.
GROWTH_PERIOD = timedelta(minutes=5)
GROWTH_PERIODS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedQueue:
    """What the alarms need to know of a queue and of its dead letters."""

    name: str
    url: str
    dead_letters_name: str
    dead_letters_url: str
    dead_letters_arn: str
    retention: timedelta
    oldest_message: timedelta
    backlog: int


def dead_letters_not_empty(*, alarm_id: str, name: str, source: str, runbook: RunbookSpec) -> AlarmSpec:
    """One message in the dead-letter queue *name* is one too many."""
    return AlarmSpec(
        id=alarm_id,
        metric=_metric(name, "ApproximateNumberOfMessagesVisible", "Maximum"),
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        # SQS stops reporting for a queue that was idle for six hours: silence is an empty queue.
        missing_data="notBreaching",
        severity=Severity.CRITICAL,
        source=source,
        runbook=runbook,
    )


def depth_increasing(*, name: str, backlog: int, runbook: RunbookSpec) -> AlarmSpec:
    """More than *backlog* messages wait, and at this pace as many again will within the hour, for half an hour already.

    The floor keeps a queue that works through a few messages quiet; the slope a queue that is deep and is worked off. Average, not
    Maximum: a burst of a minute is what a queue is for.
    """
    return AlarmSpec(
        id="DepthIncreasing",
        metric=MathMetric(
            expression=f"IF(depth > {backlog}, RATE(depth) * 3600, 0)",
            using={"depth": _metric(name, "ApproximateNumberOfMessagesVisible", "Average")},
            label="messages an hour by which the backlog grows",
            period=GROWTH_PERIOD,
        ),
        threshold=backlog,
        comparison="GreaterThanThreshold",
        periods=GROWTH_PERIODS,
        # No depth is reported of an idle queue, and RATE has no value for the first datapoint after it.
        missing_data="notBreaching",
        severity=Severity.WARNING,
        source="Ledger STORE-3: queue depth increasing; floor and slope from posture.backlog, six rising averages of five minutes",
        runbook=runbook,
    )


def queue_alarms(queue: WatchedQueue) -> tuple[AlarmSpec, ...]:
    """The alarms of one queue."""
    attributes = f"aws sqs get-queue-attributes --queue-url {queue.url} --attribute-names All"
    behind = RunbookSpec(
        meaning="Messages arrive faster than they are handled, and the backlog keeps growing: what users asked for happens later and later.",
        causes=(
            "The consumer is stopped, crashes, or was deployed with a fault",
            "A dependency of the consumer (database, other service) is slow",
            "More traffic than the consumer was scaled for",
        ),
        first_commands=(attributes, _counts(queue.name, "NumberOfMessagesSent"), _counts(queue.name, "NumberOfMessagesDeleted")),
    )
    return (
        dead_letters_not_empty(
            alarm_id="DeadLetters",
            name=queue.dead_letters_name,
            source="Ledger STORE-3 (dead-letter queue not empty is critical): every message is work that was not done",
            runbook=RunbookSpec(
                meaning="A message could not be handled however often it was tried: what it asked for has not been done.",
                causes=(
                    "A message the consumer cannot read: a producer was deployed before its consumer",
                    "A fault in the consumer, or in what it calls, that lasted longer than all tries",
                    "The consumer takes longer than the visibility timeout, so that its work is handed out again",
                ),
                first_commands=(
                    f"aws sqs receive-message --queue-url {queue.dead_letters_url} --max-number-of-messages 10 --visibility-timeout 30"
                    " --message-system-attribute-names All --message-attribute-names All  # read them; they stay",
                    f"aws sqs start-message-move-task --source-arn {queue.dead_letters_arn} --max-number-of-messages-per-second 10"
                    "  # the cause is mended: back to the queue they came from",
                    f"aws sqs list-message-move-tasks --source-arn {queue.dead_letters_arn}",
                ),
            ),
        ),
        AlarmSpec(
            id="OldestMessage",
            metric=_metric(queue.name, "ApproximateAgeOfOldestMessage", "Maximum"),
            threshold=queue.oldest_message.total_seconds(),
            comparison="GreaterThanThreshold",
            periods=3,
            missing_data="notBreaching",
            severity=Severity.WARNING,
            source="Ledger STORE-3: age of the oldest message; threshold from posture.oldest_message",
            runbook=behind,
        ),
        AlarmSpec(
            id="MessagesNearlyLost",
            metric=_metric(queue.name, "ApproximateAgeOfOldestMessage", "Maximum"),
            threshold=(queue.retention / 2).total_seconds(),
            comparison="GreaterThanThreshold",
            periods=3,
            missing_data="notBreaching",
            severity=Severity.CRITICAL,
            source="Our reason: half of the retention is gone; what is left is the time to mend the consumer before messages are deleted",
            runbook=RunbookSpec(
                meaning=f"The oldest message waits for half of the {queue.retention.days} days after which SQS deletes it without a trace.",
                causes=("Nothing consumes the queue", "The consumer is far behind"),
                first_commands=(
                    attributes,
                    f"aws sqs set-queue-attributes --queue-url {queue.url} --attributes MessageRetentionPeriod=1209600"
                    "  # gains days; put it back with a deployment",
                ),
            ),
        ),
        depth_increasing(name=queue.name, backlog=queue.backlog, runbook=behind),
        AlarmSpec(
            id="InFlightNearQuota",
            metric=_metric(queue.name, "ApproximateNumberOfMessagesNotVisible", "Maximum"),
            threshold=int(IN_FLIGHT_QUOTA * NEAR),
            comparison="GreaterThanThreshold",
            periods=3,
            missing_data="notBreaching",
            severity=Severity.WARNING,
            source=f"Amazon SQS quotas: {IN_FLIGHT_QUOTA:,} messages in flight, in standard and FIFO queues; 80 % of it",
            runbook=RunbookSpec(
                meaning=f"Nearly {IN_FLIGHT_QUOTA:,} messages are handed out and not deleted; at that many SQS hands out no more.",
                causes=("Consumers forget to delete what they handled", "They crash, and the visibility timeout is long"),
                first_commands=(
                    attributes,
                    _counts(queue.name, "NumberOfMessagesReceived"),
                    _counts(queue.name, "NumberOfMessagesDeleted"),
                ),
            ),
        ),
    )


def queue_graphs(queue: WatchedQueue) -> tuple[GraphSpec, ...]:
    """Depth, age, throughput and dead letters."""
    return (
        GraphSpec(
            title="Messages waiting and in flight",
            metrics=tuple(
                _metric(queue.name, name, "Maximum")
                for name in (
                    "ApproximateNumberOfMessagesVisible",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                )
            ),
        ),
        GraphSpec(title="Age of the oldest message", metrics=(_metric(queue.name, "ApproximateAgeOfOldestMessage", "Maximum"),), unit="s"),
        GraphSpec(
            title="Messages sent, received and done",
            metrics=tuple(
                _metric(queue.name, name, "Sum") for name in ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted")
            ),
        ),
        GraphSpec(title="Dead letters", metrics=(_metric(queue.dead_letters_name, "ApproximateNumberOfMessagesVisible", "Maximum"),)),
    )


def _metric(name: str, metric: str, statistic: str) -> Metric:
    return Metric(namespace="AWS/SQS", name=metric, dimensions={"QueueName": name}, statistic=statistic)


def _counts(name: str, metric: str) -> str:
    return (
        f"aws cloudwatch get-metric-statistics --namespace AWS/SQS --metric-name {metric} --dimensions Name=QueueName,Value={name}"
        " --statistics Sum --period 300 --start-time $(date -u -d '-2 hours' +%FT%TZ) --end-time $(date -u +%FT%TZ)"
    )
