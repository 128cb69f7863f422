"""How long a queue must hide a message from others while a Lambda function works on it: what its rooms and its consumers agree on."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.errors import ConfigurationError

#: Lambda asks for this many times the timeout of its function, so that a throttled batch is tried again before it is handed out twice.
#: Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
TIMES_THE_FUNCTION = 6
#: The longest timeout of a Lambda function, and the longest batching window of an SQS event source.
LONGEST_FUNCTION, LONGEST_WINDOW = timedelta(minutes=15), timedelta(minutes=5)


def check_function(where: str, *, visibility_timeout: timedelta, timeout: timedelta, batching_window: timedelta) -> None:
    """Refuse a function that may still work on a message when it is handed out again."""
    within_seconds(f"{where}: for_function: timeout", timeout, timedelta(seconds=1), LONGEST_FUNCTION)
    within_seconds(f"{where}: for_function: batching_window", batching_window, timedelta(0), LONGEST_WINDOW)
    needed = TIMES_THE_FUNCTION * timeout + batching_window
    if visibility_timeout < needed:
        raise ConfigurationError(
            f"{where}: visibility_timeout",
            given=f"{visibility_timeout} for a function with a timeout of {timeout}",
            allowed=f"{needed} or more: {TIMES_THE_FUNCTION} times the function's timeout, and the batching window",
            mend=f"make the queue with visibility_timeout=timedelta(seconds={int(needed.total_seconds())})",
        )


def within_seconds(where: str, value: timedelta, low: timedelta, high: timedelta) -> None:
    """Refuse a time outside of *low* to *high*, or of no whole seconds."""
    if not low <= value <= high or value.microseconds:
        nearest = min(max(timedelta(seconds=round(value.total_seconds())), low), high)
        raise ConfigurationError(where, given=str(value), allowed=f"{low} to {high}, in whole seconds", mend=f"the nearest is {nearest}")
