"""What somebody must hear of a job on a schedule. No AWS module."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from prodready_constructs.compute.jobs.missed import Sight
from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric, RunbookSpec, Severity

AnyMetric = TypeVar("AnyMetric", bound=Metric | MathMetric)

LEDGER = "Ledger FN-4"
PERIOD = timedelta(minutes=5)
#: CloudWatch lets a new alarm keep quiet for so long at most (WarmUpConfiguration, CloudWatch API reference).
LONGEST_WARM_UP = timedelta(days=2)
#: What the watchman of a rare job publishes: 1 where a success is overdue.
MISSED = Metric(namespace="ProdReady/Jobs", name="MissedRuns", statistic="Maximum", period=timedelta(hours=1), label="overdue")
#: Tries of a quarter of an hour that may fail: fewer are what retries are for.
FAILED_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """What is known of the runs of a target.

    Attributes:
        gains, losses: the successes are the sum of the one without that of the other.
        failures: counts of runs that failed. duration: the longest run of a period, in milliseconds.
        look: commands that show what happened; again: the command that runs the job once more.
    """

    gains: tuple[Metric, ...]
    losses: tuple[Metric, ...]
    failures: tuple[Metric, ...]
    duration: Metric
    failed_by: tuple[str, ...]
    look: tuple[str, ...]
    again: str

    def succeeded(self, period: timedelta) -> MathMetric:
        """Successful runs of a period."""
        using = {f"gain{number}": metric for number, metric in enumerate(self.gains)}
        using |= {f"loss{number}": metric for number, metric in enumerate(self.losses)}
        # A period without runs has no datapoints, and CloudWatch would look further back for some: with FILL it is a zero.
        terms = " - ".join([" + ".join(_filled(using, "gain")), *_filled(using, "loss")])
        return MathMetric(expression=terms, using=using, label="successful runs", period=period)

    def failed(self) -> Metric | MathMetric:
        """Failed runs of a period."""
        return self.failures[0] if len(self.failures) == 1 else _sum(self.failures, "failed runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedJob:
    """What the alarms need to know of a job."""

    path: str
    group: str
    schedule: str
    expression: str
    zone: str
    dead_letters: str
    dead_letters_url: str
    runs: Runs
    wait: timedelta
    sight: Sight | None
    limit: timedelta
    duration_percent: int
    severity: Severity

    def scheduler(self, name: str) -> Metric:
        """A metric of the schedule group, which holds this schedule alone (and what watches over it)."""
        return Metric(
            namespace="AWS/Scheduler", name=name, dimensions={"ScheduleGroup": self.group}, statistic="Sum", period=PERIOD, label=name
        )

    @property
    def letters(self) -> Metric:
        """Messages in the dead-letter queue."""
        return Metric(
            namespace="AWS/SQS",
            name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": self.dead_letters},
            statistic="Maximum",
            period=PERIOD,
        )

    @property
    def first(self) -> tuple[str, ...]:
        """Commands that show the schedule and what could not be started."""
        return (
            f"aws scheduler get-schedule --group-name {self.group} --name {self.schedule}",
            f"aws sqs receive-message --queue-url {self.dead_letters_url} --message-attribute-names All --visibility-timeout 0",
        )


def job_alarms(job: WatchedJob) -> tuple[AlarmSpec, ...]:
    """Runs that are missed, fail, take long, or cannot be started."""
    return (
        _missed(job, job.sight) if job.sight else _overdue(job),
        AlarmSpec(
            id="RunFailed",
            metric=in_periods(job.runs.failed(), PERIOD),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=job.severity,
            periods=1,
            # Between two runs there is nothing to count; a run that did not happen is MissedRun's affair.
            missing_data="notBreaching",
            source=f"{LEDGER}: each failed run",
            runbook=RunbookSpec(
                meaning=f"A run of {job.path} failed. Whatever it does has not been done, or by halves.",
                causes=(*job.runs.failed_by, "the last deployment", "a store or service it needs"),
                first_commands=(*job.runs.look, job.runs.again),
            ),
        ),
        AlarmSpec(
            id="RunTakesLong",
            metric=in_periods(job.runs.duration, PERIOD),
            threshold=job.limit.total_seconds() * 1000 * job.duration_percent / 100,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="notBreaching",  # nothing has ended
            source=f"{job.duration_percent} % (posture.duration_percent) of the time limit of {job.limit}, at which a run is stopped",
            runbook=RunbookSpec(
                meaning=f"A run of {job.path} took nearly all the time it has; soon one will be stopped before it is done.",
                causes=("more work than there was", "a slow store", "too little CPU or memory"),
                first_commands=job.runs.look,
            ),
        ),
        *_scheduler_alarms(job),
    )


def _missed(job: WatchedJob, sight: Sight) -> AlarmSpec:
    return AlarmSpec(
        id="MissedRun",
        metric=job.runs.succeeded(sight.period),
        threshold=1,
        comparison="LessThanThreshold",
        severity=job.severity,
        periods=sight.periods,
        # No datapoint is no success: this alarm is there for silence.
        missing_data="breaching",
        warm_up=min(job.wait, LONGEST_WARM_UP),
        source=f"{LEDGER}; no success for {job.wait}: the longest time between runs of {job.expression} in {job.zone}, and what one may take",
        runbook=missed_runbook(job),
    )


def _overdue(job: WatchedJob) -> AlarmSpec:
    return AlarmSpec(
        id="MissedRun",
        metric=replace(MISSED, dimensions={"Job": job.path}),
        threshold=0,
        comparison="GreaterThanThreshold",
        severity=job.severity,
        periods=3,
        datapoints=2,
        # The watchman itself is silent: nobody would know.
        missing_data="breaching",
        warm_up=timedelta(hours=3),
        source=f"{LEDGER}; no success for {job.wait}, asked every hour: the longest time between runs of {job.expression} in {job.zone}, and "
        "what one may take",
        runbook=missed_runbook(job),
    )


def missed_runbook(job: WatchedJob) -> RunbookSpec:
    """For a run that did not happen."""
    return RunbookSpec(
        meaning=f"{job.path} has had no successful run for {job.wait}: what it does every time has not been done.",
        causes=(
            "the runs fail: RunFailed tells of them too",
            "the schedule was disabled, or its role changed, by hand",
            "it could not be started: DeadLetters tells of it too",
        ),
        first_commands=(*job.first, *job.runs.look, job.runs.again),
    )


def _scheduler_alarms(job: WatchedJob) -> tuple[AlarmSpec, ...]:
    document = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html"
    not_started = RunbookSpec(
        meaning=f"EventBridge Scheduler gave up starting a run of {job.path}.",
        causes=("the target is gone, or its policy or the role's was changed", "the target was throttled for as long as it was tried"),
        first_commands=(*job.first, *job.runs.look, job.runs.again),
    )
    dropped = ("InvocationDroppedCount", "InvocationsSentToDeadLetterCount", "InvocationsFailedToBeSentToDeadLetterCount")
    return (
        AlarmSpec(
            id="RunNotStarted",
            metric=in_periods(_sum(tuple(job.scheduler(name) for name in dropped), "runs that were given up"), PERIOD),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=job.severity,
            periods=1,
            missing_data="notBreaching",  # only what happens is counted
            source=f"{LEDGER}; {document}",
            runbook=not_started,
        ),
        AlarmSpec(
            id="TargetErrors",
            metric=in_periods(job.scheduler("TargetErrorCount"), timedelta(minutes=15)),
            threshold=FAILED_TRIES,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="notBreaching",
            source=f"{LEDGER}; {document}; up to {FAILED_TRIES} tries are what retries are for",
            runbook=not_started,
        ),
        AlarmSpec(
            id="DeadLetters",
            metric=job.letters,
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            # SQS stops reporting for a queue that was idle for six hours: silence is an empty queue.
            missing_data="notBreaching",
            source="Ledger OPS-2: dead letters wake someone",
            runbook=RunbookSpec(
                meaning=f"The queue of the runs of {job.path} that could not be started is not empty; it is when the messages are deleted.",
                causes=not_started.causes,
                first_commands=(*job.first, f"aws sqs purge-queue --queue-url {job.dead_letters_url}  # when all is well again"),
            ),
        ),
    )


def in_periods(metric: AnyMetric, period: timedelta) -> AnyMetric:
    """*metric*, counted in other periods."""
    return replace(metric, period=period)


def _filled(using: dict[str, Metric], prefix: str) -> list[str]:
    return [f"FILL({name}, 0)" for name in using if name.startswith(prefix)]


def _sum(metrics: tuple[Metric, ...], label: str) -> MathMetric:
    using = {f"count{number}": metric for number, metric in enumerate(metrics)}
    return MathMetric(expression=" + ".join(_filled(using, "count")), using=using, label=label, period=PERIOD)
