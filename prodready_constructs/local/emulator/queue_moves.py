"""Moving dead letters back (``StartMessageMoveTask`` and its kin), which neither ministack nor moto offers."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from typing import Any

from ministack.services import sqs

#: What moves are told, by the ARN of the queue they began at: the latest first.
_tasks: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)


def install() -> None:
    """Give SQS the operations."""
    sqs._HANDLERS.update(StartMessageMoveTask=_start, ListMessageMoveTasks=_list, CancelMessageMoveTask=_cancel)


def _start(data: dict[str, Any], _: str) -> dict[str, Any]:
    """Everything is moved at once, whatever rate was asked for."""
    source = data["SourceArn"]
    dead_letters = _queue(source)
    if not any(source in queue["attributes"].get("RedrivePolicy", "") for _, queue in sqs._queues.all_items()):
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    moving, dead_letters["messages"] = dead_letters["messages"], []
    for message in moving:
        system = dict(message.get("sys", {}))
        came_from = system.pop("DeadLetterQueueSourceArn", "")
        _queue(data.get("DestinationArn") or came_from)["messages"].append(_anew(message, system))
    sqs.esm_wake.set()
    task: dict[str, Any] = {
        "Status": "COMPLETED",
        "SourceArn": source,
        "ApproximateNumberOfMessagesMoved": len(moving),
        "ApproximateNumberOfMessagesToMove": len(moving),
        "StartedTimestamp": int(time.time() * 1000),
        **{name: data[name] for name in ("DestinationArn", "MaxNumberOfMessagesPerSecond") if name in data},
    }
    _tasks[source].insert(0, task)
    return {"TaskHandle": uuid.uuid4().hex}


def _list(data: dict[str, Any], _: str) -> dict[str, Any]:
    return {"Results": _tasks[data["SourceArn"]][: int(data.get("MaxResults", 1))]}


def _cancel(_: dict[str, Any], __: str) -> dict[str, Any]:
    """A move here has ended before anybody can stop it."""
    raise sqs._Err("ResourceNotFoundException", "There is no running move with this handle.", 404)


def _queue(arn: str) -> Any:
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", f"The queue {arn or 'that a message came from'} does not exist.", 404)
    return queue


def _anew(message: dict[str, Any], system: dict[str, Any]) -> dict[str, Any]:
    """A message that came back counts as new."""
    now = time.time()
    return {
        **message,
        "id": str(uuid.uuid4()),
        "sys": system,
        "receipt_handle": None,
        "visible_at": now,
        "receive_count": 0,
        "sent_at": now,
    }
