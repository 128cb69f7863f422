"""Automation runbooks: as Systems Manager takes them, with roles for nothing else, approved where users would notice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns

from prodready_constructs.contracts import ProcedureSpec, ProcedureStep, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.runbooks import runbook_pages
from prodready_constructs.evidence.runbooks.markdown import markdown
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import STAGING
from prodready_constructs.recovery import Automation, Procedures
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, read_templates

ON_CALL = "arn:aws:iam::111122223333:role/OnCall"
STEP = ProcedureStep(do="Look.", command="aws sts get-caller-identity", expected='"Account": "111122223333"')
SPEC = ProcedureSpec(
    id="MoveTenant",
    title="Move a tenant",
    when="A tenant outgrows its shard.",
    steps=(STEP,),
    verify=(STEP,),
    escalation="Call the owner.",
    severity=Severity.WARNING,
    destroys="The old shard's copy.",
)
VERBS = {"Restart", "Return", "Rotate", "RotateOwned", "Restore", "RestorePlain", "RestoreOrders", "Promote", "FailOver", "FailOverLedger"}


def build(stack: cdk.Stack) -> dict[str, Automation]:
    """Every verb once, on resources of the plain CDK."""
    service = ecs.FargateService.from_fargate_service_attributes(
        stack,
        "Service",
        cluster=ecs.Cluster.from_cluster_attributes(
            stack,
            "Cluster",
            cluster_name="shop",
            vpc=ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"]),
        ),
        service_arn="arn:aws:ecs:us-east-1:111122223333:service/shop/orders",
    )
    secret = secretsmanager.Secret.from_secret_complete_arn(
        stack, "Secret", "arn:aws:secretsmanager:us-east-1:111122223333:secret:orders-AbCdEf"
    )
    function = lambda_.Function.from_function_arn(stack, "Rotation", "arn:aws:lambda:us-east-1:111122223333:function:rotation")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
    table = dynamodb.Table.from_table_name(stack, "Carts", "carts")
    instance = rds.DatabaseInstance.from_database_instance_attributes(
        stack,
        "Orders",
        instance_identifier="orders",
        instance_endpoint_address="orders.example.com",
        port=5432,
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Behind", "sg-1")],
    )
    cluster = rds.DatabaseCluster.from_database_cluster_attributes(stack, "Ledger", cluster_identifier="ledger")
    topic = sns.Topic.from_topic_arn(stack, "Approvals", "arn:aws:sns:us-east-1:111122223333:AutomationApprovals")
    made = Procedures(stack, "Procedures", specs=(SPEC,), approvers=(ON_CALL,), notifying=topic)
    return {
        "Restart": made.restart("Restart", service),
        "Return": made.return_to_revision("Return", service),
        "Rotate": made.rotate("Rotate", secret, rotated_by=function),
        "RotateOwned": made.rotate("RotateOwned", secret),
        "Restore": made.restore("Restore", table, encryption_key=key),
        "RestorePlain": made.restore("RestorePlain", table),
        "RestoreOrders": made.restore_database(
            "RestoreOrders",
            instance,
            subnet_group="isolated",
            parameter_group="orders-17",
            option_group="default:postgres-17",
            encryption_key=key,
        ),
        "Promote": made.promote("Promote", instance),
        "FailOver": made.fail_over("FailOver", instance),
        "FailOverLedger": made.fail_over_cluster("FailOverLedger", cluster),
    }


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assembly")
    app = new_app(outdir=str(folder))
    stack = new_stack(app)
    operator = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal())
    build(stack)["Return"].grant_start(operator)
    routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=(), warning=())
    Watch(stack, "Watch", routes=routes, watching=[routes], runbook_base_url="https://r.example.com")
    app.synth()
    return folder


@pytest.fixture(scope="module")
def template(directory: Path) -> Template:
    return read_templates(directory)["Stack"]


@pytest.fixture(scope="module")
def documents(template: Template) -> dict[str, dict[str, Any]]:
    """Verb -> content."""
    found = {}
    for name, resource in template.of_type("AWS::SSM::Document").items():
        verb = re.fullmatch(r"Procedures(\w+)Document[0-9A-F]{8}", name)
        assert verb
        found[verb[1]] = resource["Properties"]["Content"]
    return found


def statements(template: Template, verb: str) -> list[dict[str, Any]]:
    (policy,) = (
        r for n, r in template.of_type("AWS::IAM::ManagedPolicy").items() if re.fullmatch(rf"Procedures{verb}RolePolicy[0-9A-F]{{8}}", n)
    )
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def actions(template: Template, verb: str) -> set[str]:
    asked = [each["Action"] for each in statements(template, verb)]
    return {action for each in asked for action in ([each] if isinstance(each, str) else each)}


def calls(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    for step in document["mainSteps"]:
        if step["action"] in {"aws:executeAwsApi", "aws:waitForAwsResourceProperty"}:
            inputs = step["inputs"]
            yield step, botocore.session.get_session().get_service_model(inputs["Service"]).operation_model(inputs["Api"])


def member(shape: Any, selector: str) -> Any:
    """The shape that a selector such as ``$.services[0].status`` leads to."""
    assert selector.startswith("$.")
    for part in selector[2:].split("."):
        name, _, index = part.partition("[")
        shape = shape.members[name]
        if index:
            shape = shape.member
    return shape


def fits(value: Any, shape: Any) -> None:
    """*value* is what the model asks for; an input of the document stands for text."""
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members)
        assert set(shape.required_members) <= set(value)
        for name, inner in value.items():
            fits(inner, shape.members[name])
    elif shape.type_name == "list":
        for inner in value:
            fits(inner, shape.member)
    elif shape.type_name == "boolean":
        assert value is True or value is False
    else:
        assert shape.type_name in {"string", "timestamp"}
        if isinstance(value, str) and (allowed := getattr(shape, "enum", None)):
            assert value in allowed


@pytest.mark.control("DR-6")
def test_there_is_a_document_for_each_verb(documents: dict[str, dict[str, Any]]) -> None:
    assert set(documents) == VERBS


@pytest.mark.control("DR-6")
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_document_is_one_that_systems_manager_takes(template: Template, documents: dict[str, dict[str, Any]], verb: str) -> None:
    document = documents[verb]
    properties = template.props("AWS::SSM::Document", f"Procedures{verb}Document")
    assert (properties["DocumentType"], properties["DocumentFormat"], properties["UpdateMethod"]) == ("Automation", "JSON", "NewVersion")
    assert set(document) == {"schemaVersion", "description", "assumeRole", "parameters", "mainSteps", "outputs"}
    assert document["schemaVersion"] == "0.3"
    assert document["assumeRole"]["Fn::GetAtt"][0].startswith(f"Procedures{verb}Role")
    steps = {step["name"]: step for step in document["mainSteps"]}
    assert len(steps) == len(document["mainSteps"])
    for step in steps.values():
        assert set(step) <= {"name", "action", "onFailure", "timeoutSeconds", "inputs", "outputs"}
        assert step["onFailure"] == "Abort"
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", step["name"])
    for output in document["outputs"]:
        step, name = output.split(".")
        assert name in {each["Name"] for each in steps[step]["outputs"]}
    for parameter in document["parameters"].values():
        assert parameter["type"] == "String"
        assert parameter["allowedPattern"][0] + parameter["allowedPattern"][-1] == "^$"
    used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(document)))
    assert used == set(document["parameters"]), "every input is used, and every use is an input"


@pytest.mark.control("DR-6")
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_call_is_one_that_the_service_has(template: Template, documents: dict[str, dict[str, Any]], verb: str) -> None:
    asked = list(calls(documents[verb]))
    assert asked
    for step, operation in asked:
        special = {"Service", "Api", "PropertySelector", "DesiredValues"}
        fits({name: value for name, value in step["inputs"].items() if name not in special}, operation.input_shape)
        for output in step.get("outputs", ()):
            assert member(operation.output_shape, output["Selector"]).type_name in {"string", "timestamp"}
        if step["action"] == "aws:waitForAwsResourceProperty":
            waited = member(operation.output_shape, step["inputs"]["PropertySelector"])
            assert set(step["inputs"]["DesiredValues"]) <= set(getattr(waited, "enum", None) or step["inputs"]["DesiredValues"])
            assert step["timeoutSeconds"] >= 3600
        action = f"{step['inputs']['Service']}:{operation.name}"
        assert action in actions(template, verb), "the role may do it"


@pytest.mark.control("DR-6")
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_role_is_for_this_resource_only(template: Template, verb: str) -> None:
    assert "*" not in json.dumps([each["Action"] for each in statements(template, verb)])
    assert "*" not in json.dumps([each["Resource"] for each in statements(template, verb)])
    (role,) = (r for n, r in template.of_type("AWS::IAM::Role").items() if re.fullmatch(rf"Procedures{verb}Role[0-9A-F]{{8}}", n))
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ssm.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


@pytest.mark.control("DR-6")
def test_what_users_would_notice_is_approved_first(template: Template, documents: dict[str, dict[str, Any]]) -> None:
    approved = {verb for verb, document in documents.items() if document["mainSteps"][0]["action"] == "aws:approve"}
    assert approved == {"Return", "Promote", "FailOver", "FailOverLedger"}
    for verb in approved:
        step = documents[verb]["mainSteps"][0]
        assert step["inputs"]["Approvers"] == [ON_CALL]
        assert step["inputs"]["MinRequiredApprovals"] == 1
        assert step["inputs"]["NotificationArn"] == "arn:aws:sns:us-east-1:111122223333:AutomationApprovals"
        assert step["timeoutSeconds"] == 3600
        assert "sns:Publish" in actions(template, verb)
    assert "sns:Publish" not in actions(template, "Restart")


@pytest.mark.control("DR-6")
@pytest.mark.parametrize(
    ("verb", "parameter", "good", "bad"),
    [
        ("Return", "Revision", "orders:41", ["orders", "orders:0", "orders:41; rm -rf /", "a:1\nb:2", ""]),
        ("Restore", "RestoreTime", "2026-01-31T12:00:00Z", ["now", "2026-01-31", "2026-01-31T12:00:00+01:00", "{{ global:REGION }}"]),
    ],
)
def test_inputs_are_checked(documents: dict[str, dict[str, Any]], verb: str, parameter: str, good: str, bad: list[str]) -> None:
    pattern = documents[verb]["parameters"][parameter]["allowedPattern"]
    assert re.search(pattern, good)
    assert [each for each in bad if re.search(pattern, each)] == []


@pytest.mark.control("DR-6", "DR-5")
def test_a_restored_database_stands_where_the_old_one_does(template: Template, documents: dict[str, dict[str, Any]]) -> None:
    inputs = documents["RestoreOrders"]["mainSteps"][0]["inputs"]
    assert (inputs["SourceDBInstanceIdentifier"], inputs["TargetDBInstanceIdentifier"]) == ("orders", "orders-restored")
    assert (inputs["DBSubnetGroupName"], inputs["VpcSecurityGroupIds"]) == ("isolated", ["sg-1"])
    assert (inputs["PubliclyAccessible"], inputs["DeletionProtection"]) == (False, True)
    restores, looks, grants = statements(template, "RestoreOrders")
    assert restores["Action"] == "rds:RestoreDBInstanceToPointInTime"
    assert json.dumps(restores["Resource"]).count("og:default:postgres-17") == 1
    assert "-restored" in json.dumps(looks["Resource"])
    assert set(grants["Condition"]["StringEquals"]) == {"kms:ViaService"}


@pytest.mark.control("DR-6")
def test_a_restored_table_is_protected_by_the_key_of_the_old_one(template: Template, documents: dict[str, dict[str, Any]]) -> None:
    inputs = documents["Restore"]["mainSteps"][0]["inputs"]
    assert inputs["SSESpecificationOverride"]["SSEType"] == "KMS"
    assert inputs["TargetTableName"] == "carts-restored"
    assert {step["name"] for step in documents["Restore"]["mainSteps"]} == {"Restore", "Ready", "Protect", "Continue"}
    (with_key,) = [each for each in statements(template, "Restore") if "kms:CreateGrant" in each["Action"]]
    assert set(with_key["Condition"]["StringEquals"]) == {"kms:ViaService"}
    assert not any("kms:CreateGrant" in each["Action"] for each in statements(template, "RestorePlain"))


@pytest.mark.control("DR-6")
def test_who_may_start_one(template: Template) -> None:
    policy = template.props("AWS::IAM::Policy", "Operator")["PolicyDocument"]["Statement"]
    passing, starting = policy
    assert passing["Action"] == "iam:PassRole"
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}
    assert starting["Action"] == "ssm:StartAutomationExecution"
    assert "*" not in json.dumps(starting["Resource"])


@pytest.mark.control("DR-6")
def test_the_pages_say_what_was_written(directory: Path) -> None:
    pages = {page.name: markdown(page) for page in runbook_pages(directory)}
    page = pages["procedures-movetenant"]
    for text in (
        "# Move a tenant",
        "**Warning** procedure for `Stack/Procedures`.",
        "A tenant outgrows its shard.",
        "Mind: The old shard's copy.",
        "Call the owner.",
    ):
        assert text in page


@pytest.mark.control("DR-6")
def test_it_is_clean() -> None:
    stack = new_stack()
    build(stack)
    assert findings(stack) == []


@pytest.mark.control("DR-6")
def test_a_wider_role_is_found() -> None:
    stack = new_stack()
    build(stack)["Restart"].role.add_to_policy(iam.PolicyStatement(actions=["ecs:UpdateService"], resources=["*"]))
    assert any(found.startswith("AwsSolutions-IAM5[Resource::*]") for found in findings(stack))


def test_it_is_the_same_without_feature_flags(template: Template, documents: dict[str, dict[str, Any]]) -> None:
    app = new_app(flags={})
    stack = new_stack(app)
    build(stack)
    plain = read_templates(Path(app.synth().directory))["Stack"]
    assert [r["Properties"]["Content"] for r in plain.of_type("AWS::SSM::Document").values()] == list(documents.values())


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda s: Procedures(s, "P", specs=(SPEC, SPEC)),
            r"^Stack/P: specs: got \['MoveTenant'\]; allowed: each id once; rename one of them$",
        ),
        (
            lambda s: Procedures(s, "P", approvers=("anybody",)),
            r"^Stack/P: approvers: got \['anybody'\]; allowed: ARNs of IAM users, roles or assumed roles; such as arn:aws:iam::111122223333:role/OnCall$",
        ),
        (
            lambda s: Procedures(s, "P").fail_over_cluster(
                "Over", rds.DatabaseCluster.from_database_cluster_attributes(s, "Ledger", cluster_identifier="ledger")
            ),
            r"^Stack/P/Over: got 'no approvers'; allowed: at least one IAM user or role: what it does interrupts users; "
            r"name them in Procedures\(approvers=\[...\]\)$",
        ),
    ],
)
def test_refuses(make: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make(new_stack())
