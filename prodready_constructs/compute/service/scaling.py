"""How many tasks a service has: by CPU, by memory, and by the requests that reach each task."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from prodready_constructs.compute.service.metrics import ServiceMetrics

_Policy = appscaling.CfnScalingPolicy


def follow_requests(scope: Construct, *, service: ecs.FargateService, metrics: ServiceMetrics, requests_per_target: int) -> None:
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
            target_value=requests_per_target,
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
