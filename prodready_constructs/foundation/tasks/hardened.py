"""A container that can do little harm: no root, no capabilities, nothing to write to but a little memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from prodready_constructs.waivers import waive

#: An unprivileged user and group id; the image needs no entry for it in /etc/passwd.
USER = "1000:1000"
#: Writable memory at /tmp, the one place a task may write to; part of the task's memory.
TMP_MIB = 64

_ARCHITECTURES = {"arm64": ecs.CpuArchitecture.ARM64, "x86_64": ecs.CpuArchitecture.X86_64}
_LINUX = ecs.OperatingSystemFamily.LINUX
_TMPFS_OPTIONS = [ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV, ecs.TmpfsMountOption.NOEXEC]


def task_definition(
    scope: Construct,
    *,
    cpu: int,
    memory_mib: int,
    architecture: Literal["arm64", "x86_64"],
    task_role: iam.IRole,
    execution_role: iam.IRole,
) -> ecs.FargateTaskDefinition:
    """A task for Linux, without containers yet."""
    return ecs.FargateTaskDefinition(
        scope,
        "Task",
        cpu=cpu,
        memory_limit_mib=memory_mib,
        runtime_platform=ecs.RuntimePlatform(cpu_architecture=_ARCHITECTURES[architecture], operating_system_family=_LINUX),
        task_role=task_role,
        execution_role=execution_role,
    )


def restricted_linux(scope: Construct, linux_id: str = "Linux", *, tmp_mib: int = TMP_MIB) -> ecs.LinuxParameters:
    """No capabilities, zombies reaped, *tmp_mib* of memory at ``/tmp`` (none for 0)."""
    linux = ecs.LinuxParameters(scope, linux_id, init_process_enabled=True)
    linux.drop_capabilities(ecs.Capability.ALL)
    if tmp_mib:
        add_memory(linux, "/tmp", tmp_mib)
    return linux


def add_memory(linux: ecs.LinuxParameters, path: str, mib: int) -> None:
    """Mount *mib* of the task's memory at *path*, writable for any user, for nothing that is executed."""
    # A bind mount would belong to root, and the unprivileged user could not write to it.
    linux.add_tmpfs(ecs.Tmpfs(container_path=path, size=mib, mount_options=_TMPFS_OPTIONS))


def hardened_container(
    definition: ecs.FargateTaskDefinition,
    name: str,
    *,
    image: ecs.ContainerImage,
    linux: ecs.LinuxParameters,
    logging: ecs.LogDriver,
    essential: bool = True,
    command: Sequence[str] = (),
    port: int | None = None,
    stop_timeout: Duration | None = None,
    health_check: ecs.HealthCheck | None = None,
    memory_mib: int | None = None,
    restarts: bool | None = None,
) -> ecs.ContainerDefinition:
    """Add a container to *definition*, with what *linux* leaves it.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html,
        https://aws.amazon.com/about-aws/whats-new/2026/01/amazon-ecs-tmpfs-mounts-aws-fargate-managed-instances/
    """
    return definition.add_container(
        name,
        image=image,
        command=list(command) or None,
        enable_restart_policy=restarts,
        essential=essential,
        health_check=health_check,
        linux_parameters=linux,
        logging=logging,
        memory_limit_mib=memory_mib,
        port_mappings=[ecs.PortMapping(container_port=port, protocol=ecs.Protocol.TCP)] if port else None,
        privileged=False,
        readonly_root_filesystem=True,
        stop_timeout=stop_timeout,
        user=USER,
        version_consistency=ecs.VersionConsistency.ENABLED,
    )


def admit_pull(image: ecs.ContainerImage, policy: IConstruct) -> None:
    """Waive, on the *policy* by which *image* is pulled, the one action of a private repository that names no resource."""
    if isinstance(image, (ecs.EcrImage, ecs.AssetImage)):
        waive(
            cast("IConstruct", policy.node.default_child),
            rule="AwsSolutions-IAM5[Resource::*]",
            because="ecr:GetAuthorizationToken, which signs in to the registry, has no resource-level permission; pulling is limited to one repository",
            owner="platform",
        )
