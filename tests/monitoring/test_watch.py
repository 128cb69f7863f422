"""Watch: every alarm made as described, routed by severity, explained, and found by the evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs.contracts import AlarmSpec, Metric, RunbookSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.monitoring.quiet import MOST_MEMBERS
from prodready_constructs.monitoring.words import in_words
from prodready_constructs.posture import PRODUCTION
from tests.monitoring.watched import CPU, ERRORS, FAILOVER, LATENCY, RUNBOOK, STOPPED, Watched
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all, synth_in

BASE = "https://runbooks.example.com"


def routes(stack: cdk.Stack) -> Routes:
    return Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))


def watch(stack: cdk.Stack, *watched: Any, **changes: Any) -> Watch:
    return Watch(stack, "Watch", **{"routes": routes(stack), "watching": watched, "runbook_base_url": BASE, **changes})


@pytest.fixture(scope="module")
def built() -> tuple[Watch, Template, list[str]]:
    stack = new_stack()
    alerting = routes(stack)
    made = Watch(stack, "Watch", routes=alerting, watching=[Watched(stack, "Orders"), alerting], runbook_base_url=BASE + "/")
    return made, synth(stack), findings(stack)


@pytest.fixture(scope="module")
def template(built: tuple[Watch, Template, list[str]]) -> Template:
    return built[1]


def topic(template: Template, severity: str) -> dict[str, str]:
    (name,) = [name for name in template.of_type("AWS::SNS::Topic") if severity in name]
    return {"Ref": name}


@pytest.mark.control("OPS-2")
def test_every_description_becomes_one_resource(built: tuple[Watch, Template, list[str]]) -> None:
    made, template, _ = built
    assert made.alarm_count == 8
    assert len(template.of_type("AWS::CloudWatch::Alarm")) == len(made.alarm_arns) == 6
    assert len(template.of_type("AWS::Events::Rule")) == 1
    assert len(template.of_type("AWS::RDS::EventSubscription")) == 1


@pytest.mark.control("OPS-2")
def test_metric_alarm_is_what_the_description_says(template: Template) -> None:
    alarm = template.props("AWS::CloudWatch::Alarm", "OrdersCpuHigh")
    assert {key: value for key, value in alarm.items() if key != "AlarmDescription"} == {
        "ActionsEnabled": True,
        "AlarmActions": [topic(template, "Warning")],
        "OKActions": [topic(template, "Warning")],
        "ComparisonOperator": "GreaterThanThreshold",
        "DatapointsToAlarm": 5,
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders"}],
        "EvaluationPeriods": 5,
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/RDS",
        "Period": 60,
        "Statistic": "Average",
        "Threshold": 80,
        "TreatMissingData": "missing",
    }


@pytest.mark.control("OPS-2")
def test_percentiles_are_extended_statistics(template: Template) -> None:
    alarm = template.props("AWS::CloudWatch::Alarm", "OrdersLatencyHigh")
    assert alarm["ExtendedStatistic"] == "p95"
    assert "Statistic" not in alarm
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (3, 5, "notBreaching")


@pytest.mark.control("OPS-2")
def test_a_new_alarm_may_wait_for_what_cannot_have_come_yet() -> None:
    template = synth_in(lambda stack: watch(stack, Watched(stack, "A", replace(CPU, warm_up=timedelta(hours=26)))))
    waits = {"OnlyStartEvaluatingAfterWarmUpPeriodEnds": True, "WarmUpPeriodDurationInMinutes": 26 * 60}
    assert template.props("AWS::CloudWatch::Alarm", "CpuHigh")["WarmUpConfiguration"] == waits


@pytest.mark.control("OPS-2")
def test_math_alarm_computes_from_its_metrics(template: Template) -> None:
    alarm = template.props("AWS::CloudWatch::Alarm", "OrdersErrorRate")
    assert "Period" not in alarm
    assert "MetricName" not in alarm
    result, errors, requests = alarm["Metrics"]
    assert result == {"Expression": "100 * errors / requests", "Id": "result", "Label": "Error rate", "ReturnData": True}
    assert errors == {
        "Id": "errors",
        "ReturnData": False,
        "MetricStat": {
            "Metric": {"Namespace": "Shop", "MetricName": "Errors", "Dimensions": [{"Name": "Api", "Value": "orders"}]},
            "Period": 300,
            "Stat": "Sum",
        },
    }
    assert requests["MetricStat"]["Metric"]["MetricName"] == "Requests"


@pytest.mark.control("OPS-1", "OPS-2")
def test_each_alarm_goes_to_the_topic_of_its_severity(template: Template) -> None:
    critical = template.props("AWS::CloudWatch::Alarm", "OrdersErrorRate")
    assert critical["AlarmActions"] == critical["OKActions"] == [topic(template, "Critical")]
    assert template.props("AWS::RDS::EventSubscription")["SnsTopicArn"] == topic(template, "Critical")
    assert template.props("AWS::Events::Rule")["Targets"][0]["Arn"] == topic(template, "Warning")


@pytest.mark.control("OPS-3")
def test_every_alarm_says_what_it_means_and_links_its_runbook(template: Template) -> None:
    names = [page["name"] for page in template.recorded("Watch")[0]["alarms"]]
    assert names[:5] == ["Orders-CpuHigh", "Orders-LatencyHigh", "Orders-ErrorRate", "Orders-TaskStopped", "Orders-Failover"]
    for name in names[:3]:
        alarm = template.props("AWS::CloudWatch::Alarm", name.replace("-", ""))
        assert alarm["AlarmDescription"] == f"Users see errors. Runbook: {BASE}/Stack/{name}"


@pytest.mark.control("OPS-2")
def test_event_reaches_the_topic_by_the_role_and_is_never_lost(template: Template) -> None:
    rule = template.props("AWS::Events::Rule")
    assert rule["EventPattern"] == {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}
    assert rule["State"] == "ENABLED"
    (target,) = rule["Targets"]
    (queue,) = template.of_type("AWS::SQS::Queue")
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    assert "EventRole" in target["RoleArn"]["Fn::GetAtt"][0]
    message = target["InputTransformer"]["InputTemplate"]
    assert f'"runbook": "{BASE}/Stack/Orders-TaskStopped"' in message
    assert "<aws.events.event.json>" in message


@pytest.mark.control("DB-10")
def test_rds_events_are_subscribed(template: Template) -> None:
    subscription = template.props("AWS::RDS::EventSubscription")
    assert subscription["SourceType"] == "db-instance"
    assert subscription["SourceIds"] == ["orders"]
    assert subscription["EventCategories"] == ["failover", "failure"]
    assert subscription["Enabled"] is True


@pytest.mark.control("OPS-4")
def test_the_composite_sums_up_the_critical_alarms_and_pages_nobody(template: Template) -> None:
    composite = template.props("AWS::CloudWatch::CompositeAlarm")
    rule = str(composite["AlarmRule"])
    assert "OrdersErrorRate" in rule
    assert "OrdersCpuHigh" not in rule
    assert rule.count('ALARM("') == 3
    assert composite["ActionsEnabled"] is False
    assert "AlarmActions" not in composite


@pytest.mark.control("OPS-3", "OPS-7")
def test_the_assembly_alone_tells_the_evidence_everything(template: Template) -> None:
    (recorded,) = template.recorded("Watch")
    assert recorded["watched"] == ["Stack/Orders", "Stack/Routes"]
    page = recorded["alarms"][0]
    (logical_id,) = [name for name in template.of_type("AWS::CloudWatch::Alarm") if "OrdersCpuHigh" in name]
    assert page == {
        "construct": "Stack/Orders",
        "id": "CpuHigh",
        "name": "Orders-CpuHigh",
        "alarm": {"Fn::GetAtt": [logical_id, "Arn"]},
        "severity": "warning",
        "threshold": "CPUUtilization (Average) > 80 in 5 of 5 periods of 1 minute; no data: missing",
        "source": "Ledger OPS-2",
        "meaning": "Users see errors.",
        "causes": ["a bad release"],
        "commands": ["aws rds describe-db-instances"],
        "escalation": "Call the owner.",
    }
    words = {page["id"]: page["threshold"] for page in recorded["alarms"]}
    assert words["LatencyHigh"].startswith("TargetResponseTime (p95) > 0.5 in 3 of 5 periods")
    assert words["ErrorRate"].startswith("Error rate: 100 * errors / requests > 5 in 1 of 1 period of 5 minutes")
    assert words["TaskStopped"] == "each event that matches the pattern"
    assert words["Failover"] == "each RDS event of db-instance in: failover, failure"


@pytest.mark.control("OPS-3")
@pytest.mark.parametrize(("threshold", "words"), [(10_737_418_240.0, "> 10,737,418,240 in"), (0.05, "> 0.05 in"), (5, "> 5 in")])
def test_thresholds_are_written_for_people(threshold: float, words: str) -> None:
    assert words in in_words(replace(CPU, threshold=threshold))


def test_clean_but_for_the_waived_dead_letter_queue(built: tuple[Watch, Template, list[str]]) -> None:
    assert {finding.split(" @ ")[1] for finding in built[2]} == {"Stack/Routes/Undelivered/Resource"}


def _gap(**changes: Any) -> AlarmSpec:
    return replace(CPU, runbook=RunbookSpec(**{"meaning": "m", "causes": ("c",), "first_commands": ("f",), **changes}))


@pytest.mark.control("OPS-2", "OPS-3", "OPS-7")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (watch, r"^Stack/Watch: got 'no alarm'; allowed: constructs with alarm_specs; add them to watching"),
        (lambda s: watch(s, Watched(s, "A", silent=True)), r"got 'no alarm'"),
        (lambda s: watch(s, *[Watched(s, "A")] * 2), r"^Stack/Watch: got 'Stack/A'; allowed: each construct once; remove the second"),
        (
            lambda s: watch(s, Watched(s, "A", CPU, CPU)),
            r"got 'two alarms named A-CpuHigh'; allowed: each alarm id once in its construct; rename one in Stack/A",
        ),
        (
            lambda s: watch(s, Watched(s, "A", replace(CPU, source=" "))),
            r"^Stack/A: alarm CpuHigh: got ' '; allowed: where the threshold comes from; fill AlarmSpec.source",
        ),
        (lambda s: watch(s, Watched(s, "A", _gap(meaning=""))), r"a runbook with empty meaning'; allowed: meaning, causes, first commands"),
        (lambda s: watch(s, Watched(s, "A", _gap(causes=()))), r"a runbook with empty causes'"),
        (lambda s: watch(s, Watched(s, "A", _gap(first_commands=("",)))), r"a runbook with empty first_commands'"),
        (lambda s: watch(s, Watched(s, "A", _gap(escalation=""))), r"a runbook with empty escalation'; .*; write what the person"),
        (lambda s: watch(s, Watched(s, "A", replace(STOPPED, source=""))), r"^Stack/A: alarm TaskStopped: got ''"),
        (lambda s: watch(s, Watched(s, "A", replace(CPU, id="cpu high"))), r"^Stack/A: got 'cpu high'; allowed: an alarm id in PascalCase"),
        (
            lambda s: watch(s, Watched(s, "A", replace(CPU, metric=replace(CPU.metric, region="us-west-2")))),
            r"alarm CpuHigh: got 'AWS/RDS CPUUtilization in us-west-2'; allowed: metrics of us-east-1, .*; "
            r"watch this construct from a stack in us-west-2, with Routes of its own there",
        ),
        (
            lambda s: watch(s, Watched(s, "A", replace(CPU, periods=1441))),
            r"got '1441 periods of 1 minute'; allowed: a window of 1 day at most .*; use fewer or shorter periods",
        ),
        (
            lambda s: watch(s, Watched(s, "A", replace(CPU, periods=8, metric=replace(CPU.metric, period=timedelta(days=1))))),
            r"got '8 periods of 1 day'; allowed: a window of 7 days at most",
        ),
        (
            lambda s: watch(s, Watched(s, "A", replace(CPU, warm_up=timedelta(days=3)))),
            r"alarm CpuHigh: got 'a warm-up of 3 days'; allowed: 1 minute to 2 days; leave it out, or warm up for a shorter time",
        ),
        (lambda s: watch(s, Watched(s, "A", replace(CPU, datapoints=6))), r"got 6; allowed: 1 to 5 datapoints; lower datapoints"),
        (
            lambda s: watch(s, Watched(s, "A"), runbook_base_url="runbooks"),
            r"^Stack/Watch: runbook_base_url: got 'runbooks'; allowed: an https:// address; say where the runbook pages are published",
        ),
        (
            lambda s: watch(s, Watched(s, "A", *[replace(ERRORS, id=f"E{n}") for n in range(MOST_MEMBERS + 1)])),
            r"got '61 critical alarms'; allowed: 60 in one Watch: .*; watch half of the constructs with a second Watch",
        ),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())


@pytest.mark.control("OPS-2")
def test_refuses_routes_of_another_region() -> None:
    app = new_app()
    far = routes(new_stack(app, "Far", region="us-west-2"))
    near = new_stack(app, "Near")
    with pytest.raises(ConfigurationError, match=r"^Near/Watch: routes: got 'routes in us-west-2'; allowed: routes in us-east-1, .*; make"):
        watch(near, Watched(near, "A"), routes=far)


@pytest.mark.control("LIB-6")
def test_environment_agnostic_stack_takes_a_metric_of_any_region() -> None:
    stack = cdk.Stack(new_app(), "Stack")
    watch(stack, Watched(stack, "A", replace(CPU, metric=Metric(namespace="AWS/CloudFront", name="Requests", region="us-east-1"))))
    assert len(synth(stack).of_type("AWS::CloudWatch::Alarm")) == 1


@pytest.mark.control("LIB-6")
def test_constructs_of_another_stack_are_named_by_their_whole_path() -> None:
    app = new_app()
    data, web = new_stack(app, "Data"), new_stack(app, "Web")
    Watch(
        web, "Watch", routes=routes(data), watching=[Watched(data, "Orders", CPU), Watched(web, "Orders", LATENCY)], runbook_base_url=BASE
    )
    template = synth_all(app)["Web"]
    assert [page["name"] for page in template.recorded("Watch")[0]["alarms"]] == ["Data-Orders-CpuHigh", "Orders-LatencyHigh"]


def test_two_watches_in_one_stack_and_no_critical_alarm() -> None:
    stack = new_stack()
    alerting = routes(stack)
    first = Watch(stack, "First", routes=alerting, watching=[Watched(stack, "A", CPU)], runbook_base_url=BASE)
    second = Watch(stack, "Second", routes=alerting, watching=[Watched(stack, "B", FAILOVER)], runbook_base_url=BASE)
    assert first.any_critical is None
    assert second.any_critical is None, "an RDS event has no state to sum up"
    assert synth(stack).of_type("AWS::CloudWatch::CompositeAlarm") == {}


def test_quotes_and_brackets_of_a_meaning_cannot_break_the_event_message() -> None:
    stack = new_stack()
    odd = replace(STOPPED, runbook=replace(RUNBOOK, meaning='The "web" <task>\nstopped.'))
    watch(stack, Watched(stack, "A", odd))
    message = synth(stack).props("AWS::Events::Rule")["Targets"][0]["InputTransformer"]["InputTemplate"]
    assert "The 'web' (task) stopped." in message


def test_alarm_of_severity_without_feature_flags() -> None:
    stack = new_stack(new_app(flags={}))
    watch(stack, Watched(stack, "A", replace(CPU, severity=Severity.CRITICAL)))
    template = synth(stack)
    assert template.props("AWS::CloudWatch::Alarm")["AlarmActions"] == [topic(template, "Critical")]
