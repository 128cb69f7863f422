"""Canaries."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _canary(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("synthetics").get_canary(Name=physical_id)["Canary"]


READERS = {
    "AWS::Synthetics::Canary": Reader(
        _canary,
        (
            *same("Name", "RuntimeVersion", "ExecutionRoleArn", "ArtifactS3Location", "ArtifactConfig", "Schedule", "RunConfig"),
            *same("ProvisionedResourceCleanup", "BrowserConfigs"),
            Check("VPCConfig", "VpcConfig"),
            Check("Code.Handler", "Code.Handler"),
            Check("SuccessRetentionPeriod", "SuccessRetentionPeriodInDays"),
            Check("FailureRetentionPeriod", "FailureRetentionPeriodInDays"),
        ),
    ),
}
