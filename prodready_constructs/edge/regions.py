"""Regions that the edge depends on."""

from __future__ import annotations

#: CloudFront reads certificates and web ACLs from this region only (Amazon CloudFront developer guide, "Requirements for certificates").
CLOUDFRONT_REGION = "us-east-1"
#: Route 53 signs with KMS keys, logs queries and reports metrics in this region only (Amazon Route 53 developer guide, "Working with
#: customer managed keys for DNSSEC"; API reference, "CreateQueryLoggingConfig").
ROUTE_53_REGION = "us-east-1"


def stated(region: str | None) -> str | None:
    """*region* unless it is a token, known only at deployment."""
    # Asking Token.is_unresolved would be a message to the jsii kernel for what the text shows.
    return None if region is None or region.startswith("${") else region
