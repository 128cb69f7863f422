"""What wakes someone about a load balancer itself; its targets are watched by the services behind it."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, GoodAndBad, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

#: Percent of requests that the load balancer itself answers with 5xx. Ledger OPS-2.
ERROR_PERCENT = 5
#: Requests in a minute under which a percentage means nothing: one failed request at night would be 100 %.
FEWEST_REQUESTS = 20
#: Connections to targets that failed in 5 minutes, beyond what a deployment or a stopped task causes.
FAILED_CONNECTIONS = 50
#: TLS handshakes that failed in 5 minutes, beyond the internet's scanners.
FAILED_HANDSHAKES = 500
_FIVE_MINUTES = timedelta(minutes=5)


def specs(full_name: str, arn: str) -> tuple[AnyAlarmSpec, ...]:
    """Errors of the load balancer, refused connections, targets out of reach, failed handshakes."""
    describe = f"aws elbv2 describe-load-balancers --load-balancer-arns {arn}"
    targets = f"aws elbv2 describe-target-groups --load-balancer-arn {arn} --query 'TargetGroups[].TargetGroupArn'"
    health = "aws elbv2 describe-target-health --target-group-arn <one of the ARNs above>"
    return (
        AlarmSpec(
            id="LoadBalancerErrors",
            metric=MathMetric(
                # A request that found no target is in the errors and not in RequestCount, so both make the whole.
                expression=f"IF(FILL(r, 0) + FILL(e, 0) >= {FEWEST_REQUESTS}, 100 * FILL(e, 0) / (FILL(r, 0) + FILL(e, 0)), 0)",
                using={"e": _metric(full_name, "HTTPCode_ELB_5XX_Count"), "r": _metric(full_name, "RequestCount")},
                label="Load balancer 5xx, percent",
            ),
            threshold=ERROR_PERCENT,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=5,
            datapoints=3,
            missing_data="notBreaching",  # no request, no error
            source=f"Ledger OPS-2: 5xx rate > {ERROR_PERCENT} %",
            runbook=RunbookSpec(
                meaning="Visitors get errors from the load balancer itself: no healthy target answers, or targets answer too late.",
                causes=(
                    "all targets are unhealthy",
                    "targets close connections or exceed the idle timeout",
                    "a deployment took targets away",
                ),
                first_commands=(targets, health, describe),
            ),
        ),
        AlarmSpec(
            id="RejectedConnections",
            metric=_metric(full_name, "RejectedConnectionCount"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=3,
            missing_data="notBreaching",  # reported only when it is not zero
            source="Elastic Load Balancing: a connection is refused when the load balancer has reached its greatest number of them",
            runbook=RunbookSpec(
                meaning="Visitors are turned away because the load balancer has no connection left for them.",
                causes=("a flood", "traffic that grew faster than the load balancer scales", "targets so slow that connections pile up"),
                first_commands=(describe, targets, health),
            ),
        ),
        AlarmSpec(
            id="TargetConnectionErrors",
            metric=_metric(full_name, "TargetConnectionErrorCount", period=_FIVE_MINUTES),
            threshold=FAILED_CONNECTIONS,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",  # reported only when it is not zero
            source=f"Our reason: more than {FAILED_CONNECTIONS} failed connections in 5 minutes, twice running, is no passing task",
            runbook=RunbookSpec(
                meaning="The load balancer cannot reach its targets; visitors wait or get 502 and 504.",
                causes=("tasks that stop or listen on another port", "a security group that lost its rule", "targets without capacity"),
                first_commands=(targets, health, describe),
            ),
        ),
        AlarmSpec(
            id="TlsNegotiationErrors",
            metric=_metric(full_name, "ClientTLSNegotiationErrorCount", period=_FIVE_MINUTES),
            threshold=FAILED_HANDSHAKES,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",  # reported only when it is not zero
            source=f"Our reason: more than {FAILED_HANDSHAKES} failed handshakes in 5 minutes, twice running, is more than scanners cause",
            runbook=RunbookSpec(
                meaning="Clients fail to agree with the load balancer on TLS and cannot connect.",
                causes=("old clients that do not speak TLS 1.2", "a name that the certificate does not cover", "a scan"),
                first_commands=(f"aws elbv2 describe-listeners --load-balancer-arn {arn} --query 'Listeners[].[Port,SslPolicy]'", describe),
            ),
        ),
    )


def graphs(full_name: str) -> tuple[GraphSpec, ...]:
    """Requests, errors, latency, connections."""

    def graph(title: str, *names: str, statistic: str = "Sum", unit: str | None = None) -> GraphSpec:
        return GraphSpec(title=title, metrics=tuple(_metric(full_name, name, statistic=statistic, label=name) for name in names), unit=unit)

    return (
        graph("Requests", "RequestCount"),
        graph("Errors", "HTTPCode_ELB_5XX_Count", "HTTPCode_ELB_4XX_Count", "HTTPCode_Target_5XX_Count", "HTTPCode_Target_4XX_Count"),
        graph("Latency p95", "TargetResponseTime", statistic="p95", unit="s"),
        graph("Connections", "ActiveConnectionCount", "NewConnectionCount", "RejectedConnectionCount", "TargetConnectionErrorCount"),
    )


def service_level(full_name: str) -> GoodAndBad:
    """5xx of targets and of the load balancer itself. A 503 of its own met no target, which ``RequestCount`` leaves out.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    """
    bad = {"own": "HTTPCode_ELB_5XX_Count", "theirs": "HTTPCode_Target_5XX_Count"}
    total = {"requests": "RequestCount", "refused": "HTTPCode_ELB_503_Count"}

    def sum_of(names: dict[str, str], label: str) -> MathMetric:
        return MathMetric(
            expression=" + ".join(f"FILL({short}, 0)" for short in names),
            using={short: _metric(full_name, name) for short, name in names.items()},
            label=label,
        )

    return GoodAndBad(bad=sum_of(bad, "Requests that ended in 5xx"), total=sum_of(total, "Requests"), rests_on=("alb",))


def _metric(
    full_name: str, name: str, *, statistic: str = "Sum", period: timedelta = timedelta(minutes=1), label: str | None = None
) -> Metric:
    return Metric(
        namespace="AWS/ApplicationELB",
        name=name,
        dimensions={"LoadBalancer": full_name},
        statistic=statistic,
        period=period,
        label=label,
    )
