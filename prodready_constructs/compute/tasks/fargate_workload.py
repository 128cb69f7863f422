"""A container on Fargate that runs for good: what a web service and a queue worker have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import jsii
from aws_cdk import Duration, TimeZone
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.compute.tasks.cluster import capacity, offer_spot, private_cluster
from prodready_constructs.compute.tasks.container import fargate_task, hardened_container
from prodready_constructs.compute.tasks.exec import open_to_exec
from prodready_constructs.compute.tasks.log_lines import count_lines
from prodready_constructs.compute.tasks.secrets import ecs_secret
from prodready_constructs.compute.tasks.settings import ecs_setting
from prodready_constructs.compute.tasks.tracing import check_tracing, trace_collector, trace_settings
from prodready_constructs.contracts import Attachable, SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey, EncryptedLogGroup, Part, require_subnets
from prodready_constructs.posture import ComputePosture

#: A new task may fail health checks this long while it starts.
START_GRACE = timedelta(seconds=60)
#: As the CDK writes them, made once: each is a message to the jsii kernel.
_START_GRACE = Duration.seconds(START_GRACE.seconds)
_TASKS = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
_ANYWHERE, _HTTPS = ec2.Peer.any_ipv4(), ec2.Port.tcp(443)


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class FargateWorkload(Part):
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
        super().__init__(scope, construct_id)
        path = self.path
        subnets = require_subnets(self, vpc, tier="private")
        self._key = key = encryption_key or DataKey(self, "Key", description=f"{path}: logs and temporary disks", encrypts_logs=True).key
        #: The cluster; holds this service alone.
        self.cluster, self._sessions = private_cluster(self, vpc=vpc, posture=posture, key=key)
        logs = EncryptedLogGroup(self, "Logs", retention=posture.log_retention, encryption_key=key)
        #: The log group of the containers.
        self.log_group = logs.log_group
        self._lines = count_lines(self, path=path, log_group=self.log_group.log_group_name)
        #: What the application may do; hand it to any ``grant_*``.
        self.task_role = ComposedRole(self, "TaskRole", assumed_by=_TASKS, description=f"{path}: what the application may do")
        #: What ECS needs to start a task: image, logs, secrets.
        self.execution_role = ComposedRole(self, "ExecutionRole", assumed_by=_TASKS, description=f"{path}: what starting a task needs")
        #: The task definition; side-cars may be added to it.
        self.task_definition = fargate_task(self, posture=posture, task_role=self.task_role, execution_role=self.execution_role)
        #: The application's container.
        self.container = hardened_container(
            self, definition=self.task_definition, image=image, port=container_port, log_group=self.log_group
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
            vpc_subnets=subnets,
        )
        # Without its policies a task could not start, and the circuit breaker would call that a bad deployment.
        self.service.node.add_dependency(self.execution_role)
        if posture.spot_weight:
            self.service.node.add_dependency(offer_spot(self, self.cluster))
        #: Bounds and policies of scaling. The template states no number of tasks: a deployment must not undo what scaling decided.
        self.scaling = self.service.auto_scale_task_count(min_capacity=posture.min_tasks, max_capacity=posture.max_tasks)
        self._has_exec, self._has_tracing = False, False
        self._variables: set[str] = set()
        self._settings, self._secrets = Construct(self, "Settings"), Construct(self, "Secrets")
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

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role: ``bucket.grant_read(service)``."""
        return self.task_role.grant_principal

    def add_setting(self, name: str, value: str) -> None:
        """Give the container the plain value *value* in the environment variable *name*, by way of an SSM parameter.

        A changed value is a new parameter and so a new deployment. A value that only AWS knows (an endpoint) is read when a task starts.

        Raises:
            ConfigurationError: the value looks like a secret, or is empty.
        """
        self._variables.add(name)
        self.container.add_secret(name, ecs_setting(self._settings, name, value, path=self.path, stack=self.stack))

    def add_secret(self, name: str, secret: SecretField | secretsmanager.ISecret) -> None:
        """Give the container *secret* (or one field of it) in the environment variable *name*; only the execution role may read it."""
        self._variables.add(name)
        source, field = (secret.secret, secret.field) if isinstance(secret, SecretField) else (secret, None)
        self.container.add_secret(name, ecs_secret(self._secrets, name, source, field, reader=self.execution_role))

    def connect_to(self, attachable: Attachable) -> None:
        """Let the tasks use a store: open the port between the two security groups, and hand over its address and its credentials."""
        attachment = attachable.attachment
        self.connections.allow_to(attachment.connections, ec2.Port.tcp(attachment.port))
        for name, value in attachment.environment.items():
            self.add_setting(name, value)
        for name, secret in attachment.secrets.items():
            self.add_secret(name, secret)

    def scale_on_schedule(
        self, schedule_id: str, *, schedule: appscaling.Schedule, min_tasks: int, max_tasks: int, time_zone: TimeZone | None = None
    ) -> None:
        """From each time of *schedule* on, keep between *min_tasks* and *max_tasks*; UTC when *time_zone* is None.

        Raises:
            ConfigurationError: more tasks at least than at most.
        """
        if not 0 <= min_tasks <= max_tasks:
            raise ConfigurationError(
                f"{self.path}: scale_on_schedule",
                given=f"{min_tasks} to {max_tasks}",
                allowed="0 or more, the first at most the second",
                mend="raise max_tasks",
            )
        self.scaling.scale_on_schedule(
            schedule_id, schedule=schedule, min_capacity=min_tasks, max_capacity=max_tasks, time_zone=time_zone or TimeZone.ETC_UTC
        )

    def allow_exec(self) -> None:
        """Let those whom IAM allows ``ecs:ExecuteCommand`` open a shell in a task; sessions are encrypted and logged.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
        """
        if not self._has_exec:
            self._has_exec = True
            open_to_exec(
                self,
                service=self.service,
                container=self.container,
                role=self.task_role,
                sessions=self._sessions.log_group_arn,
                key=self._key,
            )

    def add_tracing(self, *, sampled_percent: float = 5) -> None:
        """Run an OpenTelemetry collector beside the application, which sends *sampled_percent* of requests as traces to X-Ray.

        Variables of OpenTelemetry that the container already has are left alone.

        Raises:
            ConfigurationError: called twice, a percentage outside 0 to 100, or a port of the collector's for the application.
        """
        port = int(self.container.container_port)
        check_tracing(self.path, again=self._has_tracing, percent=sampled_percent, port=port)
        self._has_tracing = True
        trace_collector(self, definition=self.task_definition, role=self.task_role, log_group=self.log_group)
        for name, value in trace_settings(self.path, sampled_percent).items():
            if name not in self._variables:
                self.add_setting(name, value)
