"""A delivery stream that keeps what it carries in the open, or loses it without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true, mappings
from prodready_constructs.evidence.assembly import Resource

STREAM = "AWS::KinesisFirehose::DeliveryStream"
_TO = "DestinationConfiguration"
#: Destinations that are a bucket themselves; the others have one for what they cannot deliver.
BUCKETS = ("S3DestinationConfiguration", "ExtendedS3DestinationConfiguration")


def _destinations(stream: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in stream.properties.items():
        if name.endswith(_TO) and isinstance(value, dict):
            yield name, value


def _buckets(name: str, destination: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What says how a bucket is written to: the destination, or its backup."""
    if name in BUCKETS:
        yield destination
    for part in ("S3Configuration", "S3BackupConfiguration"):
        if isinstance(value := destination.get(part), dict):
            yield value


def _under_a_key(subject: Subject, stream: Resource, config: dict[str, Any]) -> bool:
    """Whether the objects are encrypted with a key of yours: by the stream, or by the bucket's own default."""
    if (config.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig"):
        return True
    for bucket in subject.targets(stream, config.get("BucketARN")):
        for one in mappings(bucket.get("BucketEncryption", "ServerSideEncryptionConfiguration")):
            default = one.get("ServerSideEncryptionByDefault") or {}
            if str(default.get("SSEAlgorithm", "")).startswith("aws:kms") and default.get("KMSMasterKeyID"):
                return True
    return False


def _find(subject: Subject) -> Iterator[Hit]:
    for stream in subject.of_type(STREAM):
        # A stream that reads from Kinesis or Kafka keeps nothing itself, and takes no key.
        direct = stream.get("DeliveryStreamType") in (None, "DirectPut")
        if direct and stream.get("DeliveryStreamEncryptionConfigurationInput", "KeyType") != "CUSTOMER_MANAGED_CMK":
            yield hit(stream, detail="Key", note="What is on its way lies there without a key of yours.")
        for name, destination in _destinations(stream):
            logging = destination.get("CloudWatchLoggingOptions") or {}
            if not is_true(logging.get("Enabled")) or not logging.get("LogGroupName"):
                yield hit(stream, detail="Logging", note="What it cannot deliver, and why, is logged nowhere.")
            if not all(_under_a_key(subject, stream, config) for config in _buckets(name, destination)):
                yield hit(stream, detail="Bucket", note="It writes objects without a key of yours.")


RULE = Rule(
    name="ArchiveUnguarded",
    controls=("OPS-5",),
    why="A stream carries what was logged or measured, and drops after a day what it cannot deliver "
    "(https://docs.aws.amazon.com/firehose/latest/dev/encryption.html, https://docs.aws.amazon.com/firehose/latest/dev/retry.html).",
    fix="DeliveryStreamEncryptionConfigurationInput with CUSTOMER_MANAGED_CMK, CloudWatchLoggingOptions, a KMS key at the bucket; "
    "monitoring.LogArchive has them",
    find=_find,
)
