"""Secrets Manager."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _secret(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("secretsmanager").describe_secret(SecretId=physical_id)


def _policy(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("secretsmanager").get_resource_policy(SecretId=physical_id)


READERS = {
    "AWS::SecretsManager::Secret": Reader(_secret, same("KmsKeyId", "Name", "Description")),
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
