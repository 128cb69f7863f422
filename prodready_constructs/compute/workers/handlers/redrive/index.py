"""Move dead letters back to their queue, slowly, unless they are the ones that came back from there.

SQS moves them itself (``StartMessageMoveTask``): no message passes through here, none is lost when this ends early. What was moved before is
in SQS too (``ListMessageMoveTasks``), so that nothing is kept from one run to the next.

Environment:
    DEAD_LETTERS_ARN, DEAD_LETTERS_URL: the dead-letter queue.
    RATE: messages a second.
    WATCH_SECONDS: how long after a move dead letters are taken for its own. TIMEOUT_SECONDS: how long a call to SQS may take.

Event: ``{"force": true}`` from somebody who has mended the cause and looked at the messages; nothing else is read from it.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


class DeadLettersCameBackError(Exception):
    """The same messages fail again: moving them once more would only repeat the failure."""


def handler(event: dict[str, Any] | None, context: object = None) -> dict[str, Any]:
    """Start a move, or say why not: ``{"outcome": "started" | "nothing" | "running", ...}``."""
    timeout = float(os.environ.get("TIMEOUT_SECONDS", "5"))
    sqs = boto3.client(
        "sqs", config=Config(connect_timeout=timeout, read_timeout=timeout, retries={"mode": "standard", "total_max_attempts": 3})
    )
    outcome = redrive(sqs, force=bool((event or {}).get("force")), now=time.time())
    print(json.dumps({"level": "INFO", "message": "redrive", **outcome}))
    return outcome


def redrive(sqs: Any, *, force: bool, now: float) -> dict[str, Any]:
    """See the module. *now* is in seconds since 1970."""
    source = os.environ["DEAD_LETTERS_ARN"]
    tasks = moves(sqs, source)
    if (running := first(tasks, "RUNNING", "CANCELLING")) is not None:
        return watch(sqs, running)
    attributes = sqs.get_queue_attributes(QueueUrl=os.environ["DEAD_LETTERS_URL"], AttributeNames=["ApproximateNumberOfMessages"])
    waiting = int(attributes["Attributes"]["ApproximateNumberOfMessages"])
    if not waiting:
        return {"outcome": "nothing"}
    if not force:
        refuse_poison(tasks, waiting, now=now)
    try:
        started = sqs.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=int(os.environ["RATE"]))
    except ClientError:
        # Somebody else may have been faster; anything else is a failure.
        if first(moves(sqs, source), "RUNNING") is None:
            raise
        return {"outcome": "running"}
    return {"outcome": "started", "messages": waiting, "task": started["TaskHandle"]}


def moves(sqs: Any, source: str) -> list[dict[str, Any]]:
    """The last moves, the latest first."""
    tasks: list[dict[str, Any]] = sqs.list_message_move_tasks(SourceArn=source, MaxResults=10).get("Results", [])
    return sorted(tasks, key=lambda task: -int(task.get("StartedTimestamp", 0)))


def first(tasks: list[dict[str, Any]], *states: str) -> dict[str, Any] | None:
    """The latest move in one of *states*."""
    return next((task for task in tasks if task["Status"] in states), None)


def watch(sqs: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A move that has moved more than there was when it began goes round in circles: stop it."""
    moved, asked = int(task.get("ApproximateNumberOfMessagesMoved", 0)), int(task.get("ApproximateNumberOfMessagesToMove", 0))
    if asked and moved > asked and task["Status"] == "RUNNING":
        sqs.cancel_message_move_task(TaskHandle=task["TaskHandle"])
        raise DeadLettersCameBackError(f"a move of {asked} messages has moved {moved}: they come back while it runs; it was cancelled")
    return {"outcome": "running", "moved": moved, "messages": asked}


def refuse_poison(tasks: list[dict[str, Any]], waiting: int, *, now: float) -> None:
    """Refuse a move when half of what the last one moved is here again."""
    last = next((task for task in tasks if int(task.get("ApproximateNumberOfMessagesMoved", 0))), None)
    if last is None:
        return
    moved, age = int(last["ApproximateNumberOfMessagesMoved"]), now - int(last["StartedTimestamp"]) / 1000
    if age < float(os.environ["WATCH_SECONDS"]) and 2 * waiting >= moved:
        raise DeadLettersCameBackError(
            f"{waiting} dead letters, {age / 60:.0f} minutes after {moved} were moved back: mend the cause, then invoke this with force"
        )
