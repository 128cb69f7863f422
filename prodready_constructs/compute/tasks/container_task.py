"""A hardened task of one application container, before anybody decides when it runs."""

from __future__ import annotations

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.compute.tasks import log_routes, scratch, tracing
from prodready_constructs.compute.tasks.cluster import private_cluster
from prodready_constructs.compute.tasks.container import fargate_task, hardened_container, sidecar_container
from prodready_constructs.compute.tasks.log_lines import count_lines
from prodready_constructs.compute.tasks.log_routes import LogRoute
from prodready_constructs.compute.tasks.memory import TaskMemory
from prodready_constructs.compute.tasks.secrets import ecs_secret
from prodready_constructs.compute.tasks.settings import ecs_setting
from prodready_constructs.compute.tasks.sidecars import Sidecar
from prodready_constructs.contracts import SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey, EncryptedLogGroup, Part, require_subnets
from prodready_constructs.foundation.tasks.hardened import TMP_MIB
from prodready_constructs.foundation.tasks.images import require_pinned
from prodready_constructs.foundation.tasks.trust import STARTERS, TASKS
from prodready_constructs.posture import ComputePosture


@jsii.implements(iam.IGrantable)
class ContainerTask(Part):
    """What every task of ``compute`` is: its own cluster, log group, roles and key, and one hardened container in a task of the posture's size.

    Args:
        vpc: needs private subnets in two zones.
        image: any container image, by digest where the posture asks for digests.
        posture: task size, image pinning and log retention.
        container_port: where it listens; None for one that does not.
        encryption_key: a key whose policy admits CloudWatch Logs; its own when None.
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
        encryption_key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.path
        self._subnets = require_subnets(self, vpc, tier="private")
        self._posture = posture
        self._key = key = encryption_key or DataKey(self, "Key", description=f"{path}: logs and temporary disks", encrypts_logs=True).key
        #: The cluster; nothing else runs in it.
        self.cluster, self._sessions = private_cluster(self, vpc=vpc, posture=posture, key=key)
        logs = EncryptedLogGroup(self, "Logs", retention=posture.log_retention, encryption_key=key)
        #: The log group of the containers.
        self.log_group = logs.log_group
        self._lines = count_lines(self, path=path, log_group=self.log_group.log_group_name)
        #: What the application may do; hand it to any ``grant_*``.
        self.task_role = ComposedRole(self, "TaskRole", assumed_by=TASKS, description=f"{path}: what the application may do")
        #: What ECS needs to start a task: image, logs, secrets.
        self.execution_role = ComposedRole(self, "ExecutionRole", assumed_by=STARTERS, description=f"{path}: what starting a task needs")
        #: The task definition; side-cars may be added to it.
        self.task_definition = fargate_task(self, posture=posture, task_role=self.task_role, execution_role=self.execution_role)
        #: The application's container.
        self.container = hardened_container(
            self, definition=self.task_definition, image=image, port=container_port, log_group=self.log_group
        )
        require_pinned(self, self.container.image_name, path=path, pinning=posture.image_pinning)
        #: What the image is built for: ``arm64`` or ``x86_64``.
        self.architecture = posture.architecture
        #: Where the application listens; None where it does not.
        self.container_port = container_port
        #: What is left of the task's memory.
        self.memory = TaskMemory(path, posture.memory_mib, used_mib=TMP_MIB)
        self._variables: set[str] = set()
        self._asked: set[str] = set()
        self._settings, self._secrets = Construct(self, "Settings"), Construct(self, "Secrets")

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

    def add_sidecar(self, sidecar: Sidecar) -> ecs.ContainerDefinition:
        """Run *sidecar* beside the application: no root, no capabilities, read-only but for ``/tmp``, its own log streams, a memory limit.

        Raises:
            ConfigurationError: a name twice, too little memory left to the application, a plain secret among its settings, or an image by
                tag where the posture asks for a digest.
        """
        name = sidecar.name
        self._once(f"add_sidecar({name!r})")
        self.memory.take(f"add_sidecar({name!r})", sidecar.memory_mib)
        container = sidecar_container(self, sidecar, definition=self.task_definition, log_group=self.log_group)
        require_pinned(self, container.image_name, path=f"{self.path}: {name}", pinning=self._posture.image_pinning)
        settings, secrets = Construct(self._settings, name), Construct(self._secrets, name)
        for variable, value in sidecar.settings.items():
            container.add_secret(variable, ecs_setting(settings, variable, value, path=f"{self.path}: {name}", stack=self.stack))
        for variable, secret in sidecar.secrets.items():
            container.add_secret(variable, ecs_secret(secrets, variable, secret.secret, secret.field, reader=self.execution_role))
        if sidecar.condition is not None:
            self.container.add_container_dependencies(ecs.ContainerDependency(container=container, condition=sidecar.condition))
        return container

    def add_tracing(self, *, sampled_percent: float = 5) -> None:
        """Run an OpenTelemetry collector beside the application, which sends *sampled_percent* of requests as traces to X-Ray.

        Variables of OpenTelemetry that the container already has are left alone.

        Raises:
            ConfigurationError: called twice, a percentage outside 0 to 100, too little memory left to the application, or a port of the
                collector's for the application.
        """
        tracing.check_tracing(self.path, again="add_tracing" in self._asked, percent=sampled_percent, port=self.container_port)
        self._once("add_tracing")
        self.memory.take("add_tracing", tracing.MEMORY_MIB)
        tracing.trace_collector(self, definition=self.task_definition, role=self.task_role, log_group=self.log_group)
        for name, value in tracing.trace_settings(self.path, sampled_percent).items():
            if name not in self._variables:
                self.add_setting(name, value)

    def route_logs(self, to: LogRoute) -> None:
        """Send the application's lines by a router beside it (AWS for Fluent Bit) to another place, or to its log group with metadata.

        What does not go to :attr:`log_group` is neither counted nor found by its saved queries. Lost are, at worst, the 8,192 lines that the
        driver holds while the router is away, and what the router has not sent yet when a task is killed.

        Raises:
            ConfigurationError: called twice, or too little memory left to the application.
        """
        self._once("route_logs")
        self.memory.take("route_logs", log_routes.MEMORY_MIB)
        log_routes.log_router(self, definition=self.task_definition, route=to, role=self.task_role, log_group=self.log_group)

    def add_scratch(self, path: str, *, memory_mib: int | None = None, disk_gib: int | None = None) -> None:
        """A place to write to at *path*, gone with the task: memory, or a part of the task's disk under the service's key.

        Memory is fast, needs nothing of the image, and is the task's own memory. On the disk, the image must hold the directory, owned by
        1000:1000, and name it by ``VOLUME``: a fresh one belongs to root. *disk_gib* is the whole disk, its images included.

        Raises:
            ConfigurationError: both or neither, a path of the system's or one twice, too little memory left, a disk outside 21 to 200 GiB.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
        """
        taken = {one.removeprefix("scratch ") for one in self._asked if one.startswith("scratch ")}
        scratch.check_path(self.path, path, taken=taken)
        scratch.check_size(self.path, memory_mib=memory_mib, disk_gib=disk_gib)
        if memory_mib is not None:
            self.memory.take(f"add_scratch({path!r})", memory_mib)
            scratch.mount_memory(self.container, path, memory_mib)
        elif disk_gib is not None:
            self._once("add_scratch on the disk")
            scratch.mount_disk(self.task_definition, self.container, path, disk_gib)
        self._asked.add(f"scratch {path}")

    def limit_open_files(self, files: int) -> None:
        """Let the application have *files* files and connections open at once: the one limit that Fargate lets a task set.

        Raises:
            ConfigurationError: called twice, or a number outside 1024 to 1048576.
        """
        self._once("limit_open_files")
        scratch.limit_files(self.path, self.container, files)

    def _once(self, what: str) -> None:
        if what in self._asked:
            raise ConfigurationError(f"{self.path}: {what}", given="a second call", allowed="one", mend="call it once")
        self._asked.add(what)
