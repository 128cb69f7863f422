"""Alarms in words for people: thresholds and spans of time."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AnomalySpec, AnyAlarmSpec, CompositeSpec, EventSpec, MathMetric, Metric, RdsEventSpec

COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
_SIDES = {"ABOVE": "above", "BELOW": "below", "EITHER": "outside"}


def in_words(spec: AnyAlarmSpec) -> str:
    """The threshold as a sentence: ``CPUUtilization (Average) > 80 in 5 of 5 periods of 1 minute; no data: missing``."""
    if isinstance(spec, EventSpec):
        return "each event that matches the pattern"
    if isinstance(spec, RdsEventSpec):
        return f"each RDS event of {spec.source_type} in: {', '.join(spec.categories)}"
    if isinstance(spec, CompositeSpec):
        return "; and ".join(in_words(member) for member in spec.all_of)
    limit = (
        f"{_SIDES[spec.side]} the expected band of {_number(spec.width)} standard deviations"
        if isinstance(spec, AnomalySpec)
        else f"{COMPARISONS[spec.comparison]} {_number(spec.threshold)}"
    )
    return (
        f"{what(spec.metric)} {limit} in {spec.datapoints or spec.periods} of {spec.periods} "
        f"{'period' if spec.periods == 1 else 'periods'} of {span(spec.metric.period)}; no data: {spec.missing_data}"
    )


def what(metric: Metric | MathMetric) -> str:
    """A metric by name and statistic, or an expression by its label."""
    return f"{metric.label}: {metric.expression}" if isinstance(metric, MathMetric) else f"{metric.name} ({metric.statistic})"


def _number(value: float) -> str:
    """``10,737,418,240`` and ``0.5``: never in powers of ten."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,}"


def seconds(period: timedelta) -> int:
    """Whole seconds of *period*."""
    return int(period.total_seconds())


def span(period: timedelta) -> str:
    """``5 minutes``, ``1 hour``, ``7 days``: the largest unit that fits evenly."""
    total = seconds(period)
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if total and total % size == 0:
            count = total // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{total} seconds"
