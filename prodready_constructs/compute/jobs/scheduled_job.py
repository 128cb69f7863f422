"""A job that runs at certain times, and that is missed when it does not."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import Annotations, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.compute.jobs.alarms import WatchedJob, job_alarms, job_graphs
from prodready_constructs.compute.jobs.checks import Between, Plan, plan_of
from prodready_constructs.compute.jobs.missed import sight
from prodready_constructs.compute.jobs.targets import JobTarget, Start
from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, Severity, record
from prodready_constructs.foundation import ACCOUNT_ID, ComposedRole, DataKey, Part
from prodready_constructs.foundation.schedules import UTC
from prodready_constructs.posture import JobPosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="FN-4",
        how="EventBridge Scheduler with a time zone, retries and a dead-letter queue starts the runs; alarms on runs that are missed, fail, take "
        "long or cannot be started",
        frameworks=("NIST 800-53 r5 SI-4", "NIST 800-53 r5 AC-6", "NIST 800-53 r5 SC-28", "PCI DSS 3.2.1 10.6", "SOC 2 CC7.2"),
    ),
)
#: As the CDK writes them, made once: each is a message to the jsii kernel. The longest SQS keeps a message, and waits for one.
_KEPT, _LONG_POLLING = Duration.days(14), Duration.seconds(20)


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
        #: The key of the schedule and of its dead letters.
        self.key: kms.IKey = encryption_key or target.key or DataKey(self, "Key", description=f"{path}: schedule and dead letters").key
        #: Runs that could not be started.
        self.dead_letters = self._dead_letters()
        #: The schedule group, which the metrics are of.
        self.group = scheduler.CfnScheduleGroup(self, "Group")
        #: What EventBridge Scheduler may do.
        self.role = self._role(start)
        #: The schedule itself. Whatever is changed through it is still judged at synth.
        self.schedule = self._schedule(plan, start, flexible=flexible_window, between=between, retries=posture.retries)
        if plan.rhythm.skipped is not None:
            Annotations.of(self).add_info(
                f"{schedule} does not run on {plan.rhythm.skipped:%Y-%m-%d}: in {time_zone} clocks skip {plan.rhythm.skipped:%H:%M}. "
                "The alarm on missed runs knows; choose another hour if that day counts."
            )
        self._watched = WatchedJob(
            path=path,
            group=self.group.ref,
            schedule=self.schedule.ref,
            expression=schedule,
            zone=time_zone,
            dead_letters=self.dead_letters.queue_name,
            dead_letters_url=self.dead_letters.queue_url,
            runs=start.runs,
            wait=plan.wait,
            sight=sight(plan.wait),
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

    def _dead_letters(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            enforce_ssl=True,
            receive_message_wait_time=_LONG_POLLING,
            redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            retention_period=_KEPT,
        )
        waive(
            queue,
            rule=["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"],
            because="This queue is itself the dead-letter queue of a schedule, which no rule looks for; nothing consumes it, it keeps messages as "
            "long as SQS can, and a critical alarm fires on its first message.",
            owner="platform",
        )
        return queue

    def _role(self, start: Start) -> ComposedRole:
        mine = {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": self.group.attr_arn}}
        return ComposedRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=mine),
            description=f"{self.path}: starts its runs",
            statements=[
                {"Action": start.action, "Resource": start.arn},
                {"Action": "sqs:SendMessage", "Resource": self.dead_letters.queue_arn},
                # Of the schedule's own input, and for messages to the encrypted queue.
                {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": self.key.key_arn},
                *start.statements,
            ],
        )

    def _schedule(self, plan: Plan, start: Start, *, flexible: timedelta, between: Between | None, retries: int) -> scheduler.CfnSchedule:
        of = scheduler.CfnSchedule
        made = of(
            self,
            "Schedule",
            description=f"Starts {self.path}"[:512],
            group_name=self.group.ref,
            schedule_expression=plan.schedule.expression,
            schedule_expression_timezone=plan.schedule.zone,
            flexible_time_window=of.FlexibleTimeWindowProperty(
                mode="FLEXIBLE" if flexible else "OFF", maximum_window_in_minutes=flexible // timedelta(minutes=1) or None
            ),
            start_date=Between.written(between.start) if between else None,
            end_date=Between.written(between.end) if between else None,
            state="ENABLED",
            kms_key_arn=self.key.key_arn,
            target=of.TargetProperty(
                arn=start.arn,
                role_arn=self.role.role_arn,
                input=start.input,
                retry_policy=of.RetryPolicyProperty(
                    maximum_event_age_in_seconds=int(plan.retry_age.total_seconds()), maximum_retry_attempts=retries
                ),
                dead_letter_config=of.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
            ),
        )
        # EventBridge Scheduler tries the role when the schedule is made.
        made.node.add_dependency(self.role.policy)
        return made

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Runs that are missed, fail, take long, or cannot be started."""
        return job_alarms(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Runs, how long they take, and what the schedule did."""
        return job_graphs(self._watched)
