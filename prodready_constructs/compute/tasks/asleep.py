"""Alarms of a service that may sleep: no task is no fault while none is called for. No AWS module."""

from __future__ import annotations

from dataclasses import replace

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, MathMetric, Metric


def while_asleep(alarms: tuple[AnyAlarmSpec, ...], *, cluster: str, service: str) -> tuple[AnyAlarmSpec, ...]:
    """*alarms*, of which ``NoRunningTasks`` asks whether tasks run that should."""

    def tasks(what: str) -> Metric:
        return Metric(
            namespace="ECS/ContainerInsights",
            name=f"{what}TaskCount",
            dimensions={"ClusterName": cluster, "ServiceName": service},
            statistic="Minimum",
            label=what,
        )

    missing = MathMetric(
        expression="IF(FILL(desired, 0) > 0 AND FILL(running, 0) < 1, 1, 0)",
        using={"desired": tasks("Desired"), "running": tasks("Running")},
        label="Called for, and none runs",
    )
    return tuple(
        # A service of no task reports nothing: silence is sleep, and the day is told by the desired number.
        # All but one of the minutes: the youngest may come late, and would be filled.
        replace(
            one,
            metric=missing,
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            datapoints=one.periods - 1,
            missing_data="notBreaching",
        )
        if isinstance(one, AlarmSpec) and one.id == "NoRunningTasks"
        else one
        for one in alarms
    )
