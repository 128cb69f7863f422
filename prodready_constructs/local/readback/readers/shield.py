"""Shield Advanced."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Properties, Reader, same


def _protection(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("shield").describe_protection(ProtectionId=physical_id.rpartition("/")[2])["Protection"]


READERS = {"AWS::Shield::Protection": Reader(_protection, same("Name", "ResourceArn"))}
