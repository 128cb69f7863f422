"""What secrets and their rotation cost in messages to the jsii kernel. They do not depend on the machine; a number here may fall."""

from __future__ import annotations

from typing import Any

import pytest

from bench.messages import counted, total
from prodready_constructs.security import AppSecret, RandomRotation
from tests.security.test_app_secret import some_vpc
from tests.support.synthesis import new_stack


def test_a_rotation_costs_no_more_messages_than() -> None:
    stack = new_stack()
    vpc = some_vpc(stack)
    with counted() as counts:
        made = RandomRotation(stack, "Rotation", vpc=vpc)
    assert total(counts) <= 50, counts
    with counted() as described:
        made.alarm_specs, made.graphs  # noqa: B018 (what they read is counted)
    assert total(described) <= 3, described


@pytest.mark.parametrize(("length", "messages"), [(48, 37), (None, 29)], ids=["generated", "supplied"])
def test_a_secret_costs_no_more_messages_than(length: int | None, messages: int) -> None:
    """A generated one is granted to its rotation twice; a supplied one is waived for three packs and our own rule."""
    stack = new_stack()
    rotation: dict[str, Any] = {"rotation": RandomRotation(stack, "Rotation", vpc=some_vpc(stack))} if length else {}
    with counted() as counts:
        AppSecret(stack, "Secret", name="shop/production/jwt_secret", description="signs sessions", length=length, **rotation)
    assert total(counts) <= messages, counts
