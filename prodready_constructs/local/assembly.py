"""The synthesized assembly as the local deployment needs it: stacks, where they go, and which construct made each resource."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from prodready_constructs.errors import ConfigurationError

#: Where a stack without an environment goes.
DEFAULT_ACCOUNT, DEFAULT_REGION = "123456789012", "us-east-1"
#: The key under which constructs describe themselves (``contracts.METADATA_KEY``; that module is not needed here).
_CONSTRUCT_KEY = "prodready:construct"
_LOGICAL_ID = "aws:cdk:logicalId"


@dataclass(frozen=True)
class Stack:
    """One stack of the assembly.

    Attributes:
        id: how the CLI selects it; name: its name in CloudFormation; needs: ids of the stacks it depends on;
        constructs: path of each construct that described itself -> its kind; paths: logical id -> path of the resource.
    """

    id: str
    name: str
    account: str
    region: str
    template_file: Path
    needs: tuple[str, ...]
    termination_protection: bool
    constructs: Mapping[str, str]
    paths: Mapping[str, str]

    @cached_property
    def template(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.template_file.read_text())
        return loaded

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        resources: dict[str, dict[str, Any]] = self.template.get("Resources", {})
        return resources

    def construct_of(self, logical_id: str) -> str:
        """The nearest construct above a resource that described itself: ``path (Kind)``; the stack when there is none."""
        path = self.paths.get(logical_id, "")
        while path:
            if path in self.constructs:
                return f"{path} ({self.constructs[path]})"
            path = path.rpartition("/")[0]
        return self.name


@dataclass(frozen=True, slots=True)
class Assembly:
    """Every stack of a ``cdk.out``, the ones that others need first."""

    folder: Path
    stacks: tuple[Stack, ...]

    @property
    def environments(self) -> dict[str, list[str]]:
        """Account -> its regions."""
        found: dict[str, list[str]] = {}
        for stack in self.stacks:
            regions = found.setdefault(stack.account, [])
            if stack.region not in regions:
                regions.append(stack.region)
        return found

    @property
    def roots(self) -> tuple[Stack, ...]:
        """The stacks that no other needs: deploying them deploys all."""
        needed = {need for stack in self.stacks for need in stack.needs}
        return tuple(stack for stack in self.stacks if stack.id not in needed)


def load(folder: Path) -> Assembly:
    """Read a ``cdk.out``.

    Raises:
        ConfigurationError: it is none, or holds no stack.
    """
    if not (folder / "manifest.json").is_file():
        raise ConfigurationError(str(folder), given=None, allowed="a folder that cdk synth wrote", mend="run: cdk synth")
    stacks = list(_stacks(folder))
    if not stacks:
        raise ConfigurationError(str(folder), given=[], allowed="an assembly with at least one stack", mend="run: cdk synth")
    return Assembly(folder, tuple(_in_order(stacks)))


def _stacks(folder: Path) -> Iterator[Stack]:
    artifacts = json.loads((folder / "manifest.json").read_text()).get("artifacts", {})
    for name, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks(folder / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            yield _stack(folder, name, artifact, properties)


def _stack(folder: Path, name: str, artifact: dict[str, Any], properties: dict[str, Any]) -> Stack:
    account, region = str(artifact["environment"]).removeprefix("aws://").split("/")
    metadata = dict(artifact.get("metadata", {}))
    if "additionalMetadataFile" in artifact:
        metadata.update(json.loads((folder / artifact["additionalMetadataFile"]).read_text()))
    return Stack(
        id=artifact.get("displayName", name),
        name=properties.get("stackName", name),
        account=DEFAULT_ACCOUNT if account.startswith("unknown") else account,
        region=DEFAULT_REGION if region.startswith("unknown") else region,
        template_file=folder / properties["templateFile"],
        needs=tuple(need for need in artifact.get("dependencies", []) if not need.endswith(".assets")),
        termination_protection=bool(properties.get("terminationProtection", False)),
        constructs={at.lstrip("/"): kind for at, entries in metadata.items() if (kind := _data(entries, _CONSTRUCT_KEY, "kind"))},
        paths={made: at.lstrip("/") for at, entries in metadata.items() if (made := _data(entries, _LOGICAL_ID))},
    )


def _data(entries: list[dict[str, Any]], wanted: str, member: str | None = None) -> str | None:
    """The data of the first entry of a type, or one member of it."""
    data = next((entry["data"] for entry in entries if entry.get("type") == wanted), None)
    return None if data is None else str(data.get(member, "?") if member else data)


def _in_order(stacks: list[Stack]) -> Iterator[Stack]:
    waiting, done = list(stacks), set[str]()
    known = {stack.id for stack in stacks}
    while waiting:
        ready = [stack for stack in waiting if not (set(stack.needs) & known) - done] or waiting
        yield from ready
        done |= {stack.id for stack in ready}
        waiting = [stack for stack in waiting if stack.id not in done]
