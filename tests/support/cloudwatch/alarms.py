"""One alarm of a template, or of a description, fed with series."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from prodready_constructs.contracts import AlarmSpec, AnomalySpec, MathMetric
from tests.support.cloudwatch.expressions import Series, evaluate
from tests.support.cloudwatch.states import EXTRA, Point, State, state_of

_SINGLE = "metric"
#: Alarms on these metrics keep their state while data is missing, whatever they say.
#: Source: Amazon CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data"
ALWAYS_IGNORES = "AWS/DynamoDB"


@dataclass(frozen=True)
class Alarm:
    """An alarm as CloudWatch sees it.

    Attributes:
        inputs: id of each metric -> its namespace; expression: over them, none for a single metric.
        start: the epoch second of the oldest period.
        band: half the width of the expected band that tests give, around 0, for an alarm on what is unusual.
    """

    name: str
    inputs: Mapping[str, str]
    expression: str | None
    comparison: str
    threshold: float
    periods: int
    needed: int
    missing: str
    period: int
    band: bool = False
    start: int = 0

    @property
    def treats_missing_as(self) -> str:
        """What it does with missing data, which is not always what it says."""
        return "ignore" if ALWAYS_IGNORES in self.inputs.values() else self.missing

    def result(self, series: Mapping[str, Series]) -> Series:
        """The series that is compared with the threshold."""
        if self.expression is None:
            return series[next(iter(self.inputs))]
        return evaluate(self.expression, series, period=self.period, start=self.start)

    def points(self, result: Series) -> list[Point]:
        """Each value, compared."""
        return ["-" if one is None else "X" if self.breaches(one) else "0" for one in result]

    def breaches(self, value: float) -> bool:
        if self.band:
            above, below = value > self.threshold, value < -self.threshold
            return {
                "GreaterThanUpperThreshold": above,
                "LessThanLowerThreshold": below,
                "LessThanLowerOrGreaterThanUpperThreshold": above or below,
            }[self.comparison]
        return {
            "GreaterThanThreshold": value > self.threshold,
            "GreaterThanOrEqualToThreshold": value >= self.threshold,
            "LessThanThreshold": value < self.threshold,
            "LessThanOrEqualToThreshold": value <= self.threshold,
        }[self.comparison]

    def state(self, series: Mapping[str, Series]) -> State:
        """Its state after *series*."""
        return self.judge(self.points(self.result(series)))

    def judge(self, points: list[Point]) -> State:
        return state_of(points, needed=self.needed, periods=self.periods, missing=self.treats_missing_as)

    @cached_property
    def length(self) -> int:
        """Periods that its evaluation range needs, and one before it for differences."""
        return self.periods + EXTRA + 1

    def candidates(self) -> Iterator[dict[str, float]]:
        """Values for each metric that are worth a try: around the threshold, and around the numbers in the expression."""
        # Of a list of like metrics one moves and the others follow: ten nodes have as many states as there are atoms otherwise.
        tried = (0.0, 0.5, 1.0, 2.0, 50.0, 100.0, 1_000.0, 1e6, 1e12, *self.near(self.threshold))
        # What AWS measures is not negative, but for a few that say -1 of a failure; what stands in a band around 0 may be.
        either = self.band or self.comparison.startswith("LessThan")
        values = [*tried, *(-one for one in tried)] if either else [one for one in tried if one >= min(0.0, self.threshold)]
        names = list(self.inputs)
        if len(names) <= 2:
            yield from (dict(zip(names, row, strict=True)) for row in itertools.product(values, repeat=len(names)))
            return
        for many, few in itertools.product(values, values):
            for odd in names:
                yield {name: few if name == odd else many for name in names}
            for place in range(1, len(names)):
                yield {name: few if index < place else many for index, name in enumerate(names)}
                yield {name: few if index % 2 else many for index, name in enumerate(names)}

    @staticmethod
    def near(value: float) -> tuple[float, float, float]:
        """Just below, at, and just above *value*."""
        step = max(abs(value) * 1e-6, 1e-6)
        return value - step, value, value + step


def of_template(name: str, properties: Mapping[str, Any]) -> Alarm:
    """An ``AWS::CloudWatch::Alarm`` of a synthesized template."""
    queries = {query["Id"]: query for query in properties.get("Metrics", ())}
    stats = {key: query["MetricStat"] for key, query in queries.items() if "MetricStat" in query}
    returned = [query for query in queries.values() if query.get("ReturnData") and query["Id"] != properties.get("ThresholdMetricId")]
    assert not queries or len(returned) == 1, f"{name}: one query is compared"
    expression = returned[0].get("Expression") if returned else None
    if queries:
        periods = {stat["Period"] for stat in stats.values()} | {query["Period"] for query in queries.values() if "Period" in query}
        assert len(periods) == 1, f"{name}: metrics of one period"
        period = periods.pop()
        inputs = {key: stat["Metric"]["Namespace"] for key, stat in stats.items()}
    else:
        period, inputs = properties["Period"], {_SINGLE: properties["Namespace"]}
    return Alarm(
        name=name,
        inputs=inputs or {str(expression): "query"},
        expression=str(expression) if expression is not None else None,
        comparison=properties["ComparisonOperator"],
        threshold=properties.get("Threshold", 1.0),
        periods=properties["EvaluationPeriods"],
        needed=properties.get("DatapointsToAlarm", properties["EvaluationPeriods"]),
        missing=properties["TreatMissingData"],
        period=period,
        band="ThresholdMetricId" in properties,
    )


def of_spec(name: str, spec: AlarmSpec | AnomalySpec) -> Alarm:
    """A description, as the alarm that is made of it."""
    metric = spec.metric
    sides = {"ABOVE": "GreaterThanUpperThreshold", "BELOW": "LessThanLowerThreshold", "EITHER": "LessThanLowerOrGreaterThanUpperThreshold"}
    math = metric if isinstance(metric, MathMetric) else None
    inputs = {key: used.namespace for key, used in math.using.items()} if math else {_SINGLE: metric.namespace}  # type: ignore[union-attr]
    return Alarm(
        name=name,
        inputs=inputs or {str(math and math.expression): "query"},
        expression=math.expression if math else None,
        comparison=sides[spec.side] if isinstance(spec, AnomalySpec) else spec.comparison,
        threshold=1.0 if isinstance(spec, AnomalySpec) else spec.threshold,
        periods=spec.periods,
        needed=spec.datapoints or spec.periods,
        missing=spec.missing_data,
        period=int(metric.period.total_seconds()),
        band=isinstance(spec, AnomalySpec),
    )
