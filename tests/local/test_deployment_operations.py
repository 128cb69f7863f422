"""What monitoring and recovery make, deployed by the real CDK CLI to the embedded emulator: read back, changed, tried out, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from prodready_constructs.local import deploy
from prodready_constructs.local.alert_drill import alert_becomes_a_message
from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.coverage import RECORDED_TYPES
from prodready_constructs.local.drills import physical_id, run_drill
from prodready_constructs.local.readback import Kind, ReadBack, read_back
from prodready_constructs.local.readback.table import differing
from prodready_constructs.local.restore_drill import restored_store_is_looked_into
from prodready_constructs.local.session import Session, emulator
from prodready_constructs.local.tools import find_tools
from tests.local import operated, raw_stacks
from tests.support.synthesis import ACCOUNT, REGION, ROOT

pytestmark = [pytest.mark.deployment, pytest.mark.xdist_group("emulator")]
#: No API here keeps them; the guard, the rules and the unit tests read them in the template.
RECORDED = {
    "AWS::ApplicationSignals::ServiceLevelObjective",
    "AWS::Backup::Framework",
    "AWS::Backup::LogicallyAirGappedBackupVault",
    "AWS::Backup::RestoreTestingPlan",
    "AWS::Backup::RestoreTestingSelection",
    "AWS::CE::AnomalyMonitor",
    "AWS::CE::AnomalySubscription",
    "AWS::Chatbot::MicrosoftTeamsChannelConfiguration",
    "AWS::Chatbot::SlackChannelConfiguration",
    "AWS::CloudWatch::AlarmMuteRule",
    "AWS::Logs::AccountPolicy",
    "AWS::Logs::LogAnomalyDetector",
    "AWS::Logs::QueryDefinition",
}


@dataclass
class Deployment:
    """What the tests of this module share."""

    session: Session
    assembly: Assembly
    log: Path

    def named(self, logical_id_begins: str, type_name: str) -> str:
        """Physical id of the resource."""
        (stack,) = self.assembly.stacks
        (found,) = [
            name for name, each in stack.resources.items() if name.startswith(logical_id_begins) and each["Type"] == f"AWS::{type_name}"
        ]
        return physical_id(self.session, stack, found)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("operations")
    assembly, log = operated.assembly(folder / "cdk.out"), folder / "cdk.log"
    with emulator(find_tools(ROOT), account=ACCOUNT, region=REGION, log=folder / "emulator.log") as session:
        deploy.bootstrap(session, assembly, log=log)
        deploy.deploy(session, assembly, log=log)
        yield Deployment(session, assembly, log)


@pytest.fixture(scope="module")
def found(deployment: Deployment) -> ReadBack:
    return read_back(deployment.session, deployment.assembly)


def test_everything_agrees_and_no_type_is_unknown(found: ReadBack) -> None:
    assert differing(found.rows) == []
    assert found.unsupported == ()


def test_each_type_is_read_live_unless_no_api_has_it(found: ReadBack) -> None:
    kinds = raw_stacks.kinds(found.rows)
    unread = {name for name, how in kinds.items() if Kind.LIVE not in how}
    assert unread == set(RECORDED_TYPES) & set(kinds) == RECORDED
    assert all(kinds[name] == {Kind.RECORDED} for name in RECORDED)


@pytest.mark.control("OPS-1", "OPS-2", "OPS-5", "OPS-7", "DR-1", "DR-5", "COST-1")
@pytest.mark.parametrize(
    ("type_name", "name", "value"),
    [
        ("Synthetics::Canary", "RuntimeVersion", None),
        ("Synthetics::Canary", "ArtifactConfig", None),
        ("Synthetics::Canary", "Code.Handler", "index.handler"),
        ("FIS::ExperimentTemplate", "StopConditions", None),
        ("FIS::ExperimentTemplate", "Targets", None),
        ("FIS::ExperimentTemplate", "ExperimentOptions", '{"AccountTargeting": "single-account", "EmptyTargetResolutionMode": "fail"}'),
        ("KinesisFirehose::DeliveryStream", "DeliveryStreamEncryptionConfigurationInput", None),
        ("KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration.CompressionFormat", "GZIP"),
        ("KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration.EncryptionConfiguration", None),
        ("Logs::SubscriptionFilter", "DestinationArn", None),
        ("Backup::ReportPlan", "ReportSetting", None),
        ("CloudWatch::CompositeAlarm", "AlarmRule", None),
        ("Budgets::Budget", "Budget.CostTypes", None),
        ("Budgets::Budget", "NotificationsWithSubscribers", None),
        ("SSM::Document", "Content", None),
        ("Events::Rule", "Targets", None),
    ],
)
def test_the_api_tells_it(found: ReadBack, type_name: str, name: str, value: str | None) -> None:
    rows = [row for row in found.rows if (row.type, row.property) == (f"AWS::{type_name}", name)]
    assert rows
    for row in rows:
        assert (row.kind, row.agrees) == (Kind.LIVE, True)
        assert row.expected == (value or row.expected)


@pytest.mark.parametrize(
    ("type_name", "name"),
    [
        ("Synthetics::Canary", "Code.Script"),
        ("Logs::LogGroup", "DataProtectionPolicy"),
        ("KinesisFirehose::DeliveryStream", "FileExtension"),
    ],
)
def test_what_no_api_tells_is_recorded(found: ReadBack, type_name: str, name: str) -> None:
    rows = [row for row in found.rows if row.type == f"AWS::{type_name}" and row.property.endswith(name)]
    assert rows
    assert {(row.kind, row.agrees) for row in rows} == {(Kind.RECORDED, True)}


def _loosen_experiment(deployment: Deployment) -> None:
    fis = deployment.session.client("fis", ACCOUNT, REGION)
    fis.update_experiment_template(id=deployment.named("Drills", "FIS::ExperimentTemplate"), stopConditions=[{"source": "none"}])


def _forward_nothing(deployment: Deployment) -> None:
    group = deployment.named("AppLinesGroup", "Logs::LogGroup")
    logs = deployment.session.client("logs", ACCOUNT, REGION)
    (kept,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    logs.put_subscription_filter(
        logGroupName=group, filterName=kept["filterName"], filterPattern="nothing", destinationArn=kept["destinationArn"]
    )


def _stop_encrypting(deployment: Deployment) -> None:
    stream = deployment.named("Archive", "KinesisFirehose::DeliveryStream")
    deployment.session.client("firehose", ACCOUNT, REGION).stop_delivery_stream_encryption(DeliveryStreamName=stream)


def _lose_dead_letters(deployment: Deployment) -> None:
    events = deployment.session.client("events", ACCOUNT, REGION)
    rule = deployment.named("RestoresEndedRule", "Events::Rule").rpartition("|")[2]
    (target,) = events.list_targets_by_rule(Rule=rule)["Targets"]
    events.put_targets(Rule=rule, Targets=[{"Id": target["Id"], "Arn": target["Arn"]}])


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (_loosen_experiment, {"StopConditions"}),
        (_forward_nothing, {"FilterPattern", "RoleArn"}),
        (_stop_encrypting, {"DeliveryStreamEncryptionConfigurationInput"}),
        (_lose_dead_letters, {"Targets"}),
    ],
)
def test_what_was_changed_behind_the_back_differs(deployment: Deployment, change: Callable[[Deployment], None], seen: set[str]) -> None:
    before = {(row.resource, row.property) for row in differing(read_back(deployment.session, deployment.assembly).rows)}
    change(deployment)
    after = {(row.resource, row.property) for row in differing(read_back(deployment.session, deployment.assembly).rows)}
    assert {name for _, name in after - before} == seen


@contextmanager
def configured(deployment: Deployment, function: str, variable: str, value: str) -> Iterator[None]:
    """*function* with another value of *variable*."""
    functions = deployment.session.client("lambda", ACCOUNT, REGION)
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": {**variables, variable: value}})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables})


@pytest.mark.control("OPS-1")
def test_a_webhook_without_memory_fails_its_drill(deployment: Deployment) -> None:
    with configured(deployment, deployment.named("ChatFunction", "Lambda::Function"), "TABLE", "nothing"):
        drill = run_drill("alert", alert_becomes_a_message(deployment.session, deployment.assembly))
    assert not drill.passed
    assert drill.steps[-1].endswith("did not write down what it told")


@pytest.mark.control("OPS-1", "OPS-3")
def test_an_alert_becomes_a_message(deployment: Deployment) -> None:
    secrets, address = (
        deployment.session.client("secretsmanager", ACCOUNT, REGION),
        deployment.named("ChatAddress", "SecretsManager::Secret"),
    )
    before = secrets.get_secret_value(SecretId=address)["SecretString"]
    drill = run_drill("alert", alert_becomes_a_message(deployment.session, deployment.assembly))
    assert drill.passed, drill.steps
    assert drill.steps[1].startswith(f"the chat answered 500, 429, 200: one message, with {operated.RUNBOOKS}/Operations/")
    assert drill.steps[2:4] == (
        "the same state of the same alarm came once more: nothing was told twice",
        f"the chat answered 410: the alert was published to the failures topic, and is kept in {_queue(deployment)}",
    )
    assert secrets.get_secret_value(SecretId=address)["SecretString"] == before


def _queue(deployment: Deployment) -> str:
    return deployment.named("RoutesUndelivered", "SQS::Queue").rpartition("/")[2]


@pytest.mark.control("DR-2")
def test_a_restored_store_is_looked_into(deployment: Deployment) -> None:
    drill = run_drill("restore", restored_store_is_looked_into(deployment.session, deployment.assembly))
    assert drill.passed, drill.steps
    assert drill.steps[0].startswith("a table restored without data: AWS Backup is told FAILED (Wrong: 0 items, less than 1); with 1")
    assert drill.steps[1].startswith("a bucket restored without data: AWS Backup is told FAILED (Wrong: 0 objects, less than 1); with 1")
    tables = deployment.session.client("dynamodb", ACCOUNT, REGION).list_tables()["TableNames"]
    assert [name for name in tables if name.startswith("awsbackup-")] == []


@pytest.mark.control("DR-2")
def test_a_look_that_is_content_with_nothing_fails_its_drill(deployment: Deployment) -> None:
    function = deployment.named("RestoresFunction", "Lambda::Function")
    variables = deployment.session.client("lambda", ACCOUNT, REGION).get_function_configuration(FunctionName=function)["Environment"]
    content = {arn: {**check, "at_least": 0} for arn, check in json.loads(variables["Variables"]["CHECKS"]).items()}
    with configured(deployment, function, "CHECKS", json.dumps(content)):
        drill = run_drill("restore", restored_store_is_looked_into(deployment.session, deployment.assembly))
    assert not drill.passed
    assert "a restored table that is empty, then not: AWS Backup was told ('SUCCESSFUL'" in drill.steps[-1]


def test_everything_is_deleted(deployment: Deployment) -> None:
    deploy.destroy(deployment.session, deployment.assembly, log=deployment.log)
    client = deployment.session.client
    assert client("synthetics", ACCOUNT, REGION).describe_canaries()["Canaries"] == []
    assert client("fis", ACCOUNT, REGION).list_experiment_templates()["experimentTemplates"] == []
    assert client("firehose", ACCOUNT, REGION).list_delivery_streams()["DeliveryStreamNames"] == []
    assert client("backup", ACCOUNT, REGION).list_report_plans()["ReportPlans"] == []
