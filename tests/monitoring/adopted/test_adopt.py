"""Adopting: a stranger's L2 or L1 gets the alarms AWS recommends, each with a source and a runbook that can be pasted."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Change, Dashboard, Routes, Watch, adopt
from prodready_constructs.monitoring.adopted.adopt import _known
from prodready_constructs.posture import PRODUCTION
from tests.compliance.templates import found, stack_of
from tests.monitoring.adopted.strangers import IMPORTED, PLAIN, Strangers
from tests.support.aws_cli import faults as command_faults
from tests.support.cloudwatch.alarms import of_spec
from tests.support.cloudwatch.proof import faults
from tests.support.synthesis import Template, new_stack, synth

BASE = "https://runbooks.example.com"


def routes(stack: cdk.Stack) -> Routes:
    return Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))


@pytest.fixture(scope="module")
def everything() -> tuple[list[Any], Template]:
    """One of every L2, watched."""
    stack = new_stack()
    resources = [adopt(one) for one in Strangers(stack).all()]
    alerting = routes(stack)
    watch = Watch(stack, "Watch", routes=alerting, watching=[*resources, alerting], runbook_base_url=BASE)
    Dashboard(stack, "Dashboard", posture=PRODUCTION.monitoring, title="Shop", watching=resources, watches=[watch])
    return resources, synth(stack)


def specs(*resources: Any) -> list[AlarmSpec]:
    return [spec for one in resources for spec in one.alarm_specs if isinstance(spec, AlarmSpec)]


@pytest.mark.control("OPS-2", "OPS-7")
def test_every_l2_is_watched_by_what_it_is_called_in_the_template(everything: tuple[list[Any], Template]) -> None:
    resources, template = everything
    names = {name for page in template.recorded("Watch")[0]["alarms"] for name in [page["name"]]}
    for resource in resources:
        path = resource.node.path.removeprefix("Stack/").replace("/", "-")
        assert {f"{path}-{spec.id}" for spec in resource.alarm_specs} <= names
        assert resource.graphs
    alarm = template.props("AWS::CloudWatch::Alarm", "DatabaseDiskNearlyFull")
    assert alarm["Threshold"] == 20 * 1024**3  # a tenth of 200 GiB
    assert template.resources[alarm["Dimensions"][0]["Value"]["Ref"]]["Properties"]["AllocatedStorage"] == "200"
    dead = template.props("AWS::CloudWatch::Alarm", "QueueDeadLetters")
    assert "Dead" in str(dead["Dimensions"])


@pytest.mark.control("OPS-7")
def test_the_guard_has_nothing_left_to_find(everything: tuple[list[Any], Template]) -> None:
    watched = everything[1].resources
    bare = {name: body for name, body in watched.items() if body["Type"] != "AWS::CloudWatch::Alarm"}
    assert len(found("WatchableWithoutAlarms", stack_of(bare))) >= 10
    assert found("WatchableWithoutAlarms", stack_of(watched)) == []


@pytest.mark.control("OPS-2", "OPS-3")
@pytest.mark.parametrize("name", PLAIN)
def test_an_l1_too(name: str) -> None:
    stack = new_stack()
    resource = adopt(PLAIN[name](stack))
    alerting = routes(stack)
    Watch(stack, "Watch", routes=alerting, watching=[resource], runbook_base_url=BASE)
    assert specs(resource)


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize("name", IMPORTED)
def test_what_is_imported_too(name: str) -> None:
    stack = new_stack()
    assert specs(adopt(IMPORTED[name](stack)))


@pytest.mark.control("OPS-2")
def test_an_imported_load_balancer_is_called_as_its_metrics_call_it() -> None:
    stack = new_stack()
    (first, *_) = specs(adopt(IMPORTED["Balancer"](stack)))
    assert stack.resolve(dict(first.metric.using["whole"].dimensions)) == {"LoadBalancer": "app/shop/50dc6c495c0c9188"}  # type: ignore[union-attr]


@pytest.mark.control("OPS-2")
def test_every_alarm_fires_when_it_should_and_only_then(everything: tuple[list[Any], Template]) -> None:
    stack = new_stack()
    plain = [adopt(make(stack)) for make in PLAIN.values()]
    assert [fault for spec in specs(*everything[0], *plain) for fault in faults(of_spec(spec.id, spec))] == []


@pytest.mark.control("OPS-3")
def test_every_runbook_can_be_pasted_and_every_number_has_a_source(everything: tuple[list[Any], Template]) -> None:
    stack = new_stack()
    described = [spec for one in [*everything[0], *(adopt(make(stack)) for make in PLAIN.values())] for spec in one.alarm_specs]
    assert [fault for spec in described for line in spec.runbook.first_commands for fault in command_faults(line)] == []
    assert [spec.id for spec in described if len(spec.source) < 15 or len(spec.runbook.causes) < 2] == []


@pytest.mark.control("OPS-2")
def test_users_change_numbers_by_the_path_of_the_resource() -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Orders")
    changes = {
        "Orders/OldestMessage": Change(threshold=60, severity=Severity.CRITICAL, because="Orders are shown within a minute"),
        "Orders/DepthIncreasing": Change(left_out=True, because="A nightly import fills it on purpose"),
        "Orders/InFlightNearQuota": Change(left_out=True, because="One consumer, one message at a time"),
    }
    Watch(stack, "Watch", routes=routes(stack), watching=[adopt(queue)], runbook_base_url=BASE, changes=changes)
    template = synth(stack)
    (alarm,) = template.of_type("AWS::CloudWatch::Alarm").values()
    assert alarm["Properties"]["Threshold"] == 60
    assert "Critical" in str(alarm["Properties"]["AlarmActions"])
    (recorded,) = template.recorded("Watch")
    assert recorded["left_out"] == [
        {"alarm": "Orders/DepthIncreasing", "because": "A nightly import fills it on purpose"},
        {"alarm": "Orders/InFlightNearQuota", "because": "One consumer, one message at a time"},
    ]
    assert recorded["alarms"][0]["source"].startswith("Orders are shown within a minute (was: Our reason")


@pytest.mark.control("LIB-2")
def test_refuses_what_nobody_has_described() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError,
        match=r"adopt\(Stack/Files\): got 'Topic'; allowed: one of aws_apigateway\.CfnRestApi, .*aws_sqs\.IQueue.*; "
        r"describe its alarms yourself: any object with node, stack, alarm_specs and graphs can be watched",
    ):
        adopt(sns.Topic(stack, "Files"))


@pytest.mark.control("LIB-2")
def test_refuses_what_has_no_metrics_to_name() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=0)
    with pytest.raises(
        ConfigurationError,
        match=r"adopt: got 'a target group without a load balancer'; allowed: groups that a listener in this app sends requests to: "
        r"their metrics carry the load balancer's name; adopt it after adding it to a listener",
    ):
        adopt(elbv2.ApplicationTargetGroup(stack, "Group", vpc=vpc, port=80))
    with pytest.raises(
        ConfigurationError,
        match=r"adopt: got 'an API of WEBSOCKET'; allowed: HTTP APIs and REST APIs; describe its alarms as AlarmSpec",
    ):
        adopt(apigatewayv2.CfnApi(stack, "Socket", name="socket", protocol_type="WEBSOCKET"))


def test_everything_that_can_be_adopted_is_adopted_here(everything: tuple[list[Any], Template]) -> None:
    """A new service needs a stranger above: an L1, or an L2."""
    stack = new_stack()
    tried = {name for make in PLAIN.values() for name in _names(make(stack))} | {
        name for one in everything[0] for name in _names(one._resource)
    }
    assert set(_known()) - tried == {
        "aws_dynamodb.CfnGlobalTable",
        "aws_cloudfront.CfnDistribution",
        # Its NAT gateways: test_recommended.py.
        "aws_ec2.Vpc",
        # Stores only: test_speaking_for_itself.py.
        "aws_s3.IBucket",
        "aws_s3.CfnBucket",
    }


def _names(resource: Any) -> set[str]:
    from prodready_constructs.monitoring.adopted.adopt import _types

    return set(_types(resource))


def test_a_watch_adopts_as_well() -> None:
    queue = sqs.Queue(new_stack(), "Queue")
    assert [spec.id for spec in Watch.adopt(queue).alarm_specs] == [spec.id for spec in adopt(queue).alarm_specs]
