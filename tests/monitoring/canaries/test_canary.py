"""Canaries: what they may do, how often they run, what wakes somebody, and what they refuse."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from bench.messages import counted, total
from prodready_constructs import PRODUCTION, STAGING
from prodready_constructs.contracts import Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey
from prodready_constructs.monitoring import Canary, CanarySecret, CanaryStep, Routes, Watch
from prodready_constructs.monitoring.rollback import rollback_twins
from prodready_constructs.storage import LogBucket
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in

pytestmark = pytest.mark.control("OPS-6")
POSTURE = PRODUCTION.monitoring
ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:probe-AbCdEf"


def make(stack: cdk.Stack, construct_id: str = "Shop", **given: Any) -> Canary:
    artifacts = given.pop("artifacts", None) or LogBucket(stack, f"{construct_id}Bucket", posture=PRODUCTION.storage).bucket
    settings: dict[str, Any] = {"host": "shop.example.com", "artifacts": artifacts, "posture": POSTURE, **given}
    return Canary(stack, construct_id, **settings)


class Made(NamedTuple):
    template: Template
    canary: Canary
    findings: list[str]


@pytest.fixture(scope="module")
def made() -> Made:
    stack = new_stack()
    key = DataKey(stack, "Key", description="logs", encrypts_logs=True).key
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Probe", ARN)
    canary = make(
        stack,
        encryption_key=key,
        steps=[
            CanaryStep(path="/health"),
            CanaryStep(path="/me", headers={"Authorization": CanarySecret(secret=secret, field="token", before="Bearer ")}),
        ],
    )
    return Made(findings=findings(stack), template=synth(stack), canary=canary)


class TestAlways:
    def test_the_canary(self, made: Made) -> None:
        canary = made.template.props("AWS::Synthetics::Canary")
        assert canary["RuntimeVersion"] == "syn-nodejs-3.1"
        assert canary["ProvisionedResourceCleanup"] == "AUTOMATIC"
        assert canary["ResourcesToReplicateTags"] == ["lambda-function"]
        assert canary["StartCanaryAfterCreation"] is True
        assert canary["RunConfig"] == {"ActiveTracing": True, "MemoryInMB": 960, "TimeoutInSeconds": 40}
        assert canary["ArtifactConfig"]["S3Encryption"]["EncryptionMode"] == "SSE_KMS"
        assert canary["ArtifactConfig"]["S3Encryption"]["KmsKeyArn"] == canary["KmsKeyArn"]
        assert "RetryConfig" not in canary["Schedule"], "this runtime has no retries; the alarm waits for a second failure"
        assert "VPCConfig" not in canary
        assert "VisualReference" not in canary
        assert len(f"cwsyn-{canary['Name']}-{'0' * 36}") <= 64, "the name of a Lambda function"

    def test_its_logs_are_encrypted_and_end_and_nothing_else_can_make_a_group(self, made: Made) -> None:
        name = made.template.props("AWS::Synthetics::Canary")["Name"]
        logs = made.template.props("AWS::Logs::LogGroup")
        (canary_id,) = made.template.of_type("AWS::Synthetics::Canary")
        assert logs["LogGroupName"] == {"Fn::Join": ["", [f"/aws/lambda/cwsyn-{name}-", {"Fn::GetAtt": [canary_id, "Id"]}]]}
        assert logs["RetentionInDays"] == 30
        assert "KmsKeyId" in logs
        assert "logs:CreateLogGroup" not in json.dumps(made.template.body)

    def test_the_artifacts_end(self, made: Made) -> None:
        name = made.template.props("AWS::Synthetics::Canary")["Name"]
        (rule,) = [r for r in made.template.props("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"] if r["Id"] == f"Canary-{name}"]
        assert (rule["Prefix"], rule["ExpirationInDays"], rule["Status"]) == (f"canaries/{name}/", 30, "Enabled")

    def test_the_role_reaches_its_prefix_its_group_and_its_secret(self, made: Made) -> None:
        statements = made.template.props("AWS::IAM::ManagedPolicy", "ShopRolePolicy")["PolicyDocument"]["Statement"]
        by_action = {json.dumps(s["Action"]): s for s in statements}
        assert by_action['"secretsmanager:GetSecretValue"']["Resource"] == ARN
        assert by_action['"cloudwatch:PutMetricData"']["Condition"] == {"StringEquals": {"cloudwatch:namespace": "CloudWatchSynthetics"}}
        assert "ec2:" not in json.dumps(statements)
        group = made.template.props("AWS::IAM::ManagedPolicy", "LogPolicy")["PolicyDocument"]["Statement"]
        (log_group,) = made.template.of_type("AWS::Logs::LogGroup")
        assert group == [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": {"Fn::GetAtt": [log_group, "Arn"]},
            }
        ]
        assert made.template.props("AWS::IAM::Role", "ShopRole")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
            "Service": "lambda.amazonaws.com"
        }

    def test_the_script_holds_the_plan_and_no_secret(self, made: Made) -> None:
        script = made.template.props("AWS::Synthetics::Canary")["Code"]["Script"]
        assert made.template.props("AWS::Synthetics::Canary")["Code"]["Handler"] == "index.handler"
        plan = json.loads(script.rpartition("exports.handler = canary(")[2].removesuffix(");\n"))
        assert [step["path"] for step in plan["steps"]] == ["/health", "/me"]
        assert plan["steps"][1]["headers"] == {"Authorization": {"secret": ARN, "field": "token", "before": "Bearer "}}

    def test_the_script_that_is_deployed_is_a_program_with_a_handler(self, made: Made) -> None:
        script = made.template.props("AWS::Synthetics::Canary")["Code"]["Script"]
        check = "const m={exports:{}};new Function('require','exports',process.argv[1])(require,m.exports);console.log(typeof m.exports.handler)"
        assert subprocess.run(["node", "-e", check, script], capture_output=True, text=True, check=True).stdout.strip() == "function"

    @pytest.mark.parametrize("flags", [{}, None])
    def test_clean_but_for_what_is_waived(self, made: Made, flags: dict[str, Any] | None) -> None:
        if flags is None:
            found = made.findings
        else:
            stack = new_stack(new_app(flags=flags))
            make(stack)
            found = findings(stack)
        (name,) = {n for line in found for n in re.findall(r"canaries/([a-z0-9-]+)/", line)}
        assert [line.partition("[Resource::<")[0] for line in found if "/Shop/" in line] == [
            "AwsSolutions-IAM5[Resource::*] @ Stack/Shop/Role/Policy/Resource",
            "AwsSolutions-IAM5",
        ]
        assert name.startswith("stack-")

    def test_it_says_what_it_is(self, made: Made) -> None:
        (said,) = made.template.recorded("Canary")
        assert said["watchable"] is True
        assert said["paths"] == ["/health", "/me"]
        assert {claim["control"] for claim in said["controls"]} == {"OPS-6"}


class TestPosture:
    @pytest.mark.parametrize("posture", [PRODUCTION, STAGING])
    def test_how_often(self, posture: Any) -> None:
        template = synth_in(lambda stack: make(stack, posture=posture.monitoring))
        # Often enough, in both, to bring a release back.
        assert template.props("AWS::Synthetics::Canary")["Schedule"] == {"Expression": "rate(5 minutes)", "DurationInSeconds": "0"}

    @pytest.mark.parametrize(("minutes", "expression"), [(1, "rate(1 minute)"), (15, "rate(15 minutes)"), (60, "rate(1 hour)")])
    def test_one_is_singular(self, minutes: int, expression: str) -> None:
        posture = replace(POSTURE, canary_interval=timedelta(minutes=minutes))
        template = synth_in(lambda stack: make(stack, posture=posture))
        assert template.props("AWS::Synthetics::Canary")["Schedule"]["Expression"] == expression

    def test_how_long_everything_is_kept(self) -> None:
        template = synth_in(lambda stack: make(stack, posture=replace(POSTURE, canary_retention=timedelta(days=7))))
        canary = template.props("AWS::Synthetics::Canary")
        assert (canary["SuccessRetentionPeriod"], canary["FailureRetentionPeriod"]) == (7, 7)
        assert template.props("AWS::Logs::LogGroup")["RetentionInDays"] == 7

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            (
                "canary_interval",
                timedelta(seconds=30),
                r"MonitoringPosture\.canary_interval: got '0:00:30'; allowed: 0:01:00 to 1:00:00 \(CloudWatch",
            ),
            (
                "canary_retention",
                timedelta(days=1),
                r"MonitoringPosture\.canary_retention: got '1 day'; allowed: 7 days to 455 days \(a weekly",
            ),
        ],
    )
    def test_floors(self, field: str, value: timedelta, message: str) -> None:
        with pytest.raises(ConfigurationError, match=message):
            replace(POSTURE, **{field: value})


@pytest.fixture(scope="module")
def inside() -> Template:
    def build(stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(stack, "Vpc", restrict_default_security_group=False)
        canary = make(stack, vpc=vpc, host="inside.example.com:8443")
        assert canary.security_group is not None

    return synth_in(build)


class TestInside:
    def test_in_private_subnets_with_a_group_that_lets_https_out(self, inside: Template) -> None:
        vpc = inside.props("AWS::Synthetics::Canary")["VPCConfig"]
        assert len(vpc["SubnetIds"]) == 3
        assert all("Private" in subnet["Ref"] for subnet in vpc["SubnetIds"])
        egress = inside.props("AWS::EC2::SecurityGroup", "Shop")["SecurityGroupEgress"]
        assert {rule["FromPort"] for rule in egress} == {443, 8443}
        assert "SecurityGroupIngress" not in inside.props("AWS::EC2::SecurityGroup", "Shop")

    def test_the_role_may_make_interfaces_in_this_region(self, inside: Template) -> None:
        statements = inside.props("AWS::IAM::ManagedPolicy", "ShopRolePolicy")["PolicyDocument"]["Statement"]
        (network,) = [s for s in statements if "ec2:CreateNetworkInterface" in s["Action"]]
        assert network["Condition"] == {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}

    def test_a_vpc_without_private_subnets_is_refused(self) -> None:
        stack = new_stack()
        vpc = ec2.Vpc(
            stack,
            "Vpc",
            restrict_default_security_group=False,
            subnet_configuration=[ec2.SubnetConfiguration(name="p", subnet_type=ec2.SubnetType.PUBLIC)],
        )
        with pytest.raises(ConfigurationError, match=r"Stack/Shop: vpc: got 'private subnets in no zone'; allowed: private subnets in 2"):
            make(stack, vpc=vpc)


class TestAlarms:
    def test_what_wakes(self, made: Made) -> None:
        alarms = {alarm.id: alarm for alarm in made.canary.alarm_specs}
        assert {name: (a.severity, a.periods, a.datapoints, a.missing_data) for name, a in alarms.items()} == {
            "CanaryFailing": (Severity.CRITICAL, 3, 2, "missing"),
            "CanarySlow": (Severity.WARNING, 3, None, "missing"),
            "CanaryStopped": (Severity.WARNING, 3, None, "breaching"),
        }
        assert alarms["CanaryFailing"].threshold == 90
        assert alarms["CanarySlow"].threshold == 32_000
        assert all(alarm.metric.period == timedelta(minutes=5) for alarm in alarms.values())
        assert alarms["CanaryStopped"].warm_up == timedelta(minutes=15)

    def test_the_period_follows_the_schedule(self) -> None:
        canary = make(new_stack(), schedule="cron(0/10 6-22 * * ? *)")
        assert {alarm.metric.period for alarm in canary.alarm_specs} == {timedelta(hours=7, minutes=10)}

    def test_the_commands_exist(self, made: Made) -> None:
        lines = [line for alarm in made.canary.alarm_specs for line in alarm.runbook.first_commands]
        assert lines
        assert [fault for line in lines for fault in faults(line)] == []

    def test_watched_it_deploys_with_its_alarms(self) -> None:
        def build(stack: cdk.Stack) -> None:
            routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=["ops@example.com"], warning=["ops@example.com"])
            Watch(stack, "Watch", routes=routes, watching=[make(stack), routes], runbook_base_url="https://runbooks.example.com")

        template = synth_in(build)
        names = " ".join(template.of_type("AWS::CloudWatch::Alarm"))
        for alarm in ("CanaryFailing", "CanarySlow", "CanaryStopped"):
            assert alarm in names

    def test_graphs_and_an_indicator(self, made: Made) -> None:
        assert [graph.signal for graph in made.canary.graphs] == ["errors", "latency"]
        indicator = made.canary.indicator
        assert (indicator.threshold, indicator.good_while) == (90, "GreaterThanOrEqualToThreshold")


class FakeService(cdk.Resource):
    def __init__(self, scope: cdk.Stack) -> None:
        super().__init__(scope, "Service")
        self.told: list[str] = []

    alarm_specs = graphs = rollback_specs = ()

    def roll_back_on(self, alarm_names: Any) -> None:
        self.told += alarm_names


class TestReleases:
    def test_it_has_no_twin_of_its_own_accord(self, made: Made) -> None:
        assert made.canary.rollback_specs == ()

    def test_it_brings_a_release_back(self) -> None:
        stack = new_stack()
        service = FakeService(stack)
        canary = make(stack, schedule="rate(1 minute)")
        canary.guard_releases_of(service)
        routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=["ops@example.com"], warning=["ops@example.com"])
        Watch(stack, "Watch", routes=routes, watching=[canary, routes], runbook_base_url="https://runbooks.example.com")
        (twin,) = rollback_twins(canary)
        assert (twin.id, twin.periods, twin.datapoints, twin.severity) == ("CanaryFailingRollback", 2, 2, Severity.WARNING)
        assert len(service.told) == 1
        assert "Rollback" in json.dumps(stack.resolve(service.told))

    def test_a_slow_canary_guards_nothing(self) -> None:
        stack = new_stack()
        canary = make(stack, schedule="rate(10 minutes)")
        with pytest.raises(
            ConfigurationError,
            match=r"Stack/Shop: guard_releases_of: got 'a run every 0:10:00'; allowed: a run every 5 minutes or more often: a release is over "
            r"before this one has failed twice; hand over schedule='rate\(1 minute\)'",
        ):
            canary.guard_releases_of(FakeService(stack))


SCHEDULE = r"Stack/Shop: schedule: got '{}'; allowed: {}.*; write 'rate\(5 minutes\)', or leave it to the posture's canary_interval"


class TestRefuses:
    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (
                {"host": "http://shop.example.com"},
                r"host: got 'http://shop\.example\.com'; allowed: a host that answers by HTTPS: .*; name the host alone",
            ),
            *(
                (
                    {"host": host},
                    rf"host: got '{re.escape(host)}'; allowed: a domain name in small letters, .*; leave out scheme, path and spaces",
                )
                for host in (
                    "https://shop.example.com",
                    "shop.example.com/health",
                    "Shop.example.com",
                    "shop",
                    "shop.example.com:0",
                    "shop.example.com:70000",
                    "-a.example.com",
                    "",
                )
            ),
            ({"steps": []}, r"steps: got '0 steps'; allowed: 1 to 10; make two canaries"),
            ({"steps": [CanaryStep(path="/")] * 11}, r"steps: got '11 steps'; allowed: 1 to 10; make two canaries"),
            (
                {"timeout": timedelta(seconds=3)},
                r"timeout: got '0:00:03 for 1 steps that may take 0:00:05, every 0:05:00'; allowed: 0:00:05 to 0:05:00: a run ends",
            ),
            (
                {"timeout": timedelta(minutes=6)},
                r"timeout: got '0:06:00 for 1 steps that may take 0:00:05, every 0:05:00'; allowed: 0:00:05 to 0:05:00: .*; run it less often",
            ),
            (
                {"steps": [CanaryStep(path="/", max_latency=timedelta(minutes=1))] * 2, "schedule": "rate(1 minute)"},
                r"timeout: got '0:01:00 for 2 steps that may take 0:02:00, every 0:01:00'; allowed: 0:02:00 to 0:01:00",
            ),
        ],
    )
    def test_what_cannot_be(self, given: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigurationError, match=f"^Stack/Shop: {message}"):
            make(new_stack(), **given)

    @pytest.mark.parametrize(
        ("schedule", "allowed"),
        [
            ("every 5 minutes", r"cron\(\.\.\.\), rate"),
            ("rate(5 minute)", "rate"),
            ("rate(30 seconds)", "at least a minute between two runs"),
            ("rate(0 minutes)", "runs that come again: 0 runs once"),
            ("rate(2 hours)", r"rate\(1 minute\) to rate\(1 hour\)"),
            ("rate(1 day)", r"rate\(1 minute\) to rate\(1 hour\)"),
            ("at(2030-01-01T00:00:00)", "a rate or a cron expression"),
            ("cron(0 3 * * *)", "six fields"),
            ("cron(0 3 ? * MON *)", "a run a day or more"),
        ],
    )
    def test_schedules(self, schedule: str, allowed: str) -> None:
        with pytest.raises(ConfigurationError, match=SCHEDULE.format(re.escape(schedule), allowed)):
            make(new_stack(), schedule=schedule)

    def test_a_host_of_the_deployment_is_taken_as_it_is(self) -> None:
        template = synth_in(lambda stack: make(stack, host=cdk.CfnParameter(stack, "Host").value_as_string))
        assert {"Ref": "Host"} in template.props("AWS::Synthetics::Canary")["Code"]["Script"]["Fn::Join"][1]

    def test_an_imported_bucket_is_left_alone(self) -> None:
        template = synth_in(lambda stack: make(stack, artifacts=s3.Bucket.from_bucket_name(stack, "Theirs", "their-artifacts")))
        assert template.of_type("AWS::S3::Bucket") == {}
        assert template.props("AWS::Synthetics::Canary")["ArtifactS3Location"].startswith("s3://their-artifacts/canaries/")


STEPS: list[tuple[dict[str, Any], str]] = [
    ({"path": "health"}, r"CanaryStep\('health'\)\.path: got 'health'; allowed: an absolute path of printable ASCII"),
    ({"path": "//evil.example.com"}, r"\.path: got '//evil\.example\.com'; allowed: an absolute path"),
    ({"path": "/a b"}, r"\.path: got '/a b'; allowed: an absolute path"),
    ({"path": "/a#b"}, r"\.path: got '/a#b'; allowed: an absolute path .*; write it like '/health'"),
    ({"method": "get"}, r"\.method: got 'get'; allowed: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; write it in capitals"),
    ({"status": 99}, r"\.status: got 99; allowed: statuses from 200 to 599, .*; expect 200, or \(200, 204\)"),
    ({"status": 600}, r"\.status: got 600"),
    ({"status": ()}, r"\.status: got 0"),
    ({"contains": "ok"}, r"\.contains: got 'ok'; allowed: a list of texts that are not empty"),
    ({"contains": [""]}, r"\.contains: got \[''\]; allowed: a list of texts"),
    (
        {"contains": ["ok"], "method": "HEAD"},
        r"\.contains: got 'texts in the answer to HEAD with status 200'; allowed: no texts: such an answer has no body",
    ),
    ({"contains": ["ok"], "status": 204}, r"\.contains: got 'texts in the answer to GET with status 204'; .*expect headers by answers"),
    ({"max_latency": timedelta(0)}, r"\.max_latency: got '0:00:00'; allowed: 100 ms to 0:02:00; the default is 0:00:05"),
    ({"max_latency": timedelta(minutes=3)}, r"\.max_latency: got '0:03:00'"),
    ({"answers": {"a b": "c"}}, r"\.answers: got 'a b'; allowed: the name of an HTTP header; write it like 'Accept'"),
    ({"headers": {"Host": "x"}}, r"\.headers: got 'Host'; allowed: a header that is not the canary's own; leave it out"),
    ({"headers": {"A": "b\r\nc"}}, r"\.headers\['A'\]: got 'b\\r\\nc'; allowed: one line of printable ASCII; leave out line ends"),
    (
        {"headers": {"Authorization": "Basic abc"}},
        r"\.headers\['Authorization'\]: got 'a value in the open'; allowed: a CanarySecret: .*CanarySecret\(secret=",
    ),
    ({"headers": {"X-Api-Key": "k"}}, r"\.headers\['X-Api-Key'\]: got 'a value in the open'"),
    ({"headers": {"X-Probe-Token": "abcdef123"}}, r"\.headers\['X-Probe-Token'\]: got 'a value in the open'"),
    ({"body": "x"}, r"\.body: got 'a body with GET'; allowed: a body with DELETE, PATCH, POST, PUT; leave it out, or use POST"),
    ({"method": "POST", "body": '{"user":"a","password":"hunter22"}'}, r"\.body: got 'a secret in the open'; allowed: a CanarySecret"),
]


@pytest.mark.parametrize(("given", "message"), STEPS)
def test_steps_refuse(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        CanaryStep(**{"path": "/", **given})


def test_a_step_takes_what_is_harmless() -> None:
    step = CanaryStep(
        path="/orders?state=open", method="POST", status=(200, 201), headers={"Accept": "application/json"}, body='{"dry":true}'
    )
    assert step.plan({})["status"] == [200, 201]
    assert step.plan({})["limit"] == 5000


def test_messages() -> None:
    stack = new_stack()
    key = DataKey(stack, "Key", description="logs", encrypts_logs=True).key
    bucket = s3.Bucket.from_bucket_name(stack, "Theirs", "their-artifacts")
    assert make(stack, "First", artifacts=bucket, encryption_key=key).path
    with counted() as counts:
        make(stack, "Second", artifacts=bucket, encryption_key=key)
    assert total(counts) <= 60, counts
    assert counts["callback"] == 0


def test_a_bent_canary_is_caught() -> None:
    stack = new_stack()
    canary = make(stack)
    canary.log_group.node.default_child.kms_key_id = None  # type: ignore[union-attr]
    canary.role.add_to_policy(iam.PolicyStatement.from_json({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::everything/*"}))
    found = [line for line in findings(stack) if "/Shop/" in line]
    assert any(line.startswith("NIST.800.53.R5-CloudWatchLogGroupEncrypted @ Stack/Shop/Logs") for line in found)
    assert any("AwsSolutions-IAM5[Action::s3:*]" in line for line in found)
