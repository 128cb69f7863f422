"""Which region a construct is in, when its stack says so."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

#: CloudFront reads certificates and web ACLs from this region only (Amazon CloudFront developer guide, "Requirements for certificates").
CLOUDFRONT_REGION = "us-east-1"


def stated_region(construct: Construct) -> str | None:
    """The region of the construct's stack; None where it is a token, known only at deployment."""
    return stated(Stack.of(construct).region)


def stated(region: str | None) -> str | None:
    """*region* unless it is a token."""
    # Asking Token.is_unresolved would be a message to the jsii kernel for what the text shows.
    return None if region is None or region.startswith("${") else region
