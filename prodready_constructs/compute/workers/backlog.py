"""How many workers a backlog asks for: the arithmetic of scaling, without AWS, so that it can be simulated.

Two questions are asked each minute, and the larger answer counts (a target tracking policy each):

* *Backlog*: how many tasks does what waits now need, to be done within the acceptable wait?
* *Flow*: how many tasks does what arrives now need, to keep up with it? Without it, tasks leave when the queue is empty although messages
  arrive as fast as before, the backlog grows again, and so on: a sawtooth.

Sources: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-using-sqs-queue.html,
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError

#: What CloudWatch reports of: one minute.
MINUTE = 60
#: Nobody at work counts as one: a division by zero has no result, and a policy without data does nothing.
_AT_WORK = "IF(FILL(running, 0) > 0, FILL(running, 0), 1)"
#: :func:`backlog_per_task` as CloudWatch computes it.
BACKLOG_EXPRESSION = f"FILL(visible, 0) / {_AT_WORK}"
#: The same where the number of tasks may fall to zero: while a message is in the hands of the last task, that is not nothing to do.
BACKLOG_TO_ZERO_EXPRESSION = f"IF(FILL(visible, 0) == 0 AND FILL(flying, 0) > 0, 0.01, FILL(visible, 0)) / {_AT_WORK}"


def number(value: float) -> str:
    """*value* as CloudWatch reads it: without an exponent, and no more exact than the measurement it comes from."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast one task works, and how long a message may wait for it.

    Attributes:
        seconds_per_message: how long a task works on one message, on average.
        acceptable_wait: how long a message may wait before it is taken up.
        at_once: how many messages a task works on at the same time.
    """

    seconds_per_message: float
    acceptable_wait: timedelta
    at_once: int = 1

    def __post_init__(self) -> None:
        if self.seconds_per_message <= 0:
            raise ConfigurationError(
                "Pace.seconds_per_message",
                given=self.seconds_per_message,
                allowed="more than 0 seconds",
                mend="measure how long a message takes, and give the average",
            )
        if self.at_once < 1:
            raise ConfigurationError(
                "Pace.at_once", given=self.at_once, allowed="1 or more", mend="a task that takes one message after another has 1"
            )
        if self.acceptable_wait.total_seconds() < self.seconds_per_message:
            raise ConfigurationError(
                "Pace.acceptable_wait",
                given=f"{self.acceptable_wait} with {self.seconds_per_message:g} seconds for a message",
                allowed="at least as long as one message takes: the next in line waits for it, however many tasks there are",
                mend=f"accept timedelta(seconds={math.ceil(self.seconds_per_message)}) or more, or make the work of a message smaller",
            )

    @property
    def backlog_per_task(self) -> float:
        """The messages that may wait for each task: the target of the policy *backlog*."""
        return self.acceptable_wait.total_seconds() * self.at_once / self.seconds_per_message

    @property
    def messages_per_minute(self) -> float:
        """What one task does in a minute when it never waits for a message."""
        return MINUTE * self.at_once / self.seconds_per_message

    @property
    def busy_expression(self) -> str:
        """:func:`busy_percent`, as CloudWatch computes it."""
        return f"100 * FILL(sent, 0) / ({number(self.messages_per_minute)} * {_AT_WORK})"


def backlog_per_task(visible: float, running: int) -> float:
    """The messages that wait for each of *running* tasks; for one, while there is none."""
    return visible / max(running, 1)


def busy_percent(sent_in_a_minute: float, running: int, pace: Pace) -> float:
    """How busy what arrives keeps *running* tasks: the metric of the policy *flow*. Above 100 they fall behind."""
    return 100 * sent_in_a_minute / (pace.messages_per_minute * max(running, 1))


def wanted_tasks(metric: float, target: float, running: int) -> int:
    """The tasks that target tracking asks for, before bounds and cooldowns: in proportion, rounded up, so that it never takes too many away.

    Source: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
    """
    return math.ceil(round(max(running, 1) * metric / target, 9))


def seconds_to_clear(backlog: float, sent_in_a_minute: float, running: int, pace: Pace) -> float:
    """How long *running* tasks need for *backlog* while as much arrives as now; infinite when they do not gain on it."""
    gained = pace.messages_per_minute * running - sent_in_a_minute
    return 0.0 if backlog <= 0 else math.inf if gained <= 0 else MINUTE * backlog / gained
