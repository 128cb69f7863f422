"""What wakes someone about a service, and what the dashboard shows of it."""

from __future__ import annotations

from prodready_constructs.compute.service.commands import Commands
from prodready_constructs.compute.service.metrics import ServiceMetrics
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, GraphSpec, RunbookSpec, Severity

LEDGER = "Ledger OPS-2, the people's thresholds"
#: Seconds at p95 above which users notice (ledger OPS-2: 500 ms).
SLOW = 0.5


def service_alarms(metrics: ServiceMetrics, commands: Commands, *, service_arn: str) -> tuple[AnyAlarmSpec, ...]:
    """The alarms of a service; those of its targets only behind a load balancer."""
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
                first_commands=(commands.events, commands.stopped, commands.errors, commands.back),
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
                        commands.events,
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
                meaning="A release failed; ECS leads visitors back to the version before. The next deployment of the same version fails again.",
                causes=(
                    "the new version crashes or fails its health check",
                    "a rollback alarm went off while the new version took over",
                    *(("the smoke test, or another lifecycle hook, said no",) if commands.rule else ()),
                    "a new setting or secret is wrong",
                    "no capacity for new tasks",
                ),
                first_commands=(
                    commands.reason,
                    *commands.smoke,
                    commands.events,
                    commands.stopped,
                    commands.errors,
                    *commands.weights,
                    f"{commands.stop}  # if a release is stuck and must end now",
                ),
            ),
        ),
    ]
    if metrics.target_groups:
        alarms += _target_alarms(metrics, commands)
    return tuple(alarms)


def _target_alarms(metrics: ServiceMetrics, commands: Commands) -> list[AlarmSpec]:
    first = (commands.events, commands.errors)
    failing = RunbookSpec(
        meaning="Users get errors: the application answers with 5xx.",
        causes=("the last deployment", "a store it needs is unreachable or slow", "tasks die while they serve"),
        first_commands=(*first, *commands.health, *((commands.stop,) if commands.rule else ()), commands.back),
    )
    return [
        AlarmSpec(
            id="UnhealthyHosts",
            metric=metrics.targets("UnHealthyHostCount", "Maximum", combine="SUM"),
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
                first_commands=(*commands.health, *first),
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
            metric=metrics.targets("TargetResponseTime", "p95", combine="MAX"),
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
    if not metrics.target_groups:
        return graphs
    latency = tuple(metrics.targets("TargetResponseTime", statistic, combine="MAX") for statistic in ("p50", "p95", "p99"))
    return (
        GraphSpec(title="Requests", metrics=(metrics.targets("RequestCount", "Sum", combine="SUM"),)),
        GraphSpec(title="Latency", metrics=latency, unit="s"),
        GraphSpec(title="Errors", metrics=(metrics.error_rate,), unit="%"),
        *graphs,
    )
