"""Tell a chat channel, or a program, of each alert: once, and if that cannot be, say so where people look.

An alert that is not taken for now fails the run, and Lambda runs it again twice; after that, and at once for one that never will be taken, it
is published with the reason to another topic, which the webhook does not serve.

Environment:
    KIND: SLACK, TEAMS, DISCORD or JSON. HOSTS: where such webhooks live, separated by commas; any host when empty.
    SECRET_ARN, SECRET_FIELD: where the URL is; the field of a JSON secret, or empty for the whole value.
    TABLE: what was told already. WINDOW_SECONDS, LEASE_SECONDS: see ``memory``.
    FAILURES_TOPIC_ARN: hears of what was not taken. UNDELIVERED_URL: the queue where it is kept.
    SEVERITIES: JSON, severity by ARN of the topic. DASHBOARD_URL: linked in each message; may be empty.
    NAMESPACE, WEBHOOK: metric namespace, and this webhook's name in it.
"""

from __future__ import annotations

import functools
import json
import os
import time
from typing import Any

import boto3
from botocore.config import Config

from . import cards, post
from .memory import BusyError, Memory
from .notices import MalformedError, read

_QUICK = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
#: What SNS takes of text, in characters of up to four bytes, with room for the reason. Source: SNS quotas, 256 KiB a message.
_LONGEST = 60_000
#: Seconds at the end of a run for what must be said when nothing else worked.
_MARGIN = 15.0


class NotToldError(Exception):
    """Run this again."""


@functools.cache
def client(name: str) -> Any:
    return boto3.client(name, config=_QUICK)


def handler(event: Any, context: Any) -> dict[str, int]:
    """Tell each record of an SNS event; how many were told, told before, and given up."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records:
        records = [event]
    memory = Memory(
        client("dynamodb"), os.environ["TABLE"], lease=int(os.environ["LEASE_SECONDS"]), window=int(os.environ["WINDOW_SECONDS"])
    )
    outcomes = {"told": 0, "repeated": 0, "given_up": 0}
    again: list[str] = []
    for record in records:
        try:
            outcomes[tell(record, memory, context)] += 1
        except (post.NotTakenError, BusyError) as error:
            again.append(str(error))
    log("INFO", "alerts", **outcomes, again=len(again))
    if again:
        # Lambda's own retries; what it drops after them goes, with this reason, to the other topic.
        raise NotToldError("; ".join(again)[:1_000])
    return outcomes


def tell(record: Any, memory: Memory, context: Any) -> str:
    """The outcome of one record."""
    run = context.aws_request_id
    kind = os.environ["KIND"]
    try:
        notice = read(record, json.loads(os.environ["SEVERITIES"]))
    except MalformedError as error:
        return give_up(record, str(error))
    if not memory.claim(notice.id, run, int(time.time())):
        return "repeated"
    if memory.told(notice.thing, notice.state, int(time.time())):
        memory.finish(notice.id, run, "", "", int(time.time()))
        return "repeated"
    try:
        attempts = post.deliver(
            address,
            cards.write(kind, notice, os.environ["DASHBOARD_URL"]),
            kind=kind,
            hosts=tuple(filter(None, os.environ["HOSTS"].split(","))),
            seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - _MARGIN,
            sleep=time.sleep,
            now=time.time,
        )
    except post.GivenUpError as error:
        memory.forget(notice.thing, run, int(time.time()))
        outcome = give_up(record, str(error))
        # Told another way: a second copy of the message would be one too many there too.
        memory.finish(notice.id, run, "", "", int(time.time()))
        return outcome
    except post.NotTakenError:
        memory.forget(notice.thing, run, int(time.time()))
        raise
    memory.finish(notice.id, run, notice.thing, notice.state, int(time.time()))
    log("INFO", "told", id=notice.id, title=notice.title, state=notice.state, attempts=attempts)
    return "told"


_address: list[str] = []


def address(again: bool) -> str:
    """The URL, read once; *again* reads it anew, because it may have been replaced."""
    if again or not _address:
        _address[:] = [read_secret()]
    return _address[0]


def read_secret() -> str:
    """The URL as the secret holds it now."""
    try:
        value = client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET_ARN"]).get("SecretString", "")
    except Exception as error:  # noqa: BLE001 - whatever it is, the next run may do better, and its text may say too much
        raise post.NotTakenError(f"the secret cannot be read: {type(error).__name__}") from None
    if field := os.environ["SECRET_FIELD"]:
        try:
            value = json.loads(value)[field]
        except (ValueError, KeyError, TypeError):
            raise post.GivenUpError(f"the secret has no field {field}") from None
    if not isinstance(value, str) or not value.strip():
        raise post.GivenUpError("the secret is empty")
    return value.strip()


def give_up(record: Any, reason: str) -> str:
    """Publish the alert, with the *reason*, where people look; fails the run when not even that is possible."""
    kind, webhook = os.environ["KIND"], os.environ["WEBHOOK"]
    text = cards.cut(json.dumps(record, ensure_ascii=False, default=str), _LONGEST)
    why = {"reason": {"DataType": "String", "StringValue": reason[:1_000]}}
    client("sns").publish(
        TopicArn=os.environ["FAILURES_TOPIC_ARN"],
        Subject=f"Alert not delivered to {kind}"[:100],
        Message=f"The webhook {webhook} could not deliver this alert: {reason}\n\n{text}",
        MessageAttributes=why,
    )
    try:
        client("sqs").send_message(QueueUrl=os.environ["UNDELIVERED_URL"], MessageBody=text, MessageAttributes=why)
    except Exception as error:  # noqa: BLE001 - people know of it: a second mail would say nothing new
        log("ERROR", "given up, and not kept", error=type(error).__name__)
    log("ERROR", "given up", reason=reason)
    # CloudWatch makes a metric of this line (embedded metric format).
    metric = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": os.environ["NAMESPACE"],
                    "Dimensions": [["Webhook"]],
                    "Metrics": [{"Name": "AlertsGivenUp", "Unit": "Count"}],
                }
            ],
        },
        "Webhook": webhook,
        "AlertsGivenUp": 1,
    }
    print(json.dumps(metric))
    return "given_up"


def log(level: str, message: str, **facts: Any) -> None:
    print(json.dumps({"level": level, "message": message, **facts}, ensure_ascii=False))
