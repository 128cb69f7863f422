"""As much of Amazon SQS as a worker needs, without packages: receive one message, delete it, give it back.

It signs with the credentials that ECS gives a task. An application that has boto3 anyway writes these three methods with it.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
"""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from core import BadSettingError

#: Where ECS answers; the path is in the environment of the container.
CREDENTIALS = "http://169.254.170.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message in hand."""

    message_id: str
    body: str
    receipt: str


def signed(
    url: str, body: bytes, headers: Mapping[str, str], *, region: str, credentials: Mapping[str, str], at: datetime
) -> dict[str, str]:
    """*headers* and a signature (version 4) of a POST to *url* at the time *at*."""
    stamp, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    parts = urlsplit(url)
    every = {**headers, "host": parts.netloc, "x-amz-date": stamp, "x-amz-security-token": credentials["Token"]}
    names = ";".join(sorted(every))
    lines = "".join(f"{name}:{every[name]}\n" for name in sorted(every))
    canonical = "\n".join(("POST", parts.path or "/", "", lines, names, hashlib.sha256(body).hexdigest()))
    scope = f"{day}/{region}/sqs/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credentials['SecretAccessKey']}".encode()
    for part in (day, region, "sqs", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    every["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return {name: value for name, value in every.items() if name != "host"}


class Queue:
    """The queue at the address in the one variable that ends in ``QUEUE_URL``: the library calls it ``<id of the queue>_QUEUE_URL``."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        named = sorted(name for name in environment if name.endswith("QUEUE_URL"))
        if len(named) > 1:
            raise BadSettingError(f"QUEUE_URL: given {', '.join(named)}; allowed: one queue for a worker; leave the others out")
        self._url, self._region = environment[named[0]] if named else "", environment.get("AWS_REGION", "")
        self._credentials_path = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
        if urlsplit(self._url).scheme not in ("http", "https") or not urlsplit(self._url).netloc:
            raise BadSettingError(f"QUEUE_URL: given {self._url!r}; allowed: https://sqs.<region>.amazonaws.com/<account>/<queue>; set it")
        if not self._region or not self._credentials_path:
            missing = "AWS_REGION" if not self._region else "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
            raise BadSettingError(f"{missing}: not given; ECS sets it in every task that has a task role")
        self._credentials: dict[str, str] = {}

    def receive(self, wait_seconds: int) -> Message | None:
        """The next message, if one comes within *wait_seconds*."""
        found = self._call("ReceiveMessage", timeout=wait_seconds + 5, MaxNumberOfMessages=1, WaitTimeSeconds=wait_seconds)
        for one in found.get("Messages") or []:
            return Message(message_id=one["MessageId"], body=one["Body"], receipt=one["ReceiptHandle"])
        return None

    def delete(self, message: Message) -> None:
        """It is done."""
        self._call("DeleteMessage", ReceiptHandle=message.receipt)

    def give_back(self, message: Message) -> None:
        """Another worker may have it at once."""
        self._call("ChangeMessageVisibility", ReceiptHandle=message.receipt, VisibilityTimeout=0)

    def _call(self, action: str, *, timeout: float = 5, **parameters: Any) -> dict[str, Any]:
        body = json.dumps({"QueueUrl": self._url, **parameters}).encode()
        now = datetime.now(timezone.utc)
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"AmazonSQS.{action}"}
        headers = signed(self._url, body, headers, region=self._region, credentials=self._fresh(now), at=now)
        with urllib.request.urlopen(urllib.request.Request(self._url, data=body, headers=headers), timeout=timeout) as answer:
            return dict(json.loads(answer.read() or b"{}"))

    def _fresh(self, now: datetime) -> dict[str, str]:
        """The task role's credentials; ECS renews them before they end."""
        ends = self._credentials.get("Expiration", "")
        if not ends or (datetime.fromisoformat(ends.replace("Z", "+00:00")) - now).total_seconds() < 300:
            with urllib.request.urlopen(f"{CREDENTIALS}{self._credentials_path}", timeout=5) as answer:
                self._credentials = json.loads(answer.read())
        return self._credentials
