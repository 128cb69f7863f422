"""What works without a visitor asking, tried out: dead letters come back, a release is stopped or let through, a schedule starts its job."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler
from typing import Any

from prodready_constructs.local.assembly import Assembly, Stack
from prodready_constructs.local.deployed import Function, Queue, function_with, listening
from prodready_constructs.local.drills import DrillFailedError, first_resource, physical_id
from prodready_constructs.local.session import Session

_DEAD_LETTERS, _SMOKE_TEST = "DEAD_LETTERS_ARN", "SMOKE_TEST"
_MESSAGE = "a message that no worker understands"
_SECONDS = 60


def dead_letters_come_back(session: Session, assembly: Assembly) -> Iterator[str]:
    """A message that keeps failing becomes a dead letter; the redrive function moves it back once, and not for ever."""
    found = function_with(session, assembly, _DEAD_LETTERS)
    if found is None:
        yield "no function in the assembly moves dead letters back"
        return
    function, work, dead = found, *_queues(session, found)
    arrived = work.refuse(_MESSAGE, dead)
    yield f"received {arrived} times and never deleted, a message went from {work.name} to {dead.name}"
    try:
        yield f"{function.name} was invoked: {_outcome(function.invoke({}), 'started')}"
        if dead.waiting() or work.peek() != _MESSAGE:
            raise DrillFailedError("the message is not in its queue again")
        yield f"the message is in {work.name} again, and {dead.name} is empty"
        work.refuse(None, dead)
        refused = function.invoke({})
        if "errorMessage" not in refused or work.peek() or not dead.waiting():
            raise DrillFailedError(f"it failed again, and a second move was not refused: {refused}")
        yield f"it failed again: a second move is refused ({refused['errorMessage']})"
        yield f"invoked by somebody who has mended the cause: {_outcome(function.invoke({'force': True}), 'started')}"
    finally:
        work.clear()
        dead.clear()
    yield "the rate of a move is not emulated: everything is moved at once"


def smoke_test_decides(session: Session, assembly: Assembly) -> Iterator[str]:
    """The hook of a release fails while nothing answers at the test listener, and succeeds when something does."""
    function = function_with(session, assembly, _SMOKE_TEST)
    if function is None:
        yield "no smoke test in the assembly"
        return
    settings = json.loads(function.environment[_SMOKE_TEST])
    last = max(test["attempts"] for test in settings["tests"])
    first_said = _hook(function, attempt=1)
    if (first_said, last_said := _hook(function, attempt=last)) != ("IN_PROGRESS", "FAILED"):
        raise DrillFailedError(f"nobody answers at {settings['address']}, and the hook said {first_said}, then {last_said}")
    yield f"nobody answers at {settings['address']}:{settings['port']}: attempt 1 says {first_said}, attempt {last} says {last_said}"
    try:
        with _answering(settings) as port:
            # No TLS: the certificate of the load balancer cannot be had here.
            function.reconfigure({_SMOKE_TEST: json.dumps({**settings, "address": "127.0.0.1", "port": port, "server_name": None})})
            if (said := _hook(function, attempt=1)) != "SUCCEEDED":
                raise DrillFailedError(f"a server answers on 127.0.0.1:{port}, and the hook said {said}")
        yield f"a server on 127.0.0.1:{port} that wants {settings['headers'] or 'no header'} answers: {said}"
    finally:
        function.reconfigure({})
    yield "what ECS does with the answer is not emulated: there are no containers and no load balancer here"


def schedule_starts_its_job(session: Session, assembly: Assembly) -> Iterator[str]:
    """The scheduler starts the state machine of a scheduled job with the schedule's own target, and it comes to its end."""
    found = first_resource(assembly, lambda resource: resource["Type"] == "AWS::Scheduler::Schedule" and _runs_states(assembly, resource))
    if found is None:
        yield "no schedule in the assembly starts a state machine"
        return
    stack, logical_id = found
    group = physical_id(session, stack, stack.resources[logical_id]["Properties"]["GroupName"]["Ref"])
    scheduler, states = (session.client(service, stack.account, stack.region) for service in ("scheduler", "stepfunctions"))
    schedule = scheduler.get_schedule(Name=physical_id(session, stack, logical_id), GroupName=group)
    once = {name: schedule[name] for name in ("FlexibleTimeWindow", "Target")}
    before = {each["executionArn"] for each in states.list_executions(stateMachineArn=schedule["Target"]["Arn"])["executions"]}
    now = f"at({datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S})"
    drill = f"drill-{uuid.uuid4().hex[:8]}"
    scheduler.create_schedule(Name=drill, GroupName=group, ScheduleExpression=now, ScheduleExpressionTimezone="UTC", **once)
    try:
        yield f"{stack.name}: a second schedule with the target of {logical_id}, due now"
        execution = _ended(states, schedule["Target"]["Arn"], before)
    finally:
        with suppress(scheduler.exceptions.ResourceNotFoundException):
            scheduler.delete_schedule(Name=drill, GroupName=group)
    passed = [
        event["stateEnteredEventDetails"]["name"]
        for event in states.get_execution_history(executionArn=execution["executionArn"], maxResults=1000)["events"]
        if "stateEnteredEventDetails" in event
    ]
    if execution["status"] != "SUCCEEDED":
        raise DrillFailedError(f"the job ended as {execution['status']} after {', '.join(passed)}: {execution.get('cause', '')[:500]}")
    yield f"the job {execution['status']}: {', '.join(passed)}"
    yield "its container does not run here (the task ends with 0), waits take a tenth of their time, and nobody fills in the scheduled time"


