"""What wakes someone about a service, and what the dashboard shows of it."""

from __future__ import annotations

from dataclasses import dataclass

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

LEDGER = "Ledger OPS-2, the people's thresholds"
#: Seconds at p95 above which users notice (ledger OPS-2: 500 ms).
SLOW = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMetrics:
    """Where a service's metrics are: tokens of its names, read once."""

    cluster: str
    service: str
    load_balancer: str | None = None
    target_group: str | None = None
    target_group_arn: str | None = None

    def ecs(self, name: str, statistic: str = "Average", *, namespace: str = "AWS/ECS") -> Metric:
        """A metric of the ECS service."""
        return Metric(
            namespace=namespace,
            name=name,
            dimensions={"ClusterName": self.cluster, "ServiceName": self.service},
            statistic=statistic,
            label=name,
        )

    def target(self, name: str, statistic: str) -> Metric:
        """A metric of the target group."""
        return Metric(
            namespace="AWS/ApplicationELB",
            name=name,
            dimensions={"LoadBalancer": self.load_balancer or "", "TargetGroup": self.target_group or ""},
            statistic=statistic,
            label=name,
        )

    @property
    def error_rate(self) -> MathMetric:
        """Percent of requests that the tasks answered with 5xx; none without requests."""
        return MathMetric(
            expression="IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)",
            using={"errors": self.target("HTTPCode_Target_5XX_Count", "Sum"), "requests": self.target("RequestCount", "Sum")},
            label="Target 5xx, % of requests",
        )


def service_alarms(metrics: ServiceMetrics, *, service_arn: str, log_group: str) -> tuple[AnyAlarmSpec, ...]:
    """The alarms of a service; those of its targets only behind a load balancer."""
    where = f"--cluster {metrics.cluster} --services {metrics.service}"
    events = f"aws ecs describe-services {where} --query 'services[0].events[:10].message'"
    errors = f"aws logs tail {log_group} --since 30m --filter-pattern ?ERROR"
    stopped = (
        f"aws ecs describe-tasks --cluster {metrics.cluster} --tasks $(aws ecs list-tasks --cluster {metrics.cluster}"
        f" --service-name {metrics.service} --desired-status STOPPED --query 'taskArns[]' --output text)"
        " --query 'tasks[].[stoppedReason,containers[].reason]'"
    )
    rollback = (
        f"aws ecs update-service --cluster {metrics.cluster} --service {metrics.service} --task-definition <the previous revision>"
        "  # if a deployment caused it"
    )
    alarms: list[AnyAlarmSpec] = [
        AlarmSpec(
            id="NoRunningTasks",
            metric=metrics.ecs("RunningTaskCount", "Minimum", namespace="ECS/ContainerInsights"),
            threshold=1,
            comparison="LessThanThreshold",
            severity=Severity.CRITICAL,
            periods=3,
            # Container Insights reports a living service every minute: silence is as bad as zero.
            missing_data="breaching",
            source=LEDGER,
            runbook=RunbookSpec(
                meaning="No task of the service is running: every request fails.",
                causes=(
                    "tasks crash at start",
                    "the image cannot be pulled",
                    "a secret or parameter cannot be read",
                    "no Fargate capacity",
                ),
                first_commands=(events, stopped, errors, rollback),
            ),
        ),
        *(
            AlarmSpec(
                id=f"High{what}",
                metric=metrics.ecs(f"{what}Utilization"),
                threshold=80,
                comparison="GreaterThanThreshold",
                severity=Severity.WARNING,
                periods=10,
                datapoints=8,
                missing_data="missing",
                source=f"{LEDGER}; scaling acts below it, so lasting pressure means scaling has reached its end",
                runbook=RunbookSpec(
                    meaning=f"{meaning} although scaling should have added tasks.",
                    causes=("more load than max_tasks can carry", "an expensive request or a leak", "scaling cannot start tasks"),
                    first_commands=(
                        events,
                        "aws application-autoscaling describe-scaling-activities --service-namespace ecs"
                        f" --resource-id service/{metrics.cluster}/{metrics.service} --max-items 10",
                    ),
                ),
            )
            for what, meaning in (("CPU", "Tasks are short of CPU and slow down,"), ("Memory", "Tasks are about to be killed for memory,"))
        ),
        EventSpec(
            id="DeploymentFailed",
            pattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Deployment State Change"],
                "resources": [service_arn],
                "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
            },
            severity=Severity.CRITICAL,
            source="Amazon ECS developer guide: service deployment state change events",
            runbook=RunbookSpec(
                meaning="New tasks did not become healthy; the circuit breaker rolls back to the version before.",
                causes=(
                    "the new version crashes or fails its health check",
                    "a new setting or secret is wrong",
                    "no capacity for new tasks",
                ),
                first_commands=(events, stopped, errors),
            ),
        ),
    ]
    if metrics.target_group is not None:
        alarms += _target_alarms(metrics, first=(events, errors), rollback=rollback)
    return tuple(alarms)


