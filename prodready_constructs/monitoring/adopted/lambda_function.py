"""Lambda functions."""

from __future__ import annotations

from typing import Any

from aws_cdk import Token

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, FIVE, LEDGER, MINUTE, RECOMMENDED, WARNING, Service

#: The share of a function's timeout at which the slowest tenth of its runs is nearly cut off.
NEAR = 0.9
#: Seconds that Lambda lets a function run where nothing is said (AWS::Lambda::Function, Timeout).
UNSAID = 3


def function(name: str, timeout: int | None = None) -> tuple[AnyAlarmSpec, ...]:
    """A function by its name; *timeout*: the seconds that it may run, None when not known here."""
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
    near_timeout = of.alarm(
        "NearTimeout",
        of.metric("Duration", "p90", period=MINUTE),
        NEAR * 1_000 * (timeout or 0),
        severity=WARNING,
        source=f"{RECOMMENDED}: the p90 of a quarter of an hour, below the configured timeout; {NEAR:.0%} of it is ours",
        periods=15,
        # No runs, none that is slow.
        missing_data="notBreaching",
        meaning="One run in ten takes nearly as long as it may; a little slower and it is cut off.",
        causes=("what it calls is slow", "more to do in one run than before", "too little memory, and CPU with it"),
    )
    return (
        *((near_timeout,) if timeout else ()),
        of.alarm(
            "ErrorRate",
            rate,
            5,
            severity=CRITICAL,
            source=f"{LEDGER}: error rate above 5 %",
            periods=3,
            datapoints=2,
            # No runs, no datapoints: silence is calm. So in all of this file.
            missing_data="notBreaching",
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
            missing_data="notBreaching",
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
            missing_data="notBreaching",
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
            missing_data="notBreaching",
            meaning="Events were given up after all tries.",
            causes=("the function failed for longer than its retries", "a missing destination or dead-letter queue"),
        ),
    )


def _timeout(plain: Any) -> int | None:
    """Seconds that a function of this app may run; None for one from elsewhere, and where the template alone knows."""
    if plain is None:
        return None
    given = plain.timeout
    return UNSAID if given is None else None if Token.is_unresolved(given) else int(given)


ADOPTS = {
    "aws_lambda.IFunction": lambda found: function(found.function_name, _timeout(found.node.default_child)),
    "aws_lambda.CfnFunction": lambda found: function(found.ref, _timeout(found)),
}
