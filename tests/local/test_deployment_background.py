"""What works in the background and how it is released, deployed to the embedded emulator, read back, changed, tried out, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.background_drills import dead_letters_come_back, schedule_starts_its_job, smoke_test_decides
from prodready_constructs.local.coverage import RECORDED_TYPES
from prodready_constructs.local.drills import physical_id, run_drill
from prodready_constructs.local.readback import Kind, ReadBack, read_back
from prodready_constructs.local.readback.table import differing
from prodready_constructs.local.session import Session, emulator
from prodready_constructs.local.tools import find_tools
from tests.local import raw_stacks
from tests.support.synthesis import ACCOUNT, REGION, ROOT

pytestmark = [pytest.mark.deployment, pytest.mark.xdist_group("emulator")]
STACK = "Background"
COMPUTE = ROOT / "prodready_constructs" / "compute"
#: What the library itself deploys.
HANDLERS = {"Redrive": COMPUTE / "workers/handlers/redrive/index.py", "SmokeTest": COMPUTE / "service/handlers/smoke_test/index.py"}


def with_code(template: dict[str, Any]) -> dict[str, Any]:
    for logical_id, source in HANDLERS.items():
        template["Resources"][logical_id]["Properties"]["Code"]["ZipFile"] = source.read_text()
    return template


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    log = tmp_path_factory.mktemp("background") / "emulator.log"
    with emulator(find_tools(ROOT), account=ACCOUNT, region=REGION, log=log) as session:
        yield session


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return raw_stacks.assembly("background", tmp_path_factory.mktemp("assembly") / "cdk.out", with_code)


@pytest.fixture(scope="module")
def found(session: Session, assembly: Assembly) -> ReadBack:
    raw_stacks.create(session, assembly)
    return read_back(session, assembly)


@pytest.fixture
def named(session: Session, assembly: Assembly, found: ReadBack) -> Callable[[str], str]:
    """Logical id -> physical id, once everything is deployed."""
    return lambda logical_id: physical_id(session, assembly.stacks[0], logical_id)


def changed(session: Session, assembly: Assembly) -> set[str]:
    """The properties that are no longer what the template asks for."""
    return {f"{row.resource}.{row.property}" for row in differing(read_back(session, assembly).rows)}


def test_everything_agrees_and_no_type_is_unknown(found: ReadBack) -> None:
    assert differing(found.rows) == []
    assert found.unsupported == ()


def test_each_type_is_read_live_unless_no_api_has_it(found: ReadBack) -> None:
    kinds = raw_stacks.kinds(found.rows)
    unread = {name for name, how in kinds.items() if Kind.LIVE not in how}
    assert unread == set(RECORDED_TYPES) & set(kinds)
    assert unread == {f"AWS::IoT::{name}" for name in ("AccountAuditConfiguration", "Logging", "ScheduledAudit", "SecurityProfile")}


@pytest.mark.control("WEB-3", "FN-1", "FN-2", "FN-3", "FN-4", "FN-5", "NET-7", "STORE-3")
@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("Redrive.KmsKeyArn", "Key.Arn"),
        ("Redrive.TracingConfig.Mode", "Active"),
        ("Redrive.RecursiveLoop", "Allow"),
        ("Redrive.ReservedConcurrentExecutions", "1"),
        ("Live.FunctionVersion", "1"),
        ("Live.ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions", "1"),
        ("Changes.BisectBatchOnFunctionError", "true"),
        ("Changes.MaximumRetryAttempts", "7"),
        ("Changes.ParallelizationFactor", "2"),
        ("Release.DeploymentConfigName", "CodeDeployDefault.LambdaCanary10Percent15Minutes"),
        ("Release.AlarmConfiguration.Enabled", "true"),
        ("Release.AutoRollbackConfiguration.Events", '["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]'),
        ("Service.DeploymentConfiguration.Strategy", "CANARY"),
        ("Service.DeploymentConfiguration.BakeTimeInMinutes", "5"),
        ("Service.PropagateTags", "SERVICE"),
        ("Nightly.ScheduleExpressionTimezone", "Europe/Berlin"),
        ("Nightly.KmsKeyArn", "Key.Arn"),
        ("Nightly.Target.RetryPolicy", '{"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 5}'),
        ("Scans.TopicRulePayload.Sql", "SELECT * FROM 'devices/+/scans'"),
        ("Instance.LaunchTemplateData.ImageId", "ami-00000000"),
        ("Instances.HealthCheckGracePeriod", "120"),
        ("Evening.TimeZone", "Europe/Berlin"),
        ("Profile.Path", "/drill/"),
    ],
)
def test_the_api_tells_it(found: ReadBack, where: str, value: str) -> None:
    resource, _, name = where.partition(".")
    (row,) = [row for row in found.rows if (row.resource, row.property) == (resource, name)]
    assert (row.kind, row.agrees, row.expected) == (Kind.LIVE, True, value)


@pytest.mark.parametrize(
    "where",
    [
        "Service.AvailabilityZoneRebalancing",
        "Changes.MetricsConfig",
        "Rule.Actions.0.ForwardConfig",
        "Instance.LaunchTemplateData.BlockDeviceMappings.0.Ebs.KmsKeyId",
        "Instance.LaunchTemplateData.EbsOptimized",
        "Instances.MaxInstanceLifetime",
        "Logging.DefaultLogLevel",
    ],
)
def test_what_no_api_tells_is_recorded(found: ReadBack, where: str) -> None:
    resource, _, name = where.partition(".")
    (row,) = [row for row in found.rows if (row.resource, row.property) == (resource, name)]
    assert (row.kind, row.agrees) == (Kind.RECORDED, True)


def test_what_was_changed_behind_the_back_differs(session: Session, assembly: Assembly, named: Callable[[str], str]) -> None:
    documents, weaker = session.client("ssm", ACCOUNT, REGION), json.dumps({"schemaVersion": "1.0"})
    documents.update_document(Name=named("Shell"), Content=weaker, TargetType="/AWS::EC2::Instance", DocumentVersion="1")
    documents.update_document_default_version(Name=named("Shell"), DocumentVersion="2")
    functions = session.client("lambda", ACCOUNT, REGION)
    functions.put_function_recursion_config(FunctionName=named("Redrive"), RecursiveLoop="Terminate")
    functions.update_event_source_mapping(UUID=named("Changes"), BisectBatchOnFunctionError=False)
    session.client("autoscaling", ACCOUNT, REGION).update_auto_scaling_group(AutoScalingGroupName=named("Instances"), MaxSize=9)
    session.client("ecs", ACCOUNT, REGION).update_service(
        cluster=named("Cluster"),
        service=named("Service"),
        deploymentConfiguration={"strategy": "ROLLING", "maximumPercent": 200, "minimumHealthyPercent": 100},
    )
    assert changed(session, assembly) == {
        "Shell.Content",
        "Redrive.RecursiveLoop",
        "Changes.BisectBatchOnFunctionError",
        "Instances.MaxSize",
        *(f"Service.DeploymentConfiguration.{name}" for name in ("Strategy", "BakeTimeInMinutes", "CanaryConfiguration", "Alarms")),
        *(f"Service.DeploymentConfiguration.{name}" for name in ("LifecycleHooks", "DeploymentCircuitBreaker")),
    }


def test_an_update_changes_what_is_there(session: Session, assembly: Assembly, named: Callable[[str], str]) -> None:
    before = {name: named(name) for name in ("Service", "Nightly", "Redrive")}
    template = with_code(raw_stacks.template("background"))
    resources = template["Resources"]
    resources["Nightly"]["Properties"]["ScheduleExpressionTimezone"] = "Etc/UTC"
    resources["Release"]["Properties"]["AutoRollbackConfiguration"]["Events"] = ["DEPLOYMENT_FAILURE"]
    resources["Service"]["Properties"]["DeploymentConfiguration"]["CanaryConfiguration"]["CanaryPercent"] = 20
    resources["Shell"]["Properties"]["Content"]["inputs"]["idleSessionTimeout"] = "15"
    resources["Costs"]["Properties"]["BillingGroupProperties"]["BillingGroupDescription"] = "The others"
    assert raw_stacks.update(session, STACK, template) == "UPDATE_COMPLETE"
    assert {name: named(name) for name in before} == before
    schedule = session.client("scheduler", ACCOUNT, REGION).get_schedule(Name=named("Nightly"), GroupName=named("Group"))
    assert (schedule["ScheduleExpressionTimezone"], schedule["KmsKeyArn"][:12]) == ("Etc/UTC", "arn:aws:kms:")
    group = session.client("codedeploy", ACCOUNT, REGION).get_deployment_group(
        applicationName=named("Releases"), deploymentGroupName=named("Release")
    )["deploymentGroupInfo"]
    assert group["autoRollbackConfiguration"]["events"] == ["DEPLOYMENT_FAILURE"]
    assert [alarm["name"] for alarm in group["alarmConfiguration"]["alarms"]] == [named("Alarm")]
    described = session.client("iot", ACCOUNT, REGION).describe_billing_group(billingGroupName=named("Costs"))
    assert described["billingGroupProperties"]["billingGroupDescription"] == "The others"
    assert raw_stacks.update(session, STACK, with_code(raw_stacks.template("background"))) == "UPDATE_COMPLETE"


def test_only_dead_letters_can_be_moved(session: Session, named: Callable[[str], str]) -> None:
    sqs = session.client("sqs", ACCOUNT, REGION)
    work = sqs.get_queue_attributes(QueueUrl=named("Work"), AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=work)
    with pytest.raises(ClientError, match="does not exist"):
        sqs.start_message_move_task(SourceArn=f"{work}-other")
    with pytest.raises(ClientError, match="no running move"):
        sqs.cancel_message_move_task(TaskHandle="unknown")


@pytest.mark.parametrize(
    ("containers", "status"),
    [
        ([{"Name": "App", "ExitCode": 0}], "SUCCEEDED"),
        ([{"Name": "App", "ExitCode": 1}], "FAILED"),
        ([{"Name": "Side", "ExitCode": 0}], "FAILED"),
    ],
)
def test_a_path_with_a_filter_finds_what_it_names(
    session: Session, named: Callable[[str], str], containers: list[dict[str, Any]], status: str
) -> None:
    states = session.client("stepfunctions", ACCOUNT, REGION)
    started = states.start_execution(stateMachineArn=named("Machine"), input=json.dumps({"Tasks": [{"Containers": containers}]}))
    for _ in range(100):
        ended = states.describe_execution(executionArn=started["executionArn"])
        if ended["status"] != "RUNNING":
            break
    assert ended["status"] == status


@pytest.mark.control("STORE-3")
def test_dead_letters_come_back_once(session: Session, assembly: Assembly, found: ReadBack) -> None:
    drill = run_drill("dead letters", dead_letters_come_back(session, assembly))
    assert drill.passed, drill.steps
    assert "received 2 times" in drill.steps[0]
    assert "a second move is refused" in drill.steps[3]


@pytest.mark.control("WEB-3")
def test_a_smoke_test_decides(session: Session, assembly: Assembly, named: Callable[[str], str]) -> None:
    drill = run_drill("smoke test", smoke_test_decides(session, assembly))
    assert drill.passed, drill.steps
    assert drill.steps[0] == "nobody answers at 127.0.0.1:9: attempt 1 says IN_PROGRESS, attempt 2 says FAILED"
    assert drill.steps[1].endswith("that wants {'X-Release-Test': 'drill'} answers: SUCCEEDED")
    environment = session.client("lambda", ACCOUNT, REGION).get_function_configuration(FunctionName=named("SmokeTest"))["Environment"]
    assert json.loads(environment["Variables"]["SMOKE_TEST"])["port"] == 9


def test_a_schedule_starts_its_job(session: Session, assembly: Assembly, named: Callable[[str], str]) -> None:
    drill = run_drill("schedule", schedule_starts_its_job(session, assembly))
    assert drill.passed, drill.steps
    assert drill.steps[1] == "the job SUCCEEDED: Read, Judge, Done"
    schedules = session.client("scheduler", ACCOUNT, REGION).list_schedules(GroupName=named("Group"))["Schedules"]
    assert [each["Name"] for each in schedules] == [named("Nightly")]


@contextmanager
def configured(session: Session, function: str, variable: str, change: Callable[[str], str]) -> Iterator[None]:
    """*function* with another value of *variable*."""
    functions = session.client("lambda", ACCOUNT, REGION)
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    changed = {**variables, variable: change(variables[variable])}
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": changed})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables})


def test_a_redrive_that_looks_into_another_queue_fails_its_drill(session: Session, assembly: Assembly, named: Callable[[str], str]) -> None:
    other = session.client("sqs", ACCOUNT, REGION).create_queue(QueueName="empty")["QueueUrl"]
    with configured(session, named("Redrive"), "DEAD_LETTERS_URL", lambda _: other):
        drill = run_drill("broken", dead_letters_come_back(session, assembly))
    assert not drill.passed
    assert drill.steps[-1] == "FAILED: the function answered {'outcome': 'nothing'}"


def test_a_smoke_test_that_gives_up_at_once_fails_its_drill(session: Session, assembly: Assembly, named: Callable[[str], str]) -> None:
    """Its tests differ in how often they are tried: the first to give up decides."""

    def hasty(text: str) -> str:
        settings = json.loads(text)
        settings["tests"].append({**settings["tests"][0], "path": "/other", "attempts": 1})
        return json.dumps(settings)

    with configured(session, named("SmokeTest"), "SMOKE_TEST", hasty):
        drill = run_drill("broken", smoke_test_decides(session, assembly))
    assert not drill.passed
    assert drill.steps[-1] == "FAILED: nobody answers at 127.0.0.1, and the hook said FAILED, then FAILED"


def test_a_job_that_fails_fails_its_drill(session: Session, assembly: Assembly, named: Callable[[str], str]) -> None:
    scheduler = session.client("scheduler", ACCOUNT, REGION)
    kept = scheduler.get_schedule(Name=named("Nightly"), GroupName=named("Group"))
    kept = {name: kept[name] for name in ("Name", "GroupName", "FlexibleTimeWindow", "ScheduleExpression", "Target")}
    scheduler.update_schedule(**{**kept, "Target": {**kept["Target"], "Input": "{}"}})
    try:
        drill = run_drill("broken", schedule_starts_its_job(session, assembly))
    finally:
        scheduler.update_schedule(**kept)
    assert not drill.passed
    assert drill.steps[-1].startswith("FAILED: the job ended as FAILED after Read, Judge, Failed")


def test_everything_is_deleted(session: Session, assembly: Assembly, found: ReadBack) -> None:
    raw_stacks.delete(session, assembly)
    assert session.client("codedeploy", ACCOUNT, REGION).list_applications()["applications"] == []
    assert session.client("iot", ACCOUNT, REGION).list_billing_groups()["billingGroups"] == []
    documents = session.client("ssm", ACCOUNT, REGION).list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}])
    assert documents["DocumentIdentifiers"] == []
