"""A container that may do more than its application needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, is_true, mappings

_ROOT = ("0", "root")


def _is_root(user: Any) -> bool:
    """Whether the container is, or may be, root: an image that does not say otherwise starts as root."""
    return not user or (isinstance(user, (str, int)) and str(user).split(":")[0] in _ROOT)


def _find(subject: Subject) -> Iterator[Hit]:
    for task in subject.of_type("AWS::ECS::TaskDefinition"):
        if str(task.get("RuntimePlatform", "OperatingSystemFamily") or "").startswith("WINDOWS"):
            continue
        for container in mappings(task.get("ContainerDefinitions")):
            name = container.get("Name")
            if _is_root(container.get("User")):
                yield hit(task, detail=f"{name} User", note="It runs as root, or as whatever its image says.")
            if is_off(container.get("ReadonlyRootFilesystem")):
                yield hit(task, detail=f"{name} Files", note="Whoever breaks in can leave something behind.")
            if is_true(container.get("Privileged")):
                yield hit(task, detail=f"{name} Privileged", note="It has the rights of its host.")
            linux = container.get("LinuxParameters")
            if isinstance(linux, dict) and isinstance(added := linux.get("Capabilities"), dict) and added.get("Add"):
                yield hit(task, detail=f"{name} Capabilities", note="Linux capabilities are added.")


RULE = Rule(
    name="ContainerUnhardened",
    controls=("WEB-3",),
    why="A container that is broken into does what its user, its file system and its capabilities let it do (Security Hub ECS.4, ECS.5, ECS.20).",
    fix="user='1000:1000', readonly_root_filesystem=True, no privileged mode, no added capabilities; compute.WebService, QueueWorker and "
    "ScheduledJob have it all",
    find=_find,
)
