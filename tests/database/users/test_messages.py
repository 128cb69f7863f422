"""What users of a database cost in messages to the jsii kernel. They do not depend on the machine; a number here may fall."""

from __future__ import annotations

from bench.messages import counted, total
from prodready_constructs import DatabaseUser
from tests.database.users.test_database_user import some_database, some_rotation
from tests.support.synthesis import new_stack


def test_a_rotation_and_a_user_cost_no_more_messages_than() -> None:
    stack = new_stack()
    database = some_database(stack)
    with counted() as counts:
        rotation = some_rotation(stack, database=database)
    assert total(counts) <= 58, counts
    with counted() as counts:
        user = DatabaseUser(stack, "App", rotation=rotation, name="app", rights="write")
    assert total(counts) <= 35, counts
    with counted() as described:
        rotation.alarm_specs, rotation.graphs, user.alarm_specs, user.graphs  # noqa: B018 (what they read is counted)
    assert total(described) <= 4, described
