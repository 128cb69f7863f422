"""What a cache costs in messages to the jsii kernel. They do not depend on the machine; a number here may fall."""

from __future__ import annotations

from typing import Any

import pytest

from bench.messages import counted, total
from prodready_constructs.cache import CacheAccess, CachePasswordRotation, ReplicatedCache, ServerlessCache
from prodready_constructs.posture import PRODUCTION, STAGING, CachePosture
from tests.cache.conftest import any_vpc
from tests.support.synthesis import new_stack


@pytest.mark.parametrize(
    ("form", "posture", "shared", "messages"),
    [
        (ReplicatedCache, PRODUCTION.cache, False, 128),
        (ReplicatedCache, STAGING.cache, False, 132),
        (ReplicatedCache, PRODUCTION.cache, True, 87),
        (ServerlessCache, PRODUCTION.cache, False, 113),
        (ServerlessCache, PRODUCTION.cache, True, 72),
    ],
)
def test_a_cache_costs_no_more_messages_than(form: Any, posture: CachePosture, shared: bool, messages: int) -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    rotation = CachePasswordRotation(stack, "Rotation", vpc=vpc) if shared else None
    with counted() as counts:
        form(stack, "Sessions", vpc=vpc, posture=posture, rotation=rotation)
    assert total(counts) <= messages, counts


def test_a_user_of_iam_costs_no_more_messages_than() -> None:
    stack = new_stack()
    cache = ServerlessCache(stack, "Sessions", vpc=any_vpc(stack), posture=PRODUCTION.cache)
    with counted() as counts:
        cache.add_iam_user("reports", access=CacheAccess())
    assert total(counts) <= 3, counts


def test_alarms_graphs_and_recovery_are_data() -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    rotation = CachePasswordRotation(stack, "Rotation", vpc=vpc)
    cache = ReplicatedCache(stack, "Sessions", vpc=vpc, posture=PRODUCTION.cache, rotation=rotation)
    with counted() as counts:
        described = [*cache.alarm_specs, *cache.graphs, *cache.recovery_facts]
    assert total(counts) == 0
    assert described
