"""Where a web ACL's log goes, and what of it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from prodready_constructs.contracts import AlarmSpec
from prodready_constructs.edge import WafLogs, WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from tests.support.packs import findings
from tests.support.synthesis import Template, new_stack, synth

pytestmark = pytest.mark.control("WEB-1", "OPS-5")

EDGE = replace(PRODUCTION.edge, blocked_countries=())
STREAM = "arn:aws:firehose:us-east-1:111122223333:deliverystream/aws-waf-logs-shop"


@pytest.fixture(scope="module")
def acls() -> dict[str, WebAcl]:
    stack = new_stack()
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    bucket = s3.Bucket(stack, "Bucket", bucket_name="aws-waf-logs-shop-111122223333", encryption_key=key, enforce_ssl=True)
    imported = s3.Bucket.from_bucket_name(stack, "Imported", "aws-waf-logs-central")
    return {
        "Bucket": WebAcl(stack, "ToBucket", posture=EDGE, logs=WafLogs(bucket=bucket, keep="noteworthy")),
        "Imported": WebAcl(stack, "ToImported", posture=EDGE, logs=WafLogs(bucket=imported)),
        "Stream": WebAcl(stack, "ToStream", posture=EDGE, placement="CLOUDFRONT", logs=WafLogs(stream_arn=STREAM, samples=False)),
        "Group": WebAcl(stack, "ToGroup", posture=EDGE),
    }


@pytest.fixture(scope="module")
def template(acls: dict[str, WebAcl]) -> Template:
    return synth(acls["Bucket"].stack)


def statements(policy: Any) -> list[dict[str, Any]]:
    return [one for one in policy["Statement"] if one["Principal"] == {"Service": "delivery.logs.amazonaws.com"}]


def test_credentials_are_taken_out_wherever_the_log_goes(template: Template) -> None:
    logging = template.of_type("AWS::WAFv2::LoggingConfiguration")
    assert len(logging) == 4
    for one in logging.values():
        assert [field["SingleHeader"]["Name"] for field in one["Properties"]["RedactedFields"]] == [
            "authorization",
            "cookie",
            "x-api-key",
            "sec-websocket-protocol",
            "x-origin-verify",
        ]


def test_a_bucket_is_opened_to_log_delivery_of_this_account(template: Template) -> None:
    policy = template.props("AWS::S3::BucketPolicy")["PolicyDocument"]
    put, look = statements(policy)
    assert (put["Action"], look["Action"]) == ("s3:PutObject", "s3:GetBucketAcl")
    assert put["Resource"]["Fn::Join"][1][-1] == "/*"
    assert put["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}, "s3:x-amz-acl": "bucket-owner-full-control"}
    assert look["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    for one in (put, look):
        assert one["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1][1:3] == [{"Ref": "AWS::Partition"}, ":logs:*:"]
    (encrypt,) = statements(_policy_of_the_bucket_key(template))
    assert encrypt["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def _policy_of_the_bucket_key(template: Template) -> Any:
    (key,) = [one for one in template.of_type("AWS::KMS::Key").values() if statements(one["Properties"]["KeyPolicy"])]
    return key["Properties"]["KeyPolicy"]


def test_one_destination_and_no_log_group_beside_it(template: Template, acls: dict[str, WebAcl]) -> None:
    destinations = {name: template.props("AWS::WAFv2::LoggingConfiguration", f"To{name}")["LogDestinationConfigs"] for name in acls}
    assert destinations["Bucket"][0]["Fn::GetAtt"][0].startswith("Bucket")
    assert "s3:::aws-waf-logs-central" in str(destinations["Imported"])
    assert destinations["Stream"] == [STREAM]
    assert "Fn::Sub" in destinations["Group"][0]
    assert len(template.of_type("AWS::Logs::LogGroup")) == 1
    assert [name for name, acl in acls.items() if acl.log_group is not None] == ["Group"]


def test_the_noteworthy_is_what_a_rule_did_something_about(template: Template) -> None:
    kept = template.props("AWS::WAFv2::LoggingConfiguration", "ToBucket")["LoggingFilter"]
    (filter_,) = kept["Filters"]
    assert (kept["DefaultBehavior"], filter_["Behavior"], filter_["Requirement"]) == ("DROP", "KEEP", "MEETS_ANY")
    actions = [condition["ActionCondition"]["Action"] for condition in filter_["Conditions"]]
    assert actions == ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT", "CAPTCHA", "CHALLENGE"]
    assert "LoggingFilter" not in template.props("AWS::WAFv2::LoggingConfiguration", "ToGroup")


def test_a_sensitive_site_keeps_no_samples(template: Template) -> None:
    sensitive, usual = (template.props("AWS::WAFv2::WebACL", which) for which in ("ToStream", "ToGroup"))
    assert {seen["VisibilityConfig"]["SampledRequestsEnabled"] for seen in (sensitive, *sensitive["Rules"])} == {False}
    assert {seen["VisibilityConfig"]["SampledRequestsEnabled"] for seen in (usual, *usual["Rules"])} == {True}
    assert {seen["VisibilityConfig"]["CloudWatchMetricsEnabled"] for seen in (sensitive, *sensitive["Rules"])} == {True}


def test_the_first_command_looks_where_the_log_is(acls: dict[str, WebAcl]) -> None:
    first = {}
    for name, acl in acls.items():
        blocked, limited = acl.alarm_specs
        assert isinstance(blocked, AlarmSpec)
        assert isinstance(limited, AlarmSpec)
        first[name] = blocked.runbook.first_commands[0]
        assert limited.runbook.first_commands
    assert first["Bucket"].startswith("aws s3 ls --recursive s3://")
    assert first["Stream"] == "aws firehose describe-delivery-stream --delivery-stream-name aws-waf-logs-shop --region us-east-1"
    assert first["Group"].startswith("aws logs tail ")
    # without samples there is nothing to ask for
    assert not any("get-sampled-requests" in command for spec in acls["Stream"].alarm_specs for command in spec.runbook.first_commands)


def test_no_finding_remains_about_the_web_acl(acls: dict[str, WebAcl]) -> None:
    assert [finding for finding in findings(acls["Bucket"].stack) if " @ Stack/To" in finding] == []


@pytest.mark.control("LIB-2")
def test_destinations_that_aws_waf_would_refuse() -> None:
    stack = new_stack()
    good = s3.Bucket.from_bucket_name(stack, "Good", "aws-waf-logs-x")
    bad: list[tuple[dict[str, Any], str]] = [
        ({"keep": "some"}, r"WafLogs\.keep: got 'some'; allowed: all or noteworthy; 'noteworthy' drops what was let through"),
        (
            {"bucket": good, "stream_arn": STREAM},
            r"WafLogs: got 'a bucket and a stream'; allowed: one destination: .*; let the stream write",
        ),
        (
            {"bucket": s3.Bucket(stack, "Nameless")},
            r"WafLogs\.bucket: got 'a name that CloudFormation chooses'; allowed: a bucket whose name begins with aws-waf-logs-; give it a name",
        ),
        (
            {"bucket": s3.Bucket(stack, "Named", bucket_name="logs")},
            r"WafLogs\.bucket: got 'logs'; allowed: a bucket whose name begins with",
        ),
        (
            {"bucket": s3.Bucket.from_bucket_name(stack, "Other", "logs")},
            r"WafLogs\.bucket: got 'logs'; allowed: a bucket whose name begins with",
        ),
        (
            {"stream_arn": STREAM.replace("aws-waf-logs-", "")},
            r"WafLogs\.stream_arn: got 'arn:aws:firehose:.*/shop'; allowed: the ARN of a Firehose stream whose name begins with aws-waf-logs-; arn:",
        ),
    ]
    for asked, message in bad:
        with pytest.raises(ConfigurationError, match=rf"^{message}"):
            WafLogs(**asked)
