"""What is bent by hand is caught in the finished template; what is not bent passes the guard whole."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_iot as iot

from prodready_constructs import PRODUCTION, DataKey, DeviceIngest, DeviceProvisioning, ReliableQueue, Routes, ToQueue, Watch, guard
from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.evidence.assembly import read_assembly
from tests.compute.devices.parts import an_ingest
from tests.support.packs import findings
from tests.support.synthesis import new_app, new_stack

pytestmark = pytest.mark.control("FN-6")

TELEMETRY = "SELECT * FROM 'devices/+/telemetry'"
CLAIM = DeviceProvisioning(thing_name="boiler-{Serial}", parameters=("Serial",))


def devices(stack: cdk.Stack) -> tuple[DeviceIngest, iot.CfnTopicRule]:
    key = DataKey(stack, "DataKey", description="readings").key
    readings = ReliableQueue(stack, "Readings", posture=PRODUCTION.messaging, data_class=PRODUCTION.data.internal, encryption_key=key)
    ingest = an_ingest(stack)
    rule = ingest.add_rule("Telemetry", sql=TELEMETRY, to=ToQueue(readings.queue), silent_after=timedelta(hours=1))
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=["b@example.com"])
    Watch(
        stack,
        "Watch",
        routes=routes,
        watching=[ingest, readings, routes],
        runbook_base_url="https://runbooks.example.com",
    )
    return ingest, rule


def test_devices_with_rules_and_a_claim_pass_the_guard() -> None:
    app = new_app()
    ingest, _ = devices(new_stack(app))
    ingest.add_provisioning("Claim", CLAIM, hook=None)
    verdict = guard(app, today=date(2026, 11, 21), required_tags=())
    ours = {waiver.rule for waiver in verdict.waivers if "Ingest" in waiver.path}
    assert "Prodready-DeviceOpen[Resources]" in ours
    assert len(ours) == 6


def widen(ingest: DeviceIngest, _: iot.CfnTopicRule) -> None:
    ingest.policy.add_property_override("PolicyDocument.Statement.1.Resource", "arn:aws:iot:us-east-1:111122223333:topic/*")


def allow_everything(ingest: DeviceIngest, _: iot.CfnTopicRule) -> None:
    ingest.policy.add_property_override("PolicyDocument.Statement.0.Action", "iot:*")


def forget(_: DeviceIngest, rule: iot.CfnTopicRule) -> None:
    rule.add_property_deletion_override("TopicRulePayload.ErrorAction")


def unkept_logs(ingest: DeviceIngest, _: iot.CfnTopicRule) -> None:
    assert ingest.logs
    group: Any = ingest.logs.log_group.node.default_child
    group.add_property_deletion_override("KmsKeyId")


@pytest.mark.parametrize(
    ("bend", "rule", "path"),
    [
        (widen, "Prodready-DeviceOpen[Resources]", "Stack/Ingest/Policy"),
        (allow_everything, "Prodready-DeviceOpen[Actions]", "Stack/Ingest/Policy"),
        (forget, "Prodready-DeviceOpen[Errors]", "Stack/Ingest/Telemetry"),
        (unkept_logs, "Prodready-LogGroupUnkept", "Stack/Ingest/Logging/Logs/Group/Resource"),
    ],
)
def test_what_is_bent_is_caught(tmp_path: Path, bend: Any, rule: str, path: str) -> None:
    app = new_app(outdir=str(tmp_path))
    bend(*devices(new_stack(app)))
    app.synth()
    found = {(one.rule, one.path) for one in hardening_findings(Subject(assembly=read_assembly(tmp_path)))}
    assert [one for one in found if one[0].startswith(rule) and one[1] == path], sorted(found)


def test_what_is_loosened_is_caught_by_a_pack() -> None:
    stack = new_stack()
    ingest, _ = devices(stack)
    role: Any = ingest.node.find_child("TelemetryRole")
    role.add_to_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=["*"]))
    topic: Any = ingest.findings.node.default_child
    topic.kms_master_key_id = None
    queue: Any = ingest.dead_letters.node.default_child
    queue.kms_master_key_id = None
    queue.sqs_managed_sse_enabled = False
    found = findings(stack)
    assert "AwsSolutions-IAM5[Resource::*] @ Stack/Ingest/TelemetryRole/Policy/Resource" in found
    assert [one for one in found if "Stack/Ingest/Findings" in one], "topic"
    assert [one for one in found if one.startswith("AwsSolutions-SQS2 @ Stack/Ingest/DeadLetters")], [
        one for one in found if "DeadLetters" in one
    ]
