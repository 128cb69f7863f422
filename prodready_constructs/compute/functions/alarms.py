"""What wakes someone about a function, what brings its new version back, and what the dashboard shows of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from prodready_constructs.compute.functions.release import ALIAS
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

LEDGER = "Ledger FN-3 and OPS-2, the people's thresholds"
#: The share of the timeout, of the reserved executions, of those kept warm, at which it is time to look.
NEAR = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFunction:
    """What the alarms need to know of a function: tokens of its names, read once."""

    name: str
    #: The number of the version that is published with this template.
    version: str
    log_group: str
    dead_letters_name: str
    dead_letters_url: str
    application: str
    deployment_group: str
    timeout: timedelta
    reserved: int
    provisioned: int

    def metric(self, name: str, statistic: str = "Sum", **dimensions: str) -> Metric:
        """A metric of the function, or of one of its versions."""
        return Metric(
            namespace="AWS/Lambda", name=name, dimensions={"FunctionName": self.name, **dimensions}, statistic=statistic, label=name
        )

    @property
    def alias(self) -> dict[str, str]:
        """The calls by way of the alias. Its name is made here: it must not be asked for it, it waits for the alarms."""
        return {"Resource": f"{self.name}:{ALIAS}"}

    @property
    def new_version(self) -> dict[str, str]:
        """Of these, the ones that met the new version.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html (ExecutedVersion)
        """
        return {**self.alias, "ExecutedVersion": self.version}

    def error_rate(self, **dimensions: str) -> MathMetric:
        """Percent of the executions that ended in an error; none without executions."""
        return MathMetric(
            expression="IF(calls > 0, 100 * FILL(errors, 0) / calls, 0)",
            using={"errors": self.metric("Errors", **dimensions), "calls": self.metric("Invocations", **dimensions)},
            label="Errors, % of executions",
        )


def function_alarms(function: WatchedFunction) -> tuple[AnyAlarmSpec, ...]:
    """The alarms of a function, whoever calls it."""
    name = function.name
    errors = f"aws logs tail {function.log_group} --since 30m --filter-pattern ERROR"
    settings = f"aws lambda get-function-configuration --function-name {name} --qualifier {ALIAS}"
    versions = f"aws lambda list-versions-by-function --function-name {name} --query 'Versions[-5:].[Version,LastModified]' --output table"
    back = (
        f"aws lambda update-alias --function-name {name} --name {ALIAS} --function-version <the version before>"
        "  # if a release caused it; the next deployment moves it again"
    )
    crowded = RunbookSpec(
        meaning="As many executions as are reserved run at the same time: further calls are refused, events wait.",
        causes=("More load than reserved_concurrency allows", "Executions take longer than they did: each stays for longer", "A loop"),
        first_commands=(
            f"aws lambda get-function-concurrency --function-name {name}",
            "aws lambda get-account-settings --query AccountLimit",
            f"aws lambda put-function-concurrency --function-name {name} --reserved-concurrent-executions <more>"
            "  # until the posture says so",
        ),
    )
    alarms: list[AnyAlarmSpec] = [
        *_error_rates(function, first=(errors, settings, versions, back)),
        AlarmSpec(
            id="Throttles",
            metric=function.metric("Throttles"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=5,
            datapoints=3,
            # Lambda reports throttles only where there are some.
            missing_data="notBreaching",
            source=LEDGER,
            runbook=crowded,
        ),
        _near_timeout(function, first=(errors, settings)),
        AlarmSpec(
            id="ConcurrencyNearReserved",
            metric=function.metric("ConcurrentExecutions", "Maximum"),
            threshold=max(1, int(function.reserved * NEAR)),
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=5,
            datapoints=3,
            missing_data="notBreaching",
            source="Ledger FN-3; 80 % of posture.reserved_concurrency: above it the next spike is refused",
            runbook=replace(
                crowded, meaning="Four fifths of the executions that are reserved run at the same time: the next spike is refused."
            ),
        ),
        _dead_letters(function, first=(errors,)),
        AlarmSpec(
            id="FailuresNotDelivered",
            metric=MathMetric(
                expression="FILL(records, 0) + FILL(letters, 0)",
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
    ]
    if function.provisioned:
        alarms.append(_spillover(function))
    return tuple(alarms)


def rollback_alarms(function: WatchedFunction) -> tuple[AlarmSpec, ...]:
    """The twins: they look at the new version alone where Lambda says which version it was, for a minute at a time.

    A call that is refused for want of concurrency reaches no version: throttles are those of the alias.
    """
    near = _near_timeout(function, first=())
    rate = _error_rates(function, first=())[0]
    return (
        replace(rate, metric=function.error_rate(**function.new_version), periods=1, datapoints=None),
        replace(near, metric=function.metric("Duration", "p95", **function.new_version), periods=2, datapoints=None),
        AlarmSpec(
            id="Throttles",
            metric=function.metric("Throttles", **function.alias),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="A new version that is slower fills the reserved concurrency",
            runbook=RunbookSpec(
                meaning="Calls are refused while a new version takes over: it is slower, and executions pile up.",
                causes=("The new version is slower", "A spike that has nothing to do with the release"),
                first_commands=(f"aws lambda get-function-concurrency --function-name {function.name}",),
            ),
        ),
    )


def _error_rates(function: WatchedFunction, *, first: tuple[str, ...]) -> tuple[AlarmSpec, ...]:
    runbook = RunbookSpec(
        meaning="Executions of the function end in errors: callers get them, or events are tried again and given up.",
        causes=("The last release", "A store or service it calls is down, slow or refuses it", "It runs into its timeout or its memory"),
        first_commands=first,
    )
    return tuple(
        AlarmSpec(
            id=alarm,
            metric=function.error_rate(),
            threshold=percent,
            comparison="GreaterThanThreshold",
            severity=severity,
            periods=5,
            datapoints=3,
            # No executions, no errors.
            missing_data="notBreaching",
            source=LEDGER,
            runbook=runbook,
        )
        for alarm, percent, severity in (("ErrorRate", 5, Severity.CRITICAL), ("ElevatedErrorRate", 1, Severity.WARNING))
    )


def _near_timeout(function: WatchedFunction, *, first: tuple[str, ...]) -> AlarmSpec:
    milliseconds = function.timeout / timedelta(milliseconds=1)
    return AlarmSpec(
        id="DurationNearTimeout",
        metric=function.metric("Duration", "p95"),
        threshold=milliseconds * NEAR,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=5,
        datapoints=3,
        missing_data="notBreaching",
        source=f"Ledger FN-3; 80 % of the timeout of {function.timeout.total_seconds():g} s: beyond it executions are cut off",
        runbook=RunbookSpec(
            meaning="One execution in twenty takes four fifths of the time it has: soon they are cut off half way.",
            causes=("A store or service it calls has become slow", "Its input has grown", "Too little memory, and so too little CPU"),
            first_commands=(
                *first,
                f"aws logs tail {function.log_group} --since 30m --filter-pattern '{{ $.type = \"platform.report\" }}'",
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


def _spillover(function: WatchedFunction) -> AlarmSpec:
    return AlarmSpec(
        id="WarmExecutionsUsedUp",
        metric=function.metric("ProvisionedConcurrencySpilloverInvocations", **function.alias),
        threshold=0,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=15,
        datapoints=10,
        missing_data="notBreaching",
        source="AWS Lambda developer guide, concurrency metrics: calls beyond the provisioned concurrency start cold",
        runbook=RunbookSpec(
            meaning="More calls than executions kept warm, for longer than scaling needs: some callers wait for a cold start.",
            causes=("More load than max_provisioned allows", "Scaling of the provisioned concurrency fails"),
            first_commands=(
                f"aws lambda get-provisioned-concurrency-config --function-name {function.name} --qualifier {ALIAS}",
                "aws application-autoscaling describe-scaling-activities --service-namespace lambda"
                f" --resource-id function:{function.name}:{ALIAS} --max-items 10",
            ),
        ),
    )


def function_graphs(function: WatchedFunction) -> tuple[GraphSpec, ...]:
    """Executions, errors, duration, concurrency, dead letters."""
    return (
        GraphSpec(title="Executions", metrics=(function.metric("Invocations"), function.metric("Throttles"))),
        GraphSpec(title="Errors", metrics=(function.error_rate(),), unit="%"),
        GraphSpec(title="Duration", metrics=tuple(function.metric("Duration", each) for each in ("p50", "p95", "p99")), unit="ms"),
        GraphSpec(title="Executions at a time", metrics=(function.metric("ConcurrentExecutions", "Maximum"),)),
        GraphSpec(
            title="Events given up",
            metrics=(
                function.metric("AsyncEventsDropped"),
                function.metric("DestinationDeliveryFailures"),
                function.metric("DeadLetterErrors"),
            ),
        ),
    )
