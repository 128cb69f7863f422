"""What a promise to users is measured by: the requests or the minutes that were good, out of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from prodready_constructs.contracts.watching import Comparison, MathMetric, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodAndBad:
    """A service level indicator by requests: *bad* ones out of *total*.

    Attributes:
        bad, total: counts (``Sum``) of one period and region; silence of *bad* beside *total* is a zero.
        rests_on: the AWS services that every request passes, by the names of ``monitoring.SLAS``: their promises bound what can be promised.
    """

    bad: Metric | MathMetric
    total: Metric | MathMetric
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodMinutes:
    """A service level indicator by time: a minute is good while *metric* stands to *threshold* as *good_while* says (fast enough, up).

    Attributes:
        good_while: how a good minute compares; a latency is good while ``LessThanThreshold``.
        rests_on: as in :class:`GoodAndBad`.
    """

    metric: Metric | MathMetric
    threshold: float
    good_while: Comparison
    rests_on: tuple[str, ...] = ()


ServiceLevelIndicator = GoodAndBad | GoodMinutes


class Measurable(Protocol):
    """A construct that knows how its users fare: ``monitoring.Slo(of=service)``."""

    @property
    def node(self) -> Any: ...
    @property
    def service_level(self) -> GoodAndBad: ...
