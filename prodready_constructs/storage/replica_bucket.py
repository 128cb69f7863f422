"""The bucket that other buckets are copied to, as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, Part, own_key, require_region
from prodready_constructs.posture import DataClass, StoragePosture
from prodready_constructs.storage.access import ANYBODY, NOT_PUBLIC, Statement, write_policy
from prodready_constructs.storage.lifecycle import end, lifecycle, lock
from prodready_constructs.storage.replica_alarms import behind, late
from prodready_constructs.waivers import waive

#: Keys of access logs in a log bucket and in its replica: what is given a prefix is given one below this.
LOGS = "access-logs/"
#: Where a log bucket's objects are, all told: ours, CloudFront's, and what AWS services write without a prefix. A lifecycle rule knows no
#: pattern, so copies of logs under any other prefix stay.
ALL_LOGS = (LOGS, "cloudfront/", "AWSLogs/")
#: Packs that demand replication of every bucket.
REPLICATION_PACKS = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")

CONTROLS = (
    ControlClaim(
        control="STORE-1",
        how="Objects have a second copy that nobody can remove while its Object Lock lasts, in another region where the stack puts it there",
        frameworks=("NIST 800-53 r5 CP-9", "NIST 800-53 r5 SC-28", "HIPAA 164.308(a)(7)(ii)(A)", "PCI DSS 3.2.1 10.5.3", "SOC 2 A1.2"),
    ),
)


class ReplicaBucket(Part):
    """A bucket that only S3 replication writes to: the second copy of the buckets it protects, in their region or in another.

    Always: private, TLS 1.2 or newer, versioned, own KMS key with bucket key, Object Lock in governance mode with a default retention (log
    replicas become unremovable, which their source cannot be), access logs, kept when its stack is deleted; one replication role for all
    sources, admitted by resource policies alone. It has no replica of its own: that is where a chain of copies ends (waived).

    One replica can serve several buckets as long as their keys cannot meet: S3 keeps the key of an object when it copies it.

    Args:
        posture: retention of old versions, of the lock and of log replicas, archive age.
        access_logs: a log bucket of the replica's region.
        encryption_key: a key of the replica's region, whose policy admits the replication role (:attr:`role_arn`); its own when None.

    Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html,
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: StoragePosture,
        access_logs: s3.IBucket,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if posture.allowed_regions:
            require_region(self.path, self.stated_region, posture.allowed_regions)
        self._claims: dict[str, tuple[s3.Bucket, str]] = {}
        #: The role that S3 assumes to copy objects, for every source. IAM is global: sources of any region use it.
        self.role = ComposedRole(
            self, "Role", assumed_by=iam.ServicePrincipal("s3.amazonaws.com"), description=f"S3 replication into {self.path}"
        )
        # The L1 attributes can be read from a stack of another region; the L2's cannot without a physical name.
        role = cast("iam.CfnRole", self.role.node.default_child)
        #: ARN of the replication role.
        self.role_arn = role.attr_arn
        key = own_key(
            self,
            encryption_key,
            description=f"{self.path}: second copies",
            statements=[self._admit_role(["kms:Encrypt", "kms:GenerateDataKey"], "*")],
        )
        #: The L2 itself.
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=NOT_PUBLIC,
            bucket_key_enabled=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            lifecycle_rules=lifecycle(
                noncurrent=posture.noncurrent_retention,
                archive_after=posture.archive_after,
                expire_after=posture.log_retention,
                expire_prefixes=ALL_LOGS,
            ),
            object_lock_enabled=True,
            object_lock_default_retention=lock(posture.lock_retention, posture.lock_mode),
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN,
            versioned=True,
        )
        resource = cast("s3.CfnBucket", self.bucket.node.default_child)
        resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=access_logs.bucket_name, log_file_prefix=f"{LOGS}s3/{self.path}/"
        )
        #: ARN of the bucket; usable from another region.
        self.arn = resource.attr_arn
        #: Name of the bucket; usable from another region.
        self.name = resource.ref
        own = cast("kms.CfnKey | None", key.node.default_child)
        #: ARN of the key that replicas are encrypted with; usable from another region.
        self.key_arn: str = own.attr_arn if own else key.key_arn
        write_policy(
            self.bucket,
            self.arn,
            [self._admit_role(["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], f"{self.arn}/*")],
        )
        waive(
            resource,
            rule=[f"{pack}-S3BucketReplicationEnabled" for pack in REPLICATION_PACKS],
            because="this bucket is the replica: it is the end of the chain of copies, versioned and under Object Lock, so that nothing in it can be removed",
            owner="platform",
        )
        self._in_time = posture.replication_time_control
        record(self, controls=CONTROLS, tier="recovery", watchable=self._in_time, allowed_regions=list(posture.allowed_regions))

    def _admit_role(self, actions: list[str], resource: str) -> Statement:
        return {"Effect": "Allow", "Principal": {"AWS": self.role_arn}, "Action": actions, "Resource": resource}

    def claim(self, source: s3.Bucket, arn: str, prefixes: Sequence[str]) -> list[Statement]:
        """Reserve the keys under each of *prefixes* for *source*; all that no other source reserves, where one is empty.

        The one source without a prefix is refused, by its own policy, to put objects under the prefixes of the others.

        Args:
            arn: of *source*.

        Returns:
            What the policy of *source* must say.

        Raises:
            ConfigurationError: another source could write the same keys, and its objects would become versions of each other.
        """
        for prefix in prefixes:
            for taken, (owner, _) in self._claims.items():
                if (taken == prefix) or (taken and prefix and (taken.startswith(prefix) or prefix.startswith(taken))):
                    raise ConfigurationError(
                        f"{source.node.path}: replica",
                        given=f"keys under {prefix!r}, while {owner.node.path} replicates keys under {taken!r} to {self.path}",
                        allowed="sources whose keys cannot meet in one replica",
                        mend="give each source a key_prefix of its own, or a ReplicaBucket of its own",
                    )
        everything_else = "" in prefixes
        if not everything_else and "" in self._claims:
            other, its_arn = self._claims[""]
            other.add_to_resource_policy(iam.PolicyStatement.from_json(_keep_out(its_arn, prefixes)))
        kept_out = [_keep_out(arn, list(self._claims))] if everything_else and self._claims else []
        self._claims |= dict.fromkeys(prefixes, (source, arn))
        return kept_out

    def end(self, prefix: str, data_class: DataClass) -> None:
        """End the copies under *prefix* when their class says: S3 does not replicate what a lifecycle rule deletes."""
        if data_class.retention is not None:
            end(self.bucket, prefix, retention=data_class.retention, noncurrent=data_class.noncurrent_retention)

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Copies that are late, of any source: where S3 has promised a time. It counts them in the region of the replica, so it is watched there."""
        return (late(self.name),) if self._in_time else ()

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """How far copies are behind, where S3 has promised a time."""
        return (GraphSpec(title="Replication behind", metrics=(behind(self.name),), unit="s"),) if self._in_time else ()


def _keep_out(arn: str, prefixes: Sequence[str]) -> Statement:
    return {"Effect": "Deny", "Principal": ANYBODY, "Action": "s3:PutObject", "Resource": [f"{arn}/{prefix}*" for prefix in prefixes]}
