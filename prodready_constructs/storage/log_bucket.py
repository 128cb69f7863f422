"""The bucket that access logs of one region go to."""

from __future__ import annotations

from typing import cast

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.posture import StoragePosture
from prodready_constructs.storage.lifecycle import lifecycle
from prodready_constructs.storage.replica_bucket import ReplicaBucket
from prodready_constructs.storage.replication import LOGS, replicate, replication_alarm, replication_graph, waive_replication
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


class LogBucket(Construct):
    """Receives S3 server access logs, load balancer logs and CloudFront logs of its account and region.

    Always: private, TLS 1.2 or newer, versioned, kept when its stack is deleted, its own accesses logged under a prefix of its own; log
    services of AWS may write, for this account only, and nobody else is admitted. Encrypted with S3-managed keys, because Elastic Load
    Balancing and S3 deliver to no other; without Object Lock, because that blocks the delivery of server access logs (both waived here;
    the locked copy is in *replica*).

    Args:
        posture: how long logs and their old versions are kept.
        replica: the bucket, of another region, where every log is copied to and locked.
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
        object_ownership: s3.ObjectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ) -> None:
        super().__init__(scope, construct_id)
        self._replica = replica
        #: The L2 itself; hand it to ``access_logs=`` of other constructs.
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            bucket_key_enabled=False,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=lifecycle(noncurrent=posture.noncurrent_retention, expire_after=posture.log_retention),
            minimum_tls_version=1.2,
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
        self._admit_log_services()
        if replica is None:
            waive_replication(resource, because="no second region is chosen for this deployment; its access logs are kept in versions")
        else:
            replicate(self.bucket, resource, to=replica, claim=LOGS)
        for pack in _KMS_PACKS:
            waive(
                resource,
                rule=f"{pack}-S3DefaultEncryptionKMS",
                because="Elastic Load Balancing and S3 deliver access logs only to buckets encrypted with S3-managed keys (SSE-S3), which this one is",
                owner="platform",
            )
        waive(
            resource,
            rule="NIST.800.53.R4-S3BucketDefaultLockEnabled",
            because="Object Lock blocks the delivery of S3 server access logs to this bucket; versions and the locked replica protect them instead",
            owner="platform",
        )
        record(self, controls=CONTROLS, tier="data", watchable=replica is not None)

    def _admit_log_services(self) -> None:
        account = {"aws:SourceAccount": Aws.ACCOUNT_ID}
        by_source = [
            (
                "logging.s3.amazonaws.com",
                [f"{self.arn}/{LOGS}*"],
                {"StringEquals": account, "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::*"}},
            ),
            (
                "logdelivery.elasticloadbalancing.amazonaws.com",
                self._vended_keys(),
                {
                    "StringEquals": account,
                    "ArnLike": {
                        "aws:SourceArn": f"arn:{Aws.PARTITION}:elasticloadbalancing:{Aws.REGION}:{Aws.ACCOUNT_ID}:loadbalancer/*",
                    },
                },
            ),
            (
                "delivery.logs.amazonaws.com",
                self._vended_keys(),
                {
                    "StringEquals": {**account, "s3:x-amz-acl": "bucket-owner-full-control"},
                    "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:logs:*:{Aws.ACCOUNT_ID}:*"},
                },
            ),
        ]
        for service, resources, conditions in by_source:
            self.bucket.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(service)], actions=["s3:PutObject"], resources=resources, conditions=conditions
                )
            )
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
                actions=["s3:GetBucketAcl", "s3:ListBucket"],
                resources=[self.arn],
                conditions={"StringEquals": account, "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:logs:*:{Aws.ACCOUNT_ID}:*"}},
            )
        )

    def _vended_keys(self) -> list[str]:
        """AWS services put ``AWSLogs/<account>/`` after the prefix they are given, if any."""
        return [f"{self.arn}/AWSLogs/{Aws.ACCOUNT_ID}/*", f"{self.arn}/*/AWSLogs/{Aws.ACCOUNT_ID}/*"]

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Logs that could not be copied to the second region."""
        return (replication_alarm(source=self.name, replica=self._replica),) if self._replica else ()

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """What waits for replication and what failed."""
        return (replication_graph(source=self.name, replica=self._replica),) if self._replica else ()
