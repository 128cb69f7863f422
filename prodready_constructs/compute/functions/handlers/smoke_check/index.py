"""Asks the new version of a function a question before any caller does, and tells CodeDeploy what came of it. Runs in AWS Lambda.

CodeDeploy waits an hour for the answer: whatever keeps this code from giving it fails the release too.
Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#appspec-hooks-lambda
"""

import importlib
import json
import os
import time
from typing import Any

#: What passes by itself: rights that IAM has not spread yet, a version that Lambda still prepares, a busy account.
PASSING = frozenset(
    {"AccessDeniedException", "ResourceConflictException", "ResourceNotReadyException", "ServiceException", "TooManyRequestsException"}
)
ATTEMPTS = 6


def client(service: str, **settings: Any) -> Any:
    """boto3 comes with the Lambda runtime."""
    config = importlib.import_module("botocore.config").Config
    return importlib.import_module("boto3").client(service, config=config(connect_timeout=5, **settings))


def handler(event: dict[str, str], context: object) -> str:
    """One question, one answer. An answer that CodeDeploy did not get is an exception: Lambda asks again."""
    deployment, execution = event["DeploymentId"], event["LifecycleEventHookExecutionId"]
    wrong = problem()
    status = "Failed" if wrong else "Succeeded"
    level = "ERROR" if wrong else "INFO"
    print(json.dumps({"level": level, "message": wrong or "the new version answered", "version": os.environ["NEW_VERSION"]}))
    client("codedeploy", read_timeout=10).put_lifecycle_event_hook_execution_status(
        deploymentId=deployment, lifecycleEventHookExecutionId=execution, status=status
    )
    return status


def problem() -> str | None:
    """What is wrong with the new version; None when it answered as it should."""
    try:
        answer = ask()
        if "FunctionError" in answer:
            return f"the function failed: {answer['FunctionError']}"
        return difference(json.loads(os.environ["EXPECTS"]), json.loads(answer["Payload"].read() or "null"), "answer")
    except Exception as error:  # noqa: BLE001 - whatever it was, the new version has not shown that it works
        return f"no usable answer: {type(error).__name__}: {error}"


def ask() -> Any:
    # Once only: a question that timed out and is asked again takes the time in which CodeDeploy should hear of it.
    lambda_client = client("lambda", read_timeout=int(os.environ["ANSWER_WITHIN"]), retries={"total_max_attempts": 1})
    refused = importlib.import_module("botocore.exceptions").ClientError
    left = ATTEMPTS
    while True:
        left -= 1
        try:
            return lambda_client.invoke(FunctionName=os.environ["NEW_VERSION"], Payload=os.environ["PAYLOAD"].encode())
        except refused as error:
            if not left or error.response["Error"]["Code"] not in PASSING:
                raise
        time.sleep(float(os.environ["PAUSE"]))


def difference(expected: Any, found: Any, where: str) -> str | None:
    """Where *found* lacks what is *expected*; what it has besides does not matter. Values are not told: they may be somebody's."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return f"{where} is no object"
        for key, value in expected.items():
            if key not in found:
                return f"{where} has no {key!r}"
            if wrong := difference(value, found[key], f"{where}.{key}"):
                return wrong
        return None
    return None if expected == found else f"{where} is not as expected"
