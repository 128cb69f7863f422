"""The bucket that access logs of one region go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, Part, mark, require_region
from prodready_constructs.posture import DataClass, StoragePosture
from prodready_constructs.storage.access import NOT_PUBLIC, Statement, write_policy
from prodready_constructs.storage.lifecycle import lifecycle
from prodready_constructs.storage.replica_bucket import ReplicaBucket
from prodready_constructs.storage.replication import ALL_LOGS, LOGS, replicate, replication_alarm, replication_graph, waive_replication
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="STORE-1",
        how="Access logs of S3, load balancers and CloudFront go to one private, versioned, TLS-only bucket with a stated retention",
        frameworks=("NIST 800-53 r5 AU-2", "NIST 800-53 r5 AU-9", "HIPAA 164.312(b)", "PCI DSS 3.2.1 10.5", "SOC 2 CC7.2"),
    ),
)
#: Packs that demand a KMS key by default, which neither Elastic Load Balancing nor S3 log delivery can write with.
_KMS_PACKS = ("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321")


class LogBucket(Part):
    """Receives S3 server access logs, load balancer logs and CloudFront logs of its account and region.

    Always: private, TLS 1.2 or newer, versioned, kept when its stack is deleted, its own accesses logged under a prefix of its own; log
    services of AWS may write, for this account only, and nobody else is admitted. Encrypted with S3-managed keys, because Elastic Load
    Balancing and S3 deliver to no other; without Object Lock, because that blocks the delivery of server access logs (both waived here;
    the locked copy is in *replica*).

    Args:
        posture: how long logs and their old versions are kept.
        replica: the bucket, of another region (in this one it would log to here), where every log is copied to and locked.
        data_class: of the data that the logs are about; it decides how long logs are kept, in place of *posture*, and is their tag.
        object_ownership: ``OBJECT_WRITER`` only for CloudFront's legacy logging, which writes by ACL; v2 needs none.

    Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html,
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html,
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-server-access-logging.html,
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-S3.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: StoragePosture,
        replica: ReplicaBucket | None = None,
        data_class: DataClass | None = None,
        object_ownership: s3.ObjectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ) -> None:
        super().__init__(scope, construct_id)
        if posture.allowed_regions:
            require_region(self.path, self.stated_region, posture.allowed_regions)
        self._replica = replica
        self.data_class = data_class
        #: The L2 itself; hand it to ``access_logs=`` of other constructs.
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=NOT_PUBLIC,
            bucket_key_enabled=False,
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=lifecycle(
                noncurrent=data_class.noncurrent_retention if data_class else posture.noncurrent_retention,
                expire_after=data_class.log_retention if data_class else posture.log_retention,
            ),
            object_ownership=object_ownership,
            removal_policy=RemovalPolicy.RETAIN,
            versioned=True,
        )
        resource = cast("s3.CfnBucket", self.bucket.node.default_child)
        resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            # No destination means this bucket itself; naming it would be a circular reference.
            log_file_prefix=f"{LOGS}of-this-bucket/"
        )
        #: ARN of the bucket; also usable from another region.
        self.arn = resource.attr_arn
        #: Name of the bucket.
        self.name = resource.ref
        statements = self._admit_log_services()
        if replica is None:
            waive_replication(
                resource,
                because="no replica is chosen for this deployment, or it logs to this bucket and cannot be its copy as well; logs are kept in versions",
            )
        else:
            statements += replicate(self.bucket, resource, self.arn, to=replica, claim=ALL_LOGS, in_time=posture.replication_time_control)
        write_policy(self.bucket, self.arn, statements)
        waive(
            resource,
            rule=[f"{pack}-S3DefaultEncryptionKMS" for pack in _KMS_PACKS],
            because="Elastic Load Balancing and S3 deliver access logs only to buckets encrypted with S3-managed keys (SSE-S3), which this one is",
            owner="platform",
        )
        waive(
            resource,
            rule="NIST.800.53.R4-S3BucketDefaultLockEnabled",
            because="Object Lock blocks the delivery of S3 server access logs to this bucket; versions and the locked replica protect them instead",
            owner="platform",
        )
        if data_class is not None:
            mark(self, data_class)
        record(self, controls=CONTROLS, tier="data", watchable=replica is not None, allowed_regions=list(posture.allowed_regions))

    def admit_inventory(self, source_arn: str, prefix: str) -> None:
        """Let S3 write the inventory of the bucket with *source_arn* under *prefix*.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
        """
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement.from_json(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": f"{self.arn}/{prefix}/*",
                    "Condition": {
                        "ArnLike": {"aws:SourceArn": source_arn},
                        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID, "s3:x-amz-acl": "bucket-owner-full-control"},
                    },
                }
            )
        )

    def _admit_log_services(self) -> list[Statement]:
        # AWS services put ``AWSLogs/<account>/`` after the prefix they are given, if any.
        vended_keys = [f"{self.arn}/AWSLogs/{ACCOUNT_ID}/*", f"{self.arn}/*/AWSLogs/{ACCOUNT_ID}/*"]
        deliveries = f"logs:*:{ACCOUNT_ID}:*"
        return [
            _admit("logging.s3", ["s3:PutObject"], f"{self.arn}/{LOGS}*", sources="s3:::*"),
            _admit(
                "logdelivery.elasticloadbalancing",
                ["s3:PutObject"],
                vended_keys,
                sources=f"elasticloadbalancing:{REGION}:{ACCOUNT_ID}:loadbalancer/*",
            ),
            _admit("delivery.logs", ["s3:PutObject"], vended_keys, sources=deliveries, equal={"s3:x-amz-acl": "bucket-owner-full-control"}),
            _admit("delivery.logs", ["s3:GetBucketAcl", "s3:ListBucket"], self.arn, sources=deliveries),
        ]

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Logs that could not be copied."""
        return (replication_alarm(source=self.name, replica=self._replica),) if self._replica else ()

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """What waits for replication and what failed."""
        return (replication_graph(source=self.name, replica=self._replica),) if self._replica else ()


def _admit(
    service: str, actions: list[str], resource: str | list[str], *, sources: str, equal: Mapping[str, str] | None = None
) -> Statement:
    """Let *service* of AWS do *actions*, on behalf of *sources* (ARNs without their partition) of this account."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": actions,
        "Resource": resource,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT_ID, **(equal or {})},
            "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:{sources}"},
        },
    }
