"""Which messages of a topic a subscriber gets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from prodready_constructs.errors import ConfigurationError

#: The most keys of a filter policy, and the most combinations of values: the product of the values of each key, times the depth of keys that
#: are nested. Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
MOST_KEYS, MOST_COMBINATIONS = 5, 150
#: Numbers that SNS compares: five digits behind the point.
LARGEST = 1_000_000_000

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Match:
    """What one value of a message must be: any of *conditions*. Made by the methods below, joined by ``|``.

    ``Match.one_of("placed", "paid") | Match.prefixed("refund")``
    """

    conditions: tuple[Any, ...]

    @classmethod
    def one_of(cls, *values: Plain) -> Match:
        """Exactly one of *values*."""
        return cls(_some("one_of", values))

    @classmethod
    def none_of(cls, *values: str | float) -> Match:
        """There, and none of *values*."""
        return cls(({"anything-but": list(_some("none_of", values))},))

    @classmethod
    def prefixed(cls, *beginnings: str) -> Match:
        """A string that begins with one of *beginnings*."""
        return cls(tuple({"prefix": beginning} for beginning in _some("prefixed", beginnings)))

    @classmethod
    def suffixed(cls, *ends: str) -> Match:
        """A string that ends with one of *ends*."""
        return cls(tuple({"suffix": end} for end in _some("suffixed", ends)))

    @classmethod
    def ignoring_case(cls, *values: str) -> Match:
        """One of *values*, in capitals or not."""
        return cls(tuple({"equals-ignore-case": value} for value in _some("ignoring_case", values)))

    @classmethod
    def between(cls, low: float, high: float) -> Match:
        """A number from *low* to *high*, both included."""
        for value in (low, high):
            _number(value)
        if low > high:
            raise ConfigurationError(
                "Match.between", given=f"{low} to {high}", allowed="the first at most the second", mend="turn them around"
            )
        return cls(({"numeric": [">=", low, "<=", high]},))

    @classmethod
    def at_least(cls, low: float) -> Match:
        """A number of *low* or more."""
        return cls(({"numeric": [">=", _number(low)]},))

    @classmethod
    def at_most(cls, high: float) -> Match:
        """A number of *high* or less."""
        return cls(({"numeric": ["<=", _number(high)]},))

    @classmethod
    def in_network(cls, *networks: str) -> Match:
        """An address in one of *networks*: ``"10.0.0.0/8"``."""
        for network in _some("in_network", networks):
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ConfigurationError("Match.in_network", given=network, allowed="a network in CIDR form", mend=str(error)) from None
        return cls(tuple({"cidr": network} for network in networks))

    @classmethod
    def present(cls) -> Match:
        """There, whatever it is."""
        return cls(({"exists": True},))

    @classmethod
    def absent(cls) -> Match:
        """Not there."""
        return cls(({"exists": False},))

    def __or__(self, other: Match) -> Match:
        return Match((*self.conditions, *other.conditions))


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """All of *rules* must match. Made by :meth:`on_attributes` or :meth:`on_body`."""

    scope: Literal["MessageAttributes", "MessageBody"]
    rules: Mapping[str, Any] = field(hash=False)

    @classmethod
    def on_attributes(cls, rules: Mapping[str, Match]) -> MessageFilter:
        """Look at the attributes of a message: ``{"kind": Match.one_of("placed")}``.

        Raises:
            ConfigurationError: no rule, more than five, or more combinations than SNS takes.
        """
        return _checked(cls("MessageAttributes", rules))

    @classmethod
    def on_body(cls, rules: Mapping[str, Any]) -> MessageFilter:
        """Look into a JSON body; nested keys as nested mappings: ``{"order": {"total": Match.at_least(100)}}``.

        Raises:
            ConfigurationError: no rule, more than five, or more combinations than SNS takes.
        """
        return _checked(cls("MessageBody", rules))

    @property
    def policy(self) -> dict[str, Any]:
        """As SNS writes it."""
        return _written(self.rules)


def _written(rules: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(rule.conditions) if isinstance(rule, Match) else _written(rule) for key, rule in rules.items()}


def _leaves(rules: Mapping[str, Any], depth: int = 1) -> Iterator[tuple[Match, int]]:
    for key, rule in rules.items():
        if isinstance(rule, Match):
            yield rule, depth
        elif isinstance(rule, Mapping) and rule:
            yield from _leaves(rule, depth + 1)
        else:
            raise ConfigurationError(
                f"MessageFilter: {key}", given=rule, allowed="a Match, or a mapping of them", mend="write it like Match.one_of('placed')"
            )


def _checked(made: MessageFilter) -> MessageFilter:
    leaves = list(_leaves(made.rules))
    if made.scope == "MessageAttributes" and any(depth > 1 for _, depth in leaves):
        raise ConfigurationError(
            "MessageFilter.on_attributes",
            given="nested keys",
            allowed="one level: attributes hold no JSON",
            mend="use MessageFilter.on_body",
        )
    if not 1 <= len(leaves) <= MOST_KEYS:
        raise ConfigurationError(
            "MessageFilter",
            given=f"{len(leaves)} keys",
            allowed=f"1 to {MOST_KEYS}, which is what SNS takes",
            mend="leave filter out, or let the subscriber look",
        )
    combinations = 1
    for rule, depth in leaves:
        combinations *= len(rule.conditions) * depth
    if combinations > MOST_COMBINATIONS:
        raise ConfigurationError(
            "MessageFilter",
            given=f"{combinations} combinations of values",
            allowed=f"{MOST_COMBINATIONS}: the product of the number of values of each key and its depth",
            mend="filter by fewer values, or by a prefix",
        )
    return made


def _some(method: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values or any(value == "" for value in values):
        raise ConfigurationError(f"Match.{method}", given=list(values), allowed="one value or more, none empty", mend="name what to match")
    return values


def _number(value: float) -> float:
    if not -LARGEST <= value <= LARGEST:
        raise ConfigurationError(
            "Match", given=value, allowed=f"-{LARGEST:,} to {LARGEST:,}, which SNS compares", mend="compare a smaller unit"
        )
    return value
