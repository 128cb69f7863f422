"""What somebody must hear about a REST API.

Source of the metrics: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GoodAndBad, GraphSpec, Metric, RunbookSpec, Severity
from prodready_constructs.edge.rest_api.stage import COUNTED_NAMESPACE, STAGE


def rest_api_alarms(*, api_id: str, name: str, log_group: str, load_balancer: str) -> tuple[AlarmSpec, ...]:
    """The alarms of one API; *load_balancer* is the ARN behind it, for the commands."""
    failing = (
        f"aws logs start-query --log-group-name {log_group} --start-time $(date -d '-30 min' +%s) --end-time $(date +%s) "
        "--query-string 'filter status >= 500 | stats count() by resourcePath, integrationStatus, errorType, integrationError'"
    )
    slow = failing.replace("filter status >= 500 | stats count()", "stats pct(responseLatency, 95), pct(integrationLatency, 95)")
    refused = failing.replace("status >= 500", "status >= 400").replace("integrationStatus, errorType, integrationError", "status, ip")
    targets = f"aws elbv2 describe-target-groups --load-balancer-arn {load_balancer} --query 'TargetGroups[].TargetGroupArn'"
    broken = RunbookSpec(
        meaning="Requests to the API fail with 5xx: users see errors.",
        causes=(
            "The service behind the API fails or has no healthy target (integrationStatus 502, 503)",
            "It takes longer than 29 seconds (504)",
            "The certificate of the load balancer expired, or its name changed (INTEGRATION_FAILURE)",
        ),
        first_commands=(failing, targets),
    )
    return (
        AlarmSpec(
            id="ServerErrors",
            metric=_metric(name, "5XXError"),
            threshold=0.05,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=5,
            datapoints=3,
            missing_data="notBreaching",
            source="Ledger OPS-2: server errors above 5 % (the average of 5XXError is the rate)",
            runbook=broken,
        ),
        AlarmSpec(
            id="ErrorRate",
            metric=_metric(name, "5XXError", period=timedelta(minutes=5)),
            threshold=0.01,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            missing_data="notBreaching",
            source="Ledger OPS-2: error rate above 1 %",
            runbook=broken,
        ),
        AlarmSpec(
            id="Latency",
            metric=_metric(name, "Latency", statistic="p95"),
            threshold=500,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=10,
            missing_data="notBreaching",
            source="Ledger OPS-2: p95 above 500 ms",
            runbook=RunbookSpec(
                meaning="One request in twenty takes longer than half a second.",
                causes=("The service is slow: see its CPU, its database and its own latency", "WAF or the authorizer adds time"),
                first_commands=(slow, targets),
            ),
        ),
        AlarmSpec(
            id="IntegrationLatency",
            metric=_metric(name, "IntegrationLatency", statistic="p99"),
            threshold=10_000,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=5,
            missing_data="notBreaching",
            source="Our reason: a third of API Gateway's limit of 29 seconds, after which requests fail",
            runbook=RunbookSpec(
                meaning="Some requests come near the 29 seconds after which API Gateway gives up.",
                causes=("A slow query or a lock in the database", "Long work that belongs in a queue"),
                first_commands=(slow,),
            ),
        ),
        AlarmSpec(
            id="IntegrationErrors",
            metric=_counted(name, "IntegrationErrors"),
            threshold=5,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Our reason: API Gateway had no answer from the service at all; a lost connection happens, more than 5 in 5 minutes, twice, do not",
            runbook=RunbookSpec(
                meaning="API Gateway cannot reach the service, or gives up waiting for it; an error that the service answers itself is not counted.",
                causes=(
                    "Requests take longer than 29 seconds",
                    "The certificate of the load balancer expired, or its name changed",
                    "The VPC link is not available: its subnets are out of addresses, or it is INACTIVE after 60 days without traffic",
                ),
                first_commands=(
                    failing.replace("status >= 500", "integrationError != '-'"),
                    "aws apigatewayv2 get-vpc-links --query 'Items[].[VpcLinkId,VpcLinkStatus,VpcLinkStatusMessage]'",
                    targets,
                ),
            ),
        ),
        AlarmSpec(
            id="ClientErrors",
            metric=_metric(name, "4XXError", period=timedelta(minutes=5)),
            threshold=0.25,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            missing_data="notBreaching",
            source="Our reason: one request in four for 15 minutes is a broken client or somebody probing",
            runbook=RunbookSpec(
                meaning="Many requests are refused: a client is broken, tokens are not accepted, or somebody probes.",
                causes=(
                    "A release of a client or of the API that do not fit together",
                    "Expired tokens that are not refreshed",
                    "A scanner",
                ),
                first_commands=(refused,),
            ),
        ),
        AlarmSpec(
            id="Throttled",
            metric=_counted(name, "Throttled"),
            threshold=50,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Our reason: a burst may be refused; 50 in 5 minutes, twice, are callers turned away",
            runbook=RunbookSpec(
                meaning="Callers are turned away with 429 because the stage's throttling limit is reached.",
                causes=("More traffic than the posture's throttle_rate expects", "A client that retries without pause"),
                first_commands=(
                    f"aws apigateway get-stage --rest-api-id {api_id} --stage-name {STAGE} --query methodSettings",
                    refused.replace("status >= 400", "status = 429"),
                ),
            ),
        ),
    )


def rest_api_graphs(*, name: str) -> tuple[GraphSpec, ...]:
    """Requests, those refused for their pace or lost on the way to the service, errors, latency."""
    return (
        GraphSpec(title="API requests", metrics=(_metric(name, "Count", statistic="Sum"),)),
        GraphSpec(title="API refused and lost", metrics=tuple(_counted(name, what) for what in ("Throttled", "IntegrationErrors"))),
        GraphSpec(title="API errors", metrics=tuple(_metric(name, error, statistic="Sum") for error in ("4XXError", "5XXError"))),
        GraphSpec(
            title="API latency",
            metrics=tuple(_metric(name, kind, statistic="p95") for kind in ("Latency", "IntegrationLatency")),
            unit="ms",
        ),
    )


def rest_api_service_level(*, name: str) -> GoodAndBad:
    """5xx, of the API or of what stands behind it."""
    bad, total = (_metric(name, metric, statistic="Sum") for metric in ("5XXError", "Count"))
    return GoodAndBad(bad=bad, total=total, rests_on=("api-gateway",))


def _metric(name: str, metric: str, *, statistic: str = "Average", period: timedelta = timedelta(minutes=1)) -> Metric:
    return Metric(namespace="AWS/ApiGateway", name=metric, dimensions={"ApiName": name, "Stage": STAGE}, statistic=statistic, period=period)


def _counted(name: str, what: str) -> Metric:
    return Metric(namespace=COUNTED_NAMESPACE, name=f"{name}-{what}", statistic="Sum", period=timedelta(minutes=5))
