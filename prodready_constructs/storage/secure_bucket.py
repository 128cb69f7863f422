"""A bucket whose objects can be neither read by strangers nor lost."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, Metric, RecoveryFact, RunbookSpec, Severity, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, own_key
from prodready_constructs.posture import StoragePosture
from prodready_constructs.storage.access import ANYBODY, NOT_PUBLIC, Statement, write_policy
from prodready_constructs.storage.lifecycle import lifecycle, lock
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
)
#: Where request metrics of the whole bucket are found.
_FILTER = "EntireBucket"


class SecureBucket(Part):
    """An S3 bucket for data of one kind.

    Always: private, TLS 1.2 or newer, KMS key with bucket key, versioned, Object Lock in governance mode, access logs, request metrics,
    unfinished uploads cleaned up, kept when its stack is deleted. *posture* decides how long versions, locks and hot storage last.

    Args:
        posture: retention of old versions and of the lock, archive age.
        access_logs: the log bucket of this region (``LogBucket.bucket``, or any whose policy admits ``logging.s3.amazonaws.com``).
        encryption_key: the key of the data domain; its own when None. With *replica*, its policy must admit the replication role.
        replica: the bucket, best of another region, that everything is copied to.
        key_prefix: the only prefix under which objects may be put ("orders/"); of the buckets that share a replica, all but one need one.

    Raises:
        ConfigurationError: a key prefix that is no folder or is reserved for access logs, or keys that another source of *replica* uses.

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
        self._replica = replica
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
            metrics=[s3.BucketMetrics(id=_FILTER)],
            object_lock_enabled=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN,
            versioned=True,
            # How much: every value below comes from the posture.
            lifecycle_rules=lifecycle(noncurrent=posture.noncurrent_retention, archive_after=posture.archive_after),
            object_lock_default_retention=lock(posture.lock_retention),
        )
        resource = cast("s3.CfnBucket", self.bucket.node.default_child)
        # The L2 property would switch to ACLs where the consumer's feature flags are old.
        resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=access_logs.bucket_name, log_file_prefix=f"{LOGS}s3/{self.path}/"
        )
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
            statements += replicate(self.bucket, resource, self.arn, to=replica, claim=[key_prefix])
        if key_prefix:
            # Copies keep their key, so what another source may write in the replica must not be written here.
            own_keys = f"{self.arn}/{key_prefix}*"
            statements.append({"Effect": "Deny", "Principal": ANYBODY, "Action": "s3:PutObject", "NotResource": own_keys})
        write_policy(self.bucket, self.arn, statements)
        record(
            self,
            controls=CONTROLS,
            tier="data",
            watchable=True,
            recovery=[
                {
                    "store": fact.store,
                    "recovery_point": fact.recovery_point.total_seconds(),
                    "recovery_time": fact.recovery_time.total_seconds(),
                    "recovery_time_is": fact.recovery_time_is,
                    "how": fact.how,
                    "restore_commands": list(fact.restore_commands),
                }
                for fact in self.recovery_facts
            ],
        )

    def grant_read(self, grantee: iam.IGrantable, objects_key_pattern: str | None = None) -> iam.Grant:
        """Let *grantee* read objects (all, or those whose key matches the pattern) and decrypt them."""
        return self.bucket.grant_read(grantee, objects_key_pattern)

    def grant_write(self, grantee: iam.IGrantable, objects_key_pattern: str | None = None) -> iam.Grant:
        """Let *grantee* write and delete objects, and encrypt them."""
        return self.bucket.grant_write(grantee, objects_key_pattern)

    def grant_read_write(self, grantee: iam.IGrantable, objects_key_pattern: str | None = None) -> iam.Grant:
        """Both."""
        return self.bucket.grant_read_write(grantee, objects_key_pattern)

    def _request_metric(self, name: str, statistic: str) -> Metric:
        return Metric(namespace="AWS/S3", name=name, dimensions={"BucketName": self.name, "FilterId": _FILTER}, statistic=statistic)

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """S3 answering with errors, and objects without their copy."""
        errors = AlarmSpec(
            id="ServerErrors",
            metric=self._request_metric("5xxErrors", "Average"),
            threshold=0.01,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            # Without requests S3 sends nothing.
            missing_data="notBreaching",
            source="Ledger OPS-2: error rate above 1 %; the average of 5xxErrors is the rate (Amazon S3 user guide, CloudWatch metrics)",
            runbook=RunbookSpec(
                meaning="More than one request in a hundred to the bucket fails with 5xx: reads or writes of the application fail or are slow.",
                causes=(
                    "503 Slow Down: more than 3,500 writes or 5,500 reads a second on one prefix",
                    "KMS throttles requests of the bucket's key",
                    "an S3 event in the region",
                ),
                first_commands=(
                    f"aws s3api get-bucket-logging --bucket {self.name}",
                    f"aws cloudwatch get-metric-statistics --namespace AWS/S3 --metric-name AllRequests --dimensions Name=BucketName,Value={self.name}"
                    f" Name=FilterId,Value={_FILTER} --statistics Sum --period 60 --start-time $(date -u -d '-1 hour' +%FT%TZ)"
                    " --end-time $(date -u +%FT%TZ)",
                    "aws health describe-events --filter services=S3 --region us-east-1",
                ),
            ),
        )
        return (errors, replication_alarm(source=self.name, replica=self._replica)) if self._replica else (errors,)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors, latency; replication when there is any."""
        graphs = (
            GraphSpec(title="Bucket requests", metrics=(self._request_metric("AllRequests", "Sum"),)),
            GraphSpec(title="Bucket errors", metrics=tuple(self._request_metric(name, "Sum") for name in ("4xxErrors", "5xxErrors"))),
            GraphSpec(title="Bucket latency", metrics=(self._request_metric("TotalRequestLatency", "p95"),), unit="ms"),
        )
        return (*graphs, replication_graph(source=self.name, replica=self._replica)) if self._replica else graphs

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """What AWS Backup selects."""
        return (self.arn,)

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """Every overwritten or deleted object is still there as a version."""
        second = f"; a second copy in {self._replica.name}, usually within 15 minutes of the write" if self._replica else ""
        return (
            RecoveryFact(
                store=f"S3 bucket {self.construct_id}",
                recovery_point=timedelta(0),
                recovery_time=timedelta(minutes=15),
                recovery_time_is="an assumption for thousands of objects; millions need S3 Batch Operations or AWS Backup",
                how=f"versions, which Object Lock keeps from being removed{second}",
                restore_commands=(
                    f"aws s3api list-object-versions --bucket {self.name} --prefix <key>",
                    f"aws s3api delete-object --bucket {self.name} --key <key> --version-id <delete marker>  # undo a deletion",
                    f"aws s3api copy-object --bucket {self.name} --key <key> --copy-source '{self.name}/<key>?versionId=<version>'",
                ),
            ),
        )
