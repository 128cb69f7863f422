"""What a rule is: a name, a reason, a cure, and a function over the finished assembly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from prodready_constructs.evidence.assembly import Assembly, Resource, StackTemplate

#: The first part of every rule id of ours, and the name of the plugin that reports them to the CDK.
NAMESPACE = "Prodready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the rules judge: finished templates, so that raw resources and property overrides count as they will be deployed."""

    assembly: Assembly
    #: Construct paths of stacks in which availability is a degree: one task is enough there.
    staging: frozenset[str] = frozenset()
    required_tags: tuple[str, ...] = ()

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of these types in all stacks."""
        return self.assembly.of_type(*types)

    def targets(self, resource: Resource, value: Any) -> list[Resource]:
        """The resources that *value*, a property of *resource*, refers to."""
        return self.assembly.targets(resource.stack, value)

    def referred(self, types: Iterable[str], read: Callable[[Resource], Any]) -> set[Resource]:
        """All resources that the resources of *types* refer to in the property that *read* takes from them."""
        return {target for one in self.of_type(*types) for target in self.targets(one, read(one))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One place where a rule does not hold."""

    path: str
    stack: StackTemplate
    #: Set where the place is a resource of the template.
    resource: Resource | None = None
    #: Tells several findings of one rule on one resource apart: ``Prodready-LogGroupUnkept[Key]``.
    detail: str | None = None
    #: What exactly is wrong here, after the rule's own reason.
    note: str = ""


def hit(resource: Resource, *, detail: str | None = None, note: str = "") -> Hit:
    """A finding on *resource*."""
    return Hit(path=resource.path, stack=resource.stack, resource=resource, detail=detail, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the pack.

    Attributes:
        name: PascalCase; the id is ``Prodready-<name>``.
        controls: the rows of the requirements ledger that it holds everybody to.
        why: what goes wrong when it does not hold; fix: what to write instead.
        find: every place where it does not hold.
    """

    name: str
    controls: tuple[str, ...]
    why: str
    fix: str
    find: Callable[[Subject], Iterable[Hit]] = field(repr=False)

    @property
    def id(self) -> str:
        """The rule's id as a finding and a waiver write it."""
        return f"{NAMESPACE}-{self.name}"


def is_true(value: Any) -> bool:
    """Whether a template says yes: ``true``, as JSON or as the string that CloudFormation takes too."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def is_off(value: Any) -> bool:
    """Whether a template says no, or nothing; what is decided at deployment may say yes."""
    return value is None or value is False or (isinstance(value, str) and value.lower() == "false")


def number(value: Any, default: float) -> float:
    """A number of a template; infinite where it is an intrinsic function, which nobody can judge before the deployment."""
    if value is None:
        return default
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("inf")


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """The mappings in *value* that are items of a list: anything else is none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def listed(value: Any) -> list[Any]:
    """*value* as a list: a policy may name one action, principal or resource without one."""
    return value if isinstance(value, list) else [value]


def document(value: Any) -> dict[str, Any]:
    """A document (a policy, a runbook, a definition), also as the JSON text that AWS takes too; empty where it is YAML or only known later."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}
