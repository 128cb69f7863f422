"""The guard ends the process: under plain ``python app.py`` and under ``cdk synth``, with the CDK's own validation too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prodready_constructs.compliance.guard import GUARD_REPORT
from prodready_constructs.evidence.assembly import REFUSED_MANIFEST
from tests.support.synthesis import ROOT

APP = """
import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from prodready_constructs.compliance import STAGING_PACKS, guard
from prodready_constructs.waivers import waive

app = cdk.App(builtin_cloud_formation_validation={built_in}, analytics_reporting=False)
stack = cdk.Stack(app, "Shop")
queue = sqs.Queue(stack, "Queue", enforce_ssl=True)
cloudwatch.CfnAlarm(
    stack,
    "Age",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    metric_name="ApproximateAgeOfOldestMessage",
    namespace="AWS/SQS",
    period=60,
    statistic="Maximum",
    threshold=60,
    alarm_actions=[f"arn:aws:sns:{{stack.region}}:{{stack.account}}:people"],
    alarm_description="Messages wait. Runbook: runbooks/queue.md",
    treat_missing_data="notBreaching",
    dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="QueueName", value=queue.queue_name)],
)
raw = cdk.CfnResource(stack, "Raw", type="AWS::SNS::Topic", properties={{"DisplayName": "shop", "Colour": "red"}})
because = "the topic has always had a colour, and nobody knows how to take it away"
if {waived}:
    waive(queue, rule="AwsSolutions-SQS3", because=because, owner="shop")
guard(app, packs=STAGING_PACKS[:1], required_tags=())
"""


def run(directory: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CDK_HOME": str(directory), "CI": "1"}
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.control("GOV-1")
def test_plain_python_ends_with_status_1_and_no_traceback(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text(APP.format(built_in=False, waived=False))
    ended = run(tmp_path, [sys.executable, str(app)])
    assert ended.returncode == 1
    assert "Shop/Queue/Resource\n  rule    AwsSolutions-SQS3\n" in ended.stderr
    assert "guard: 1 finding; the assembly is refused" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.control("GOV-1", "LIB-5")
def test_cdk_synth_fails_and_leaves_nothing_to_deploy(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP.format(built_in=True, waived=True))
    cdk = ["node", str(ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"), "--no-notices"]
    ended = run(tmp_path, [*cdk, "synth", "--app", f"{sys.executable} app.py"])
    assert ended.returncode == 1
    # The CDK's own validation judges the raw property; the queue is waived.
    assert "Shop/Raw\n  rule    CloudFormation-F3002\n  reason  Colour: Additional properties are not allowed" in ended.stderr
    assert "AwsSolutions-SQS3" not in ended.stderr
    assert "Resources:" not in ended.stdout, "no template is printed"
    assembly = tmp_path / "cdk.out"
    assert (assembly / GUARD_REPORT).is_file()
    assert (assembly / REFUSED_MANIFEST).is_file()
    refused = run(tmp_path, [*cdk, "deploy", "--all", "--app", "cdk.out", "--require-approval", "never"])
    assert refused.returncode == 1
    assert "manifest" in refused.stderr
