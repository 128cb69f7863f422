"""Rotates the password of an ElastiCache user, in four steps. Runs in AWS Lambda.

The new password is added beside the current one (a user may have two) and tried before it counts. An exception
leaves AWSCURRENT as it is, and Secrets Manager tries again.
"""

import functools
import importlib
import json
import os
import secrets
import socket
import ssl
import string
import time
from typing import Any

ALPHABET = string.ascii_letters + string.digits
LENGTH = 64
PAUSE = 5.0  # seconds, while ElastiCache tells the nodes
RESERVE = 15_000  # milliseconds before the end


# boto3 comes with the Lambda runtime.
@functools.cache
def client(service: str) -> Any:
    return importlib.import_module("boto3").client(service)


def handler(event: dict[str, str], context: Any) -> None:
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    secret = client("secretsmanager").describe_secret(SecretId=arn)
    if not secret.get("RotationEnabled"):
        raise ValueError(f"no rotation of {arn}")
    versions = secret["VersionIdsToStages"]
    if token not in versions:
        raise ValueError(f"{arn} has no version {token}")
    if "AWSCURRENT" in versions[token]:
        return
    if "AWSPENDING" not in versions[token]:
        raise ValueError(f"{token} is not pending")
    if step == "createSecret":
        create(arn, token)
    elif step == "setSecret":
        add(arn, token)
    elif step == "testSecret":
        test(arn, token, context)
    elif step == "finishSecret":
        finish(arn, token, versions)
    else:
        raise ValueError(f"unknown step {step}")


def read(arn: str, stage: str, **version: str) -> dict[str, str]:
    found = client("secretsmanager").get_secret_value(SecretId=arn, VersionStage=stage, **version)
    return dict(json.loads(found["SecretString"]))


def create(arn: str, token: str) -> None:
    manager = client("secretsmanager")
    current = read(arn, "AWSCURRENT")
    try:
        read(arn, "AWSPENDING", VersionId=token)
        return  # an earlier attempt got this far
    except manager.exceptions.ResourceNotFoundException:
        pass
    current["password"] = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    value = json.dumps(current)
    manager.put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=value, VersionStages=["AWSPENDING"])


def add(arn: str, token: str) -> None:
    pending, current = read(arn, "AWSPENDING", VersionId=token), read(arn, "AWSCURRENT")
    both = [pending["password"], current["password"]]
    client("elasticache").modify_user(UserId=pending["user_id"], AuthenticationMode={"Type": "password", "Passwords": both})


def test(arn: str, token: str, context: Any) -> None:
    pending = read(arn, "AWSPENDING", VersionId=token)
    host, port = os.environ["ENDPOINT_" + pending["user_id"].replace("-", "_")].rsplit(":", 1)
    while True:
        try:
            return sign_in(host, int(port), pending["username"], pending["password"])
        except (OSError, ValueError):
            if context.get_remaining_time_in_millis() < RESERVE:
                raise
            time.sleep(PAUSE)


def sign_in(host: str, port: int, *credentials: str) -> None:
    with socket.create_connection((host, port), 5) as plain, ssl.create_default_context().wrap_socket(plain, server_hostname=host) as tls:
        for words, wanted in ((("AUTH", *credentials), b"+OK\r\n"), (("PING",), b"+PONG\r\n")):
            tls.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words))
            answer = tls.makefile("rb").readline()
            if answer != wanted:
                raise ValueError(f"{host} answered {words[0]} with {answer!r}")


def finish(arn: str, token: str, versions: dict[str, list[str]]) -> None:
    current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    moved = {"MoveToVersionId": token, "RemoveFromVersionId": current}
    client("secretsmanager").update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", **moved)
