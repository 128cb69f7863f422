"""How a service releases: what the template says, what it asks, what brings it back, what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_

from bench.messages import counted, total
from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.compute import SmokeTest, WebService
from prodready_constructs.compute.service.smoke_test import LARGEST
from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric
from prodready_constructs.edge import ProtectedLoadBalancer
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.foundation import Part
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION, STAGING, ComputePosture, Release
from tests.compute.support import IMAGE, Door, a_vpc
from tests.edge.parts import a_domain, a_log_bucket
from tests.edge.parts import a_vpc as a_public_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

CANARY = PRODUCTION.compute
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:approve"
ROLE_POLICY = "Stack/Api/ReleaseRole/Policy/Resource"


def released_by(**release: Any) -> ComputePosture:
    return replace(CANARY, release=Release(**release))


def a_service(
    stack: cdk.Stack, posture: ComputePosture = CANARY, *, image: str = IMAGE, public: bool = False, door: Any = None, **given: Any
) -> WebService:
    vpc = a_public_vpc(stack) if public else a_vpc(stack)
    front = door or ProtectedLoadBalancer(
        stack,
        "Front",
        vpc=vpc,
        posture=PRODUCTION.edge,
        access_logs=a_log_bucket(stack),
        domain=a_domain(stack),
        internet_facing=public,
    )
    return WebService(stack, "Api", vpc=vpc, load_balancer=front, image=ecs.ContainerImage.from_registry(image), posture=posture, **given)


def watched(stack: cdk.Stack, service: WebService) -> Watch:
    alerts = Routes(stack, "Alerts", posture=PRODUCTION.monitoring, critical=("a@example.com",), warning=("b@example.com",))
    return Watch(stack, "Watch", routes=alerts, watching=[service, alerts], runbook_base_url="https://runbooks.example.com")


def a_function(stack: cdk.Stack, name: str = "Approve") -> lambda_.IFunction:
    return lambda_.Function.from_function_arn(stack, name, FUNCTION)


class Made(NamedTuple):
    service: WebService
    template: Template
    findings: list[str]


def made(posture: ComputePosture = CANARY, *, flags: dict[str, Any] | None = None, **given: Any) -> Made:
    stack = new_stack(new_app(flags=flags))
    service = a_service(stack, posture, **given)
    watched(stack, service)
    found = [finding for finding in findings(stack) if "Stack/Api/" in finding]
    return Made(service, synth(stack), found)


@pytest.fixture(scope="module", params=[None, {}], ids=["recommended flags", "no flags"])
def canary(request: pytest.FixtureRequest) -> Made:
    return made(flags=request.param)


def deployment(template: Template) -> dict[str, Any]:
    return dict(template.props("AWS::ECS::Service")["DeploymentConfiguration"])


def smoke_settings(template: Template) -> dict[str, Any]:
    """The settings of the smoke test, with a name for each value that only AWS knows."""
    written = template.props("AWS::Lambda::Function")["Environment"]["Variables"]["SMOKE_TEST"]
    if isinstance(written, dict):
        written = "".join(part if isinstance(part, str) else "known to AWS" for part in written["Fn::Join"][1])
    return dict(json.loads(written))


# -- strategies ------------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
def test_production_shows_a_tenth_of_the_visitors_the_new_version_for_a_quarter_of_an_hour(canary: Made) -> None:
    configuration = deployment(canary.template)
    assert configuration["Strategy"] == "CANARY"
    assert configuration["CanaryConfiguration"] == {"CanaryPercent": 10, "CanaryBakeTimeInMinutes": 15}
    assert configuration["BakeTimeInMinutes"] == 5
    assert configuration["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert (configuration["MinimumHealthyPercent"], configuration["MaximumPercent"]) == (100, 200)
    service = canary.template.props("AWS::ECS::Service")
    assert service["AvailabilityZoneRebalancing"] == "ENABLED"
    assert service["HealthCheckGracePeriodSeconds"] == 60
    (record,) = canary.template.recorded("WebService")
    assert record["release"] == "CANARY"
    assert "WEB-4" in [claim["control"] for claim in record["controls"]]


@pytest.mark.control("WEB-4")
@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({"strategy": "BLUE_GREEN", "settle": timedelta(minutes=9)}, {"Strategy": "BLUE_GREEN", "BakeTimeInMinutes": 9}),
        (
            {"strategy": "LINEAR", "percent": 20, "bake": timedelta(minutes=3)},
            {
                "Strategy": "LINEAR",
                "BakeTimeInMinutes": 5,
                "LinearConfiguration": {"StepPercent": 20, "StepBakeTimeInMinutes": 3},
            },
        ),
        (
            {"strategy": "CANARY", "percent": 1, "bake": timedelta(hours=2)},
            {
                "Strategy": "CANARY",
                "BakeTimeInMinutes": 5,
                "CanaryConfiguration": {"CanaryPercent": 1, "CanaryBakeTimeInMinutes": 120},
            },
        ),
    ],
    ids=["blue-green", "linear", "canary"],
)
def test_each_strategy_follows_the_posture(release: dict[str, Any], expected: dict[str, Any]) -> None:
    stack = new_stack()
    a_service(stack, released_by(**release))
    said = deployment(synth(stack))
    assert {
        name: said.get(name) for name in ("Strategy", "BakeTimeInMinutes", "CanaryConfiguration", "LinearConfiguration") if name in said
    } == expected


@pytest.mark.control("WEB-3")
def test_staging_changes_all_at_once_and_has_nothing_of_it() -> None:
    made_so = made(STAGING.compute)
    template = made_so.template
    assert deployment(template) == {
        "Alarms": {"AlarmNames": [], "Enable": False, "Rollback": False},
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        "MaximumPercent": 200,
        "MinimumHealthyPercent": 100,
    } or deployment(template) == {
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        "MaximumPercent": 200,
        "MinimumHealthyPercent": 100,
    }
    assert not template.of_type("AWS::Lambda::Function")
    assert len(template.of_type("AWS::ElasticLoadBalancingV2::TargetGroup")) == 1
    assert not [name for name in template.of_type("AWS::ElasticLoadBalancingV2::Listener") if "Test" in name]
    assert made_so.service.rollback_specs == ()
    assert made_so.service.shifts_traffic is False
    (record,) = template.recorded("WebService")
    assert record["release"] == "ALL_AT_ONCE"
    assert "WEB-4" not in [claim["control"] for claim in record["controls"]]


@pytest.mark.control("WEB-4")
def test_without_a_load_balancer_tasks_change_one_after_the_other_and_error_lines_bring_them_back() -> None:
    stack = new_stack()
    service = WebService(stack, "Api", vpc=a_vpc(stack), image=ecs.ContainerImage.from_registry(IMAGE), posture=CANARY)
    watched(stack, service)
    template = synth(stack)
    configuration = deployment(template)
    assert "Strategy" not in configuration
    assert "BakeTimeInMinutes" not in configuration
    (alarm,) = configuration["Alarms"]["AlarmNames"]
    assert "ErrorLinesRollback" in alarm["Ref"]
    assert configuration["Alarms"]["Rollback"] is True
    assert [spec.id for spec in service.rollback_specs] == ["ErrorLines"]


# -- the frozen rule -------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
def test_a_release_changes_the_task_definition_and_nothing_of_the_route() -> None:
    def resources(image: str, **environment: str) -> dict[str, dict[str, Any]]:
        stack = new_stack()
        watched(stack, a_service(stack, image=image, environment=environment))
        return synth(stack).resources

    before = resources(IMAGE, LEVEL="info")
    after = resources(IMAGE.replace("a" * 64, "b" * 64), LEVEL="debug")
    changed = {after[name]["Type"] for name in after if before.get(name) != after[name]}
    assert changed <= {"AWS::ECS::TaskDefinition", "AWS::SSM::Parameter", "AWS::IAM::ManagedPolicy"}
    for kind in (RULE, "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::ElasticLoadBalancingV2::Listener", "AWS::ECS::Service"):
        for name, resource in after.items():
            if resource["Type"] == kind:
                assert json.dumps(resource) == json.dumps(before[name]), f"CloudFormation would write {name}, and undo what ECS decided"


# -- what Amazon ECS may do ------------------------------------------------------------------------------------------


@pytest.mark.control("SEC-1")
def test_ecs_may_lead_the_visitors_of_this_service_and_of_no_other(canary: Made) -> None:
    role = canary.template.props("AWS::IAM::Role", "ReleaseRole")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ecs.amazonaws.com"}
    assert "ManagedPolicyArns" not in role
    policy = canary.template.props("AWS::IAM::ManagedPolicy", "ReleaseRole")["PolicyDocument"]["Statement"]
    allowed = {
        action: statement["Resource"]
        for statement in policy
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    rules = [{"Ref": name} for name in canary.template.of_type(RULE)]
    groups = [{"Ref": name} for name in canary.template.of_type("AWS::ElasticLoadBalancingV2::TargetGroup")]
    (function,) = canary.template.of_type("AWS::Lambda::Function")
    assert sorted(map(str, allowed["elasticloadbalancing:ModifyRule"])) == sorted(map(str, rules))
    for action in ("RegisterTargets", "DeregisterTargets"):
        assert sorted(map(str, allowed[f"elasticloadbalancing:{action}"])) == sorted(map(str, groups))
    assert allowed["lambda:InvokeFunction"] == {"Fn::GetAtt": [function, "Arn"]}
    anywhere = {action for action, resource in allowed.items() if resource == "*"}
    assert anywhere == {f"elasticloadbalancing:Describe{what}" for what in ("Listeners", "Rules", "TargetGroups", "TargetHealth")}
    (policy_name,) = [name for name in canary.template.of_type("AWS::IAM::ManagedPolicy") if "ReleaseRole" in name]
    assert policy_name in canary.template.one("AWS::ECS::Service")["DependsOn"], "a release before its rights would fail"


@pytest.mark.control("NET-6")
@pytest.mark.control("SEC-1")
def test_the_smoke_test_reaches_the_side_door_and_nothing_else(canary: Made) -> None:
    function = canary.template.props("AWS::Lambda::Function")
    (group,) = function["VpcConfig"]["SecurityGroupIds"]
    own = group["Fn::GetAtt"][0]
    assert len(function["VpcConfig"]["SubnetIds"]) >= 2
    inline = canary.template.resources[own]["Properties"].get("SecurityGroupEgress", [])
    assert [rule["CidrIp"] for rule in inline if rule["CidrIp"] != "255.255.255.255/32"] == []
    (out,) = [
        rule["Properties"]
        for rule in canary.template.of_type("AWS::EC2::SecurityGroupEgress").values()
        if rule["Properties"]["GroupId"]["Fn::GetAtt"][0] == own
    ]
    assert (out["FromPort"], out["ToPort"]) == (8443, 8443)
    assert "Front" in out["DestinationSecurityGroupId"]["Fn::GetAtt"][0]


# -- the smoke test --------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
def test_a_new_version_is_asked_before_visitors_meet_it(canary: Made) -> None:
    (hook,) = deployment(canary.template)["LifecycleHooks"]
    (function,) = canary.template.of_type("AWS::Lambda::Function")
    assert hook == {
        "HookTargetArn": {"Fn::GetAtt": [function, "Arn"]},
        "RoleArn": {"Fn::GetAtt": [next(name for name in canary.template.of_type("AWS::IAM::Role") if "ReleaseRole" in name), "Arn"]},
        "LifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        "TargetType": "AWS_LAMBDA",
        "TimeoutConfiguration": {"TimeoutInMinutes": 60, "Action": "ROLLBACK"},
    }
    assert smoke_settings(canary.template) == {
        "address": "known to AWS",
        "port": 8443,
        "server_name": "shop.example.com",
        "headers": {"X-Release-Test": "Stack/Api/Service"},
        "interfaces": None,
        "delay": 30,
        "tests": [{"path": "/health", "status": 200, "body": None, "attempts": 5, "timeout": 5}],
    }
    function_made = canary.template.props("AWS::Lambda::Function")
    assert function_made["Timeout"] == 120
    assert function_made["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.control("WEB-4")
def test_more_can_be_asked_and_the_first_question_sharpened() -> None:
    stack = new_stack()
    service = a_service(stack)
    service.add_smoke_test(SmokeTest(path="/health", expect_body='"ok"', attempts=9))
    service.add_smoke_test(SmokeTest(path="/orders?limit=1", expect_status=401, timeout=timedelta(seconds=2)))
    assert smoke_settings(synth(stack))["tests"] == [
        {"path": "/health", "status": 200, "body": '"ok"', "attempts": 9, "timeout": 5},
        {"path": "/orders?limit=1", "status": 401, "body": None, "attempts": 5, "timeout": 2},
    ]


@pytest.mark.control("WEB-4")
def test_a_public_balancer_is_looked_up_in_ec2() -> None:
    stack = new_stack()
    a_service(stack, public=True)
    template = synth(stack)
    assert smoke_settings(template)["interfaces"] == "ELB known to AWS"
    (group,) = template.props("AWS::Lambda::Function")["VpcConfig"]["SecurityGroupIds"]
    inline = template.resources[group["Fn::GetAtt"][0]]["Properties"]["SecurityGroupEgress"]
    assert [(rule["FromPort"], rule["CidrIp"]) for rule in inline] == [(443, "0.0.0.0/0")]
    statements = json.dumps(template.props("AWS::IAM::ManagedPolicy", "SmokeTestRole"))
    assert "ec2:DescribeNetworkInterfaces" in statements


# -- hooks of one's own ----------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
def test_further_hooks_come_after_the_smoke_test() -> None:
    stack = new_stack()
    service = a_service(stack)
    service.add_lifecycle_hook(a_function(stack), stages=["PRE_SCALE_UP", "PRE_PRODUCTION_TRAFFIC_SHIFT"], within=timedelta(hours=8))
    template = synth(stack)
    smoke, own = deployment(template)["LifecycleHooks"]
    assert smoke["LifecycleStages"] == ["POST_TEST_TRAFFIC_SHIFT"]
    assert own["HookTargetArn"] == FUNCTION
    assert own["LifecycleStages"] == ["PRE_SCALE_UP", "PRE_PRODUCTION_TRAFFIC_SHIFT"]
    assert own["TimeoutConfiguration"] == {"TimeoutInMinutes": 480, "Action": "ROLLBACK"}
    assert FUNCTION in json.dumps(template.props("AWS::IAM::ManagedPolicy", "ReleaseRole"))
    assert f"{FUNCTION}:*" not in json.dumps(template.body)


# -- what brings it back ---------------------------------------------------------------------------------------------


def metrics_of(spec: AlarmSpec) -> list[Metric]:
    return [spec.metric] if isinstance(spec.metric, Metric) else list(spec.metric.using.values())


@pytest.mark.control("WEB-4")
@pytest.mark.control("OPS-2")
def test_watch_makes_the_alarms_that_bring_it_back(canary: Made) -> None:
    said = deployment(canary.template)["Alarms"]
    assert (said["Enable"], said["Rollback"]) == (True, True)
    named = [alarm["Ref"] for alarm in said["AlarmNames"]]
    assert len(named) == 4
    for what in ("ErrorRate", "UnhealthyHosts", "SlowResponses", "ErrorLines"):
        assert any(f"Api{what}Rollback" in name for name in named), what
    assert set(named) <= set(canary.template.of_type("AWS::CloudWatch::Alarm"))


@pytest.mark.control("WEB-4")
def test_the_twins_are_fast_and_name_no_service(canary: Made) -> None:
    twins = {spec.id: spec for spec in canary.service.rollback_specs}
    assert {name: (spec.threshold, spec.periods, spec.datapoints or spec.periods) for name, spec in twins.items()} == {
        "ErrorRate": (5, 3, 2),
        "UnhealthyHosts": (0, 3, 3),
        "SlowResponses": (1.0, 3, 2),
        "ErrorLines": (10, 3, 2),
    }
    for spec in twins.values():
        assert spec.missing_data == "notBreaching"
        assert spec.metric.period == timedelta(minutes=1)
        assert spec.runbook.first_commands
        for metric in metrics_of(spec):
            assert metric.namespace != "AWS/ECS"
            assert "ServiceName" not in metric.dimensions, "ECS names the alarm: CloudFormation would have no order"


@pytest.mark.control("WEB-4")
@pytest.mark.control("OPS-7")
def test_alarms_and_graphs_see_both_groups_whichever_is_live(canary: Made) -> None:
    def groups(metrics: list[Metric]) -> set[str]:
        return {metric.dimensions["TargetGroup"] for metric in metrics if "TargetGroup" in metric.dimensions}

    specs = {spec.id: spec for spec in canary.service.alarm_specs if isinstance(spec, AlarmSpec)}
    for name in ("UnhealthyHosts", "ErrorRate", "ElevatedErrorRate", "SlowResponses"):
        assert len(groups(metrics_of(specs[name]))) == 2, name
    for twin in ("UnhealthyHosts", "ErrorRate", "SlowResponses"):
        assert groups(metrics_of(next(spec for spec in canary.service.rollback_specs if spec.id == twin))) == groups(
            metrics_of(specs[twin])
        )
    graphs = {graph.title: graph for graph in canary.service.graphs}
    for title in ("Requests", "Latency", "Errors"):
        for shown in graphs[title].metrics:
            assert isinstance(shown, MathMetric)
            assert len(groups(list(shown.using.values()))) == 2, title
    assert "arn:" not in json.dumps([spec.runbook.first_commands for spec in specs.values()])


@pytest.mark.control("WEB-3")
def test_requests_of_both_groups_together_decide_how_many_tasks(canary: Made) -> None:
    policy = canary.template.props("AWS::ApplicationAutoScaling::ScalingPolicy", "RequestsPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 1_000
    *counted_requests, sum_of_both = tracking["CustomizedMetricSpecification"]["Metrics"]
    assert sum_of_both == {"Expression": "SUM([m0, m1])", "Id": "perTask", "Label": "Requests per task", "ReturnData": True}
    named = [
        (one["Id"], one["MetricStat"]["Metric"]["MetricName"], one["MetricStat"]["Stat"], one["ReturnData"]) for one in counted_requests
    ]
    assert named == [("m0", "RequestCountPerTarget", "Sum", False), ("m1", "RequestCountPerTarget", "Sum", False)]
    groups = {json.dumps(one["MetricStat"]["Metric"]["Dimensions"]) for one in counted_requests}
    assert len(groups) == 2
    assert "ALBRequestCountPerTarget" not in json.dumps(canary.template.body)
    (target,) = canary.template.of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    assert policy["ScalingTargetId"] == {"Ref": target}


@pytest.mark.control("WEB-4")
def test_further_alarms_are_added_and_none_is_forgotten() -> None:
    stack = new_stack()
    service = a_service(stack)
    service.roll_back_on(["checkout", "payments"])
    service.roll_back_on(["payments", "stock"])
    assert deployment(synth(stack))["Alarms"] == {"AlarmNames": ["checkout", "payments", "stock"], "Enable": True, "Rollback": True}


@pytest.mark.control("OPS-3")
def test_the_way_back_by_hand_is_in_the_runbook(canary: Made) -> None:
    (failed,) = [spec for spec in canary.service.alarm_specs if spec.id == "DeploymentFailed"]
    commands = "\n".join(failed.runbook.first_commands)
    for wanted in (
        "aws ecs describe-service-deployments --service-deployment-arns $(aws ecs list-service-deployments",
        "aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn $(aws ecs list-service-deployments",
        "--status IN_PROGRESS",
        "aws elbv2 describe-rules --rule-arns",
        "aws logs tail",
    ):
        assert wanted in commands


# -- refuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("LIB-2")
def test_a_door_that_cannot_shift_is_refused() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Api: load_balancer: got 'Door with a release by CANARY'; allowed: a contracts\.ShiftingDoor, which has two target groups "
        r"and a test listener for a service; hand over an edge\.ProtectedLoadBalancer, or replace\(posture, "
        r"release=Release\(strategy='ALL_AT_ONCE'\)\)",
    ):
        a_service(stack, door=Door(stack, a_vpc(cdk.Stack(stack, "Net"))))


@pytest.mark.control("LIB-2")
def test_no_alarm_is_refused() -> None:
    service = a_service(new_stack())
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Api: roll_back_on: got 'no alarm'; allowed: one alarm name or more: .*; hand the service to a Watch of its stack",
    ):
        service.roll_back_on(())


@pytest.mark.control("LIB-2")
def test_questions_to_a_service_that_changes_task_by_task_are_refused() -> None:
    stack = new_stack()
    service = a_service(stack, STAGING.compute)
    asked = (
        r"got 'a service that changes task by task'; allowed: one that shifts traffic behind a load balancer: .*; set posture\.release to"
    )
    with pytest.raises(ConfigurationError, match=rf"Stack/Api: add_smoke_test: {asked}"):
        service.add_smoke_test(SmokeTest(path="/"))
    with pytest.raises(ConfigurationError, match=rf"Stack/Api: add_lifecycle_hook: {asked}"):
        service.add_lifecycle_hook(a_function(stack), stages=["PRE_SCALE_UP"])


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"stages": ["SCALE_UP"]},
            r"stages: got 'SCALE_UP'; allowed: some of RECONCILE_SERVICE, .*; use stages=\['POST_TEST_TRAFFIC_SHIFT'\]",
        ),
        ({"stages": []}, r"stages: got 'none'; allowed"),
        ({"stages": ["PRE_SCALE_UP", "PRE_SCALE_UP"]}, r"stages: got 'one of them twice'; allowed"),
        (
            {"within": timedelta(days=2)},
            r"within: got '2 days, 0:00:00'; allowed: whole minutes, 0:01:00 to 1 day, 0:00:00: .*; use timedelta",
        ),
        ({"within": timedelta(seconds=90)}, r"within: got '0:01:30'"),
        ({"within": timedelta(0)}, r"within: got '0:00:00'"),
    ],
)
def test_bad_hooks_are_refused(wrong: dict[str, Any], message: str) -> None:
    stack = new_stack()
    service = a_service(stack)
    with pytest.raises(ConfigurationError, match=rf"Stack/Api: add_lifecycle_hook: {message}"):
        service.add_lifecycle_hook(a_function(stack), **{"stages": ["PRE_SCALE_UP"], **wrong})


@pytest.mark.control("LIB-2")
def test_more_hooks_than_ecs_takes_are_refused() -> None:
    stack = new_stack()
    service = a_service(stack)
    for number in range(9):
        service.add_lifecycle_hook(a_function(stack, f"Hook{number}"), stages=["POST_SCALE_UP"])
    with pytest.raises(
        ConfigurationError, match=r"add_lifecycle_hook: got 'hook number 11'; allowed: 10 of a service; ask two things in one"
    ):
        service.add_lifecycle_hook(a_function(stack, "OneMore"), stages=["POST_SCALE_UP"])


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"path": "health"},
            r"SmokeTest\.path: got 'health'; allowed: a path that begins with / and has no spaces; use '/health', and %20",
        ),
        ({"path": "/a b"}, r"SmokeTest\.path: got '/a b'"),
        ({"path": "/a\r\nHost: x"}, r"SmokeTest\.path: got"),
        ({"expect_status": 99}, r"SmokeTest\.expect_status: got 99; allowed: 100 to 599, an HTTP status; use 200"),
        ({"expect_body": ""}, r"SmokeTest\.expect_body: got .*; allowed: a text, which every answer would not have; leave it out"),
        ({"attempts": 0}, r"SmokeTest\.attempts: got 0; allowed: 1 to 20: each takes half a minute; use 5"),
        ({"attempts": 21}, r"SmokeTest\.attempts: got 21"),
        (
            {"timeout": timedelta(seconds=31)},
            r"SmokeTest\.timeout: got '0:00:31'; allowed: whole seconds, 0:00:01 to 0:00:30; use timedelta",
        ),
        ({"timeout": timedelta(milliseconds=1500)}, r"SmokeTest\.timeout: got '0:00:01\.500000'"),
    ],
)
def test_bad_smoke_tests_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        SmokeTest(**{"path": "/health", **wrong})


@pytest.mark.control("LIB-2")
def test_too_many_questions_are_refused() -> None:
    service = a_service(new_stack())
    for number in range(3):
        service.add_smoke_test(SmokeTest(path=f"/{number}", timeout=timedelta(seconds=30)))
    with pytest.raises(
        ConfigurationError, match=r"Stack/Api: add_smoke_test: got '5 tests that may take 0:02:05'; allowed: 0:01:40 for all"
    ):
        service.add_smoke_test(SmokeTest(path="/slow", timeout=timedelta(seconds=30)))
    service = a_service(new_stack())
    with pytest.raises(
        ConfigurationError, match=rf"add_smoke_test: got '\d+ characters'; allowed: {LARGEST} for all tests; expect a shorter"
    ):
        service.add_smoke_test(SmokeTest(path="/", expect_body="x" * LARGEST))


@pytest.mark.control("WEB-4")
def test_a_watch_of_another_stack_is_refused() -> None:
    app = new_app()
    work, watching = new_stack(app, "Work"), new_stack(app, "Watching")
    service = a_service(work)
    with pytest.raises(ConfigurationError, match=r"Watching/Watch: got 'Work/Api, which releases step by step, of Work'"):
        watched(watching, service)


# -- clean, bent, and what it costs ----------------------------------------------------------------------------------


@pytest.mark.control("GOV-1")
@pytest.mark.control("GOV-2")
def test_the_packs_find_what_is_waived_and_nothing_else(canary: Made) -> None:
    expected = [f"AwsSolutions-IAM5[Resource::*] @ {path}" for path in (ROLE_POLICY, "Stack/Api/SmokeTest/Role/Policy/Resource")]
    assert sorted(canary.findings) == sorted(expected)
    waived = [
        f"{entry['data']['rule']} @ {path}/Resource"
        for path, entries in canary.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver" and path.startswith("Stack/Api/")
    ]
    assert sorted(waived) == sorted(expected)


@pytest.mark.control("GOV-1")
def test_a_door_in_a_stack_before_it_never_learns_of_the_service() -> None:
    app = new_app()
    front, work = new_stack(app, "FrontStack"), new_stack(app, "Work")
    door = ProtectedLoadBalancer(
        front, "Front", vpc=a_vpc(front), posture=PRODUCTION.edge, access_logs=a_log_bucket(front), domain=a_domain(front)
    )
    service = WebService(work, "Api", vpc=a_vpc(work), load_balancer=door, image=ecs.ContainerImage.from_registry(IMAGE), posture=CANARY)
    watched(work, service)
    templates = synth_all(app)
    assert "Work" not in json.dumps(templates["FrontStack"].resources)
    assert len(templates["Work"].of_type(RULE)) == 2


def bent(path: str, name: str, value: Any) -> list[str]:
    """Rules of ours that find the service, or its load balancer, after one property was changed."""
    app = new_app()
    stack = new_stack(app)
    watched(stack, a_service(stack))
    found: Any = stack
    for part in path.split("/") if path else ():
        found = found.node.find_child(part)
    if value is None:
        found.add_property_deletion_override(name)
    elif path:
        found.add_property_override(name, value)
    subject = Subject(assembly=read_assembly(Path(app.synth().directory)))
    found_so = [finding for finding in hardening_findings(subject) if finding.path.startswith(("Stack/Api", "Stack/Front"))]
    # Who watches the load balancer is not what is tested here.
    return [finding.rule for finding in found_so if finding.rule != "Prodready-WatchableWithoutAlarms"]


@pytest.mark.control("GOV-3")
@pytest.mark.parametrize(
    ("path", "name", "value", "rule"),
    [
        ("Api/Service/Service", "DeploymentConfiguration.Alarms", None, "ReleaseUnguarded[Alarms]"),
        ("Api/Service/Service", "DeploymentConfiguration.Alarms.Enable", False, "ReleaseUnguarded[Alarms]"),
        ("Api/Service/Service", "DeploymentConfiguration.DeploymentCircuitBreaker.Rollback", False, "ReleaseUnguarded[Rollback]"),
        ("Front/LoadBalancer/TestHttps/Resource", "SslPolicy", "ELBSecurityPolicy-2016-08", "WeakTls"),
        ("Api/SmokeTest/Function/Resource", "RecursiveLoop", "Allow", "FunctionUnguarded[Recursion]"),
    ],
)
def test_bent_by_the_escape_hatch_a_rule_of_ours_bites(path: str, name: str, value: Any, rule: str) -> None:
    assert bent(path, name, value) == [f"Prodready-{rule}"]


def test_unbent_no_rule_of_ours_bites() -> None:
    assert bent("", "", "") == []


def test_what_a_release_costs_in_messages() -> None:
    stack = new_stack()
    vpc = a_vpc(stack)
    first = Part(stack, "First")
    assert first.path
    assert first.stated_region
    door = ProtectedLoadBalancer(stack, "Front", vpc=vpc, posture=PRODUCTION.edge, access_logs=a_log_bucket(stack), domain=a_domain(stack))
    image = ecs.ContainerImage.from_registry(IMAGE)
    WebService(stack, "Before", vpc=vpc, image=image, posture=CANARY)
    with counted() as counts:
        service = WebService(stack, "Api", vpc=vpc, load_balancer=door, image=image, posture=CANARY)
    assert total(counts) <= 150, counts
    with counted() as counts:
        assert service.rollback_specs
    assert total(counts) <= 2, counts
