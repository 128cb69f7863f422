"""What the numbers in the templates promise over a day of load, and that others would be worse."""

from __future__ import annotations

import pytest

from prodready_constructs import PRODUCTION
from tests.support.synthesis import ROOT
from tools.scaling import page
from tools.scaling.loads import SHAPES, load_of
from tools.scaling.scenarios import (
    ALONE,
    BLIND,
    FULL,
    HINDERED,
    STATED,
    numbers,
    recovered,
    service_load,
    service_over,
    service_run,
    worker_over,
    worker_run,
)
from tools.scaling.simulate import Run, ideal_hours
from tools.scaling.template import PACE

WAIT = PACE.acceptable_wait.total_seconds()


def actions(run: Run) -> int:
    return run.outs + run.ins


@pytest.mark.control("WEB-3", "FN-5")
def test_the_numbers_are_those_of_the_posture() -> None:
    service, worker, compute, workers = numbers().service, numbers().worker, PRODUCTION.compute, PRODUCTION.workers
    assert (service.least, service.most) == (worker.least, worker.most) == (compute.min_tasks, compute.max_tasks)
    assert {policy.name: policy.target for policy in service.policies} == {
        "cpu": compute.cpu_target,
        "memory": compute.memory_target,
        "requests": compute.requests_per_target,
    }
    assert {policy.name: policy.target for policy in worker.policies} == {"backlog": PACE.backlog_per_task, "flow": workers.busy_target}
    assert (worker.out_cooldown, worker.in_cooldown) == (workers.scale_out_cooldown.seconds, workers.scale_in_cooldown.seconds)


@pytest.mark.control("WEB-3")
def test_a_steady_load_makes_a_service_do_nothing() -> None:
    run = service_run(STATED, "steady")
    assert (actions(run), run.late, run.lost) == (0, 0, 0)
    assert set(run.tasks) == {numbers().service.least}


@pytest.mark.control("WEB-3")
def test_a_day_is_followed_without_anyone_waiting_at_little_more_than_it_needs() -> None:
    run = service_run(STATED, "day")
    assert (run.late, run.lost) == (0, 0)
    assert service_over(STATED, "day") < 12
    # Up in the morning, down in the evening: three tasks more and three less, and hardly a step in vain.
    assert max(run.tasks) - min(run.tasks) <= min(run.outs, run.ins)
    assert max(run.outs, run.ins) <= 2 * (max(run.tasks) - min(run.tasks))


@pytest.mark.control("WEB-3")
def test_ten_times_the_load_is_carried_after_ten_minutes() -> None:
    run = service_run(STATED, "spike")
    assert recovered(run) <= 10
    assert run.lost_percent < 1.5
    assert run.late_percent < 3
    # The number of requests says at once how many tasks are needed: one step, all the way.
    assert run.outs == 1
    assert service_over(STATED, "spike") < 5


@pytest.mark.control("WEB-3")
def test_a_sawtooth_makes_nobody_wait() -> None:
    run = service_run(STATED, "sawtooth")
    assert (run.late, run.lost) == (0, 0)
    assert actions(run) / 24 <= 5
    hasty, slow = service_run("scale-in cooldown 60 s", "sawtooth"), service_run("scale-in cooldown 900 s", "sawtooth")
    # Faster in: people wait, for a twentieth of the cost. Slower in: it costs more, and nobody is better off.
    assert hasty.late_percent > 1
    assert service_over(STATED, "sawtooth") - service_over("scale-in cooldown 60 s", "sawtooth") < 6
    assert (slow.late, service_over("scale-in cooldown 900 s", "sawtooth") > service_over(STATED, "sawtooth") + 3) == (0, True)


def test_cpu_alone_cannot_see_how_much_is_needed() -> None:
    """At 100 % it asks for 43 % more, however much arrives."""
    assert service_run(ALONE, "spike").outs >= 4
    assert recovered(service_run(ALONE, "spike")) >= 2 * recovered(service_run(STATED, "spike"))
    assert service_run(ALONE, "spike").late_percent > 2 * service_run(STATED, "spike").late_percent


def test_a_short_scale_out_cooldown_helps_where_only_cpu_knows_and_hurts_nobody() -> None:
    long = "scale-out cooldown 300 s"
    assert recovered(service_run(ALONE, "spike")) < recovered(service_run(f"{ALONE}, {long}", "spike")) - 5
    assert recovered(service_run(STATED, "spike")) == recovered(service_run(long, "spike"))
    assert service_over(STATED, "day") - service_over(long, "day") < 1
    assert service_over(STATED, "sawtooth") - service_over(long, "sawtooth") < 3


