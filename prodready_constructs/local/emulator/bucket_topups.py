"""The configurations of an S3 bucket that ministack's CloudFormation drops and its S3 API holds."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.emulator.calls import call, client
from prodready_constructs.local.emulator.registration import Properties


def complete(bucket: str, properties: Properties, _: dict[str, Any]) -> None:
    """Apply encryption, ownership, logging, lifecycle, object lock and replication."""
    s3 = client("s3")
    if "BucketEncryption" in properties:
        _encrypt(bucket, properties["BucketEncryption"])
    if "OwnershipControls" in properties:
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": properties["OwnershipControls"]["Rules"]})
    if logging := properties.get("LoggingConfiguration"):
        # Without a destination, a bucket keeps its logs in itself.
        target = {"TargetBucket": logging.get("DestinationBucketName", bucket), "TargetPrefix": logging.get("LogFilePrefix", "")}
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})
    if "LifecycleConfiguration" in properties:
        rules = [_lifecycle(number, rule) for number, rule in enumerate(properties["LifecycleConfiguration"]["Rules"])]
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    if rule := properties.get("ObjectLockConfiguration", {}).get("Rule"):
        lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        call("s3", "put_object_lock_configuration", {"Bucket": bucket, "ObjectLockConfiguration": lock})
    if "ReplicationConfiguration" in properties:
        replication = _replication(properties["ReplicationConfiguration"])
        call("s3", "put_bucket_replication", {"Bucket": bucket, "ReplicationConfiguration": replication})


def _encrypt(bucket: str, encryption: Properties) -> None:
    rules = []
    for rule in encryption["ServerSideEncryptionConfiguration"]:
        default = rule["ServerSideEncryptionByDefault"]
        if default["SSEAlgorithm"] == "aws:kms" and not default.get("KMSMasterKeyID"):
            # The CDK's own asset bucket: ministack refuses uploads to such a bucket without a key id.
            return
        wanted = {name: default[name] for name in ("SSEAlgorithm", "KMSMasterKeyID") if default.get(name)}
        rules.append({"ApplyServerSideEncryptionByDefault": wanted, "BucketKeyEnabled": rule.get("BucketKeyEnabled", False)})
    client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _lifecycle(number: int, rule: Properties) -> dict[str, Any]:
    """A template's lifecycle rule as the API spells it."""
    made: dict[str, Any] = {"ID": rule.get("Id", f"rule-{number}"), "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    elif "ExpiredObjectDeleteMarker" in rule:
        made["Expiration"] = {"ExpiredObjectDeleteMarker": bool(rule["ExpiredObjectDeleteMarker"])}
    if "Transitions" in rule:
        made["Transitions"] = [{"Days": int(t["TransitionInDays"]), "StorageClass": t["StorageClass"]} for t in rule["Transitions"]]
    if "NoncurrentVersionTransitions" in rule:
        made["NoncurrentVersionTransitions"] = [
            {"NoncurrentDays": int(t["TransitionInDays"]), "StorageClass": t["StorageClass"]} for t in rule["NoncurrentVersionTransitions"]
        ]
    if "NoncurrentVersionExpiration" in rule:
        expiry = {name: int(days) for name, days in rule["NoncurrentVersionExpiration"].items()}
        made["NoncurrentVersionExpiration"] = expiry
    if "AbortIncompleteMultipartUpload" in rule:
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return made


def _replication(configuration: Properties) -> dict[str, Any]:
    """A template's replication as the API spells it: only the identifier differs, the rest is matched without regard to case."""
    return {"Role": configuration["Role"], "Rules": [{**rule, "ID": rule.get("Id", "")} for rule in configuration["Rules"]]}
