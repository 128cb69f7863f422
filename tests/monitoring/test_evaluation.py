"""The evaluator that judges our alarms, held to what CloudWatch's documentation says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from prodready_constructs.contracts import AnomalySpec, MathMetric, Metric
from tests.monitoring.watched import CPU, ERRORS, RUNBOOK
from tests.support.cloudwatch.alarms import of_spec
from tests.support.cloudwatch.composites import composite_state, members
from tests.support.cloudwatch.expressions import Series, UnknownMathError, evaluate
from tests.support.cloudwatch.proof import faults
from tests.support.cloudwatch.states import State, state_of

#: Amazon CloudWatch user guide, "How alarm state is evaluated when data is missing": columns MISSING, IGNORE, BREACHING, NOT BREACHING.
#: The last rows of each are the special case of datapoints that are old enough.
THREE_OF_THREE = """
0 - X - X | OK                | OK     | OK    | OK
0 - - - - | OK                | OK     | OK    | OK
- - - - - | INSUFFICIENT_DATA | RETAIN | ALARM | OK
0 X X - X | ALARM             | ALARM  | ALARM | ALARM
- - - - X | INSUFFICIENT_DATA | RETAIN | ALARM | OK
X - - - - | ALARM             | RETAIN | ALARM | OK
"""
TWO_OF_THREE = """
0 - X - X | ALARM             | ALARM  | ALARM | ALARM
0 0 X 0 X | ALARM             | ALARM  | ALARM | ALARM
0 - X - - | OK                | OK     | ALARM | OK
- - - - 0 | OK                | OK     | ALARM | OK
- - - - X | INSUFFICIENT_DATA | RETAIN | ALARM | OK
"""
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
ROWS = [
    (needed, row.split("|")[0].split(), treatment, state.strip())
    for needed, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for row in table.strip().splitlines()
    for treatment, state in zip(TREATMENTS, row.split("|")[1:], strict=True)
]


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize(("needed", "points", "treatment", "state"), ROWS)
def test_the_documented_tables(needed: int, points: list[str], treatment: str, state: str) -> None:
    assert state_of(points, needed=needed, periods=3, missing=treatment) is State(state)  # type: ignore[arg-type]


def test_with_enough_real_datapoints_how_missing_ones_are_treated_plays_no_part() -> None:
    for treatment in TREATMENTS:
        assert state_of(["X", "-", "X", "-", "X"], needed=3, periods=3, missing=treatment) is State.ALARM
        assert state_of(["X", "X", "X", "X", "0"], needed=3, periods=3, missing=treatment) is State.OK


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("a + b", [11.0, None, 33.0]),
        ("100 * a / b", [10.0, None, 10.0]),
        ("a / (b - b)", [None, None, None]),
        ("FILL(b, 0) - a", [9.0, -2.0, 27.0]),
        ("FILL(b, REPEAT)", [10.0, 10.0, 30.0]),
        ("IF(a > 1 AND FILL(b, 0) < 20, 1, 0)", [0.0, 1.0, 0.0]),
        ("IF(a >= 2 || b == 10, a, 0)", [1.0, None, 3.0]),
        ("IF(b > 5, 1, 0)", [1.0, None, 1.0]),
        ("SUM([a, b])", [11.0, 2.0, 33.0]),
        ("MAX(METRICS())", [10.0, 2.0, 30.0]),
        ("MIN([a, b])", [1.0, 2.0, 3.0]),
        ("AVG([a, b])", [5.5, 2.0, 16.5]),
        ("a / MAX(a)", [1 / 3, 2 / 3, 1.0]),
        ("DIFF(b)", [None, None, 20.0]),
        ("RATE(b) * 60", [None, None, 10.0]),
        ("-ABS(a) + CEIL(a) + FLOOR(a)", [1.0, 2.0, 3.0]),
        ("a * 0 + EPOCH(a)", [0.0, 60.0, 120.0]),
        ("a ^ 2", [1.0, 4.0, 9.0]),
    ],
)
def test_metric_math(expression: str, result: Series) -> None:
    using: dict[str, Series] = {"a": [1.0, 2.0, 3.0], "b": [10.0, None, 30.0]}
    assert evaluate(expression, using, period=60) == [None if one is None else pytest.approx(one) for one in result]


@pytest.mark.parametrize("expression", ["SEARCH('{AWS/EC2}', 'Average')", "a if b else 0", "MAX(a)", "FILL(a, LINEAR)", "[a, b] + 1"])
def test_mathematics_it_does_not_know_is_no_guess(expression: str) -> None:
    with pytest.raises(UnknownMathError):
        evaluate(expression, {"a": [1.0, 2.0], "b": [1.0, None]}, period=60)


def test_a_query_is_a_series() -> None:
    assert evaluate("SELECT SUM(Errors) FROM Shop", {"SELECT SUM(Errors) FROM Shop": [1.0, None]}, period=60) == [1.0, None]


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ('ALARM("a") OR ALARM("b")', State.ALARM),
        ('ALARM("a") AND ALARM("b")', State.OK),
        ('ALARM("a") AND NOT ALARM("b")', State.ALARM),
        ('(OK("b") AND INSUFFICIENT_DATA("c")) OR FALSE', State.ALARM),
        ('NOT (ALARM("a") OR TRUE)', State.OK),
        ('ALARM("NOT OR AND") OR ALARM(a)', State.ALARM),
    ],
)
def test_composite_rules(rule: str, state: State) -> None:
    states = {"a": State.ALARM, "b": State.OK, "c": State.INSUFFICIENT, "NOT OR AND": State.OK}
    assert composite_state(rule, states) is state
    assert set(members(rule)) <= set(states)


@pytest.mark.control("OPS-2")
def test_a_good_alarm_has_no_faults() -> None:
    # One of silence that means something, one of mathematics, and one that looks back.
    rising = MathMetric(expression="IF(d > 100, RATE(d) * 3600, 0)", using={"d": Metric(namespace="Shop", name="Depth")}, label="rising")
    for spec in (CPU, ERRORS, replace(CPU, metric=rising, missing_data="notBreaching")):
        assert faults(of_spec(spec.id, spec)) == []


@pytest.mark.control("OPS-8")
@pytest.mark.parametrize("side", ["ABOVE", "BELOW", "EITHER"])
def test_a_band_has_no_faults(side: str) -> None:
    spec = AnomalySpec(id="Odd", metric=CPU.metric, severity=CPU.severity, runbook=RUNBOOK, source="x", side=side)  # type: ignore[arg-type]
    assert faults(of_spec("Odd", spec)) == []


def _math(expression: str, *names: str) -> MathMetric:
    return MathMetric(expression=expression, using={name: Metric(namespace="Shop", name=name) for name in names}, label="x")


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        (replace(CPU, metric=_math("IF(a > 0, 1, 0)", "a"), threshold=1), "no data makes it go off, or all data does"),
        (replace(CPU, metric=_math("IF(a >= 0, 1, 0)", "a"), threshold=0), "no data makes it go off, or all data does"),
        (
            replace(CPU, metric=_math("FILL(a, 0)", "a"), threshold=1, missing_data="breaching", datapoints=3),
            "says breaching of missing data, and without any it is OK",
        ),
        (
            replace(CPU, metric=_math("FILL(a, 0)", "a"), threshold=1, missing_data="notBreaching"),
            "with the youngest period always empty it never goes off",
        ),
    ],
)
def test_a_bad_alarm_is_found(spec: object, fault: str) -> None:
    assert faults(of_spec("Bad", spec)) == [f"Bad: {fault}"]  # type: ignore[arg-type]


@pytest.mark.control("OPS-2")
def test_delay_matters_to_minutes_only() -> None:
    math = replace(_math("FILL(a, 0)", "a"), period=timedelta(minutes=5))
    assert faults(of_spec("Fine", replace(CPU, metric=math, missing_data="notBreaching"))) == []


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize(("limit", "found"), [(1_900_000_000, []), (100, ["Clock: time does not make it go off"])])
def test_an_alarm_by_the_clock(limit: int, found: list[str]) -> None:
    math = _math(f"({limit} - EPOCH(a)) / 86400", "a")
    assert faults(of_spec("Clock", replace(CPU, metric=math, threshold=30, comparison="LessThanThreshold"))) == found


@pytest.mark.control("OPS-2")
def test_dynamodb_alarms_keep_their_state_whatever_they_say() -> None:
    throttles = replace(CPU, metric=Metric(namespace="AWS/DynamoDB", name="ReadThrottleEvents"), missing_data="notBreaching")
    alarm = of_spec("Throttled", throttles)
    assert alarm.state({"metric": [None] * 7}) is State.RETAIN
