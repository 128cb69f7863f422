"""Secrets Manager."""

from __future__ import annotations

import json
from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _secret(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("secretsmanager").describe_secret(SecretId=physical_id)


def _drawn(aws: Aws, physical_id: str, properties: Properties) -> Any:
    """The secret, and how long its password is that was drawn; never the password."""
    live = _secret(aws, physical_id, properties)
    drawn = properties.get("GenerateSecretString")
    if drawn:
        value = aws("secretsmanager").get_secret_value(SecretId=physical_id)["SecretString"]
        live["Length"] = len(json.loads(value)[drawn["GenerateStringKey"]] if drawn.get("GenerateStringKey") else value)
    return live


def _target(aws: Aws, _: str, properties: Properties) -> Any:
    """What the secret opens: host names of databases begin with the identifier."""
    value = json.loads(aws("secretsmanager").get_secret_value(SecretId=properties["SecretId"])["SecretString"])
    return value["host"].partition(".")[0]


def _regions(value: Any) -> Any:
    return [{"Region": each["Region"]} for each in value]


def _policy(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("secretsmanager").get_resource_policy(SecretId=physical_id)


READERS = {
    "AWS::SecretsManager::Secret": Reader(
        _drawn,
        (
            *same("KmsKeyId", "Name", "Description"),
            Check("GenerateSecretString.PasswordLength", "Length"),
            Check("ReplicaRegions", "ReplicationStatus", _regions),
        ),
    ),
    "AWS::SecretsManager::SecretTargetAttachment": Reader(_target, (Check("TargetId", str),)),
    "AWS::SecretsManager::RotationSchedule": Reader(
        _secret,
        (
            # A schedule that is there but not switched on would rotate nothing.
            Check("SecretId", "RotationEnabled", lambda _: True),
            *same("RotationRules", "RotationLambdaARN"),
        ),
    ),
    "AWS::SecretsManager::ResourcePolicy": Reader(_policy, same("ResourcePolicy")),
}
