"""Budgets, burn rates and chains of promises. Pure functions: no AWS module, no clock.

A target of 99.9 % leaves a budget of 0.1 %. A burn rate of 1 uses the budget up exactly at the end of the window; 14.4 fourteen times as fast.
Sources: https://sre.google/workbook/alerting-on-slos/ and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from prodready_constructs.contracts import Severity

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """Tell somebody when *share* (percent) of the budget went in *long*, and the last *short* of it is as bad.

    The long window says that it matters, the short one that it still happens: the alarm ends soon after the trouble.
    """

    id: str
    share: Decimal
    long: timedelta
    short: timedelta
    severity: Severity

    def threshold(self, window: timedelta) -> float:
        """The burn rate that uses *share* of the budget of *window* within *long*: 2 % of 30 days in an hour is 14.4."""
        return float(round(self.share / 100 * Decimal(window / self.long), 6))


#: Table 5-8 of the SRE workbook, and its short windows of a twelfth: page for 2 % in an hour and 5 % in six, a ticket for 10 % in three days.
BURN_RULES = (
    BurnRule(id="FastBurn", share=Decimal(2), long=HOUR, short=timedelta(minutes=5), severity=Severity.CRITICAL),
    BurnRule(id="SlowBurn", share=Decimal(5), long=6 * HOUR, short=timedelta(minutes=30), severity=Severity.CRITICAL),
    BurnRule(id="Erosion", share=Decimal(10), long=72 * HOUR, short=6 * HOUR, severity=Severity.WARNING),
)


def budget(target: float) -> Decimal:
    """Percent that may fail: 0.1 of 99.9. Exact where floats are not."""
    return 100 - Decimal(str(target))


def budget_time(target: float, window: timedelta) -> timedelta:
    """How long everything may fail in *window*: 43 minutes and 12 seconds of 30 days at 99.9 %."""
    return timedelta(seconds=float(budget(target) / 100 * Decimal(window.total_seconds())))


def budget_left(target: float, attained: float) -> float:
    """Percent of the budget that is left when *attained* percent were good; below 0 when the promise is broken."""
    return float(100 * (Decimal(str(attained)) - Decimal(str(target))) / budget(target))


def burn_rate(target: float, failed: float) -> float:
    """How fast the budget goes while *failed* percent fail: 1 % of 99.9 % is 10."""
    return float(Decimal(str(failed)) / budget(target))


def highest_burn_rate(target: float) -> float:
    """The burn rate while everything fails; a threshold above it is never reached."""
    return burn_rate(target, 100)


def time_to_empty(window: timedelta, rate: float) -> timedelta:
    """When a full budget is gone at *rate*: 30 days at 14.4 are 2 days and 2 hours."""
    return window / rate


def rules_for(window: timedelta) -> tuple[BurnRule, ...]:
    """The burn rules that say something in *window*: one whose threshold is below 1 would tell of a budget that lasts."""
    return tuple(rule for rule in BURN_RULES if rule.threshold(window) >= 1)


def lowest_target(window: timedelta) -> Decimal:
    """The target below which a burn rule of *window* can never fire, because not even a total failure burns that fast."""
    steepest = max(Decimal(str(rule.threshold(window))) for rule in rules_for(window))
    return 100 - 100 / steepest


def in_series(promises: Iterable[float]) -> Decimal:
    """Percent of a chain in which every link is needed and fails on its own: their product. 99.99 and 99.95 are 99.940005.

    Source: https://docs.aws.amazon.com/whitepapers/latest/availability-and-beyond-improving-resilience/calculating-availability.html
    """
    product = Decimal(100)
    for promise in promises:
        product = product * Decimal(str(promise)) / 100
    return product


def in_words(value: Decimal | float) -> str:
    """``99.94``, ``0.1``, ``99.940005``: never in powers of ten, no zeros at the end."""
    text = f"{Decimal(str(value)):.6f}".rstrip("0").rstrip(".")
    return text or "0"
