"""How a new version takes over: by the steps of the posture, after a check, and back when an alarm goes off."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.compute import HardenedFunction
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION, Release
from tests.compute.functions.parts import OUTSIDE, POSTURE, a_function, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth


def released(release: Release) -> Template:
    stack = new_stack()
    a_function(stack, posture=replace(POSTURE, release=release))
    return synth(stack)


def watched(stack: cdk.Stack, function: HardenedFunction) -> None:
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=["b@example.com"])
    Watch(stack, "Watch", routes=routes, watching=[function], runbook_base_url="https://runbooks.example.com")


def a_check(stack: cdk.Stack) -> lambda_.Function:
    role = ComposedRole(stack, "CheckRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description="A check")
    return lambda_.Function(
        stack,
        "Check",
        code=lambda_.InlineCode("def handler(e, c): ..."),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_14,
        role=role,
    )


@pytest.mark.control("FN-2")
@pytest.mark.parametrize(
    ("release", "configuration"),
    [
        (Release(strategy="ALL_AT_ONCE"), "LambdaAllAtOnce"),
        (Release(strategy="BLUE_GREEN"), "LambdaAllAtOnce"),
        (Release(strategy="CANARY", percent=10, bake=timedelta(minutes=15)), "LambdaCanary10Percent15Minutes"),
        (Release(strategy="CANARY", percent=10, bake=timedelta(minutes=5)), "LambdaCanary10Percent5Minutes"),
        (Release(strategy="LINEAR", percent=10, bake=timedelta(minutes=1)), "LambdaLinear10PercentEvery1Minute"),
        (Release(strategy="LINEAR", percent=10, bake=timedelta(minutes=3)), "LambdaLinear10PercentEvery3Minutes"),
    ],
)
def test_what_aws_offers_ready_made_is_taken(release: Release, configuration: str) -> None:
    template = released(release)
    assert template.props("AWS::CodeDeploy::DeploymentGroup")["DeploymentConfigName"] == f"CodeDeployDefault.{configuration}"
    assert not template.of_type("AWS::CodeDeploy::DeploymentConfig")


@pytest.mark.control("FN-2")
@pytest.mark.parametrize(
    ("release", "routing"),
    [
        (
            Release(strategy="CANARY", percent=5, bake=timedelta(minutes=20)),
            {"Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryInterval": 20, "CanaryPercentage": 5}},
        ),
        (
            Release(strategy="LINEAR", percent=25, bake=timedelta(minutes=10)),
            {"Type": "TimeBasedLinear", "TimeBasedLinear": {"LinearInterval": 10, "LinearPercentage": 25}},
        ),
    ],
)
def test_other_steps_are_said_exactly(release: Release, routing: dict[str, Any]) -> None:
    template = released(release)
    assert template.props("AWS::CodeDeploy::DeploymentConfig") == {"ComputePlatform": "Lambda", "TrafficRoutingConfig": routing}
    assert set(template.props("AWS::CodeDeploy::DeploymentGroup")["DeploymentConfigName"]) == {"Ref"}


@pytest.mark.control("FN-2")
def test_it_goes_back_when_a_twin_goes_off() -> None:
    stack = new_stack()
    function = a_function(stack, vpc=a_vpc(stack))
    watched(stack, function)
    template = synth(stack)
    group = template.props("AWS::CodeDeploy::DeploymentGroup")
    assert group["AutoRollbackConfiguration"] == {
        "Enabled": True,
        "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
    }
    alarms = group["AlarmConfiguration"]
    assert (alarms["Enabled"], alarms["IgnorePollAlarmFailure"]) == (True, False)
    twins = [alarm["Name"]["Ref"] for alarm in alarms["Alarms"]]
    assert [re.sub("[0-9A-F]{8}$", "", name) for name in twins] == [
        "WatchOrdersErrorRateRollback",
        "WatchOrdersDurationNearTimeoutRollback",
        "WatchOrdersThrottlesRollback",
    ]
    # They look at the new version; and nothing they name waits for the release that names them.
    ((version, _),) = template.of_type("AWS::Lambda::Version").items()
    for twin in twins[:2]:
        assert {"Fn::GetAtt": [version, "Version"]} in values(template.resources[twin]["Properties"])
    for twin in twins:
        text = json.dumps(template.resources[twin])
        assert ":live" in text
        assert "OrdersLive" not in text
        assert "OrdersRelease" not in text
    # CodeDeploy may look at these alarms alone.
    role = json.dumps(template.props("AWS::IAM::ManagedPolicy", "OrdersReleaseRole"))
    assert all(twin in role for twin in twins)


def values(tree: Any) -> list[Any]:
    """Everything in *tree*."""
    below = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return [tree, *(each for one in below for each in values(one))]


@pytest.mark.control("FN-2")
def test_more_alarms_may_be_added() -> None:
    stack = new_stack()
    function = a_function(stack)
    function.roll_back_on(["first"])
    function.roll_back_on(["second"])
    alarms = synth(stack).props("AWS::CodeDeploy::DeploymentGroup")["AlarmConfiguration"]["Alarms"]
    assert alarms == [{"Name": "first"}, {"Name": "second"}]


@pytest.mark.control("FN-2")
def test_the_smoke_check_is_asked_first_and_may_little() -> None:
    stack = new_stack()
    function = a_function(stack, vpc=a_vpc(stack), timeout=timedelta(seconds=30))
    function.add_smoke_check({"ping": True}, expects={"ok": True})
    found = [finding for finding in findings(stack) if "SmokeCheck" in finding]
    template = synth(stack)
    alias = template.one("AWS::Lambda::Alias")
    update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    check_id = update["BeforeAllowTrafficHook"]["Ref"]
    assert "AfterAllowTrafficHook" not in update
    check = template.resources[check_id]["Properties"]
    ((version_id, _),) = template.of_type("AWS::Lambda::Version").items()
    assert check["Environment"]["Variables"] == {
        "NEW_VERSION": {"Ref": version_id},
        "PAYLOAD": '{"ping": true}',
        "EXPECTS": '{"ok": true}',
        "ANSWER_WITHIN": "50",
        "PAUSE": "10",
    }
    assert (check["Timeout"], check["ReservedConcurrentExecutions"], check["TracingConfig"]) == (170, 1, {"Mode": "Active"})
    assert check["VpcConfig"]["SubnetIds"] == ["subnet-a", "subnet-b"]
    own = template.props("AWS::IAM::ManagedPolicy", "OrdersSmokeCheckRolePolicy")["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in own[3:]] == ["lambda:InvokeFunction", "codedeploy:PutLifecycleEventHookExecutionStatus"]
    assert own[3]["Resource"] == {"Ref": version_id}
    assert ":deploymentgroup:" in json.dumps(own[4]["Resource"])
    # What Lambda itself needs is said once for both functions, and waived once.
    assert len(template.props("AWS::IAM::ManagedPolicy", "OrdersRoleLambdaPolicy")["Roles"]) == 2
    assert found == []


@pytest.mark.control("FN-2")
def test_a_check_of_a_function_outside_stands_outside_for_the_same_reason() -> None:
    stack = new_stack()
    a_function(stack).add_smoke_check({})
    waivers = [
        entry["data"]
        for path, entries in synth(stack).metadata.items()
        if path == "Stack/Orders/SmokeCheck/Function"
        for entry in entries
        if entry["type"] == "prodready:waiver"
    ]
    assert len(waivers) == 4
    assert all(OUTSIDE.because in waiver["because"] for waiver in waivers)


@pytest.mark.control("FN-2")
def test_a_slow_function_gets_its_answer_within_what_a_check_may_take() -> None:
    stack = new_stack()
    a_function(stack, timeout=timedelta(minutes=15)).add_smoke_check({})
    check = synth(stack).props("AWS::Lambda::Function", "SmokeCheck")
    assert (check["Timeout"], check["Environment"]["Variables"]["ANSWER_WITHIN"]) == (900, "780")


@pytest.mark.control("FN-2")
def test_own_checks_are_told_the_version_and_may_answer() -> None:
    stack = new_stack()
    function = a_function(stack)
    check = a_check(stack)
    function.add_pre_traffic_check(check)
    function.add_post_traffic_check(check)
    template = synth(stack)
    update = template.one("AWS::Lambda::Alias")["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update["BeforeAllowTrafficHook"] == update["AfterAllowTrafficHook"]
    assert "NEW_VERSION" in template.props("AWS::Lambda::Function", "Check")["Environment"]["Variables"]
    granted = template.props("AWS::IAM::ManagedPolicy", "CheckRole")["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in granted] == ["lambda:InvokeFunction", "codedeploy:PutLifecycleEventHookExecutionStatus"]


@pytest.mark.control("FN-2")
@pytest.mark.parametrize("moment", ["pre", "post"])
def test_a_second_check_at_the_same_moment(moment: str) -> None:
    stack = new_stack()
    function = a_function(stack)
    check = a_check(stack)
    add = function.add_pre_traffic_check if moment == "pre" else function.add_post_traffic_check
    add(check)
    message = (
        f"Stack/Orders: {moment}-traffic check: got 'a second check'; allowed: one: CodeDeploy asks one function at each moment; "
        "let one check ask all that must be asked"
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        add(check)
    if moment == "pre":
        with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
            function.add_smoke_check({})
        asked_once = a_function(stack, "Second")
        asked_once.add_smoke_check({})
        with pytest.raises(ConfigurationError, match=re.escape("Stack/Second: pre-traffic check: got 'a second check'")):
            asked_once.add_smoke_check({})


@pytest.mark.control("FN-2")
def test_a_question_that_does_not_fit() -> None:
    message = (
        "Stack/Orders: add_smoke_check: got '3105 characters of JSON'; allowed: 3000 for question and answer; "
        "ask a smaller question, or write a check of your own for add_pre_traffic_check"
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        a_function(new_stack()).add_smoke_check({"question": "x" * 3_087})


@pytest.mark.control("FN-2")
def test_codedeploy_may_move_this_alias_alone() -> None:
    template = released(Release())
    (move,) = template.props("AWS::IAM::ManagedPolicy", "OrdersReleaseRole")["PolicyDocument"]["Statement"]
    assert move["Action"] == ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"]
    assert [json.dumps(resource).count("OrdersFunction") for resource in move["Resource"]] == [1, 1]
    assert "ManagedPolicyArns" not in template.props("AWS::IAM::Role", "OrdersReleaseRole")
