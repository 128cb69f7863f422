"""Two versions of a service behind one load balancer: the groups that take turns, the rules that ECS weighs, and the side door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from bench.messages import counted, total
from prodready_constructs.contracts import FrontDoor, Route, ShiftingDoor
from prodready_constructs.edge import ProtectedLoadBalancer
from prodready_constructs.errors import ConfigurationError
from tests.edge.balancer.test_load_balancer import GROUP, INGRESS, LISTENER, RULE, a_door, of_the_door
from tests.edge.parts import a_service, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

MINUTE = timedelta(minutes=1)


def shifted(door: ProtectedLoadBalancer, stack: cdk.Stack, name: str = "Orders", **given: Any) -> Route:
    service = a_service(stack, name, vpc=given.pop("vpc", None))
    asked = {"container_port": 8080, "health_check_path": "/health", "drain": MINUTE, **given}
    return door.shift_to(service, **asked)


class Made(NamedTuple):
    route: Route
    template: Template
    findings: list[str]


def made(*, flags: dict[str, Any] | None = None, **bent: Any) -> Made:
    stack = new_stack(new_app(flags=flags))
    route = shifted(a_door(stack, **bent), stack)
    tester = ec2.SecurityGroup(stack, "Tester", vpc=a_vpc(stack, "TesterVpc"), allow_all_outbound=False)
    tester.connections.allow_to(route.side_door.connectable, ec2.Port.tcp(route.side_door.port), "Smoke test")
    found = of_the_door(findings(stack))
    return Made(route, synth(stack), found)


@pytest.fixture(scope="module", params=[None, {}], ids=["recommended flags", "no flags"])
def internal(request: pytest.FixtureRequest) -> Made:
    return made(flags=request.param)


@pytest.fixture(scope="module")
def trial() -> Made:
    return made(domain=None)


@pytest.fixture(scope="module")
def public() -> Made:
    return made(public=True)


def groups_of(rule: dict[str, Any]) -> list[tuple[str, int]]:
    (action,) = rule["Actions"]
    assert action["Type"] == "forward"
    return [(group["TargetGroupArn"]["Ref"], group["Weight"]) for group in action["ForwardConfig"]["TargetGroups"]]


# -- the rules -------------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-4")
def test_both_rules_know_both_groups_and_begin_with_the_first(internal: Made) -> None:
    first, second = ("OrdersRouteTargets", "OrdersRouteAlternate")
    for name in ("OrdersRouteRule", "OrdersRouteTestRule"):
        (one, weight), (other, rest) = groups_of(internal.template.props(RULE, name))
        assert one.startswith(first)
        assert other.startswith(second)
        assert (weight, rest) == (1, 0), "what ECS does from then on is no business of the template's"


@pytest.mark.control("WEB-4")
def test_the_groups_are_alike(internal: Made) -> None:
    first, second = (internal.template.props(GROUP, name) for name in ("OrdersRouteTargets", "OrdersRouteAlternate"))
    assert first == second
    assert (first["TargetType"], first["HealthCheckPath"], first["HealthyThresholdCount"]) == ("ip", "/health", 2)


@pytest.mark.control("WEB-4")
def test_the_service_is_not_told_twice(internal: Made) -> None:
    assert "DependsOn" not in internal.template.one("AWS::ECS::Service") or not any(
        "Route" in name for name in internal.template.one("AWS::ECS::Service")["DependsOn"]
    )
    (between,) = [rule["Properties"] for rule in internal.template.of_type(INGRESS).values() if rule["Properties"]["ToPort"] == 8080]
    assert "Orders" in between["GroupId"]["Fn::GetAtt"][0]
    assert "Front" in between["SourceSecurityGroupId"]["Fn::GetAtt"][0]


@pytest.mark.control("WEB-4")
def test_visitors_come_by_path_and_tests_by_header(internal: Made) -> None:
    (visitors,) = internal.template.props(RULE, "OrdersRouteRule")["Conditions"]
    (tests,) = internal.template.props(RULE, "OrdersRouteTestRule")["Conditions"]
    assert visitors == {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}
    assert tests == {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Release-Test", "Values": ["Stack/Orders"]}}
    assert internal.route.side_door.headers == {"X-Release-Test": "Stack/Orders"}


def test_services_share_the_side_door_and_not_their_header() -> None:
    stack = new_stack()
    door = a_door(stack)
    shifted(door, stack)
    shifted(door, stack, "Users", paths=["/users/*"])
    template = synth(stack)
    assert len([name for name in template.of_type(LISTENER) if "Test" in name]) == 1
    orders, users = (template.props(RULE, f"{name}RouteTestRule") for name in ("Orders", "Users"))
    assert orders["ListenerArn"] == users["ListenerArn"]
    assert (orders["Priority"], users["Priority"]) == (50_000, 10)
    assert template.props(RULE, "UsersRouteRule")["Conditions"][0]["PathPatternConfig"]["Values"] == ["/users/*"]
    assert users["Conditions"][0]["HttpHeaderConfig"]["Values"] == ["Stack/Users"]


# -- the side door ---------------------------------------------------------------------------------------------------


@pytest.mark.control("WEB-2")
def test_the_side_door_is_the_front_door_on_another_port(internal: Made) -> None:
    front = internal.template.props(LISTENER, "LoadBalancerHttps")
    side = internal.template.props(LISTENER, "TestHttps")
    assert (side["Port"], side["Protocol"]) == (8443, "HTTPS")
    for name in ("Certificates", "SslPolicy", "DefaultActions"):
        assert side[name] == front[name], name
    headers = {pair["Key"]: pair["Value"] for pair in side["ListenerAttributes"]}
    assert headers == {
        "routing.http.response.server.enabled": "false",
        "routing.http.response.x_content_type_options.header_value": "nosniff",
    }
    door = internal.route.side_door
    assert (door.port, door.server_name, door.interfaces) == (8443, "shop.example.com", None)


@pytest.mark.control("NET-6")
def test_only_the_smoke_test_comes_in_by_the_side_door(internal: Made, public: Made) -> None:
    for template in (internal.template, public.template):
        rules = [found["Properties"] for found in template.of_type(INGRESS).values()]
        inline = [
            rule
            for group in template.of_type("AWS::EC2::SecurityGroup").values()
            for rule in group["Properties"].get("SecurityGroupIngress", ())
        ]
        beside = [rule for rule in [*rules, *inline] if rule["FromPort"] <= 8443 <= rule["ToPort"]]
        (one,) = beside
        assert (one["FromPort"], one["ToPort"]) == (8443, 8443)
        assert one["SourceSecurityGroupId"]["Fn::GetAtt"][0].startswith("Tester")


def test_a_balancer_whose_services_never_shift_has_no_side_door() -> None:
    stack = new_stack()
    a_door(stack).route_to(a_service(stack), container_port=8080, health_check_path="/health", drain=MINUTE)
    template = synth(stack)
    assert not [name for name in template.of_type(LISTENER) if "Test" in name]
    assert len(template.of_type(GROUP)) == 1


@pytest.mark.control("WEB-10")
def test_a_trial_has_a_side_door_without_a_certificate(trial: Made) -> None:
    side = trial.template.props(LISTENER, "TestHttp")
    assert (side["Port"], side["Protocol"]) == (8080, "HTTP")
    assert "Certificates" not in side
    assert (trial.route.side_door.port, trial.route.side_door.server_name) == (8080, None)


def test_a_public_balancer_is_found_by_its_interfaces(public: Made) -> None:
    assert public.route.side_door.interfaces is not None
    assert public.route.side_door.interfaces.startswith("ELB ${Token[")


@pytest.mark.control("LIB-6")
def test_a_service_of_another_stack_takes_its_route_with_it() -> None:
    app = new_app()
    front, work = new_stack(app, "FrontStack"), new_stack(app, "Work")
    route = shifted(a_door(front), work)
    tester = ec2.SecurityGroup(work, "Tester", vpc=a_vpc(work, "TesterVpc"), allow_all_outbound=False)
    tester.connections.allow_to(route.side_door.connectable, ec2.Port.tcp(8443), "Smoke test")
    templates = synth_all(app)
    assert not templates["FrontStack"].of_type(GROUP)
    assert "Work" not in str(templates["FrontStack"].resources), "the earlier stack must not wait for the later one"
    assert len(templates["Work"].of_type(GROUP)) == len(templates["Work"].of_type(RULE)) == 2


def test_it_is_a_front_door_of_both_kinds() -> None:
    door: FrontDoor = a_door(new_stack())
    assert isinstance(door, ShiftingDoor)


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"health_check_path": "health"}, r"health_check_path: got 'health'; allowed: a path that begins with '/'; use '/health'"),
        ({"drain": timedelta(hours=2)}, r"got 'drain=2:00:00'; allowed: 0 seconds to 1:00:00; use an hour at most"),
        ({"paths": []}, r"paths: got '0 patterns'; allowed: 1 to 5 .*; use a wider pattern"),
    ],
)
def test_what_it_refuses(bad: dict[str, Any], message: str) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=rf"Stack/Orders: route_to: {message}"):
        shifted(a_door(stack), stack, **bad)


@pytest.mark.control("GOV-1")
def test_no_pack_finds_anything_about_the_side_door(internal: Made, public: Made) -> None:
    assert [finding for finding in [*internal.findings, *public.findings] if "Test" in finding] == []


@pytest.mark.control("GOV-2")
def test_what_a_trial_cannot_meet_is_waived(trial: Made) -> None:
    found = sorted(finding for finding in trial.findings if "Test" in finding)
    waived = sorted(
        f"{entry['data']['rule']} @ {path}"
        for path, entries in trial.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver" and "Test" in path
    )
    assert found == waived
    assert len(found) == 7


def test_what_a_route_costs_in_messages() -> None:
    stack = new_stack()
    door = a_door(stack)
    shifted(door, stack, "First", paths=["/first/*"])
    service = a_service(stack)
    with counted() as counts:
        door.shift_to(service, container_port=8080, health_check_path="/health", drain=MINUTE)
    assert total(counts) <= 30, counts
