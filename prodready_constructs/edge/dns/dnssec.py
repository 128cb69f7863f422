"""DNSSEC: a zone signed by a customer-managed key that Route 53 alone signs with."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53 as route53

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, Part

#: Route 53 takes letters, digits and underscores; unique within the zone.
KEY_SIGNING_KEY = "key_signing_key_1"
_SIGNER = "dnssec-route53.amazonaws.com"


def sign(zone: Part, *, name: str, zone_id: str) -> kms.Key:
    """Sign the zone *name*: its KMS key, its key-signing key, and the command that shows the DS record for the parent."""
    key = kms.Key(
        zone,
        "SigningKey",
        description=f"{zone.path}: signs the keys of the DNS zone {name} (DNSSEC)",
        key_spec=kms.KeySpec.ECC_NIST_P256,
        key_usage=kms.KeyUsage.SIGN_VERIFY,
        policy=iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": _signing_policy(zone_id)}),
        removal_policy=RemovalPolicy.RETAIN,
    )
    signing = route53.CfnKeySigningKey(
        zone,
        "KeySigningKey",
        hosted_zone_id=zone_id,
        key_management_service_arn=key.key_arn,
        name=KEY_SIGNING_KEY,
        status="ACTIVE",
    )
    dnssec = route53.CfnDNSSEC(zone, "Dnssec", hosted_zone_id=zone_id)
    dnssec.node.add_dependency(signing)
    # With a DS record at the parent, a zone that stops being signed is refused by every validating resolver.
    signing.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    dnssec.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    CfnOutput(
        zone,
        "DsRecord",
        value=f"aws route53 get-dnssec --hosted-zone-id {zone_id} --query 'KeySigningKeys[].DSRecord' --output text",
        description=f"Shows the DS record that the parent zone (the registrar) of {name} must have",
    )
    return key


def _signing_policy(zone_id: str) -> list[dict[str, object]]:
    signer = {"Service": _SIGNER}
    return [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:{PARTITION}:iam::{ACCOUNT_ID}:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": signer,
            "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
            "Resource": "*",
            "Condition": {
                "ArnEquals": {"aws:SourceArn": f"arn:{PARTITION}:route53:::hostedzone/{zone_id}"},
                "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
            },
        },
        {
            "Effect": "Allow",
            "Principal": signer,
            "Action": "kms:CreateGrant",
            "Resource": "*",
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
    ]
