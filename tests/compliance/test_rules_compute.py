"""The rules on what runs code: each catches the bent template and passes the good one, with plain resources of anybody's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.templates import found, resource, stack_of

TOKEN = {"Ref": "Decided"}
DIGEST = f"@sha256:{'a' * 64}"


def judged(rule: str, kind: str, properties: dict[str, Any], beside: dict[str, Any] | None = None, **options: Any) -> list[str]:
    """The details that *rule* finds on one resource of *kind*, with others *beside* it."""
    hits = found(rule, stack_of({"It": resource(kind, properties)} | (beside or {})), **options)
    return [one.removesuffix(" @ Stack/It").removesuffix("Stack/It").strip("[]") for one in hits]


# --- releases ----------------------------------------------------------------------------------------------------------

BREAKER = {"Enable": True, "Rollback": True}
ALARMS = {"AlarmNames": [TOKEN], "Enable": True, "Rollback": True}


@pytest.mark.control("WEB-4", "GOV-3")
@pytest.mark.parametrize(
    ("service", "details"),
    [
        ({"DeploymentConfiguration": {"DeploymentCircuitBreaker": BREAKER}}, []),
        ({}, ["Rollback"]),
        ({"DeploymentConfiguration": {"DeploymentCircuitBreaker": BREAKER | {"Rollback": False}}}, ["Rollback"]),
        ({"DeploymentConfiguration": {"DeploymentCircuitBreaker": BREAKER | {"Enable": "false"}}}, ["Rollback"]),
        ({"DeploymentController": {"Type": "CODE_DEPLOY"}}, []),
        ({"DeploymentConfiguration": TOKEN | {}, "DeploymentController": {"Type": "ECS"}}, ["Rollback"]),
        *(
            ({"DeploymentConfiguration": {"DeploymentCircuitBreaker": BREAKER, "Strategy": strategy, "Alarms": alarms}}, details)
            for strategy in ("BLUE_GREEN", "CANARY", "LINEAR")
            for alarms, details in (
                (ALARMS, []),
                (None, ["Alarms"]),
                (ALARMS | {"AlarmNames": []}, ["Alarms"]),
                (ALARMS | {"Enable": False}, ["Alarms"]),
                (ALARMS | {"Rollback": False}, ["Alarms"]),
            )
        ),
        ({"DeploymentConfiguration": {"DeploymentCircuitBreaker": BREAKER, "Strategy": "ROLLING"}}, []),
    ],
)
def test_a_service_goes_back_by_itself(service: dict[str, Any], details: list[str]) -> None:
    assert judged("ReleaseUnguarded", "ECS::Service", service) == details


GROUP = {
    "AutoRollbackConfiguration": {"Enabled": True, "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]},
    "AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": TOKEN}]},
}


@pytest.mark.control("FN-2", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"AutoRollbackConfiguration": None}, ["Rollback"]),
        ({"AutoRollbackConfiguration": {"Enabled": True, "Events": ["DEPLOYMENT_FAILURE"]}}, ["Rollback"]),
        ({"AlarmConfiguration": {"Enabled": True, "Alarms": []}}, ["Alarms"]),
        ({"AlarmConfiguration": {"Enabled": False, "Alarms": [{"Name": "a"}]}}, ["Alarms"]),
        ({"AlarmConfiguration": GROUP["AlarmConfiguration"] | {"IgnorePollAlarmFailure": True}}, ["Alarms"]),
    ],
)
def test_a_function_goes_back_by_itself(change: dict[str, Any], details: list[str]) -> None:
    assert judged("ReleaseUnguarded", "CodeDeploy::DeploymentGroup", GROUP | change) == details


# --- containers --------------------------------------------------------------------------------------------------------

CONTAINER = {"Name": "App", "User": "1000:1000", "ReadonlyRootFilesystem": True, "Image": f"example.com/app{DIGEST}"}


@pytest.mark.control("WEB-3", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"User": "root"}, ["App User"]),
        ({"User": "0:0"}, ["App User"]),
        ({"User": 0}, ["App User"]),
        ({"User": None}, ["App User"]),
        ({"User": TOKEN}, []),
        ({"ReadonlyRootFilesystem": False}, ["App Files"]),
        ({"ReadonlyRootFilesystem": None}, ["App Files"]),
        ({"Privileged": True}, ["App Privileged"]),
        ({"LinuxParameters": {"Capabilities": {"Add": ["SYS_ADMIN"]}}}, ["App Capabilities"]),
        ({"LinuxParameters": {"Capabilities": {"Drop": ["ALL"]}}}, []),
    ],
)
def test_a_container_can_do_little(change: dict[str, Any], details: list[str]) -> None:
    assert judged("ContainerUnhardened", "ECS::TaskDefinition", {"ContainerDefinitions": [CONTAINER | change]}) == details


def test_windows_has_other_users() -> None:
    windows = {"RuntimePlatform": {"OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, "ContainerDefinitions": [{"Name": "App"}]}
    assert judged("ContainerUnhardened", "ECS::TaskDefinition", windows) == []


def test_tasks_of_somebody_elses_making_are_left_alone() -> None:
    assert judged("ContainerUnhardened", "ECS::TaskDefinition", {"ContainerDefinitions": TOKEN}) == []
    assert judged("ImageUnpinned", "ECS::TaskDefinition", {}) == []


@pytest.mark.control("WEB-3", "GOV-3")
@pytest.mark.parametrize(
    ("image", "pinned"),
    [
        (f"public.ecr.aws/nginx/nginx{DIGEST}", True),
        (f"public.ecr.aws/nginx/nginx:1.27{DIGEST}", True),
        ("public.ecr.aws/nginx/nginx:1.27", False),
        ("public.ecr.aws/nginx/nginx", False),
        (f"nginx@sha256:{'a' * 63}", False),
        (TOKEN, True),
        ({"Fn::Join": ["", [TOKEN, ".dkr.ecr.us-east-1.", {"Ref": "AWS::URLSuffix"}, "/app:latest"]]}, False),
        ({"Fn::Join": ["", [TOKEN, f"/app:{'b' * 64}"]]}, True),
        ({"Fn::Join": ["", [TOKEN, "/app:", {"Ref": "Tag"}]]}, False),
        ({"Fn::Join": ["", [TOKEN, "/app@", {"Ref": "Digest"}]]}, True),
        ({"Fn::Join": ["", [TOKEN, "/app@sha256:", {"Ref": "Digest"}]]}, True),
        ({"Fn::Sub": "${AWS::AccountId}.dkr.ecr.us-east-1.amazonaws.com/app:1"}, False),
        ({"Fn::Sub": "${AWS::AccountId}.dkr.ecr.us-east-1.amazonaws.com/app@${Digest}"}, True),
    ],
)
def test_an_image_is_one_image_for_ever(image: Any, pinned: bool) -> None:
    task = {"ContainerDefinitions": [CONTAINER | {"Image": image}]}
    assert judged("ImageUnpinned", "ECS::TaskDefinition", task) == ([] if pinned else ["App"])
    assert judged("ImageUnpinned", "Lambda::Function", {"Code": {"ImageUri": image}}) == ([] if pinned else [""])


def test_staging_may_try_a_tag() -> None:
    task = {"ContainerDefinitions": [CONTAINER | {"Image": "example.com/app:next"}]}
    assert judged("ImageUnpinned", "ECS::TaskDefinition", task, staging=frozenset({"Stack"})) == []
    assert judged("ImageUnpinned", "Lambda::Function", {"Code": {"ImageUri": "a:b"}}, staging=frozenset({"Stack"})) == []


# --- functions ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-1", "GOV-3")
@pytest.mark.parametrize(
    ("function", "details"),
    [
        ({}, []),
        ({"RecursiveLoop": "Allow"}, ["Recursion"]),
        ({"RecursiveLoop": "Terminate"}, []),
        ({"Layers": ["arn:aws:lambda:us-east-1:111122223333:layer:tools"]}, ["Layer"]),
        ({"Layers": ["arn:aws:lambda:us-east-1:111122223333:layer:tools:7", TOKEN]}, []),
        ({"Layers": TOKEN}, []),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, ["SnapStart"]),
        ({"SnapStart": {"ApplyOn": "None"}}, []),
        ({"Environment": {"Variables": {"LEVEL": "info"}}}, ["Key"]),
        ({"Environment": {"Variables": {"LEVEL": "info"}}, "KmsKeyArn": TOKEN}, []),
    ],
)
def test_a_function_keeps_what_aws_would_stop(function: dict[str, Any], details: list[str]) -> None:
    assert judged("FunctionUnguarded", "Lambda::Function", function) == details


def test_a_snapshot_needs_a_version() -> None:
    version = {"Version": resource("Lambda::Version", {"FunctionName": {"Ref": "It"}})}
    assert judged("FunctionUnguarded", "Lambda::Function", {"SnapStart": {"ApplyOn": "PublishedVersions"}}, version) == []


@pytest.mark.parametrize(("policy", "details"), [("Enforce", []), ("Warn", ["Signing"]), (None, ["Signing"])])
def test_signatures_are_enforced(policy: str | None, details: list[str]) -> None:
    config = {"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy}}
    assert judged("FunctionUnguarded", "Lambda::CodeSigningConfig", config) == details


# --- schedules ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("FN-4", "GOV-3")
@pytest.mark.parametrize(
    ("schedule", "details"),
    [
        ({"Target": {"DeadLetterConfig": {"Arn": TOKEN}}}, []),
        ({"Target": {}}, ["DeadLetters"]),
        ({"Target": {}, "State": "DISABLED"}, []),
        ({"Target": {"DeadLetterConfig": {"Arn": TOKEN}, "RetryPolicy": {"MaximumRetryAttempts": 0}}}, ["Retries"]),
        ({"Target": {"DeadLetterConfig": {"Arn": TOKEN}, "RetryPolicy": {"MaximumRetryAttempts": 3}}}, []),
    ],
)
def test_a_schedule_leaves_a_trace(schedule: dict[str, Any], details: list[str]) -> None:
    assert judged("ScheduleUnguarded", "Scheduler::Schedule", schedule) == details


# --- consumers ---------------------------------------------------------------------------------------------------------

QUEUE = {"Queue": resource("SQS::Queue", {"VisibilityTimeout": 180}), "Function": resource("Lambda::Function", {"Timeout": 30})}
READS = {
    "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
    "FunctionName": {"Ref": "Function"},
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
}


@pytest.mark.control("FN-5", "GOV-3")
@pytest.mark.parametrize(
    ("change", "beside", "details"),
    [
        ({}, {}, []),
        ({"FunctionResponseTypes": None}, {}, ["Batch"]),
        ({"EventSourceArn": "arn:aws:sqs:us-east-1:111122223333:work", "FunctionResponseTypes": []}, {}, ["Batch"]),
        ({}, {"Queue": resource("SQS::Queue", {"VisibilityTimeout": 179})}, ["Visibility"]),
        ({}, {"Queue": resource("SQS::Queue", {"VisibilityTimeout": TOKEN})}, []),
        ({}, {"Function": resource("Lambda::Function", {"Timeout": TOKEN})}, []),
        # What neither says is Lambda's 3 and SQS's 30 seconds.
        ({}, {"Queue": resource("SQS::Queue"), "Function": resource("Lambda::Function")}, []),
        (
            {"FunctionName": {"Ref": "Live"}},
            {
                "Live": resource("Lambda::Alias", {"FunctionName": {"Ref": "Function"}}),
                "Function": resource("Lambda::Function", {"Timeout": 31}),
            },
            ["Visibility"],
        ),
        ({"EventSourceArn": "arn:aws:kafka:us-east-1:111122223333:cluster/a", "FunctionResponseTypes": []}, {}, []),
    ],
)
def test_a_queue_repeats_bad_messages_only(change: dict[str, Any], beside: dict[str, Any], details: list[str]) -> None:
    assert judged("ConsumerUnguarded", "Lambda::EventSourceMapping", READS | change, QUEUE | beside) == details


STREAM = {
    "FunctionName": TOKEN,
    "MaximumRetryAttempts": 3,
    "BisectBatchOnFunctionError": True,
    "DestinationConfig": {"OnFailure": {"Destination": TOKEN}},
}


@pytest.mark.control("FN-5", "GOV-3")
@pytest.mark.parametrize("source", ["arn:aws:kinesis:us-east-1:111122223333:stream/s", {"Fn::GetAtt": ["Table", "StreamArn"]}])
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"MaximumRetryAttempts": -1}, ["Endless"]),
        ({"MaximumRetryAttempts": None}, ["Endless"]),
        ({"MaximumRetryAttempts": None, "MaximumRecordAgeInSeconds": 3600}, []),
        ({"DestinationConfig": None}, ["Lost"]),
        ({"BisectBatchOnFunctionError": False}, ["Batch"]),
        ({"BisectBatchOnFunctionError": None, "FunctionResponseTypes": ["ReportBatchItemFailures"]}, []),
    ],
)
def test_a_stream_gets_past_a_bad_record_and_keeps_it(source: Any, change: dict[str, Any], details: list[str]) -> None:
    beside = {"Table": resource("DynamoDB::Table")}
    assert judged("ConsumerUnguarded", "Lambda::EventSourceMapping", STREAM | {"EventSourceArn": source} | change, beside) == details


# --- devices -----------------------------------------------------------------------------------------------------------

OWN = {"Fn::Join": ["", ["arn:aws:iot:us-east-1:", TOKEN, ":topic/devices/${iot:Connection.Thing.ThingName}/*"]]}


def policy(**statement: Any) -> dict[str, Any]:
    return {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "iot:Publish", "Resource": OWN} | statement]}}


@pytest.mark.control("FN-6", "GOV-3")
@pytest.mark.parametrize(
    ("properties", "details"),
    [
        (policy(), []),
        (policy(Action="iot:*"), ["Actions"]),
        (policy(Action=["iot:Connect", "*"]), ["Actions"]),
        (policy(Resource="*"), ["Resources"]),
        (policy(Resource=["arn:aws:iot:us-east-1:111122223333:topic/devices/*", OWN]), ["Resources"]),
        (policy(Effect="Deny", Action="*", Resource="*"), []),
        ({"PolicyDocument": '{"Statement": {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}}'}, ["Actions", "Resources"]),
        ({"PolicyDocument": "no json"}, []),
    ],
)
def test_a_device_speaks_for_itself(properties: dict[str, Any], details: list[str]) -> None:
    assert judged("DeviceOpen", "IoT::Policy", properties) == details


@pytest.mark.control("FN-6", "GOV-3")
def test_a_rule_keeps_what_it_cannot_deliver() -> None:
    assert judged("DeviceOpen", "IoT::TopicRule", {"TopicRulePayload": {"Sql": "SELECT * FROM 'a'"}}) == ["Errors"]
    assert judged("DeviceOpen", "IoT::TopicRule", {"TopicRulePayload": {"ErrorAction": {"Sqs": {}}}}) == []


# --- servers -----------------------------------------------------------------------------------------------------------

TOKENS = {"MetadataOptions": {"HttpTokens": "required"}}


@pytest.mark.control("NET-7", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"KeyName": "mine"}, ["SshKey"]),
        ({"NetworkInterfaces": [{"AssociatePublicIpAddress": True}]}, ["Address"]),
        ({"MetadataOptions": {"HttpTokens": "optional"}}, ["Metadata"]),
        ({"MetadataOptions": None}, ["Metadata"]),
        ({"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}}, ["Hops"]),
        ({"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": False}}]}, ["Disk"]),
        ({"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}}]}, []),
    ],
)
def test_a_server_has_no_door_of_its_own(change: dict[str, Any], details: list[str]) -> None:
    assert judged("ServerOpen", "EC2::Instance", TOKENS | change) == details
    assert judged("ServerOpen", "EC2::LaunchTemplate", {"LaunchTemplateData": TOKENS | change}) == details


def test_a_launch_template_may_ask_for_tokens() -> None:
    template = {"Template": resource("EC2::LaunchTemplate", {"LaunchTemplateData": TOKENS})}
    assert judged("ServerOpen", "EC2::Instance", {"LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}}}, template) == []


def test_a_task_has_no_public_address() -> None:
    for assigned, details in (("ENABLED", ["Address"]), ("DISABLED", []), (None, [])):
        network = {"NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": assigned}}}
        assert judged("ServerOpen", "ECS::Service", network) == details


LOGGED = {"cloudWatchLogGroupName": TOKEN, "cloudWatchEncryptionEnabled": True, "kmsKeyId": TOKEN}


@pytest.mark.control("NET-7", "GOV-3")
@pytest.mark.parametrize(
    ("inputs", "details"),
    [
        (LOGGED, []),
        ({"s3BucketName": "logs", "kmsKeyId": TOKEN}, []),
        (LOGGED | {"cloudWatchLogGroupName": ""}, ["Log"]),
        (LOGGED | {"cloudWatchEncryptionEnabled": False}, ["Log"]),
        (LOGGED | {"kmsKeyId": ""}, ["Key"]),
        ({}, ["Key", "Log"]),
    ],
)
def test_a_shell_leaves_a_trace(inputs: dict[str, Any], details: list[str]) -> None:
    content = {"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs}
    assert judged("SessionUnlogged", "SSM::Document", {"DocumentType": "Session", "Content": content}) == details
    assert judged("SessionUnlogged", "SSM::Document", {"DocumentType": "Automation", "Content": content}) == []
    assert judged("SessionUnlogged", "SSM::Document", {"DocumentType": "Session", "Content": content | {"sessionType": "Port"}}) == []
