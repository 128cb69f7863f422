"""What somebody must hear about an AppSync API of either kind.

Sources of the metrics: https://docs.aws.amazon.com/appsync/latest/devguide/monitoring.html
    https://docs.aws.amazon.com/appsync/latest/eventapi/cw-metrics.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GoodAndBad, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.edge.graphql.authorization import AppSyncAuthorization

NAMESPACE = "AWS/AppSync"
#: The smaller of AppSync's two quotas of request tokens a second, for all APIs of an account and region (AppSync developer guide,
#: "Using token counts to optimize your requests": 5,000 or 10,000).
TOKENS_PER_SECOND = 5_000
_MINUTE, _FIVE_MINUTES, _HOUR = timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1)
#: A key is renewed by a deployment: nobody should have to hurry.
_KEY_NOTICE_DAYS = 30
_DAY = 86_400


def http_alarms(dimensions: Mapping[str, str], *, log_group: str, describe: str) -> tuple[AlarmSpec, ...]:
    """Errors, refusals, latency and tokens: what both kinds of API report in the same words.

    Args:
        dimensions: of the API; *describe*: the command that shows it.
    """
    failing = logged(log_group, "filter logType = 'RequestSummary' and statusCode >= 500 | stats count() by statusCode, bin(5m)")
    broken = RunbookSpec(
        meaning="Requests to the API fail with 5xx: users see errors.",
        causes=(
            "AppSync cannot read the user pool or the issuer that callers sign in with",
            "The schema in use is empty or broken after a deployment",
            "AppSync itself fails: see the AWS Health Dashboard",
        ),
        first_commands=(failing, describe, "aws health describe-events --filter services=APPSYNC --region us-east-1"),
    )
    return (
        AlarmSpec(
            id="ServerErrors",
            metric=_rate(dimensions, "5XXError", period=_MINUTE),
            threshold=5,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=5,
            datapoints=3,
            missing_data="notBreaching",
            source="Ledger OPS-2: server errors above 5 % (of the requests that Latency counts)",
            runbook=broken,
        ),
        AlarmSpec(
            id="ErrorRate",
            metric=_rate(dimensions, "5XXError", period=_FIVE_MINUTES),
            threshold=1,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            missing_data="notBreaching",
            source="Ledger OPS-2: error rate above 1 %",
            runbook=broken,
        ),
        AlarmSpec(
            id="ClientErrors",
            metric=_rate(dimensions, "4XXError", period=_FIVE_MINUTES),
            threshold=25,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            missing_data="notBreaching",
            source="Our reason: one request in four for 15 minutes is a broken client, a throttle or somebody probing",
            runbook=RunbookSpec(
                meaning="Many requests are refused: tokens are not accepted, a client is broken, AppSync throttles, or somebody probes.",
                causes=(
                    "Expired tokens that are not refreshed",
                    "A client that sends what is no JSON",
                    "The account's request tokens are used up",
                ),
                first_commands=(
                    logged(log_group, "filter logType = 'RequestSummary' and statusCode >= 400 | stats count() by statusCode, bin(5m)"),
                    "aws service-quotas list-service-quotas --service-code appsync",
                ),
            ),
        ),
        AlarmSpec(
            id="Latency",
            metric=_metric(dimensions, "Latency", statistic="p95", period=_MINUTE),
            threshold=500,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=10,
            missing_data="notBreaching",
            source="Ledger OPS-2: p95 above 500 ms",
            runbook=RunbookSpec(
                meaning="One request in twenty takes longer than half a second.",
                causes=("A data source is slow", "Queries became deeper, or ask for more at once", "A function starts cold"),
                first_commands=(
                    logged(log_group, "filter logType = 'RequestSummary' | stats pct(latency, 95) / 1000000 as p95_ms by bin(5m)"),
                    "aws xray get-trace-summaries --start-time $(date -d '-15 min' +%s) --end-time $(date +%s) --filter-expression 'responsetime > 0.5'",
                ),
            ),
        ),
        AlarmSpec(
            id="TokensRunningOut",
            # AWS's page counts tokens by region and its metric list by API: whichever of the two is reported is read.
            metric=MathMetric(
                expression="MAX([region, api])",
                using={
                    "region": _metric({}, "TokensConsumed", statistic="Sum", period=_MINUTE),
                    "api": _metric(dimensions, "TokensConsumed", statistic="Sum", period=_MINUTE),
                },
                label="Request tokens",
                period=_MINUTE,
            ),
            threshold=round(0.8 * TOKENS_PER_SECOND * 60),
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=5,
            datapoints=3,
            missing_data="notBreaching",
            source=f"80 % of {TOKENS_PER_SECOND} request tokens a second, the smaller of AppSync's default quotas",
            runbook=RunbookSpec(
                meaning="The account's request tokens are nearly used up; then AppSync refuses requests of every API in the region.",
                causes=(
                    "More traffic",
                    "Queries that take more than one token each: deep, large or slow ones",
                    "A client that retries without pause",
                ),
                first_commands=(
                    "aws service-quotas list-service-quotas --service-code appsync --query \"Quotas[?contains(QuotaName, 'token')]\"",
                    logged(
                        log_group,
                        "filter @message like 'Tokens Consumed' | parse @message '* Tokens Consumed: *' as id, tokens | sort tokens desc",
                    ),
                ),
            ),
        ),
    )


def key_alarms(authorization: Sequence[AppSyncAuthorization], dimensions: Mapping[str, str], *, api_id: str) -> tuple[AlarmSpec, ...]:
    """The API key is about to expire. AppSync has no metric of it; CloudWatch's clock does the sum."""
    return tuple(
        AlarmSpec(
            id="ApiKeyExpiry",
            # EPOCH gives the time of each period, whether or not the metric in it was reported.
            metric=MathMetric(
                expression=f"({one.expires_at} - EPOCH(requests)) / {_DAY}",
                using={"requests": _metric(dimensions, "Latency", statistic="SampleCount", period=_HOUR)},
                label="Days until the API key expires",
                period=_HOUR,
            ),
            threshold=max(1, min(_KEY_NOTICE_DAYS, one.life.days // 3)),
            comparison="LessThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="ignore",
            source=f"Our reason: {_KEY_NOTICE_DAYS} days, or a third of a shorter life, are time enough to renew a key in a release",
            runbook=RunbookSpec(
                meaning="The API key expires; then every client that uses it is refused.",
                causes=("Nobody moved the days in the code on: AppSyncAuthorization.api_key(issued=..., expires=...)",),
                first_commands=(
                    f"aws appsync list-api-keys --api-id {api_id}",
                    f"aws appsync update-api-key --api-id {api_id} --id KEY_ID --expires $(date -d '+30 days' +%s)  # then move the days in the code",
                ),
            ),
        )
        for one in authorization
        if one.mode == "API_KEY"
    )


def http_graphs(dimensions: Mapping[str, str], *, title: str) -> tuple[GraphSpec, ...]:
    """Requests, errors and latency."""
    return (
        GraphSpec(title=f"{title} requests", metrics=(_metric(dimensions, "Latency", statistic="SampleCount", label="Requests"),)),
        GraphSpec(title=f"{title} errors", metrics=tuple(_metric(dimensions, error) for error in ("4XXError", "5XXError"))),
        GraphSpec(
            title=f"{title} latency", metrics=tuple(_metric(dimensions, "Latency", statistic=p) for p in ("p50", "p95", "p99")), unit="ms"
        ),
    )


def logged(log_group: str, query: str) -> str:
    """The command that asks the logs of the last half hour."""
    return (
        f"aws logs start-query --log-group-name {log_group} --start-time $(date -d '-30 min' +%s) --end-time $(date +%s) "
        f'--query-string "{query}"'
    )


def http_service_level(dimensions: Mapping[str, str]) -> GoodAndBad:
    """5xx, of as many requests as have a latency."""
    minute = timedelta(minutes=1)
    total = _metric(dimensions, "Latency", statistic="SampleCount", period=minute, label="Requests")
    return GoodAndBad(bad=_metric(dimensions, "5XXError", period=minute), total=total, rests_on=("appsync",))


def metric(dimensions: Mapping[str, str], name: str, *, period: timedelta = _FIVE_MINUTES, label: str | None = None) -> Metric:
    """A count of AppSync's."""
    return _metric(dimensions, name, period=period, label=label)


def _metric(
    dimensions: Mapping[str, str], name: str, *, statistic: str = "Sum", period: timedelta = _FIVE_MINUTES, label: str | None = None
) -> Metric:
    return Metric(namespace=NAMESPACE, name=name, dimensions=dimensions, statistic=statistic, period=period, label=label)


def _rate(dimensions: Mapping[str, str], name: str, *, period: timedelta) -> MathMetric:
    return MathMetric(
        # Latency is reported once a request. Should refused requests have none, they still count as one each.
        expression="100 * errors / MAX([errors, requests])",
        using={
            "errors": _metric(dimensions, name, period=period),
            "requests": _metric(dimensions, "Latency", statistic="SampleCount", period=period),
        },
        label=f"{name} (%)",
        period=period,
    )
