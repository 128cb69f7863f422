"""A container on Fargate that runs, ends, and is stopped when its time is up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

import jsii
from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.compute.jobs.alarms import Runs
from prodready_constructs.compute.jobs.machine import machine_key, state_machine
from prodready_constructs.compute.jobs.steps import run_steps
from prodready_constructs.compute.jobs.targets import CONTEXT, START_EXECUTION, Start
from prodready_constructs.compute.tasks.container import fargate_task, log_stream
from prodready_constructs.compute.tasks.secrets import ecs_secret
from prodready_constructs.compute.tasks.settings import ecs_setting
from prodready_constructs.contracts import Attachable, ControlClaim, Metric, SecretField, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import PARTITION, ComposedRole, EncryptedLogGroup, Part, require_subnets
from prodready_constructs.foundation.tasks import hardened
from prodready_constructs.foundation.tasks.images import require_pinned
from prodready_constructs.foundation.tasks.trust import STARTERS, TASKS
from prodready_constructs.posture import ComputePosture

CONTROLS = (
    ControlClaim(
        control="FN-4",
        how="A Fargate task run to completion in private subnets, without root, capabilities or a public address; stopped at its time limit; its "
        "exit code decides whether the run succeeded",
        frameworks=("NIST 800-53 r5 AC-6", "NIST 800-53 r5 SC-7", "NIST 800-53 r5 AU-12", "PCI DSS 3.2.1 2.2", "SOC 2 CC7.2"),
    ),
)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=24)
#: The application's container.
CONTAINER = "App"
#: From SIGTERM to SIGKILL: as long as Fargate lets a container end (Amazon ECS task definition parameters, stopTimeout).
_STOP_TIMEOUT = Duration.minutes(2)
_ANYWHERE, _HTTPS = ec2.Peer.any_ipv4(), ec2.Port.tcp(443)


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class FargateJob(Part):
    """A Fargate task that does its work and ends: a target of :class:`ScheduledJob`, or run by hand.

    Always: hardened like ``WebService`` (private subnets, no public address, an unprivileged user, no Linux capabilities, a read-only root
    file system with 64 MiB of memory at ``/tmp``, encrypted logs and temporary disk); looked after by a small state machine: exit code 0
    is a success, everything else a failure; stopped at *time_limit*, with SIGTERM first; a task that cannot be started is tried three times;
    a run that failed is not repeated. The variable SCHEDULED_TIME tells the container which run it is. Egress is HTTPS and whatever
    :meth:`connect_to` opens. *posture* decides task size, architecture and log retention.

    Args:
        vpc: needs private subnets in two zones.
        image: any container image. command: what to run; the image's own command when empty.
        time_limit: 1 minute to 24 hours, starting included.
        environment: plain configuration; what looks like a secret is refused.
        encryption_key: a key whose policy admits CloudWatch Logs; its own when None.

    Raises:
        ConfigurationError: a time limit out of bounds, a secret among *environment*, no private subnets in two zones.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/standalone-tasks.html,
        https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        image: ecs.ContainerImage,
        posture: ComputePosture,
        command: Sequence[str] = (),
        time_limit: timedelta = timedelta(hours=1),
        environment: Mapping[str, str] | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.path
        if not SHORTEST <= time_limit <= LONGEST:
            raise ConfigurationError(
                f"{path}: time_limit",
                given=str(time_limit),
                allowed=f"{SHORTEST} to {LONGEST}",
                mend="split the work, or let a QueueWorker do it",
            )
        subnets = require_subnets(self, vpc, tier="private")
        #: How long a run may take.
        self.limit = time_limit
        #: The key of logs, temporary disks and the history of runs.
        self.key: kms.IKey = machine_key(self, encryption_key, description=f"{path}: logs, temporary disks, history of runs")
        #: What the containers say.
        self.log_group = EncryptedLogGroup(self, "Logs", retention=posture.log_retention, encryption_key=self.key).log_group
        #: The cluster; nothing else runs in it.
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=vpc,
            container_insights_v2=ecs.ContainerInsights.ENHANCED,
            managed_storage_configuration=ecs.ManagedStorageConfiguration(fargate_ephemeral_storage_kms_key=self.key),
        )
        #: What the job may do; hand it to any ``grant_*``.
        self.task_role = ComposedRole(self, "TaskRole", assumed_by=TASKS, description=f"{path}: what the job may do")
        #: What ECS needs to start a task: image, logs, secrets.
        self.execution_role = ComposedRole(self, "ExecutionRole", assumed_by=STARTERS, description=f"{path}: what starting the job needs")
        #: The task definition.
        self.task_definition = fargate_task(self, posture=posture, task_role=self.task_role, execution_role=self.execution_role)
        #: The job's container.
        self.container = hardened.hardened_container(
            self.task_definition,
            CONTAINER,
            image=image,
            linux=hardened.restricted_linux(self),
            logging=log_stream("job", self.log_group),
            command=command,
            stop_timeout=_STOP_TIMEOUT,
        )
        require_pinned(self, self.container.image_name, path=self.path, pinning=posture.image_pinning)
        hardened.admit_pull(image, self.execution_role.policy)
        #: The security group of the tasks: HTTPS out, and what :meth:`connect_to` opens.
        self.security_group = ec2.SecurityGroup(self, "Access", vpc=vpc, description=f"Job {path}"[:255], allow_all_outbound=False)
        self.security_group.add_egress_rule(_ANYWHERE, _HTTPS, "HTTPS to AWS and to others")
        self._settings, self._secrets = Construct(self, "Settings"), Construct(self, "Secrets")
        for name, value in (environment or {}).items():
            self.add_setting(name, value)
        cluster_arn, definition_arn = self.cluster.cluster_arn, self.task_definition.task_definition_arn
        in_cluster = {"ArnEquals": {"ecs:cluster": cluster_arn}}
        self._machine = state_machine(
            self,
            purpose="starts the task, looks after it, and stops it",
            definition=run_steps(
                cluster=cluster_arn,
                task_definition=definition_arn,
                container=CONTAINER,
                subnets=vpc.select_subnets(subnet_type=subnets.subnet_type).subnet_ids,
                security_group=self.security_group.security_group_id,
                limit=time_limit,
                partition=PARTITION,
            ),
            statements=[
                {"Action": "ecs:RunTask", "Resource": definition_arn, "Condition": in_cluster},
                {"Action": ["ecs:DescribeTasks", "ecs:StopTask"], "Resource": "*", "Condition": in_cluster},
                {
                    "Action": "iam:PassRole",
                    "Resource": [self.task_role.role_arn, self.execution_role.role_arn],
                    "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
                },
            ],
            key=self.key,
            log_retention=posture.log_retention,
            and_because="; tasks have no name before they run, and a condition holds them to this job's own cluster",
        )
        #: The state machine that looks after a run.
        self.state_machine = self._machine.machine
        CfnOutput(self, "RunCommand", value=self.run_command, description=f"Runs the job {path} once")
        record(self, controls=CONTROLS, tier="compute", time_limit=time_limit.total_seconds())

    @property
    def connections(self) -> ec2.Connections:
        """Whom the tasks may talk to."""
        return self.security_group.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role: ``bucket.grant_read(job)``."""
        return self.task_role.grant_principal

    def add_setting(self, name: str, value: str) -> None:
        """Give the container the plain value *value* in the environment variable *name*, by way of an SSM parameter.

        Raises:
            ConfigurationError: the value looks like a secret, or is empty.
        """
        self.container.add_secret(name, ecs_setting(self._settings, name, value, path=self.path, stack=self.stack))

    def add_secret(self, name: str, secret: SecretField | secretsmanager.ISecret) -> None:
        """Give the container *secret* (or one field of it) in the environment variable *name*; only the execution role may read it."""
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

    @property
    def run_command(self) -> str:
        """The AWS CLI command that runs the job once, outside its schedule."""
        return f"aws stepfunctions start-execution --state-machine-arn {self._machine.arn}"

    @property
    def start(self) -> Start:
        """How a run is started, and its metrics."""
        arn = self._machine.arn

        def metric(of: str, statistic: str = "Sum") -> Metric:
            return Metric(namespace="AWS/States", name=of, dimensions={"StateMachineArn": arn}, statistic=statistic, label=of)

        failures = tuple(metric(name) for name in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"))
        return Start(
            arn=arn,
            action=START_EXECUTION,
            input=json.dumps(CONTEXT),
            # The state machine's history is encrypted with its key, for whoever starts it too.
            statements=({"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": self.key.key_arn},),
            runs=Runs(
                gains=(metric("ExecutionsSucceeded"),),
                losses=(),
                failures=failures,
                duration=metric("ExecutionTime", "Maximum"),
                failed_by=(
                    "the container left with another code than 0, or was killed for memory (137): see its log",
                    "it was stopped at its time limit (Job.TimedOut)",
                    "it could not be started: no capacity, no image, a secret without the field (Job.NotStarted, or no exit code)",
                ),
                look=(
                    f"aws stepfunctions list-executions --state-machine-arn {arn} --max-items 5",
                    f"aws logs tail {self._machine.log_group.log_group_name} --since 2h --filter-pattern ?Fail",
                    f"aws logs tail {self.log_group.log_group_name} --since 2h",
                ),
                again=self.run_command,
            ),
        )
