"""How the number of tasks follows the work: two target tracking policies, and for a number that may be zero a policy that wakes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from prodready_constructs.compute.workers.backlog import BACKLOG_EXPRESSION, BACKLOG_TO_ZERO_EXPRESSION, MINUTE, Pace
from prodready_constructs.contracts import Metric
from prodready_constructs.posture import WorkerPosture

_Policy = appscaling.CfnScalingPolicy
#: A task needs a minute to start, and its metric another: before that, no second one.
WAKING = timedelta(minutes=2)
#: Messages wait and nobody is called: metrics of an idle queue are not reported, hence FILL.
WAKE_EXPRESSION = "IF(FILL(visible, 0) > 0 AND FILL(desired, 0) < 1, 1, 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkMetrics:
    """Where the metrics of a worker and of its queue are: tokens of their names, read once."""

    cluster: str
    service: str
    queue: str
    dead_letters: str

    def sqs(self, name: str, statistic: str = "Maximum") -> Metric:
        """A metric of the queue."""
        return Metric(namespace="AWS/SQS", name=name, dimensions={"QueueName": self.queue}, statistic=statistic, label=name)

    def ecs(self, name: str, *, namespace: str = "ECS/ContainerInsights") -> Metric:
        """A metric of the service."""
        return Metric(
            namespace=namespace,
            name=name,
            dimensions={"ClusterName": self.cluster, "ServiceName": self.service},
            statistic="Average",
            label=name,
        )

    @property
    def by_name(self) -> dict[str, Metric]:
        """As the expressions of :mod:`backlog` call them."""
        return {
            "visible": self.sqs("ApproximateNumberOfMessagesVisible"),
            "flying": self.sqs("ApproximateNumberOfMessagesNotVisible"),
            "sent": self.sqs("NumberOfMessagesSent", "Sum"),
            "running": self.ecs("RunningTaskCount"),
            "desired": self.ecs("DesiredTaskCount"),
        }


def used(expression: str, metrics: WorkMetrics) -> dict[str, Metric]:
    """Of the metrics, those that *expression* names."""
    return {name: metric for name, metric in metrics.by_name.items() if name in expression}


def follow_the_work(scope: Construct, *, service: ecs.FargateService, metrics: WorkMetrics, pace: Pace, posture: WorkerPosture) -> None:
    """Let the number of tasks of *service* follow what waits and what arrives, within its bounds."""
    target = cast("appscaling.ScalableTarget", service.node.find_child("TaskCount").node.find_child("Target"))
    target_id = target.scalable_target_id
    backlog = BACKLOG_TO_ZERO_EXPRESSION if posture.zero_when_empty else BACKLOG_EXPRESSION
    for name, expression, value in (("Backlog", backlog, pace.backlog_per_task), ("Flow", pace.busy_expression, posture.busy_target)):
        _Policy(
            scope,
            f"{name}Policy",
            policy_name=name,
            policy_type="TargetTrackingScaling",
            scaling_target_id=target_id,
            target_tracking_scaling_policy_configuration=_Policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=value,
                scale_out_cooldown=posture.scale_out_cooldown.seconds,
                scale_in_cooldown=posture.scale_in_cooldown.seconds,
                disable_scale_in=False,
                customized_metric_specification=_Policy.CustomizedMetricSpecificationProperty(metrics=_queries(expression, metrics)),
            ),
        )
    if posture.zero_when_empty:
        cast("appscaling.CfnScalableTarget", target.node.default_child).min_capacity = 0
        _wake(scope, target_id=target_id, metrics=metrics)


def _queries(expression: str, metrics: WorkMetrics) -> list[appscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty]:
    return [
        *(
            _Policy.TargetTrackingMetricDataQueryProperty(
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
            for name, metric in used(expression, metrics).items()
        ),
        _Policy.TargetTrackingMetricDataQueryProperty(id="result", expression=expression, return_data=True),
    ]


def _wake(scope: Construct, *, target_id: str, metrics: WorkMetrics) -> None:
    """Zero times anything is zero: target tracking alone never leaves it."""
    wake = _Policy(
        scope,
        "WakePolicy",
        policy_name="Wake",
        policy_type="StepScaling",
        scaling_target_id=target_id,
        step_scaling_policy_configuration=_Policy.StepScalingPolicyConfigurationProperty(
            adjustment_type="ChangeInCapacity",
            cooldown=WAKING.seconds,
            metric_aggregation_type="Maximum",
            step_adjustments=[_Policy.StepAdjustmentProperty(metric_interval_lower_bound=0, scaling_adjustment=1)],
        ),
    )
    query = cloudwatch.CfnAlarm.MetricDataQueryProperty
    cloudwatch.CfnAlarm(
        scope,
        "WakeAlarm",
        alarm_description="Messages wait and no task is called for: it starts one, and tells nobody. "
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-stepscaling.html",
        actions_enabled=True,
        alarm_actions=[wake.ref],
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=1,
        # One minute of two: metrics may come a minute late, and FILL then puts a zero into the youngest.
        evaluation_periods=2,
        datapoints_to_alarm=1,
        treat_missing_data="notBreaching",
        metrics=[
            *(
                query(
                    id=name,
                    return_data=False,
                    metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                        period=MINUTE,
                        stat=metric.statistic,
                        metric=cloudwatch.CfnAlarm.MetricProperty(
                            namespace=metric.namespace,
                            metric_name=metric.name,
                            dimensions=[
                                cloudwatch.CfnAlarm.DimensionProperty(name=key, value=value) for key, value in metric.dimensions.items()
                            ],
                        ),
                    ),
                )
                for name, metric in used(WAKE_EXPRESSION, metrics).items()
            ),
            query(id="result", expression=WAKE_EXPRESSION, return_data=True),
        ],
    )
