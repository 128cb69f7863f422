"""S3."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader

#: Property of the template -> the call that tells and the member of its answer.
_CALLS = {
    "BucketEncryption": ("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "PublicAccessBlockConfiguration": ("get_public_access_block", "PublicAccessBlockConfiguration"),
    "LoggingConfiguration": ("get_bucket_logging", "LoggingEnabled"),
    "OwnershipControls": ("get_bucket_ownership_controls", "OwnershipControls"),
    "ObjectLockConfiguration": ("get_object_lock_configuration", "ObjectLockConfiguration"),
    "ReplicationConfiguration": ("get_bucket_replication", "ReplicationConfiguration"),
}


def _bucket(aws: Aws, physical_id: str, properties: Properties) -> Any:
    s3 = aws("s3")
    live = {name: getattr(s3, call)(Bucket=physical_id).get(member) for name, (call, member) in _CALLS.items() if name in properties}
    if "VersioningConfiguration" in properties:
        live["VersioningConfiguration"] = {"Status": s3.get_bucket_versioning(Bucket=physical_id).get("Status")}
    if "LifecycleConfiguration" in properties:
        live["LifecycleConfiguration"] = s3.get_bucket_lifecycle_configuration(Bucket=physical_id)["Rules"]
    return live


def _encryption(value: Any) -> Any:
    """The API says ``ApplyServerSideEncryptionByDefault`` where the template says ``ServerSideEncryptionByDefault``."""
    rules = value["ServerSideEncryptionConfiguration"]
    return {"Rules": [{f"Apply{n}" if n.startswith("ServerSide") else n: v for n, v in rule.items()} for rule in rules]}


def _logging(value: Any) -> Any:
    names = {"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"}
    return {names[name]: item for name, item in value.items() if name in names}


def _lifecycle(value: Any) -> Any:
    """Each rule by what it does: status, expiry, clean-up, transitions."""
    return [
        {
            "Status": rule["Status"],
            **({"Expiration": {"Days": rule["ExpirationInDays"]}} if "ExpirationInDays" in rule else {}),
            **{n: rule[n] for n in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration") if n in rule},
            **{
                name: [{days: each["TransitionInDays"], "StorageClass": each["StorageClass"]} for each in rule[name]]
                for name, days in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays"))
                if name in rule
            },
        }
        for rule in value["Rules"]
    ]


def _replication(value: Any) -> Any:
    return [{"Status": rule["Status"], "Destination": rule["Destination"]} for rule in value["Rules"]]


def _policy(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("s3").get_bucket_policy(Bucket=properties["Bucket"])


READERS = {
    "AWS::S3::Bucket": Reader(
        _bucket,
        (
            Check("BucketEncryption", "BucketEncryption", _encryption),
            Check("PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"),
            Check("VersioningConfiguration", "VersioningConfiguration"),
            Check("LoggingConfiguration", "LoggingConfiguration", _logging),
            Check("OwnershipControls", "OwnershipControls"),
            Check("ObjectLockConfiguration", "ObjectLockConfiguration"),
            Check("LifecycleConfiguration", "LifecycleConfiguration", _lifecycle),
            Check("ReplicationConfiguration", "ReplicationConfiguration.Rules", _replication),
        ),
    ),
    "AWS::S3::BucketPolicy": Reader(_policy, (Check("PolicyDocument", "Policy"),)),
}
