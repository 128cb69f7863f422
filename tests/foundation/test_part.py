"""A part knows where it is, and asks the kernel little for it."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from constructs import Construct

from bench.messages import counted, total
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of, require_subnets, stated_region_of
from tests.edge.parts import a_private_vpc
from tests.support.synthesis import new_app, new_stack


def test_path_is_what_the_construct_tree_says() -> None:
    app = new_app()
    stack = cdk.Stack(cdk.Stage(app, "Stage"), "Stack")
    outer = Part(stack, "Outer")
    inner = Part(outer, "with/slash")
    beneath = Part(Construct(inner, "Plain"), "Innermost")
    for part in (outer, inner, beneath, Part(app, "UnderTheApp")):
        assert part.path == Construct.node.fget(part).path  # type: ignore[attr-defined]


def test_stack_and_region_are_those_of_the_nearest_stack() -> None:
    stack = new_stack(region="eu-west-1")
    nested = cdk.NestedStack(stack, "Nested")
    assert Part(Part(stack, "A"), "B").stack is stack
    assert Part(Construct(nested, "Plain"), "C").stack is nested
    assert Part(stack, "D").stated_region == "eu-west-1"
    assert Part(cdk.Stack(new_app(), "Agnostic"), "E").stated_region is None


def test_parts_of_one_stack_ask_once_for_its_path_and_region() -> None:
    stack = new_stack()
    first, second = Part(stack, "First"), Part(stack, "Second")
    with counted() as messages:
        first.path, first.stated_region  # noqa: B018
    assert total(messages) == 3  # the stack's node, its path, its region
    with counted() as messages:
        second.path, second.stated_region, Part(second, "Within")
    assert total(messages) == 1  # the new construct


def test_a_vpc_is_asked_once_for_the_subnets_of_a_tier() -> None:
    stack = new_stack()
    vpc, part = a_private_vpc(stack), Part(stack, "Part")
    require_subnets(part, vpc, tier="private")
    with counted() as messages:
        require_subnets(part, vpc, tier="private")
    assert total(messages) == 0
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="isolated subnets in no zone"):
            require_subnets(part, vpc, tier="isolated")


def test_any_construct_is_found_even_one_that_means_another_thing_by_path() -> None:
    class Route(Construct):
        path = "/orders"

    class Borrowed:
        """No construct, but it knows one."""

        def __init__(self, construct: Construct) -> None:
            self.node = construct.node

    stack = new_stack(region="eu-west-1")
    route = Route(stack, "Route")
    assert [path_of(one) for one in (stack, route, Part(route, "Part"), Borrowed(route))] == [
        "Stack",
        "Stack/Route",
        "Stack/Route/Part",
        "Stack/Route",
    ]
    assert [stated_region_of(one) for one in (stack, route, Part(route, "Other"))] == ["eu-west-1"] * 3
    with counted() as messages:
        path_of(route)
    assert total(messages) == 0
