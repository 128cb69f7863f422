"""Delivery streams to S3."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same

_DESTINATION = "ExtendedS3DestinationConfiguration"
_TOLD = (
    *("BucketARN", "RoleARN", "BufferingHints", "CompressionFormat", "EncryptionConfiguration", "Prefix", "ErrorOutputPrefix"),
    *("S3BackupMode", "ProcessingConfiguration", "CloudWatchLoggingOptions", "DynamicPartitioningConfiguration"),
)


def _stream(aws: Aws, physical_id: str, _: Properties) -> Any:
    described = aws("firehose").describe_delivery_stream(DeliveryStreamName=physical_id)["DeliveryStreamDescription"]
    return {**described, _DESTINATION: described["Destinations"][0].get("ExtendedS3DestinationDescription", {})}


READERS = {
    "AWS::KinesisFirehose::DeliveryStream": Reader(
        _stream,
        (
            *same("DeliveryStreamName", "DeliveryStreamType"),
            Check("DeliveryStreamEncryptionConfigurationInput", "DeliveryStreamEncryptionConfiguration"),
            *same(*(f"{_DESTINATION}.{name}" for name in _TOLD)),
        ),
    ),
}
