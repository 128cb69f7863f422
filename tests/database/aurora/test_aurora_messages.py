"""What a cluster costs in messages to the jsii kernel. They do not depend on the machine; a number here may fall."""

from __future__ import annotations

import pytest

from bench.messages import counted, total
from prodready_constructs.database import AURORA_MYSQL_3, AURORA_POSTGRESQL_17, AuroraDatabase, AuroraEngine, AuroraSecondary
from prodready_constructs.posture import STAGING
from prodready_constructs.posture.aurora import AuroraPosture
from tests.database.aurora.conftest import POSTURE
from tests.database.conftest import any_vpc
from tests.support.synthesis import SECOND_REGION, new_app, new_stack


@pytest.mark.parametrize(
    ("engine", "posture", "messages"),
    [
        (AURORA_POSTGRESQL_17, POSTURE, 80),
        (AURORA_POSTGRESQL_17, STAGING.aurora, 74),
        # Three log groups more.
        (AURORA_MYSQL_3, POSTURE, 85),
    ],
    ids=["postgresql", "postgresql without a reader", "mysql"],
)
def test_a_cluster_costs_no_more_messages_than(engine: AuroraEngine, posture: AuroraPosture, messages: int) -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    with counted() as counts:
        AuroraDatabase(stack, "Orders", vpc=vpc, posture=posture, database_name="orders", engine=engine)
    assert total(counts) <= messages, counts


def test_a_secondary_costs_no_more_messages_than() -> None:
    app = new_app()
    first, second = new_stack(app, "First"), new_stack(app, "Second", region=SECOND_REGION)
    primary = AuroraDatabase(first, "Orders", vpc=any_vpc(first), posture=POSTURE, database_name="orders", global_name="shop-orders")
    vpc = any_vpc(second)
    with counted() as counts:
        AuroraSecondary(second, "Orders", vpc=vpc, posture=POSTURE, primary=primary)
    assert total(counts) <= 86, counts


def test_alarms_graphs_and_recovery_are_data() -> None:
    stack = new_stack()
    database = AuroraDatabase(stack, "Orders", vpc=any_vpc(stack), posture=POSTURE, database_name="orders")
    with counted() as counts:
        described = [*database.alarm_specs, *database.graphs, *database.recovery_facts]
    assert total(counts) == 0
    assert described
