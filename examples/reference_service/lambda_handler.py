"""The function: requests of a load balancer, an API Gateway (REST or HTTP) or a function URL, and messages of a queue.

Handler: ``lambda_handler.handler``. Lambda keeps a line that is JSON as it is.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from core import Request
from service import application, log_of, work

LOG = log_of()
APP = application(LOG)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request, or work on messages and name those that failed."""
    if (event.get("Records") or [{}])[0].get("eventSource") == "aws:sqs":
        return {"batchItemFailures": [{"itemIdentifier": name} for name in _failed(event["Records"])]}
    response = APP.answer(_request(event))
    answer = {"statusCode": response.status, "body": response.body.decode(), "isBase64Encoded": False}
    # A target group that sends lists of values wants lists back.
    if "multiValueHeaders" in event and "elb" in event.get("requestContext", {}):
        return {**answer, "multiValueHeaders": {name: [value] for name, value in response.all_headers.items()}}
    return {**answer, "headers": response.all_headers}


def _request(event: Mapping[str, Any]) -> Request:
    http = event.get("requestContext", {}).get("http", {})
    headers = {name.lower(): values[-1] for name, values in (event.get("multiValueHeaders") or {}).items() if values}
    headers |= {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    body = event.get("body") or ""
    path = event.get("rawPath") or event.get("path") or "/"
    if stage := _stage(event):
        path = path.removeprefix(f"/{stage}") or "/"
    return Request(
        method=http.get("method") or event.get("httpMethod") or "GET",
        path=path,
        headers=headers,
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
    )


def _stage(event: Mapping[str, Any]) -> str:
    """The stage of an HTTP API, which stands in the path of its requests; the default one does not."""
    stage = event.get("requestContext", {}).get("stage", "") if event.get("version") == "2.0" else ""
    return "" if stage == "$default" else stage


def _failed(records: list[Mapping[str, Any]]) -> list[str]:
    """Work on each message; the ids of those that must come again. In a FIFO queue nothing after a failure may be done before it."""
    failed: list[str] = []
    for record in records:
        name, in_order = record["messageId"], record.get("eventSourceARN", "").endswith(".fifo")
        if failed and in_order:
            failed.append(name)
            continue
        try:
            work(record["body"])
            LOG.write("info", "message done", message_id=name)
        except Exception as error:  # noqa: BLE001 - one bad message must not bring the good ones back
            LOG.write("error", "message failed", message_id=name, error=f"{type(error).__name__}: {error}")
            failed.append(name)
    return failed
