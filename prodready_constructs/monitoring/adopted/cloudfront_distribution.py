"""CloudFront distributions. Their metrics are in us-east-1 only: watch them from a stack there."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, LEDGER, RECOMMENDED, Service


def distribution(distribution_id: str) -> tuple[AnyAlarmSpec, ...]:
    """A distribution by its id."""
    of = Service(
        "AWS/CloudFront",
        {"DistributionId": distribution_id, "Region": "Global"},
        (
            f"aws cloudfront get-distribution --id {distribution_id} --query Distribution.Status",
            f"aws cloudfront list-invalidations --distribution-id {distribution_id} --max-items 5",
        ),
        region="us-east-1",
    )
    return (
        of.alarm(
            "ServerErrors",
            of.metric("5xxErrorRate", "Average"),
            5,
            severity=CRITICAL,
            source=f"{LEDGER}: 5xx rate above 5 %; {RECOMMENDED} names the metric",
            # No visitors, no datapoints: silence is calm.
            missing_data="notBreaching",
            meaning="More than one request in twenty is answered with 5xx.",
            causes=("the origin is down or slow", "an edge function fails", "the origin's certificate or address changed"),
        ),
    )


ADOPTS = {
    "aws_cloudfront.IDistribution": lambda found: distribution(found.distribution_id),
    "aws_cloudfront.CfnDistribution": lambda found: distribution(found.ref),
}
