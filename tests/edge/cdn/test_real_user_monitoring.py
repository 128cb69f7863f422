"""What browsers tell: no cookies, no credentials, one action on one monitor."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs.contracts import AlarmSpec, Metric, Severity
from prodready_constructs.edge import ContentSecurityPolicy, RealUserMonitoring
from prodready_constructs.errors import ConfigurationError
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth

NAMES = ("shop.example.com",)


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    RealUserMonitoring(stack, "Rum", names=NAMES)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


def joined(value: Any) -> str:
    """A joined string, with references by their names."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else str(next(iter(part.values()))) for part in value["Fn::Join"][1])


@pytest.mark.control("WEB-7")
def test_a_sample_of_sessions_reports_without_cookies(template: Template) -> None:
    monitor = template.props("AWS::RUM::AppMonitor")
    assert monitor["DomainList"] == list(NAMES)
    assert monitor["AppMonitorConfiguration"] == {
        "AllowCookies": False,
        "EnableXRay": False,
        "SessionSampleRate": 0.1,
        "Telemetries": ["errors", "performance", "http"],
    }
    assert (monitor["CwLogEnabled"], monitor["CustomEvents"]) == (False, {"Status": "DISABLED"})


@pytest.mark.control("WEB-7")
def test_pages_may_do_one_thing_on_one_monitor_and_hold_no_credentials(template: Template) -> None:
    assert {resource["Type"] for resource in template.resources.values()} <= {"AWS::RUM::AppMonitor", "AWS::CDK::Metadata"}
    monitor = template.props("AWS::RUM::AppMonitor")
    (statement,) = json.loads(joined(monitor["ResourcePolicy"]["PolicyDocument"]))["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "rum:PutRumEvents",
        "Resource": f"arn:AWS::Partition:rum:us-east-1:111122223333:appmonitor/{monitor['Name']}".replace(
            "us-east-1", "AWS::Region"
        ).replace("111122223333", "AWS::AccountId"),
        "Condition": {"StringEquals": {"rum:alias": monitor["Name"]}},
    }


@pytest.mark.control("WEB-7")
def test_the_page_is_allowed_what_it_needs_and_told_how() -> None:
    rum = RealUserMonitoring(new_stack(), "Rum", names=NAMES, session_sample_rate=0.5, cookies=True)
    policy = ContentSecurityPolicy().including(rum.content_sources)
    assert "connect-src 'self' https://dataplane.rum.us-east-1.amazonaws.com" in policy.headers()["Content-Security-Policy"]
    settings = rum.client_settings["settings"]
    assert isinstance(settings, dict)
    assert (settings["sessionSampleRate"], settings["allowCookies"], settings["signing"]) == (0.5, True, False)
    assert f"{settings['endpoint']}" in policy.headers()["Content-Security-Policy"]


def test_it_waits_for_the_morning() -> None:
    rum = RealUserMonitoring(new_stack(), "Rum", names=NAMES)
    specs = {spec.id: spec for spec in rum.alarm_specs if isinstance(spec, AlarmSpec)}
    assert {name: spec.severity for name, spec in specs.items()} == {"ScriptErrors": Severity.WARNING, "SlowPages": Severity.WARNING}
    assert all(spec.missing_data == "notBreaching" and spec.runbook.first_commands for spec in specs.values())
    slow = specs["SlowPages"].metric
    assert isinstance(slow, Metric)
    assert (slow.statistic, specs["SlowPages"].threshold) == ("p75", 4_000)
    assert [graph.title for graph in rum.graphs] == ["Visitors' sessions and errors", "Largest paint"]


@pytest.mark.parametrize("names", [(), ("https://shop.example.com",), ("shop",), tuple(f"s{number}.example.com" for number in range(6))])
def test_it_refuses_names_that_are_none(names: tuple[str, ...]) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Rum: names: got '.*'; allowed: 1 to 5 domain names, such as 'shop.example.com'; name the hosts of the",
    ):
        RealUserMonitoring(new_stack(), "Rum", names=names)


@pytest.mark.parametrize("rate", [0, -0.1, 1.1])
def test_it_refuses_a_rate_that_is_none(rate: float) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Rum: session_sample_rate: got .*; allowed: above 0, up to 1 \(every session\); leave the construct out",
    ):
        RealUserMonitoring(new_stack(), "Rum", names=NAMES, session_sample_rate=rate)


def test_rule_packs_find_nothing(stack: cdk.Stack) -> None:
    assert findings(stack) == []