def _queues(session: Session, function: Function) -> tuple[Queue, Queue]:
    """The queue that *function* moves messages back to, and the one it takes them from."""
    sqs = session.client("sqs", function.account, function.region)
    dead = function.environment[_DEAD_LETTERS]
    every = [Queue(sqs, url) for url in sqs.list_queues()["QueueUrls"]]
    work = next((queue for queue in every if dead in queue.attributes.get("RedrivePolicy", "")), None)
    if work is None:
        raise DrillFailedError(f"no queue sends its dead letters to {dead}")
    return work, next(queue for queue in every if queue.attributes["QueueArn"] == dead)


def _outcome(answer: dict[str, Any], wanted: str) -> str:
    if answer.get("outcome") != wanted:
        raise DrillFailedError(f"the function answered {answer}")
    return f"{wanted}, {answer['messages']} message{'s' if answer['messages'] != 1 else ''}"


def _hook(function: Function, *, attempt: int) -> str:
    """What the smoke test tells ECS in its *attempt*."""
    return str(function.invoke({"lifecycleStage": "POST_TEST_TRAFFIC_SHIFT", "hookDetails": {"attempt": attempt}}).get("hookStatus"))


@contextmanager
def _answering(settings: dict[str, Any]) -> Iterator[int]:
    """A server on loopback that answers as the tests of *settings* want it to, to who sends their headers; its port."""
    answers = {test["path"]: (test["status"], str(test["body"] or "")) for test in settings["tests"]}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = all(self.headers.get(name) == value for name, value in settings["headers"].items())
            status, body = answers.get(self.path, (404, "")) if known else (403, "")
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Nothing: the drill says what was answered."""

    with listening(Answers) as port:
        yield port


def _runs_states(assembly: Assembly, schedule: dict[str, Any]) -> bool:
    """Whether the target of *schedule* is a state machine of its own stack."""
    target = schedule["Properties"]["Target"]["Arn"]
    name = target.get("Ref") if isinstance(target, dict) else None
    return any(_is_machine(stack, name) for stack in assembly.stacks)


def _is_machine(stack: Stack, logical_id: Any) -> bool:
    return bool(stack.resources.get(logical_id, {}).get("Type") == "AWS::StepFunctions::StateMachine")


def _ended(states: Any, machine: str, before: set[str]) -> dict[str, Any]:
    """The execution of *machine* that is not one of those *before*, when it has ended."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        for each in states.list_executions(stateMachineArn=machine)["executions"]:
            if each["status"] != "RUNNING" and each["executionArn"] not in before:
                described: dict[str, Any] = states.describe_execution(executionArn=each["executionArn"])
                return described
        time.sleep(0.3)
    raise DrillFailedError(f"nothing started {machine} and came to its end within {_SECONDS} s")
