"""KMS."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _key(aws: Aws, physical_id: str, properties: Properties) -> Any:
    kms = aws("kms")
    rotation = kms.get_key_rotation_status(KeyId=physical_id)
    described = kms.describe_key(KeyId=physical_id)["KeyMetadata"]
    return {
        **described,
        "EnableKeyRotation": rotation["KeyRotationEnabled"],
        "RotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        "KeyPolicy": kms.get_key_policy(KeyId=physical_id, PolicyName="default")["Policy"],
    }


def _alias(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return next(each for each in aws("kms").list_aliases()["Aliases"] if each["AliasName"] == physical_id)


READERS = {
    "AWS::KMS::Key": Reader(_key, same("EnableKeyRotation", "RotationPeriodInDays", "KeyPolicy", "KeySpec", "KeyUsage", "Description")),
    "AWS::KMS::Alias": Reader(_alias, (*same("AliasName"), Check("TargetKeyId", "TargetKeyId"))),
}
