"""The application's container, in a task of the posture's size."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from aws_cdk import Duration, Size
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from prodready_constructs.compute.tasks.sidecars import Sidecar
from prodready_constructs.foundation.tasks import hardened
from prodready_constructs.foundation.tasks.hardened import TMP_MIB, USER
from prodready_constructs.posture import ComputePosture

__all__ = ["STOP_TIMEOUT", "TMP_MIB", "USER", "fargate_task", "hardened_container", "log_stream", "sidecar_container"]

#: How long a task has to end after SIGTERM: longer than the load balancer lets requests finish.
STOP_TIMEOUT = timedelta(seconds=60)
#: As the CDK writes them, made once: each is a message to the jsii kernel.
_STOP_TIMEOUT = Duration.seconds(STOP_TIMEOUT.seconds)
_LOG_BUFFER = Size.mebibytes(25)


def fargate_task(
    scope: Construct, *, posture: ComputePosture, task_role: iam.IRole, execution_role: iam.IRole
) -> ecs.FargateTaskDefinition:
    """A task of the posture's size and architecture, without containers yet."""
    return hardened.task_definition(
        scope,
        cpu=posture.cpu,
        memory_mib=posture.memory_mib,
        architecture=posture.architecture,
        task_role=task_role,
        execution_role=execution_role,
    )


def log_stream(prefix: str, log_group: logs.ILogGroup) -> ecs.LogDriver:
    """Lines to streams of *log_group* that begin with *prefix*. Losing lines under pressure is better than an application that stands still for them."""
    return ecs.LogDriver.aws_logs(
        stream_prefix=prefix, log_group=log_group, mode=ecs.AwsLogDriverMode.NON_BLOCKING, max_buffer_size=_LOG_BUFFER
    )


def hardened_container(
    scope: Construct, *, definition: ecs.FargateTaskDefinition, image: ecs.ContainerImage, port: int | None, log_group: logs.ILogGroup
) -> ecs.ContainerDefinition:
    """Add the application's container to *definition*."""
    container = hardened.hardened_container(
        definition,
        "App",
        image=image,
        linux=hardened.restricted_linux(scope),
        logging=log_stream("app", log_group),
        port=port,
        stop_timeout=_STOP_TIMEOUT,
    )
    if isinstance(image, (ecs.EcrImage, ecs.AssetImage)):
        hardened.admit_pull(image, cast("IConstruct", definition.obtain_execution_role()).node.find_child("Policy"))
    return container


def sidecar_container(
    scope: Construct, sidecar: Sidecar, *, definition: ecs.FargateTaskDefinition, log_group: logs.ILogGroup
) -> ecs.ContainerDefinition:
    """Add the container of *sidecar* to *definition*."""
    name, image = sidecar.name, sidecar.image
    container = hardened.hardened_container(
        definition,
        name,
        image=image,
        linux=hardened.restricted_linux(scope, f"{name}Linux"),
        logging=log_stream(name.lower(), log_group),
        essential=sidecar.essential,
        command=sidecar.command,
        health_check=sidecar.check,
        memory_mib=sidecar.memory_mib,
        # A step that has ended well is not to be done again.
        restarts=None if sidecar.before_app == "SUCCESS" else True,
        stop_timeout=_STOP_TIMEOUT,
    )
    if isinstance(image, (ecs.EcrImage, ecs.AssetImage)):
        hardened.admit_pull(image, cast("IConstruct", definition.obtain_execution_role()).node.find_child("Policy"))
    return container
