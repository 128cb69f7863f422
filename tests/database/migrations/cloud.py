"""The AWS that a migration's runner sees: tasks are processes of this machine, the answer goes to a real HTTP server.

Every call is held against botocore's model of its service, so that a parameter nobody knows fails the test.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from prodready_constructs.database.migrations.functions import run_migration
from tests.support.loopback import Handler, listening
from tests.support.synthesis import ROOT

CLUSTER = "arn:aws:ecs:us-east-1:111122223333:cluster/migrations"
DEFINITION = "arn:aws:ecs:us-east-1:111122223333:task-definition/migration:7"
STACK = "arn:aws:cloudformation:us-east-1:111122223333:stack/Shop/11111111-2222-3333-4444-555555555555"
USER = "arn:aws:secretsmanager:us-east-1:111122223333:secret:migrations-AbCdEf"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:runner"
_session = botocore.session.get_session()
_operations: dict[str, Any] = {}


def fits(service: str, method: str, parameters: Mapping[str, Any]) -> None:
    """Whether AWS knows this call and its parameters."""
    if service not in _operations:
        model = _session.get_service_model(service)
        _operations[service] = {botocore.xform_name(name): model.operation_model(name) for name in model.operation_names}
    report = ParamValidator().validate(dict(parameters), _operations[service][method].input_shape)
    assert not report.has_errors(), report.generate_report()


@dataclass
class Task:
    """A task that is a process."""

    arn: str
    started_by: str
    process: subprocess.Popen[bytes] | None
    log: Path
    reason: str | None = None

    def described(self) -> dict[str, Any]:
        code = self.process.poll() if self.process else None
        stopped = self.process is None or code is not None
        container: dict[str, Any] = {"name": "App"}
        if code is not None:
            container["exitCode"] = code if code >= 0 else 128 - code  # as Docker counts signals
        elif stopped:
            container["reason"] = self.reason
        return {
            "taskArn": self.arn,
            "lastStatus": "STOPPED" if stopped else "RUNNING",
            "startedBy": self.started_by,
            "containers": [container],
            **({"stoppedReason": self.reason} if self.reason else {}),
        }


@dataclass
class Context:
    """What AWS Lambda tells an invocation about itself."""

    remaining: int = 900_000
    invoked_function_arn: str = FUNCTION

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


@dataclass
class Cloud:
    """Five services, and what they were asked."""

    folder: Path
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    stack_status: str = "UPDATE_IN_PROGRESS"
    made_users: set[str] = field(default_factory=lambda: {USER})
    tasks: dict[str, Task] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    handed_on: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    faults: dict[str, int] = field(default_factory=dict)
    #: Called at each pause of the runner.
    meanwhile: Callable[[], None] = lambda: None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def client(self, service: str) -> Any:
        cloud = self

        class Client:
            def __getattr__(self, method: str) -> Callable[..., Any]:
                def call(**parameters: Any) -> Any:
                    fits(service, method, parameters)
                    cloud.calls.append((method, parameters))
                    if cloud.faults.get(method, 0) > 0:
                        cloud.faults[method] -= 1
                        raise ConnectionError(f"{method} is away")
                    return getattr(cloud, method)(**parameters)

                return call

        return Client()

    def called(self, method: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == method]

    # --- ECS ---

    def run_task(self, **asked: Any) -> dict[str, Any]:
        token = asked["clientToken"]
        if token not in self.tokens:
            self.tokens[token] = self.begin(asked["startedBy"]).arn
        return {"tasks": [self.tasks[self.tokens[token]].described()], "failures": []}

    def begin(self, started_by: str) -> Task:
        number = next(self._numbers)
        arn, log = f"{CLUSTER.replace(':cluster/', ':task/')}/{number:032x}", self.folder / f"{number}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(self.command, stdout=out, stderr=out, env={**os.environ, **self.environment}, cwd=ROOT)
        self.tasks[arn] = Task(arn, started_by, process, log)
        return self.tasks[arn]

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        assert cluster == CLUSTER
        return {"tasks": [self.tasks[arn].described() for arn in tasks]}

    def list_tasks(self, *, cluster: str, desiredStatus: str) -> dict[str, Any]:  # noqa: N803
        running = [arn for arn, task in self.tasks.items() if task.described()["lastStatus"] == desiredStatus]
        return {"taskArns": running}

    def stop_task(self, *, cluster: str, task: str, reason: str) -> None:
        found = self.tasks[task]
        assert found.process is not None
        found.reason = reason
        found.process.send_signal(signal.SIGKILL)
        found.process.wait(10)

    # --- the others ---

    def get_log_events(self, *, logGroupName: str, logStreamName: str, limit: int, startFromHead: bool) -> dict[str, Any]:  # noqa: N803
        (task,) = [task for arn, task in self.tasks.items() if logStreamName == f"migration/App/{arn.rsplit('/', 1)[-1]}"]
        return {"events": [{"message": line} for line in task.log.read_text().splitlines()[-limit:]]}

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803
        return {"LastRotatedDate": 1} if SecretId in self.made_users else {}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == STACK
        return {"Stacks": [{"StackStatus": self.stack_status}]}

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: str) -> None:  # noqa: N803
        assert (FunctionName, InvocationType) == (FUNCTION, "Event")
        self.handed_on.append(Payload)

    # --- CloudFormation ---

    def request(self, kind: str = "Create", *, release: str = "1", before: str | None = None, limit: int = 30) -> dict[str, Any]:
        properties = {
            "Cluster": CLUSTER,
            "TaskDefinition": DEFINITION,
            "Container": "App",
            "Subnets": ["subnet-1", "subnet-2"],
            "SecurityGroup": "sg-1",
            "LogGroup": "/migrations",
            "LimitSeconds": str(limit),
            "Users": [USER],
            "Release": {"Image": release, "Command": [], "Name": ""},
        }
        return {
            "RequestType": kind,
            "RequestId": str(uuid.uuid4()),
            "StackId": STACK,
            "LogicalResourceId": "MigrationRun",
            "ResponseURL": self.url,
            "ResourceProperties": properties,
            **({"OldResourceProperties": {**properties, "Release": {**properties["Release"], "Image": before}}} if before else {}),
            **({} if kind == "Create" else {"PhysicalResourceId": "MigrationRun-1"}),
        }

    def deploy(self, request: dict[str, Any], context: Context | None = None) -> dict[str, Any]:
        """CloudFormation asks, and waits for the answer; AWS Lambda carries what is handed on."""
        said = len(self.answers)
        run_migration.handler(request, context or Context())
        while self.handed_on:
            run_migration.handler(json.loads(self.handed_on.pop(0)), Context())
        (answer,) = self.answers[said:]
        return answer


@contextlib.contextmanager
def cloud_at(folder: Path) -> Iterator[Cloud]:
    """A cloud whose answers are taken by a real HTTP server; its tasks do not outlive it."""
    cloud = Cloud(folder)

    class Answers(Handler):
        def do_PUT(self) -> None:
            body = self.content()
            assert len(body) <= 4096  # CloudFormation takes no more
            cloud.answers.append(json.loads(body))
            self.reply(200)

    with listening(Answers) as port:
        cloud.url = f"http://127.0.0.1:{port}/answer"
        try:
            yield cloud
        finally:
            for task in cloud.tasks.values():
                if task.process and task.process.poll() is None:
                    task.process.kill()
                    task.process.wait()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def eventually(what: Callable[[], bool], *, seconds: float = 20) -> None:
    """Until *what* is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)
