"""An indicator as Application Signals wants it: metric data queries of good, bad and all."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_applicationsignals as signals

from prodready_constructs.contracts import GoodAndBad, GoodMinutes, MathMetric, Metric, ServiceLevelIndicator
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.words import seconds, span

_Slo = signals.CfnServiceLevelObjective
MINUTE = timedelta(minutes=1)
#: The shortest look-back of a burn rate: what is counted must be counted at least that often.
LONGEST_PERIOD = timedelta(minutes=5)
#: Metrics that one list of queries may retrieve (MetricDataQuery, Application Signals API reference).
MOST_METRICS = 10


def metrics_of(metric: Metric | MathMetric) -> tuple[Metric, ...]:
    """The metrics that *metric* is made of."""
    return (metric,) if isinstance(metric, Metric) else tuple(metric.using.values())


def check_indicator(where: str, indicator: ServiceLevelIndicator, *, region: str | None) -> None:
    """Refuse what Application Signals could not count: too many metrics, periods longer than the shortest look-back, another region."""
    parts = (indicator.bad, indicator.total) if isinstance(indicator, GoodAndBad) else (indicator.metric,)
    for part in parts:
        if not MINUTE <= part.period <= LONGEST_PERIOD or part.period % MINUTE:
            raise ConfigurationError(
                f"{where}: of",
                given=f"a period of {span(part.period)}",
                allowed=f"whole minutes up to {span(LONGEST_PERIOD)}, the shortest look-back of a burn rate",
                mend="count in minutes",
            )
        metrics = metrics_of(part)
        if not 1 <= len(metrics) <= MOST_METRICS:
            raise ConfigurationError(
                f"{where}: of", given=f"{len(metrics)} metrics", allowed=f"1 to {MOST_METRICS} in an expression", mend="count fewer things"
            )
        for metric in metrics:
            if metric.region is not None and region is not None and metric.region != region:
                raise ConfigurationError(
                    f"{where}: of",
                    given=f"{metric.namespace} {metric.name} in {metric.region}",
                    allowed=f"metrics of {region}, the region of this stack",
                    mend=f"make the Slo in a stack in {metric.region}, with a Watch of its own there",
                )


def by_requests(indicator: GoodAndBad) -> signals.CfnServiceLevelObjective.RequestBasedSliProperty:
    """Bad requests out of all. A minute in which AWS reports no bad one has none: a zero, where the metric is there at all."""
    return _Slo.RequestBasedSliProperty(
        request_based_sli_metric=_Slo.RequestBasedSliMetricProperty(
            total_request_count_metric=_queries(indicator.total),
            monitored_request_count_metric=_Slo.MonitoredRequestCountMetricProperty(
                bad_count_metric=_queries(indicator.bad, fill_with_zero=True)
            ),
        )
    )


def by_minutes(indicator: GoodMinutes) -> signals.CfnServiceLevelObjective.SliProperty:
    """Good periods out of all."""
    return _Slo.SliProperty(
        comparison_operator=indicator.good_while.removesuffix("Threshold"),
        metric_threshold=indicator.threshold,
        sli_metric=_Slo.SliMetricProperty(metric_data_queries=_queries(indicator.metric), period_seconds=seconds(indicator.metric.period)),
    )


def _queries(
    metric: Metric | MathMetric, *, fill_with_zero: bool = False
) -> list[signals.CfnServiceLevelObjective.MetricDataQueryProperty]:
    query = _Slo.MetricDataQueryProperty
    if isinstance(metric, Metric):
        if not fill_with_zero:
            return [_query("counted", metric, metric.period, returned=True)]
        return [
            query(id="result", expression="FILL(counted, 0)", return_data=True),
            _query("counted", metric, metric.period, returned=False),
        ]
    return [
        query(id="result", expression=f"FILL({metric.expression}, 0)" if fill_with_zero else metric.expression, return_data=True),
        *(_query(name, used, metric.period, returned=False) for name, used in metric.using.items()),
    ]


def _query(name: str, metric: Metric, period: timedelta, *, returned: bool) -> signals.CfnServiceLevelObjective.MetricDataQueryProperty:
    return _Slo.MetricDataQueryProperty(
        id=name,
        return_data=returned,
        metric_stat=_Slo.MetricStatProperty(
            metric=_Slo.MetricProperty(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=[_Slo.DimensionProperty(name=key, value=value) for key, value in metric.dimensions.items()],
            ),
            period=seconds(period),
            stat=metric.statistic,
        ),
    )
