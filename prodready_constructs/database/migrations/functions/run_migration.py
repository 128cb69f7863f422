"""Runs a migration while CloudFormation waits: starts the task, looks after it, and answers. Runs in AWS Lambda.

A migration may take longer than an invocation: what is known so far is handed on to the next one. All of it can be found again (ECS answers a
second ``RunTask`` of the same token with the same task), so an invocation that is lost is simply repeated by AWS Lambda.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import functools
import importlib
import json
import re
import time
import urllib.request
from typing import Any

PAUSE_SECONDS = 5
#: An invocation hands on when so little of its time is left.
MARGIN_MILLISECONDS = 30_000
#: APIs may fail so many times in a row before the migration is given up.
MOST_FAULTS = 12
LOG_LINES, LONGEST_REASON = 20, 1_500
_SECRET = re.compile(r"(?i)(password|passwd|pwd|secret|token)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;]+")
_IN_URL = re.compile(r"(://[^\s:/@]*:)[^\s@]+@")

Outcome = tuple[bool, str]


@functools.cache
def client(service: str) -> Any:
    """boto3 comes with the Lambda runtime."""
    return importlib.import_module("boto3").client(service)


def handler(event: dict[str, Any], context: Any) -> None:
    """A request of CloudFormation, or what an earlier invocation handed on."""
    state = event if "request" in event else begin(event)
    request, faults = state["request"], 0
    while True:
        try:
            outcome = advance(state)
            faults = 0
        except Exception as error:  # noqa: BLE001 (whatever it is, CloudFormation must not wait an hour to hear of it)
            faults += 1
            outcome = None
            if faults == MOST_FAULTS:
                outcome = give_up(state, f"The migration could not be looked after: {type(error).__name__}: {error}")
        if outcome is not None:
            answer(request, *outcome)
            return
        if context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS + PAUSE_SECONDS * 1_000:
            client("lambda").invoke(FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=json.dumps(state))
            return
        time.sleep(PAUSE_SECONDS)


def begin(request: dict[str, Any]) -> dict[str, Any]:
    return {"request": request, "deadline": time.time() + int(request["ResourceProperties"]["LimitSeconds"]), "task": None, "waits": ""}


def advance(state: dict[str, Any]) -> Outcome | None:
    """One step; None when there is more to wait for."""
    request = state["request"]
    if request["RequestType"] == "Delete":
        return True, "Nothing is migrated back."
    if request["RequestType"] == "Update":
        if request["ResourceProperties"]["Release"] == request["OldResourceProperties"]["Release"]:
            return True, "The same image and command as before: nothing to run."
        if state["task"] is None and rolls_back(request["StackId"]):
            return True, "The stack rolls back: an older migration is not run again, and nothing is migrated back."
    if time.time() > state["deadline"]:
        return give_up(
            state, f"The migration was not finished within {request['ResourceProperties']['LimitSeconds']} seconds{state['waits']}."
        )
    if state["task"] is None:
        return start(state)
    (task,) = client("ecs").describe_tasks(cluster=request["ResourceProperties"]["Cluster"], tasks=[state["task"]])["tasks"]
    return ended(request, task) if task["lastStatus"] == "STOPPED" else None


def rolls_back(stack: str) -> bool:
    (described,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return "ROLLBACK" in described["StackStatus"]


def start(state: dict[str, Any]) -> Outcome | None:
    """Start the task, once its users exist and no other migration runs."""
    request = state["request"]
    asked = request["ResourceProperties"]
    for secret in asked["Users"]:
        if "LastRotatedDate" not in client("secretsmanager").describe_secret(SecretId=secret):
            state["waits"] = f": it waited for the first rotation of {secret}, which makes the database user"
            return None
    running = client("ecs").list_tasks(cluster=asked["Cluster"], desiredStatus="RUNNING")["taskArns"]
    if running:
        found = client("ecs").describe_tasks(cluster=asked["Cluster"], tasks=running)["tasks"]
        others = [task["taskArn"] for task in found if task.get("startedBy") != request["RequestId"] and task["lastStatus"] != "STOPPED"]
        if others:
            state["waits"] = f": it waited for {others[0]}, another migration, to end"
            return None
    state["waits"] = ""
    made = client("ecs").run_task(
        cluster=asked["Cluster"],
        taskDefinition=asked["TaskDefinition"],
        launchType="FARGATE",
        count=1,
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": asked["Subnets"], "securityGroups": [asked["SecurityGroup"]], "assignPublicIp": "DISABLED"}
        },
        startedBy=request["RequestId"],
        clientToken=request["RequestId"],
    )
    if not made["tasks"]:
        return False, f"The migration could not be started: {', '.join(failure.get('reason', '') for failure in made['failures'])}"
    state["task"] = made["tasks"][0]["taskArn"]
    return None


def ended(request: dict[str, Any], task: dict[str, Any]) -> Outcome:
    """How it went, and what it said last."""
    container: dict[str, Any] = next((one for one in task["containers"] if one["name"] == request["ResourceProperties"]["Container"]), {})
    code = container.get("exitCode")
    if code == 0:
        return True, "Migrated."
    why = f"exit code {code}" if code is not None else container.get("reason") or task.get("stoppedReason") or "no reason given"
    return False, f"The migration failed: {why} ({task['taskArn']}).{last_lines(request, task['taskArn'])}"


def give_up(state: dict[str, Any], why: str) -> Outcome:
    """Stop the task, if there is one: its connection ends, and the database takes back what was not committed."""
    if state["task"] is None:
        return False, why
    request = state["request"]
    try:
        client("ecs").stop_task(cluster=request["ResourceProperties"]["Cluster"], task=state["task"], reason=why[:255])
    except Exception as error:  # noqa: BLE001 (the answer matters more)
        why += f" It could not be stopped: {type(error).__name__}."
    return False, f"{why} {state['task']}.{last_lines(request, state['task'])}"


def last_lines(request: dict[str, Any], task: str) -> str:
    """The end of the log, for whoever reads why the deployment failed; passwords struck out."""
    asked = request["ResourceProperties"]
    stream = f"migration/{asked['Container']}/{task.rsplit('/', 1)[-1]}"
    try:
        events = client("logs").get_log_events(logGroupName=asked["LogGroup"], logStreamName=stream, limit=LOG_LINES, startFromHead=False)
        lines = "\n".join(event["message"] for event in events["events"])
    except Exception:  # noqa: BLE001 (a task that never began has no log)
        lines = ""
    if not lines:
        return f" It wrote nothing to {asked['LogGroup']}."
    lines = _IN_URL.sub(r"\1***@", _SECRET.sub(r"\1\2***", lines))
    return f" Its last lines in {asked['LogGroup']}:\n{lines[-LONGEST_REASON:]}"


def answer(request: dict[str, Any], succeeded: bool, reason: str) -> None:
    """Tell CloudFormation."""
    print(json.dumps({"level": "INFO" if succeeded else "ERROR", "message": reason, "request": request["RequestId"]}))
    body = {
        "Status": "SUCCESS" if succeeded else "FAILED",
        "Reason": reason if len(reason) < 2 * LONGEST_REASON else f"{reason[:LONGEST_REASON]} ... {reason[-LONGEST_REASON:]}",
        "PhysicalResourceId": request.get("PhysicalResourceId")
        or f"{request['LogicalResourceId']}-{request['StackId'].rsplit('/', 1)[-1]}",
        **{name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    put = urllib.request.Request(request["ResponseURL"], json.dumps(body).encode(), {"Content-Type": ""}, method="PUT")
    for attempt in range(5):
        try:
            with urllib.request.urlopen(put, timeout=10):
                return
        except OSError:
            if attempt == 4:
                raise
            time.sleep(2**attempt)
