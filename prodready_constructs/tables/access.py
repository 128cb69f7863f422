"""Who reaches a table: nobody without TLS, nobody of another account, and whom a grant names, down to the partition keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION

READ = ("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Query")
WRITE = ("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
_DESCRIBE = "dynamodb:DescribeTable"
#: The whole table at once: not for who may see some partitions only.
_SCAN = "dynamodb:Scan"
_KEY_READ = ("kms:Decrypt", "kms:DescribeKey")
_KEY_WRITE = (*_KEY_READ, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")

#: Replication by DynamoDB's service-linked role, and services of AWS that act for themselves. To deny the role anything stops replication,
#: and after 20 hours for good. Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html
_NOT_AWS: Mapping[str, Mapping[str, str]] = {
    "ArnNotLike": {"aws:PrincipalArn": f"arn:{PARTITION}:iam::{ACCOUNT_ID}:role/aws-service-role/*"},
    "Bool": {"aws:PrincipalIsAWSService": "false"},
}


def policy() -> iam.PolicyDocument:
    """The resource policy of a table: it allows nobody, and refuses plain HTTP and other accounts whatever is allowed later.

    ``*`` is the table itself: a policy can be about no other resource than the one it is attached to.
    """
    refused: dict[str, Any] = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "dynamodb:*", "Resource": "*"}
    return iam.PolicyDocument.from_json(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    **refused,
                    "Sid": "RefuseWithoutTls",
                    "Condition": {**_NOT_AWS, "Bool": {**_NOT_AWS["Bool"], "aws:SecureTransport": "false"}},
                },
                {
                    **refused,
                    "Sid": "RefuseOtherAccounts",
                    "Condition": {**_NOT_AWS, "StringNotEquals": {"aws:PrincipalAccount": ACCOUNT_ID}},
                },
            ],
        }
    )


def grant(
    grantee: iam.IGrantable, *, resources: Sequence[str], key: kms.IKey, reads: bool, writes: bool, leading_keys: Sequence[str]
) -> iam.Grant:
    """Let *grantee* read or write *resources*, a table and its indexes by name; only the partitions of *leading_keys* where there are any."""
    actions = [*(READ if reads else ()), *(WRITE if writes else ())]
    # As one statement where everything may be reached: nothing else tells the three apart.
    narrowed = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(leading_keys)}} if leading_keys else None
    if not leading_keys:
        actions += [_DESCRIBE, *((_SCAN,) if reads else ())]
    key.grant(grantee, *(_KEY_WRITE if writes else _KEY_READ))
    given = iam.Grant.add_to_principal(grantee=grantee, actions=sorted(actions), resource_arns=list(resources), conditions=narrowed)
    if leading_keys:
        iam.Grant.add_to_principal(grantee=grantee, actions=[_DESCRIBE], resource_arns=[resources[0]])
    return given


def grant_stream(grantee: iam.IGrantable, *, stream_arn: str, key: kms.IKey) -> iam.Grant:
    """Let *grantee* read what changed."""
    key.grant(grantee, *_KEY_READ)
    # ListStreams knows no single stream; a consumer that is given the ARN does without.
    return iam.Grant.add_to_principal(grantee=grantee, actions=list(STREAM), resource_arns=[stream_arn])
