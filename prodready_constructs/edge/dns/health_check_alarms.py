"""What somebody must hear about a Route 53 health check.

Source of the metrics: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html
"""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity
from prodready_constructs.edge.regions import ROUTE_53_REGION

#: More of the checkers than this must reach the endpoint; Route 53 itself gives up at 18 % (developer guide, "How Amazon Route 53
#: determines whether a health check is healthy"), which is late for whoever is on the wrong side.
LEAST_REACHING_PERCENT = 75
_HEALTHY_SOURCE = "Amazon Route 53 developer guide, 'Monitoring health checks using CloudWatch': HealthCheckStatus is 1 while healthy"


def endpoint_alarms(*, check_id: str, url: str) -> tuple[AlarmSpec, ...]:
    """The alarms of a check that asks *url*."""
    reasons = f"aws route53 get-health-check-last-failure-reason --health-check-id {check_id}"
    status = _status_command(check_id)
    asked = f"curl -sv -o /dev/null -w '%{{http_code}} %{{time_connect}} %{{time_starttransfer}}\\n' {url}"
    return (
        _unhealthy(
            "EndpointUnhealthy",
            check_id,
            meaning=f"Route 53 gets no good answer from {url} and leads visitors away from it, where there is somewhere else.",
            causes=(
                "the service is down, or what its health check needs is",
                "a release answers with 4xx or 5xx on this path, or later than 2 seconds after the connection",
                "the web ACL or a security group turns Route 53's checkers away",
                "the name does not resolve to an IPv4 address any more",
            ),
            commands=(status, reasons, asked),
        ),
        AlarmSpec(
            id="EndpointPartlyUnreachable",
            metric=_metric(check_id, "HealthCheckPercentageHealthy", label="Checkers that reach it, %"),
            threshold=LEAST_REACHING_PERCENT,
            comparison="LessThanThreshold",
            severity=Severity.WARNING,
            periods=10,
            # The other alarm hears of silence.
            missing_data="notBreaching",
            source="Our reason: one checker in four that fails for 10 minutes is a region's network or an overloaded endpoint; "
            "Route 53 itself waits until 18 % are left",
            runbook=RunbookSpec(
                meaning=f"A part of the world does not reach {url}; Route 53 still counts it as healthy.",
                causes=(
                    "a network between some regions and the endpoint is broken",
                    "the endpoint answers now and then later than 2 seconds",
                ),
                first_commands=(status, reasons, asked),
            ),
        ),
    )


def calculated_alarms(*, check_id: str, children: int, at_least: int) -> tuple[AlarmSpec, ...]:
    """The alarms of a check that counts healthy *children*."""
    status = _status_command(check_id)
    listed = f"aws route53 get-health-check --health-check-id {check_id} --query HealthCheck.HealthCheckConfig.ChildHealthChecks"
    unhealthy = _unhealthy(
        "TooFewHealthy",
        check_id,
        meaning=f"Fewer than {at_least} of {children} health checks are healthy: Route 53 leads visitors away from what they stand for.",
        causes=("what the children ask is down: see their own alarms", "a child was deleted or asks an old name"),
        commands=(status, listed),
    )
    if at_least == children:
        return (unhealthy,)
    spare = AlarmSpec(
        id="SpareUnhealthy",
        metric=_metric(check_id, "ChildHealthCheckHealthyCount", statistic="Minimum", label="Healthy children"),
        threshold=children,
        comparison="LessThanThreshold",
        severity=Severity.WARNING,
        periods=5,
        missing_data="notBreaching",
        source=f"Our reason: {at_least} of {children} are enough, so the loss of a spare is told to nobody else",
        runbook=RunbookSpec(
            meaning=f"One of {children} health checks is unhealthy; {at_least} are enough, so visitors notice nothing yet.",
            causes=("what the child asks is down: see its own alarm",),
            first_commands=(listed, status),
        ),
    )
    return (unhealthy, spare)


def watched_alarms(*, check_id: str, alarm_name: str, region: str) -> tuple[AlarmSpec, ...]:
    """The alarms of a check that follows the CloudWatch alarm *alarm_name*."""
    described = f"aws cloudwatch describe-alarms --region {region} --alarm-names {alarm_name}"
    return (
        _unhealthy(
            "WatchedAlarmUnhealthy",
            check_id,
            meaning=f"The alarm {alarm_name} in {region} went off, or has no data: Route 53 leads visitors away from what it stands for.",
            causes=(
                "what the alarm watches is broken: see its own runbook",
                "the alarm's metric is not reported any more",
                "the alarm was changed and this check not updated: Route 53 goes on with the old settings",
            ),
            commands=(described, _status_command(check_id)),
        ),
    )


def check_graphs(*, check_id: str, title: str, asked: bool) -> tuple[GraphSpec, ...]:
    """The status; with the times of the answers where an endpoint is *asked*."""
    status = GraphSpec(title=f"Healthy {title}", metrics=(_metric(check_id, "HealthCheckStatus", statistic="Minimum", label="Healthy"),))
    if not asked:
        return (status,)
    times = tuple(_metric(check_id, name) for name in ("ConnectionTime", "SSLHandshakeTime", "TimeToFirstByte"))
    return (status, GraphSpec(title=f"As the world sees {title}", metrics=times, unit="ms"))


def _unhealthy(alarm_id: str, check_id: str, *, meaning: str, causes: tuple[str, ...], commands: tuple[str, ...]) -> AlarmSpec:
    return AlarmSpec(
        id=alarm_id,
        metric=_metric(check_id, "HealthCheckStatus", statistic="Minimum", label="Healthy"),
        threshold=1,
        comparison="LessThanThreshold",
        severity=Severity.CRITICAL,
        periods=3,
        # Silence is a check that was deleted: what hangs on it follows nothing any more. The first minutes of a new one are silent too.
        missing_data="breaching",
        source=_HEALTHY_SOURCE,
        runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=commands),
    )


def _status_command(check_id: str) -> str:
    return (
        f"aws route53 get-health-check-status --health-check-id {check_id} "
        "--query 'HealthCheckObservations[].[Region,StatusReport.Status]' --output table"
    )


def _metric(check_id: str, name: str, *, statistic: str = "Average", label: str | None = None) -> Metric:
    return Metric(
        namespace="AWS/Route53",
        name=name,
        dimensions={"HealthCheckId": check_id},
        statistic=statistic,
        period=timedelta(minutes=1),
        label=label,
        region=ROUTE_53_REGION,
    )
