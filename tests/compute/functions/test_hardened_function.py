"""A function: private, encrypted, bounded, logged; and how much of it the posture decides."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from prodready_constructs.compute import CodeSigning, FunctionCode, HardenedFunction
from prodready_constructs.posture import STAGING
from tests.compute.functions.parts import CODE, LAYER, OUTSIDE, POSTURE, SAMPLE, a_function, a_store, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

INSIDE = [
    "AwsSolutions-IAM5[Resource::*] @ Stack/Orders/Role/LambdaPolicy/Resource",
    "Serverless-SQSRedrivePolicy @ Stack/Orders/DeadLetters/Resource",
]
NOT_INSIDE = [f"{pack}-LambdaInsideVPC" for pack in ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")]


class Made(NamedTuple):
    function: HardenedFunction
    template: Template
    findings: list[str]


@pytest.fixture(scope="module")
def inside() -> Made:
    """Production, in a VPC, connected to everything."""
    stack = new_stack()
    vpc = a_vpc(stack)
    layered = FunctionCode.zip(SAMPLE, handler="app.handler", runtime="python3.14", layers=[LAYER])
    function = a_function(stack, vpc=vpc, code=layered, environment={"LOG_LEVEL": "info"})
    function.connect_to(a_store(stack, vpc))
    function.add_secret("JWT", secretsmanager.Secret(stack, "Jwt"))
    function.add_smoke_check({"ping": True}, expects={"ok": True})
    function.add_url(streams=True).grant_invoke_url(iam.Role(stack, "Caller", assumed_by=iam.AccountRootPrincipal()))
    sqs.Queue(stack, "Work").grant_send_messages(function)
    found = [finding for finding in findings(stack) if "Stack/Orders/" in finding]
    return Made(function, synth(stack), found)


@pytest.fixture(scope="module")
def outside() -> Made:
    """Staging, outside of a VPC, no feature flags, an image by digest for the other architecture, a key from elsewhere."""
    stack = new_stack(new_app(flags={}))
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{stack.region}:{stack.account}:key/11111111-1111-1111-1111-111111111111")
    repository = ecr.Repository.from_repository_name(stack, "Repository", "orders")
    function = a_function(
        stack,
        code=FunctionCode.repository_image(repository, digest=f"sha256:{'a' * 64}", architecture="x86_64"),
        posture=STAGING.functions,
        encryption_key=key,
        timeout=timedelta(minutes=15),
    )
    return Made(function, synth(stack), findings(stack))


def the_function(template: Template) -> dict[str, Any]:
    return template.props("AWS::Lambda::Function", "OrdersFunction")


def statements(template: Template, containing: str) -> list[dict[str, Any]]:
    return template.props("AWS::IAM::ManagedPolicy", containing)["PolicyDocument"]["Statement"]


# -- always ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-1")
def test_every_safety_is_said_aloud(inside: Made, outside: Made) -> None:
    for made in (inside, outside):
        function = the_function(made.template)
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert function["RecursiveLoop"] == "Terminate"
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["LoggingConfig"]["LogGroup"]
        assert function["KmsKeyArn"]
        assert "OrdersDeadLetters" in json.dumps(function["DeadLetterConfig"])
        group = made.template.props("AWS::Logs::LogGroup", "OrdersLogs")
        assert group["KmsKeyId"]
        assert group["RetentionInDays"] == 30


@pytest.mark.control("FN-1")
def test_failed_events_are_kept_as_they_were_and_with_the_reason(inside: Made) -> None:
    template = inside.template
    queue = template.one("AWS::SQS::Queue", "OrdersDeadLetters")
    assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["Properties"]["KmsMasterKeyId"]
    assert queue["Properties"]["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}
    assert queue["DeletionPolicy"] == "RetainExceptOnCreate"
    (deny,) = template.props("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    events = template.props("AWS::Lambda::EventInvokeConfig")
    assert "OrdersDeadLetters" in json.dumps(events["DestinationConfig"]["OnFailure"])
    assert (events["Qualifier"], events["MaximumEventAgeInSeconds"], events["MaximumRetryAttempts"]) == ("live", 21_600, 2)


@pytest.mark.control("FN-1")
def test_a_zip_runs_on_arm_and_names_its_layers(inside: Made) -> None:
    function = the_function(inside.template)
    assert (function["Architectures"], function["Runtime"], function["Handler"]) == (["arm64"], "python3.14", "app.handler")
    assert function["Layers"] == [LAYER]


@pytest.mark.control("FN-1")
def test_an_image_is_named_by_digest(outside: Made) -> None:
    function = the_function(outside.template)
    assert f"@sha256:{'a' * 64}" in json.dumps(function["Code"])
    assert (function["Architectures"], function["PackageType"]) == (["x86_64"], "Image")
    assert "Runtime" not in function


def test_a_folder_with_a_dockerfile_is_an_image(tmp_path: Any) -> None:
    (tmp_path / "Dockerfile").write_text("FROM public.ecr.aws/lambda/python:3.14\n")
    stack = new_stack()
    a_function(stack, code=FunctionCode.image(tmp_path))
    assert the_function(synth(stack))["PackageType"] == "Image"


@pytest.mark.control("FN-2")
def test_callers_call_an_alias_of_published_versions(inside: Made) -> None:
    alias = inside.template.props("AWS::Lambda::Alias")
    ((version_id, version),) = inside.template.of_type("AWS::Lambda::Version").items()
    assert alias["Name"] == "live"
    assert alias["FunctionVersion"] == {"Fn::GetAtt": [version_id, "Version"]}
    assert version["DeletionPolicy"] == "Retain"
    url = inside.template.props("AWS::Lambda::Url")
    assert (url["AuthType"], url["Qualifier"], url["InvokeMode"]) == ("AWS_IAM", "live", "RESPONSE_STREAM")


@pytest.mark.control("FN-2")
def test_changed_settings_are_a_new_version() -> None:
    def version(**changed: Any) -> str:
        stack = new_stack()
        a_function(stack, **changed)
        return next(iter(synth(stack).of_type("AWS::Lambda::Version")))

    first = version()
    assert version() == first
    layered = FunctionCode.zip(SAMPLE, handler="app.handler", runtime="python3.14", layers=[LAYER])
    assert len({first, version(environment={"LEVEL": "debug"}), version(code=layered), version(timeout=timedelta(seconds=3))}) == 4


@pytest.mark.control("FN-1")
def test_signed_code_only_when_asked() -> None:
    stack = new_stack()
    stored = FunctionCode.stored(
        s3.Bucket.from_bucket_name(stack, "Builds", "builds"), "orders.zip", version="v1", handler="app.handler", runtime="python3.14"
    )
    a_function(stack, code=stored, code_signing=CodeSigning(stack, "Signing"))
    a_function(stack, "Unsigned", code=stored)
    template = synth(stack)
    config = template.props("AWS::Lambda::CodeSigningConfig")
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    assert "SigningProfile" not in json.dumps(template.props("AWS::Signer::SigningProfile"))
    assert template.one("AWS::Signer::SigningProfile")["DeletionPolicy"] == "Retain"
    function = the_function(template)
    assert "SigningConfig" in json.dumps(function["CodeSigningConfigArn"])
    assert function["Code"] == {"S3Bucket": "builds", "S3Key": "orders.zip", "S3ObjectVersion": "v1"}
    assert "CodeSigningConfigArn" not in template.props("AWS::Lambda::Function", "UnsignedFunction")


@pytest.mark.control("FN-1")
def test_signatures_of_others_count_when_they_are_named() -> None:
    stack = new_stack()
    profile = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/builds/abcdefgh"
    assert CodeSigning(stack, "Signing", profiles=[profile]).profile is None
    template = synth(stack)
    assert template.props("AWS::Lambda::CodeSigningConfig")["AllowedPublishers"] == {"SigningProfileVersionArns": [profile]}
    assert not template.of_type("AWS::Signer::SigningProfile")


@pytest.mark.control("FN-1")
@pytest.mark.parametrize(("runtime", "handler"), [("python3.12", "app.handler"), ("java21", "com.example.App::handle")])
def test_a_snapshot_when_asked(runtime: Any, handler: str) -> None:
    stack = new_stack()
    a_function(stack, code=FunctionCode.zip(SAMPLE, handler=handler, runtime=runtime, snap_start=True))
    assert the_function(synth(stack))["SnapStart"] == {"ApplyOn": "PublishedVersions"}


# -- posture ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-1")
def test_the_posture_decides_how_much(inside: Made, outside: Made) -> None:
    production, staging = the_function(inside.template), the_function(outside.template)
    assert (production["MemorySize"], production["EphemeralStorage"], production["Timeout"]) == (512, {"Size": 512}, 10)
    assert (production["ReservedConcurrentExecutions"], staging["ReservedConcurrentExecutions"]) == (50, 5)
    assert staging["Timeout"] == 900
    assert "VpcConfig" not in staging


@pytest.mark.control("FN-1", "FN-2")
def test_every_degree_reaches_the_template() -> None:
    stack = new_stack()
    posture = replace(
        POSTURE,
        memory_mib=1_769,
        ephemeral_mib=2_048,
        reserved_concurrency=20,
        provisioned=2,
        max_provisioned=8,
        provisioned_target=60,
        application_log_level="WARN",
        system_log_level="WARN",
        event_age=timedelta(minutes=5),
        retries=0,
        log_retention=timedelta(days=90),
    )
    function = a_function(stack, posture=posture)
    assert function.scaling is not None
    template = synth(stack)
    made = the_function(template)
    assert (made["MemorySize"], made["EphemeralStorage"], made["ReservedConcurrentExecutions"]) == (1_769, {"Size": 2_048}, 20)
    assert (made["LoggingConfig"]["ApplicationLogLevel"], made["LoggingConfig"]["SystemLogLevel"]) == ("WARN", "WARN")
    events = template.props("AWS::Lambda::EventInvokeConfig")
    assert (events["MaximumEventAgeInSeconds"], events["MaximumRetryAttempts"]) == (300, 0)
    assert template.props("AWS::Logs::LogGroup")["RetentionInDays"] == 90
    assert template.props("AWS::Lambda::Alias")["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 2}
    target = template.props("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 8)
    policy = template.props("AWS::ApplicationAutoScaling::ScalingPolicy")["TargetTrackingScalingPolicyConfiguration"]
    assert policy["TargetValue"] == 0.6
    assert policy["PredefinedMetricSpecification"] == {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}


# -- who may reach what ----------------------------------------------------------------------------------------------


@pytest.mark.control("FN-1", "SEC-1")
def test_the_role_may_what_was_granted_and_nothing_else(inside: Made) -> None:
    template = inside.template
    assert not template.of_type("AWS::IAM::Policy").keys() & {name for name in template.resources if name.startswith("Orders")}
    own = statements(template, "OrdersRolePolicy")
    assert [statement["Action"] for statement in own[:3]] == [
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        ["kms:Decrypt", "kms:GenerateDataKey"],
        "sqs:SendMessage",
    ]
    assert all(statement["Resource"] != "*" for statement in own)
    wide = statements(template, "OrdersRoleLambdaPolicy")
    assert wide[0]["Action"] == ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    assert wide[1]["Condition"] == {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}
    assert (wide[2]["Effect"], wide[2]["Action"]) == ("Deny", wide[1]["Action"])
    assert wide[2]["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}


@pytest.mark.control("FN-1")
def test_outside_of_a_vpc_it_may_make_no_interface(outside: Made) -> None:
    assert len(statements(outside.template, "OrdersRoleLambdaPolicy")) == 1


@pytest.mark.control("FN-1", "NET-2")
def test_in_a_vpc_only_https_gets_out_and_what_it_was_connected_to(inside: Made) -> None:
    function = the_function(inside.template)
    assert function["VpcConfig"]["SubnetIds"] == ["subnet-a", "subnet-b"]
    group = inside.template.props("AWS::EC2::SecurityGroup", "OrdersSecurityGroup")
    assert [(rule["FromPort"], rule["ToPort"], rule["CidrIp"]) for rule in group["SecurityGroupEgress"]] == [(443, 443, "0.0.0.0/0")]
    assert "SecurityGroupIngress" not in group
    (out,) = inside.template.of_type("AWS::EC2::SecurityGroupEgress").values()
    assert out["Properties"]["FromPort"] == 5433


@pytest.mark.control("SEC-2")
def test_secrets_are_read_when_the_function_runs(inside: Made) -> None:
    variables = the_function(inside.template)["Environment"]["Variables"]
    assert set(variables) == {
        "LOG_LEVEL",
        "DB_HOST",
        "DB_PORT",
        "DB_PASSWORD_SECRET_ARN",
        "DB_PASSWORD_SECRET_FIELD",
        "JWT_SECRET_ARN",
    }
    assert variables["DB_PASSWORD_SECRET_FIELD"] == "password"
    (reads,) = [each for each in statements(inside.template, "OrdersRolePolicy") if each["Action"] == "secretsmanager:GetSecretValue"]
    assert [each["Ref"][:3] for each in reads["Resource"]] == ["Jwt", "Sto"]
    (opens,) = [each for each in statements(inside.template, "OrdersRolePolicy") if each["Action"] == "kms:Decrypt"]
    assert "kms:ViaService" in json.dumps(opens["Condition"])


@pytest.mark.control("SEC-2")
def test_a_secret_known_by_its_name_is_granted_with_its_suffix() -> None:
    stack = new_stack()
    a_function(stack).add_secret("JWT", secretsmanager.Secret.from_secret_name_v2(stack, "Jwt", "shop/production/jwt"))
    (read,) = [each for each in statements(synth(stack), "OrdersRolePolicy") if each["Action"] == "secretsmanager:GetSecretValue"]
    assert read["Resource"].endswith(":secret:shop/production/jwt-??????")


def test_a_store_without_a_network_can_be_used_from_outside() -> None:
    stack = new_stack()
    store = a_store(stack, a_vpc(stack))
    open_to_all = replace(store.attachment, connections=ec2.Connections(peer=ec2.Peer.any_ipv4()))
    a_function(stack).connect_to(type(store)(open_to_all))
    assert "DB_HOST" in the_function(synth(stack))["Environment"]["Variables"]


def test_who_may_call_it_is_granted_on_the_alias() -> None:
    stack = new_stack()
    function = a_function(stack)
    function.grant_invoke(iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")))
    (statement,) = synth(stack).props("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"]["Ref"].startswith("OrdersLive")
    assert function.for_api() is function.alias


# -- clean -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("GOV-1", "FN-1")
def test_the_packs_find_what_is_waived_and_nothing_else(inside: Made, outside: Made) -> None:
    assert inside.findings == INSIDE
    assert outside.findings == sorted([*INSIDE, *(f"{rule} @ Stack/Orders/Function/Resource" for rule in NOT_INSIDE)])


@pytest.mark.control("GOV-2")
def test_the_reason_for_standing_outside_is_on_record(outside: Made) -> None:
    waivers = [entry["data"] for entry in outside.template.metadata["Stack/Orders/Function"] if entry["type"] == "prodready:waiver"]
    assert sorted(waiver["rule"] for waiver in waivers) == NOT_INSIDE
    assert all(OUTSIDE.because in waiver["because"] for waiver in waivers)


@pytest.mark.control("FN-1", "FN-2", "FN-3")
def test_it_says_what_it_claims(inside: Made) -> None:
    (entry,) = inside.template.recorded("HardenedFunction")
    assert entry["watchable"] is True
    assert {claim["control"] for claim in entry["controls"]} == {"FN-1", "FN-2", "FN-3", "SEC-2"}
    assert CODE.is_image is False
