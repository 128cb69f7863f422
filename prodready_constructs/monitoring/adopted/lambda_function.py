"""Lambda functions."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, FIVE, LEDGER, RECOMMENDED, WARNING, Service


def function(name: str) -> tuple[AnyAlarmSpec, ...]:
    """A function by its name."""
    of = Service(
        "AWS/Lambda",
        {"FunctionName": name},
        (
            f"aws logs tail /aws/lambda/{name} --since 30m --filter-pattern '?ERROR ?Exception ?\"Task timed out\"'",
            f"aws lambda get-function-configuration --function-name {name}",
        ),
        FIVE,
    )
    calls = of.metric("Invocations")
    rate = of.percent((of.metric("Errors"),), calls, "Errors, % of invocations")
    failing = ("the last release", "what it calls is down or slow: it times out", "an input it does not know")
    return (
        of.alarm(
            "ErrorRate",
            rate,
            5,
            severity=CRITICAL,
            source=f"{LEDGER}: error rate above 5 %",
            periods=3,
            datapoints=2,
            meaning="More than one invocation in twenty fails.",
            causes=failing,
        ),
        of.alarm(
            "ElevatedErrorRate",
            rate,
            1,
            severity=WARNING,
            source=f"{LEDGER}: error rate above 1 %",
            periods=6,
            datapoints=4,
            meaning="More than one invocation in a hundred fails.",
            causes=failing,
        ),
        of.alarm(
            "Throttled",
            of.metric("Throttles"),
            0,
            severity=WARNING,
            source=f"{LEDGER}: throttles; {RECOMMENDED}",
            periods=3,
            datapoints=2,
            meaning="Lambda refuses invocations: the account or the function has no concurrency left.",
            causes=("a loop", "a surge", "reserved concurrency too small", "another function took what the account has"),
        ),
        of.alarm(
            "EventsDropped",
            of.metric("AsyncEventsDropped"),
            0,
            severity=CRITICAL,
            source="Our reason: an event that was given up without a destination is work that is not done",
            periods=1,
            meaning="Events were given up after all tries.",
            causes=("the function failed for longer than its retries", "a missing destination or dead-letter queue"),
        ),
    )


ADOPTS = {
    "aws_lambda.IFunction": lambda found: function(found.function_name),
    "aws_lambda.CfnFunction": lambda found: function(found.ref),
}
