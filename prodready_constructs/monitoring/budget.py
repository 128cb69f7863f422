"""What alarms cost a month, whatever they find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from prodready_constructs.contracts import AlarmSpec, AnomalySpec, AnyAlarmSpec, CompositeSpec, MathMetric
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

#: US dollars a month in us-east-1. An alarm costs by each metric it looks at; a learned band is two metrics more.
PER_METRIC = Decimal("0.10")
PER_HIGH_RESOLUTION_METRIC = Decimal("0.30")
PER_COMPOSITE = Decimal("0.50")
BAND_METRICS = 2
SOURCE = "https://aws.amazon.com/cloudwatch/pricing/ (us-east-1, 2026-05, without the free tier)"
#: Below this period an alarm is one of high resolution.
STANDARD_RESOLUTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bill:
    """How many alarms, over how many metrics, and what they cost; two can be added.

    Attributes:
        queries: alarms on ``SELECT ...``, which cost by the metrics they find: counted as one metric each, the least they can be.
    """

    alarms: int = 0
    metrics: int = 0
    high_resolution_metrics: int = 0
    composites: int = 0
    queries: int = 0

    def __add__(self, other: Bill) -> Bill:
        return Bill(
            self.alarms + other.alarms,
            self.metrics + other.metrics,
            self.high_resolution_metrics + other.high_resolution_metrics,
            self.composites + other.composites,
            self.queries + other.queries,
        )

    @property
    def usd_per_month(self) -> Decimal:
        """The sum at list prices."""
        return self.metrics * PER_METRIC + self.high_resolution_metrics * PER_HIGH_RESOLUTION_METRIC + self.composites * PER_COMPOSITE

    def in_words(self) -> str:
        """``84 alarms over 130 metrics and 1 composite alarm: 13.50 USD a month``."""
        over = f"{_several(self.alarms, 'alarm')} over {_several(self.metrics + self.high_resolution_metrics, 'metric')}"
        return f"{over} and {_several(self.composites, 'composite alarm')}: {self.usd_per_month:.2f} USD a month"

    def report(self, part: Part) -> None:
        """Say it where people look: every synth prints it, beside the path of *part*. ``Annotations.add_info`` in one message to the kernel."""
        part.node.add_metadata("aws:cdk:info", f"{self.in_words()}. Prices: {SOURCE}")

    def fact(self) -> dict[str, Any]:
        """For the assembly: counts, the sum, and where the prices come from."""
        return {
            "alarms": self.alarms,
            "metrics": self.metrics,
            "high_resolution_metrics": self.high_resolution_metrics,
            "composites": self.composites,
            "queries": self.queries,
            "usd_per_month": float(self.usd_per_month),
            "prices": SOURCE,
        }


COMPOSITE = Bill(composites=1)


def bill(spec: AnyAlarmSpec) -> Bill:
    """What one alarm costs; rules of events cost nothing a month."""
    if isinstance(spec, CompositeSpec):
        return sum((bill(member) for member in spec.all_of), COMPOSITE)
    if not isinstance(spec, AlarmSpec | AnomalySpec):
        return Bill()
    metric = spec.metric
    count = len(metric.using) or 1 if isinstance(metric, MathMetric) else 1
    count += BAND_METRICS if isinstance(spec, AnomalySpec) else 0
    query = int(isinstance(metric, MathMetric) and not metric.using)
    if metric.period < STANDARD_RESOLUTION:
        return Bill(alarms=1, high_resolution_metrics=count, queries=query)
    return Bill(alarms=1, metrics=count, queries=query)


def refuse_beyond(where: str, limit: float | None, spent: Bill) -> None:
    """Refuse more than *limit* US dollars a month."""
    if limit is not None and spent.usd_per_month > Decimal(str(limit)):
        raise ConfigurationError(
            f"{where}: monthly_limit",
            given=spent.in_words(),
            allowed=f"{limit:.2f} USD a month",
            mend="raise the limit, or leave out an alarm: changes={...: Change(left_out=True, because=...)}",
        )


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
