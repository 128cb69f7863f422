"""One CloudWatch alarm from its description: what is refused, and the words for a human."""

from __future__ import annotations

import re
from datetime import timedelta

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, MathMetric, Metric, RdsEventSpec
from prodready_constructs.errors import ConfigurationError

#: Statistics that CloudFormation takes as ``Statistic``; every other one (p95, tm90 ...) is an ``ExtendedStatistic``.
STATISTICS = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
#: How far back an alarm may look, by the length of its period (PutMetricAlarm, CloudWatch API reference).
LONGEST_WINDOW = timedelta(days=1)
LONGEST_WINDOW_OF_HOURS = timedelta(days=7)
#: How long a new alarm may wait (WarmUpConfiguration, CloudWatch API reference).
SHORTEST_WARM_UP, LONGEST_WARM_UP = timedelta(minutes=1), timedelta(days=2)
#: The longest alarm description CloudWatch takes, in characters.
DESCRIPTION_LIMIT = 1024
_PASCAL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*")


def check(where: str, spec: AnyAlarmSpec, *, region: str | None) -> None:
    """Refuse a *spec* that nobody could act on, or that CloudWatch would refuse. *region*: of the stack, None when not known yet."""
    if not _PASCAL_CASE.fullmatch(spec.id):
        raise ConfigurationError(where, given=spec.id, allowed="an alarm id in PascalCase", mend="rename the alarm")
    where = f"{where}: alarm {spec.id}"
    if not spec.source.strip():
        raise ConfigurationError(where, given=spec.source, allowed="where the threshold comes from", mend="fill AlarmSpec.source")
    book = spec.runbook
    empty = [
        name
        for name, lines in (
            ("meaning", (book.meaning,)),
            ("causes", book.causes),
            ("first_commands", book.first_commands),
            ("escalation", (book.escalation,)),
        )
        if not lines or not all(line.strip() for line in lines)
    ]
    if empty:
        raise ConfigurationError(
            where,
            given=f"a runbook with empty {', '.join(empty)}",
            allowed="meaning, causes, first commands and escalation",
            mend="write what the person who is woken needs",
        )
    if not isinstance(spec, AlarmSpec):
        return
    if spec.datapoints is not None and not 1 <= spec.datapoints <= spec.periods:
        raise ConfigurationError(where, given=spec.datapoints, allowed=f"1 to {spec.periods} datapoints", mend="lower datapoints")
    period = spec.metric.period
    longest = LONGEST_WINDOW if period < timedelta(hours=1) else LONGEST_WINDOW_OF_HOURS
    if period * spec.periods > longest:
        raise ConfigurationError(
            where,
            given=f"{spec.periods} periods of {span(period)}",
            allowed=f"a window of {span(longest)} at most (CloudWatch's limit for this period)",
            mend="use fewer or shorter periods",
        )
    if spec.warm_up is not None and not SHORTEST_WARM_UP <= spec.warm_up <= LONGEST_WARM_UP:
        raise ConfigurationError(
            where,
            given=f"a warm-up of {span(spec.warm_up)}",
            allowed=f"{span(SHORTEST_WARM_UP)} to {span(LONGEST_WARM_UP)}",
            mend="leave it out, or warm up for a shorter time",
        )
    metrics = [spec.metric] if isinstance(spec.metric, Metric) else list(spec.metric.using.values())
    for metric in metrics:
        if metric.region is not None and region is not None and metric.region != region:
            raise ConfigurationError(
                where,
                given=f"{metric.namespace} {metric.name} in {metric.region}",
                allowed=f"metrics of {region}, the region of this stack: a CloudWatch alarm sees its own region only",
                mend=f"watch this construct from a stack in {metric.region}, with Routes of its own there",
            )


def make_alarm(scope: Construct, construct_id: str, spec: AlarmSpec, *, description: str, topic_arn: str) -> cloudwatch.CfnAlarm:
    """The alarm of *spec*, telling *topic_arn* when it goes off and when all is well again. One message to the jsii kernel."""
    metric = spec.metric
    # One metric, or an expression over several: the properties of the other form stay unset.
    single = metric if isinstance(metric, Metric) else None
    statistic = single.statistic if single else None
    return cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_description=description[:DESCRIPTION_LIMIT],
        actions_enabled=True,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        namespace=single.namespace if single else None,
        metric_name=single.name if single else None,
        dimensions=_dimensions(single) if single else None,
        statistic=statistic if statistic in STATISTICS else None,
        extended_statistic=None if statistic in STATISTICS else statistic,
        period=seconds(single.period) if single else None,
        metrics=None if isinstance(metric, Metric) else _queries(metric),
        comparison_operator=spec.comparison,
        threshold=spec.threshold,
        evaluation_periods=spec.periods,
        datapoints_to_alarm=spec.datapoints or spec.periods,
        treat_missing_data=spec.missing_data,
        warm_up_configuration=_warm_up(spec.warm_up) if spec.warm_up else None,
    )


def _warm_up(wait: timedelta) -> cloudwatch.CfnAlarm.WarmUpConfigurationProperty:
    # The whole of it: that some datapoints are there says nothing of one that must come.
    return cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
        warm_up_period_duration_in_minutes=seconds(wait) // 60, only_start_evaluating_after_warm_up_period_ends=True
    )


def _queries(metric: MathMetric) -> list[cloudwatch.CfnAlarm.MetricDataQueryProperty]:
    query = cloudwatch.CfnAlarm.MetricDataQueryProperty
    return [
        query(
            id="result",
            expression=metric.expression,
            label=metric.label,
            return_data=True,
            # An expression takes the period of what it uses; a query (SELECT ...) uses nothing else and must say its own.
            period=None if metric.using else seconds(metric.period),
        ),
        *(
            query(
                id=name,
                return_data=False,
                metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                    metric=cloudwatch.CfnAlarm.MetricProperty(
                        namespace=used.namespace, metric_name=used.name, dimensions=_dimensions(used)
                    ),
                    period=seconds(metric.period),
                    stat=used.statistic,
                ),
            )
            for name, used in metric.using.items()
        ),
    ]


def _dimensions(metric: Metric) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in metric.dimensions.items()]


def in_words(spec: AnyAlarmSpec) -> str:
    """The threshold as a sentence: ``CPUUtilization (Average) > 80 in 5 of 5 periods of 1 minute; no data: missing``."""
    if isinstance(spec, EventSpec):
        return "each event that matches the pattern"
    if isinstance(spec, RdsEventSpec):
        return f"each RDS event of {spec.source_type} in: {', '.join(spec.categories)}"
    metric = spec.metric
    what = f"{metric.label}: {metric.expression}" if isinstance(metric, MathMetric) else f"{metric.name} ({metric.statistic})"
    return (
        f"{what} {COMPARISONS[spec.comparison]} {_number(spec.threshold)} in {spec.datapoints or spec.periods} of {spec.periods} "
        f"{'period' if spec.periods == 1 else 'periods'} of {span(metric.period)}; no data: {spec.missing_data}"
    )


def _number(value: float) -> str:
    """``10,737,418,240`` and ``0.5``: never in powers of ten."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,}"


def seconds(period: timedelta) -> int:
    """Whole seconds of *period*."""
    return int(period.total_seconds())


def span(period: timedelta) -> str:
    """``5 minutes``, ``1 hour``, ``7 days``: the largest unit that fits evenly."""
    total = seconds(period)
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if total and total % size == 0:
            count = total // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{total} seconds"
