"""A bucket whose objects can be neither read by strangers nor lost."""

from __future__ import annotations

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, RecoveryFact, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, class_facts, mark, own_key, require_region
from prodready_constructs.posture import DataClass, StoragePosture
from prodready_constructs.storage.access import ANYBODY, NOT_PUBLIC, Statement, write_policy
from prodready_constructs.storage.bucket_alarms import FILTER, bucket_alarms, bucket_graphs
from prodready_constructs.storage.inventory import inventory
from prodready_constructs.storage.lifecycle import check_class, lifecycle, lock
from prodready_constructs.storage.log_bucket import LogBucket
from prodready_constructs.storage.recovery import recovery_facts
from prodready_constructs.storage.replica_bucket import ALL_LOGS, LOGS, ReplicaBucket
from prodready_constructs.storage.replication import (
    decrypt_for_replica,
    replicate,
    replication_alarm,
    replication_graph,
    waive_replication,
)

CONTROLS = (
    ControlClaim(
        control="STORE-1",
        how="Private, TLS-only, KMS-encrypted, versioned, locked and logged bucket with lifecycle rules, retained with its stack",
        frameworks=(
            "NIST 800-53 r5 SC-28",
            "NIST 800-53 r5 AC-3",
            "HIPAA 164.312(a)(2)(iv)",
            "PCI DSS 3.2.1 3.4",
            "SOC 2 CC6.1",
            "GDPR Art. 32",
        ),
    ),
    ControlClaim(
        control="STORE-6",
        how="The class of the data says when objects are archived, when they end, here and in the replica, and how long versions stay",
        frameworks=("NIST 800-53 r5 SI-12", "PCI DSS 3.2.1 3.1", "GDPR Art. 5(1)(e)"),
    ),
)


