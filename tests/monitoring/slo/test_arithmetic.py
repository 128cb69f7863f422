"""Budgets, burn rates and chains of promises, on worked examples."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.slo import arithmetic
from prodready_constructs.monitoring.slo.promises import SLAS, chain_of

DAY = timedelta(days=1)
MONTH = 30 * DAY


@pytest.mark.control("OPS-6")
@pytest.mark.parametrize(
    ("target", "window", "allowed"),
    [
        # The SRE workbook, appendix A (availability table), per 30 days.
        (99, MONTH, timedelta(hours=7, minutes=12)),
        (99.5, MONTH, timedelta(hours=3, minutes=36)),
        (99.9, MONTH, timedelta(minutes=43, seconds=12)),
        (99.95, MONTH, timedelta(minutes=21, seconds=36)),
        (99.99, MONTH, timedelta(minutes=4, seconds=19, milliseconds=200)),
        (99.9, 7 * DAY, timedelta(minutes=10, seconds=4, milliseconds=800)),
        # AWS, CreateServiceLevelObjective: 99.95 % every month is an error budget of 21.9 minutes.
        (99.95, DAY * 365 / 12, timedelta(minutes=21, seconds=54)),
    ],
)
def test_a_budget_in_time(target: float, window: timedelta, allowed: timedelta) -> None:
    assert arithmetic.budget_time(target, window) == allowed


@pytest.mark.control("OPS-6")
def test_burn_rates_of_the_workbook() -> None:
    # Table 5-4: of 99.9 %, an error rate of 0.1 % burns at 1, of 0.2 % at 2, of 1 % at 10, a total failure at 1000.
    assert [arithmetic.burn_rate(99.9, failed) for failed in (0.1, 0.2, 1, 100)] == [1, 2, 10, 1000]
    # ... and the budget lasts 30 days, 15 days, 3 days, 43 minutes.
    assert [arithmetic.time_to_empty(MONTH, rate) for rate in (1, 2, 10, 1000)] == [
        MONTH,
        15 * DAY,
        3 * DAY,
        timedelta(minutes=43, seconds=12),
    ]


@pytest.mark.control("OPS-6")
def test_thresholds_of_thirty_days_are_the_ones_of_the_workbook() -> None:
    # Table 5-8: 2 % in 1 hour is 14.4, 5 % in 6 hours is 6, 10 % in 3 days is 1; short windows of 5 and 30 minutes and 6 hours.
    rules = arithmetic.rules_for(MONTH)
    assert [rule.threshold(MONTH) for rule in rules] == [14.4, 6, 1]
    assert [rule.long / rule.short for rule in rules] == [12, 12, 12]


def test_a_rule_that_tells_of_a_budget_that_lasts_is_left_out() -> None:
    week = arithmetic.rules_for(7 * DAY)
    assert [(rule.id, rule.threshold(7 * DAY)) for rule in week] == [("FastBurn", 3.36), ("SlowBurn", 1.4)]
    assert [rule.threshold(90 * DAY) for rule in arithmetic.rules_for(90 * DAY)] == [43.2, 18, 3]


def test_below_the_lowest_target_nothing_could_burn_fast_enough() -> None:
    for window in (7 * DAY, 28 * DAY, MONTH, 90 * DAY):
        lowest = float(arithmetic.lowest_target(window))
        steepest = max(rule.threshold(window) for rule in arithmetic.rules_for(window))
        assert arithmetic.highest_burn_rate(lowest + 0.01) > steepest
        assert arithmetic.highest_burn_rate(lowest - 0.01) < steepest
    assert round(arithmetic.lowest_target(MONTH), 2) == Decimal("93.06")


@pytest.mark.parametrize(("attained", "left"), [(100, 100), (99.95, 50), (99.9, 0), (99.8, -100)])
def test_what_is_left(attained: float, left: float) -> None:
    assert arithmetic.budget_left(99.9, attained) == left


@pytest.mark.control("OPS-6")
def test_promises_in_series_multiply() -> None:
    # Worked by hand: 0.9999 x 0.9999 x 0.9995.
    chain = chain_of("App", ["alb", "fargate", "rds", "alb"])
    assert chain.percent == Decimal("99.930010999500")
    assert not chain.carries(99.95)
    assert chain.carries(99.93)
    assert chain.arithmetic() == (
        "99.99 % (Elastic Load Balancing, several zones, 2022-07) x 99.99 % (Amazon ECS and AWS Fargate, several zones, 2022-05) "
        "x 99.95 % (Amazon RDS, Multi-AZ, 2024-01) = 99.930011 %"
    )
    assert arithmetic.in_series([]) == 100


def test_nothing_below_says_nothing() -> None:
    assert chain_of("App", []).carries(99.999)


def test_an_unknown_dependency_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^App: depends_on: got 'mainframe'; allowed: alb, .*sqs; name a service of the table; one that"
    ):
        chain_of("App", ["mainframe"])


def test_every_promise_says_where_it_was_read_and_when() -> None:
    for sla in SLAS.values():
        assert sla.source.startswith("https://aws.amazon.com/")
        assert sla.source.endswith("/sla/")
        assert date(2018, 1, 1) < sla.dated < date(2026, 12, 31)
        assert 99 <= sla.percent <= 100


def test_what_could_not_be_read_of_aws_itself_is_said() -> None:
    read = {name: sla.read for name, sla in SLAS.items() if sla.read != "agreement"}
    assert read == {"cognito": "report", "fargate": "prior", "lambda": "report", "route53": "report", "sqs": "report"}
    page = (Path(__file__).parents[3] / "docs/rooms/monitoring/slo.md").read_text(encoding="utf-8")
    words = {"agreement": "agreement", "prior": "prior version", "report": "report"}
    for name, sla in SLAS.items():
        assert f"| `{name}` | {sla.service} | {sla.percent:g} | {sla.dated} | {words[sla.read]} |" in page


@pytest.mark.parametrize(
    ("value", "text"), [(99.9, "99.9"), (Decimal("99.940005"), "99.940005"), (100, "100"), (0.000001, "0.000001"), (0, "0")]
)
def test_numbers_in_words(value: float | Decimal, text: str) -> None:
    assert arithmetic.in_words(value) == text
