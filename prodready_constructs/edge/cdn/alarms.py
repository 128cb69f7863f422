"""What somebody must hear about a CloudFront distribution.

Source of the metrics: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
"""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity

#: CloudFront's metrics are in this region, whatever the region of the stack.
METRICS_REGION = "us-east-1"


def website_alarms(*, distribution_id: str, origin: str) -> tuple[AlarmSpec, ...]:
    """The alarms of one distribution; *origin* is the bucket's name, for the commands."""
    describe = f"aws cloudfront get-distribution --id {distribution_id} --query 'Distribution.[Status,LastModifiedTime]'"
    listing = f"aws s3api head-object --bucket {origin} --key index.html"
    return (
        AlarmSpec(
            id="ServerErrors",
            metric=_metric(distribution_id, "5xxErrorRate", label="5xx of all requests, %"),
            threshold=5,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=5,
            datapoints=3,
            # A site without visitors has no rate.
            missing_data="notBreaching",
            source="Ledger OPS-2: server errors above 5 %",
            runbook=RunbookSpec(
                meaning="More than one visitor request in twenty fails: the site or the API behind it is broken for users.",
                causes=(
                    "The API or load balancer behind a path of the site fails or cannot be reached",
                    "A release changed the origin, its certificate or its key policy",
                    "An outage of the origin's region",
                ),
                first_commands=(
                    describe,
                    listing,
                    f"aws cloudfront get-distribution-config --id {distribution_id} --query DistributionConfig.Origins",
                ),
            ),
        ),
        AlarmSpec(
            id="ClientErrors",
            metric=_metric(distribution_id, "4xxErrorRate", label="4xx of all requests, %"),
            threshold=20,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=10,
            missing_data="notBreaching",
            source="Our reason: one request in five for 10 minutes is a broken link on every page, or somebody probing",
            runbook=RunbookSpec(
                meaning="Many requests are answered with 4xx: pages refer to files that are gone, or somebody probes the site.",
                causes=(
                    "A release removed assets that cached pages still refer to",
                    "A scanner; see what WAF blocked",
                    "The bucket or key policy no longer admits this distribution (403)",
                ),
                first_commands=(listing, describe),
            ),
        ),
        AlarmSpec(
            id="OriginLatency",
            metric=_metric(distribution_id, "OriginLatency", statistic="p95", label="Origin latency p95"),
            threshold=1_000,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=10,
            missing_data="notBreaching",
            source="Ledger OPS-2: p95 below 500 ms at the API, and as much again for the way",
            runbook=RunbookSpec(
                meaning="What is not cached takes more than a second: visitors wait.",
                causes=("The API behind the site is slow", "Fewer requests are served from the cache than usual"),
                first_commands=(describe,),
            ),
        ),
        AlarmSpec(
            id="CacheHitRate",
            metric=_metric(distribution_id, "CacheHitRate", period=timedelta(minutes=15), label="Cache hit rate, %"),
            threshold=20,
            comparison="LessThanThreshold",
            severity=Severity.WARNING,
            periods=4,
            missing_data="notBreaching",
            source="Our reason: a site with an API still serves more than one request in five from the cache",
            runbook=RunbookSpec(
                meaning="Hardly anything is served from the cache for an hour: the site is slower and costs more.",
                causes=("Content was uploaded with Cache-Control: no-store", "Query strings or an invalidation loop defeat the cache"),
                first_commands=(f"aws cloudfront list-invalidations --distribution-id {distribution_id} --max-items 10", listing),
            ),
        ),
    )


def website_graphs(*, distribution_id: str) -> tuple[GraphSpec, ...]:
    """Requests, errors, latency and cache."""
    return (
        GraphSpec(title="Site requests", metrics=(_metric(distribution_id, "Requests", statistic="Sum"),)),
        GraphSpec(
            title="Site errors", metrics=tuple(_metric(distribution_id, name) for name in ("4xxErrorRate", "5xxErrorRate")), unit="%"
        ),
        GraphSpec(
            title="Origin latency",
            metrics=tuple(_metric(distribution_id, "OriginLatency", statistic=statistic) for statistic in ("p50", "p95")),
            unit="ms",
        ),
        GraphSpec(title="Cache hit rate", metrics=(_metric(distribution_id, "CacheHitRate"),), unit="%"),
    )


def _metric(
    distribution_id: str,
    name: str,
    *,
    statistic: str = "Average",
    period: timedelta = timedelta(minutes=1),
    label: str | None = None,
) -> Metric:
    return Metric(
        namespace="AWS/CloudFront",
        name=name,
        dimensions={"DistributionId": distribution_id, "Region": "Global"},
        statistic=statistic,
        period=period,
        label=label,
        region=METRICS_REGION,
    )
