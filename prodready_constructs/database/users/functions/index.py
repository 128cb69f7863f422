"""Rotates an application's database user by turns: the four steps of Secrets Manager. Runs in AWS Lambda, beside its drivers.

Every user is two, ``app_1`` and ``app_2``, with the same rights. A rotation gives the one that is not in use a new password and then makes it
the current one: the other goes on working until the next rotation. Source:
https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#rotation-strategy
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import re
import secrets
import string
from typing import Any

ALPHABET = string.ascii_letters + string.digits
LENGTH = 48
#: What may stand in SQL as it is: nothing that would have to be escaped.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@functools.cache
def client() -> Any:
    """boto3 comes with the Lambda runtime."""
    return importlib.import_module("boto3").client("secretsmanager")


def engine() -> Any:
    """What this engine's SQL is: ``postgresql`` or ``mysql``, the modules beside this one."""
    return importlib.import_module(f"{__package__}.{os.environ['ENGINE']}")


def handler(event: dict[str, str], context: object) -> None:
    """One step of one rotation. An exception leaves AWSCURRENT as it is, and Secrets Manager tries again."""
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    user, rights = whose(arn)
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
        create(arn, token, user)
    elif step == "setSecret":
        engine().give(pending(arn, token, user), rights, read(os.environ["MASTER_SECRET"], "AWSCURRENT"))
    elif step == "testSecret":
        engine().check(pending(arn, token, user), rights)
    elif step == "finishSecret":
        current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
        client().update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)
    else:
        raise ValueError(f"unknown step {step}")


def whose(arn: str) -> tuple[str, str]:
    """The user of this secret and its rights: from the deployment, for whoever may write a secret must not choose whose password is set."""
    for name, value in os.environ.items():
        if name.startswith("USER_"):
            known = json.loads(value)
            if known["secret"] == arn:
                for word in (known["user"], os.environ["DATABASE"]):
                    if not NAME.fullmatch(word):
                        raise ValueError(f"{word!r} is no name")
                return known["user"], known["rights"]
    raise ValueError(f"{arn} belongs to no user of this database")


def read(arn: str, stage: str, **version: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(client().get_secret_value(SecretId=arn, VersionStage=stage, **version)["SecretString"])
    return found


def create(arn: str, token: str, user: str) -> None:
    """The other of the two, with a new password."""
    try:
        read(arn, "AWSPENDING", VersionId=token)
        return  # an earlier attempt got this far
    except client().exceptions.ResourceNotFoundException:
        pass
    first, second = names(user)
    value = {
        "username": second if read(arn, "AWSCURRENT").get("username") == first else first,
        "password": "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)),
    }
    client().put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(value), VersionStages=["AWSPENDING"])


def pending(arn: str, token: str, user: str) -> dict[str, str]:
    """The value to come, when it is one that this function made."""
    value = read(arn, "AWSPENDING", VersionId=token)
    if value["username"] not in names(user):
        raise ValueError(f"the pending version of {arn} names {value['username']!r}, not one of {names(user)}")
    if value["username"] == read(arn, "AWSCURRENT").get("username"):
        raise ValueError(f"the pending version of {arn} names the user in use: its password must not change yet")
    if len(value["password"]) < LENGTH or not set(value["password"]) <= set(ALPHABET):
        raise ValueError(f"the pending password of {arn} was not made by this function")
    return value


def names(user: str) -> tuple[str, str]:
    """The two that take turns."""
    return f"{user}_1", f"{user}_2"
