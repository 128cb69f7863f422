"""Health checks: HTTPS from around the world, counted, or following an alarm; each tells somebody when it turns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from bench.messages import counted, total
from prodready_constructs import PRODUCTION, Routes, Watch
from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.edge import AlarmHealthCheck, CalculatedHealthCheck, HealthCheck
from prodready_constructs.edge.dns.routing import Checked
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from tests.compliance.templates import found, stack_of
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in

CHECK = "AWS::Route53::HealthCheck"
HOST = "use1.checked.example.net"


def config(template: Template, containing: str = "") -> dict[str, Any]:
    return dict(template.props(CHECK, containing)["HealthCheckConfig"])


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return new_stack()


@pytest.fixture(scope="module")
def checks(stack: cdk.Stack) -> list[Checked]:
    """An endpoint, another with everything asked, an alarm, and what is calculated of them."""
    plain = HealthCheck(stack, "Plain", host=HOST)
    whole = HealthCheck(
        stack,
        "Whole",
        host=HOST,
        path="/ready?deep=1",
        port=8443,
        search='"status":"ok"',
        interval=timedelta(seconds=10),
        failures=2,
        regions=["us-east-1", "eu-west-1", "sa-east-1"],
    )
    alarm = AlarmHealthCheck(stack, "Inside", alarm_name="orders-unhealthy", region="eu-central-1", without_data="LastKnownStatus")
    both = CalculatedHealthCheck(stack, "Most", of=[plain, whole, alarm], at_least=2)
    return [plain, whole, alarm, both]


@pytest.fixture(scope="module")
def template(stack: cdk.Stack, checks: list[Checked]) -> Template:
    return synth(stack)


@pytest.mark.control("WEB-9")
def test_an_endpoint_is_asked_over_https_by_its_name(template: Template) -> None:
    assert config(template, "Plain") == {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": HOST,
        "Port": 443,
        "ResourcePath": "/health",
        "EnableSNI": True,
        "Inverted": False,
        "MeasureLatency": True,
        "RequestInterval": 30,
        "FailureThreshold": 3,
    }
    assert template.props(CHECK, "Plain")["HealthCheckTags"] == [{"Key": "Name", "Value": f"{HOST}/health"}]


@pytest.mark.control("WEB-9")
def test_how_it_is_asked_is_the_callers(template: Template, checks: list[Checked]) -> None:
    asked = config(template, "Whole")
    assert (asked["Type"], asked["SearchString"]) == ("HTTPS_STR_MATCH", '"status":"ok"')
    assert (asked["Port"], asked["ResourcePath"]) == (8443, "/ready?deep=1")
    assert (asked["RequestInterval"], asked["FailureThreshold"]) == (10, 2)
    assert asked["Regions"] == ["us-east-1", "eu-west-1", "sa-east-1"]
    whole = cast("HealthCheck", checks[1])
    assert whole.url == f"https://{HOST}:8443/ready?deep=1"
    assert whole.noticed_after == timedelta(seconds=20)
    assert [fact["noticed_after"] for fact in template.recorded("HealthCheck")] == [90, 20]


@pytest.mark.control("WEB-9")
def test_an_alarm_and_others_are_followed(template: Template, checks: list[Checked]) -> None:
    assert config(template, "Inside") == {
        "Type": "CLOUDWATCH_METRIC",
        "AlarmIdentifier": {"Name": "orders-unhealthy", "Region": "eu-central-1"},
        "InsufficientDataHealthStatus": "LastKnownStatus",
        "Inverted": False,
    }
    made = {name: {"Fn::GetAtt": [name, "HealthCheckId"]} for name in template.of_type(CHECK)}
    children = [made[name] for part in ("Plain", "Whole", "Inside") for name in made if part in name]
    assert config(template, "Most") == {"Type": "CALCULATED", "ChildHealthChecks": children, "HealthThreshold": 2, "Inverted": False}
    assert checks[3].hosts == (HOST, HOST)


def test_all_children_are_needed_unless_said() -> None:
    stack = new_stack()
    CalculatedHealthCheck(stack, "All", of=[HealthCheck(stack, name, host=HOST) for name in ("One", "Two")])
    assert config(synth(stack), "All")["HealthThreshold"] == 2


def test_an_alarm_is_of_the_stacks_region_unless_said() -> None:
    template = synth_in(lambda stack: AlarmHealthCheck(stack, "Inside", alarm_name="orders"), region="eu-west-1")
    assert config(template)["AlarmIdentifier"]["Region"] == "eu-west-1"
    assert config(template)["InsufficientDataHealthStatus"] == "Unhealthy"
    nowhere = cdk.Stack(new_app(), "Agnostic")
    AlarmHealthCheck(nowhere, "Inside", alarm_name="orders")
    assert config(synth(nowhere))["AlarmIdentifier"]["Region"] == {"Ref": "AWS::Region"}


def specs_of(check: Any) -> dict[str, AlarmSpec]:
    return {spec.id: spec for spec in check.alarm_specs}


@pytest.mark.control("WEB-9", "OPS-2")
def test_someone_wakes_when_it_turns_and_when_it_is_silent(checks: list[Checked]) -> None:
    ids = [list(specs_of(check)) for check in checks]
    endpoint = ["EndpointUnhealthy", "EndpointPartlyUnreachable"]
    assert ids == [endpoint, endpoint, ["WatchedAlarmUnhealthy"], ["TooFewHealthy", "SpareUnhealthy"]]
    for check in checks:
        first, *others = specs_of(check).values()
        assert (first.severity, first.threshold, first.comparison) == (Severity.CRITICAL, 1, "LessThanThreshold")
        assert (first.metric.name, first.metric.statistic) == ("HealthCheckStatus", "Minimum")  # type: ignore[union-attr]
        assert first.missing_data == "breaching", "a deleted check is silent"
        assert all(spec.severity is Severity.WARNING and spec.missing_data == "notBreaching" for spec in others)
        for spec in (first, *others):
            assert spec.metric.region == "us-east-1"  # type: ignore[union-attr]
            assert spec.metric.dimensions == {"HealthCheckId": check.health_check_id}  # type: ignore[union-attr]
            assert any("aws route53 get-health-check" in command for command in spec.runbook.first_commands)
    partly = specs_of(checks[0])["EndpointPartlyUnreachable"]
    assert (partly.threshold, partly.periods) == (75, 10)
    assert specs_of(checks[3])["SpareUnhealthy"].threshold == 3


def test_a_check_without_a_spare_has_no_alarm_on_it() -> None:
    stack = new_stack()
    check = CalculatedHealthCheck(stack, "All", of=[HealthCheck(stack, "One", host=HOST)])
    assert list(specs_of(check)) == ["TooFewHealthy"]


@pytest.mark.control("OPS-1")
def test_they_have_graphs(checks: list[Checked]) -> None:
    status, times = cast("HealthCheck", checks[0]).graphs
    assert [metric.name for metric in times.metrics] == ["ConnectionTime", "SSLHandshakeTime", "TimeToFirstByte"]  # type: ignore[union-attr]
    for check in cast("list[Any]", checks)[2:]:
        (only,) = check.graphs
        assert only.metrics[0].name == status.metrics[0].name == "HealthCheckStatus"  # type: ignore[union-attr]


@pytest.mark.control("WEB-9", "OPS-2")
def test_it_is_watched_from_us_east_1_wherever_it_is_made() -> None:
    app = new_app()
    west, east = new_stack(app, "West", region="us-west-2"), new_stack(app, "East")
    check = HealthCheck(west, "Check", host=HOST)

    def watch(stack: cdk.Stack) -> Watch:
        routes = Routes(stack, "Alerts", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=["b@example.com"])
        return Watch(stack, "Watch", routes=routes, watching=[check], runbook_base_url="https://runbooks.example.com")

    with pytest.raises(ConfigurationError, match=r"West/Check: alarm EndpointUnhealthy: got 'AWS/Route53 HealthCheckStatus in us-east-1'"):
        watch(west)
    watch(east)
    alarms = synth(east).of_type("AWS::CloudWatch::Alarm")
    assert any("HealthCheckId" in str(alarm["Properties"].get("Dimensions")) for alarm in alarms.values())


@pytest.mark.control("WEB-9")
def test_they_claim_what_they_do(template: Template) -> None:
    for kind in ("HealthCheck", "CalculatedHealthCheck", "AlarmHealthCheck"):
        for fact in template.recorded(kind):
            assert fact["watchable"] is True
            assert [claim["control"] for claim in fact["controls"]] == ["WEB-9"]


def test_no_finding_remains(stack: cdk.Stack, checks: list[Checked]) -> None:
    assert findings(stack) == []


def test_feature_flags_do_not_matter() -> None:
    def build(stack: cdk.Stack) -> None:
        CalculatedHealthCheck(stack, "All", of=[HealthCheck(stack, "Check", host=HOST)])

    assert synth_in(build, flags={}).resources == synth_in(build).resources


@pytest.mark.control("WEB-9", "GOV-3")
@pytest.mark.parametrize("bent", [False, True])
def test_a_check_bent_to_plain_http_is_found(bent: bool) -> None:
    stack = new_stack()
    check = HealthCheck(stack, "Check", host=HOST)
    if bent:
        check.health_check.add_property_override("HealthCheckConfig.Type", "HTTP")
    assert len(found("PlainHealthCheck", stack_of(synth(stack).resources))) == bent


@pytest.mark.control("WEB-9", "GOV-3")
@pytest.mark.parametrize("bent", [False, True])
def test_a_check_bent_to_say_the_opposite_is_found(bent: bool) -> None:
    stack = new_stack()
    check = HealthCheck(stack, "Check", host=HOST)
    if bent:
        check.health_check.add_property_override("HealthCheckConfig.Inverted", True)
    assert len(found("InvertedHealthCheck", stack_of(synth(stack).resources))) == bent


def test_they_cost_few_messages() -> None:
    stack = new_stack()
    first = Part(stack, "First")
    assert first.path
    assert first.stated_region
    with counted() as counts:
        check = HealthCheck(stack, "Check", host=HOST)
        AlarmHealthCheck(stack, "Alarm", alarm_name="orders")
        CalculatedHealthCheck(stack, "All", of=[check])
        assert check.alarm_specs
        assert check.graphs
    assert total(counts) <= 15
    assert counts["callback"] == 0


ENDPOINT = r"^Stack/Check: "


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"host": "203.0.113.7"},
            r"host: got '203.0.113.7'; allowed: a domain name, such as 'us-west-2.shop.example.com': the certificate and SNI want a name, not an "
            r"address; leave out scheme, port, path and wildcard; give the endpoint a name by Domain\(...\).alias\(...\)$",
        ),
        ({"host": "https://shop.example.com"}, r"host: got 'https://shop.example.com'; allowed: a domain name"),
        ({"host": "*.example.com"}, r"host: got '\*.example.com'; allowed: a domain name"),
        (
            {"host": "internal-front-123.eu-west-1.elb.amazonaws.com"},
            r"host: got 'internal-front.*'; allowed: a name that the internet resolves and reaches: Route 53's checkers are outside of every VPC; "
            r"check what stands in front of it, or follow an alarm on it by AlarmHealthCheck$",
        ),
        ({"host": "orders.shop.internal"}, r"host: got 'orders.shop.internal'; allowed: a name that the internet resolves"),
        (
            {"path": "health"},
            r"path: got 'health'; allowed: a path of up to 255 characters that begins with '/', without spaces; write it as a browser sends it, "
            r"such as '/health'$",
        ),
        ({"path": "/a b"}, r"path: got '/a b'; allowed: a path"),
        ({"path": "/" + "x" * 255}, r"path: got '/x+'; allowed: a path of up to 255 characters"),
        ({"port": 0}, r"port: got 0; allowed: 1 to 65535; leave it at 443$"),
        ({"search": ""}, r"search: got ''; allowed: a text of 1 to 255 characters; leave it out, or choose a short mark$"),
        (
            {"interval": timedelta(seconds=20)},
            r"interval: got '0:00:20'; allowed: 10 or 30 seconds, the two that Route 53 offers; take 30 seconds, or 10 at an extra price$",
        ),
        ({"failures": 11}, r"failures: got 11; allowed: 1 to 10; take 3$"),
        ({"failures": 0}, r"failures: got 0; allowed: 1 to 10; take 3$"),
        (
            {"regions": ["us-east-1", "eu-west-1"]},
            r"regions: got 'us-east-1, eu-west-1'; allowed: at least 3 of ap-northeast-1, .*, us-west-2, each once; leave it empty for all of them$",
        ),
        (
            {"regions": ["us-east-1", "eu-west-1", "eu-central-1"]},
            r"regions: got 'us-east-1, eu-west-1, eu-central-1'; allowed: at least 3",
        ),
        ({"regions": ["us-east-1", "us-east-1", "eu-west-1"]}, r"regions: got 'us-east-1, us-east-1, eu-west-1'; allowed: at least 3"),
    ],
)
@pytest.mark.control("WEB-9", "LIB-2")
def test_it_refuses_what_route_53_cannot_ask(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=ENDPOINT + message):
        HealthCheck(new_stack(), "Check", **({"host": HOST} | asked))


def test_a_name_known_at_deployment_is_taken_on_trust() -> None:
    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "Host")
    HealthCheck(stack, "Check", host=parameter.value_as_string)
    assert config(synth(stack))["FullyQualifiedDomainName"] == {"Ref": "Host"}


@pytest.mark.control("WEB-9", "LIB-2")
def test_it_refuses_to_count_what_cannot_be_counted() -> None:
    stack = new_stack()
    one, two = HealthCheck(stack, "One", host=HOST), HealthCheck(stack, "Two", host=HOST)
    calculated = CalculatedHealthCheck(stack, "Fine", of=[one, two])
    where = r"^Stack/Bad\d: "
    different = r"of: got '{}'; allowed: 1 to 255 different health checks; name each check once$"
    refused: list[tuple[list[Checked], int | None, str]] = [
        ([], None, different.format("0 health checks, 0 of them different")),
        ([one, one], None, different.format("2 health checks, 1 of them different")),
        ([one] * 256, None, r"of: got '256 health checks, "),
        (
            [one, calculated],
            None,
            r"of: got 'a calculated health check among them'; allowed: checks of endpoints and alarms: Route 53 does not calculate from "
            r"calculated ones; name the children of that check here as well$",
        ),
        (
            [one, two],
            3,
            r"at_least: got 3; allowed: 1 to 2: none needed is always healthy, more than there are never; leave it out to need all",
        ),
        ([one, two], 0, r"at_least: got 0; allowed: 1 to 2: "),
    ]
    for number, (of, at_least, message) in enumerate(refused):
        with pytest.raises(ConfigurationError, match=where + message):
            CalculatedHealthCheck(stack, f"Bad{number}", of=of, at_least=at_least)


@pytest.mark.control("WEB-9", "LIB-2")
def test_it_refuses_what_is_no_alarm() -> None:
    stack = new_stack()
    message = (
        r"alarm_name: got '{}'; allowed: the name of an alarm of this account, 1 to 256 characters; hand over alarm.alarm_name \(or the ref of a "
        r"CfnAlarm\), not its ARN$"
    )
    for number, name in enumerate(("", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:orders", "x" * 257)):
        with pytest.raises(ConfigurationError, match=rf"^Stack/Bad{number}: {message.format(name)}"):
            AlarmHealthCheck(stack, f"Bad{number}", alarm_name=name)
    allowed = r"got 'Fine'; allowed: 'Unhealthy' or 'LastKnownStatus' or 'Healthy'; leave it at 'Unhealthy'$"
    with pytest.raises(ConfigurationError, match=rf"^Stack/Status: without_data: {allowed}"):
        AlarmHealthCheck(stack, "Status", alarm_name="orders", without_data=cast("Any", "Fine"))


def test_an_alarm_of_the_app_is_followed_by_its_name() -> None:
    stack = new_stack()
    metric = cloudwatch.Metric(namespace="AWS/ApplicationELB", metric_name="HealthyHostCount", statistic="Minimum")
    alarm = cloudwatch.Alarm(stack, "Alarm", metric=metric, threshold=1, evaluation_periods=2)
    AlarmHealthCheck(stack, "Inside", alarm_name=alarm.alarm_name)
    template = synth(stack)
    assert config(template)["AlarmIdentifier"]["Name"] == {"Ref": next(iter(template.of_type("AWS::CloudWatch::Alarm")))}
