"""What a bucket must be like for CloudFront to serve from it or log to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION

#: Storage classes from which an object must be restored before it can be read (Amazon S3 user guide, storage classes).
_ASLEEP = {"GLACIER", "DEEP_ARCHIVE"}
_SERVICE = "cloudfront.amazonaws.com"


def require_servable(where: str, stack: Stack, content: s3.IBucket) -> None:
    """Refuse a bucket that could not be served: imported, a website endpoint, or one whose objects fall asleep."""
    properties = _properties_of(content)
    if properties is None:
        raise ConfigurationError(
            where,
            given="a bucket that is not made in this app",
            allowed="a bucket whose policy this app writes",
            mend="make it in this app, so that its policy and key can admit the site's distribution and nobody else",
        )
    if "websiteConfiguration" in properties:
        raise ConfigurationError(
            where,
            given="a bucket with website hosting",
            allowed="a private bucket",
            mend="leave website_index_document out: CloudFront knows the index page",
        )
    rules = stack.resolve(properties.get("lifecycleConfiguration")) or {}
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


def require_fallback(where: str, stack: Stack, content: s3.IBucket, fallback: s3.IBucket) -> None:
    """Refuse a second bucket that is the first, or that could not be served."""
    if fallback is content:
        raise ConfigurationError(
            where,
            given="the bucket of the content itself",
            allowed="another bucket with the same files",
            mend="make a replica of the content, best in another region",
        )
    require_servable(where, stack, fallback)


def require_log_bucket(where: str, stack: Stack, access_logs: s3.IBucket) -> None:
    """Refuse a bucket of this app without ACLs: CloudFront's log delivery writes by ACL, and the deployment would fail."""
    properties = _properties_of(access_logs)
    if properties is None:
        return
    ownership = stack.resolve(properties.get("ownershipControls")) or {}
    owners = [rule["objectOwnership"] for rule in ownership.get("rules", [])]
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
    distributions = f"arn:{PARTITION}:cloudfront::{ACCOUNT_ID}:distribution"
    any_of_account = {"ArnLike": {"aws:SourceArn": f"{distributions}/*"}}
    this_one = {"StringEquals": {"aws:SourceArn": f"{distributions}/{distribution_id}"}}
    content.add_to_resource_policy(
        _admits("s3:GetObject", content.arn_for_objects("*"), this_one if content.stack is stack else any_of_account)
    )
    if key := content.encryption_key:
        key.add_to_resource_policy(_admits("kms:Decrypt", "*", any_of_account))


def grant_publishing(grantee: iam.IGrantable, content: s3.IBucket, *, distribution_id: str) -> iam.Grant:
    """Let *grantee* upload, mark and remove files of *content* and invalidate pages of one distribution."""
    if key := content.encryption_key:
        key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")
    iam.Grant.add_to_principal(grantee=grantee, actions=["s3:ListBucket"], resource_arns=[content.bucket_arn])
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["cloudfront:CreateInvalidation"],
        resource_arns=[f"arn:{PARTITION}:cloudfront::{ACCOUNT_ID}:distribution/{distribution_id}"],
    )
    files = ["s3:DeleteObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"]
    return iam.Grant.add_to_principal(grantee=grantee, actions=files, resource_arns=[content.arn_for_objects("*")])


def _admits(action: str, resource: str, condition: dict[str, dict[str, str]]) -> iam.PolicyStatement:
    return iam.PolicyStatement.from_json(
        {"Effect": "Allow", "Principal": {"Service": _SERVICE}, "Action": action, "Resource": resource, "Condition": condition}
    )


def _properties_of(bucket: s3.IBucket) -> Mapping[str, Any] | None:
    """What the bucket is made with so far, values that an L2 makes lazily as tokens; None for a bucket of elsewhere."""
    resource = bucket.node.default_child
    # The public getters fail on lazy values; the protected one does not.
    return resource._cfn_properties if isinstance(resource, s3.CfnBucket) else None
