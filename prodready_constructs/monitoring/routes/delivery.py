"""Who watches the watchers: alarms about alerts that did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity


def delivery_alarms(
    *, topic_names: Mapping[Severity, str], topic_arns: Mapping[Severity, str], queue_name: str, queue_url: str
) -> tuple[AlarmSpec, ...]:
    """A failed delivery of each route, told by the other one; and any message in the dead-letter queue."""
    return (
        _failing("CriticalUndelivered", topic_names, topic_arns, failed=Severity.CRITICAL, told_by=Severity.WARNING),
        _failing("WarningUndelivered", topic_names, topic_arns, failed=Severity.WARNING, told_by=Severity.CRITICAL),
        AlarmSpec(
            id="AlertsInDeadLetters",
            metric=Metric(
                namespace="AWS/SQS",
                name="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": queue_name},
                statistic="Maximum",
            ),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            # SQS stops reporting for a queue that was idle for six hours: silence is an empty queue.
            missing_data="notBreaching",
            severity=Severity.CRITICAL,
            source="Ledger OPS-2 (dead-letter queue not empty is critical): every message is an alert nobody received",
            runbook=RunbookSpec(
                meaning="An alert could not be delivered to a subscriber or a topic: somebody may not know of an incident.",
                causes=(
                    "the pager's webhook is down or its integration key was revoked",
                    "an e-mail address bounces or was unsubscribed",
                    "the key policy or the event role no longer lets a service publish",
                ),
                first_commands=(
                    f"aws sqs receive-message --queue-url {queue_url} --max-number-of-messages 10 --attribute-names All",
                    f"aws sns list-subscriptions-by-topic --topic-arn {topic_arns[Severity.CRITICAL]}",
                ),
            ),
        ),
    )


def delivery_graphs(topic_names: Mapping[Severity, str]) -> tuple[GraphSpec, ...]:
    """Alerts sent and alerts not delivered, by route."""
    return tuple(
        GraphSpec(title=title, metrics=tuple(_metric(metric, topic_names, severity) for severity in Severity))
        for title, metric in (("Alerts sent", "NumberOfMessagesPublished"), ("Alerts not delivered", "NumberOfNotificationsFailed"))
    )


def _failing(
    alarm_id: str, topic_names: Mapping[Severity, str], topic_arns: Mapping[Severity, str], *, failed: Severity, told_by: Severity
) -> AlarmSpec:
    arn = topic_arns[failed]
    return AlarmSpec(
        id=alarm_id,
        metric=_metric("NumberOfNotificationsFailed", topic_names, failed),
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        # The metric exists only while deliveries fail.
        missing_data="notBreaching",
        severity=told_by,
        source=f"One failed delivery of a {failed.value} alert is one too many; it is told by the {told_by.value} route, which still works",
        runbook=RunbookSpec(
            meaning=f"A {failed.value} alert did not reach one of its subscribers.",
            causes=("the subscriber's endpoint is down or answers with an error", "a subscription was never confirmed or was deleted"),
            first_commands=(
                f"aws sns list-subscriptions-by-topic --topic-arn {arn}",
                f"aws sns publish --topic-arn {arn} --subject Test --message 'Test of the {failed.value} route'",
            ),
        ),
    )


def _metric(name: str, topic_names: Mapping[Severity, str], severity: Severity) -> Metric:
    return Metric(
        namespace="AWS/SNS",
        name=name,
        dimensions={"TopicName": topic_names[severity]},
        statistic="Sum",
        period=timedelta(minutes=5),
        label=severity.value,
    )
