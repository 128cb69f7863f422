"""When a canary runs, and how long a run may take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Schedule
from prodready_constructs.monitoring.canaries.steps import CanaryStep

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: The longest that Synthetics lets a run take, and the shortest. Source: AWS::Synthetics::Canary, RunConfig.
LONGEST_RUN, SHORTEST_RUN = timedelta(seconds=840), timedelta(seconds=3)
#: What starting the function and writing the artifacts takes on top of the steps.
OVERHEAD = timedelta(seconds=30)


def interval_of(where: str, expression: str) -> tuple[timedelta, timedelta]:
    """The shortest and the longest time between two runs of *expression*.

    Raises:
        ConfigurationError: an expression that Synthetics does not take, or that leaves a day without a run.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_cron.html
    """
    if (seconds := re.fullmatch(r"rate\((\d+) (seconds?)\)", expression)) or re.fullmatch(r"rate\(0 \w+\)", expression):
        raise _refused(where, expression, "at least a minute between two runs" if seconds else "runs that come again: 0 runs once")
    try:
        gaps = Schedule(expression).gaps()
    except ConfigurationError as error:
        raise _refused(where, expression, error.allowed) from error
    if gaps is None:
        raise _refused(where, expression, "a rate or a cron expression: at(...) runs once")
    shortest, longest = gaps
    if expression.startswith("rate") and not _MINUTE <= shortest <= _HOUR:
        raise _refused(where, expression, "rate(1 minute) to rate(1 hour)")
    if longest > _DAY:
        raise _refused(where, expression, "a run a day or more: what is seen less often is seen too late, and no alarm looks back that far")
    return shortest, longest


def _refused(where: str, expression: str, allowed: str) -> ConfigurationError:
    return ConfigurationError(
        f"{where}: schedule",
        given=expression,
        allowed=allowed,
        mend="write 'rate(5 minutes)', or leave it to the posture's canary_interval",
    )


def rate_of(interval: timedelta) -> str:
    """*interval*, of whole minutes up to an hour, as Synthetics takes it."""
    minutes = round(interval / _MINUTE)
    return "rate(1 minute)" if minutes == 1 else "rate(1 hour)" if minutes == 60 else f"rate({minutes} minutes)"


def timeout_of(where: str, timeout: timedelta | None, *, steps: Sequence[CanaryStep], interval: timedelta) -> timedelta:
    """How long a run may take: *timeout*, or what its steps may take and the start.

    Raises:
        ConfigurationError: a timeout that ends a run before its steps may, or after the next has begun.
    """
    longest = min(LONGEST_RUN, interval)
    needed = sum((step.max_latency for step in steps), timedelta(0))
    given = min(needed + OVERHEAD, longest) if timeout is None else timeout
    # A part of a second would be cut off.
    given = timedelta(seconds=-(-given // timedelta(seconds=1)))
    if not max(SHORTEST_RUN, needed) <= given <= longest:
        raise ConfigurationError(
            f"{where}: timeout",
            given=f"{given} for {len(steps)} steps that may take {needed}, every {interval}",
            allowed=f"{max(SHORTEST_RUN, needed)} to {longest}: a run ends after its steps and before the next begins, and within {LONGEST_RUN}",
            mend="run it less often, or give the steps a shorter max_latency",
        )
    return given
