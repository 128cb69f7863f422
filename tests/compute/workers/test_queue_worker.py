"""Workers on Fargate: hardened, as many as the queue needs, gone when they may be, and watched."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from prodready_constructs import PRODUCTION, STAGING, ForeignQueue, OffHours, Pace, QueueWorker, Routes, Watch
from prodready_constructs.compute.workers.backlog import BACKLOG_EXPRESSION, BACKLOG_TO_ZERO_EXPRESSION
from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.messaging import Fifo
from tests.compute.workers.parts import IMAGE, a_queue, a_vpc
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

PACE = Pace(seconds_per_message=2, acceptable_wait=timedelta(minutes=5))
TASKS = PRODUCTION.compute
SLEEPY = replace(
    STAGING.workers, zero_when_empty=True, off_hours=OffHours(start="06:30", stop="18:00", days=("MON", "SAT"), time_zone="Europe/Berlin")
)


def a_worker(stack: cdk.Stack, construct_id: str = "Worker", **changed: Any) -> QueueWorker:
    values: dict[str, Any] = {"image": IMAGE, "pace": PACE, "posture": PRODUCTION.workers, "tasks": TASKS, **changed}
    values.setdefault("vpc", a_vpc(stack)) if "vpc" not in values else None
    if "queue" not in values:
        values["queue"] = a_queue(stack)
    return QueueWorker(stack, construct_id, **values)


class Made(NamedTuple):
    worker: QueueWorker
    template: Template
    findings: list[str]


@pytest.fixture(scope="module")
def production() -> Made:
    stack = new_stack()
    worker = a_worker(stack, environment={"LOG_LEVEL": "info"})
    Watch(
        stack,
        "Watch",
        routes=Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=["b@example.com"]),
        watching=[worker],
        runbook_base_url="https://runbooks.example.com",
    )
    found = [finding for finding in findings(stack) if "Stack/Worker/" in finding]
    return Made(worker, synth(stack), found)


@pytest.fixture(scope="module")
def sleepy() -> Made:
    """Staging that scales to zero, without feature flags, of a FIFO queue, with protection."""
    stack = new_stack(new_app(flags={}))
    worker = a_worker(stack, posture=SLEEPY, tasks=replace(STAGING.compute, spot_weight=90), queue=a_queue(stack, fifo=Fifo()))
    worker.protect_while_busy()
    found = [finding for finding in findings(stack) if "Stack/Worker/" in finding]
    return Made(worker, synth(stack), found)


def policies(template: Template) -> dict[str, dict[str, Any]]:
    return {
        one["Properties"]["PolicyName"]: one["Properties"]
        for one in template.of_type("AWS::ApplicationAutoScaling::ScalingPolicy").values()
    }


def tracked(template: Template, name: str) -> tuple[dict[str, Any], str]:
    """The configuration of a target tracking policy, and its expression."""
    configuration = policies(template)[name]["TargetTrackingScalingPolicyConfiguration"]
    metrics = configuration["CustomizedMetricSpecification"]["Metrics"]
    (expression,) = [one["Expression"] for one in metrics if one["ReturnData"]]
    return configuration, expression


def statements(template: Template, role: str) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", template.props("AWS::IAM::ManagedPolicy", role)["PolicyDocument"]["Statement"])


def alarm(worker: QueueWorker, alarm_id: str) -> AlarmSpec:
    (found,) = [spec for spec in worker.alarm_specs if spec.id == alarm_id]
    assert isinstance(found, AlarmSpec)
    return found


# -- always ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-5")
def test_tasks_are_private_unprivileged_and_without_a_way_in(production: Made, sleepy: Made) -> None:
    for template in (production.template, sleepy.template):
        container = template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]
        assert (container["User"], container["ReadonlyRootFilesystem"], container["Privileged"]) == ("1000:1000", True, False)
        assert "PortMappings" not in container
        service = template.props("AWS::ECS::Service")
        assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
        assert not service.get("LoadBalancers")
        assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert "DesiredCount" not in service
        for group in template.of_type("AWS::EC2::SecurityGroup").values():
            assert "SecurityGroupIngress" not in group["Properties"]


@pytest.mark.control("FN-5")
def test_consuming_is_all_it_may_do_with_the_queue(production: Made) -> None:
    granted = statements(production.template, "TaskRole")
    (queue,) = [one for one in granted if "sqs:ReceiveMessage" in one["Action"]]
    assert set(queue["Action"]) == {
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    }
    assert "OrdersQueue" in str(queue["Resource"])
    assert [one["Action"] for one in granted if one is not queue] == ["kms:Decrypt"]


def test_it_is_told_where_the_queue_is(production: Made) -> None:
    secrets = production.template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]["Secrets"]
    assert {one["Name"] for one in secrets} == {"LOG_LEVEL", "ORDERS_QUEUE_URL", "ORDERS_QUEUE_REGION"}


@pytest.mark.control("FN-5")
def test_a_stopped_task_has_the_time_of_the_posture() -> None:
    stack = new_stack()
    a_worker(stack, posture=replace(PRODUCTION.workers, stop_timeout=timedelta(seconds=45)))
    assert synth(stack).props("AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]["StopTimeout"] == 45


@pytest.mark.control("FN-5")
def test_the_number_of_tasks_follows_backlog_and_flow(production: Made) -> None:
    template = production.template
    target = next(iter(template.of_type("AWS::ApplicationAutoScaling::ScalableTarget")))
    assert set(policies(template)) == {"Backlog", "Flow"}
    for name, value, wanted in (("Backlog", 150, BACKLOG_EXPRESSION), ("Flow", 80, PACE.busy_expression)):
        assert policies(template)[name]["ScalingTargetId"] == {"Ref": target}
        configuration, expression = tracked(template, name)
        assert expression == wanted
        assert configuration["TargetValue"] == value
        assert (configuration["ScaleOutCooldown"], configuration["ScaleInCooldown"], configuration["DisableScaleIn"]) == (60, 300, False)


@pytest.mark.control("FN-5")
def test_every_metric_of_an_expression_is_there_and_no_other(production: Made, sleepy: Made) -> None:
    for template in (production.template, sleepy.template):
        for name in ("Backlog", "Flow"):
            configuration, expression = tracked(template, name)
            metrics = {one["Id"]: one for one in configuration["CustomizedMetricSpecification"]["Metrics"]}
            assert set(metrics) - {"result"} == set(re.findall(r"\b(?:visible|flying|sent|running)\b", expression))
            running = metrics["running"]["MetricStat"]
            assert (running["Metric"]["Namespace"], running["Metric"]["MetricName"]) == ("ECS/ContainerInsights", "RunningTaskCount")
            assert {one["Name"] for one in running["Metric"]["Dimensions"]} == {"ClusterName", "ServiceName"}
    sent = next(one for one in tracked(production.template, "Flow")[0]["CustomizedMetricSpecification"]["Metrics"] if one["Id"] == "sent")
    assert (sent["MetricStat"]["Stat"], sent["MetricStat"]["Metric"]["MetricName"]) == ("Sum", "NumberOfMessagesSent")


# -- what follows the posture ----------------------------------------------------------------------------------------


@pytest.mark.control("COST-4")
def test_production_never_has_no_task(production: Made) -> None:
    target = production.template.props("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (TASKS.min_tasks, TASKS.max_tasks)
    assert "ScheduledActions" not in target
    assert not [name for name in production.template.of_type("AWS::CloudWatch::Alarm") if "Wake" in name]
    assert production.template.recorded("QueueWorker")[0]["min_tasks"] == TASKS.min_tasks


@pytest.mark.control("COST-4")
def test_staging_sleeps_off_hours_by_its_own_clock(sleepy: Made) -> None:
    target = sleepy.template.props("AWS::ApplicationAutoScaling::ScalableTarget")
    actions = {one["ScheduledActionName"]: one for one in target["ScheduledActions"]}
    assert {one["Timezone"] for one in actions.values()} == {"Europe/Berlin"}
    assert {one["Schedule"]: one["ScalableTargetAction"] for one in actions.values()} == {
        "cron(0 18 ? * MON,SAT *)": {"MinCapacity": 0, "MaxCapacity": 0},
        "cron(30 6 ? * MON,SAT *)": {"MinCapacity": 0, "MaxCapacity": STAGING.compute.max_tasks},
    }


@pytest.mark.control("COST-4")
def test_off_hours_alone_leave_the_working_day_as_it_is() -> None:
    stack = new_stack()
    a_worker(stack, posture=STAGING.workers, tasks=STAGING.compute)
    template = synth(stack)
    target = template.props("AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["MinCapacity"] == STAGING.compute.min_tasks
    morning = [one["ScalableTargetAction"] for one in target["ScheduledActions"] if one["Schedule"].startswith("cron(0 7 ")]
    assert morning == [{"MinCapacity": STAGING.compute.min_tasks, "MaxCapacity": STAGING.compute.max_tasks}]
    assert set(policies(template)) == {"Backlog", "Flow"}


@pytest.mark.control("COST-4")
def test_an_empty_queue_needs_nobody_and_a_message_wakes_one(sleepy: Made) -> None:
    template = sleepy.template
    assert template.props("AWS::ApplicationAutoScaling::ScalableTarget")["MinCapacity"] == 0
    assert tracked(template, "Backlog")[1] == BACKLOG_TO_ZERO_EXPRESSION
    (wake,) = [name for name in template.of_type("AWS::ApplicationAutoScaling::ScalingPolicy") if "Wake" in name]
    step = template.resources[wake]["Properties"]["StepScalingPolicyConfiguration"]
    assert (step["AdjustmentType"], step["StepAdjustments"]) == (
        "ChangeInCapacity",
        [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    )
    waking = template.props("AWS::CloudWatch::Alarm", "Wake")
    assert waking["AlarmActions"] == [{"Ref": wake}]
    (expression,) = [one["Expression"] for one in waking["Metrics"] if one["ReturnData"]]
    assert expression == "IF(FILL(visible, 0) > 0 AND FILL(desired, 0) < 1, 1, 0)"
    assert {one["Id"] for one in waking["Metrics"]} == {"visible", "desired", "result"}
    assert waking["TreatMissingData"] == "notBreaching"
    assert "https://" in waking["AlarmDescription"], "our own rule wants every alarm to say where to read on"


@pytest.mark.control("COST-4")
def test_nine_tenths_may_be_spot(sleepy: Made) -> None:
    strategy = sleepy.template.props("AWS::ECS::Service")["CapacityProviderStrategy"]
    assert {one["CapacityProvider"]: one["Weight"] for one in strategy} == {"FARGATE": 10, "FARGATE_SPOT": 90}


# -- protection and rollback -----------------------------------------------------------------------------------------


@pytest.mark.control("FN-5")
def test_a_task_may_protect_itself_and_no_other_clusters(sleepy: Made, production: Made) -> None:
    (own,) = [one for one in statements(sleepy.template, "TaskRole") if "ecs:UpdateTaskProtection" in one["Action"]]
    assert set(own["Action"]) == {"ecs:GetTaskProtection", "ecs:UpdateTaskProtection"}
    cluster = next(iter(sleepy.template.of_type("AWS::ECS::Cluster")))
    assert own["Resource"]["Fn::Join"][1][-3:] == [":task/", {"Ref": cluster}, "/*"]
    assert not [one for one in statements(production.template, "TaskRole") if "ecs:" in str(one["Action"])]


@pytest.mark.control("FN-5")
def test_a_bad_version_goes_back_by_itself(production: Made) -> None:
    template = production.template
    alarms = template.props("AWS::ECS::Service")["DeploymentConfiguration"]["Alarms"]
    assert (alarms["Enable"], alarms["Rollback"]) == (True, True)
    twins = {name for name in template.of_type("AWS::CloudWatch::Alarm") if name.endswith("Rollback") or "Rollback" in name}
    assert {one["Ref"] for one in alarms["AlarmNames"]} == twins
    assert len(twins) == 2


def test_what_brings_it_back_is_fast_and_about_what_is_new(production: Made) -> None:
    dead, errors = production.worker.rollback_specs
    assert isinstance(dead.metric, MathMetric)
    assert dead.metric.expression == "DIFF(FILL(dead, 0))"
    assert dead.metric.using["dead"].dimensions.keys() == {"QueueName"}, "nothing that names the alarm in turn"
    assert (dead.periods, dead.datapoints, dead.threshold, dead.missing_data) == (3, 1, 0, "notBreaching")
    assert isinstance(errors.metric, Metric)
    assert errors.metric.period == timedelta(minutes=1)
    assert "ServiceName" not in errors.metric.dimensions


# -- what wakes someone ----------------------------------------------------------------------------------------------


@pytest.mark.control("FN-5")
def test_somebody_is_woken_when_messages_wait_and_nobody_works(production: Made, sleepy: Made) -> None:
    waiting = alarm(production.worker, "WaitingWithoutWorkers")
    assert waiting.severity is Severity.CRITICAL
    assert isinstance(waiting.metric, MathMetric)
    assert waiting.metric.expression == "IF(FILL(visible, 0) > 0 AND FILL(running, 0) < 1, 1, 0)"
    assert (waiting.periods, waiting.missing_data) == (5, "notBreaching")
    asleep = alarm(sleepy.worker, "WaitingWithoutWorkers")
    assert isinstance(asleep.metric, MathMetric)
    assert asleep.metric.expression == "IF(FILL(visible, 0) > 0 AND FILL(running, 0) < 1 AND FILL(desired, 0) > 0, 1, 0)"
    assert set(asleep.metric.using) == {"visible", "running", "desired"}
    assert asleep.periods == 10, "a first task needs some minutes"


def test_a_schedule_of_ones_own_is_honoured_too() -> None:
    stack = new_stack()
    worker = a_worker(stack, posture=replace(STAGING.workers, off_hours=None), tasks=STAGING.compute)
    assert "desired" not in str(alarm(worker, "WaitingWithoutWorkers").metric)
    worker.scale_off_hours(OffHours(time_zone="Asia/Tokyo"))
    assert "desired" in str(alarm(worker, "WaitingWithoutWorkers").metric)
    with pytest.raises(ConfigurationError, match="scale_off_hours"):
        worker.scale_off_hours()


def test_nothing_is_told_twice(production: Made) -> None:
    """The queue tells of dead letters, growth, and ages from fifteen minutes on; the worker of an age that the queue finds young."""
    ids = {spec.id for spec in production.worker.alarm_specs}
    assert ids == {
        "WaitingWithoutWorkers",
        "AtMaxTasks",
        "WaitTooLong",
        "HighMemory",
        "HighCpuAtMaxTasks",
        "DeploymentFailed",
        "ErrorLines",
    }
    assert alarm(production.worker, "WaitTooLong").threshold == 600 < PRODUCTION.messaging.oldest_message.total_seconds()
    patient = a_worker(new_stack(), pace=replace(PACE, acceptable_wait=timedelta(minutes=8)))
    assert "WaitTooLong" not in {spec.id for spec in patient.alarm_specs}


def test_the_end_of_scaling_is_told(production: Made) -> None:
    at_max = alarm(production.worker, "AtMaxTasks")
    assert isinstance(at_max.metric, MathMetric)
    assert at_max.metric.expression == f"IF(FILL(running, 0) >= 10 AND {BACKLOG_EXPRESSION} > 150, 1, 0)"
    assert set(at_max.metric.using) == {"running", "visible"}
    cpu = alarm(production.worker, "HighCpuAtMaxTasks")
    assert isinstance(cpu.metric, MathMetric)
    assert cpu.metric.expression == "IF(FILL(running, 0) >= 10, cpu, 0)"
    assert set(cpu.metric.using) == {"running", "cpu"}


def test_the_age_counts_in_working_hours(sleepy: Made) -> None:
    late = alarm(sleepy.worker, "WaitTooLong")
    assert isinstance(late.metric, MathMetric)
    assert late.metric.expression == "IF(FILL(desired, 0) > 0, age, 0)"


def test_the_dashboard_shows_tasks_beside_the_backlog(production: Made) -> None:
    assert [graph.title for graph in production.worker.graphs] == [
        "Tasks",
        "Backlog for each task (target 150)",
        "Flow",
        "CPU and memory",
        "Log lines",
    ]


# -- queues of others ------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-5")
def test_a_queue_that_is_not_ours() -> None:
    stack = new_stack()
    region = f"arn:aws:sqs:{stack.region}:{stack.account}"
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{stack.region}:{stack.account}:key/11111111-1111-1111-1111-111111111111")
    queue = ForeignQueue(
        queue=sqs.Queue.from_queue_arn(stack, "Theirs", f"{region}:theirs"),
        dead_letters=sqs.Queue.from_queue_arn(stack, "TheirDead", f"{region}:theirs-dead"),
        name="THEIRS",
        visibility_timeout=timedelta(minutes=10),
        key=key,
    )
    worker = a_worker(stack, queue=queue, pace=replace(PACE, acceptable_wait=timedelta(hours=1)))
    template = synth(stack)
    granted = str(statements(template, "TaskRole"))
    assert "kms:Decrypt" in granted
    assert "sqs:ReceiveMessage" in granted
    names = {one["Name"] for one in template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]["Secrets"]}
    assert names == {"THEIRS_QUEUE_URL"}
    assert "WaitTooLong" in {spec.id for spec in worker.alarm_specs}, "nobody else looks at its age"


@pytest.mark.control("STORE-3")
def test_a_queue_of_another_stack() -> None:
    app = new_app()
    data, work = new_stack(app, "Data"), new_stack(app, "Work")
    a_worker(work, queue=a_queue(data))
    templates = synth_all(app)
    assert not templates["Data"].of_type("AWS::ECS::Service")
    assert "ORDERS_QUEUE_URL" in str(templates["Work"].body)


# -- refuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-5")
@pytest.mark.parametrize(
    ("visibility", "seconds", "given", "needed"),
    [
        (timedelta(minutes=5), 200, "0:05:00 for messages that take 200 seconds, and 0:02:00 after SIGTERM", "0:06:40"),
        (timedelta(minutes=5), 600, "0:05:00 for messages that take 600 seconds, and 0:02:00 after SIGTERM", "0:20:00"),
        (timedelta(seconds=90), 2, "0:01:30 for messages that take 2 seconds, and 0:02:00 after SIGTERM", "0:02:00"),
    ],
    ids=["twice a message", "shorter than a message", "the last minutes"],
)
def test_a_message_must_not_come_back_while_somebody_works_on_it(visibility: timedelta, seconds: int, given: str, needed: str) -> None:
    stack = new_stack()
    wanted = (
        f"Stack/Worker: queue: got 'a visibility timeout of {given}'; allowed: {needed} or more: 2 times the average message, and not less than a "
        "task that is stopped has left; make the queue with a longer visibility_timeout, or the work of a message smaller"
    )
    with pytest.raises(ConfigurationError, match=re.escape(wanted)):
        a_worker(
            stack,
            queue=a_queue(stack, visibility_timeout=visibility),
            pace=Pace(seconds_per_message=seconds, acceptable_wait=timedelta(minutes=20)),
        )


def test_a_secret_among_the_settings() -> None:
    with pytest.raises(ConfigurationError, match=r"DB_PASSWORD.*put it into Secrets Manager"):
        a_worker(new_stack(), environment={"DB_PASSWORD": "hunter2"})


def test_no_private_subnets() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match="private"):
        a_worker(stack, vpc=a_vpc(stack, tier="public"))


@pytest.mark.control("COST-4")
def test_whether_it_sleeps_is_said_of_workers_and_not_of_services() -> None:
    """Visitors would miss a service; messages wait."""
    assert not TASKS.may_sleep
    assert a_worker(new_stack(), posture=STAGING.workers, tasks=TASKS).sleeps


# -- clean, and bent -------------------------------------------------------------------------------------------------


def test_the_packs_find_what_is_waived_and_nothing_else(production: Made, sleepy: Made) -> None:
    assert production.findings == []
    (protection,) = sleepy.findings
    assert protection.startswith("AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<WorkerCluster")
    assert protection.endswith("@ Stack/Worker/TaskRole/Policy/Resource")


def test_bent_by_the_escape_hatch_it_is_judged() -> None:
    stack = new_stack()
    worker = a_worker(stack)
    cast("ecs.CfnCluster", worker.cluster.node.default_child).cluster_settings = []
    assert [finding for finding in findings(stack) if "AwsSolutions-ECS4" in finding]


@pytest.mark.control("OPS-3")
def test_the_first_commands_are_commands(production: Made, sleepy: Made) -> None:
    specs = [*production.worker.alarm_specs, *sleepy.worker.alarm_specs, *production.worker.rollback_specs]
    assert {fault for spec in specs for command in spec.runbook.first_commands for fault in faults(command)} == set()
