"""How many tasks a service has: by CPU, by memory, and by the requests that reach each task."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from prodready_constructs.compute.service.metrics import ServiceMetrics
from prodready_constructs.posture import ComputePosture

_Policy = appscaling.CfnScalingPolicy


def follow_use(scaling: ecs.ScalableTaskCount, *, posture: ComputePosture) -> None:
    """Keep the posture's share of CPU and memory in use.

    Memory only adds tasks. What an application holds at rest does not fall with its visitors, so above nine tenths of the target it would
    forbid the others to take tasks away, for ever (``docs/scaling.md`` has the figures).
    """
    out, back = _duration(posture.scale_out_cooldown), _duration(posture.scale_in_cooldown)
    scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=posture.cpu_target, scale_out_cooldown=out, scale_in_cooldown=back)
    scaling.scale_on_memory_utilization(
        "Memory",
        target_utilization_percent=posture.memory_target,
        disable_scale_in=True,
        scale_out_cooldown=out,
        scale_in_cooldown=back,
    )


def follow_group(scaling: ecs.ScalableTaskCount, group: elbv2.ApplicationTargetGroup, *, posture: ComputePosture) -> None:
    """Keep the posture's requests a minute where one target group has all tasks."""
    scaling.scale_on_request_count(
        "Requests",
        requests_per_target=posture.requests_per_target,
        target_group=group,
        scale_out_cooldown=_duration(posture.scale_out_cooldown),
        scale_in_cooldown=_duration(posture.scale_in_cooldown),
    )


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


@cache
def _duration(span: timedelta) -> Duration:
    """As the CDK writes it, made once: each is a message to the jsii kernel."""
    return Duration.seconds(_seconds(span))


def follow_requests(scope: Construct, *, service: ecs.FargateService, metrics: ServiceMetrics, posture: ComputePosture) -> None:
    """Keep *requests_per_target* a minute where two target groups take turns.

    ``ALBRequestCountPerTarget`` names one group, and would be blind after every other release. The sum over both is right at any time: the idle
    group adds nothing, and while both serve, each has as many tasks as the service should have, so that whatever share it gets, the two add up
    to the requests that one task of either version would get alone. ``SUM`` of a list passes over a group that reports nothing; ``FILL`` would
    make a zero of every newest minute, and three minutes in a row above the target would never come.

    While a release runs, Application Auto Scaling adds tasks and takes none away, here as everywhere.

    Sources: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-auto-scaling.html
    """
    target = cast("appscaling.ScalableTarget", service.node.find_child("TaskCount").node.find_child("Target"))
    names = [f"m{number}" for number in range(len(metrics.target_groups))]
    _Policy(
        scope,
        "RequestsPolicy",
        policy_name="Requests",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.scalable_target_id,
        target_tracking_scaling_policy_configuration=_Policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=posture.requests_per_target,
            scale_out_cooldown=_seconds(posture.scale_out_cooldown),
            scale_in_cooldown=_seconds(posture.scale_in_cooldown),
            customized_metric_specification=_Policy.CustomizedMetricSpecificationProperty(
                metrics=[
                    *(_requests(name, metrics, number) for number, name in enumerate(names)),
                    _Policy.TargetTrackingMetricDataQueryProperty(
                        id="perTask", label="Requests per task", expression=f"SUM([{', '.join(names)}])", return_data=True
                    ),
                ]
            ),
        ),
    )


def _requests(name: str, metrics: ServiceMetrics, group: int) -> appscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty:
    # Its sum is the average of the targets: Elastic Load Balancing divides before it reports.
    metric = metrics.group("RequestCountPerTarget", "Sum", group)
    return _Policy.TargetTrackingMetricDataQueryProperty(
        id=name,
        return_data=False,
        metric_stat=_Policy.TargetTrackingMetricStatProperty(
            stat=metric.statistic,
            metric=_Policy.TargetTrackingMetricProperty(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=[
                    _Policy.TargetTrackingMetricDimensionProperty(name=key, value=value) for key, value in metric.dimensions.items()
                ],
            ),
        ),
    )
