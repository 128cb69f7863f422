"""Access logs as JSON: always encrypted and kept, never with cookies and queries, in us-east-1 only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import aws_cdk as cdk
import pytest

from prodready_constructs.edge import SiteLogs
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from tests.edge.cdn.parts import a_site
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth, synth_all


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    SiteLogs(stack, "AccessLogs", site=a_site(stack), posture=PRODUCTION.edge)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.mark.control("WEB-7")
def test_every_request_is_written_as_json_to_an_encrypted_log_group(template: Template) -> None:
    group_id = next(iter(template.of_type("AWS::Logs::LogGroup")))
    group = template.props("AWS::Logs::LogGroup")
    assert group["RetentionInDays"] == PRODUCTION.edge.log_retention.days
    assert "KmsKeyId" in group
    assert template.one("AWS::Logs::LogGroup")["DeletionPolicy"] == "Retain"
    source = template.props("AWS::Logs::DeliverySource")
    assert source["LogType"] == "ACCESS_LOGS"
    assert "SiteDistribution" in str(source["ResourceArn"])
    destination = template.props("AWS::Logs::DeliveryDestination")
    assert destination["OutputFormat"] == "json"
    assert group_id in str(destination["DestinationResourceArn"])
    delivery = template.one("AWS::Logs::Delivery")
    assert delivery["Properties"]["DeliverySourceName"] == source["Name"]
    assert next(iter(template.of_type("AWS::Logs::DeliverySource"))) in delivery["DependsOn"]


@pytest.mark.control("WEB-7", "SEC-8")
def test_sessions_and_tokens_are_not_written(template: Template) -> None:
    fields = template.props("AWS::Logs::Delivery")["RecordFields"]
    assert {"c-ip", "cs-uri-stem", "sc-status", "x-edge-request-id", "time-taken"} <= set(fields)
    assert not {"cs(Cookie)", "cs-uri-query"} & set(fields)


@pytest.mark.control("WEB-7")
def test_the_files_in_s3_stay(template: Template) -> None:
    assert template.props("AWS::CloudFront::Distribution")["DistributionConfig"]["Logging"]["IncludeCookies"] is False


def test_the_posture_decides_how_long() -> None:
    stack = new_stack()
    SiteLogs(stack, "AccessLogs", site=a_site(stack), posture=replace(PRODUCTION.edge, log_retention=timedelta(days=7)))
    assert synth(stack).props("AWS::Logs::LogGroup")["RetentionInDays"] == 7


def test_the_site_may_stand_in_another_region() -> None:
    app = new_app()
    site = a_site(new_stack(app, "Workload", region=SECOND_REGION))
    SiteLogs(new_stack(app, "SiteAlarms"), "AccessLogs", site=site, posture=PRODUCTION.edge)
    source = synth_all(app)["SiteAlarms"].props("AWS::Logs::DeliverySource")
    assert "Fn::GetStackOutput" in str(source["ResourceArn"])


def test_it_refuses_another_region() -> None:
    stack = new_stack(region=SECOND_REGION)
    site = a_site(stack)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/AccessLogs: got 'a stack of us-west-2'; allowed: a stack of us-east-1, where CloudFront delivers its logs from; make it",
    ):
        SiteLogs(stack, "AccessLogs", site=site, posture=PRODUCTION.edge)


def test_rule_packs_find_nothing(stack: cdk.Stack) -> None:
    assert [finding for finding in findings(stack) if "@ Stack/AccessLogs/" in finding] == []


def test_bent_it_is_found() -> None:
    stack = new_stack()
    logs = SiteLogs(stack, "AccessLogs", site=a_site(stack), posture=PRODUCTION.edge)
    logs.log_group.node.default_child.kms_key_id = None  # type: ignore[union-attr]
    assert "HIPAA.Security-CloudWatchLogGroupEncrypted @ Stack/AccessLogs/Logs/Group/Resource" in findings(stack)
