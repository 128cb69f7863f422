"""Log lines by a router: where they go, what it may do, and what it may not."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from prodready_constructs.compute.tasks.log_routes import LogRoute, LogsToBucket, LogsToFirehose, LogsToGroup
from prodready_constructs.errors import ConfigurationError
from tests.compute.tasks.parts import a_service, containers
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-1111-1111-111111111111"
BUCKET = "arn:aws:s3:::lines"
STREAM = "arn:aws:firehose:us-east-1:111122223333:deliverystream/lines"


class Made(NamedTuple):
    template: Template
    findings: list[str]


@pytest.fixture(scope="module", params=["LogsToGroup", "LogsToFirehose", "LogsToBucket"])
def made(request: pytest.FixtureRequest) -> Made:
    stack = new_stack(new_app(flags={}))
    service = a_service(stack)
    to: LogRoute
    if request.param == "LogsToGroup":
        to = LogsToGroup(service.log_group)
    elif request.param == "LogsToFirehose":
        to = LogsToFirehose(firehose.DeliveryStream.from_delivery_stream_arn(stack, "Stream", STREAM))
    else:
        key = kms.Key.from_key_arn(stack, "BucketKey", KEY)
        to = LogsToBucket(s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_arn=BUCKET, encryption_key=key), prefix="tasks/api")
    service.route_logs(to)
    found = findings(stack)
    return Made(synth(stack), found)


def route_of(made: Made) -> dict[str, Any]:
    return dict(containers(made.template)["App"]["LogConfiguration"])


def rights_of(made: Made) -> list[dict[str, Any]]:
    policy = made.template.props("AWS::IAM::ManagedPolicy", "LogRoutePolicy")
    assert ["TaskRole" in role["Ref"] for role in policy["Roles"]] == [True]
    return list(policy["PolicyDocument"]["Statement"])


@pytest.mark.control("OPS-5", "WEB-3")
def test_the_router_can_do_little_harm_and_says_what_it_does(made: Made) -> None:
    router = containers(made.template)["LogRouter"]
    assert re.fullmatch(r"public\.ecr\.aws/aws-observability/aws-for-fluent-bit@sha256:[0-9a-f]{64}", router["Image"])
    assert (router["User"], router["ReadonlyRootFilesystem"], router["Privileged"]) == ("1000:1000", True, False)
    assert router["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert router["FirelensConfiguration"] == {"Type": "fluentbit", "Options": {"enable-ecs-log-metadata": "true"}}
    assert router["Essential"] is True, "nobody would hear of an application whose lines go nowhere"
    options = router["LogConfiguration"]["Options"]
    assert router["LogConfiguration"]["LogDriver"] == "awslogs"
    assert options["awslogs-stream-prefix"] == "router"
    assert router["Memory"] == 192


@pytest.mark.control("OPS-5")
def test_the_application_writes_to_the_router_and_nothing_of_its_old_driver_is_left(made: Made) -> None:
    route = route_of(made)
    assert route["LogDriver"] == "awsfirelens"
    assert not [option for option in route["Options"] if option.startswith(("awslogs", "mode", "max-"))]
    assert route["Options"]["log-driver-buffer-limit"] == "8192"
    name = route["Options"]["Name"]
    where = {"cloudwatch_logs": "log_group_name", "kinesis_firehose": "delivery_stream", "s3": "bucket"}[name]
    assert route["Options"][where] in (
        "lines",
        {"Ref": next(one for one in made.template.of_type("AWS::Logs::LogGroup") if "ApiLogs" in one)},
    )


@pytest.mark.control("OPS-5", "SEC-1")
def test_the_task_may_write_there_and_nowhere_else(made: Made) -> None:
    rights = {tuple([one["Action"]] if isinstance(one["Action"], str) else one["Action"]): one["Resource"] for one in rights_of(made)}
    name = route_of(made)["Options"]["Name"]
    if name == "kinesis_firehose":
        assert rights == {("firehose:PutRecordBatch",): STREAM}
    elif name == "s3":
        assert rights == {("s3:PutObject",): f"{BUCKET}/tasks/api/*", ("kms:Decrypt", "kms:GenerateDataKey"): KEY}
    else:
        ((actions, group),) = rights.items()
        assert "logs:CreateLogGroup" not in actions
        assert "ApiLogs" in group["Fn::GetAtt"][0]


@pytest.mark.control("OPS-5")
def test_what_waits_for_s3_has_room_at_tmp(made: Made) -> None:
    options = route_of(made)["Options"]
    if options["Name"] == "s3":
        assert options["store_dir"].startswith("/tmp/")
        megabytes = {name: int(options[name].removesuffix("M")) for name in ("total_file_size", "store_dir_limit_size")}
        assert megabytes["total_file_size"] < megabytes["store_dir_limit_size"] < 64
        assert options["s3_key_format"] == "/tasks/api/%Y/%m/%d/%H/%M%S-$UUID.gz"


@pytest.mark.control("GOV-1", "GOV-2")
def test_the_one_wildcard_is_waived_where_it_is(made: Made) -> None:
    bucket = route_of(made)["Options"]["Name"] == "s3"
    expected = [f"AwsSolutions-IAM5[Resource::{BUCKET}/tasks/api/*] @ Stack/Api/LogRoutePolicy/Resource"]
    assert made.findings == (expected if bucket else [])
    waived = [
        f"{entry['data']['rule']} @ {path}"
        for path, entries in made.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    ]
    assert waived == made.findings


@pytest.mark.control("LIB-2")
def test_refuses_a_second_router_too_little_memory_and_a_prefix_that_none_is() -> None:
    stack = new_stack()
    service = a_service(stack)
    service.route_logs(LogsToGroup(service.log_group))
    with pytest.raises(ConfigurationError, match=r"^Stack/Api: route_logs: got 'a second call'; allowed: one; call it once$"):
        service.route_logs(LogsToGroup(service.log_group))
    small = a_service(stack, "Small", cpu=256, memory_mib=512)
    small.add_tracing()
    small.add_scratch("/more", memory_mib=1)
    with pytest.raises(ConfigurationError, match=r"^Stack/Small: route_logs: got '192 of the 319 MiB .*; allowed: at most 191 MiB"):
        small.route_logs(LogsToGroup(small.log_group))
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "lines")
    for prefix in ("/tasks", "tasks/", "a b"):
        with pytest.raises(
            ConfigurationError, match=rf"^LogsToBucket.prefix: got '{prefix}'; allowed: up to 200 .*; write 'tasks/orders'$"
        ):
            LogsToBucket(bucket, prefix=prefix)
