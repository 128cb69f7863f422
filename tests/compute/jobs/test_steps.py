"""The steps of a run, walked through on a cluster of pretence: it ends well, ends badly, hangs, never starts, is lost from sight."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.compute.jobs.steps import BETWEEN_STARTS, MARGIN, MOST_LOOKS, STARTS, pause_of, run_steps
from tests.compute.jobs.interpreter import ApiError, Execution

pytestmark = pytest.mark.control("FN-4")
TASK = "arn:aws:ecs:us-east-1:111122223333:task/jobs/1"
LIMIT = timedelta(minutes=30)


def steps(limit: timedelta = LIMIT) -> dict[str, Any]:
    return run_steps(cluster="jobs", task_definition="export:7", container="App", subnets=["a", "b"], security_group="sg", limit=limit)


class Cluster:
    """Amazon ECS, as far as one task needs it."""

    def __init__(self, *, takes: float, code: int | None = 0, no_capacity: int = 0, errors: dict[str, int] | None = None) -> None:
        self.takes, self.code, self.no_capacity, self.errors = takes, code, no_capacity, dict(errors or {})
        self.started: dict[str, float] = {}
        self.stopped_by_us = False
        self.run: Execution | None = None

    def __call__(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        assert self.run is not None
        if self.errors.get(name, 0):
            self.errors[name] -= 1
            raise ApiError(name)
        return getattr(self, name)(asked)

    def runTask(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert self.run is not None
        if self.no_capacity:
            self.no_capacity -= 1
            return {"Tasks": [], "Failures": [{"Reason": "Capacity is unavailable at this time"}]}
        # A second call with the same token answers with the same task.
        self.started.setdefault(asked["ClientToken"], self.run.now)
        return {"Tasks": [{"TaskArn": TASK}]}

    def describeTasks(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert self.run is not None
        assert asked == {"Cluster": "jobs", "Tasks": [TASK]}
        (began,) = self.started.values()
        if self.run.now - began < self.takes and not self.stopped_by_us:
            return {"Tasks": [{"LastStatus": "RUNNING", "Containers": [{"Name": "App"}]}]}
        beside = {"Name": "Beside", "ExitCode": 0}
        app = {"Name": "App"} if self.code is None else {"Name": "App", "ExitCode": self.code}
        return {"Tasks": [{"LastStatus": "STOPPED", "StoppedReason": "Essential container in task exited", "Containers": [beside, app]}]}

    def stopTask(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["Task"] == TASK
        self.stopped_by_us = True
        return {}


def walk(cluster: Cluster, *, limit: timedelta = LIMIT, given: dict[str, Any] | None = None) -> Execution:
    cluster.run = Execution(steps(limit), cluster)
    return cluster.run.run({"scheduled_time": "2027-03-01T03:15:00Z"} if given is None else given)


def test_exit_code_0_is_a_success() -> None:
    run = walk(Cluster(takes=100))
    assert run.error is None
    assert 100 <= run.now <= 100 + pause_of(LIMIT).seconds


@pytest.mark.parametrize("code", [1, 137, None], ids=["error", "killed", "none"])
def test_any_other_end_is_a_failure_and_says_why(code: int | None) -> None:
    run = walk(Cluster(takes=100, code=code))
    assert run.error == "Job.Failed"
    assert json.loads(run.cause)["codes"] == ([] if code is None else [code])
    assert "Essential container" in run.cause
    assert [name for name, _ in run.calls].count("runTask") == 1, "a run that failed is not repeated"


def test_what_hangs_is_stopped_when_its_time_is_up() -> None:
    cluster = Cluster(takes=10**9)
    run = walk(cluster)
    assert cluster.stopped_by_us
    assert run.error == "Job.TimedOut"
    assert LIMIT.total_seconds() <= run.now <= LIMIT.total_seconds() + pause_of(LIMIT).seconds
    assert run.calls[-1][1]["Reason"] == "Longer than 0:30:00"


def test_what_ends_at_the_last_moment_is_a_success() -> None:
    cluster = Cluster(takes=LIMIT.total_seconds())
    assert walk(cluster).error is None
    assert not cluster.stopped_by_us


def test_no_capacity_is_tried_again_with_another_token() -> None:
    run = walk(Cluster(takes=10, no_capacity=STARTS - 1))
    assert run.error is None
    tokens = [asked["ClientToken"] for name, asked in run.calls if name == "runTask"]
    assert len(set(tokens)) == STARTS
    assert all(len(token) == 64 for token in tokens), "the longest client token of RunTask"


def test_no_capacity_for_long_is_given_up() -> None:
    run = walk(Cluster(takes=10, no_capacity=STARTS))
    assert run.error == "Job.NotStarted"
    assert "Capacity is unavailable" in run.cause
    assert run.now == (STARTS - 1) * BETWEEN_STARTS.seconds


def test_an_api_that_stumbles_starts_no_second_task() -> None:
    cluster = Cluster(takes=100, errors={"runTask": 2, "describeTasks": 3, "stopTask": 1})
    run = walk(cluster)
    assert run.error is None
    assert len(cluster.started) == 1
    assert len({asked["ClientToken"] for name, asked in run.calls if name == "runTask"}) == 1


def test_a_task_that_nobody_can_see_is_stopped() -> None:
    cluster = Cluster(takes=10**9, errors={"describeTasks": 99})
    assert walk(cluster).error == "Job.TimedOut"
    assert cluster.stopped_by_us


def test_the_container_is_told_which_run_it_is() -> None:
    def told(run: Execution) -> Any:
        (override,) = run.calls[0][1]["Overrides"]["ContainerOverrides"]
        return override["Name"], override["Environment"]

    assert told(walk(Cluster(takes=1))) == ("App", [{"Name": "SCHEDULED_TIME", "Value": "2027-03-01T03:15:00Z"}])
    # By hand, from the console, with an empty input: the run's own start.
    assert told(walk(Cluster(takes=1), given={})) == ("App", [{"Name": "SCHEDULED_TIME", "Value": "2027-01-01T00:00:00Z"}])


@pytest.mark.parametrize("limit", [timedelta(minutes=1), timedelta(hours=8), timedelta(hours=24)], ids=str)
def test_the_longest_run_fits_into_the_history_of_an_execution(limit: timedelta) -> None:
    run = walk(Cluster(takes=10**9), limit=limit)
    assert run.events < 25_000
    assert len(run.calls) <= MOST_LOOKS + 2
    assert run.now <= (limit + MARGIN).total_seconds()


def test_every_state_is_reached_from_the_start() -> None:
    states = steps()["States"]
    named = {steps()["StartAt"]}
    for state in states.values():
        named |= {state.get("Next"), state.get("Default"), *(one["Next"] for one in [*state.get("Choices", ()), *state.get("Catch", ())])}
    assert named - {None} == set(states)
