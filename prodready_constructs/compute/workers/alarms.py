"""What wakes someone about a worker, what brings its release back, and what the dashboard shows of it.

What the queue tells by itself (dead letters, age, growth, messages in flight) is not told again here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from prodready_constructs.compute.workers.backlog import BACKLOG_EXPRESSION, Pace, number
from prodready_constructs.compute.workers.scaling import WorkMetrics, used
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

#: A wait of twice what is acceptable, for a quarter of an hour, is one that scaling does not mend.
TIMES_ACCEPTABLE = 2
PRESSED = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedWorker:
    """What the alarms need to know of a worker and its queue."""

    metrics: WorkMetrics
    queue_url: str
    pace: Pace
    max_tasks: int
    told_at: timedelta | None
    may_be_zero: bool

    def math(self, expression: str, label: str) -> MathMetric:
        """*expression* over the metrics of worker and queue."""
        return MathMetric(expression=expression, using=used(expression, self.metrics), label=label)


def worker_alarms(worker: WatchedWorker, *, sleeps: bool, service_arn: str, log_group: str) -> tuple[AnyAlarmSpec, ...]:
    """The alarms of one worker; one that *sleeps* has hours in which nobody is called for."""
    metrics = worker.metrics
    where = f"--cluster {metrics.cluster} --services {metrics.service}"
    events = f"aws ecs describe-services {where} --query 'services[0].[desiredCount,runningCount,events[:10].message]'"
    scaled = (
        "aws application-autoscaling describe-scaling-activities --service-namespace ecs"
        f" --resource-id service/{metrics.cluster}/{metrics.service} --max-items 10"
    )
    waiting = f"aws sqs get-queue-attributes --queue-url {worker.queue_url} --attribute-names All"
    logs = f"aws logs tail {log_group} --since 30m"
    stopped = (
        f"aws ecs describe-tasks --cluster {metrics.cluster} --tasks $(aws ecs list-tasks --cluster {metrics.cluster}"
        f" --service-name {metrics.service} --desired-status STOPPED --query 'taskArns[]' --output text)"
        " --query 'tasks[].[stoppedReason,containers[].reason]'"
    )
    # In off-hours nobody is called for: that is no fault.
    called = " AND FILL(desired, 0) > 0" if sleeps else ""
    return (
        AlarmSpec(
            id="WaitingWithoutWorkers",
            metric=worker.math(
                f"IF(FILL(visible, 0) > 0 AND FILL(running, 0) < 1{called}, 1, 0)", "1: messages wait and no task is running"
            ),
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            severity=Severity.CRITICAL,
            # A first task needs some minutes from the message to work: metric, policy, start.
            periods=10 if worker.may_be_zero else 5,
            # The youngest minute may not be there yet, and would be filled: then all of them are never on.
            datapoints=8 if worker.may_be_zero else 4,
            # Both metrics are filled: without data there is neither a message nor a task, and SQS reports again with the first message.
            missing_data="notBreaching",
            source="Ledger FN-5: work arrives and nobody does it",
            runbook=RunbookSpec(
                meaning="Messages wait, and no task of the worker is running: nothing of what users asked for happens.",
                causes=(
                    "tasks crash at start",
                    "the image cannot be pulled",
                    "a secret or parameter cannot be read",
                    "no Fargate capacity",
                ),
                first_commands=(events, stopped, scaled, logs),
            ),
        ),
        AlarmSpec(
            id="AtMaxTasks",
            metric=worker.math(
                f"IF(FILL(running, 0) >= {worker.max_tasks} AND {BACKLOG_EXPRESSION} > {number(worker.pace.backlog_per_task)}, 1, 0)",
                "1: all tasks are running, and more waits for each than is acceptable",
            ),
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            severity=Severity.WARNING,
            periods=15,
            datapoints=12,
            missing_data="notBreaching",  # an idle queue reports nothing
            source=f"Scaling ends at {worker.max_tasks} tasks (max_tasks of the posture); a quarter of an hour there is no spike",
            runbook=RunbookSpec(
                meaning=f"All {worker.max_tasks} tasks are at work and the backlog is not worked off: messages wait longer than is acceptable.",
                causes=(
                    "more work than max_tasks can do",
                    "messages take longer than seconds_per_message says",
                    "a store or service is slow",
                ),
                first_commands=(waiting, scaled, logs),
            ),
        ),
        *_too_long(worker, sleeps=sleeps, first=(waiting, events, scaled)),
        *(
            AlarmSpec(
                id=name,
                metric=metric,
                threshold=PRESSED,
                comparison="GreaterThanThreshold",
                severity=Severity.WARNING,
                periods=10,
                datapoints=8,
                missing_data="notBreaching",  # no task, no pressure
                source=source,
                runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=(events, scaled, logs)),
            )
            for name, metric, source, meaning, causes in (
                (
                    "HighMemory",
                    metrics.ecs("MemoryUtilization", namespace="AWS/ECS"),
                    "Ledger OPS-2; at 100 % a task is killed with all the messages it holds",
                    "Tasks are about to be killed for memory, with the messages they hold.",
                    ("a message that is larger than others", "a leak", "more messages at once than the task was sized for"),
                ),
                (
                    "HighCpuAtMaxTasks",
                    MathMetric(
                        expression=f"IF(FILL(running, 0) >= {worker.max_tasks}, cpu, 0)",
                        using={**used("running", metrics), "cpu": metrics.ecs("CPUUtilization", namespace="AWS/ECS")},
                        label="CPU while all tasks are running, %",
                    ),
                    "Our reason: a busy worker is what is paid for; one without spare tasks beside it is not",
                    "All tasks are running and short of CPU: there is no more to be had from them.",
                    ("more work than max_tasks can do", "an expensive message or a busy loop"),
                ),
            )
        ),
        EventSpec(
            id="DeploymentFailed",
            pattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Deployment State Change"],
                "resources": [service_arn],
                "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
            },
            severity=Severity.CRITICAL,
            source="Amazon ECS developer guide: service deployment state change events",
            runbook=RunbookSpec(
                meaning="The new version crashed, or made dead letters and errors; the worker rolls back to the version before.",
                causes=(
                    "the new version cannot read messages of the old one",
                    "a new setting or secret is wrong",
                    "no capacity for new tasks",
                ),
                first_commands=(events, stopped, logs),
            ),
        ),
    )


def _too_long(worker: WatchedWorker, *, sleeps: bool, first: tuple[str, ...]) -> tuple[AlarmSpec, ...]:
    """None where the queue tells of the same age, or of a lower one, already."""
    longest = TIMES_ACCEPTABLE * worker.pace.acceptable_wait
    if worker.told_at is not None and worker.told_at <= longest:
        return ()
    age = worker.metrics.sqs("ApproximateAgeOfOldestMessage")
    metric: Metric | MathMetric = age
    if sleeps:
        using = {"age": age, **used("desired", worker.metrics)}
        metric = MathMetric(
            expression="IF(FILL(desired, 0) > 0, age, 0)", using=using, label="Age of the oldest message in working hours, s"
        )
    return (
        AlarmSpec(
            id="WaitTooLong",
            metric=metric,
            threshold=longest.total_seconds(),
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=15,
            datapoints=12,
            missing_data="notBreaching",  # no message, no age
            source=f"Twice the acceptable_wait of {worker.pace.acceptable_wait} that the worker was given",
            runbook=RunbookSpec(
                meaning="Messages wait twice as long as is acceptable, and scaling has not mended it for a quarter of an hour.",
                causes=("messages take longer than seconds_per_message says", "max_tasks is reached", "some messages fail and come back"),
                first_commands=first,
            ),
        ),
    )


def rollback_twins(worker: WatchedWorker, *, errors: AlarmSpec) -> tuple[AlarmSpec, ...]:
    """Fast, and about what is new: dead letters from before a deployment must not bring it back."""
    dead = Metric(
        namespace="AWS/SQS",
        name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": worker.metrics.dead_letters},
        statistic="Maximum",
    )
    return (
        AlarmSpec(
            id="DeadLettersArriving",
            metric=MathMetric(expression="DIFF(FILL(dead, 0))", using={"dead": dead}, label="dead letters more than a minute ago"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            # The step up is one minute long, and the youngest minute may come late.
            periods=3,
            datapoints=1,
            missing_data="notBreaching",  # an idle queue reports nothing
            source="Ledger STORE-3: a dead letter is work that was not done; while a version is new, the version is the suspect",
            runbook=RunbookSpec(
                meaning="Messages became dead letters while a new version was deployed: it goes back to the version before.",
                causes=("the new version cannot read messages of the old one", "it fails where the old one did not"),
                first_commands=(f"aws ecs describe-services --cluster {worker.metrics.cluster} --services {worker.metrics.service}",),
            ),
        ),
        replace(errors, metric=replace(errors.metric, period=timedelta(minutes=1)), periods=3, datapoints=2),
    )


def worker_graphs(worker: WatchedWorker) -> tuple[GraphSpec, ...]:
    """The graphs of one worker."""
    metrics = worker.metrics
    return (
        GraphSpec(title="Tasks", metrics=tuple(metrics.ecs(f"{name}TaskCount") for name in ("Desired", "Running"))),
        GraphSpec(
            title=f"Backlog for each task (target {worker.pace.backlog_per_task:g})",
            metrics=(worker.math(BACKLOG_EXPRESSION, "messages for each task"),),
        ),
        GraphSpec(
            title="Flow", metrics=(worker.math(worker.pace.busy_expression, "working time that arriving messages take up"),), unit="%"
        ),
        GraphSpec(
            title="CPU and memory",
            metrics=tuple(metrics.ecs(f"{name}Utilization", namespace="AWS/ECS") for name in ("CPU", "Memory")),
            unit="%",
        ),
    )
