"""What users ask of a Watch beyond the alarms it finds: other numbers, learned bands, quiet hours, a limit of cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest

from bench.messages import counted, total
from prodready_constructs.contracts import CompositeSpec, MathMetric, Metric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Change, Routes, Watch
from prodready_constructs.monitoring.budget import bill
from prodready_constructs.monitoring.checks import MOST_METRICS
from prodready_constructs.posture import PRODUCTION
from tests.compliance.templates import found, stack_of
from tests.monitoring.watched import CPU, ERRORS, FAILOVER, LATENCY, RUNBOOK, STOPPED, Watched
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth

BASE = "https://runbooks.example.com"
DEPLOYING = Metric(namespace="ECS/ContainerInsights", name="DeploymentCount", dimensions={"ServiceName": "orders"}, statistic="Maximum")
TOGETHER = CompositeSpec(
    id="Burning",
    all_of=(replace(CPU, id="Fast", threshold=90), replace(CPU, id="Slow", threshold=50, periods=12)),
    severity=Severity.CRITICAL,
    runbook=RUNBOOK,
    source="Ledger OPS-6",
)


def routes(stack: cdk.Stack) -> Routes:
    return Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))


def watch(stack: cdk.Stack, *watched: Any, **more: Any) -> Watch:
    return Watch(stack, "Watch", routes=routes(stack), watching=watched, runbook_base_url=BASE, **more)


def alarm(template: Template, containing: str) -> dict[str, Any]:
    return template.props("AWS::CloudWatch::Alarm", containing)


@pytest.mark.control("OPS-2")
def test_thresholds_are_parameters() -> None:
    stack = new_stack()
    changes = {
        "Orders/CpuHigh": Change(threshold=70, periods=3, because="Measured: users notice at 75 %"),
        "Orders/LatencyHigh": Change(severity=Severity.CRITICAL, missing_data="ignore", because="Agreed with the shop"),
        "Orders/TaskStopped": Change(left_out=True, because="Spot tasks stop all day"),
    }
    watch(stack, Watched(stack, "Orders"), changes=changes)
    template = synth(stack)
    cpu, latency = alarm(template, "CpuHigh"), alarm(template, "LatencyHigh")
    assert (cpu["Threshold"], cpu["EvaluationPeriods"], cpu["DatapointsToAlarm"]) == (70, 3, 3)
    assert latency["TreatMissingData"] == "ignore"
    assert "Critical" in str(latency["AlarmActions"])
    assert latency["Threshold"] == LATENCY.threshold
    assert template.of_type("AWS::Events::Rule") == {}
    (recorded,) = template.recorded("Watch")
    assert recorded["left_out"] == [{"alarm": "Orders/TaskStopped", "because": "Spot tasks stop all day"}]
    assert recorded["alarms"][0]["source"] == "Measured: users notice at 75 % (was: Ledger OPS-2)"


@pytest.mark.control("OPS-8")
def test_what_is_unusual_is_a_warning_beside_the_alarm() -> None:
    stack = new_stack()
    watch(stack, Watched(stack, "Orders"), unusual={"Orders/ErrorRate": 3, "Orders/CpuHigh": 2.5})
    template = synth(stack)
    assert alarm(template, "OrdersErrorRateUnusual") == {
        **{key: value for key, value in alarm(template, "OrdersErrorRateUnusual").items() if key in ("AlarmDescription", "Metrics")},
        "ActionsEnabled": True,
        "AlarmActions": alarm(template, "OrdersCpuHighUnusual")["AlarmActions"],
        "OKActions": alarm(template, "OrdersCpuHighUnusual")["AlarmActions"],
        "ComparisonOperator": "GreaterThanUpperThreshold",
        "DatapointsToAlarm": 3,
        "EvaluationPeriods": 3,
        "ThresholdMetricId": "band",
        "TreatMissingData": "notBreaching",
    }
    *_, band = alarm(template, "OrdersErrorRateUnusual")["Metrics"]
    assert band == {"Expression": "ANOMALY_DETECTION_BAND(result, 3)", "Id": "band", "Label": "expected", "ReturnData": True}
    metric, band = alarm(template, "OrdersCpuHighUnusual")["Metrics"]
    assert (metric["Id"], metric["ReturnData"], metric["MetricStat"]["Stat"]) == ("result", True, "Average")
    assert band["Expression"] == "ANOMALY_DETECTION_BAND(result, 2.5)"
    (words,) = [page["threshold"] for page in template.recorded("Watch")[0]["alarms"] if page["id"] == "CpuHighUnusual"]
    assert words == (
        "CPUUtilization (Average) above the expected band of 2.5 standard deviations in 3 of 3 periods of 1 minute; no data: missing"
    )


@pytest.mark.control("OPS-8")
def test_alarms_that_mean_something_together_tell_together() -> None:
    stack = new_stack()
    made = watch(stack, Watched(stack, "Orders", TOGETHER))
    template = synth(stack)
    fast, slow = alarm(template, "BurningFast"), alarm(template, "BurningSlow")
    assert "AlarmActions" not in fast | slow
    assert "Warning" in str(fast["InsufficientDataActions"]), "only when it can no longer be evaluated"
    burning = template.props("AWS::CloudWatch::CompositeAlarm", "Burning")
    assert str(burning["AlarmRule"]).count('ALARM("') == 2
    assert " AND " in str(burning["AlarmRule"])
    assert "Critical" in str(burning["AlarmActions"])
    assert burning["AlarmDescription"] == f"Users see errors. Runbook: {BASE}/Stack/Orders-Burning"
    assert "Burning" in str(template.props("AWS::CloudWatch::CompositeAlarm", "AnyCritical")["AlarmRule"])
    assert made.alarm_count == len(made.alarm_arns) == 1
    assert found("AlarmWithoutAction", stack_of(template.resources)) == found("AlarmWithoutRunbook", stack_of(template.resources)) == []


@pytest.fixture(scope="module")
def hushed() -> tuple[Watch, Template, list[str]]:
    stack = new_stack()
    orders, bills = Watched(stack, "Orders"), Watched(stack, "Bills", CPU)
    made = watch(stack, orders, bills)
    made.hush(orders, during=DEPLOYING, above=1)
    made.mute("Sunday", [bills], schedule="cron(0 2 * * SUN)", lasting=timedelta(hours=2), time_zone="Europe/Berlin")
    return made, synth(stack), findings(stack)


@pytest.mark.control("OPS-8")
def test_a_deployment_holds_warnings_back_and_no_critical_alarm(hushed: tuple[Watch, Template, list[str]]) -> None:
    template = hushed[1]
    under_way = alarm(template, "UnderWay")
    assert (under_way["MetricName"], under_way["Threshold"]) == ("DeploymentCount", 1)
    assert "AlarmActions" not in under_way
    assert under_way["TreatMissingData"] == "notBreaching"
    told = template.props("AWS::CloudWatch::CompositeAlarm", "Warnings")
    (suppressor,) = [name for name in template.of_type("AWS::CloudWatch::Alarm") if "UnderWay" in name]
    assert told["ActionsSuppressor"] == {"Fn::GetAtt": [suppressor, "Arn"]}
    assert (told["ActionsSuppressorWaitPeriod"], told["ActionsSuppressorExtensionPeriod"]) == (120, 120)
    assert "Warning" in str(told["AlarmActions"])
    assert told["AlarmDescription"].endswith(f"Runbook: {BASE}/Stack/index")
    for name, acts in (("OrdersCpuHigh", False), ("OrdersLatencyHigh", False), ("OrdersErrorRate", True), ("BillsCpuHigh", True)):
        assert bool(alarm(template, name).get("AlarmActions")) is acts
        assert bool(alarm(template, name).get("OKActions")) is acts
        assert (name in str(told["AlarmRule"])) is not acts
    assert found("AlarmWithoutAction", stack_of(template.resources)) == found("AlarmWithoutRunbook", stack_of(template.resources)) == []


@pytest.mark.control("OPS-8")
def test_maintenance_mutes_what_is_worked_on(hushed: tuple[Watch, Template, list[str]]) -> None:
    rule = hushed[1].props("AWS::CloudWatch::AlarmMuteRule")
    assert rule["Rule"]["Schedule"] == {"Duration": "PT120M", "Expression": "cron(0 2 * * SUN)", "Timezone": "Europe/Berlin"}
    (muted,) = rule["MuteTargets"]["AlarmNames"]
    assert "BillsCpuHigh" in muted["Ref"]


def test_clean_but_for_the_waived_dead_letter_queue(hushed: tuple[Watch, Template, list[str]]) -> None:
    assert {finding.split(" @ ")[1] for finding in hushed[2]} == {"Stack/Routes/Undelivered/Resource"}


@pytest.mark.control("OPS-2")
def test_what_alarms_cost_is_in_the_assembly(hushed: tuple[Watch, Template, list[str]]) -> None:
    (recorded,) = hushed[1].recorded("Watch")
    assert recorded["bill"] == {
        "alarms": 4,
        "metrics": 5,
        "high_resolution_metrics": 0,
        "composites": 1,
        "queries": 0,
        "usd_per_month": 1.0,
        "prices": "https://aws.amazon.com/cloudwatch/pricing/ (us-east-1, 2026-05, without the free tier)",
    }
    (hush,) = hushed[1].recorded("Hush")
    assert (hush["bill"]["usd_per_month"], hush["holds_back"]) == (0.6, 2)
    assert float(hushed[0].bill.usd_per_month) == 1.6


@pytest.mark.control("OPS-2")
def test_every_synth_says_what_alarms_cost(hushed: tuple[Watch, Template, list[str]]) -> None:
    said = {
        path: entry["data"].partition(". Prices: https://aws.amazon.com/cloudwatch/pricing/")[0]
        for path, entries in hushed[1].metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:info"
    }
    assert said == {
        "Stack/Watch": "4 alarms over 5 metrics and 1 composite alarm: 1.00 USD a month",
        "Stack/Watch/Orders-Hush": "1 alarm over 1 metric and 1 composite alarm: 0.60 USD a month",
    }


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize(
    ("spec", "cents"),
    [
        (CPU, 10),
        (ERRORS, 20),
        (replace(CPU, metric=replace(CPU.metric, period=timedelta(seconds=10))), 30),
        (replace(CPU, metric=MathMetric(expression="SELECT SUM(x) FROM Shop", using={}, label="x")), 10),
        (TOGETHER, 70),
        (STOPPED, 0),
        (FAILOVER, 0),
    ],
)
def test_what_one_alarm_costs(spec: Any, cents: int) -> None:
    assert bill(spec).usd_per_month * 100 == cents


@pytest.mark.control("LIB-2")
def test_refuses_more_than_the_limit() -> None:
    message = (
        r"Stack/Watch: monthly_limit: got '5 alarms over 4 metrics and 1 composite alarm: 0\.90 USD a month'; allowed: 0\.50 USD a month; "
        r"raise the limit, or leave out an alarm: changes=\{\.\.\.: Change\(left_out=True, because=\.\.\.\)\}"
    ).replace("5 alarms", "3 alarms")
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=message):
        watch(stack, Watched(stack, "Orders"), monthly_limit=0.5)
    stack = new_stack()
    orders = Watched(stack, "Orders")
    made = watch(stack, orders, monthly_limit=1)
    with pytest.raises(ConfigurationError, match=r"got '4 alarms over 5 metrics and 2 composite alarms: 1\.50 USD a month'"):
        made.hush(orders, during=DEPLOYING)


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"because": " ", "threshold": 1}, r"Change\.because: got ' '; allowed: why this number is right here; cite a measurement"),
        ({"because": "x"}, r"Change: got 'nothing to change'; allowed: a number, a severity, or left_out; remove it from changes"),
    ],
)
def test_refuses_a_change_that_says_nothing(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Change(**change)


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"changes": {"Orders/CpuHihg": Change(threshold=1, because="x")}},
            r"Stack/Watch: changes: got 'Orders/CpuHihg'; allowed: <construct's path in its stack>/<alarm id>; "
            r"name an alarm that is there, e\.g\. Orders/CpuHigh",
        ),
        (
            {"unusual": {"Bills/CpuHigh": 2}},
            r"Stack/Watch: unusual: got 'Bills/CpuHigh'; allowed: <construct's path in its stack>/<alarm id>",
        ),
        (
            {"changes": {"Orders/TaskStopped": Change(threshold=1, because="x")}},
            r"Stack/Orders: alarm TaskStopped: got 'Change of threshold'; "
            r"allowed: severity and left_out: this alarm has no threshold of its own; leave the rest out of the Change",
        ),
        (
            {"unusual": {"Orders/TaskStopped": 2}},
            r"Stack/Orders: alarm TaskStopped: got 'an alarm without a metric'; allowed: alarms on a metric; "
            r"remove it from unusual: an event has no usual number",
        ),
        (
            {"unusual": {"Orders/CpuHigh": 0}},
            r"Stack/Orders: alarm CpuHighUnusual: got 0; allowed: a band wider than 0 standard deviations; 2 is CloudWatch's own default",
        ),
    ],
)
def test_refuses_changes_of_what_is_not_there(more: dict[str, Any], message: str) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=message):
        watch(stack, Watched(stack, "Orders"), **more)


def _metric(namespace: str, name: str, seconds: int) -> Metric:
    return Metric(namespace=namespace, name=name, period=timedelta(seconds=seconds))


@pytest.mark.control("OPS-2", "LIB-2")
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            replace(CPU, metric=_metric("Shop", "Orders", 45)),
            r"alarm CpuHigh: got 'a period of 45 seconds'; allowed: 10, 20 or 30 seconds, or whole minutes: what CloudWatch evaluates; "
            r"round the period to minutes",
        ),
        (
            replace(CPU, metric=_metric("AWS/S3", "BucketSizeBytes", 3600)),
            r"got 'a period of 1 hour for AWS/S3 BucketSizeBytes'; allowed: 1 day or longer, which is how often it comes "
            r"\(Amazon S3 user guide: storage metrics are reported once a day\); "
            r"lengthen the period; most of the shorter ones would have no data",
        ),
        (replace(CPU, metric=_metric("AWS/Backup", "NumberOfBackupJobsFailed", 60)), r"allowed: 5 minutes or longer"),
        (replace(CPU, metric=_metric("AWS/Billing", "EstimatedCharges", 3600)), r"allowed: 6 hours or longer"),
        (replace(CPU, metric=_metric("AWS/CertificateManager", "DaysToExpiry", 3600)), r"allowed: 12 hours or longer"),
        (replace(CPU, metric=_metric("AWS/EC2", "CPUCreditBalance", 60)), r"allowed: 5 minutes or longer"),
        (
            replace(
                CPU,
                metric=MathMetric(
                    expression="a", using={"a": _metric("AWS/EFS", "StorageBytes", 60)}, label="x", period=timedelta(minutes=5)
                ),
            ),
            r"got 'a period of 5 minutes for AWS/EFS StorageBytes'; allowed: 15 minutes or longer",
        ),
        (
            replace(CPU, metric=_metric("AWS/DynamoDB", "ReadThrottleEvents", 60), missing_data="notBreaching"),
            r"got \"missing_data='notBreaching' for a metric of AWS/DynamoDB\"; allowed: \"?'ignore', or an expression that fills gaps: "
            r"without data such an alarm keeps its state, whatever it says",
        ),
        (
            replace(
                CPU,
                metric=MathMetric(
                    expression="SUM(METRICS())", using={f"m{place}": Metric(namespace="S", name="x") for place in range(11)}, label="x"
                ),
            ),
            r"got 'an expression over 11 metrics'; allowed: 10 metrics in one alarm, CloudWatch's limit; make one alarm for each ten of them",
        ),
        (
            replace(CPU, metric=_metric("AWS/RDS", "CPUUtilization", 30)),
            r"alarm CpuHigh: got 'a period of 30 seconds for AWS/RDS CPUUtilization'; allowed: 1 minute or longer, which is how often it comes "
            r"\(CloudWatch API reference, PutMetricAlarm: shorter periods are for metrics stored with a resolution of a second\); lengthen",
        ),
        (
            replace(TOGETHER, all_of=TOGETHER.all_of[:1]),
            r"alarm Burning: got '1 alarms together'; allowed: two or more; describe one alarm as an AlarmSpec",
        ),
    ],
)
def test_refuses_what_cloudwatch_would_never_evaluate(spec: Any, message: str) -> None:
    stack = new_stack()
    assert MOST_METRICS == 10
    with pytest.raises(ConfigurationError, match=message):
        watch(stack, Watched(stack, "Orders", spec))


@pytest.mark.control("OPS-8", "LIB-2")
def test_refuses_a_band_around_a_query() -> None:
    stack = new_stack()
    query = replace(CPU, metric=MathMetric(expression="SELECT SUM(x) FROM Shop", using={}, label="x"))
    with pytest.raises(
        ConfigurationError,
        match=r"alarm CpuHighUnusual: got 'a query \(SELECT \.\.\.\)'; allowed: a metric, or an expression over metrics: "
        r"CloudWatch learns what to expect of those; name the metric",
    ):
        watch(stack, Watched(stack, "Orders", query), unusual={"Orders/CpuHigh": 2})


@pytest.mark.control("OPS-8", "LIB-2")
def test_refuses_to_hush_or_mute_what_is_not_there() -> None:
    stack = new_stack()
    critical = Watched(stack, "Orders", ERRORS)
    made = watch(stack, critical)
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Watch: got '0 warnings of Stack/Orders'; allowed: 1 to 60 warnings that this Watch made; "
        r"hush a construct of watching that has warnings on metrics",
    ):
        made.hush(critical, during=DEPLOYING)
    for schedule in (
        *("rate(1 day)", "cron(0 2 * * SUN *)", "at(2026-01-01)", "at(2026-02-30T02:00)", "cron(60 2 * * *)", "cron(0 24 * * *)"),
        *("cron(0 2 0 * *)", "cron(0 2 * 13 *)", "cron(0 2 * * SON)", "cron(0 2 * * 8)", "cron(0 2 ? * SUN)", "cron(0/5 2 * * *)"),
        *("cron(0 6-2 * * *)", "cron(0 2, * * *)", "cron(0 - * * *)"),
    ):
        with pytest.raises(
            ConfigurationError,
            match=r"schedule: got '.*'; allowed: cron\(minute hour day-of-month month day-of-week\) or at\(yyyy-mm-ddThh:mm\); "
            r"e\.g\. cron\(0 2 \* \* SUN\): five fields of \* , - numbers and names, no year",
        ):
            made.mute(schedule, [critical], schedule=schedule, lasting=timedelta(hours=1))
    for number, lasting in enumerate((timedelta(seconds=30), timedelta(days=16), timedelta(seconds=90))):
        with pytest.raises(
            ConfigurationError, match=r"lasting: got '.*'; allowed: whole minutes, 1 minute to 15 days; mute for as long as"
        ):
            made.mute(f"Long{number}", [critical], schedule="cron(0 2 * * SUN)", lasting=lasting)
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Watch/None: got '0 alarms'; allowed: alarms on metrics; mute constructs that this Watch watches and that have some",
    ):
        made.mute("None", [], schedule="at(2026-01-01T02:00)", lasting=timedelta(hours=1))
    for number, zone in enumerate(("berlin", "Europe/", "Europe Berlin", "+01:00", "", "A" * 51)):
        with pytest.raises(
            ConfigurationError,
            match=r"time_zone: got '.*'; allowed: a name of the time zone database; write it like 'Europe/Berlin', or leave it out for UTC",
        ):
            made.mute(f"Zone{number}", [critical], schedule="cron(0 2 * * SUN)", lasting=timedelta(hours=1), time_zone=zone)


@pytest.mark.control("OPS-8")
@pytest.mark.parametrize(
    ("schedule", "zone"),
    [
        ("cron(0,30 2-4 1,15 JAN-MAR *)", "America/Argentina/Buenos_Aires"),
        ("cron(05 00 * * mon-FRI,7)", "Etc/GMT+1"),
        ("at(2028-02-29T23:59)", "UTC"),
    ],
)
def test_mutes_as_cloudwatch_writes_it(schedule: str, zone: str) -> None:
    stack = new_stack()
    orders = Watched(stack, "Orders", CPU)
    watch(stack, orders).mute("Window", [orders], schedule=schedule, lasting=timedelta(days=2, hours=12), time_zone=zone)
    rule = synth(stack).props("AWS::CloudWatch::AlarmMuteRule")
    assert rule["Rule"]["Schedule"] == {"Duration": "PT3600M", "Expression": schedule, "Timezone": zone}


@pytest.mark.control("OPS-8")
def test_a_rule_for_each_hundred_alarms() -> None:
    stack = new_stack()
    many = Watched(stack, "Many", *(replace(CPU, id=f"Cpu{number}") for number in range(101)))
    made = watch(stack, many).mute("Window", [many], schedule="cron(0 2 * * SUN)", lasting=timedelta(hours=1))
    rules = synth(stack).of_type("AWS::CloudWatch::AlarmMuteRule")
    assert [len(rule["Properties"]["MuteTargets"]["AlarmNames"]) for rule in rules.values()] == [100, 1]
    assert [name.partition("Rule2")[1] for name in rules] == ["", "Rule2"]
    assert len(made.rules) == 2


def test_an_alarm_is_one_message_and_a_band_too() -> None:
    def cost(count: int) -> int:
        stack = new_stack()
        alerting = routes(stack)
        things = [Watched(stack, f"Thing{number}", CPU) for number in range(count)]
        with counted() as messages:
            Watch(
                stack,
                "Watch",
                routes=alerting,
                watching=things,
                runbook_base_url=BASE,
                unusual={f"Thing{number}/CpuHigh": 2 for number in range(count)},
            )
        return total(messages)

    # Two alarms each, and the path of a construct that is no Part.
    assert cost(11) - cost(1) <= 10 * 4
