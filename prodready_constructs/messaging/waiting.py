"""How long messages wait, are held and are tried: what would lose or repeat them is refused."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.messaging.dead_letters import LONGEST_KEPT
from prodready_constructs.posture import DataClass, MessagingPosture

#: Lambda asks for this many times the timeout of its function, so that a throttled batch is tried again before it is handed out twice.
#: Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
TIMES_THE_FUNCTION = 6
#: The longest timeout of a Lambda function, and the longest batching window of an SQS event source.
LONGEST_FUNCTION, LONGEST_WINDOW = timedelta(minutes=15), timedelta(minutes=5)
#: The bounds of SQS (SetQueueAttributes). A message that is visible at once again is handed to the next consumer while the first has it.
SHORTEST_VISIBILITY, LONGEST_VISIBILITY = timedelta(seconds=1), timedelta(hours=12)
LONGEST_DELAY = timedelta(minutes=15)


def check_waiting(
    where: str, *, posture: MessagingPosture, visibility_timeout: timedelta, delivery_delay: timedelta, data_class: DataClass
) -> None:
    """Refuse times that SQS does not take, and those that lose messages or keep them too long."""
    _within(f"{where}: visibility_timeout", visibility_timeout, SHORTEST_VISIBILITY, LONGEST_VISIBILITY)
    _within(f"{where}: delivery_delay", delivery_delay, timedelta(0), LONGEST_DELAY)
    tries = posture.max_receives * visibility_timeout
    if tries >= posture.retention:
        raise ConfigurationError(
            f"{where}: visibility_timeout",
            given=f"{visibility_timeout} for each of {posture.max_receives} tries, {tries} in all",
            allowed=f"tries that end before the retention of {posture.retention} does: the message would be deleted and never be a dead letter",
            mend="shorten visibility_timeout, or change retention or max_receives of the posture",
        )
    check_kept(where, data_class)


def check_kept(where: str, data_class: DataClass) -> None:
    """Refuse dead letters that outlive their data."""
    if data_class.retention is not None and data_class.retention < LONGEST_KEPT:
        raise ConfigurationError(
            f"{where}: data_class",
            given=f"{data_class.name}, kept {data_class.retention.days} days",
            allowed=f"data that may be kept {LONGEST_KEPT.days} days, as dead letters are",
            mend="send a reference to the data instead of the data",
        )


def check_function(where: str, *, visibility_timeout: timedelta, timeout: timedelta, batching_window: timedelta) -> None:
    """Refuse a function that may still work on a message when it is handed out again."""
    _within(f"{where}: for_function: timeout", timeout, timedelta(seconds=1), LONGEST_FUNCTION)
    _within(f"{where}: for_function: batching_window", batching_window, timedelta(0), LONGEST_WINDOW)
    needed = TIMES_THE_FUNCTION * timeout + batching_window
    if visibility_timeout < needed:
        raise ConfigurationError(
            f"{where}: visibility_timeout",
            given=f"{visibility_timeout} for a function with a timeout of {timeout}",
            allowed=f"{needed} or more: {TIMES_THE_FUNCTION} times the function's timeout, and the batching window",
            mend=f"make the queue with visibility_timeout=timedelta(seconds={int(needed.total_seconds())})",
        )


def _within(where: str, value: timedelta, low: timedelta, high: timedelta) -> None:
    if not low <= value <= high or value.microseconds:
        nearest = min(max(timedelta(seconds=round(value.total_seconds())), low), high)
        raise ConfigurationError(where, given=str(value), allowed=f"{low} to {high}, in whole seconds", mend=f"the nearest is {nearest}")
