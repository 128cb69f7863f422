"""One reader of a cloud assembly: templates, construct paths, metadata, tags and environments of every stack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodready_constructs.errors import ConfigurationError

#: What the guard renames the manifest to when it refuses an assembly: the CDK CLI cannot deploy it, a reader can still look.
REFUSED_MANIFEST = "manifest.refused.json"
_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource of a finished template."""

    stack: StackTemplate = field(repr=False)
    logical_id: str
    #: The construct path, such as ``ProdStack/Orders/Instance/Resource``.
    path: str
    body: Mapping[str, Any] = field(repr=False)

    @property
    def type(self) -> str:
        """The CloudFormation type, such as ``AWS::S3::Bucket``."""
        return str(self.body.get("Type", ""))

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties as the template has them, intrinsic functions unresolved."""
        properties = self.body.get("Properties")
        return properties if isinstance(properties, dict) else {}

    def get(self, *names: str) -> Any:
        """A nested property: ``get("BackupPolicy", "Status")``; None where a step is missing or is no mapping."""
        value: Any = self.properties
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value


@dataclass(frozen=True, slots=True, eq=False)
class StackTemplate:
    """One template of the assembly: a stack, or a nested stack of one."""

    #: The CloudFormation name; for a nested stack, whose name AWS makes up, its construct path.
    name: str
    #: The construct path, such as ``Prod/DataStack``.
    path: str
    file: Path
    template: Mapping[str, Any] = field(repr=False)
    tags: Mapping[str, str]
    #: None where the stack is environment-agnostic.
    account: str | None
    region: str | None
    nested: bool
    resources: dict[str, Resource] = field(default_factory=dict, repr=False)

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of these types, in template order."""
        return [resource for resource in self.resources.values() if resource.type in types]


@dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """A cloud assembly, with all its stages and nested stacks."""

    directory: Path
    stacks: tuple[StackTemplate, ...]
    #: Construct path (without the leading slash) -> metadata entries, of all stacks.
    metadata: Mapping[str, list[dict[str, Any]]] = field(repr=False)

    @property
    def resources(self) -> Iterator[Resource]:
        """Every resource of every template."""
        for stack in self.stacks:
            yield from stack.resources.values()

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of these types in all stacks."""
        return [resource for stack in self.stacks for resource in stack.of_type(*types)]

    def recorded(self, key: str) -> Iterator[tuple[str, Any]]:
        """Construct path and data of every metadata entry of type *key*."""
        for path, entries in self.metadata.items():
            for entry in entries:
                if entry.get("type") == key:
                    yield path, entry.get("data")

    def targets(self, stack: StackTemplate, value: Any) -> list[Resource]:
        """The resources that *value* (any JSON of a template of *stack*) refers to, across stacks too."""
        found: dict[str, Resource] = {}
        self._follow(stack, value, found, 0)
        return list(found.values())

    def _follow(self, stack: StackTemplate, value: Any, found: dict[str, Resource], depth: int) -> None:
        for function, argument in references(value):
            if function == "Local":
                if argument in stack.resources:
                    target = stack.resources[argument]
                    found[f"{target.stack.path}.{target.logical_id}"] = target
            elif depth < 5:
                for other in self.stacks:
                    for name, output in other.template.get("Outputs", {}).items():
                        exported = output.get("Export", {}).get("Name")
                        if exported == argument if function == "Export" else (other.name, name) == argument:
                            self._follow(other, output.get("Value"), found, depth + 1)


def references(value: Any) -> Iterator[tuple[str, Any]]:
    """What *value* refers to: ``("Local", logical id)``, ``("Export", name)`` or ``("Output", (stack name, output))``."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, argument in value.items():
            if key == "Ref" and isinstance(argument, str):
                yield "Local", argument
            elif key == "Fn::GetAtt":
                yield "Local", (argument.split(".")[0] if isinstance(argument, str) else argument[0])
            elif key == "Fn::Sub":
                text, names = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
                yield from (("Local", name) for name in _SUBSTITUTION.findall(text) if name not in names)
                yield from references(names)
            elif key == "Fn::ImportValue" and isinstance(argument, str):
                yield "Export", argument
            elif key == "Fn::GetStackOutput" and isinstance(argument, dict):
                yield "Output", (argument.get("StackName"), argument.get("OutputName"))
            else:
                yield from references(argument)


