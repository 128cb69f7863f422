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
    "CorsConfiguration": ("get_bucket_cors", "CORSRules"),
}


def _bucket(aws: Aws, physical_id: str, properties: Properties) -> Any:
    s3 = aws("s3")
    live = {name: getattr(s3, call)(Bucket=physical_id).get(member) for name, (call, member) in _CALLS.items() if name in properties}
    if "VersioningConfiguration" in properties:
        live["VersioningConfiguration"] = {"Status": s3.get_bucket_versioning(Bucket=physical_id).get("Status")}
    if "AccelerateConfiguration" in properties:
        live["Acceleration"] = s3.get_bucket_accelerate_configuration(Bucket=physical_id).get("Status")
    if properties.get("ObjectLockEnabled"):
        lock = s3.get_object_lock_configuration(Bucket=physical_id)["ObjectLockConfiguration"]
        live["Locked"] = lock["ObjectLockEnabled"] == "Enabled"
    if "NotificationConfiguration" in properties:
        live["Notifications"] = s3.get_bucket_notification_configuration(Bucket=physical_id)
    if "InventoryConfigurations" in properties:
        ids = [each["Id"] for each in properties["InventoryConfigurations"]]
        inventories = [s3.get_bucket_inventory_configuration(Bucket=physical_id, Id=each) for each in ids]
        live["Inventories"] = [each["InventoryConfiguration"] for each in inventories]
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
    names = ("Status", "Priority", "Destination", "DeleteMarkerReplication", "SourceSelectionCriteria")
    return [{name: rule[name] for name in names if name in rule} for rule in value["Rules"]]


_TARGETS = {"Topic": "TopicArn", "Queue": "QueueArn", "Function": "LambdaFunctionArn"}


def _notifications(value: Any) -> Any:
    """Who is told of what. The API shows by a member that is there, and empty, that EventBridge is told of everything."""
    told = {f"{kind}Configurations": value.get(f"{kind}Configurations", []) for kind in ("Topic", "Queue")}
    told["LambdaFunctionConfigurations"] = value.get("LambdaConfigurations", [])
    shown: dict[str, Any] = {name: [_listener(each) for each in listeners] for name, listeners in told.items() if listeners}
    bridged = value.get("EventBridgeConfiguration")
    if bridged is not None and str(bridged.get("EventBridgeEnabled", True)).lower() == "true":
        shown["EventBridgeConfiguration"] = {}
    return shown


def _listener(listener: Any) -> dict[str, Any]:
    targets = {_TARGETS[name]: value for name, value in listener.items() if name in _TARGETS}
    return {**targets, "Events": [listener["Event"]]}


def _cors(value: Any) -> Any:
    return [{"MaxAgeSeconds" if name == "MaxAge" else name: item for name, item in rule.items() if name != "Id"} for rule in value]


def _inventories(value: Any) -> Any:
    return [
        {
            "Id": each["Id"],
            "IsEnabled": each["Enabled"],
            "Schedule": {"Frequency": each["ScheduleFrequency"]},
            "Destination": {"S3BucketDestination": {"Bucket": each["Destination"]["BucketArn"], "Format": each["Destination"]["Format"]}},
        }
        for each in value
    ]


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
            Check("ObjectLockEnabled", "Locked"),
            Check("NotificationConfiguration", "Notifications", _notifications),
            Check("CorsConfiguration.CorsRules", "CorsConfiguration", _cors),
            Check("InventoryConfigurations", "Inventories", _inventories),
            Check("AccelerateConfiguration.AccelerationStatus", "Acceleration"),
        ),
    ),
    "AWS::S3::BucketPolicy": Reader(_policy, (Check("PolicyDocument", "Policy"),)),
}
