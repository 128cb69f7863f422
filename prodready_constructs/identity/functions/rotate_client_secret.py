"""Rotates the secret of a Cognito app client: the four steps of Secrets Manager. Runs in AWS Lambda.

Cognito holds two secrets of a client. A rotation removes the one that is not current and adds its own, so a secret that was replaced
stays valid until the next rotation. Source: AddUserPoolClientSecret, Amazon Cognito API reference.
"""

import base64
import functools
import importlib
import json
import os
import urllib.error
import urllib.request
from typing import Any

ID, KEY, SECRET_ID = "client_id", "client_secret", "client_secret_id"


@functools.cache
def client(service: str) -> Any:
    """boto3 comes with the Lambda runtime."""
    return importlib.import_module("boto3").client(service)


def handler(event: dict[str, str], context: object) -> None:
    """One step. After an exception Secrets Manager tries again."""
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    store = client("secretsmanager")
    secret = store.describe_secret(SecretId=arn)
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
        create(store, arn, token)
    elif step == "testSecret":
        test(read(store, arn, "AWSPENDING", VersionId=token))
    elif step == "finishSecret":
        old = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
        store.update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=old)
    elif step != "setSecret":  # Cognito made the secret
        raise ValueError(f"unknown step {step}")


def read(store: Any, arn: str, stage: str, **version: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(store.get_secret_value(SecretId=arn, VersionStage=stage, **version)["SecretString"])
    return found


def create(store: Any, arn: str, token: str) -> None:
    current = read(store, arn, "AWSCURRENT")
    try:
        read(store, arn, "AWSPENDING", VersionId=token)
        return  # an earlier attempt got this far
    except store.exceptions.ResourceNotFoundException:
        pass
    if KEY in current and SECRET_ID not in current:
        raise ValueError(f"{arn} was written by hand: without {SECRET_ID} nobody knows which is in use")
    idp, whose = client("cognito-idp"), {"UserPoolId": os.environ["USER_POOL_ID"], "ClientId": current[ID]}
    held = [each["ClientSecretId"] for each in idp.list_user_pool_client_secrets(**whose)["ClientSecrets"]]
    if len(held) > 1:  # the one before the current, or of an attempt that ended before it was stored
        other = max(each for each in held if each != current.get(SECRET_ID))
        idp.delete_user_pool_client_secret(**whose, ClientSecretId=other)
    made = idp.add_user_pool_client_secret(**whose)["ClientSecretDescriptor"]
    value = {ID: current[ID], KEY: made["ClientSecretValue"], SECRET_ID: made["ClientSecretId"]}
    store.put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(value), VersionStages=["AWSPENDING"])


def test(pending: dict[str, str]) -> None:
    """Ask for a token, as the workload will."""
    basic = base64.b64encode(f"{pending[ID]}:{pending[KEY]}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "User-Agent": "rotation"}
    asked = urllib.request.Request(os.environ["TOKEN_URL"], b"grant_type=client_credentials", headers)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            if "access_token" not in json.load(answer):
                raise ValueError("no token for the new secret")
    except urllib.error.HTTPError as refused:  # its body may tell too much
        raise ValueError(f"the token endpoint answered {refused.code} to the new secret") from None
