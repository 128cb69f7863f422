"""The watchman of a rare job: what it asks, how far back, and what it says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.compute.jobs.alarms import Runs
from prodready_constructs.compute.jobs.missed import LONGEST_WAIT
from prodready_constructs.compute.jobs.watchman import watch_steps
from prodready_constructs.contracts import Metric

pytestmark = pytest.mark.control("FN-4")


def metric(name: str) -> Metric:
    return Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": "report"}, statistic="Sum")


RUNS = Runs(
    gains=(metric("Invocations"),), losses=(metric("Errors"),), failures=(), duration=metric("Duration"), failed_by=(), look=(), again=""
)


def steps(wait: timedelta) -> dict[str, Any]:
    return watch_steps(job="Stack/Monthly", group="g", schedule="s", runs=RUNS, wait=wait, partition="aws")


def test_it_reads_the_schedule_counts_and_says() -> None:
    made = steps(timedelta(days=31))
    assert made["QueryLanguage"] == "JSONata"
    called = [(name, state["Resource"].rpartition(":aws-sdk:")[2], state.get("Next")) for name, state in made["States"].items()]
    assert called == [
        ("Schedule", "scheduler:getSchedule", "Count"),
        ("Count", "cloudwatch:getMetricData", "Publish"),
        ("Publish", "cloudwatch:putMetricData", None),
    ]
    assert made["States"]["Publish"]["End"] is True
    (said,) = made["States"]["Publish"]["Arguments"]["MetricData"]
    assert (said["MetricName"], said["Dimensions"]) == ("MissedRuns", [{"Name": "Job", "Value": "Stack/Monthly"}])


def test_it_looks_back_as_long_as_a_success_may_take() -> None:
    wait = timedelta(days=31, hours=1)
    states = steps(wait)["States"]
    milliseconds = str(int(wait.total_seconds() * 1000))
    assert f"$millis() - {milliseconds})" in states["Count"]["Arguments"]["StartTime"]
    assert f"$millis() - $since > {milliseconds}" in states["Publish"]["Arguments"]["MetricData"][0]["Value"]


@pytest.mark.parametrize(
    ("wait", "period"),
    [(timedelta(days=8), 3600), (timedelta(days=60), 3600), (timedelta(days=61), 86_400), (LONGEST_WAIT, 86_400)],
    ids=str,
)
def test_what_it_asks_fits_into_one_answer(wait: timedelta, period: int) -> None:
    queries = steps(wait)["States"]["Count"]["Arguments"]["MetricDataQueries"]
    assert [(query["Id"], query["MetricStat"]["Metric"]["MetricName"]) for query in queries] == [
        ("gain0", "Invocations"),
        ("loss0", "Errors"),
    ]
    assert {query["MetricStat"]["Period"] for query in queries} == {period}
    # Step Functions hands on 256 KiB; a datapoint is a number and a time of 20 characters, with quotes and commas.
    assert wait / timedelta(seconds=period) * len(queries) * 40 < 256 * 1024


def test_each_variable_is_assigned_before_it_is_used() -> None:
    known = {"states", "millis", "max", "toMillis", "fromMillis", "exists", "now", "sum", "append", "contains"}
    for state in steps(timedelta(days=31))["States"].values():
        assert set(re.findall(r"\$(\w+)", str(state["Arguments"]))) <= known
        assert set(re.findall(r"\$(\w+)", str(state.get("Assign", {})))) <= known
        known |= set(state.get("Assign", {}))


def test_expressions_are_whole() -> None:
    text = str(steps(timedelta(days=31)))
    for expression in re.findall(r"\{%(.*?)%\}", text):
        assert expression.count("(") == expression.count(")")
        assert expression.count("[") == expression.count("]")
    assert text.count("{%") == text.count("%}") > 5
