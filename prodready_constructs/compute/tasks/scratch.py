"""Places to write to, on a file system that is read-only everywhere else."""

from __future__ import annotations

import re
from typing import cast

from aws_cdk import aws_ecs as ecs

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.tasks.hardened import add_memory

#: GiB of a task's disk, images included: 20 are there unasked and free (Amazon ECS developer guide, Fargate task ephemeral storage).
SMALLEST_DISK, LARGEST_DISK = 21, 200
#: Open files: what Fargate gives unasked (Amazon ECS API reference, Ulimit); Linux gives nobody more than the second (proc(5), fs.nr_open).
FEWEST_FILES, MOST_FILES = 1_024, 1_048_576
_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")
#: Whose contents the image brings, or the agent of ECS Exec needs.
_TAKEN = ("/tmp", "/proc", "/sys", "/dev", "/etc", "/bin", "/usr", "/lib", "/sbin", "/managed-agents", "/var/lib/amazon", "/var/log/amazon")


def check_path(path: str, where: str, *, taken: set[str]) -> None:
    """Refuse, for the construct at *path*, a mount *where* none can be."""
    reserved = [*_TAKEN, *sorted(taken)]
    if not _PATH.fullmatch(where) or ".." in where or any(where == one or where.startswith(f"{one}/") for one in reserved):
        raise ConfigurationError(
            f"{path}: add_scratch",
            given=where,
            allowed=f"an absolute path, none of {', '.join(reserved)} nor below them",
            mend="use '/scratch'",
        )


def check_size(path: str, *, memory_mib: int | None, disk_gib: int | None) -> None:
    """Refuse both or neither, and a disk that Fargate lacks."""
    if (memory_mib is None) == (disk_gib is None):
        raise ConfigurationError(
            f"{path}: add_scratch",
            given="both memory_mib and disk_gib" if memory_mib else "neither memory_mib nor disk_gib",
            allowed="one of the two",
            mend="take memory for what is small and fast, the disk for what is larger than the task's memory",
        )
    if memory_mib is not None and memory_mib < 1:
        raise ConfigurationError(f"{path}: add_scratch", given=f"{memory_mib} MiB", allowed="1 MiB or more", mend="say how much it needs")
    if disk_gib is not None and not SMALLEST_DISK <= disk_gib <= LARGEST_DISK:
        raise ConfigurationError(
            f"{path}: add_scratch",
            given=f"{disk_gib} GiB",
            allowed=f"{SMALLEST_DISK} to {LARGEST_DISK} GiB: the whole disk of the task, of which its images take their part",
            mend=f"use {min(max(disk_gib, SMALLEST_DISK), LARGEST_DISK)} GiB, or S3 and EFS for what is larger or must last",
        )


def mount_memory(container: ecs.ContainerDefinition, where: str, mib: int) -> None:
    """Memory at *where*, gone with the task."""
    linux = container.linux_parameters
    if linux is not None:
        add_memory(linux, where, mib)


def mount_disk(definition: ecs.FargateTaskDefinition, container: ecs.ContainerDefinition, where: str, gib: int) -> None:
    """A directory of the task's own encrypted disk at *where*, gone with the task."""
    name = "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", where))
    definition.add_volume(name=f"Scratch{name}")
    container.add_mount_points(ecs.MountPoint(container_path=where, read_only=False, source_volume=f"Scratch{name}"))
    cfn = cast("ecs.CfnTaskDefinition", definition.node.default_child)
    cfn.ephemeral_storage = ecs.CfnTaskDefinition.EphemeralStorageProperty(size_in_gib=gib)


def limit_files(path: str, container: ecs.ContainerDefinition, files: int) -> None:
    """Let *container* have *files* files and connections open at once: the one limit that Fargate lets a task set.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Ulimit.html
    """
    if not FEWEST_FILES <= files <= MOST_FILES:
        raise ConfigurationError(
            f"{path}: limit_open_files",
            given=files,
            allowed=f"{FEWEST_FILES} to {MOST_FILES}; Fargate gives 65535 unasked",
            mend="count a file for each connection at once, and some more",
        )
    container.add_ulimits(ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=files, hard_limit=files))
