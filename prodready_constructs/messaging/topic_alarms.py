"""What is watched of a topic: deliveries that failed, were lost, or could not be filtered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.messaging.queue_alarms import dead_letters_not_empty

#: SNS sends its metrics every five minutes.
_PERIOD = timedelta(minutes=5)
_FILTERED = "NumberOfNotificationsFilteredOut"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTopic:
    """What the alarms need to know of a topic, its dead letters and its log of failed deliveries."""

    name: str
    arn: str
    undelivered_name: str
    undelivered_url: str
    failures_log: str


def topic_alarms(topic: WatchedTopic) -> tuple[AlarmSpec, ...]:
    """The alarms of one topic."""
    failures = (
        f"aws logs start-query --log-group-name {topic.failures_log} --start-time $(date -d '-2 hours' +%s) --end-time $(date +%s) "
        "--query-string 'stats count() by delivery.destination, delivery.statusCode, delivery.providerResponse'"
    )
    subscriptions = f"aws sns list-subscriptions-by-topic --topic-arn {topic.arn}"
    peek = (
        f"aws sqs receive-message --queue-url {topic.undelivered_url} --max-number-of-messages 10 --visibility-timeout 60"
        " --message-system-attribute-names All --message-attribute-names All"
    )
    causes = (
        "A subscriber's endpoint is down or answers with an error",
        "The policy of a subscribed queue, or of its key, no longer lets SNS in: such a message is given up at once",
        "A subscribed queue was deleted",
    )
    return (
        AlarmSpec(
            id="DeliveryFailed",
            metric=_metric(topic.name, "NumberOfNotificationsFailed"),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            # The metric exists only while deliveries fail.
            missing_data="notBreaching",
            severity=Severity.WARNING,
            source="Ledger STORE-4: failed notifications; SNS counts a queue once it gives up, and an HTTPS endpoint at every try",
            runbook=RunbookSpec(
                meaning="A message could not be delivered to a subscriber. SNS tries HTTPS endpoints again; what it gives up goes to the dead letters.",
                causes=causes,
                first_commands=(failures, subscriptions),
            ),
        ),
        dead_letters_not_empty(
            alarm_id="UndeliveredMessages",
            name=topic.undelivered_name,
            source="Ledger STORE-4: every message here is one that a subscriber never got",
            runbook=RunbookSpec(
                meaning="SNS gave up on a message for one subscriber, and kept it here.",
                causes=causes,
                # SQS moves dead letters of queues only (StartMessageMoveTask): these go back by hand, one at a time.
                first_commands=(
                    failures,
                    peek,
                    "aws sqs send-message --queue-url <the subscriber's queue> --message-body <body>  # the cause is mended",
                    f"aws sqs delete-message --queue-url {topic.undelivered_url} --receipt-handle <handle>",
                ),
            ),
        ),
        AlarmSpec(
            id="MessagesLost",
            metric=_metric(topic.name, "NumberOfNotificationsFailedToRedriveToDlq"),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            missing_data="notBreaching",
            severity=Severity.CRITICAL,
            source="Ledger STORE-4: neither the subscriber nor the dead-letter queue took the message; it is gone",
            runbook=RunbookSpec(
                meaning="Messages are being lost: SNS can deliver them neither to a subscriber nor to the dead-letter queue.",
                causes=("The policy of the dead-letter queue or of the topic's key was changed", "The topic's key is disabled"),
                first_commands=(
                    f"aws sqs get-queue-attributes --queue-url {topic.undelivered_url} --attribute-names Policy KmsMasterKeyId",
                    failures,
                ),
            ),
        ),
        AlarmSpec(
            id="FilterCannotRead",
            metric=MathMetric(
                expression="FILL(attributes, 0) + FILL(bodies, 0)",
                using={
                    "attributes": _metric(topic.name, f"{_FILTERED}-InvalidAttributes"),
                    "bodies": _metric(topic.name, f"{_FILTERED}-InvalidMessageBody"),
                },
                label="messages that a filter could not read",
                period=_PERIOD,
            ),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            missing_data="notBreaching",
            severity=Severity.WARNING,
            source="Ledger STORE-4: a message whose attributes or body a filter cannot read is dropped for that subscriber, and kept nowhere",
            runbook=RunbookSpec(
                meaning="A subscriber with a filter did not get a message because its attributes or its body could not be read.",
                causes=(
                    "A producer sends an attribute of the wrong type, or a malformed String.Array",
                    "A body that is not JSON, while the filter looks into the body",
                ),
                first_commands=(
                    subscriptions,
                    "aws sns get-subscription-attributes --subscription-arn <arn> --query 'Attributes.[FilterPolicyScope,FilterPolicy]'",
                ),
            ),
        ),
    )


def topic_graphs(topic: WatchedTopic) -> tuple[GraphSpec, ...]:
    """Published, delivered, filtered out, failed."""
    return (
        GraphSpec(
            title="Messages published, delivered and filtered out",
            metrics=tuple(_metric(topic.name, name) for name in ("NumberOfMessagesPublished", "NumberOfNotificationsDelivered", _FILTERED)),
        ),
        GraphSpec(
            title="Messages not delivered",
            metrics=tuple(
                _metric(topic.name, name)
                for name in (
                    "NumberOfNotificationsFailed",
                    "NumberOfNotificationsRedrivenToDlq",
                    "NumberOfNotificationsFailedToRedriveToDlq",
                )
            ),
        ),
    )


def _metric(name: str, metric: str) -> Metric:
    return Metric(namespace="AWS/SNS", name=metric, dimensions={"TopicName": name}, statistic="Sum", period=_PERIOD)
