"""A job that runs at certain times, and that is missed when it does not."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import Annotations
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from prodready_constructs.compute.jobs.alarms import WatchedJob, job_alarms
from prodready_constructs.compute.jobs.checks import Between, plan_of
from prodready_constructs.compute.jobs.graphs import job_graphs
from prodready_constructs.compute.jobs.machine import machine_key
from prodready_constructs.compute.jobs.missed import sight
from prodready_constructs.compute.jobs.starter import Starter, dead_letters
from prodready_constructs.compute.jobs.targets import START_EXECUTION, JobTarget
from prodready_constructs.compute.jobs.watchman import Watchman
from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, Severity, record
from prodready_constructs.foundation import DataKey, Part, Schedule
from prodready_constructs.foundation.schedules import UTC
from prodready_constructs.posture import JobPosture

CONTROLS = (
    ControlClaim(
        control="FN-4",
        how="EventBridge Scheduler with a time zone, retries and a dead-letter queue starts the runs; alarms on runs that are missed, fail, take "
        "long or cannot be started",
        frameworks=("NIST 800-53 r5 SI-4", "NIST 800-53 r5 AC-6", "NIST 800-53 r5 SC-28", "PCI DSS 3.2.1 10.6", "SOC 2 CC7.2"),
    ),
)
#: How often the watchman of a rare job looks.
HOURLY = "rate(1 hour)"


class ScheduledJob(Part):
    """Starts a *target* at the times of *schedule*, and tells somebody when it did not succeed.

    Always: a schedule group and a role of its own, which EventBridge Scheduler may use for this group only and which may do no more than start
    this target; retries, then a dead-letter queue that keeps 14 days; schedule and queue encrypted; a run is given up before it could meet
    the next one. *posture* decides retries and when a run is missed.

    Args:
        schedule: ``cron(15 3 * * ? *)`` or ``rate(1 hour)``, as EventBridge Scheduler writes them.
        target: a :class:`FunctionRun` or a :class:`FargateJob`; its limit and the window fit between two runs.
        time_zone: the IANA name of the zone whose clocks count, daylight saving time included.
        flexible_window: how much later than its time a run may start, to spread load; on the minute when zero.
        between: the moments before and after which nothing is started.
        severity: of a run that is missed, fails or is not started.
        encryption_key: the target's own, or a new one, when None.

    Raises:
        ConfigurationError: a schedule that does not parse, never fires, fires once or is bound to years; a zone that does not exist; a window
            or a limit longer than the time between two runs; runs so rare that nobody could tell that one is missing.

    Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html,
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html,
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        schedule: str,
        target: JobTarget,
        posture: JobPosture,
        time_zone: str = UTC,
        flexible_window: timedelta = timedelta(0),
        between: Between | None = None,
        severity: Severity = Severity.CRITICAL,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.path
        plan = plan_of(path, expression=schedule, zone=time_zone, flexible=flexible_window, limit=target.limit, posture=posture)
        start = target.start
        # Before its start and after its end a job has no successes either: an alarm would not know.
        seen = None if between else sight(plan.wait)
        #: The key of the schedule and of its dead letters.
        self.key: kms.IKey = self._key(encryption_key, target, rare=seen is None)
        #: Runs that could not be started.
        self.dead_letters = dead_letters(self, key=self.key)
        #: The schedule group, which the metrics are of.
        self.group = scheduler.CfnScheduleGroup(self, "Group")
        group = self.group.ref
        starter = Starter(
            group=group,
            group_arn=self.group.attr_arn,
            queue_arn=self.dead_letters.queue_arn,
            key_arn=self.key.key_arn,
            retries=posture.retries,
        )
        #: What EventBridge Scheduler may do, and the schedule itself. Whatever is changed through it is still judged at synth.
        self.role, self.schedule = starter.schedule(
            self,
            when=plan.schedule,
            arn=start.arn,
            action=start.action,
            given=start.input,
            age=plan.retry_age,
            statements=start.statements if encryption_key else (),
            flexible=flexible_window,
            between=between,
        )
        name = self.schedule.ref
        if seen is None:
            watchman = Watchman(
                self,
                "Watchman",
                job=path,
                group=group,
                schedule=name,
                runs=start.runs,
                wait=plan.wait,
                key=self.key,
                log_retention=posture.log_retention,
            )
            # A role of its own: the schedule waits for the policy of the job's, and the watchman for the schedule.
            hourly = Schedule(HOURLY)
            starter.schedule(watchman, when=hourly, arn=watchman.arn, action=START_EXECUTION, given="{}", age=posture.retry_age)
        if plan.rhythm.skipped is not None:
            Annotations.of(self).add_info(
                f"{schedule} does not run on {plan.rhythm.skipped:%Y-%m-%d}: in {time_zone} clocks skip {plan.rhythm.skipped:%H:%M}. "
                "The alarm on missed runs knows; choose another hour if that day counts."
            )
        self._watched = WatchedJob(
            path=path,
            group=group,
            schedule=name,
            expression=schedule,
            zone=time_zone,
            dead_letters=self.dead_letters.queue_name,
            dead_letters_url=self.dead_letters.queue_url,
            runs=start.runs,
            wait=plan.wait,
            sight=seen,
            limit=target.limit,
            duration_percent=posture.duration_percent,
            severity=severity,
        )
        record(
            self,
            controls=CONTROLS,
            tier="compute",
            watchable=True,
            schedule=schedule,
            time_zone=time_zone,
            missed_after=plan.wait.total_seconds(),
        )

    def _key(self, given: kms.IKey | None, target: JobTarget, *, rare: bool) -> kms.IKey:
        description = f"{self.path}: schedule and dead letters"
        if given is None and target.key is not None:
            return target.key
        if rare:
            return machine_key(self, given, description=description)
        return given or DataKey(self, "Key", description=description).key

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Runs that are missed, fail, take long, or cannot be started."""
        return job_alarms(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Runs, how long they take, and what the schedule did."""
        return job_graphs(self._watched)
