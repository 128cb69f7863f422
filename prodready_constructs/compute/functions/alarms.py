"""What wakes someone about a function, and what brings its new version back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from prodready_constructs.compute.functions.event_alarms import LEDGER, event_alarms
from prodready_constructs.compute.functions.metrics import WatchedFunction
from prodready_constructs.compute.functions.release import ALIAS
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, RunbookSpec, Severity

#: The share of the timeout, and of the reserved executions, at which it is time to look.
NEAR = 0.8


def function_alarms(function: WatchedFunction) -> tuple[AnyAlarmSpec, ...]:
    """The alarms of a function, whoever calls it."""
    name, errors = function.name, _errors(function)
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
        *_error_rates(function),
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
        _near_timeout(function),
        *event_alarms(function, errors=errors),
    ]
    if function.reserved > 1:  # the only one there is may well be in use
        alarms.append(
            AlarmSpec(
                id="ConcurrencyNearReserved",
                metric=function.metric("ConcurrentExecutions", "Maximum"),
                threshold=int(function.reserved * NEAR),
                comparison="GreaterThanThreshold",
                severity=Severity.WARNING,
                periods=5,
                datapoints=3,
                missing_data="notBreaching",
                source="Ledger FN-3; 80 % of posture.reserved_concurrency: above it the next spike is refused",
                runbook=replace(
                    crowded, meaning="Four fifths of the executions that are reserved run at the same time: the next spike is refused."
                ),
            )
        )
    if function.provisioned:
        alarms.append(_spillover(function))
    return tuple(alarms)


def rollback_alarms(function: WatchedFunction) -> tuple[AlarmSpec, ...]:
    """The twins: they look at the new version alone where Lambda says which version it was, for a minute at a time.

    A call that is refused for want of concurrency reaches no version: throttles are those of the alias.
    """
    near = _near_timeout(function)
    return (
        replace(_error_rates(function)[0], metric=function.error_rate(**function.new_version), periods=1, datapoints=None),
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


def _errors(function: WatchedFunction) -> str:
    return f"aws logs tail {function.log_group} --since 30m --filter-pattern ERROR"


def _settings(function: WatchedFunction) -> str:
    return f"aws lambda get-function-configuration --function-name {function.name} --qualifier {ALIAS}"


def _error_rates(function: WatchedFunction) -> tuple[AlarmSpec, ...]:
    runbook = RunbookSpec(
        meaning="Executions of the function end in errors: callers get them, or events are tried again and given up.",
        causes=("The last release", "A store or service it calls is down, slow or refuses it", "It runs into its timeout or its memory"),
        first_commands=(
            _errors(function),
            _settings(function),
            f"aws lambda list-versions-by-function --function-name {function.name}"
            " --query 'Versions[-5:].[Version,LastModified]' --output table",
            f"aws lambda update-alias --function-name {function.name} --name {ALIAS} --function-version <the version before>"
            "  # if a release caused it; the next deployment moves it again",
        ),
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


def _near_timeout(function: WatchedFunction) -> AlarmSpec:
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
                _errors(function),
                _settings(function),
                f"aws logs tail {function.log_group} --since 30m --filter-pattern '{{ $.type = \"platform.report\" }}'",
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