def flat(value: Any) -> str:
    """*value* as text: joined where it is an ``Fn::Join``, substitutions left in place."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        if isinstance(joined := value.get("Fn::Join"), list) and len(joined) == 2 and isinstance(joined[1], list):
            return str(joined[0]).join(flat(part) for part in joined[1])
        if "Fn::Sub" in value:
            text = value["Fn::Sub"]
            return str(text if isinstance(text, str) else text[0])
        return "".join(f"${{{argument}}}" for function, argument in references(value) if function == "Local")
    return "" if value is None else str(value)


def read_assembly(directory: Path) -> Assembly:
    """Read the cloud assembly in *directory* (``cdk.out``), one that the guard refused included.

    Raises:
        ConfigurationError: there is none.
    """
    stacks: list[StackTemplate] = []
    metadata: dict[str, list[dict[str, Any]]] = {}
    _read(directory, stacks, metadata)
    return Assembly(directory=directory, stacks=tuple(stacks), metadata=metadata)


def _read(directory: Path, stacks: list[StackTemplate], metadata: dict[str, list[dict[str, Any]]]) -> None:
    manifest = next((file for name in ("manifest.json", REFUSED_MANIFEST) if (file := directory / name).is_file()), None)
    if manifest is None:
        raise ConfigurationError(str(directory), given="no manifest.json", allowed="a cloud assembly", mend="synthesize first")
    for name, artifact in json.loads(manifest.read_text()).get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            _read(directory / properties["directoryName"], stacks, metadata)
        elif artifact["type"] == "aws:cloudformation:stack":
            extra = artifact.get("additionalMetadataFile")
            own = artifact.get("metadata", {}) | (json.loads((directory / extra).read_text()) if extra else {})
            entries = {path.strip("/"): found for path, found in own.items()}
            metadata.update(entries)
            account, region = artifact.get("environment", "aws:///").removeprefix("aws://").split("/")
            _read_stack(
                StackTemplate(
                    name=properties.get("stackName", name),
                    path=artifact.get("displayName", name).split(" ")[0],
                    file=directory / properties["templateFile"],
                    template=json.loads((directory / properties["templateFile"]).read_text()),
                    tags=properties.get("tags", {}),
                    account=account if account.isdigit() else None,
                    region=region if re.fullmatch(r"[a-z]+(-[a-z]+)+-\d", region) else None,
                    nested=False,
                ),
                entries,
                stacks,
            )


def _read_stack(stack: StackTemplate, metadata: Mapping[str, list[dict[str, Any]]], stacks: list[StackTemplate]) -> None:
    """Add *stack* and its nested stacks, their resources with construct paths: the same logical id may occur in each."""
    nested = {
        path: str(entry["data"])
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:templateFile" and path.startswith(f"{stack.path}/")
    }
    nearest = sorted(nested, key=len)
    paths: dict[str, str] = {}
    children: list[StackTemplate] = []
    for child in (path for path in nearest if not any(path.startswith(f"{other}/") for other in nearest)):
        file = stack.file.parent / nested[child]
        template = json.loads(file.read_text())
        children.append(StackTemplate(child, child, file, template, stack.tags, stack.account, stack.region, nested=True))
    for path, entries in metadata.items():
        if (path.startswith(f"{stack.path}/") or path == stack.path) and not any(path.startswith(f"{child.path}/") for child in children):
            paths.update({str(entry["data"]): path for entry in entries if entry["type"] == "aws:cdk:logicalId"})
    for logical_id, body in stack.template.get("Resources", {}).items():
        written = str(body.get("Metadata", {}).get("aws:cdk:path", f"{stack.path}/{logical_id}"))
        stack.resources[logical_id] = Resource(stack, logical_id, paths.get(logical_id, written), body)
    stacks.append(stack)
    for child_stack in children:
        _read_stack(child_stack, metadata, stacks)
