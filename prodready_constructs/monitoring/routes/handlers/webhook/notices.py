"""What an SNS message tells: CloudWatch alarms, composite alarms, this library's EventBridge messages, RDS events, and plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

#: ``monitoring.Watch`` ends a description with it.
_RUNBOOK = re.compile(r"\s*Runbook: (https://\S+)\s*$")
#: Where the console of each partition is; told by the start of the region.
_CONSOLES = (("cn-", "console.amazonaws.cn"), ("us-gov-", "console.amazonaws-us-gov.com"), ("", "console.aws.amazon.com"))


class MalformedError(Exception):
    """No SNS message that anybody could read."""


@dataclass(frozen=True)
class Notice:
    """One alert, as a person needs it.

    ``state`` is ALARM, OK, INSUFFICIENT_DATA or EVENT; ``thing`` names what has a state, so that the same state is not told twice.
    """

    id: str
    title: str
    severity: str
    state: str
    meaning: str
    reason: str
    runbook: str = ""
    console: str = ""
    account: str = ""
    region: str = ""
    time: str = ""
    thing: str = ""
    original: Any = None


def read(record: Any, severities: Mapping[str, str]) -> Notice:
    """The notice in one record of an SNS event; *severities* by ARN of the topic."""
    if not isinstance(record, Mapping) or not isinstance(record.get("Sns"), Mapping):
        raise MalformedError("a record without an SNS message")
    sns = record["Sns"]
    if not all(isinstance(sns.get(name), str) and sns[name] for name in ("MessageId", "TopicArn", "Message")):
        raise MalformedError("an SNS message without id, topic or text")
    severity = severities.get(sns["TopicArn"], "critical")
    try:
        body = json.loads(sns["Message"])
    except ValueError:
        body = None
    # Whatever else its fields may be (a number where a text is expected), somebody must hear of it.
    if isinstance(body, dict) and isinstance(body.get("AlarmName"), str) and isinstance(body.get("NewStateValue"), str):
        return _alarm(sns, body, severity)
    if isinstance(body, dict) and isinstance(body.get("meaning"), str) and isinstance(body.get("alarm"), str):
        return _event(sns, body, severity)
    if isinstance(body, dict) and "Event Message" in body:
        return _rds(sns, body, severity)
    return Notice(
        id=sns["MessageId"],
        title=_text(sns.get("Subject")) or "Alert",
        severity=severity,
        state="EVENT",
        meaning="",
        reason=sns["Message"],
        time=_text(sns.get("Timestamp")),
        original=sns["Message"] if body is None else body,
    )


def _alarm(sns: Mapping[str, Any], body: Mapping[str, Any], severity: str) -> Notice:
    description = _text(body.get("AlarmDescription"))
    found = _RUNBOOK.search(description)
    arn = _text(body.get("AlarmArn"))
    # ``Region`` of the message is a name for people ("EU (Frankfurt)"); the ARN has the code.
    parts = arn.split(":")
    region = parts[3] if len(parts) > 5 else ""
    name = body["AlarmName"]
    return Notice(
        id=sns["MessageId"],
        title=name,
        severity=severity,
        state=body["NewStateValue"],
        meaning=_RUNBOOK.sub("", description),
        reason=_text(body.get("NewStateReason")),
        runbook=found.group(1) if found else "",
        console=f"https://{region}.{_console(region)}/cloudwatch/home?region={region}#alarmsV2:alarm/{quote(name, safe='')}"
        if region
        else "",
        account=_text(body.get("AWSAccountId")),
        region=region or _text(body.get("Region")),
        time=_text(body.get("StateChangeTime")) or _text(sns.get("Timestamp")),
        thing=arn or name,
        original=body,
    )


def _event(sns: Mapping[str, Any], body: Mapping[str, Any], severity: str) -> Notice:
    held = body.get("event")
    event: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    detail = event.get("detail", {})
    link = _text(body.get("runbook"))
    return Notice(
        id=sns["MessageId"],
        title=body["alarm"],
        severity=body["severity"] if body.get("severity") in ("critical", "warning") else severity,
        state="EVENT",
        meaning=body["meaning"],
        reason=f"{_text(event.get('detail-type')) or 'Event'}: {json.dumps(detail, ensure_ascii=False, default=str)}",
        runbook=link if link.startswith("https://") else "",
        account=_text(event.get("account")),
        region=_text(event.get("region")),
        time=_text(body.get("time")) or _text(sns.get("Timestamp")),
        original=body,
    )


def _rds(sns: Mapping[str, Any], body: Mapping[str, Any], severity: str) -> Notice:
    link = _text(body.get("Identifier Link"))
    return Notice(
        id=sns["MessageId"],
        title=_text(sns.get("Subject")) or f"RDS: {_text(body.get('Source ID'))}",
        severity=severity,
        state="EVENT",
        meaning=_text(body.get("Event Message")),
        reason=f"{_text(body.get('Event Source'))} {_text(body.get('Source ID'))}".strip(),
        console=link if link.startswith("https://") else "",
        time=_text(body.get("Event Time")) or _text(sns.get("Timestamp")),
        original=body,
    )


def _console(region: str) -> str:
    return next(host for prefix, host in _CONSOLES if region.startswith(prefix))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
