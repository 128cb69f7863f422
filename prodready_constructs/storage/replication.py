"""S3 replication from a bucket to a :class:`ReplicaBucket`, without wildcard permissions in a role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import aws_s3 as s3

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity
from prodready_constructs.storage.access import Statement
from prodready_constructs.storage.replica_alarms import PROMISED
from prodready_constructs.storage.replica_bucket import ALL_LOGS, LOGS, REPLICATION_PACKS, ReplicaBucket
from prodready_constructs.waivers import waive

__all__ = ["ALL_LOGS", "LOGS", "decrypt_for_replica", "replicate", "replication_alarm", "replication_graph", "waive_replication"]

RULE_ID = "ToSecondRegion"
#: What S3 needs of every object to copy it with its lock and tags.
_READ_FOR_COPY = (
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTagging",
)


def decrypt_for_replica(replica: ReplicaBucket) -> Statement:
    """What the key of a source must say, so that its objects can be copied to *replica*."""
    return {"Effect": "Allow", "Principal": {"AWS": replica.role_arn}, "Action": "kms:Decrypt", "Resource": "*"}


def replicate(
    bucket: s3.Bucket, resource: s3.CfnBucket, arn: str, *, to: ReplicaBucket, claim: Sequence[str], in_time: bool
) -> list[Statement]:
    """Copy what is written to *bucket* into *to*, deletions too (as markers: no version is removed there).

    The replication role is the replica's own; *bucket*'s policy and key admit it. That needs no ``/*`` in an identity policy.

    Args:
        arn: of *bucket*.
        claim: the prefixes that this bucket alone may use in the replica.
        in_time: with S3 Replication Time Control.

    Returns:
        What the policy of *bucket* must say.

    Raises:
        ConfigurationError: another bucket has claimed overlapping keys.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    kept_out = to.claim(bucket, arn, claim)
    minutes = s3.CfnBucket.ReplicationTimeValueProperty(minutes=PROMISED // timedelta(minutes=1)) if in_time else None
    resource.replication_configuration = s3.CfnBucket.ReplicationConfigurationProperty(
        role=to.role_arn,
        rules=[
            s3.CfnBucket.ReplicationRuleProperty(
                id=RULE_ID,
                status="Enabled",
                priority=1,
                filter=s3.CfnBucket.ReplicationRuleFilterProperty(prefix=""),
                delete_marker_replication=s3.CfnBucket.DeleteMarkerReplicationProperty(status="Enabled"),
                source_selection_criteria=s3.CfnBucket.SourceSelectionCriteriaProperty(
                    sse_kms_encrypted_objects=s3.CfnBucket.SseKmsEncryptedObjectsProperty(status="Enabled")
                ),
                destination=s3.CfnBucket.ReplicationDestinationProperty(
                    bucket=to.arn,
                    encryption_configuration=s3.CfnBucket.EncryptionConfigurationProperty(replica_kms_key_id=to.key_arn),
                    metrics=s3.CfnBucket.MetricsProperty(status="Enabled", event_threshold=minutes),
                    replication_time=s3.CfnBucket.ReplicationTimeProperty(status="Enabled", time=minutes) if minutes else None,
                ),
            )
        ],
    )
    role = {"AWS": to.role_arn}
    return [
        *kept_out,
        {"Effect": "Allow", "Principal": role, "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"], "Resource": arn},
        {"Effect": "Allow", "Principal": role, "Action": list(_READ_FOR_COPY), "Resource": f"{arn}/*"},
    ]


def waive_replication(resource: s3.CfnBucket, *, because: str) -> None:
    """Accept that *resource* has no replica, in every pack that asks for one."""
    waive(resource, rule=[f"{pack}-S3BucketReplicationEnabled" for pack in REPLICATION_PACKS], because=because, owner="platform")


def _failed(source: str, replica: ReplicaBucket) -> Metric:
    return Metric(
        namespace="AWS/S3",
        name="OperationsFailedReplication",
        dimensions={"SourceBucket": source, "DestinationBucket": replica.name, "RuleId": RULE_ID},
        statistic="Sum",
        period=timedelta(minutes=5),
    )


def replication_alarm(*, source: str, replica: ReplicaBucket) -> AlarmSpec:
    """Objects that S3 gave up copying."""
    return AlarmSpec(
        id="ReplicationFailed",
        metric=_failed(source, replica),
        threshold=0,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=1,
        # S3 sends the metric only while there is something to replicate.
        missing_data="notBreaching",
        source="An object without its second copy breaks the recovery point; S3 does not retry a failed one",
        runbook=RunbookSpec(
            meaning="Objects were written that have no second copy: what happens to this bucket now happens to all there is of them.",
            causes=(
                "the replication role lost its permission on the replica bucket or one of the two keys",
                "the replica bucket or its key was changed by hand",
                "objects encrypted with a key that the replication role may not use",
            ),
            first_commands=(
                f"aws s3api get-bucket-replication --bucket {source}",
                f"aws s3api get-bucket-policy --bucket {source} --query Policy --output text",
                f"aws s3api get-bucket-policy --bucket {replica.name} --query Policy --output text",
                "aws s3control create-job help  # S3 Batch Replication copies what failed, once the cause is mended",
            ),
        ),
    )


def replication_graph(*, source: str, replica: ReplicaBucket) -> GraphSpec:
    """What failed; what waits is published in the replica's region."""
    return GraphSpec(title="Replication", metrics=(_failed(source, replica),))
