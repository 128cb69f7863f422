"""The task of a migration: a cluster of its own, and a container that can do little but migrate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.foundation import ComposedRole
from prodready_constructs.foundation.tasks.hardened import admit_pull, hardened_container, restricted_linux, task_definition
from prodready_constructs.foundation.tasks.images import require_pinned
from prodready_constructs.foundation.tasks.trust import STARTERS, TASKS
from prodready_constructs.posture import ComputePosture

#: The container's name, and the first part of its log streams: the runner looks for both.
CONTAINER, STREAM_PREFIX = "App", "migration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a migration runs on."""

    cluster: ecs.Cluster
    definition: ecs.FargateTaskDefinition
    container: ecs.ContainerDefinition
    task_role: ComposedRole
    execution_role: ComposedRole


def migration_task(
    scope: Construct,
    *,
    path: str,
    vpc: ec2.IVpc,
    image: ecs.ContainerImage,
    command: Sequence[str],
    posture: ComputePosture,
    key: kms.IKey,
    log_group: logs.ILogGroup,
) -> Task:
    """A cluster with nothing else in it, and the task definition.

    Always: temporary disks under *key*; no root user, no Linux capabilities, a read-only root file system, no plain values.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html
    """
    cluster = ecs.Cluster(
        scope,
        "Cluster",
        vpc=vpc,
        container_insights_v2=ecs.ContainerInsights.ENHANCED,
        managed_storage_configuration=ecs.ManagedStorageConfiguration(fargate_ephemeral_storage_kms_key=key),
    )
    task_role = ComposedRole(scope, "TaskRole", assumed_by=TASKS, description=f"{path}: what the migration may do")
    execution_role = ComposedRole(scope, "ExecutionRole", assumed_by=STARTERS, description=f"{path}: what starting the migration needs")
    definition = task_definition(
        scope,
        cpu=posture.cpu,
        memory_mib=posture.memory_mib,
        architecture=posture.architecture,
        task_role=task_role,
        execution_role=execution_role,
    )
    container = hardened_container(
        definition,
        CONTAINER,
        image=image,
        command=command,
        linux=restricted_linux(scope),
        # What a migration says is worth more than its speed.
        logging=ecs.LogDriver.aws_logs(stream_prefix=STREAM_PREFIX, log_group=log_group, mode=ecs.AwsLogDriverMode.BLOCKING),
    )
    require_pinned(scope, container.image_name, path=path, pinning=posture.image_pinning)
    admit_pull(image, execution_role.policy)
    return Task(cluster=cluster, definition=definition, container=container, task_role=task_role, execution_role=execution_role)
