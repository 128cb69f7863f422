"""A container on Fargate that works through a queue: as many of them as the queue needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.compute.tasks.fargate_workload import FargateWorkload
from prodready_constructs.compute.tasks.hours import off_hours
from prodready_constructs.compute.workers.alarms import WatchedWorker, rollback_twins, worker_alarms, worker_graphs
from prodready_constructs.compute.workers.backlog import Pace
from prodready_constructs.compute.workers.checks import check_visibility
from prodready_constructs.compute.workers.scaling import WorkMetrics, follow_the_work
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, ControlClaim, GraphSpec, WorkQueue, record
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, path_of
from prodready_constructs.posture import ComputePosture, WorkerPosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="FN-5",
        how="Private, unprivileged Fargate tasks may consume one queue; their number follows the backlog of each and the flow; a message that "
        "a task cannot finish goes back by its visibility timeout, which is longer than the work and than the last minutes of a task",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 AC-6", "HIPAA 164.308(a)(7)(ii)(C)", "SOC 2 A1.1"),
    ),
    ControlClaim(
        control="COST-4",
        how="Scheduled actions bring the tasks to zero in the off-hours of the posture; an environment with users refuses to have any",
        frameworks=("SOC 2 A1.1",),
    ),
)


class QueueWorker(FargateWorkload):
    """Fargate tasks that work through one queue, hardened like ``WebService`` and with no way in: no load balancer, no port.

    Always: the number of tasks follows what waits for each of them and what arrives; consuming is all the tasks may do with the queue;
    they get its address in ``<ID>_QUEUE_URL``; new tasks start before old ones end and a failed deployment rolls back; after SIGTERM a task
    has the posture's *stop_timeout*, and what it leaves undone is handed out again by the visibility timeout.
    *posture* decides hours, flow and waiting times, *tasks* sizes, bounds, Spot and log retention.

    Args:
        queue: ``messaging.ReliableQueue``, or a :class:`ForeignQueue`.
        pace: how long a message takes and may wait: the backlog for each task comes of it.
        posture: when there are workers; tasks: what a task is, and how many at least and at most.
        image: any container image; its process receives messages, and ends at SIGTERM.
        environment: plain configuration; what looks like a secret is refused.
        encryption_key: a key whose policy admits CloudWatch Logs; Fargate is admitted here. Its own when None.

    Raises:
        ConfigurationError: a visibility timeout shorter than twice a message's time or than *stop_timeout*, a secret among *environment*,
            no private subnets in two zones.

    Sources: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        image: ecs.ContainerImage,
        queue: WorkQueue,
        pace: Pace,
        posture: WorkerPosture,
        tasks: ComputePosture,
        environment: Mapping[str, str] | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        check_visibility(f"{path_of(scope)}/{construct_id}", queue=queue, pace=pace, posture=posture)
        super().__init__(
            scope,
            construct_id,
            vpc=vpc,
            image=image,
            posture=tasks,
            container_port=None,
            environment={**queue.attachment.environment, **(environment or {})},
            encryption_key=encryption_key,
            has_visitors=False,
        )
        # Nobody waits for an answer of it: whether it may sleep is said of workers.
        self._may_sleep = not posture.always_on
        cast("ecs.CfnTaskDefinition", self.task_definition.node.default_child).add_property_override(
            "ContainerDefinitions.0.StopTimeout", posture.stop_timeout.seconds
        )
        queue.grant_consume(self.task_role)
        metrics = WorkMetrics(
            cluster=self.cluster.cluster_name,
            service=self.service.service_name,
            queue=queue.queue.queue_name,
            dead_letters=queue.dead_letters.queue_name,
        )
        follow_the_work(self, service=self.service, metrics=metrics, pace=pace, posture=posture)
        if posture.off_hours is not None:
            self._once("scale_off_hours")
            for name, (when, (least, most)) in off_hours(posture.off_hours, posture=tasks, asleep=0).items():
                self.scale_on_schedule(name, schedule=when, min_tasks=0 if posture.zero_when_empty else least, max_tasks=most)
        self._watched = WatchedWorker(
            metrics=metrics,
            queue_url=queue.queue.queue_url,
            pace=pace,
            max_tasks=tasks.max_tasks,
            told_at=queue.oldest_message,
            may_be_zero=posture.zero_when_empty,
        )
        record(self, controls=CONTROLS, tier="compute", watchable=True, min_tasks=tasks.min_tasks if posture.always_on else 0)

    def protect_while_busy(self) -> None:
        """Let a task say that it must not be stopped by scaling or a deployment: for work that takes longer than *stop_timeout*.

        The application asks for it with ``PUT $ECS_AGENT_URI/task-protection/v1/state`` and ``{"ProtectionEnabled": true, "ExpiresInMinutes": n}``
        before a message, and gives it back after it. Fargate Spot does not ask.
        """
        tasks = f"arn:{PARTITION}:ecs:{REGION}:{ACCOUNT_ID}:task/{self._watched.metrics.cluster}/*"
        self.task_role.allow({"Action": ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], "Resource": tasks})
        waive(
            self.task_role.policy,
            rule=f"AwsSolutions-IAM5[Resource::{tasks}]",
            because="A task protects itself, and its id is made when it starts: the statement ends at the cluster, which holds the tasks of this "
            "worker alone, and allows to ask for protection of some hours and nothing else.",
            owner="platform",
        )

    def roll_back_on(self, alarm_names: Sequence[str]) -> None:
        """Let a deployment fail, and go back, when one of these alarms goes off; ``monitoring.Watch`` calls it."""
        cast("ecs.CfnService", self.service.node.default_child).add_property_override(
            "DeploymentConfiguration.Alarms", {"AlarmNames": list(alarm_names), "Enable": True, "Rollback": True}
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Messages without workers, workers at their end, waits that are too long, pressure, errors in the log, a deployment that failed."""
        alarms = worker_alarms(self._watched, sleeps=self.sleeps, service_arn=self.service.service_arn, log_group=self._lines.log_group)
        return (*alarms, self._lines.alarm)

    @property
    def rollback_specs(self) -> tuple[AlarmSpec, ...]:
        """Dead letters arriving, and error lines: what a new version does wrong shows there first."""
        return rollback_twins(self._watched, errors=self._lines.alarm)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Tasks beside the backlog, waits, CPU and memory, log lines by level."""
        return (*worker_graphs(self._watched), self._lines.graph)
