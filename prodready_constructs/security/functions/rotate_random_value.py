"""Rotates a random value in AWS Secrets Manager: the four-step protocol of a rotation function. Runs in AWS Lambda.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import functools
import importlib
import json
import secrets
import string
from typing import Any

FIELD = "value"
ALPHABET = string.ascii_letters + string.digits
SHORTEST = 32


@functools.cache
def client() -> Any:
    """boto3 comes with the Lambda runtime and is no dependency of this package."""
    return importlib.import_module("boto3").client("secretsmanager")


def handler(event: dict[str, str], context: object) -> None:
    """One step of one rotation. An exception leaves AWSCURRENT as it is, and Secrets Manager tries again."""
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    secret = client().describe_secret(SecretId=arn)
    if not secret.get("RotationEnabled"):
        raise ValueError(f"rotation of {arn} is not enabled")
    versions = secret["VersionIdsToStages"]
    if token not in versions:
        raise ValueError(f"{arn} has no version {token}")
    if "AWSCURRENT" in versions[token]:
        return
    if "AWSPENDING" not in versions[token]:
        raise ValueError(f"version {token} of {arn} is not pending")
    if step == "createSecret":
        create(arn, token)
    elif step == "testSecret":
        test(arn, token)
    elif step == "finishSecret":
        finish(arn, token, versions)
    elif step != "setSecret":  # nobody else holds the value, so there is nowhere to set it
        raise ValueError(f"unknown step {step}")


def read(arn: str, stage: str, **version: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(client().get_secret_value(SecretId=arn, VersionStage=stage, **version)["SecretString"])
    return found


def create(arn: str, token: str) -> None:
    current = read(arn, "AWSCURRENT")
    try:
        read(arn, "AWSPENDING", VersionId=token)
        return  # an earlier attempt got this far
    except client().exceptions.ResourceNotFoundException:
        pass
    length = max(len(current[FIELD]), SHORTEST)
    current[FIELD] = "".join(secrets.choice(ALPHABET) for _ in range(length))
    client().put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(current), VersionStages=["AWSPENDING"])


def test(arn: str, token: str) -> None:
    pending = read(arn, "AWSPENDING", VersionId=token)
    if len(pending.get(FIELD, "")) < SHORTEST:
        raise ValueError(f"the new value of {arn} is shorter than {SHORTEST} characters")
    if pending == read(arn, "AWSCURRENT"):
        raise ValueError(f"the new value of {arn} is the old one")


def finish(arn: str, token: str, versions: dict[str, list[str]]) -> None:
    current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    client().update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)
