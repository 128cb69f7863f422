"""The arithmetic of scaling, without AWS: targets, metrics, and that CloudWatch is given the same formulas."""

from __future__ import annotations

import math
import re
from datetime import timedelta

import pytest

from prodready_constructs.compute.workers.backlog import (
    BACKLOG_EXPRESSION,
    BACKLOG_TO_ZERO_EXPRESSION,
    Pace,
    backlog_per_task,
    busy_percent,
    seconds_to_clear,
    wanted_tasks,
)
from prodready_constructs.errors import ConfigurationError

PACE = Pace(seconds_per_message=0.1, acceptable_wait=timedelta(seconds=10))


@pytest.mark.control("FN-5")
def test_the_example_of_the_documentation() -> None:
    """10 tasks, 1,500 messages, 0.1 seconds each, 10 seconds to wait: a backlog of 100 each is acceptable, 150 each there is."""
    assert PACE.backlog_per_task == 100
    assert backlog_per_task(1_500, 10) == 150
    assert wanted_tasks(150, PACE.backlog_per_task, 10) == 15


@pytest.mark.parametrize(
    ("seconds", "wait", "at_once", "target"), [(2, 300, 1, 150), (2, 300, 4, 600), (60, 60, 1, 1), (0.5, 1, 1, 2), (30, 45, 1, 1.5)]
)
def test_the_target_is_what_a_task_can_do_in_the_acceptable_wait(seconds: float, wait: int, at_once: int, target: float) -> None:
    pace = Pace(seconds_per_message=seconds, acceptable_wait=timedelta(seconds=wait), at_once=at_once)
    assert pace.backlog_per_task == target
    assert pace.messages_per_minute == pytest.approx(60 * at_once / seconds)


def test_nobody_at_work_counts_as_one() -> None:
    assert backlog_per_task(30, 0) == backlog_per_task(30, 1) == 30
    assert busy_percent(600, 0, PACE) == busy_percent(600, 1, PACE) == 100


def test_arriving_messages_take_up_the_working_time() -> None:
    assert busy_percent(480, 1, PACE) == 80
    assert busy_percent(4_800, 10, PACE) == 80
    assert wanted_tasks(busy_percent(4_800, 5, PACE), 80, 5) == 10


@pytest.mark.parametrize(("metric", "target", "running", "wanted"), [(0, 100, 5, 0), (0.01, 100, 1, 1), (100, 100, 7, 7), (101, 100, 7, 8)])
def test_tasks_are_rounded_up(metric: float, target: float, running: int, wanted: int) -> None:
    assert wanted_tasks(metric, target, running) == wanted


def test_how_long_a_backlog_takes() -> None:
    assert seconds_to_clear(600, 0, 1, PACE) == 60
    assert seconds_to_clear(600, 300, 1, PACE) == 120
    assert seconds_to_clear(600, 600, 1, PACE) == math.inf
    assert seconds_to_clear(0, 600, 0, PACE) == 0


def evaluated(expression: str, **metrics: float) -> float:
    """*expression* of CloudWatch, with Python's words for it."""
    python = re.sub(r"\bIF\(", "_if(", expression).replace(" AND ", " and ")
    names = {
        **metrics,
        "_if": lambda test, then, other: then if test else other,
        "FILL": lambda value, other: other if value is None else value,
    }
    return float(eval(python, {"__builtins__": {}}, names))


@pytest.mark.parametrize("visible", [0, 1, 150, 10_000])
@pytest.mark.parametrize("running", [0, 1, 7])
def test_cloudwatch_is_given_the_same_formulas(visible: int, running: int) -> None:
    assert evaluated(BACKLOG_EXPRESSION, visible=visible, running=running) == backlog_per_task(visible, running)
    assert evaluated(PACE.busy_expression, sent=visible, running=running) == pytest.approx(busy_percent(visible, running, PACE))
    assert evaluated(BACKLOG_TO_ZERO_EXPRESSION, visible=visible, flying=0, running=running) == backlog_per_task(visible, running)


@pytest.mark.parametrize(("seconds", "written"), [(0.1, "600"), (7, "8.571429"), (0.00001, "6000000"), (3600, "0.016667")])
def test_numbers_have_no_exponents(seconds: float, written: str) -> None:
    assert f"/ ({written} * " in Pace(seconds_per_message=seconds, acceptable_wait=timedelta(days=1)).busy_expression


@pytest.mark.parametrize("running", [1, 4, 100])
def test_the_last_task_stays_while_it_holds_a_message(running: int) -> None:
    held = evaluated(BACKLOG_TO_ZERO_EXPRESSION, visible=0, flying=1, running=running)
    assert wanted_tasks(held, PACE.backlog_per_task, running) == 1
    idle = evaluated(BACKLOG_TO_ZERO_EXPRESSION, visible=0, flying=0, running=running)
    assert wanted_tasks(idle, PACE.backlog_per_task, running) == 0


def test_the_smallest_target_still_keeps_the_last_task() -> None:
    pace = Pace(seconds_per_message=60, acceptable_wait=timedelta(seconds=60))
    held = evaluated(BACKLOG_TO_ZERO_EXPRESSION, visible=0, flying=1, running=1)
    assert held < 0.9 * pace.backlog_per_task, "target tracking takes tasks away below nine tenths of its target"
    assert wanted_tasks(held, pace.backlog_per_task, 1) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"seconds_per_message": 0},
            "Pace.seconds_per_message: got 0; allowed: more than 0 seconds; measure how long a message takes, and give the average",
        ),
        ({"at_once": 0}, "Pace.at_once: got 0; allowed: 1 or more; a task that takes one message after another has 1"),
        (
            {"seconds_per_message": 12.5},
            "Pace.acceptable_wait: got '0:00:10 with 12.5 seconds for a message'; allowed: at least as long as one message takes: the next in "
            "line waits for it, however many tasks there are; accept timedelta(seconds=13) or more, or make the work of a message smaller",
        ),
    ],
)
def test_a_pace_that_cannot_be(values: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        Pace(**{"seconds_per_message": 0.1, "acceptable_wait": timedelta(seconds=10), **values})  # type: ignore[arg-type]
