"""Who reaches a bucket: no stranger, nobody without TLS, and whom its policy names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

#: Asked for once: each reading is a message to the jsii kernel.
NOT_PUBLIC = s3.BlockPublicAccess.BLOCK_ALL
ANYBODY = {"AWS": "*"}
OLDEST_TLS = 1.2

Statement = Mapping[str, Any]


def write_policy(bucket: s3.Bucket, arn: str, statements: Sequence[Statement]) -> None:
    """Give *bucket*, whose ARN is *arn*, its policy: TLS 1.2 or newer only, and *statements*.

    The policy is the L2's own: what ``grant_*`` and ``add_to_resource_policy`` add later lands in it too. It is written as one document,
    because a statement at a time costs five messages to the jsii kernel each.
    """
    refused = {"Effect": "Deny", "Principal": ANYBODY, "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {**refused, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {**refused, "Condition": {"NumericLessThan": {"s3:TlsVersion": OLDEST_TLS}}},
            *statements,
        ],
    }
    bucket.policy = s3.BucketPolicy(bucket, "Policy", bucket=bucket, document=iam.PolicyDocument.from_json(document))
