"""Filters as SNS writes them, and those it would refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.messaging import Match, MessageFilter


@pytest.mark.parametrize(
    ("match", "conditions"),
    [
        (Match.one_of("placed", 3, True, None), ["placed", 3, True, None]),
        (Match.none_of("test"), [{"anything-but": ["test"]}]),
        (Match.prefixed("eu-", "us-"), [{"prefix": "eu-"}, {"prefix": "us-"}]),
        (Match.suffixed(".png"), [{"suffix": ".png"}]),
        (Match.ignoring_case("Yes"), [{"equals-ignore-case": "Yes"}]),
        (Match.between(1, 2.5), [{"numeric": [">=", 1, "<=", 2.5]}]),
        (Match.at_least(100), [{"numeric": [">=", 100]}]),
        (Match.at_most(0), [{"numeric": ["<=", 0]}]),
        (Match.in_network("10.0.0.0/8"), [{"cidr": "10.0.0.0/8"}]),
        (Match.present(), [{"exists": True}]),
        (Match.absent(), [{"exists": False}]),
        (Match.one_of("a") | Match.prefixed("b"), ["a", {"prefix": "b"}]),
    ],
)
def test_a_match_is_written_as_sns_reads_it(match: Match, conditions: list[Any]) -> None:
    assert MessageFilter.on_attributes({"key": match}).policy == {"key": conditions}


@pytest.mark.control("STORE-4")
def test_a_filter_looks_at_attributes_or_into_the_body() -> None:
    attributes = MessageFilter.on_attributes({"kind": Match.one_of("placed"), "total": Match.at_least(10)})
    assert (attributes.scope, attributes.policy) == ("MessageAttributes", {"kind": ["placed"], "total": [{"numeric": [">=", 10]}]})
    body = MessageFilter.on_body({"order": {"country": Match.one_of("DE")}})
    assert (body.scope, body.policy) == ("MessageBody", {"order": {"country": ["DE"]}})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (Match.one_of, r"Match.one_of: got \[\]; allowed: one value or more, none empty; name what to match"),
        (lambda: Match.prefixed(""), r"Match.prefixed: got \[''\]; allowed: one value or more, none empty"),
        (lambda: Match.between(2, 1), r"Match.between: got '2 to 1'; allowed: the first at most the second; turn them around"),
        (lambda: Match.at_least(2_000_000_000), r"Match: got 2000000000; allowed: -1,000,000,000 to 1,000,000,000, which SNS compares"),
        (lambda: Match.in_network("10.0.0.1/8"), r"Match.in_network: got '10.0.0.1/8'; allowed: a network in CIDR form; .*host bits set"),
        (
            lambda: MessageFilter.on_attributes({}),
            r"MessageFilter: got '0 keys'; allowed: 1 to 5, which is what SNS takes; leave filter out",
        ),
        (
            lambda: MessageFilter.on_attributes({str(number): Match.present() for number in range(6)}),
            r"MessageFilter: got '6 keys'; allowed: 1 to 5",
        ),
        (
            lambda: MessageFilter.on_attributes({"a": Match.one_of(*range(13)), "b": Match.one_of(*range(12))}),
            r"MessageFilter: got '156 combinations of values'; allowed: 150: the product of the number of values",
        ),
        (
            lambda: MessageFilter.on_attributes({"a": {"b": Match.present()}}),  # type: ignore[dict-item]
            r"MessageFilter.on_attributes: got 'nested keys'; allowed: one level: attributes hold no JSON; use MessageFilter.on_body",
        ),
        (
            lambda: MessageFilter.on_body({"a": "placed"}),
            r"MessageFilter: a: got 'placed'; allowed: a Match, or a mapping of them; write it",
        ),
        (lambda: MessageFilter.on_body({"a": {}}), r"MessageFilter: a: got \{\}; allowed: a Match, or a mapping of them"),
    ],
)
def test_refuses(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build()


def test_depth_counts() -> None:
    assert MessageFilter.on_body({"a": {"b": {"c": Match.one_of(*range(50))}}}).policy
    with pytest.raises(ConfigurationError, match="153 combinations"):
        MessageFilter.on_body({"a": {"b": {"c": Match.one_of(*range(51))}}})
