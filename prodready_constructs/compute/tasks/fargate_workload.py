"""A container on Fargate that runs for good: what a web service and a queue worker have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import jsii
from aws_cdk import Duration, TimeZone
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.compute.tasks.cluster import capacity, offer_spot
from prodready_constructs.compute.tasks.container_task import ContainerTask
from prodready_constructs.compute.tasks.exec import exec_command, open_to_exec, shell_procedure
from prodready_constructs.compute.tasks.hours import off_hours, scale_on_schedule
from prodready_constructs.contracts import Attachable, record
from prodready_constructs.foundation import Schedule
from prodready_constructs.posture import ComputePosture, OffHours

#: A new task may fail health checks this long while it starts.
START_GRACE = timedelta(seconds=60)
#: As the CDK writes them, made once: each is a message to the jsii kernel.
_START_GRACE = Duration.seconds(START_GRACE.seconds)
_NIGHTS = OffHours()
_ANYWHERE, _HTTPS = ec2.Peer.any_ipv4(), ec2.Port.tcp(443)


@jsii.implements(ec2.IConnectable)
class FargateWorkload(ContainerTask):
    """A Fargate service with its own cluster, log group, roles and key, hardened; who sends it work is its subclass's affair.

    Args:
        vpc: needs private subnets in two zones.
        image: any container image. container_port: where it listens; None for one that does not.
        posture: task size, counts, targets and log retention.
        environment: plain configuration; what looks like a secret is refused.
        encryption_key: a key whose policy admits CloudWatch Logs; its own when None.
        has_visitors: a load balancer asks for its health, and must not while it starts.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        image: ecs.ContainerImage,
        posture: ComputePosture,
        container_port: int | None,
        environment: Mapping[str, str] | None,
        encryption_key: kms.IKey | None,
        has_visitors: bool,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            vpc=vpc,
            image=image,
            posture=posture,
            container_port=container_port,
            encryption_key=encryption_key,
        )
        #: The service itself. Whatever is changed through it is still judged at synth.
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=self.cluster,
            task_definition=self.task_definition,
            assign_public_ip=False,
            capacity_provider_strategies=capacity(posture),
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.ENABLED,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            enable_ecs_managed_tags=True,
            enable_execute_command=False,
            health_check_grace_period=_START_GRACE if has_visitors else None,
            max_healthy_percent=200,
            min_healthy_percent=100,
            platform_version=ecs.FargatePlatformVersion.LATEST,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            security_groups=[self._security_group(vpc)],
            vpc_subnets=self._subnets,
        )
        # Without its policies a task could not start, and the circuit breaker would call that a bad deployment.
        self.service.node.add_dependency(self.execution_role)
        if posture.spot_weight:
            self.service.node.add_dependency(offer_spot(self, self.cluster))
        #: Bounds and policies of scaling. The template states no number of tasks: a deployment must not undo what scaling decided.
        self.scaling = self.service.auto_scale_task_count(min_capacity=posture.min_tasks, max_capacity=posture.max_tasks)
        self._may_sleep = posture.may_sleep
        #: Whether it is scaled to zero off-hours; what runs then is no fault.
        self.sleeps = False
        for name, value in (environment or {}).items():
            self.add_setting(name, value)

    def _security_group(self, vpc: ec2.IVpc) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, allow_all_outbound=False, description=f"Tasks of {self.path}"[:255])
        group.add_egress_rule(_ANYWHERE, _HTTPS, "HTTPS to AWS and to others")
        return group

    @property
    def connections(self) -> ec2.Connections:
        """Who may talk to the tasks, and to whom they may."""
        return self.service.connections

    def connect_to(self, attachable: Attachable) -> None:
        """Let the tasks use a store: open the port between the two security groups, and hand over its address and its credentials."""
        attachment = attachable.attachment
        self.connections.allow_to(attachment.connections, ec2.Port.tcp(attachment.port))
        for name, value in attachment.environment.items():
            self.add_setting(name, value)
        for name, secret in attachment.secrets.items():
            self.add_secret(name, secret)

    def scale_on_schedule(
        self,
        schedule_id: str,
        *,
        schedule: Schedule | appscaling.Schedule,
        min_tasks: int,
        max_tasks: int,
        time_zone: TimeZone | None = None,
    ) -> None:
        """From each time of *schedule* on, keep between *min_tasks* and *max_tasks*.

        A :class:`~prodready_constructs.foundation.Schedule` has its own zone; one of the CDK counts in *time_zone*, or in UTC.

        Raises:
            ConfigurationError: more tasks at least than at most, no task at all where the posture lets nothing sleep, a schedule that does
                not parse or never fires, a zone that does not exist.
        """
        scale_on_schedule(
            self.scaling,
            schedule_id,
            schedule=schedule,
            bounds=(min_tasks, max_tasks),
            time_zone=time_zone,
            path=self.path,
            may_sleep=self._may_sleep,
        )
        self.sleeps = self.sleeps or not max_tasks

    def scale_off_hours(self, hours: OffHours = _NIGHTS, *, min_tasks: int = 0) -> None:
        """Outside the working *hours*, keep *min_tasks* tasks; at their beginning, what the posture asks for again.

        Raises:
            ConfigurationError: no task at all where the posture lets nothing sleep, called twice.
        """
        self._once("scale_off_hours")
        for name, (when, bounds) in off_hours(hours, posture=self._posture, asleep=min_tasks).items():
            self.scale_on_schedule(name, schedule=when, min_tasks=bounds[0], max_tasks=bounds[1])

    def allow_exec(self) -> None:
        """Let those whom IAM allows ``ecs:ExecuteCommand`` open a shell in a task; sessions are encrypted and logged.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
        """
        if "allow_exec" not in self._asked:
            self._asked.add("allow_exec")
            open_to_exec(
                self,
                service=self.service,
                container=self.container,
                role=self.task_role,
                sessions=self._sessions.log_group_arn,
                key=self._key,
            )
            record(self, controls=(), tier="compute", procedures=[shell_procedure(self.exec_command).as_fact()])

    @property
    def exec_command(self) -> str:
        """Opens a shell in a running task, for those whom IAM allows ``ecs:ExecuteCommand``, once :meth:`allow_exec` was called."""
        return exec_command(cluster=self.cluster.cluster_name, service=self.service.service_name, container=self.container.container_name)
