"""What nothing here can run, for there are neither containers nor databases: one-off tasks and the rotation of secrets.

A task that belongs to no service ends by itself, with 0, and says in its own log that it did not run. A secret that CloudFormation has rotated
at once is reported as rotated; its value stays. So what waits for either goes on, and neither is read back as verified.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ecs, scheduler, secretsmanager

from prodready_constructs.local.emulator.calls import client

#: What a task's log says in place of its container.
NOT_RUN = "The emulator has no containers: this task did not run, and is reported as ended with 0."
#: How often what is due is looked for.
_SECONDS_TO_A_SCHEDULE = 1
Answer = tuple[int, Any, Any]
Operation = Callable[[dict[str, Any]], Answer]


def install() -> None:
    """Put ours before ministack's."""
    ecs._run_task = ecs._ACTION_MAP["RunTask"] = _ending(ecs._run_task)
    secretsmanager._rotate_secret = _dated(secretsmanager._rotate_secret)
    secretsmanager._describe_secret = _with_date(secretsmanager._describe_secret)
    scheduler._SCHEDULE_TICK_INTERVAL = _SECONDS_TO_A_SCHEDULE


def _ending(run_task: Operation) -> Operation:
    def run(data: dict[str, Any]) -> Answer:
        status, headers, body = run_task(data)
        if status == 200 and not str(data.get("group", "")).startswith("service:"):
            for task in json.loads(body)["tasks"]:
                # Its log is written through the server that is answering just now.
                threading.Thread(target=_end, args=(task["taskArn"], get_account_id(), get_region()), daemon=True).start()
        return status, headers, body

    return run


def _end(arn: str, account: str, region: str) -> None:
    with request_scope(account, region):
        task = ecs._tasks[arn]
        for container in ecs._task_defs[ecs._resolve_td_key(task["taskDefinitionArn"])]["containerDefinitions"]:
            _say(container, arn.rpartition("/")[2])
        ecs._mark_task_stopped(arn, task, "Essential container in task exited", "EssentialContainerExited", exit_code=0)


def _say(container: dict[str, Any], task: str) -> None:
    options = container.get("logConfiguration", {}).get("options", {})
    if "awslogs-group" in options:
        named = {
            "logGroupName": options["awslogs-group"],
            "logStreamName": f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/{task}",
        }
        logs = client("logs", options.get("awslogs-region"))
        with suppress(ClientError):
            logs.create_log_stream(**named)
            logs.put_log_events(**named, logEvents=[{"timestamp": int(time.time() * 1000), "message": NOT_RUN}])


def _dated(rotate_secret: Operation) -> Operation:
    def rotate(data: dict[str, Any]) -> Answer:
        answer = rotate_secret(data)
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if secret is not None and answer[0] == 200 and data.get("RotateImmediately", True):
            secret["LastRotatedDate"] = int(time.time())
        return answer

    return rotate


def _with_date(describe_secret: Operation) -> Operation:
    def describe(data: dict[str, Any]) -> Answer:
        status, headers, body = describe_secret(data)
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if status == 200 and secret is not None and "LastRotatedDate" in secret:
            body = json.dumps({**json.loads(body), "LastRotatedDate": secret["LastRotatedDate"]}).encode()
        return status, headers, body

    return describe
