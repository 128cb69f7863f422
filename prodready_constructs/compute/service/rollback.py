"""What brings a new version back: fast twins of the alarms that wake someone, which ECS looks at while it releases."""

from __future__ import annotations

from dataclasses import replace

from prodready_constructs.compute.service.alarms import SLOW
from prodready_constructs.compute.service.commands import Commands
from prodready_constructs.compute.service.metrics import MINUTE, ServiceMetrics
from prodready_constructs.compute.tasks.log_lines import TOO_MANY, LogLines
from prodready_constructs.contracts import AlarmSpec, Metric, RunbookSpec, Severity

TWIN = "Fast twin of"
#: Seconds at p95: a version that has just started is slower than one that is warm.
MUCH_TOO_SLOW = 2 * SLOW


def rollback_alarms(metrics: ServiceMetrics, commands: Commands, lines: LogLines) -> tuple[AlarmSpec, ...]:
    """Errors, unhealthy targets and slowness of the worse of two versions, behind a load balancer; error lines in any case.

    None of them names the ECS service, which names them. An alarm that is on when a release begins is not looked at: the release may be the
    mend. Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
    """
    book = RunbookSpec(
        meaning="A release makes things worse; ECS takes it back by itself.",
        causes=("the new version", "a store or service of others that failed at the same time: the release was innocent, try it again"),
        first_commands=(commands.reason, commands.errors, *commands.weights),
    )
    twins = [
        AlarmSpec(
            id="ErrorLines",
            metric=_by_the_minute(lines.errors),
            threshold=TOO_MANY,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=3,
            datapoints=2,
            # No lines, no errors.
            missing_data="notBreaching",
            source=f"{TWIN} ErrorLines, for a minute instead of five: what the version before logs as well is no reason to go back",
            runbook=book,
        )
    ]
    if metrics.target_groups:
        twins += [
            AlarmSpec(
                id="ErrorRate",
                metric=metrics.worst_error_rate,
                threshold=5,
                comparison="GreaterThanThreshold",
                severity=Severity.CRITICAL,
                periods=3,
                datapoints=2,
                # No requests, no errors.
                missing_data="notBreaching",
                source=f"{TWIN} ErrorRate; of each version alone, or a canary of 10 % could fail half of its requests unnoticed",
                runbook=book,
            ),
            AlarmSpec(
                id="UnhealthyHosts",
                metric=metrics.targets("UnHealthyHostCount", "Maximum", combine="SUM"),
                threshold=0,
                comparison="GreaterThanThreshold",
                severity=Severity.CRITICAL,
                # Two good answers, half a minute apart, make a new target healthy: two minutes would be within its start.
                periods=3,
                # A target group without targets sends nothing.
                missing_data="notBreaching",
                source=f"{TWIN} UnhealthyHosts; three minutes, because a target that starts is not healthy yet",
                runbook=book,
            ),
            AlarmSpec(
                id="SlowResponses",
                metric=metrics.worst_latency,
                threshold=MUCH_TOO_SLOW,
                comparison="GreaterThanThreshold",
                severity=Severity.CRITICAL,
                periods=3,
                datapoints=2,
                missing_data="notBreaching",
                source=f"{TWIN} SlowResponses at twice its threshold: a version that has just started is slower",
                runbook=book,
            ),
        ]
    return tuple(twins)


def _by_the_minute(metric: Metric) -> Metric:
    return replace(metric, period=MINUTE)
