"""Who says that a webhook is silent: alarms that go to a topic it does not serve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

#: Namespace of what the function's own log lines say.
NAMESPACE = "Prodready/Webhook"
#: Milliseconds that an alert may wait for its turn.
LATE = timedelta(minutes=5)
_PERIOD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedWebhook:
    """What the alarms name: the webhook's path, its function and logs, its secret, and the topic that hears of its failures."""

    path: str
    function_name: str
    log_group_name: str
    secret_arn: str
    failures_arn: str
    queue_url: str

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        return Metric(
            namespace="AWS/Lambda", name=name, dimensions={"FunctionName": self.function_name}, statistic=statistic, period=_PERIOD
        )

    @property
    def given_up(self) -> Metric:
        return Metric(namespace=NAMESPACE, name="AlertsGivenUp", dimensions={"Webhook": self.path}, statistic="Sum", period=_PERIOD)


def webhook_alarms(webhook: WatchedWebhook) -> tuple[AlarmSpec, ...]:
    """Alerts that did not arrive, and those that may not."""
    logs = f"aws logs tail {webhook.log_group_name} --since 1h"
    secret = f"aws secretsmanager describe-secret --secret-id {webhook.secret_arn}"
    undelivered = f"aws sqs receive-message --queue-url {webhook.queue_url} --max-number-of-messages 10 --message-attribute-names All"

    def alarm(
        alarm_id: str,
        metric: Metric | MathMetric,
        severity: Severity,
        source: str,
        runbook: RunbookSpec,
        *,
        threshold: float = 0,
        periods: int = 1,
    ) -> AlarmSpec:
        return AlarmSpec(
            id=alarm_id,
            metric=metric,
            threshold=threshold,
            comparison="GreaterThanThreshold",
            periods=periods,
            # No alerts, no datapoints: silence is peace.
            missing_data="notBreaching",
            severity=severity,
            source=source,
            runbook=runbook,
            tells=webhook.failures_arn,
        )

    return (
        alarm(
            "AlertsNotTaken",
            MathMetric(
                expression="FILL(refused,0)+FILL(dropped,0)",
                using={"refused": webhook.given_up, "dropped": webhook.metric("AsyncEventsDropped")},
                label="Alerts not taken",
                period=_PERIOD,
            ),
            Severity.CRITICAL,
            "Ledger OPS-1: one alert that the channel did not take is one too many",
            RunbookSpec(
                meaning="The chat channel did not take an alert. The alert itself, with the reason, was sent to this address and is kept in a queue.",
                causes=(
                    "the webhook was deleted or replaced, or its channel archived: the secret holds an old URL",
                    "the chat service was down for longer than the retries last",
                    "the network no longer lets the function out",
                ),
                first_commands=(undelivered, logs, secret),
            ),
        ),
        alarm(
            "AlertsLost",
            webhook.metric("DeadLetterErrors"),
            Severity.CRITICAL,
            "AWS Lambda developer guide, metrics of asynchronous invocation: an event that not even the dead letters took is gone",
            RunbookSpec(
                meaning="An alert was taken neither by the chat channel nor by the topic for failures: only CloudWatch's alarm history has it.",
                causes=("the function's role may no longer publish", "the key of the topic is disabled, or its policy changed"),
                first_commands=(
                    "aws cloudwatch describe-alarm-history --history-item-type StateUpdate --max-items 50",
                    f"aws sns get-topic-attributes --topic-arn {webhook.failures_arn}",
                    logs,
                ),
            ),
        ),
        alarm(
            "WebhookFailing",
            webhook.metric("Errors"),
            Severity.WARNING,
            "Each failed run is an alert that waits for the next try; two in a row may be the chat service's bad minute, three are not",
            RunbookSpec(
                meaning="Alerts reach the chat channel late or not at all: runs of the webhook fail and are repeated.",
                causes=(
                    "the chat service answers slowly, with errors or with 429",
                    "its name does not resolve",
                    "the secret cannot be read",
                ),
                first_commands=(logs, secret),
            ),
            threshold=2,
        ),
        alarm(
            "AlertsLate",
            webhook.metric("AsyncEventAge", "Maximum"),
            Severity.WARNING,
            f"Our own bound: an alert older than {int(LATE.total_seconds() // 60)} minutes no longer helps whoever reads along",
            RunbookSpec(
                meaning="Alerts wait for their turn: the webhook tells one at a time, as chat services demand.",
                causes=("many alarms at once", "the chat service slows the webhook down (429)"),
                first_commands=(f"aws lambda get-function-concurrency --function-name {webhook.function_name}", logs),
            ),
            threshold=LATE.total_seconds() * 1000,
            periods=2,
        ),
    )


def webhook_graphs(webhook: WatchedWebhook) -> tuple[GraphSpec, ...]:
    """Alerts told, failed and given up; how old they were."""
    return (
        GraphSpec(
            title="Webhook: alerts",
            metrics=(webhook.metric("Invocations"), webhook.metric("Errors"), webhook.metric("AsyncEventsDropped"), webhook.given_up),
        ),
        GraphSpec(title="Webhook: age of alerts", metrics=(webhook.metric("AsyncEventAge", "Maximum"),), unit="ms"),
    )
