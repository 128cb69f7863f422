"""One CloudWatch alarm from its description."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, AnomalySpec, MathMetric, Metric
from prodready_constructs.monitoring.words import seconds

#: Statistics that CloudFormation takes as ``Statistic``; every other one (p95, tm90 ...) is an ``ExtendedStatistic``.
STATISTICS = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
#: The longest alarm description CloudWatch takes, in characters.
DESCRIPTION_LIMIT = 1024
#: The comparison with a band, by the side that alarms (PutMetricAlarm, CloudWatch API reference).
_BANDS = {"ABOVE": "GreaterThanUpperThreshold", "BELOW": "LessThanLowerThreshold", "EITHER": "LessThanLowerOrGreaterThanUpperThreshold"}


def make_alarm(
    scope: Construct, construct_id: str, spec: AlarmSpec | AnomalySpec, *, description: str, topic_arn: str, quiet: bool = False
) -> cloudwatch.CfnAlarm:
    """The alarm of *spec*, telling *topic_arn* when it goes off and when all is well again. One message to the kernel.

    A *quiet* one is told by another alarm that looks at it; the topic hears only when it can no longer be evaluated.
    """
    metric = spec.metric
    band = isinstance(spec, AnomalySpec)
    # One metric, or an expression over several: the properties of the other form stay unset.
    single = metric if isinstance(metric, Metric) and not band else None
    statistic = single.statistic if single else None
    return cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_description=description[:DESCRIPTION_LIMIT],
        actions_enabled=True,
        alarm_actions=None if quiet else [topic_arn],
        ok_actions=None if quiet else [topic_arn],
        insufficient_data_actions=[topic_arn] if quiet else None,
        namespace=single.namespace if single else None,
        metric_name=single.name if single else None,
        dimensions=_dimensions(single) if single else None,
        statistic=statistic if statistic in STATISTICS else None,
        extended_statistic=None if statistic in STATISTICS else statistic,
        period=seconds(single.period) if single else None,
        metrics=None if single else _banded(spec) if isinstance(spec, AnomalySpec) else _queries(metric),
        comparison_operator=_BANDS[spec.side] if isinstance(spec, AnomalySpec) else spec.comparison,
        threshold=None if isinstance(spec, AnomalySpec) else spec.threshold,
        threshold_metric_id="band" if band else None,
        evaluation_periods=spec.periods,
        datapoints_to_alarm=spec.datapoints or spec.periods,
        treat_missing_data=spec.missing_data,
        warm_up_configuration=_warm_up(spec.warm_up) if isinstance(spec, AlarmSpec) and spec.warm_up else None,
    )


def _warm_up(wait: timedelta) -> cloudwatch.CfnAlarm.WarmUpConfigurationProperty:
    # The whole of it: that some datapoints are there says nothing of one that must come.
    return cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
        warm_up_period_duration_in_minutes=seconds(wait) // 60, only_start_evaluating_after_warm_up_period_ends=True
    )


def _banded(spec: AnomalySpec) -> list[cloudwatch.CfnAlarm.MetricDataQueryProperty]:
    """The metric (id ``result``) and the band of what CloudWatch has learned to expect of it: it trains the model by itself."""
    return [
        *_queries(spec.metric),
        cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id="band", expression=f"ANOMALY_DETECTION_BAND(result, {spec.width:g})", label="expected", return_data=True
        ),
    ]


def _queries(metric: Metric | MathMetric) -> list[cloudwatch.CfnAlarm.MetricDataQueryProperty]:
    if isinstance(metric, Metric):
        return [_stat("result", metric, metric.period, returned=True)]
    return [
        cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id="result",
            expression=metric.expression,
            label=metric.label,
            return_data=True,
            # An expression takes the period of what it uses; a query (SELECT ...) uses nothing else and must say its own.
            period=None if metric.using else seconds(metric.period),
        ),
        *(_stat(name, used, metric.period) for name, used in metric.using.items()),
    ]


def _stat(name: str, metric: Metric, period: timedelta, *, returned: bool = False) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
    return cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id=name,
        return_data=returned,
        metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
            metric=cloudwatch.CfnAlarm.MetricProperty(namespace=metric.namespace, metric_name=metric.name, dimensions=_dimensions(metric)),
            period=seconds(period),
            stat=metric.statistic,
        ),
    )


def _dimensions(metric: Metric) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in metric.dimensions.items()]
