"""The function that brings dead letters back: what it may do, and how it is set up. Its code is tried in ``test_redrive_handler``."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, cast

import pytest
from aws_cdk import aws_sqs as sqs

from prodready_constructs import PRODUCTION, STAGING, ForeignQueue, FunctionRun, OutsideVpc, Redrive, ScheduledJob
from tests.compute.workers.parts import a_queue, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth


class Made(NamedTuple):
    redrive: Redrive
    template: Template
    findings: list[str]


@pytest.fixture(scope="module", params=[None, {}], ids=["flags", "no flags"])
def made(request: pytest.FixtureRequest) -> Made:
    stack = new_stack(new_app(flags=request.param))
    redrive = Redrive(stack, "Redrive", queue=a_queue(stack), posture=PRODUCTION.workers, functions=PRODUCTION.functions, vpc=a_vpc(stack))
    found = [finding for finding in findings(stack) if "Stack/Redrive/" in finding]
    return Made(redrive, synth(stack), found)


def granted(template: Template) -> dict[str, list[str]]:
    """What the role may do beside writing logs -> on what."""
    policies = [one for name, one in template.of_type("AWS::IAM::ManagedPolicy").items() if name.startswith("RedriveRole")]
    found: dict[str, list[str]] = {}
    for policy in policies:
        for one in policy["Properties"]["PolicyDocument"]["Statement"]:
            for action in [one["Action"]] if isinstance(one["Action"], str) else one["Action"]:
                found.setdefault(action, []).append(str(one["Resource"]))
    return found


@pytest.mark.control("STORE-3")
def test_it_may_move_the_dead_letters_of_one_queue_to_it(made: Made) -> None:
    rights = granted(made.template)
    for action in (
        "StartMessageMoveTask",
        "ListMessageMoveTasks",
        "CancelMessageMoveTask",
        "ReceiveMessage",
        "DeleteMessage",
        "GetQueueAttributes",
    ):
        (where,) = rights[f"sqs:{action}"]
        assert "OrdersDeadLetters" in where
    assert any("OrdersQueue" in where for where in rights["sqs:SendMessage"])
    assert not any("OrdersDeadLetters" in where for where in rights["sqs:SendMessage"])
    assert any("OrdersKey" in where for where in rights["kms:Decrypt"])
    assert any("OrdersKey" in where for where in rights["kms:GenerateDataKey"])


@pytest.mark.control("STORE-3")
def test_slowly_and_one_at_a_time(made: Made) -> None:
    function = made.template.props("AWS::Lambda::Function", "Redrive")
    assert function["ReservedConcurrentExecutions"] == 1
    assert function["Timeout"] == 60
    assert function["Handler"] == "index.handler"
    variables = function["Environment"]["Variables"]
    assert (variables["RATE"], variables["WATCH_SECONDS"]) == ("10", "129600")
    assert "OrdersDeadLetters" in str(variables["DEAD_LETTERS_ARN"])
    assert "OrdersDeadLetters" in str(variables["DEAD_LETTERS_URL"])


def test_the_speed_comes_from_the_posture() -> None:
    stack = new_stack()
    posture = replace(STAGING.workers, redrive_rate=3)
    Redrive(stack, "Redrive", queue=a_queue(stack), posture=posture, functions=STAGING.functions, vpc=a_vpc(stack))
    assert synth(stack).props("AWS::Lambda::Function", "Redrive")["Environment"]["Variables"]["RATE"] == "3"


def test_a_queue_that_is_not_ours_and_no_vpc() -> None:
    stack = new_stack()
    dead = sqs.Queue(stack, "Dead")
    queue = ForeignQueue(queue=sqs.Queue(stack, "Theirs"), dead_letters=dead, name="THEIRS", visibility_timeout=timedelta(minutes=3))
    outside = OutsideVpc(because="It calls SQS alone, whose endpoint is public, and reads no message.")
    Redrive(stack, "Redrive", queue=queue, posture=PRODUCTION.workers, functions=PRODUCTION.functions, vpc=outside)
    template = synth(stack)
    assert "Dead" in granted(template)["sqs:StartMessageMoveTask"][0]
    assert "VpcConfig" not in cast("dict[str, Any]", template.props("AWS::Lambda::Function", "Redrive"))


@pytest.mark.control("STORE-3")
def test_a_schedule_may_call_it_and_never_forces() -> None:
    stack = new_stack()
    redrive = Redrive(stack, "Redrive", queue=a_queue(stack), posture=PRODUCTION.workers, functions=PRODUCTION.functions, vpc=a_vpc(stack))
    ScheduledJob(
        stack,
        "AtNight",
        schedule="cron(30 3 * * ? *)",
        target=FunctionRun(function=redrive, limit=redrive.timeout),
        posture=PRODUCTION.jobs,
        time_zone="Europe/Berlin",
    )
    target = synth(stack).props("AWS::Scheduler::Schedule")["Target"]
    assert "RedriveLive" in str(target["Arn"])
    assert "force" not in str(target["Input"])


def test_failures_are_told(made: Made) -> None:
    """A refusal to move poison is an error of the function: its own alarms tell."""
    assert any("Error" in spec.id for spec in made.redrive.alarm_specs)


def test_the_packs_find_what_every_function_has_waived_and_nothing_else(made: Made) -> None:
    assert made.findings == [
        "AwsSolutions-IAM5[Resource::*] @ Stack/Redrive/Role/LambdaPolicy/Resource",
        "Serverless-SQSRedrivePolicy @ Stack/Redrive/DeadLetters/Resource",
    ]
