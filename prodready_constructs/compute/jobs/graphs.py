"""What the dashboard shows of a job. No AWS module."""

from __future__ import annotations

from prodready_constructs.compute.jobs.alarms import PERIOD, WatchedJob, in_periods
from prodready_constructs.contracts import GraphSpec


def job_graphs(job: WatchedJob) -> tuple[GraphSpec, ...]:
    """Runs, how long they take, and what the schedule did."""
    names = ("InvocationAttemptCount", "TargetErrorCount", "InvocationDroppedCount", "InvocationsSentToDeadLetterCount")
    return (
        GraphSpec(title="Runs", metrics=(in_periods(job.runs.succeeded(PERIOD), PERIOD), in_periods(job.runs.failed(), PERIOD))),
        GraphSpec(title="Duration of runs", metrics=(in_periods(job.runs.duration, PERIOD),), unit="ms"),
        GraphSpec(title="Schedule", metrics=tuple(job.scheduler(name) for name in names)),
    )
