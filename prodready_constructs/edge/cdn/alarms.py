"""What somebody must hear about a CloudFront distribution.

Source of the metrics: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GoodAndBad, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

#: CloudFront's metrics are in this region, whatever the region of the stack.
METRICS_REGION = "us-east-1"
_FIVE_MINUTES = timedelta(minutes=5)


def door_alarms(*, distribution_id: str, bucket: str | None) -> tuple[AlarmSpec, ...]:
    """The alarms of one distribution; *bucket* with the content is for the commands, and None where nothing is expected in the cache."""
    describe = f"aws cloudfront get-distribution --id {distribution_id} --query 'Distribution.[Status,LastModifiedTime]'"
    origins = f"aws cloudfront get-distribution-config --id {distribution_id} --query DistributionConfig.Origins"
    listing = f"aws s3api head-object --bucket {bucket} --key index.html" if bucket else origins
    alarms = (
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
                first_commands=(describe, listing, origins) if bucket else (describe, origins),
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
    return alarms if bucket else alarms[:-1]


def function_alarms(names: Sequence[str]) -> tuple[AlarmSpec, ...]:
    """The alarms of the CloudFront Functions *names*, which run before every page."""
    code = tuple(f"aws cloudfront get-function --name {name} --stage LIVE /dev/stdout" for name in names)
    logs = tuple(f"aws logs tail /aws/cloudfront/function/{name} --since 30m --region {METRICS_REGION}" for name in names)
    return (
        AlarmSpec(
            id="FunctionErrors",
            metric=_sum_of(names, "FunctionExecutionErrors", "FunctionValidationErrors", label="Function errors"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            # CloudFront reports errors only while there are any.
            missing_data="notBreaching",
            source="Our reason: the function is tested with the event of every path; each error is a visitor who sees 503 instead of a page",
            runbook=RunbookSpec(
                meaning="The function that routes pages fails: visitors see 503 where it runs.",
                causes=("A release changed the function or its table of redirects", "A request of a form that nobody has thought of"),
                first_commands=(*logs, *code),
            ),
        ),
        AlarmSpec(
            id="FunctionThrottles",
            metric=_sum_of(names, "FunctionThrottles", label="Function throttles"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Amazon CloudFront developer guide, monitoring CloudFront Functions: a throttled function is one that takes too long",
            runbook=RunbookSpec(
                meaning="CloudFront throttles the function that routes pages, because it takes more time than it may.",
                causes=("A very long table of redirects", "A surge of requests; see what WAF counts"),
                first_commands=(*code, *logs),
            ),
        ),
    )


def function_graphs(names: Sequence[str]) -> tuple[GraphSpec, ...]:
    """What fails and what is throttled."""
    kinds = ("FunctionExecutionErrors", "FunctionValidationErrors", "FunctionThrottles")
    return (GraphSpec(title="Site function errors", metrics=tuple(_function_metric(name, kind) for name in names for kind in kinds)),)


def _sum_of(names: Sequence[str], *kinds: str, label: str) -> MathMetric:
    using = {f"m{place}": metric for place, metric in enumerate(_function_metric(name, kind) for name in names for kind in kinds)}
    return MathMetric(expression=" + ".join(f"FILL({each}, 0)" for each in using), using=using, label=label, period=_FIVE_MINUTES)


def _function_metric(function: str, name: str) -> Metric:
    return Metric(
        namespace="AWS/CloudFront",
        name=name,
        dimensions={"FunctionName": function, "Region": "Global"},
        statistic="Sum",
        period=_FIVE_MINUTES,
        label=name,
        region=METRICS_REGION,
    )


def door_service_level(*, distribution_id: str) -> GoodAndBad:
    """CloudFront tells a rate of 5xx, not their number: rate times requests."""
    requests = _metric(distribution_id, "Requests", statistic="Sum")
    bad = MathMetric(
        expression="rate * requests / 100",
        using={"rate": _metric(distribution_id, "5xxErrorRate"), "requests": requests},
        label="Requests that ended in 5xx",
    )
    return GoodAndBad(bad=bad, total=requests, rests_on=("cloudfront",))


def door_graphs(*, distribution_id: str) -> tuple[GraphSpec, ...]:
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
