"""The vocabulary of the reader modules: a check is a property of the template and where the API shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from prodready_constructs.local.readback.values import pick

Properties = Mapping[str, Any]


class Aws(Protocol):
    """Gives the boto3 client of a service, in the stack's account, and in its region when no other is named."""

    def __call__(self, service: str, region: str | None = None, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Check:
    """One property.

    Attributes:
        property: dotted path into the template's properties; only checked where the template sets it.
        found: dotted path into what was read, or a function of it.
        expected: turns the resolved template value into what the API shows.
        when: of the template's properties: whether the property has this meaning; always, when None.
    """

    property: str
    found: str | Callable[[Any], Any]
    expected: Callable[[Any], Any] | None = None
    when: Callable[[Properties], bool] | None = None

    def asked(self, properties: Properties) -> Any:
        """What the template asks for; None where it does not."""
        return pick(properties, self.property) if self.when is None or self.when(properties) else None

    def read(self, live: Any) -> Any:
        """The value that the API shows."""
        return pick(live, self.found) if isinstance(self.found, str) else self.found(live)


@dataclass(frozen=True, slots=True)
class Reader:
    """How resources of one type are read: one *fetch* (clients, physical id, resolved properties), many checks of what it gave."""

    fetch: Callable[[Aws, str, Properties], Any]
    checks: tuple[Check, ...]


def same(*properties: str) -> tuple[Check, ...]:
    """Properties that the API spells as the template does."""
    return tuple(Check(name, name) for name in properties)


def as_map(key: str, value: str) -> Callable[[Any], dict[str, Any]]:
    """``[{"Key": "a", "Value": 1}]`` -> ``{"a": 1}``."""
    return lambda items: {item[key]: item[value] for item in items or []}


def camel(value: Any) -> Any:
    """Names as the JSON APIs of ECS and API Gateway spell them."""
    if isinstance(value, Mapping):
        return {name[:1].lower() + name[1:]: camel(item) for name, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value
