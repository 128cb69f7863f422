"""How much a job on a schedule is retried, and when somebody hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.posture._check import within


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPosture:
    """Degrees of ``compute.ScheduledJob``.

    Attributes:
        retries: how often EventBridge Scheduler tries again to start a run, 185 times at most.
        retry_age: for how long it tries, 1 minute to 24 hours; never beyond the time at which the run would meet the next one.
        missed_runs: how many runs in a row may have no success before somebody hears of it.
        duration_percent: percent of a run's time limit above which somebody looks.
        log_retention: of the runs that watch over rare jobs.
    """

    retries: int
    retry_age: timedelta
    missed_runs: int
    duration_percent: int
    log_retention: timedelta

    def __post_init__(self) -> None:
        # Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
        within(
            "JobPosture.retries", self.retries, 1, 185, because="none is one throttled call and the run is missed; 185 is Scheduler's most"
        )
        within("JobPosture.retry_age", self.retry_age, timedelta(minutes=1), timedelta(days=1), because="as long as Scheduler tries")
        within("JobPosture.missed_runs", self.missed_runs, 1, 10, because="what fails ten times in a row is no passing fault")
        within("JobPosture.duration_percent", self.duration_percent, 10, 99, because="of the time limit; at 100 the run is stopped")
        within(
            "JobPosture.log_retention", self.log_retention, timedelta(days=1), timedelta(days=3653), because="CloudWatch Logs' retentions"
        )
