"""What a database costs in messages to the jsii kernel. They do not depend on the machine; a number here may fall."""

from __future__ import annotations

import pytest

from bench.messages import counted, total
from prodready_constructs.database import MYSQL_8_4, POSTGRESQL_17, Engine, MultiAzDatabase
from prodready_constructs.posture import PRODUCTION, STAGING, DatabasePosture
from tests.database.conftest import any_vpc
from tests.support.synthesis import new_stack


@pytest.mark.parametrize(
    ("engine", "posture", "messages"),
    [
        # One of them asks the stack for its region, which is asked once a stack.
        (POSTGRESQL_17, PRODUCTION.database, 58),
        (POSTGRESQL_17, STAGING.database, 62),
        # An option group, and two log groups more.
        (MYSQL_8_4, PRODUCTION.database, 65),
    ],
    ids=["postgres", "postgres without a standby", "mysql"],
)
def test_a_database_costs_no_more_messages_than(engine: Engine, posture: DatabasePosture, messages: int) -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    with counted() as counts:
        MultiAzDatabase(stack, "Orders", vpc=vpc, posture=posture, database_name="orders", engine=engine)
    assert total(counts) <= messages, counts


def test_alarms_graphs_and_recovery_are_data() -> None:
    stack = new_stack()
    database = MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), posture=PRODUCTION.database, database_name="orders")
    with counted() as counts:
        described = [*database.alarm_specs, *database.graphs, *database.recovery_facts]
    assert total(counts) == 0
    assert described
