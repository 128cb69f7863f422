"""A hardened function and a Fargate task on schedules, watched: as an application has them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from prodready_constructs.compute import FunctionRun, ScheduledJob
from prodready_constructs.contracts import Severity
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION
from tests.compute.functions.parts import a_function
from tests.compute.jobs.parts import a_job, circle
from tests.support.synthesis import Template, new_stack, synth

pytestmark = pytest.mark.control("FN-4", "OPS-2")


@pytest.fixture(scope="module")
def template() -> Template:
    stack = new_stack()
    jobs = PRODUCTION.jobs
    report = a_function(stack, "Report", timeout=timedelta(minutes=2))
    nightly = ScheduledJob(
        stack, "Nightly", schedule="cron(15 3 * * ? *)", time_zone="Europe/Berlin", target=FunctionRun(function=report), posture=jobs
    )
    weekly = ScheduledJob(stack, "Weekly", schedule="cron(0 6 ? * SUN *)", target=a_job(stack), posture=jobs, severity=Severity.WARNING)
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))
    Watch(stack, "Watch", routes=routes, watching=[report, nightly, weekly], runbook_base_url="https://runbooks.example.com")
    return synth(stack)


def test_the_alias_is_called_and_counted(template: Template) -> None:
    (alias,) = template.of_type("AWS::Lambda::Alias")
    assert template.props("AWS::Scheduler::Schedule", "NightlySchedule")["Target"]["Arn"] == {"Ref": alias}
    missed = template.props("AWS::CloudWatch::Alarm", "NightlyMissedRun")
    dimensions = [query["MetricStat"]["Metric"]["Dimensions"] for query in missed["Metrics"] if "MetricStat" in query]
    (function,) = [name for name in template.of_type("AWS::Lambda::Function") if name.startswith("Report")]
    assert [[one["Name"] for one in of] for of in dimensions] == [["FunctionName", "Resource"]] * 2
    assert {str(of[0]["Value"]) for of in dimensions} == {str({"Ref": function})}


def test_a_new_alarm_waits_for_its_first_run(template: Template) -> None:
    missed = template.props("AWS::CloudWatch::Alarm", "NightlyMissedRun")
    assert missed["WarmUpConfiguration"] == {
        "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True,
        "WarmUpPeriodDurationInMinutes": 25 * 60 + 12,
    }
    assert (missed["EvaluationPeriods"], missed["DatapointsToAlarm"], missed["TreatMissingData"]) == (26, 26, "breaching")
    assert {query["MetricStat"]["Period"] for query in missed["Metrics"] if "MetricStat" in query} == {3600}


def test_a_weekly_job_has_a_watchman(template: Template) -> None:
    missed = template.props("AWS::CloudWatch::Alarm", "WeeklyMissedRun")
    assert (missed["Namespace"], missed["MetricName"], missed["Period"]) == ("ProdReady/Jobs", "MissedRuns", 3600)
    assert missed["Dimensions"] == [{"Name": "Job", "Value": "Stack/Weekly"}]
    assert len(template.of_type("AWS::StepFunctions::StateMachine")) == 2, "the runs', and the watchman's"


def test_cloudformation_finds_an_order_to_make_it_in(template: Template) -> None:
    assert circle(template) == set()
