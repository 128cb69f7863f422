"""Places to write to, open files, and the memory that is left."""

from __future__ import annotations

from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from tests.compute.tasks.parts import a_service, containers
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth


@pytest.fixture(scope="module")
def made() -> tuple[Template, list[str]]:
    stack = new_stack(new_app(flags={}))
    service = a_service(stack)
    service.add_scratch("/cache", memory_mib=128)
    service.add_scratch("/var/work", disk_gib=50)
    service.limit_open_files(100_000)
    found = findings(stack)
    return synth(stack), found


@pytest.mark.control("WEB-3")
def test_memory_is_mounted_for_any_user_and_nothing_in_it_is_executed(made: tuple[Template, list[str]]) -> None:
    app = containers(made[0])["App"]
    tmp, cache = app["LinuxParameters"]["Tmpfs"]
    assert (tmp["ContainerPath"], tmp["Size"]) == ("/tmp", 64)
    assert (cache["ContainerPath"], cache["Size"], cache["MountOptions"]) == ("/cache", 128, ["nosuid", "nodev", "noexec"])
    assert app["ReadonlyRootFilesystem"] is True


@pytest.mark.control("WEB-3")
def test_the_disk_is_the_task_s_own_under_the_service_s_key(made: tuple[Template, list[str]]) -> None:
    template, _ = made
    task = template.props("AWS::ECS::TaskDefinition")
    assert task["EphemeralStorage"] == {"SizeInGiB": 50}
    assert task["Volumes"] == [{"Name": "ScratchVarWork"}]
    assert containers(template)["App"]["MountPoints"] == [
        {"ContainerPath": "/var/work", "ReadOnly": False, "SourceVolume": "ScratchVarWork"}
    ]
    storage = template.props("AWS::ECS::Cluster")["Configuration"]["ManagedStorageConfiguration"]
    assert storage["FargateEphemeralStorageKmsKeyId"]


@pytest.mark.control("WEB-3")
def test_open_files_are_the_one_limit(made: tuple[Template, list[str]]) -> None:
    assert containers(made[0])["App"]["Ulimits"] == [{"Name": "nofile", "SoftLimit": 100_000, "HardLimit": 100_000}]


@pytest.mark.control("GOV-1")
def test_no_pack_finds_anything(made: tuple[Template, list[str]]) -> None:
    assert made[1] == []


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("path", "size", "message"),
    [
        ("/cache", {}, r"got 'neither memory_mib nor disk_gib'; allowed: one of the two; take memory for what is small and fast"),
        ("/cache", {"memory_mib": 8, "disk_gib": 30}, r"got 'both memory_mib and disk_gib'; allowed: one of the two; take memory"),
        ("/cache", {"memory_mib": 0}, r"got '0 MiB'; allowed: 1 MiB or more; say how much it needs"),
        ("/cache", {"disk_gib": 20}, r"got '20 GiB'; allowed: 21 to 200 GiB: the whole disk of the task.*; use 21 GiB, or S3"),
        ("/cache", {"disk_gib": 201}, r"got '201 GiB'; .*; use 200 GiB, or S3 and EFS for what is larger or must last"),
        ("cache", {"memory_mib": 8}, r"got 'cache'; allowed: an absolute path, none of /tmp, /proc, .*; use '/scratch'"),
        ("/", {"memory_mib": 8}, r"got '/'; allowed: an absolute path"),
        ("/a/../etc", {"memory_mib": 8}, r"got '/a/../etc'; allowed: an absolute path"),
        ("/tmp/more", {"memory_mib": 8}, r"got '/tmp/more'; allowed: an absolute path"),
        ("/taken", {"memory_mib": 8}, r"got '/taken'; allowed: an absolute path, none of .*, /taken nor below them"),
        (
            "/cache",
            {"memory_mib": 800},
            r"Stack/Api: add_scratch\('/cache'\): got '800 of the 896 MiB that are left of 1024'; .* take less",
        ),
    ],
)
def test_refuses_scratch_that_cannot_be(path: str, size: dict[str, Any], message: str) -> None:
    service = a_service(new_stack())
    service.add_scratch("/taken", memory_mib=64)
    with pytest.raises(ConfigurationError, match=f"^Stack/Api: add_scratch: {message}" if message.startswith("got") else message):
        service.add_scratch(path, **size)


@pytest.mark.control("LIB-2")
def test_refuses_two_disks_two_limits_and_too_many_files() -> None:
    service = a_service(new_stack())
    service.add_scratch("/one", disk_gib=30)
    with pytest.raises(ConfigurationError, match=r"^Stack/Api: add_scratch on the disk: got 'a second call'; allowed: one; call it once$"):
        service.add_scratch("/two", disk_gib=30)
    service.limit_open_files(2_000)
    with pytest.raises(ConfigurationError, match=r"^Stack/Api: limit_open_files: got 'a second call'; allowed: one; call it once$"):
        service.limit_open_files(2_000)
    for files in (1_023, 1_048_577):
        with pytest.raises(
            ConfigurationError,
            match=rf"^Stack/Api: limit_open_files: got {files}; allowed: 1024 to 1048576; Fargate gives 65535 unasked; count a file for each",
        ):
            a_service(new_stack()).limit_open_files(files)
