"""The runner without a database: what it asks of AWS, what it waits for, and what it says when something is wrong."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from prodready_constructs.database.migrations.functions import run_migration
from tests.database.migrations.cloud import CLUSTER, DEFINITION, STACK, USER, Cloud, Context, Task, python

pytestmark = pytest.mark.control("DB-11")
QUICK = python("-c", "print('migrated')")


@pytest.fixture(autouse=True)
def quick(cloud: Cloud) -> None:
    cloud.command = QUICK


def test_the_task_runs_in_private_subnets_once_for_each_request(cloud: Cloud) -> None:
    request = cloud.request()
    answer = cloud.deploy(request)
    assert answer["Status"] == "SUCCESS"
    (asked,) = cloud.called("run_task")
    network = asked["networkConfiguration"]["awsvpcConfiguration"]
    assert (network["assignPublicIp"], network["subnets"], network["securityGroups"]) == ("DISABLED", ["subnet-1", "subnet-2"], ["sg-1"])
    assert asked["taskDefinition"] == DEFINITION
    assert asked["clientToken"] == asked["startedBy"] == request["RequestId"]
    assert {name: answer[name] for name in ("StackId", "RequestId", "LogicalResourceId")} == {
        name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")
    }


def test_the_resource_keeps_its_id_from_release_to_release(cloud: Cloud) -> None:
    first = cloud.deploy(cloud.request())["PhysicalResourceId"]
    assert first == "MigrationRun-11111111-2222-3333-4444-555555555555"
    again = cloud.deploy({**cloud.request("Update", release="2", before="1"), "PhysicalResourceId": first})
    assert again["PhysicalResourceId"] == first


def test_a_deletion_migrates_nothing(cloud: Cloud) -> None:
    answer = cloud.deploy(cloud.request("Delete"))
    assert (answer["Status"], answer["Reason"], cloud.calls) == ("SUCCESS", "Nothing is migrated back.", [])


def test_another_task_size_with_the_same_release_runs_nothing(cloud: Cloud) -> None:
    request = cloud.request("Update", before="1")
    request["OldResourceProperties"]["TaskDefinition"] = DEFINITION.replace(":7", ":6")
    answer = cloud.deploy(request)
    assert (answer["Status"], cloud.calls) == ("SUCCESS", [])
    assert "nothing to run" in answer["Reason"]


def test_another_command_is_another_release(cloud: Cloud) -> None:
    request = cloud.request("Update", before="1")
    request["ResourceProperties"]["Release"] = {**request["ResourceProperties"]["Release"], "Command": ["./other"]}
    cloud.deploy(request)
    assert len(cloud.tasks) == 1


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"])
def test_a_rollback_runs_no_older_migration(cloud: Cloud, status: str) -> None:
    cloud.stack_status = status
    answer = cloud.deploy(cloud.request("Update", release="1", before="2"))
    assert (answer["Status"], cloud.tasks) == ("SUCCESS", {})
    assert "rolls back" in answer["Reason"]


def test_a_long_migration_is_handed_from_invocation_to_invocation(cloud: Cloud) -> None:
    cloud.command = python("-c", "import time; time.sleep(0.5)")
    answer = cloud.deploy(cloud.request(), Context(remaining=run_migration.MARGIN_MILLISECONDS))
    assert answer["Status"] == "SUCCESS"
    assert len(cloud.called("invoke")) == 1
    assert len(cloud.called("run_task")) == 1
    handed = json.loads(cloud.called("invoke")[0]["Payload"])
    assert handed["task"] in cloud.tasks


def test_it_waits_until_its_users_exist(cloud: Cloud) -> None:
    cloud.made_users = set()
    pauses: list[int] = []

    def rotate() -> None:
        pauses.append(1)
        assert not cloud.tasks
        if len(pauses) == 3:
            cloud.made_users = {USER}
            cloud.meanwhile = lambda: None

    cloud.meanwhile = rotate
    assert cloud.deploy(cloud.request())["Status"] == "SUCCESS"
    assert len(pauses) == 3


def test_a_user_that_is_never_made_is_named(cloud: Cloud) -> None:
    cloud.made_users = set()
    answer = cloud.deploy(cloud.request(limit=1))
    assert answer["Status"] == "FAILED"
    assert f"waited for the first rotation of {USER}" in answer["Reason"]
    assert not cloud.tasks


def test_another_migration_that_never_ends_is_named(cloud: Cloud) -> None:
    cloud.command = python("-c", "import time; time.sleep(60)")
    other = cloud.begin("pipeline")
    answer = cloud.deploy(cloud.request(limit=1))
    assert answer["Status"] == "FAILED"
    assert f"waited for {other.arn}, another migration" in answer["Reason"]
    assert cloud.called("stop_task") == []  # it is not ours to stop


def test_a_task_that_cannot_be_placed_fails_the_deployment(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "run_task", lambda **_: {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time"}]})
    answer = cloud.deploy(cloud.request())
    assert (answer["Status"], answer["Reason"]) == (
        "FAILED",
        "The migration could not be started: Capacity is unavailable at this time",
    )


def test_an_image_that_cannot_be_pulled_is_told(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def begin(started_by: str) -> Task:
        cloud.tasks["arn:task/x"] = Task("arn:task/x", started_by, None, tmp_path / "none", reason="CannotPullContainerError: not found")
        return cloud.tasks["arn:task/x"]

    monkeypatch.setattr(cloud, "begin", begin)
    answer = cloud.deploy(cloud.request())
    assert answer["Status"] == "FAILED"
    assert "CannotPullContainerError: not found" in answer["Reason"]
    assert "It wrote nothing to /migrations" in answer["Reason"]


@pytest.mark.parametrize("method", ["run_task", "describe_tasks", "describe_secret", "list_tasks"])
def test_an_api_that_is_away_for_a_while_does_no_harm(cloud: Cloud, method: str) -> None:
    cloud.faults[method] = 5
    assert cloud.deploy(cloud.request())["Status"] == "SUCCESS"
    assert len(cloud.tasks) == 1


def test_an_api_that_stays_away_ends_the_migration(cloud: Cloud) -> None:
    cloud.command = python("-c", "import time; time.sleep(60)")
    cloud.faults["describe_tasks"] = 1_000
    answer = cloud.deploy(cloud.request())
    assert answer["Status"] == "FAILED"
    assert "could not be looked after: ConnectionError: describe_tasks is away" in answer["Reason"]
    (task,) = cloud.tasks.values()
    assert task.process is not None
    assert task.process.poll() is not None  # stopped, not left behind


def test_a_task_that_cannot_be_stopped_is_told(cloud: Cloud) -> None:
    cloud.command = python("-c", "import time; time.sleep(60)")
    cloud.faults["stop_task"] = 1
    answer = cloud.deploy(cloud.request(limit=1))
    assert "was not finished within 1 seconds" in answer["Reason"]
    assert "It could not be stopped: ConnectionError" in answer["Reason"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("postgresql://app:hunter2@db/orders", "postgresql://app:***@db/orders"),
        ("password=hunter2 host=db", "password=*** host=db"),
        ('{"Password": "hunter2"}', '{"Password": "***"}'),
        ("PGPASSWORD: hunter2", "PGPASSWORD: ***"),
        ("token = hunter2", "token = ***"),
    ],
)
def test_passwords_in_the_last_lines_are_struck_out(cloud: Cloud, said: str, told: str) -> None:
    cloud.command = python("-c", f"import sys; print({said!r}); sys.exit(3)")
    reason = cloud.deploy(cloud.request())["Reason"]
    assert "hunter2" not in reason
    assert told in reason
    assert "exit code 3" in reason


def test_a_long_log_is_told_from_its_end(cloud: Cloud) -> None:
    cloud.command = python("-c", "import sys; [print('x' * 400, n) for n in range(99)]; sys.exit(1)")
    reason = cloud.deploy(cloud.request())["Reason"]  # the server refuses more than CloudFormation takes
    assert reason.endswith(" 98")


def test_an_answer_is_tried_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = run_migration.urllib.request.urlopen, [OSError("reset"), OSError("reset")]

    def unsure(*args: Any, **named: Any) -> Any:
        if failures:
            raise failures.pop()
        return real(*args, **named)

    monkeypatch.setattr(run_migration.urllib.request, "urlopen", unsure)
    assert cloud.deploy(cloud.request())["Status"] == "SUCCESS"


def test_an_answer_nobody_takes_is_an_error(cloud: Cloud) -> None:
    request = {**cloud.request(), "ResponseURL": "http://127.0.0.1:1/"}
    with pytest.raises(OSError, match="refused"):
        run_migration.handler(request, Context())


def test_its_calls_and_the_answers_it_reads_are_those_of_aws(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    """Botocore itself holds requests and responses against its models."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients = {
        name: boto3.client(name, aws_access_key_id="x", aws_secret_access_key="x")
        for name in ("ecs", "secretsmanager", "cloudformation", "logs")
    }
    stubs = {name: Stubber(client) for name, client in clients.items()}
    arn = f"{CLUSTER.replace(':cluster/', ':task/')}/abc"
    task = {"taskArn": arn, "lastStatus": "STOPPED", "containers": [{"name": "App", "exitCode": 2}], "stopCode": "EssentialContainerExited"}
    stubs["cloudformation"].add_response(
        "describe_stacks",
        {"Stacks": [{"StackName": "Shop", "CreationTime": time.time(), "StackStatus": "UPDATE_IN_PROGRESS"}]},
        {"StackName": STACK},
    )
    stubs["secretsmanager"].add_response("describe_secret", {"LastRotatedDate": time.time()}, {"SecretId": USER})
    stubs["ecs"].add_response("list_tasks", {"taskArns": []}, {"cluster": CLUSTER, "desiredStatus": "RUNNING"})
    stubs["ecs"].add_response(
        "run_task",
        {"tasks": [{"taskArn": arn, "lastStatus": "PROVISIONING"}], "failures": []},
        {
            "cluster": CLUSTER,
            "taskDefinition": DEFINITION,
            "launchType": "FARGATE",
            "count": 1,
            "networkConfiguration": ANY,
            "startedBy": ANY,
            "clientToken": ANY,
        },
    )
    # A task is looked at once a pause; the stack's state only before there is one.
    stubs["ecs"].add_response("describe_tasks", {"tasks": [task], "failures": []}, {"cluster": CLUSTER, "tasks": [arn]})
    stubs["logs"].add_response(
        "get_log_events",
        {"events": [{"timestamp": 1, "message": "no such column", "ingestionTime": 1}]},
        {"logGroupName": "/migrations", "logStreamName": "migration/App/abc", "limit": 20, "startFromHead": False},
    )
    monkeypatch.setattr(run_migration, "client", clients.__getitem__)
    for stub in stubs.values():
        stub.activate()
    answer = cloud.deploy(cloud.request("Update", release="2", before="1"))
    assert re.fullmatch(r"The migration failed: exit code 2 \(.*\)\. Its last lines in /migrations:\nno such column", answer["Reason"])
    for stub in stubs.values():
        stub.assert_no_pending_responses()
