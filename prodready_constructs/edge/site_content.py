"""What a bucket must be like for CloudFront to serve from it or log to it."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from prodready_constructs.errors import ConfigurationError

#: Storage classes from which an object must be restored before it can be read (Amazon S3 user guide, storage classes).
_ASLEEP = {"GLACIER", "DEEP_ARCHIVE"}
_SERVICE = "cloudfront.amazonaws.com"


def require_servable(where: str, stack: Stack, content: s3.IBucket) -> None:
    """Refuse a bucket that could not be served: imported, a website endpoint, or one whose objects fall asleep."""
    where = f"{where}: content"
    resource = _resource_of(content)
    if resource is None:
        raise ConfigurationError(
            where,
            given="a bucket that is not made in this app",
            allowed="a bucket whose policy this app writes",
            mend="make it in this app, so that its policy and key can admit the site's distribution and nobody else",
        )
    if content.is_website:
        raise ConfigurationError(
            where,
            given="a bucket with website hosting",
            allowed="a private bucket",
            mend="leave website_index_document out: CloudFront knows the index page",
        )
    rules = _property(stack, resource, "lifecycleConfiguration")
    asleep = [
        transition["storageClass"]
        for rule in rules.get("rules", [])
        for transition in rule.get("transitions", [])
        if transition["storageClass"] in _ASLEEP
    ]
    if asleep:
        raise ConfigurationError(
            where,
            given=f"a bucket that moves objects to {asleep[0]}",
            allowed="a bucket whose current objects can be read at once",
            mend="make it with archive_after=None: the site's files would turn into errors when they are archived",
        )


def require_log_bucket(where: str, stack: Stack, access_logs: s3.IBucket) -> None:
    """Refuse a bucket of this app without ACLs: CloudFront's log delivery writes by ACL, and the deployment would fail."""
    resource = _resource_of(access_logs)
    if resource is None:
        return
    owners = [rule["objectOwnership"] for rule in _property(stack, resource, "ownershipControls").get("rules", [])]
    if not owners or owners[0] == "BucketOwnerEnforced":
        raise ConfigurationError(
            f"{where}: access_logs",
            given="a bucket without ACLs (object ownership BucketOwnerEnforced)",
            allowed="a bucket with object ownership ObjectWriter or BucketOwnerPreferred",
            mend="make a LogBucket with object_ownership=s3.ObjectOwnership.OBJECT_WRITER for CloudFront",
        )


def admit_distribution(stack: Stack, content: s3.IBucket, *, distribution_id: str) -> None:
    """Let the distribution of *stack* read *content* and decrypt it.

    In one stack the bucket policy names this distribution. Where that would close a circle (a bucket of another stack, and the
    key in every case: distribution -> bucket -> key -> distribution) the policy admits distributions of this account only.
    """
    distributions = f"arn:{Aws.PARTITION}:cloudfront::{Aws.ACCOUNT_ID}:distribution"
    any_of_account = {"ArnLike": {"aws:SourceArn": f"{distributions}/*"}}
    this_one = {"StringEquals": {"aws:SourceArn": f"{distributions}/{distribution_id}"}}
    content.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(_SERVICE)],
            actions=["s3:GetObject"],
            resources=[content.arn_for_objects("*")],
            conditions=this_one if content.stack is stack else any_of_account,
        )
    )
    if key := content.encryption_key:
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(_SERVICE)], actions=["kms:Decrypt"], resources=["*"], conditions=any_of_account
            )
        )


def _resource_of(bucket: s3.IBucket) -> s3.CfnBucket | None:
    resource = bucket.node.default_child
    return resource if isinstance(resource, s3.CfnBucket) else None


def _property(stack: Stack, resource: s3.CfnBucket, name: str) -> dict[str, Any]:
    """What the bucket says of *name* so far. The public getter fails on values that an L2 makes lazily; the protected one does not."""
    return stack.resolve(resource._cfn_properties.get(name)) or {}
