"""What the user directory costs in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

from bench.messages import counted, total
from prodready_constructs.identity import UserDirectory
from tests.support.synthesis import new_stack


def test_user_directory() -> None:
    stack = new_stack()
    UserDirectory(stack, "First")  # what is asked once in a process is no cost of the construct
    with counted() as messages:
        directory = UserDirectory(stack, "Users")
    assert total(messages) <= 8, messages
    assert messages["callback"] == 0
    with counted() as messages:
        assert directory.alarm_specs
        assert directory.graphs
    assert total(messages) == 0
