"""What wakes someone about a function that takes messages or records, beyond what function and queue tell by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

#: Percent of messages or records that fail above which somebody looks; each is tried again, so that one bad one counts several times.
FAILING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedMapping:
    """What the alarms need to know of a mapping, its function and its queue (that of failures, for a stream)."""

    mapping_id: str
    function: str
    queue: str
    queue_url: str
    at_once: int | None = None

    def events(self, name: str) -> Metric:
        """A metric of the mapping.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
        """
        return Metric(
            namespace="AWS/Lambda", name=name, dimensions={"EventSourceMappingUUID": self.mapping_id}, statistic="Sum", label=name
        )

    def of_function(self, name: str, statistic: str = "Maximum") -> Metric:
        """A metric of the function."""
        return Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": self.function}, statistic=statistic, label=name)

    @property
    def visible(self) -> Metric:
        """What waits."""
        name = "ApproximateNumberOfMessagesVisible"
        return Metric(namespace="AWS/SQS", name=name, dimensions={"QueueName": self.queue}, statistic="Maximum", label=name)

    @property
    def commands(self) -> tuple[str, ...]:
        """What to look at first."""
        return (
            f"aws lambda get-event-source-mapping --uuid {self.mapping_id} --query '[State,StateTransitionReason,LastProcessingResult]'",
            f"aws lambda get-function-configuration --function-name {self.function} --query '[State,LastUpdateStatus,StateReason]'",
            f"aws sqs get-queue-attributes --queue-url {self.queue_url} --attribute-names All",
        )

    @property
    def failing(self) -> AlarmSpec:
        """Errors of the function do not count a batch that answers which of its messages failed: this does."""
        return AlarmSpec(
            id="Failing",
            metric=MathMetric(
                expression="IF(invoked > 0, 100 * FILL(failed, 0) / invoked, 0)",
                using={"failed": self.events("FailedInvokeEventCount"), "invoked": self.events("InvokedEventCount")},
                label="messages or records that failed, %",
            ),
            threshold=FAILING,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=10,
            datapoints=5,
            missing_data="notBreaching",  # nothing came, nothing failed
            source="AWS Lambda developer guide, event source mapping metrics; one in five is no single bad message",
            runbook=RunbookSpec(
                meaning="Every fifth message or record that the function was given fails; each is tried again until it is given up.",
                causes=("the last deployment", "a store or a service of others is down", "a producer sends what the function cannot read"),
                first_commands=self.commands,
            ),
        )


def queue_consumer_alarms(watched: WatchedMapping) -> tuple[AlarmSpec, ...]:
    """The alarms of a function that takes messages."""
    alarms = [
        AlarmSpec(
            id="NotPolling",
            metric=MathMetric(
                expression="IF(FILL(visible, 0) > 0 AND FILL(polled, 0) < 1, 1, 0)",
                using={"visible": watched.visible, "polled": watched.events("PolledEventCount")},
                label="1: messages wait and none is taken",
            ),
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            severity=Severity.CRITICAL,
            # Not all of them: the youngest minute may come late, and is filled until then.
            periods=10,
            datapoints=8,
            # A mapping that is disabled reports nothing: that is filled with 0. Without a message there is nothing to take.
            missing_data="notBreaching",
            source="Ledger FN-5: work arrives and nobody does it",
            runbook=RunbookSpec(
                meaning="Messages have waited for ten minutes, and Lambda takes none: nothing of what users asked for happens.",
                causes=(
                    "the mapping was disabled by hand, or by Lambda's stop of recursive loops",
                    "the function may no longer receive or decrypt",
                    "the function has no concurrency left",
                ),
                first_commands=(*watched.commands, f"aws lambda update-event-source-mapping --uuid {watched.mapping_id} --enabled"),
            ),
        ),
        watched.failing,
    ]
    if watched.at_once is not None:
        alarms.append(
            AlarmSpec(
                id="AtMaxConcurrency",
                metric=MathMetric(
                    expression=f"IF(FILL(visible, 0) > 0 AND FILL(busy, 0) >= {watched.at_once}, 1, 0)",
                    using={"visible": watched.visible, "busy": watched.of_function("ConcurrentExecutions")},
                    label="1: all invocations are busy and messages wait",
                ),
                threshold=1,
                comparison="GreaterThanOrEqualToThreshold",
                severity=Severity.WARNING,
                periods=15,
                datapoints=12,
                missing_data="notBreaching",  # an idle function reports nothing
                source=f"{watched.at_once} invocations at once is the maximum concurrency of the mapping; a quarter of an hour there is no spike",
                runbook=RunbookSpec(
                    meaning="As many invocations run as may, and messages still wait: the queue is not worked off.",
                    causes=("more work than the maximum concurrency can do", "each message takes longer than usual: a store is slow"),
                    first_commands=watched.commands,
                ),
            )
        )
    return tuple(alarms)


def stream_consumer_alarms(watched: WatchedMapping, *, iterator_age: timedelta) -> tuple[AlarmSpec, ...]:
    """The alarms of a function that takes records."""
    given_up = RunbookSpec(
        meaning="Records were tried as long and as often as the posture says, and given up: what they asked for has not been done.",
        causes=("a record the function cannot read", "a store or a service of others was down for longer than the tries"),
        first_commands=(
            f"aws sqs receive-message --queue-url {watched.queue_url} --max-number-of-messages 10  # shard, first and last number of each batch",
            *watched.commands,
        ),
    )
    return (
        AlarmSpec(
            id="RecordsGivenUp",
            metric=watched.events("OnFailureDestinationDeliveredEventCount"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            missing_data="notBreaching",  # nothing given up, nothing reported
            source="Ledger OPS-2: dead letters wake someone; the stream keeps the records for a day only",
            runbook=given_up,
        ),
        AlarmSpec(
            id="RecordsLost",
            metric=watched.events("DroppedEventCount"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            missing_data="notBreaching",  # nothing dropped, nothing reported
            source="AWS Lambda developer guide: counts what was given up and could not be told to the queue of failures",
            runbook=given_up,
        ),
        AlarmSpec(
            id="FallingBehind",
            metric=watched.of_function("IteratorAge"),
            threshold=iterator_age / timedelta(milliseconds=1),
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=5,
            missing_data="notBreaching",  # no record, no age
            source="Ledger FN-3: iterator age; threshold from posture.iterator_age, in milliseconds",
            runbook=RunbookSpec(
                meaning="The function reads records that are older than they may be: what follows the stream shows an old state.",
                causes=("a batch that fails again and again holds up its shard", "more records than the function can take", "a slow store"),
                first_commands=watched.commands,
            ),
        ),
        watched.failing,
    )


def queue_consumer_graphs(watched: WatchedMapping) -> tuple[GraphSpec, ...]:
    """What becomes of messages."""
    names = ("PolledEventCount", "InvokedEventCount", "FailedInvokeEventCount", "FilteredOutEventCount", "DeletedEventCount")
    return (GraphSpec(title="Messages of the consumer", metrics=tuple(watched.events(name) for name in names)),)


def stream_consumer_graphs(watched: WatchedMapping) -> tuple[GraphSpec, ...]:
    """What becomes of records, and how far behind."""
    names = ("PolledEventCount", "InvokedEventCount", "FailedInvokeEventCount", "FilteredOutEventCount", "DroppedEventCount")
    return (
        GraphSpec(title="Records of the consumer", metrics=tuple(watched.events(name) for name in names)),
        GraphSpec(title="How far behind", metrics=(watched.of_function("IteratorAge"),), unit="ms"),
    )