def test_a_requests_policy_without_data_is_slower_and_never_scales_in() -> None:
    """So it must follow the traffic from one target group to the other when a release moves it."""
    run = service_run(BLIND, "spike")
    assert (run.ins, run.tasks[-1]) == (0, numbers().service.most)
    assert recovered(run) >= 2 * recovered(service_run(STATED, "spike"))
    assert service_over(BLIND, "spike") > 100


def test_memory_at_rest_over_its_limit_would_never_scale_in_if_it_had_a_say() -> None:
    run = service_run(HINDERED, "spike")
    assert (run.ins, run.tasks[-1]) == (0, numbers().service.most)
    assert service_over(HINDERED, "spike") > 100
    assert service_run(FULL, "spike").task_hours == service_run(STATED, "spike").task_hours


def test_targets_are_a_price_for_quiet() -> None:
    assert service_run("targets 90 %", "day").late > 0
    assert service_run("targets 90 %", "sawtooth").lost + service_run("targets 90 %", "sawtooth").late > 0
    assert service_over("targets 50 %", "day") > service_over(STATED, "day") + 30


def test_the_most_tasks_bound_what_a_spike_may_be() -> None:
    assert service_run("6 tasks at most", "spike").lost_percent > 10
    assert recovered(service_run("6 tasks at most", "spike")) > 120


@pytest.mark.control("FN-5")
def test_workers_do_nothing_in_a_steady_flow_and_follow_a_day() -> None:
    steady, day = worker_run(STATED, "steady"), worker_run(STATED, "day")
    assert (actions(steady), steady.worst_wait) == (0, 0)
    assert day.worst_wait <= WAIT
    assert day.late == 0
    assert worker_over(STATED, "day") < 15


@pytest.mark.control("FN-5")
def test_workers_take_ten_times_the_messages_without_losing_one() -> None:
    run = worker_run(STATED, "spike")
    assert run.lost == 0
    assert run.worst_wait < 3 * WAIT
    # With tasks enough, what waited is soon gone; ten are just enough to keep up.
    assert recovered(worker_run("20 tasks at most", "spike"), late=WAIT) <= 10
    assert recovered(run, late=WAIT) <= 60


@pytest.mark.control("FN-5")
def test_the_flow_keeps_workers_that_the_backlog_alone_would_send_away() -> None:
    """An empty queue looks like no work, however fast messages come."""
    for shape in ("day", "sawtooth"):
        alone, both = worker_run("backlog alone", shape), worker_run(STATED, shape)
        assert alone.worst_wait > WAIT >= both.worst_wait
        assert actions(alone) > actions(both)


@pytest.mark.parametrize(("start", "share_in"), [(60, 1.0), (90, 1.0), (180, 0.1), (180, 1.0)])
def test_what_is_assumed_does_not_decide(start: int, share_in: float) -> None:
    """Tasks that start slowly, and scaling in as fast as the proportion says."""
    steady, day, spike = (service_run(STATED, shape, start=start, share_in=share_in) for shape in ("steady", "day", "spike"))
    assert actions(steady) == 0
    assert (day.late, day.lost) == (0, 0)
    assert recovered(spike) <= 10 + start // 60
    assert day.over(ideal_hours(service_load("day"), worth=PRODUCTION.compute.requests_per_target, least=2)) < 15
    slow = service_run(ALONE, "spike", start=start, share_in=share_in)
    assert slow.late + slow.lost > spike.late + spike.lost
    assert service_run(BLIND, "spike", start=start, share_in=share_in).ins == 0


def test_every_run_is_the_same_and_the_loads_are_what_they_say() -> None:
    for shape in SHAPES:
        assert load_of(shape, 100) == load_of.__wrapped__(shape, 100)
    assert 80 < min(load_of("steady", 100)) < max(load_of("steady", 100)) < 120
    assert 900 < max(load_of("spike", 100)) < 1_100
    assert min(load_of("day", 100)) < 30
    assert max(load_of("day", 100)) > 380


def test_the_page_and_its_plots_are_fresh() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.refreshed(text), "run: python -m tools.scaling"
    for name, svg in page.images().items():
        assert (ROOT / "docs" / "images" / name).read_text(encoding="utf-8") == svg, "run: python -m tools.scaling"
        assert f"images/{name}" in text
    # One for each kind of table.
    assert {name for name in page.BLOCKS if f"<!-- {name}: made by tools/scaling -->\n|" in text} == set(page.BLOCKS)
