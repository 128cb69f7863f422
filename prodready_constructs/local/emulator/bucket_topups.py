"""The configurations of an S3 bucket that ministack's CloudFormation drops and its S3 API holds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ministack.core.responses import get_region

from prodready_constructs.local.emulator.calls import call, client, moto_client
from prodready_constructs.local.emulator.registration import Properties


def complete(bucket: str, properties: Properties, _: dict[str, Any]) -> None:
    """Apply encryption, ownership, logging, lifecycle, object lock, replication, acceleration and inventories."""
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
    if "ObjectLockConfiguration" in properties or properties.get("ObjectLockEnabled"):
        rule = properties.get("ObjectLockConfiguration", {}).get("Rule")
        lock = {"ObjectLockEnabled": "Enabled", **({"Rule": rule} if rule else {})}
        call("s3", "put_object_lock_configuration", {"Bucket": bucket, "ObjectLockConfiguration": lock})
    if "ReplicationConfiguration" in properties:
        replication = _replication(properties["ReplicationConfiguration"])
        call("s3", "put_bucket_replication", {"Bucket": bucket, "ReplicationConfiguration": replication})
    if status := properties.get("AccelerateConfiguration", {}).get("AccelerationStatus"):
        s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": status})
    for inventory in properties.get("InventoryConfigurations", []):
        _take_inventory(bucket, inventory)


def _take_inventory(bucket: str, inventory: Properties) -> None:
    """moto holds the inventories, of a bucket of the same name."""
    s3, region = moto_client("s3"), get_region()
    elsewhere = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=bucket, **elsewhere)
    target = {name: value for name, value in inventory["Destination"].items() if name != "BucketArn"}
    wanted = {
        **{name: value for name, value in inventory.items() if name in ("Id", "IncludedObjectVersions", "OptionalFields")},
        "IsEnabled": inventory["Enabled"],
        "Schedule": {"Frequency": inventory["ScheduleFrequency"]},
        "Destination": {"S3BucketDestination": {**target, "Bucket": inventory["Destination"]["BucketArn"]}},
        **({"Filter": {"Prefix": inventory["Prefix"]}} if inventory.get("Prefix") else {}),
    }
    asked = {"Bucket": bucket, "Id": inventory["Id"], "InventoryConfiguration": wanted}
    call("s3", "put_bucket_inventory_configuration", asked, api=s3)


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