class SecureBucket(Part):
    """An S3 bucket for data of one kind.

    Always: private, TLS 1.2 or newer, KMS key with bucket key, versioned, Object Lock, access logs, request metrics,
    unfinished uploads cleaned up, kept when its stack is deleted. *posture* decides how long versions, locks and hot storage last.

    Args:
        posture: retention of old versions and of the lock, archive age, allowed regions.
        access_logs: the log bucket of this region (``LogBucket.bucket``, or any whose policy admits ``logging.s3.amazonaws.com``).
        encryption_key: the key of the data domain; its own when None. With *replica*, its policy must admit the replication role.
        replica: the bucket, best of another region, that everything is copied to.
        data_class: what it holds: how long objects and their versions are kept, when they are archived, in place of *posture*, and their tag.
            None keeps them without end, as *posture* says.
        key_prefix: the only prefix under which objects may be put ("orders/"); of the buckets that share a replica, all but one need one.

    Raises:
        ConfigurationError: a key prefix that is no folder or is reserved for access logs, or keys that another source of *replica* uses;
            a class that ends with a replica and no key prefix, or whose versions go before the lock does; a region outside the allowed ones.

    Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html,
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: StoragePosture,
        access_logs: s3.IBucket,
        encryption_key: kms.IKey | None = None,
        replica: ReplicaBucket | None = None,
        data_class: DataClass | None = None,
        key_prefix: str = "",
    ) -> None:
        super().__init__(scope, construct_id)
        if key_prefix and (not key_prefix.endswith("/") or key_prefix.startswith(("/", *ALL_LOGS)) or "*" in key_prefix):
            raise ConfigurationError(
                f"{self.path}: key_prefix",
                given=key_prefix,
                allowed=f"'' or a folder that ends with / , does not begin with it and is none of {', '.join(ALL_LOGS)}",
                mend="write it like 'orders/'",
            )
        if posture.allowed_regions:
            require_region(self.path, self.stated_region, posture.allowed_regions)
            if replica is not None:
                require_region(f"{self.path}: replica", replica.stated_region, posture.allowed_regions)
        if data_class is not None:
            check_class(self.path, data_class, posture, replicated_prefix=key_prefix if replica else None)
        self._replica = replica
        #: The class of what it holds, where one is stated.
        self.data_class = data_class
        self._inventoried = False
        #: The only prefix under which objects may be put; empty for all.
        self.key_prefix = key_prefix
        key = own_key(
            self,
            encryption_key,
            description=f"{self.path}: objects",
            statements=[decrypt_for_replica(replica)] if replica else [],
        )
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            # Always: no argument reaches these.
            block_public_access=NOT_PUBLIC,
            bucket_key_enabled=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            metrics=[s3.BucketMetrics(id=FILTER)],
            object_lock_enabled=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN,
            versioned=True,
            # How much: every value below comes from the posture.
            lifecycle_rules=lifecycle(
                noncurrent=data_class.noncurrent_retention if data_class else posture.noncurrent_retention,
                archive_after=data_class.archive_after if data_class else posture.archive_after,
                expire_after=data_class.retention if data_class else None,
            ),
            object_lock_default_retention=lock(posture.lock_retention, posture.lock_mode),
        )
        resource = cast("s3.CfnBucket", self.bucket.node.default_child)
        # The L2 property would switch to ACLs where the consumer's feature flags are old.
        resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=access_logs.bucket_name, log_file_prefix=f"{LOGS}s3/{self.path}/"
        )
        self._resource = resource
        #: ARN of the bucket; also usable from another region.
        self.arn = resource.attr_arn
        #: Name of the bucket.
        self.name = resource.ref
        statements: list[Statement] = []
        if replica is None:
            waive_replication(
                resource, because="no replica is chosen for this deployment; versions, Object Lock and AWS Backup protect the objects"
            )
        else:
            statements += replicate(
                self.bucket, resource, self.arn, to=replica, claim=[key_prefix], in_time=posture.replication_time_control
            )
            if data_class is not None:
                replica.end(key_prefix, data_class)
        if key_prefix:
            # Copies keep their key, so what another source may write in the replica must not be written here.
            own_keys = f"{self.arn}/{key_prefix}*"
            statements.append({"Effect": "Deny", "Principal": ANYBODY, "Action": "s3:PutObject", "NotResource": own_keys})
        write_policy(self.bucket, self.arn, statements)
        if data_class is not None:
            mark(self, data_class)
        record(
            self,
            controls=CONTROLS,
            tier="data",
            watchable=True,
            allowed_regions=list(posture.allowed_regions),
            data_class=class_facts(data_class) if data_class else None,
            recovery=[fact.as_json() for fact in self.recovery_facts],
        )

    def object_events(self, *detail_types: str, prefix: str = "") -> events.EventPattern:
        """The pattern of an EventBridge rule on what happens to objects; from the first call on, the bucket sends its events there.

        Args:
            detail_types: "Object Created", "Object Deleted", and the others that S3 sends; all when none is named.
            prefix: only objects whose keys begin so.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
        """
        # The L2's way would bring a function of the CDK with a role of its own.
        self._resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )
        detail: dict[str, object] = {"bucket": {"name": [self.name]}}
        if prefix:
            detail["object"] = {"key": [{"prefix": prefix}]}
        return events.EventPattern(source=["aws.s3"], detail_type=list(detail_types) or None, detail=detail)

    def keep_inventory(self, into: LogBucket) -> None:
        """Have S3 list every object and version into *into*, of the same region, each Sunday, with what shows whether it is encrypted, locked and copied."""
        if self._inventoried:
            raise ConfigurationError(f"{self.path}: keep_inventory", given="a second time", allowed="one inventory", mend="call it once")
        self._inventoried = True
        prefix = f"{LOGS}inventory/{self.path}"
        self._resource.inventory_configurations = [inventory(into.arn, prefix)]
        into.admit_inventory(self.arn, prefix)

    def grant_read(self, grantee: iam.IGrantable, objects_key_pattern: str | None = None) -> iam.Grant:
        """Let *grantee* read objects (all, or those whose key matches the pattern) and decrypt them."""
        return self.bucket.grant_read(grantee, objects_key_pattern)

    def grant_write(self, grantee: iam.IGrantable, objects_key_pattern: str | None = None) -> iam.Grant:
        """Let *grantee* write and delete objects, and encrypt them."""
        return self.bucket.grant_write(grantee, objects_key_pattern)

    def grant_read_write(self, grantee: iam.IGrantable, objects_key_pattern: str | None = None) -> iam.Grant:
        """Both."""
        return self.bucket.grant_read_write(grantee, objects_key_pattern)

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """S3 answering with errors, requests refused, and objects without their copy."""
        errors = bucket_alarms(self.name)
        return (*errors, replication_alarm(source=self.name, replica=self._replica)) if self._replica else errors

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors, latency; replication when there is any."""
        shown = bucket_graphs(self.name)
        return (*shown, replication_graph(source=self.name, replica=self._replica)) if self._replica else shown

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """What AWS Backup selects."""
        return (self.arn,)

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """Every overwritten or deleted object is still there as a version."""
        return recovery_facts(self.construct_id, bucket=self.name, replica=self._replica.name if self._replica else None)
