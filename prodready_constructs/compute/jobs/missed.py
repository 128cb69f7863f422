"""How long to wait for a success before a run is called missed, and what CloudWatch can see of so long a time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

#: EventBridge Scheduler is exact to a minute, and CloudWatch shows a metric some minutes after what it counts.
GRACE = timedelta(minutes=10)
#: Period of the alarm -> the longest wait it is used for: finer than it must be, and within a day (periods under an hour) or seven (PutMetricAlarm).
PERIODS = {timedelta(minutes=1): timedelta(hours=3), timedelta(minutes=5): timedelta(days=1), timedelta(hours=1): timedelta(days=7)}
#: How long CloudWatch keeps hourly datapoints: what was longer ago nobody can ask (CloudWatch user guide, metrics retention).
LONGEST_WAIT = timedelta(days=455)


@dataclass(frozen=True, slots=True)
class Sight:
    """So many periods without a success, all of them, are a missed run."""

    period: timedelta
    periods: int

    @property
    def window(self) -> timedelta:
        """How far back it looks."""
        return self.period * self.periods


def longest_wait(gap: timedelta, *, missed_runs: int, flexible: timedelta, limit: timedelta) -> timedelta:
    """How long two successes of a healthy job may be apart, where *missed_runs* - 1 of its runs may fail.

    Args:
        gap: the longest time between two runs.
        flexible: how much later than its time a run may start.
        limit: the longest a run may take.
    """
    return gap * missed_runs + flexible + limit + GRACE


def sight(wait: timedelta) -> Sight | None:
    """The finest periods that cover *wait*; None where no alarm looks back so far."""
    for period, longest in PERIODS.items():
        if wait <= longest:
            return Sight(period, -(-wait // period))
    return None
