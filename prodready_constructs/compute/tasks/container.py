"""A container that can do little harm: no root, no capabilities, nothing to write to but a little memory."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from aws_cdk import Duration, Size
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from prodready_constructs.posture import ComputePosture
from prodready_constructs.waivers import waive

#: An unprivileged user and group id; the image needs no entry for it in /etc/passwd.
USER = "1000:1000"
#: Writable memory at /tmp, the one place a task may write to; part of the task's memory.
TMP_MIB = 64
#: How long a task has to end after SIGTERM: longer than the load balancer lets requests finish.
STOP_TIMEOUT = timedelta(seconds=60)
#: As the CDK writes them, made once: each is a message to the jsii kernel.
_STOP_TIMEOUT = Duration.seconds(STOP_TIMEOUT.seconds)
_LOG_BUFFER = Size.mebibytes(25)

_ARCHITECTURES = {"arm64": ecs.CpuArchitecture.ARM64, "x86_64": ecs.CpuArchitecture.X86_64}
_LINUX = ecs.OperatingSystemFamily.LINUX


def fargate_task(
    scope: Construct, *, posture: ComputePosture, task_role: iam.IRole, execution_role: iam.IRole
) -> ecs.FargateTaskDefinition:
    """A task of the posture's size and architecture, without containers yet."""
    return ecs.FargateTaskDefinition(
        scope,
        "Task",
        cpu=posture.cpu,
        memory_limit_mib=posture.memory_mib,
        runtime_platform=ecs.RuntimePlatform(cpu_architecture=_ARCHITECTURES[posture.architecture], operating_system_family=_LINUX),
        task_role=task_role,
        execution_role=execution_role,
    )


def hardened_container(
    scope: Construct, *, definition: ecs.FargateTaskDefinition, image: ecs.ContainerImage, port: int | None, log_group: logs.ILogGroup
) -> ecs.ContainerDefinition:
    """Add the application's container to *definition*.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html,
        https://aws.amazon.com/about-aws/whats-new/2026/01/amazon-ecs-tmpfs-mounts-aws-fargate-managed-instances/
    """
    linux = ecs.LinuxParameters(scope, "Linux", init_process_enabled=True)
    linux.drop_capabilities(ecs.Capability.ALL)
    linux.add_tmpfs(
        # A bind mount would belong to root, and the unprivileged user could not write to it.
        ecs.Tmpfs(
            container_path="/tmp",
            size=TMP_MIB,
            mount_options=[ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV, ecs.TmpfsMountOption.NOEXEC],
        )
    )
    container = definition.add_container(
        "App",
        image=image,
        essential=True,
        linux_parameters=linux,
        # Losing log lines under pressure is better than an application that stands still for them.
        logging=ecs.LogDriver.aws_logs(
            stream_prefix="app", log_group=log_group, mode=ecs.AwsLogDriverMode.NON_BLOCKING, max_buffer_size=_LOG_BUFFER
        ),
        port_mappings=[ecs.PortMapping(container_port=port, protocol=ecs.Protocol.TCP)] if port else None,
        privileged=False,
        readonly_root_filesystem=True,
        stop_timeout=_STOP_TIMEOUT,
        user=USER,
        version_consistency=ecs.VersionConsistency.ENABLED,
    )
    if isinstance(image, (ecs.EcrImage, ecs.AssetImage)):
        policy = cast("IConstruct", definition.obtain_execution_role()).node.find_child("Policy")
        waive(
            cast("IConstruct", policy.node.default_child),
            rule="AwsSolutions-IAM5[Resource::*]",
            because="ecr:GetAuthorizationToken, which signs in to the registry, has no resource-level permission; pulling is limited to one repository",
            owner="platform",
        )
    return container
