"""What S3 writes down about every object, once a week."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3

#: What shows whether a bucket keeps its promises, object by object.
FIELDS = (
    "Size",
    "LastModifiedDate",
    "StorageClass",
    "EncryptionStatus",
    "ReplicationStatus",
    "ObjectLockMode",
    "ObjectLockRetainUntilDate",
    "ObjectLockLegalHoldStatus",
    "BucketKeyStatus",
    "ChecksumAlgorithm",
)


def inventory(destination_arn: str, prefix: str) -> s3.CfnBucket.InventoryConfigurationProperty:
    """All versions of all objects, as Parquet, which Athena reads."""
    return s3.CfnBucket.InventoryConfigurationProperty(
        id="Everything",
        enabled=True,
        destination=s3.CfnBucket.DestinationProperty(bucket_arn=destination_arn, format="Parquet", prefix=prefix),
        included_object_versions="All",
        optional_fields=list(FIELDS),
        schedule_frequency="Weekly",
    )
