"""A job on a schedule: started by a role for it alone, retried, given up in time, and missed when it does not succeed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from prodready_constructs.compute import Between, FunctionRun, ScheduledJob
from prodready_constructs.contracts import AlarmSpec, MathMetric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.checks import check
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.compliance.templates import found, stack_of
from tests.compute.jobs.parts import a_function, a_job, circle, run_of
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

pytestmark = pytest.mark.control("FN-4")
POSTURE = PRODUCTION.jobs
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHTLY = "cron(15 3 * * ? *)"
JANUARY = datetime(2027, 1, 1, tzinfo=timezone.utc)


class Made(NamedTuple):
    nightly: ScheduledJob
    hourly: ScheduledJob
    monthly: ScheduledJob
    template: Template
    findings: list[str]


@pytest.fixture(scope="module", params=["flags", "none"])
def made(request: pytest.FixtureRequest) -> Made:
    """A function every night, a Fargate task every hour, a function every month."""
    stack = new_stack(new_app(flags=None if request.param == "flags" else {}))
    function = a_function(stack)
    alias = lambda_.Alias(stack, "Live", alias_name="live", version=function.current_version)
    nightly = ScheduledJob(
        stack,
        "Nightly",
        schedule=NIGHTLY,
        time_zone="Europe/Berlin",
        target=FunctionRun(function=alias, limit=2 * MINUTE, payload={"report": "sales"}),
        posture=POSTURE,
        flexible_window=15 * MINUTE,
    )
    hourly = ScheduledJob(stack, "Hourly", schedule="rate(1 hour)", target=a_job(stack), posture=POSTURE, severity=Severity.WARNING)
    monthly = ScheduledJob(
        stack,
        "Monthly",
        schedule="cron(0 8 1 * ? *)",
        time_zone="Asia/Tokyo",
        target=run_of(stack),
        posture=POSTURE,
        between=Between(start=JANUARY, end=JANUARY + 1000 * DAY),
    )
    found = [finding for finding in findings(stack) if re.search(r"@ Stack/(Nightly|Hourly|Monthly|Export)/", finding)]
    return Made(nightly, hourly, monthly, synth(stack), found)


def spec(job: ScheduledJob, alarm_id: str) -> AlarmSpec:
    (found,) = (one for one in job.alarm_specs if one.id == alarm_id)
    return found


def statements(template: Template, containing: str) -> list[dict[str, Any]]:
    return template.props("AWS::IAM::ManagedPolicy", containing)["PolicyDocument"]["Statement"]


# -- always ------------------------------------------------------------------------------------------------------------


def test_the_schedule_is_what_was_asked_for(made: Made) -> None:
    schedule = made.template.props("AWS::Scheduler::Schedule", "NightlySchedule")
    assert schedule["ScheduleExpression"] == NIGHTLY
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert schedule["State"] == "ENABLED"
    assert "StartDate" not in schedule
    assert "EndDate" not in schedule
    assert made.template.props("AWS::Scheduler::Schedule", "HourlySchedule")["FlexibleTimeWindow"] == {"Mode": "OFF"}
    monthly = made.template.props("AWS::Scheduler::Schedule", "MonthlySchedule")
    assert (monthly["StartDate"], monthly["EndDate"]) == ("2027-01-01T00:00:00Z", "2029-09-27T00:00:00Z")


def test_each_schedule_has_a_group_a_key_and_a_place_for_what_fails(made: Made) -> None:
    for job in ("Nightly", "Hourly", "Monthly"):
        schedule = made.template.props("AWS::Scheduler::Schedule", f"{job}Schedule")
        (group,) = [name for name in made.template.of_type("AWS::Scheduler::ScheduleGroup") if name.startswith(job)]
        assert schedule["GroupName"] == {"Ref": group}
        assert "KmsKeyArn" in schedule
        queue = made.template.props("AWS::SQS::Queue", f"{job}DeadLetters")
        assert queue["KmsMasterKeyId"] == schedule["KmsKeyArn"]
        assert queue["MessageRetentionPeriod"] == 14 * 86_400
        assert queue["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}
        assert f"{job}DeadLetters" in schedule["Target"]["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
        assert made.template.one("AWS::SQS::Queue", f"{job}DeadLetters")["DeletionPolicy"] == "RetainExceptOnCreate"


def test_retries_end_before_the_next_run(made: Made) -> None:
    def age(job: str) -> int:
        policy = made.template.props("AWS::Scheduler::Schedule", f"{job}Schedule")["Target"]["RetryPolicy"]
        assert policy["MaximumRetryAttempts"] == POSTURE.retries
        return int(policy["MaximumEventAgeInSeconds"])

    assert age("Nightly") == POSTURE.retry_age.total_seconds()
    assert age("Hourly") == 30 * 60, "an hour less the 30 minutes that a run may take"


def test_the_function_is_called_by_its_alias_and_told_which_run_it_is(made: Made) -> None:
    target = made.template.props("AWS::Scheduler::Schedule", "NightlySchedule")["Target"]
    assert target["Arn"]["Ref"].startswith("Live")
    assert json.loads(target["Input"]) == {
        "scheduled_time": "<aws.scheduler.scheduled-time>",
        "attempt": "<aws.scheduler.attempt-number>",
        "payload": {"report": "sales"},
    }


def test_an_own_rule_finds_nothing(made: Made) -> None:
    assert found("ScheduleUnguarded", stack_of(made.template.resources)) == []


def test_cloudformation_finds_an_order_to_make_it_in(made: Made) -> None:
    assert circle(made.template) == set()


# -- who may reach -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("job", "action"), [("Nightly", "lambda:InvokeFunction"), ("Hourly", "states:StartExecution")])
def test_the_role_may_start_one_target_and_nothing_more(made: Made, job: str, action: str) -> None:
    schedule = made.template.props("AWS::Scheduler::Schedule", f"{job}Schedule")
    start, send, keys, *more = statements(made.template, f"{job}RolePolicy")
    assert (start["Action"], start["Resource"]) == (action, schedule["Target"]["Arn"])
    assert (send["Action"], send["Resource"]) == ("sqs:SendMessage", schedule["Target"]["DeadLetterConfig"]["Arn"])
    # Without these a message to the encrypted queue would be lost without a trace.
    assert (keys["Action"], keys["Resource"]) == (["kms:Decrypt", "kms:GenerateDataKey"], schedule["KmsKeyArn"])
    assert more == []
    assert made.template.one("AWS::Scheduler::Schedule", f"{job}Schedule")["DependsOn"] == [
        next(name for name in made.template.of_type("AWS::IAM::ManagedPolicy") if name.startswith(f"{job}RolePolicy"))
    ]


@pytest.mark.parametrize("role", ["NightlyRole", "HourlyRole", "MonthlyRole", "MonthlyWatchmanRole"])
def test_only_the_schedules_of_the_group_may_use_the_role(made: Made, role: str) -> None:
    (group,) = [name for name in made.template.of_type("AWS::Scheduler::ScheduleGroup") if name.startswith(role[:6])]
    (trust,) = made.template.props("AWS::IAM::Role", role)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}, "aws:SourceArn": {"Fn::GetAtt": [group, "Arn"]}}
    }


# -- what wakes someone ------------------------------------------------------------------------------------------------


def test_alarms_of_a_function(made: Made) -> None:
    job = made.nightly
    assert [one.id for one in job.alarm_specs] == ["MissedRun", "RunFailed", "RunTakesLong", "RunNotStarted", "TargetErrors", "DeadLetters"]
    assert [one.severity for one in job.alarm_specs] == [
        *(Severity.CRITICAL, Severity.CRITICAL, Severity.WARNING, Severity.CRITICAL, Severity.WARNING, Severity.CRITICAL)
    ]
    missed = spec(job, "MissedRun")
    # 25 hours (autumn), 15 minutes of window, 2 of the run, 10 of grace.
    assert "1 day, 1:27:00" in missed.source
    assert (missed.metric.period, missed.periods, missed.datapoints) == (HOUR, 26, None)
    assert (missed.threshold, missed.comparison, missed.missing_data) == (1, "LessThanThreshold", "breaching")
    assert missed.warm_up == DAY + timedelta(hours=1, minutes=27)
    assert isinstance(missed.metric, MathMetric)
    assert missed.metric.expression == "FILL(gain0, 0) - FILL(loss0, 0)"
    assert [one.name for one in missed.metric.using.values()] == ["Invocations", "Errors"]
    assert all(set(one.dimensions) == {"FunctionName", "Resource"} for one in missed.metric.using.values())
    assert spec(job, "RunTakesLong").threshold == 2 * 60_000 * POSTURE.duration_percent / 100
    for one in job.alarm_specs:
        check("Job", one, region=None)
        if one.id != "MissedRun":
            assert one.missing_data == "notBreaching", one.id


def test_alarms_of_a_task(made: Made) -> None:
    job = made.hourly
    missed, failed = spec(job, "MissedRun"), spec(job, "RunFailed")
    assert isinstance(missed.metric, MathMetric)
    assert (missed.metric.expression, missed.metric.period, missed.periods) == ("FILL(gain0, 0)", MINUTE, 100)
    assert [one.name for one in missed.metric.using.values()] == ["ExecutionsSucceeded"]
    assert isinstance(failed.metric, MathMetric)
    assert [one.name for one in failed.metric.using.values()] == ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"]
    assert (missed.severity, failed.severity, spec(job, "RunNotStarted").severity) == (Severity.WARNING,) * 3
    assert spec(job, "DeadLetters").severity == Severity.CRITICAL
    for one in job.alarm_specs:
        check("Job", one, region=None)


def test_the_schedule_group_tells_of_what_was_not_started(made: Made) -> None:
    given_up, errors = spec(made.nightly, "RunNotStarted"), spec(made.nightly, "TargetErrors")
    assert isinstance(given_up.metric, MathMetric)
    assert [one.name for one in given_up.metric.using.values()] == [
        *("InvocationDroppedCount", "InvocationsSentToDeadLetterCount", "InvocationsFailedToBeSentToDeadLetterCount")
    ]
    for one in (*given_up.metric.using.values(), errors.metric):
        assert one.namespace == "AWS/Scheduler"
        assert list(one.dimensions) == ["ScheduleGroup"]


def test_what_is_rare_is_asked_for_every_hour(made: Made) -> None:
    missed = spec(made.monthly, "MissedRun")
    check("Job", missed, region=None)
    assert (missed.metric.name, missed.metric.dimensions) == ("MissedRuns", {"Job": "Stack/Monthly"})
    assert (missed.missing_data, missed.periods, missed.datapoints, missed.metric.period) == ("breaching", 3, 2, HOUR)
    schedule = made.template.props("AWS::Scheduler::Schedule", "MonthlyWatchmanSchedule")
    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    assert schedule["Target"]["Arn"]["Ref"].startswith("MonthlyWatchmanMachine")
    assert schedule["GroupName"] == made.template.props("AWS::Scheduler::Schedule", "MonthlySchedule")["GroupName"]
    may = {str(one["Action"]): one for one in statements(made.template, "MonthlyWatchmanStepsRole")}
    assert may["cloudwatch:PutMetricData"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "ProdReady/Jobs"}}
    assert "schedule/" in json.dumps(may["scheduler:GetSchedule"]["Resource"])
    assert made.template.of_type("AWS::StepFunctions::StateMachine").keys() & {"NightlyWatchmanMachine"} == set()


@pytest.mark.control("OPS-3")
def test_the_first_commands_are_commands(made: Made) -> None:
    specs = [one for job in (made.nightly, made.hourly, made.monthly) for one in job.alarm_specs]
    assert {fault for one in specs for command in one.runbook.first_commands for fault in faults(command)} == set()


def test_graphs(made: Made) -> None:
    assert [one.title for one in made.nightly.graphs] == ["Runs", "Duration of runs", "Schedule"]


# -- posture -----------------------------------------------------------------------------------------------------------


def test_staging_waits_for_a_second_miss() -> None:
    stack = new_stack()
    job = ScheduledJob(stack, "Job", schedule="rate(1 hour)", target=run_of(stack), posture=STAGING.jobs)
    missed = spec(job, "MissedRun")
    assert "2:12:00" in missed.source
    assert (missed.periods, missed.metric.period) == (132, MINUTE)
    assert STAGING.jobs == replace(PRODUCTION.jobs, missed_runs=2)


def test_the_posture_decides_retries_and_when_a_run_is_long() -> None:
    stack = new_stack()
    posture = replace(POSTURE, retries=3, retry_age=5 * MINUTE, duration_percent=50)
    job = ScheduledJob(stack, "Job", schedule="rate(1 hour)", target=run_of(stack), posture=posture)
    assert spec(job, "RunTakesLong").threshold == 60_000
    retry = synth(stack).props("AWS::Scheduler::Schedule", "Job")["Target"]["RetryPolicy"]
    assert retry == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 300}


def test_the_watchman_keeps_its_log_as_long_as_the_posture_says() -> None:
    stack = new_stack()
    ScheduledJob(
        stack, "Job", schedule="cron(0 8 ? * MON *)", target=run_of(stack), posture=replace(POSTURE, log_retention=timedelta(days=7))
    )
    assert synth(stack).props("AWS::Logs::LogGroup", "Watchman")["RetentionInDays"] == 7


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("retries", 186, r"^JobPosture.retries: got 186; allowed: 1 to 185 \(none is one throttled call .*\); the nearest is 185$"),
        ("retries", 0, r"^JobPosture.retries: got 0; allowed: 1 to 185"),
        ("retry_age", 25 * HOUR, r"^JobPosture.retry_age: got '1 day, 1:00:00'; allowed: 0:01:00 to 1 day \(as long as Scheduler tries\)"),
        ("retry_age", timedelta(seconds=59), r"^JobPosture.retry_age: got '0:00:59'; .*; the nearest is 0:01:00$"),
        ("missed_runs", 0, r"^JobPosture.missed_runs: got 0; allowed: 1 to 10 \(what fails ten times in a row is no passing fault\)"),
        (
            "duration_percent",
            100,
            r"^JobPosture.duration_percent: got 100; allowed: 10 to 99 \(of the time limit; at 100 the run is stopped\)",
        ),
        ("log_retention", timedelta(0), r"^JobPosture.log_retention: got '0:00:00'; allowed: 1 day to 3653 days"),
    ],
)
def test_a_posture_out_of_bounds_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(POSTURE, **{field: value})


# -- refuses -----------------------------------------------------------------------------------------------------------


def job(stack: cdk.Stack, **changes: Any) -> ScheduledJob:
    given: dict[str, Any] = {"schedule": "rate(1 hour)", "target": run_of(stack), "posture": POSTURE, **changes}
    return ScheduledJob(stack, "Job", **given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"schedule": "every day"},
            r"^Stack/Job: schedule: got 'every day'; allowed: cron\(...\), rate\(...\) or at\(...\); write 'cron\(0 3 \* \* \? \*\)'",
        ),
        ({"schedule": "cron(0 3 * * *)"}, r"^Stack/Job: schedule: got .*; allowed: six fields that parse; 5 fields where there are six"),
        (
            {"schedule": "cron(0 0 31 2 ? *)"},
            r"^Stack/Job: schedule: got 'cron\(0 0 31 2 \? \*\)'; allowed: an expression that fires on some day .*; no such date exists",
        ),
        (
            {"schedule": "at(2030-01-01T00:00:00)"},
            r"^Stack/Job: schedule: got 'at\(.*'; allowed: a schedule that comes again: one run is not missed, it is looked at; run it by hand",
        ),
        (
            {"schedule": "cron(0 3 * * ? 2027-2030)"},
            r"^Stack/Job: schedule: got 'cron\(0 3 \* \* \? 2027-2030\), of certain years'; allowed: '\*' as the year; bound it with between=",
        ),
        ({"time_zone": "Berlin"}, r"^Stack/Job: time_zone: got 'Berlin'; allowed: a name of the IANA .*; use 'Europe/Berlin'"),
        (
            {"flexible_window": HOUR},
            r"^Stack/Job: flexible_window: got '1:00:00'; allowed: whole minutes, from 1 to less than 1:00:00: .*; shorten it, or leave it out",
        ),
        ({"flexible_window": timedelta(seconds=90)}, r"^Stack/Job: flexible_window: got '0:01:30'; allowed: whole minutes"),
        (
            {"flexible_window": 2 * DAY, "schedule": "rate(5 days)"},
            r"flexible_window: got '2 days, 0:00:00'; .* to less than 1 day, 0:00:00",
        ),
        (
            {"schedule": "rate(1 minute)"},
            r"^Stack/Job: schedule: got 'rate\(1 minute\), 0:01:00 apart at the shortest, for a target that may run 0:02:00'; "
            r"allowed: runs that end before the next one starts; lower the target's limit, or run it less often",
        ),
        (
            {"schedule": "rate(5 minutes)", "flexible_window": 4 * MINUTE},
            r"got 'rate\(5 minutes\), 0:05:00 apart at the shortest, for a target that may run 0:02:00 and start 0:04:00 late'",
        ),
        (
            {"schedule": "cron(0 0 29 2 ? *)"},
            r"^Stack/Job: schedule: got 'cron\(0 0 29 2 \? \*\), 1461 days, 0:00:00 apart at the longest: a missed run would be one after .*'; "
            r"allowed: 455 days: CloudWatch keeps no metric longer, so that nobody could tell; run it more often",
        ),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        job(new_stack(), **changes)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (Between, r"^Between: got 'neither start nor end'; allowed: one or both; leave it out altogether$"),
        (
            lambda: Between(start=datetime(2027, 1, 1)),
            r"^Between.start: got '2027-01-01 00:00:00'; allowed: a moment with a time zone; write datetime\(2027, 1, 31, tzinfo=timezone.utc\)$",
        ),
        (
            lambda: Between(start=JANUARY, end=JANUARY),
            r"^Between.end: got '2027-01-01 00:00:00\+00:00'; allowed: a moment after the start, .*; swap the two, or leave one out$",
        ),
    ],
)
def test_bounds_that_are_none_are_refused(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"limit": 16 * MINUTE},
            r"^FunctionRun.limit: got '0:16:00'; allowed: 1 second to 0:15:00: the function's timeout; use a FargateJob",
        ),
        ({"limit": timedelta(milliseconds=1)}, r"^FunctionRun.limit: got '0:00:00.001000'; allowed: 1 second to"),
        (
            {"payload": {"to": [{"api_key": "hunter2hunter2"}]}},
            r"^FunctionRun.payload: got 'api_key'; allowed: plain values; let the function read the secret from Secrets Manager$",
        ),
        ({"payload": {"when": JANUARY}}, r"^FunctionRun.payload: got '.*not JSON serializable'; allowed: what JSON can say; use strings"),
    ],
)
def test_runs_of_functions_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(run_of(new_stack()), **changes)


# -- edges -------------------------------------------------------------------------------------------------------------


def test_a_time_that_clocks_skip_is_mentioned_and_reckoned_with() -> None:
    stack = new_stack()
    made = job(stack, schedule="cron(30 2 * * ? *)", time_zone="Europe/Berlin")
    assert "1 day, 23:12:00" in spec(made, "MissedRun").source
    told = [entry["data"] for entry in synth(stack).metadata["Stack/Job"] if entry["type"] == "aws:cdk:info"]
    assert told == [
        "cron(30 2 * * ? *) does not run on 2026-03-29: in Europe/Berlin clocks skip 02:30. The alarm on missed runs knows; "
        "choose another hour if that day counts."
    ]


def test_a_bounded_job_is_not_missed_before_its_time() -> None:
    stack = new_stack()
    made = job(stack, between=Between(end=JANUARY))
    assert spec(made, "MissedRun").metric.name == "MissedRuns", "an alarm of its own would ring for ever after the end"


def test_keys(made: Made) -> None:
    stack = new_stack()
    given = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{stack.region}:{stack.account}:key/1")
    assert job(stack, encryption_key=given).key is given
    # A task's key holds its schedule too: one key less to pay for.
    assert [name for name in made.template.of_type("AWS::KMS::Key") if name.startswith("Hourly")] == []
    (delivery,) = [
        one
        for one in made.template.props("AWS::KMS::Key", "Monthly")["KeyPolicy"]["Statement"]
        if one["Principal"].get("Service") == "delivery.logs.amazonaws.com"
    ]
    assert delivery["Action"] == "kms:Decrypt"


def test_a_function_without_alias_counts_by_its_name() -> None:
    stack = new_stack()
    function = lambda_.Function.from_function_name(stack, "Fn", "report")
    made = job(stack, target=FunctionRun(function=function, limit=MINUTE))
    failed = spec(made, "RunFailed").metric
    assert failed.dimensions == {"FunctionName": "report"}


def test_something_with_an_alias_is_called_by_it() -> None:
    class Released:
        def __init__(self, alias: lambda_.Alias) -> None:
            self.alias, self.timeout = alias, 3 * MINUTE

    stack = new_stack()
    alias = lambda_.Alias(stack, "Live", alias_name="live", version=a_function(stack).current_version)
    run = FunctionRun(function=Released(alias))
    assert run.limit == 3 * MINUTE, "as the function says itself"
    job(stack, target=run)
    assert synth(stack).props("AWS::Scheduler::Schedule")["Target"]["Arn"]["Ref"].startswith("Live")


# -- clean, and bent ---------------------------------------------------------------------------------------------------


def test_clean_but_for_what_is_waived(made: Made) -> None:
    assert made.findings == [
        "AwsSolutions-IAM5[Resource::*] @ Stack/Export/StepsRole/Policy/Resource",
        "AwsSolutions-IAM5[Resource::*] @ Stack/Monthly/Watchman/StepsRole/Policy/Resource",
        *(
            f"{rule} @ Stack/{job}/DeadLetters/Resource"
            for rule in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy")
            for job in ("Hourly", "Monthly", "Nightly")
        ),
    ]
    waived = {
        entry["data"]["rule"] for entries in made.template.metadata.values() for entry in entries if entry["type"] == "prodready:waiver"
    }
    assert {finding.split(" @")[0] for finding in made.findings} <= waived


def test_bent_by_the_escape_hatch_a_pack_bites() -> None:
    stack = new_stack()
    made = job(stack)
    queue = cast("sqs.CfnQueue", made.dead_letters.node.default_child)
    queue.kms_master_key_id, queue.sqs_managed_sse_enabled = None, False
    assert "AwsSolutions-SQS2 @ Stack/Job/DeadLetters/Resource" in findings(stack)


def test_bent_by_the_escape_hatch_an_own_rule_bites() -> None:
    stack = new_stack()
    made = job(stack)
    made.schedule.add_property_deletion_override("Target.DeadLetterConfig")
    made.schedule.add_property_override("Target.RetryPolicy.MaximumRetryAttempts", 0)
    template = synth(stack)
    (name,) = template.of_type("AWS::Scheduler::Schedule")
    assert found("ScheduleUnguarded", stack_of(template.resources)) == [f"[DeadLetters] @ Stack/{name}", f"[Retries] @ Stack/{name}"]


def test_it_says_what_it_is(made: Made) -> None:
    facts = made.template.recorded("ScheduledJob")[0]
    assert facts["watchable"] is True
    assert (facts["schedule"], facts["time_zone"], facts["missed_after"]) == (NIGHTLY, "Europe/Berlin", 25 * 3600 + 27 * 60)
    assert [one["control"] for one in facts["controls"]] == ["FN-4"]
