"""What somebody must hear about an HTTP API. CloudFront in front of it has alarms of its own, in us-east-1.

Source of the metrics: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
"""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GoodAndBad, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.edge.http_api.stage import STAGE, THROTTLED_NAMESPACE

_MINUTE = timedelta(minutes=1)
_FIVE_MINUTES = timedelta(minutes=5)


def http_api_alarms(*, api_id: str, name: str, log_group: str, look: str) -> tuple[AlarmSpec, ...]:
    """The alarms of one API; *look* is the command that shows what is behind it."""
    query = (
        f"aws logs start-query --log-group-name {log_group} --start-time $(date -d '-30 min' +%s) --end-time $(date +%s) --query-string "
    )
    failing = f"{query}'filter status >= 500 | stats count() by routeKey, integrationStatus, errorType, integrationError'"
    refused = f"{query}'filter status >= 400 and status < 500 | stats count() by routeKey, status, authorizerError'"
    slow = f"{query}'stats pct(responseLatency, 99), pct(integrationLatency, 99) by routeKey'"
    return (
        AlarmSpec(
            id="ServerErrors",
            metric=_share(api_id, "5xx", label="5xx of all requests, %"),
            threshold=5,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=5,
            datapoints=3,
            # Without requests there is no share.
            missing_data="notBreaching",
            source="Ledger OPS-2: server errors above 5 %",
            runbook=RunbookSpec(
                meaning="More than one request in twenty to the API fails with 5xx: users see errors.",
                causes=(
                    "The service behind the API fails or has no healthy target (integrationStatus 502, 503)",
                    "It takes longer than 29 seconds (504)",
                    "The certificate behind the API expired, or its name changed (integrationError)",
                    "The function that authorizes callers fails",
                ),
                first_commands=(failing, look),
            ),
        ),
        AlarmSpec(
            id="ClientErrors",
            metric=_share(api_id, "4xx", period=_FIVE_MINUTES, label="4xx of all requests, %"),
            threshold=25,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            missing_data="notBreaching",
            source="Our reason: one request in four for 15 minutes is a broken client or somebody probing",
            runbook=RunbookSpec(
                meaning="Many requests are refused: a client is broken, tokens are not accepted, or somebody probes.",
                causes=(
                    "A release of a client or of the API that do not fit together",
                    "Expired tokens that are not refreshed, or an issuer that changed (authorizerError)",
                    "403 of everything: CloudFront and the load balancer's web ACL hold different values of the origin secret",
                    "Somebody found API Gateway's own name and tries to go around CloudFront",
                ),
                first_commands=(refused, f"{query}'filter status = 403 | stats count() by ip, userAgent'"),
            ),
        ),
        AlarmSpec(
            id="Latency",
            metric=_metric(api_id, "Latency", statistic="p99"),
            threshold=2_000,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=10,
            missing_data="notBreaching",
            source="Our reason: four times the 500 ms that ledger OPS-2 asks of p95; one caller in a hundred may wait that long, for minutes none",
            runbook=RunbookSpec(
                meaning="One request in a hundred takes longer than two seconds.",
                causes=(
                    "The service is slow: see its CPU, its database and its own latency",
                    "The function that authorizes callers starts cold",
                ),
                first_commands=(slow, look),
            ),
        ),
        AlarmSpec(
            id="IntegrationLatency",
            metric=_metric(api_id, "IntegrationLatency", statistic="p99"),
            threshold=10_000,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=5,
            missing_data="notBreaching",
            source="Our reason: a third of the 29 seconds after which requests fail",
            runbook=RunbookSpec(
                meaning="Some requests come near the 29 seconds after which API Gateway gives up.",
                causes=("A slow query or a lock in the database", "Long work that belongs in a queue"),
                first_commands=(slow, look),
            ),
        ),
        AlarmSpec(
            id="Throttled",
            metric=Metric(namespace=THROTTLED_NAMESPACE, name=f"{name}-Throttled", statistic="Sum", period=_FIVE_MINUTES),
            threshold=50,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Our reason: a burst may be refused; 50 in 5 minutes, twice, are callers turned away",
            runbook=RunbookSpec(
                meaning="Callers are turned away with 429 because the limit of the stage or of a route is reached.",
                causes=("More traffic than the posture's throttle_rate expects", "A client that retries without pause"),
                first_commands=(
                    f"aws apigatewayv2 get-stage --api-id {api_id} --stage-name '{STAGE}' --query '[DefaultRouteSettings,RouteSettings]'",
                    f"{query}'filter status = 429 | stats count() by routeKey, subject, caller'",
                ),
            ),
        ),
    )


def http_api_graphs(*, api_id: str) -> tuple[GraphSpec, ...]:
    """Requests, errors, latency."""
    return (
        GraphSpec(title="HTTP API requests", metrics=(_metric(api_id, "Count"),)),
        GraphSpec(title="HTTP API errors", metrics=tuple(_metric(api_id, error) for error in ("4xx", "5xx"))),
        GraphSpec(
            title="HTTP API latency",
            metrics=tuple(_metric(api_id, kind, statistic="p99") for kind in ("Latency", "IntegrationLatency")),
            unit="ms",
        ),
    )


def http_api_service_level(*, api_id: str) -> GoodAndBad:
    """5xx, of the API or of what stands behind it."""
    return GoodAndBad(bad=_metric(api_id, "5xx"), total=_metric(api_id, "Count"), rests_on=("api-gateway",))


def _metric(api_id: str, metric: str, *, statistic: str = "Sum", period: timedelta = _MINUTE) -> Metric:
    return Metric(namespace="AWS/ApiGateway", name=metric, dimensions={"ApiId": api_id, "Stage": STAGE}, statistic=statistic, period=period)


def _share(api_id: str, metric: str, *, label: str, period: timedelta = _MINUTE) -> MathMetric:
    return MathMetric(
        expression="100 * errors / requests",
        using={"errors": _metric(api_id, metric, period=period), "requests": _metric(api_id, "Count", period=period)},
        label=label,
        period=period,
    )
