"""The model of target tracking does what the documentation of Application Auto Scaling says, statement by statement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.scaling.autoscaling import HIGH_MINUTES, LAG, LOW_MINUTES, Policy, Rules, Tracker

RULES = Rules(least=2, most=20, policies=(Policy(name="cpu", target=50), Policy(name="requests", target=100)))


class Service:
    """Minutes of metrics, and what is decided."""

    def __init__(self, rules: Rules = RULES, *, desired: int = 4) -> None:
        self.tracker = Tracker(rules, 60, desired=desired)
        self.minute = 0

    def minutes(self, count: int, cpu: float | None, requests: float | None = 80) -> int:
        for _ in range(count):
            self.minute += 1
            self.tracker.decide(60 * self.minute, {"cpu": cpu, "requests": requests})
        return self.tracker.desired


def test_it_scales_out_in_proportion_after_three_minutes_that_are_known() -> None:
    service = Service()
    assert service.minutes(HIGH_MINUTES + LAG - 1, cpu=75) == 4
    assert service.minutes(1, cpu=75) == 6


def test_two_minutes_above_the_target_are_nothing() -> None:
    service = Service()
    for _ in range(5):
        assert service.minutes(2, cpu=90) == 4
        assert service.minutes(1, cpu=45) == 4


def test_proportion_is_rounded_up_and_ends_at_the_most() -> None:
    assert Service().minutes(4, cpu=51) == 5
    assert Service().minutes(4, cpu=45, requests=5_000) == RULES.most


def test_the_largest_wish_counts() -> None:
    assert Service().minutes(4, cpu=75, requests=200) == 8
    assert Service().minutes(4, cpu=100, requests=150) == 8


def test_in_a_cooldown_only_a_larger_step_goes_through_less_what_was_added() -> None:
    service = Service()
    assert service.minutes(4, cpu=75) == 6
    # The same again, while the new tasks start: from 4 tasks it is the same step.
    assert service.minutes(3, cpu=75) == 6
    # From 4 tasks a step of 3, of which 2 are there.
    assert service.minutes(1 + LAG, cpu=85) == 7


def test_a_cooldown_begins_when_the_tasks_run_and_ends() -> None:
    service = Service(replace(RULES, out_cooldown=120))
    assert service.minutes(4, cpu=75) == 6
    # One minute to start, two of cooldown.
    assert service.minutes(2, cpu=75) == 6
    assert service.minutes(1, cpu=75) == 9


def test_it_scales_in_after_fifteen_minutes_slowly() -> None:
    service = Service()
    assert service.minutes(LOW_MINUTES + LAG - 1, cpu=10, requests=10) == 4
    assert service.minutes(1, cpu=10, requests=10) == 3
    assert service.minutes(4, cpu=10, requests=10) == 3
    assert service.minutes(1, cpu=10, requests=10) == RULES.least
    assert service.minutes(60, cpu=10, requests=10) == RULES.least


def test_between_ninety_percent_and_the_target_nothing_happens() -> None:
    assert Service().minutes(120, cpu=46, requests=10) == 4
    assert Service().minutes(120, cpu=50, requests=100) == 4


@pytest.mark.parametrize(("cpu", "requests"), [(48, 10), (10, 95), (None, 10), (10, None)])
def test_all_policies_must_want_to_scale_in_and_no_data_is_no_wish(cpu: float | None, requests: float | None) -> None:
    assert Service().minutes(120, cpu=cpu, requests=requests) == 4


def test_no_data_is_no_wish_to_scale_out_either() -> None:
    assert Service().minutes(30, cpu=None, requests=None) == 4
    assert Service().minutes(30, cpu=None, requests=200) > 4


def test_a_policy_that_never_scales_in_has_no_say_in_it() -> None:
    policies = (Policy(name="cpu", target=50), Policy(name="requests", target=100, scales_in=False))
    service = Service(replace(RULES, policies=policies))
    assert service.minutes(LOW_MINUTES + LAG, cpu=10, requests=99) == 3
    assert service.minutes(4, cpu=10, requests=200) == 6
    only = (Policy(name="cpu", target=50, scales_in=False),)
    assert Service(replace(RULES, policies=only)).minutes(120, cpu=1) == 4


def test_scaling_in_holds_up_no_scaling_out() -> None:
    service = Service(replace(RULES, in_cooldown=3_600))
    assert service.minutes(LOW_MINUTES + LAG, cpu=10, requests=10) == 3
    assert service.minutes(HIGH_MINUTES + LAG, cpu=100) == 6
