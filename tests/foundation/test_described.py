"""Who hands over a plain resource, or a construct without the facts that are asked for, is told what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sqs as sqs

from prodready_constructs import PRODUCTION, BackupPlan, Dashboard, Objectives, Procedures, Routes, Slo, Watch
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import require_described
from tests.support.synthesis import new_stack

RECOVERY = replace(PRODUCTION.recovery, copy_to_second_region=False)


def _watch(stack: cdk.Stack, watching: list[Any]) -> None:
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["team@example.com"])
    Watch(stack, "Watch", routes=routes, watching=watching, runbook_base_url="https://runbooks.example.com")


def _table(stack: cdk.Stack) -> Any:
    return dynamodb.Table(stack, "Carts", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING))


ADOPT = "hand over adopt(...) of it"
USES: dict[str, tuple[Callable[[cdk.Stack], Any], str]] = {
    "Watch": (
        lambda stack: _watch(stack, [sqs.Queue(stack, "Queue")]),
        "Stack/Watch: watching: got 'Stack/Queue (Queue), which has no alarm_specs'; allowed: what describes itself with alarm_specs; "
        + ADOPT,
    ),
    "Dashboard": (
        lambda stack: Dashboard(
            stack,
            "Board",
            posture=PRODUCTION.monitoring,
            title="Shop",
            watching=[sqs.Queue(stack, "Queue")],  # type: ignore[list-item]
            watches=[],
        ),
        "Stack/Board: watching: got 'Stack/Queue (Queue), which has no graphs'; allowed: what describes itself with graphs; " + ADOPT,
    ),
    "BackupPlan": (
        lambda stack: BackupPlan(stack, "Plan", posture=RECOVERY, protecting=[_table(stack)]),
        "Stack/Plan: protecting: got 'Stack/Carts (Table), which has no backup_arns and no recovery_facts'; "
        "allowed: what describes itself with backup_arns and recovery_facts; " + ADOPT,
    ),
    "Objectives": (
        lambda stack: Objectives(stack, "Objectives", posture=RECOVERY, stores=[_table(stack)]),
        "Stack/Objectives: stores: got 'Stack/Carts (Table), which has no recovery_facts'; allowed: what describes itself with recovery_facts; "
        + ADOPT,
    ),
    "Slo": (
        lambda stack: Slo(stack, "Promise", of=elbv2.CfnLoadBalancer(stack, "Front"), target=99.9),  # type: ignore[arg-type]
        "Stack/Promise: of: got 'Stack/Front (CfnLoadBalancer), which has no service_level'; allowed: what describes itself with service_level; "
        + ADOPT,
    ),
    "a construct without alarms": (
        lambda stack: _watch(stack, [Procedures(stack, "Procedures")]),
        "Stack/Watch: watching: got 'Stack/Procedures (Procedures), which has no alarm_specs'; allowed: what describes itself with alarm_specs; "
        "take it out, or describe it so",
    ),
}


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize("name", USES)
def test_what_says_nothing_of_itself_is_refused_with_the_word_that_helps(name: str) -> None:
    use, message = USES[name]
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        use(new_stack())


def test_what_answers_only_when_asked_is_believed() -> None:
    class Proxy:
        def __getattr__(self, name: str) -> Any:
            if name == "alarm_specs":
                return ()
            raise AttributeError(name)

    require_described("Watch", Proxy(), "alarm_specs")
    with pytest.raises(ConfigurationError, match="which has no graphs"):
        require_described("Dashboard", Proxy(), "graphs")
