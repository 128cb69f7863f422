"""Asks a new version of a service before visitors meet it, and tells Amazon ECS what to do. Runs in AWS Lambda, for a lifecycle hook.

ECS waits for {"hookStatus": "SUCCEEDED" | "FAILED" | "IN_PROGRESS"}; an exception would roll back as well, but with a reason that names nobody.
So whatever happens here ends in one of the three, and in one line of the log that says why.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
"""

import http.client
import importlib
import json
import os
import socket
import ssl
import threading
import time
from typing import Any

#: Of an answer, as much as is looked at.
LARGEST = 65_536
#: Some rules of AWS WAF want to know who asks.
AGENT = "release-smoke-test"


def handler(event: Any, context: object) -> dict[str, Any]:
    """One attempt at all tests. What failed is tried again, *attempts* times in all."""
    try:
        return decide(event, json.loads(os.environ["SMOKE_TEST"]))
    except Exception as error:  # noqa: BLE001 - a decided answer, whatever it was
        return answer("FAILED", f"the smoke test itself failed: {type(error).__name__}: {error}")


def decide(event: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """The answer to *event*, by what the tests of *settings* meet."""
    attempt = attempt_of(event)
    if attempt is None:
        return answer("FAILED", f"no event of a lifecycle hook: {json.dumps(event, default=str)[:500]}")
    problems = [(test, problem) for test in settings["tests"] if (problem := within(test["timeout"], settings, test)) is not None]
    if not problems:
        return answer("SUCCEEDED", f"{len(settings['tests'])} of {len(settings['tests'])} tests passed in attempt {attempt}")
    said = "; ".join(f"{test['path']}: {problem}" for test, problem in problems)
    if any(attempt >= test["attempts"] for test, _ in problems):
        return answer("FAILED", f"attempt {attempt}, the last: {said}")
    return answer("IN_PROGRESS", f"attempt {attempt}: {said}", callBackDelay=settings["delay"], hookDetails={"attempt": attempt + 1})


def attempt_of(event: Any) -> int | None:
    """Which attempt this is: ECS hands back what the one before said. None where that cannot be."""
    if not isinstance(event, dict) or not isinstance(event.get("lifecycleStage"), str):
        return None
    details = event.get("hookDetails") or {}
    attempt = details.get("attempt", 1) if isinstance(details, dict) else None
    return attempt if isinstance(attempt, int) and not isinstance(attempt, bool) and attempt > 0 else None


def answer(status: str, reason: str, **more: Any) -> dict[str, Any]:
    """What ECS gets, after a line for whoever reads the log."""
    print(json.dumps({"level": {"SUCCEEDED": "INFO", "IN_PROGRESS": "WARN"}.get(status, "ERROR"), "hookStatus": status, "message": reason}))
    return {"hookStatus": status, **more}


def within(seconds: float, settings: dict[str, Any], test: dict[str, Any]) -> str | None:
    """What is wrong, or that it took too long: no name server, handshake or slow body may take more than *seconds*."""
    found: list[str | None] = []
    asking = threading.Thread(target=lambda: found.append(problem_of(settings, test, seconds)), daemon=True)
    started = time.monotonic()
    asking.start()
    asking.join(seconds)
    return found[0] if found else f"no answer within {time.monotonic() - started:.1f} s"


def problem_of(settings: dict[str, Any], test: dict[str, Any], seconds: float) -> str | None:
    """What is wrong with the answer to one request; None when it is as it should be."""
    try:
        status, body = ask(settings, test["path"], seconds)
    except ssl.SSLError as error:
        return f"TLS failed: {getattr(error, 'verify_message', '') or error.reason or error}"
    except socket.gaierror as error:
        return f"no address for {settings['address']}: {error.strerror}"
    except Exception as error:  # noqa: BLE001 - refused, cut off, no HTTP, no right to look: the reason is the answer
        return f"no usable answer: {type(error).__name__}: {error}"
    if status != test["status"]:
        return f"answered {status}, not {test['status']}"
    if test["body"] is not None and test["body"] not in body:
        return f"the answer lacks {test['body']!r}; it begins with {body[:80]!r}"
    return None


def ask(settings: dict[str, Any], path: str, seconds: float) -> tuple[int, str]:
    """Status and body of GET *path*, asked of the load balancer by its own address and under the name on its certificate."""
    connection = http.client.HTTPConnection(settings["address"], settings["port"], timeout=seconds)
    try:
        connection.sock = door(settings, seconds)
        headers = {
            "User-Agent": AGENT,
            "Connection": "close",
            "Host": settings["server_name"] or settings["address"],
            **settings["headers"],
        }
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read(LARGEST)
        if len(body) < LARGEST and response.length:
            raise http.client.IncompleteRead(body, response.length)
        return response.status, body.decode("utf-8", "replace")
    finally:
        connection.close()


def door(settings: dict[str, Any], seconds: float) -> socket.socket:
    """A connection to the side door, with TLS where it has a certificate."""
    plain = socket.create_connection((address_of(settings), settings["port"]), timeout=seconds)
    if not settings["server_name"]:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=settings["server_name"])
    except BaseException:
        plain.close()
        raise


def address_of(settings: dict[str, Any]) -> str:
    """Where to connect. The name of a public load balancer leads out of the VPC: there one of its own interfaces is looked up."""
    if not settings["interfaces"]:
        return str(settings["address"])
    config = importlib.import_module("botocore.config").Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})
    ec2 = importlib.import_module("boto3").client("ec2", config=config)
    found = ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [settings["interfaces"]]}])["NetworkInterfaces"]
    if not found:
        raise OSError(f"no network interface is described as {settings['interfaces']!r}")
    return str(found[0]["PrivateIpAddress"])
