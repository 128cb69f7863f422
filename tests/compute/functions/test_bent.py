"""What is bent by the escape hatch is found: by a pack, or by a rule of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from constructs import IConstruct

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION
from tests.compute.functions.parts import a_function, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import new_app, new_stack


def a_stack(app: cdk.App | None = None) -> cdk.Stack:
    stack = new_stack(app)
    function = a_function(stack, vpc=a_vpc(stack))
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=["b@example.com"])
    Watch(stack, "Watch", routes=routes, watching=[function], runbook_base_url="https://runbooks.example.com")
    return stack


def bend(stack: cdk.Stack, path: str, name: str, value: Any) -> None:
    found = cast("IConstruct", stack)
    for part in path.split("/"):
        child = found.node.try_find_child(part)
        assert child is not None, path
        found = child
    if value is None:
        cast("cdk.CfnResource", found).add_property_deletion_override(name)
    else:
        cast("cdk.CfnResource", found).add_property_override(name, value)


@pytest.mark.control("GOV-3", "FN-1", "FN-2")
@pytest.mark.parametrize(
    ("path", "name", "value", "rule"),
    [
        ("Orders/Function/Resource", "RecursiveLoop", "Allow", "FunctionUnguarded[Recursion]"),
        ("Orders/Function/Resource", "Layers", ["arn:aws:lambda:us-east-1:111122223333:layer:shared"], "FunctionUnguarded[Layer]"),
        ("Orders/Release", "AlarmConfiguration", None, "ReleaseUnguarded[Alarms]"),
        ("Orders/Release", "AlarmConfiguration.IgnorePollAlarmFailure", True, "ReleaseUnguarded[Alarms]"),
        ("Orders/Release", "AutoRollbackConfiguration.Enabled", False, "ReleaseUnguarded[Rollback]"),
        ("Orders/Logs/Group/Resource", "RetentionInDays", None, "LogGroupUnkept[Retention]"),
    ],
)
def test_a_rule_of_ours_bites(path: str, name: str, value: Any, rule: str) -> None:
    app = new_app()
    stack = a_stack(app)
    bend(stack, path, name, value)
    found = hardening_findings(Subject(assembly=read_assembly(Path(app.synth().directory))))
    assert [finding.rule for finding in found if finding.path.startswith("Stack/Orders")] == [f"Prodready-{rule}"]


@pytest.mark.control("GOV-1", "FN-1")
@pytest.mark.parametrize(
    ("path", "changes", "rules"),
    [
        ("Orders/Function/Resource", {"tracing_config": {"mode": "PassThrough"}}, {"Serverless-LambdaTracing"}),
        ("Orders/Function/Resource", {"runtime": "python3.13"}, {"AwsSolutions-L1", "Serverless-LambdaLatestVersion"}),
        (
            "Orders/Function/Resource",
            {"dead_letter_config": None},
            {"NIST.800.53.R5-LambdaDLQ", "HIPAA.Security-LambdaDLQ", "Serverless-LambdaDLQ", "AwsSolutions-SQS3"},
        ),
        (
            "Orders/Function/Resource",
            {"reserved_concurrent_executions": None},
            {"NIST.800.53.R5-LambdaConcurrency", "HIPAA.Security-LambdaConcurrency"},
        ),
        ("Orders/Events", {"destination_config": None}, {"Serverless-LambdaAsyncFailureDestination"}),
    ],
)
def test_a_pack_bites(path: str, changes: dict[str, Any], rules: set[str]) -> None:
    stack = a_stack()
    before = set(findings(stack))
    found = cast("IConstruct", stack)
    for part in path.split("/"):
        found = cast("IConstruct", found.node.try_find_child(part))
    for name, value in changes.items():
        setattr(found, name, value)
    new = {finding.partition(" @ ")[0] for finding in set(findings(stack)) - before}
    assert rules <= new


@pytest.mark.control("FN-1")
def test_unbent_nothing_of_ours_is_found() -> None:
    app = new_app()
    a_stack(app)
    found = hardening_findings(Subject(assembly=read_assembly(Path(app.synth().directory))))
    assert [finding for finding in found if finding.path.startswith("Stack/Orders")] == []