def _target_alarms(metrics: ServiceMetrics, *, first: tuple[str, ...], rollback: str) -> list[AlarmSpec]:
    health = f"aws elbv2 describe-target-health --target-group-arn {metrics.target_group_arn}"
    failing = RunbookSpec(
        meaning="Users get errors: the application answers with 5xx.",
        causes=("the last deployment", "a store it needs is unreachable or slow", "tasks die while they serve"),
        first_commands=(*first, health, rollback),
    )
    return [
        AlarmSpec(
            id="UnhealthyHosts",
            metric=metrics.target("UnHealthyHostCount", "Maximum"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=5,
            # A target group without targets sends nothing; NoRunningTasks covers that.
            missing_data="notBreaching",
            source=LEDGER,
            runbook=RunbookSpec(
                meaning="A task has failed its health check for five minutes and ECS has not replaced it.",
                causes=("the health path depends on a store that is down", "tasks are overloaded", "a security group was changed"),
                first_commands=(health, *first),
            ),
        ),
        *(
            AlarmSpec(
                id=name,
                metric=metrics.error_rate,
                threshold=percent,
                comparison="GreaterThanThreshold",
                severity=severity,
                periods=5,
                datapoints=3,
                # No requests, no errors.
                missing_data="notBreaching",
                source=LEDGER,
                runbook=failing,
            )
            for name, percent, severity in (("ErrorRate", 5, Severity.CRITICAL), ("ElevatedErrorRate", 1, Severity.WARNING))
        ),
        AlarmSpec(
            id="SlowResponses",
            metric=metrics.target("TargetResponseTime", "p95"),
            threshold=SLOW,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=5,
            missing_data="notBreaching",
            source=LEDGER,
            runbook=RunbookSpec(
                meaning="One request in twenty takes longer than half a second.",
                causes=("a slow query or store", "tasks short of CPU", "a slow service of others"),
                first_commands=first,
            ),
        ),
    ]


def service_graphs(metrics: ServiceMetrics) -> tuple[GraphSpec, ...]:
    """The graphs of a service."""
    graphs = (
        GraphSpec(title="CPU and memory", metrics=(metrics.ecs("CPUUtilization"), metrics.ecs("MemoryUtilization")), unit="%"),
        GraphSpec(
            title="Tasks",
            metrics=tuple(metrics.ecs(f"{name}TaskCount", namespace="ECS/ContainerInsights") for name in ("Desired", "Running")),
        ),
        GraphSpec(
            title="Network",
            metrics=tuple(metrics.ecs(f"Network{way}Bytes", namespace="ECS/ContainerInsights") for way in ("Rx", "Tx")),
            unit="bytes/s",
        ),
    )
    if metrics.target_group is None:
        return graphs
    latency = tuple(metrics.target("TargetResponseTime", statistic) for statistic in ("p50", "p95", "p99"))
    return (
        GraphSpec(title="Requests", metrics=(metrics.target("RequestCount", "Sum"),)),
        GraphSpec(title="Latency", metrics=latency, unit="s"),
        GraphSpec(title="Errors", metrics=(metrics.error_rate,), unit="%"),
        *graphs,
    )
