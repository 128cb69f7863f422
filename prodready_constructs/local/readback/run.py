"""Reading a whole deployment back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from prodready_constructs.local.assembly import Assembly, Stack
from prodready_constructs.local.coverage import RECORDED_PROPERTIES
from prodready_constructs.local.readback.checks import Aws, Reader
from prodready_constructs.local.readback.readers import reader_of
from prodready_constructs.local.readback.table import Kind, Row
from prodready_constructs.local.readback.values import Resolver, matches, pick, show
from prodready_constructs.local.session import Session

_TRIVIAL_TYPES = frozenset({"AWS::CDK::Metadata"})
#: Their ``Id`` is neither what ``Ref`` gives nor made of their name.
_ID_IS_DRAWN = frozenset({"AWS::Synthetics::Canary"})
_WORKERS = 4


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Every row, and the types that the emulator does not know at all."""

    rows: tuple[Row, ...]
    unsupported: tuple[str, ...]


def read_back(session: Session, assembly: Assembly) -> ReadBack:
    """Read every resource of every stack; template against API."""
    state = session.recorded()
    with ThreadPoolExecutor(_WORKERS) as workers:
        per_stack = workers.map(lambda stack: _read_stack(session, stack, state), assembly.stacks)
        rows = [row for stack_rows in per_stack for row in stack_rows]
    return ReadBack(tuple(rows), tuple(state["unsupported"]))


def _read_stack(session: Session, stack: Stack, state: Mapping[str, Any]) -> list[Row]:
    def aws(service: str, region: str | None = None) -> Any:
        return session.client(service, stack.account, region or stack.region)

    physical_ids = _physical_ids(aws, stack)
    resolver = _resolver(session, stack, physical_ids)
    kept = state["stacks"].get(f"{stack.account}/{stack.region}/{stack.name}", {})
    recorded_types = frozenset(state["types"])
    rows: list[Row] = []
    for logical_id, resource in stack.resources.items():
        if resource["Type"] in _TRIVIAL_TYPES or logical_id not in physical_ids:
            continue
        one = _Resource(stack, logical_id, resource["Type"], physical_ids[logical_id], resolver.resolve(resource.get("Properties", {})))
        rows.extend(_read_resource(one, aws, kept.get(logical_id, {}).get("properties", {}), recorded_types))
    return rows


@dataclass(frozen=True, slots=True)
class _Resource:
    stack: Stack
    logical_id: str
    type: str
    physical_id: str
    expected: Mapping[str, Any]

    def row(self, property_path: str, expected: Any, found: Any, kind: Kind, *, agrees: bool) -> Row:
        return Row(
            self.stack.name,
            self.stack.construct_of(self.logical_id),
            self.logical_id,
            self.type,
            property_path,
            show(expected),
            show(found),
            kind,
            agrees,
        )


def _read_resource(one: _Resource, aws: Aws, kept: Mapping[str, Any], recorded_types: frozenset[str]) -> Iterator[Row]:
    recorded = set(one.expected) if one.type in recorded_types else set(RECORDED_PROPERTIES.get(one.type, {}))
    reader = None if one.type in recorded_types else reader_of(one.type)
    read: set[str] = set()
    if reader is not None:
        for row in _live(one, reader, aws):
            read.add(row.property.split(".")[0])
            yield row
    for path in sorted(recorded):
        if "." in path and (value := pick(one.expected, path)) is not None:
            found = pick(kept, path)
            yield one.row(path, value, found, Kind.RECORDED, agrees=matches(value, found))
    for name, value in one.expected.items():
        if name in read:
            continue
        if name in recorded:
            yield one.row(name, value, kept.get(name), Kind.RECORDED, agrees=matches(value, kept.get(name)))
        else:
            yield one.row(name, value, "", Kind.TEMPLATE_ONLY, agrees=True)


def _live(one: _Resource, reader: Reader, aws: Aws) -> Iterator[Row]:
    asked = [(check, value) for check in reader.checks if (value := check.asked(one.expected)) is not None]
    if not asked:
        return
    try:
        live = reader.fetch(aws, one.physical_id, one.expected)
        failure = None
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, the property was not found
        live, failure = None, f"{type(error).__name__}: {error}"
    for check, value in asked:
        wanted = check.expected(value) if check.expected else value
        try:
            found = failure if failure else check.read(live)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            found = f"{type(error).__name__}: {error}"
        yield one.row(check.property, wanted, found, Kind.LIVE, agrees=failure is None and matches(wanted, found))


def _physical_ids(aws: Aws, stack: Stack) -> dict[str, str]:
    pages = aws("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
    return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for page in pages for each in page["StackResourceSummaries"]}


def _resolver(session: Session, stack: Stack, physical_ids: Mapping[str, str]) -> Resolver:
    described = session.client("cloudformation", stack.account, stack.region).describe_stacks(StackName=stack.name)["Stacks"][0]
    pseudo = {
        "AWS::AccountId": stack.account,
        "AWS::Region": stack.region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": stack.name,
        "AWS::StackId": described["StackId"],
    }
    return Resolver(physical_ids, pseudo, _outputs(session, stack), _exports(session, stack), _names(stack))


def _names(stack: Stack) -> dict[str, str]:
    """Logical id -> the name that the template gives, where it does: ``ThingGroupName`` of a ThingGroup, or plainly ``Name``."""
    given = {
        logical_id: resource.get("Properties", {}).get(f"{resource['Type'].rpartition('::')[2]}Name")
        or resource.get("Properties", {}).get("Name")
        for logical_id, resource in stack.resources.items()
    }
    named = {logical_id: name for logical_id, name in given.items() if isinstance(name, str)}
    # Any text contains an empty name.
    return named | {logical_id: "" for logical_id, resource in stack.resources.items() if resource["Type"] in _ID_IS_DRAWN}


def _outputs(session: Session, stack: Stack) -> Callable[[str, str, str | None], str | None]:
    @cache
    def outputs(name: str, region: str) -> dict[str, str]:
        described = session.client("cloudformation", stack.account, region).describe_stacks(StackName=name)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}

    return lambda name, output, region: outputs(name, region or stack.region).get(output)


def _exports(session: Session, stack: Stack) -> Callable[[str], str | None]:
    @cache
    def exports() -> dict[str, str]:
        pages = session.client("cloudformation", stack.account, stack.region).get_paginator("list_exports").paginate()
        return {each["Name"]: each["Value"] for page in pages for each in page["Exports"]}

    return lambda name: exports().get(name)
