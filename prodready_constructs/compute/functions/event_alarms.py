"""What wakes someone about events that a function could not handle, and about a release that went back."""

from __future__ import annotations

from prodready_constructs.compute.functions.metrics import WatchedFunction
from prodready_constructs.compute.functions.release import ALIAS
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, MathMetric, Metric, RunbookSpec, Severity

LEDGER = "Ledger FN-3 and OPS-2, the people's thresholds"


def event_alarms(function: WatchedFunction, *, errors: str) -> tuple[AnyAlarmSpec, ...]:
    """Dead letters, events that are lost, loops, a release that failed; *errors* shows the function's log."""
    name = function.name
    return (
        _dead_letters(function, first=(errors,)),
        AlarmSpec(
            id="FailuresNotDelivered",
            metric=MathMetric(
                # A sum of what is there: filled gaps would end the alarm whenever a minute comes late.
                expression="SUM([records, letters])",
                using={"records": function.metric("DestinationDeliveryFailures"), "letters": function.metric("DeadLetterErrors")},
                label="Failed events that reached no queue",
            ),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            missing_data="notBreaching",
            source="AWS Lambda developer guide, asynchronous invocation metrics: what cannot be delivered is gone",
            runbook=RunbookSpec(
                meaning="An event was given up and did not reach the dead-letter queue either: it is lost.",
                causes=("The function's role may no longer write to the queue or use its key", "The record is above SQS's 1 MiB"),
                first_commands=(
                    f"aws sqs get-queue-attributes --queue-url {function.dead_letters_url} --attribute-names All",
                    f"aws lambda get-function-event-invoke-config --function-name {name} --qualifier {ALIAS}",
                    errors,
                ),
            ),
        ),
        AlarmSpec(
            id="RecursionStopped",
            metric=function.metric("RecursiveInvocationsDropped"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="notBreaching",
            source="AWS Lambda developer guide, recursive loop detection: about 16 rounds of one event, then it is stopped",
            runbook=RunbookSpec(
                meaning="The function called itself by way of a queue, topic or bucket until Lambda stopped it; the event is a dead letter.",
                causes=("It writes to the queue, topic or bucket that calls it", "Two functions write to each other's"),
                first_commands=(f"aws lambda list-event-source-mappings --function-name {name}", errors),
            ),
        ),
        EventSpec(
            id="ReleaseFailed",
            pattern={
                "source": ["aws.codedeploy"],
                "detail-type": ["CodeDeploy Deployment State-change Notification"],
                "detail": {
                    "application": [function.application],
                    "deploymentGroup": [function.deployment_group],
                    "state": ["FAILURE", "STOP"],
                },
            },
            severity=Severity.CRITICAL,
            source="Amazon EventBridge reference: AWS CodeDeploy events",
            runbook=RunbookSpec(
                meaning="A new version did not take over: a check failed, or an alarm went off. The version before serves all callers again.",
                causes=("The new version answers the smoke check with an error", "A rollback alarm went off", "Somebody stopped it"),
                first_commands=(
                    f"aws deploy list-deployments --application-name {function.application}"
                    f" --deployment-group-name {function.deployment_group} --include-only-statuses Failed Stopped",
                    "aws deploy get-deployment --deployment-id <the first of them> --query 'deploymentInfo.[status,errorInformation,rollbackInfo]'",
                    errors,
                ),
            ),
        ),
    )


def _dead_letters(function: WatchedFunction, *, first: tuple[str, ...]) -> AlarmSpec:
    return AlarmSpec(
        id="DeadLetters",
        metric=Metric(
            namespace="AWS/SQS",
            name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": function.dead_letters_name},
            statistic="Maximum",
        ),
        threshold=0,
        comparison="GreaterThanThreshold",
        severity=Severity.CRITICAL,
        periods=1,
        # SQS stops reporting for a queue that was idle for six hours: silence is an empty queue.
        missing_data="notBreaching",
        source=f"{LEDGER}: every dead letter is work that was not done",
        runbook=RunbookSpec(
            meaning="An event was given up after all attempts: what it asked for has not been done.",
            causes=(
                "An event the function cannot read",
                "What it calls was down for longer than all attempts",
                "A loop that Lambda stopped",
            ),
            first_commands=(
                f"aws sqs receive-message --queue-url {function.dead_letters_url} --max-number-of-messages 10 --visibility-timeout 30"
                " --message-system-attribute-names All --message-attribute-names All"
                "  # each event twice: as it was, and as a record with requestPayload and responsePayload",
                *first,
                f"aws lambda invoke --function-name {function.name} --qualifier {ALIAS} --invocation-type Event"
                " --cli-binary-format raw-in-base64-out --payload file://event.json /dev/null  # the cause is mended: once more",
            ),
        ),
    )
