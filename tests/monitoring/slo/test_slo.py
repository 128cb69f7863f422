"""An objective: counted by Application Signals, told of before it is broken, judged by what AWS promises below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from bench.messages import counted, total
from prodready_constructs.compliance.built_in import construct_notes
from prodready_constructs.contracts import AlarmSpec, GoodAndBad, GoodMinutes, MathMetric, Metric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.monitoring import AgreedDowntime, Routes, Slo, Watch
from prodready_constructs.posture import PRODUCTION
from tests.monitoring.watched import Watched
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ERRORS = Metric(namespace="Shop", name="Errors", dimensions={"Api": "orders"}, statistic="Sum")
REQUESTS = replace(ERRORS, name="Requests")
REQUEST_BASED = GoodAndBad(bad=ERRORS, total=REQUESTS, rests_on=("alb", "fargate"))
FAST = GoodMinutes(
    metric=Metric(namespace="Shop", name="Latency", statistic="p95", period=MINUTE), threshold=0.5, good_while="LessThanOrEqualToThreshold"
)
SUNDAYS = AgreedDowntime("cron(0 2 ? * SUN *)", timedelta(hours=2), "Agreed with the shops: they are closed")


class Service(Watched):
    """A construct that knows how its users fare."""

    service_level = REQUEST_BASED


@pytest.fixture(scope="module")
def built() -> tuple[Slo, Slo, Template, list[str]]:
    stack = new_stack()
    orders = Slo(
        stack, "Orders", of=Service(stack, "Service"), target=99.9, depends_on=["rds"], downtime=[SUNDAYS], window=timedelta(days=30)
    )
    fast = Slo(stack, "Fast", of=FAST, target=99, window=timedelta(days=7))
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))
    Watch(stack, "Watch", routes=routes, watching=[orders, fast, routes], runbook_base_url="https://runbooks.example.com")
    return orders, fast, synth(stack), findings(stack)


def properties(built: tuple[Slo, Slo, Template, list[str]], containing: str) -> dict[str, Any]:
    return built[2].props("AWS::ApplicationSignals::ServiceLevelObjective", containing)


@pytest.mark.control("OPS-6")
def test_requests_are_counted(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    orders = properties(built, "Orders")
    assert orders["Name"] == "Stack-Orders"
    assert orders["Goal"] == {
        "AttainmentGoal": 99.9,
        "WarningThreshold": 50,
        "Interval": {"RollingInterval": {"Duration": 30, "DurationUnit": "DAY"}},
    }
    sli = orders["RequestBasedSli"]["RequestBasedSliMetric"]
    (all_of_them,) = sli["TotalRequestCountMetric"]
    assert all_of_them == {
        "Id": "counted",
        "ReturnData": True,
        "MetricStat": {
            "Metric": {"Namespace": "Shop", "MetricName": "Requests", "Dimensions": [{"Name": "Api", "Value": "orders"}]},
            "Period": 60,
            "Stat": "Sum",
        },
    }
    result, bad = sli["MonitoredRequestCountMetric"]["BadCountMetric"]
    assert result == {"Id": "result", "Expression": "FILL(counted, 0)", "ReturnData": True}
    assert bad["MetricStat"]["Metric"]["MetricName"] == "Errors"
    assert bad["ReturnData"] is False


@pytest.mark.control("OPS-6")
def test_minutes_are_counted(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    sli = properties(built, "Fast")["Sli"]
    assert sli["ComparisonOperator"] == "LessThanOrEqualTo"
    assert sli["MetricThreshold"] == 0.5
    assert sli["SliMetric"]["PeriodSeconds"] == 60
    assert [query["MetricStat"]["Stat"] for query in sli["SliMetric"]["MetricDataQueries"]] == ["p95"]


@pytest.mark.control("OPS-6")
def test_a_burn_rate_for_every_window_that_an_alarm_looks_at(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    for slo, containing in ((built[0], "Orders"), (built[1], "Fast")):
        reckoned = {one["LookBackWindowMinutes"] for one in properties(built, containing)["BurnRateConfigurations"]}
        looked_at = {
            int(metric.dimensions["BurnRateWindowMinutes"])
            for spec in slo.alarm_specs
            if isinstance(spec, AlarmSpec) and isinstance(spec.metric, MathMetric)
            for metric in spec.metric.using.values()
        }
        assert reckoned == looked_at
    assert {one["LookBackWindowMinutes"] for one in properties(built, "Orders")["BurnRateConfigurations"]} == {5, 30, 60, 360, 4320}


@pytest.mark.control("OPS-6")
def test_who_is_woken(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    specs = {spec.id: spec for spec in built[0].alarm_specs}
    assert {name: spec.severity for name, spec in specs.items()} == {
        "FastBurn": Severity.CRITICAL,
        "SlowBurn": Severity.CRITICAL,
        "Erosion": Severity.WARNING,
        "BudgetSpent": Severity.WARNING,
    }
    assert [spec.id for spec in built[1].alarm_specs] == ["FastBurn", "SlowBurn", "BudgetSpent"]
    spent = specs["BudgetSpent"]
    assert isinstance(spent, AlarmSpec)
    assert (spent.threshold, spent.comparison, spent.missing_data) == (99.9, "LessThanThreshold", "notBreaching")
    fast = specs["FastBurn"]
    assert isinstance(fast, AlarmSpec)
    assert (fast.threshold, fast.comparison, fast.periods, fast.missing_data) == (14.4, "GreaterThanThreshold", 1, "notBreaching")
    assert "14.4 times as fast as 99.9 % in 30 days allows: 2 % of the budget went within 1 hour, all of it would be gone in 50 hours." in (
        fast.runbook.meaning
    )


@pytest.mark.control("OPS-6")
def test_two_windows_to_a_page(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    page = built[2].props("AWS::CloudWatch::Alarm", "OrdersFastBurn")
    assert page["ActionsEnabled"] is True
    assert len(page["AlarmActions"]) == 1
    assert page["Threshold"] == 14.4
    result, long, short = page["Metrics"]
    assert result["Expression"] == "IF(short < long, short, long)", "above the threshold while both are, and nothing when one is silent"
    dimensions = [{one["Name"]: one["Value"] for one in each["MetricStat"]["Metric"]["Dimensions"]} for each in (long, short)]
    assert dimensions == [
        {"SloName": "Stack-Orders", "BurnRateWindowMinutes": "60"},
        {"SloName": "Stack-Orders", "BurnRateWindowMinutes": "5"},
    ]
    assert [each["MetricStat"]["Stat"] for each in (long, short)] == ["Maximum", "Maximum"]


def test_runbook_commands_exist(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    commands = [command for slo in built[:2] for spec in slo.alarm_specs for command in spec.runbook.first_commands]
    assert commands
    assert not [fault for command in commands for fault in faults(command)]


def test_exclusions_do_not_count(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    assert properties(built, "Orders")["ExclusionWindows"] == [
        {
            "Window": {"Duration": 2, "DurationUnit": "HOUR"},
            "RecurrenceRule": {"Expression": "cron(0 2 ? * SUN *)"},
            "Reason": "Agreed with the shops: they are closed",
        }
    ]
    assert "ExclusionWindows" not in properties(built, "Fast")


@pytest.mark.control("OPS-6")
def test_the_dashboard_shows_what_is_left(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    left, attained, burn = built[0].graphs
    assert left.title == "Error budget left (43 min 12 s at most)"
    (metric,) = left.metrics
    assert isinstance(metric, MathMetric)
    assert metric.expression == "100 * (attained - 99.9) / 0.1"
    assert attained.title == "Stack/Service: 99.9 % in 30 days"
    assert [each.label for each in burn.metrics] == ["last 5 minutes", "last 30 minutes", "last 1 hour", "last 6 hours", "last 3 days"]


@pytest.mark.control("OPS-6")
def test_the_arithmetic_is_recorded_and_noted(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    template = built[2]
    orders, fast = sorted(template.recorded("Slo"), key=lambda one: -one["target"])
    assert orders["budget"] == 2592
    assert orders["promises"].endswith("= 99.930011 %")
    assert "promises" not in fast


def warnings_of(target: float, **more: Any) -> list[str]:
    stack = new_stack()
    Slo(stack, "Orders", of=REQUEST_BASED, target=target, **more)
    return [entry["data"] for entry in synth(stack).metadata.get("Stack/Orders", []) if entry["type"] == "aws:cdk:warning"]


@pytest.mark.control("OPS-6")
def test_a_target_above_the_promises_is_warned_of_with_the_arithmetic() -> None:
    assert warnings_of(99.9) == []
    (warning,) = warnings_of(99.99)
    assert warning == (
        "A target of 99.99 % is above what AWS promises of what it depends on: 99.99 % (Elastic Load Balancing, several zones, 2022-07) x "
        "99.99 % (Amazon ECS and AWS Fargate, several zones, 2022-05) = 99.980001 %. It can be met only while AWS does better than promised. "
        "[ack: prodready:promises]"
    )
    assert warnings_of(99.9, depends_on=["cognito"])[0].count(" x ") == 2


@pytest.mark.control("OPS-6")
def test_the_guard_shows_the_warning_and_goes_on() -> None:
    stack = new_stack()
    Slo(stack, "Orders", of=REQUEST_BASED, target=99.99)
    notes = construct_notes(read_assembly(Path(stack.node.root.synth().directory)))  # type: ignore[attr-defined]
    assert [(finding.rule, shown) for finding, shown in notes] == [("Annotation[prodready:promises]", True)]


@pytest.mark.control("OPS-6")
def test_the_warning_can_be_acknowledged() -> None:
    stack = new_stack()
    promise = Slo(stack, "Orders", of=REQUEST_BASED, target=99.99)
    cdk.Annotations.of(promise).acknowledge_warning("prodready:promises", "99.995 % measured over two years")
    assert not [entry for entry in synth(stack).metadata.get("Stack/Orders", []) if entry["type"] == "aws:cdk:warning"]


def test_clean(built: tuple[Slo, Slo, Template, list[str]]) -> None:
    assert not [finding for finding in built[3] if "/Orders" in finding or "/Fast" in finding]


def test_without_feature_flags() -> None:
    stack = new_stack(new_app(flags={}))
    Slo(stack, "Orders", of=REQUEST_BASED, target=99.9)
    assert synth(stack).props("AWS::ApplicationSignals::ServiceLevelObjective")["Name"] == "Stack-Orders"


@pytest.mark.parametrize("rate", ["rate(1 day)", "rate(12 hours)", "rate(1 month)"])
def test_exclusions_by_rate(rate: str) -> None:
    assert AgreedDowntime(rate, timedelta(minutes=90), "nightly batch").every == rate


def slo(stack: cdk.Stack, **changes: Any) -> Slo:
    return Slo(stack, "Orders", **{"of": REQUEST_BASED, "target": 99.9, **changes})


WINDOW = r"^Stack/Orders: window: got '%s'; allowed: whole days, 7 days to 90 days; take 7, 28, 30 or 90 days$"
TARGET = (
    r"^Stack/Orders: target: got %s; allowed: above 93\.055556 \(below, a total failure burns slower than the page at 14\.4\) "
    r"and below 100 percent; %s$"
)


@pytest.mark.control("OPS-6")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda s: slo(s, target=100), TARGET % ("100", r"promise 99\.9 or less: nothing is always up")),
        (lambda s: slo(s, target=101), TARGET % ("101", r"promise 99\.9 or less: nothing is always up")),
        (lambda s: slo(s, target=93), TARGET % ("93", r"promise more, or take a shorter window")),
        (lambda s: slo(s, target=-1), TARGET % ("-1", r"promise more, or take a shorter window")),
        (lambda s: slo(s, window=timedelta(days=6)), WINDOW % "6 days, 0:00:00"),
        (lambda s: slo(s, window=timedelta(days=91)), WINDOW % "91 days, 0:00:00"),
        (lambda s: slo(s, window=timedelta(days=7, hours=1)), WINDOW % "7 days, 1:00:00"),
        (
            lambda s: slo(s, downtime=[SUNDAYS] * 11),
            r"^Stack/Orders: downtime: got 11; allowed: at most 10; join those that follow each other$",
        ),
        (
            lambda s: slo(s, target=99.99, require_promises=True),
            r"^Stack/Orders: target: got '99\.99 %'; allowed: at most 99\.980001 %, what AWS promises of what it depends on: .*; lower the target",
        ),
        (
            lambda s: slo(s, depends_on=["mainframe"]),
            r"^Stack/Orders: depends_on: got 'mainframe'; allowed: alb, .*; name a service of the table; one that AWS promises nothing for",
        ),
        (
            lambda s: slo(s, of=GoodAndBad(bad=replace(ERRORS, region="us-west-2"), total=REQUESTS)),
            r"^Stack/Orders: of: got 'Shop Errors in us-west-2'; allowed: metrics of us-east-1, the region of this stack; make the Slo in a",
        ),
        (
            lambda s: slo(s, of=GoodAndBad(bad=replace(ERRORS, period=timedelta(minutes=15)), total=REQUESTS)),
            r"^Stack/Orders: of: got 'a period of 15 minutes'; allowed: whole minutes up to 5 minutes, the shortest look-back of a burn rate; count",
        ),
        (
            lambda s: slo(s, of=GoodAndBad(bad=MathMetric(expression="1", using={}, label="none"), total=REQUESTS)),
            r"^Stack/Orders: of: got '0 metrics'; allowed: 1 to 10 in an expression; count fewer things$",
        ),
        (
            lambda s: Slo(s, "O" * 130, of=REQUEST_BASED, target=99.9),
            r"^Stack/O+: got 'Stack-O+'; allowed: 128 characters of stack name and path; shorten the construct's id$",
        ),
        (
            lambda _: AgreedDowntime("daily", timedelta(hours=1), "because"),
            r"^AgreedDowntime\.every: got 'daily'; allowed: cron\(.*; mend the rule: neither cron\(\.\.\.\) nor rate\(\.\.\.\)$",
        ),
        (
            lambda _: AgreedDowntime("cron(0 2 * * * *)", timedelta(hours=1), "because"),
            r"^AgreedDowntime\.every: got 'cron\(0 2 \* \* \* \*\)'; .*; mend the rule: ",
        ),
        (
            lambda _: AgreedDowntime("cron(0 0 31 2 ? *)", timedelta(hours=1), "because"),
            r"^AgreedDowntime\.every: got 'cron\(0 0 31 2 \? \*\)'; allowed: .*; mend the rule: ",
        ),
        (
            lambda _: AgreedDowntime("rate(1 hour)", timedelta(hours=1), "because"),
            r"^AgreedDowntime\.lasts: got '1:00:00'; allowed: whole minutes, at least one and less than 1 hour, when the next begins; shorten it: an obj",
        ),
        (
            lambda _: AgreedDowntime("rate(1 day)", timedelta(seconds=30), "because"),
            r"^AgreedDowntime\.lasts: got '0:00:30'; allowed: whole minutes, at least",
        ),
        (
            lambda _: AgreedDowntime("rate(1 day)", timedelta(hours=1), " "),
            r"^AgreedDowntime\.because: got ' '; allowed: 1 to 1024 characters; say what the",
        ),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())


@contextmanager
def at_most(messages: int) -> Iterator[None]:
    with counted() as counts:
        yield
    assert total(counts) <= messages, counts
    assert counts["callback"] == 0


def test_messages() -> None:
    stack = new_stack()
    slo(stack, target=99)
    with at_most(8):
        Slo(stack, "Second", of=REQUEST_BASED, target=99)
