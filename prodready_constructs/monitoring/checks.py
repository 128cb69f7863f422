"""What is refused of an alarm's description: what nobody could act on, and what CloudWatch would refuse or never evaluate."""

from __future__ import annotations

import re
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, AnomalySpec, AnyAlarmSpec, CompositeSpec, Metric
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.periods import published, valid
from prodready_constructs.monitoring.words import span

#: How far back an alarm may look, by the length of its period (PutMetricAlarm, CloudWatch API reference).
LONGEST_WINDOW = timedelta(days=1)
LONGEST_WINDOW_OF_HOURS = timedelta(days=7)
#: How long a new alarm may wait (WarmUpConfiguration, CloudWatch API reference).
SHORTEST_WARM_UP, LONGEST_WARM_UP = timedelta(minutes=1), timedelta(days=2)
#: Metrics in one alarm on metric math (Amazon CloudWatch user guide, quotas).
MOST_METRICS = 10
#: Alarms on metrics of this namespace ignore missing data, whatever they say.
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
ALWAYS_IGNORES = "AWS/DynamoDB"
_PASCAL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*")


def check(where: str, spec: AnyAlarmSpec, *, region: str | None) -> None:
    """Refuse a *spec* that nobody could act on, or that CloudWatch would refuse. *region*: of the stack, None when not known yet."""
    if not _PASCAL_CASE.fullmatch(spec.id):
        raise ConfigurationError(where, given=spec.id, allowed="an alarm id in PascalCase", mend="rename the alarm")
    where = f"{where}: alarm {spec.id}"
    if not spec.source.strip():
        raise ConfigurationError(where, given=spec.source, allowed="where the threshold comes from", mend="fill AlarmSpec.source")
    _check_runbook(where, spec)
    if isinstance(spec, CompositeSpec) and len(spec.all_of) < 2:
        raise ConfigurationError(
            where, given=f"{len(spec.all_of)} alarms together", allowed="two or more", mend="describe one alarm as an AlarmSpec"
        )
    for one in spec.all_of if isinstance(spec, CompositeSpec) else (spec,):
        if isinstance(one, AlarmSpec | AnomalySpec):
            _check_window(where, one)
            _check_metrics(where, one, region)


def _check_runbook(where: str, spec: AnyAlarmSpec) -> None:
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


def _check_window(where: str, spec: AlarmSpec | AnomalySpec) -> None:
    if spec.datapoints is not None and not 1 <= spec.datapoints <= spec.periods:
        raise ConfigurationError(where, given=spec.datapoints, allowed=f"1 to {spec.periods} datapoints", mend="lower datapoints")
    period = spec.metric.period
    if not valid(period):
        raise ConfigurationError(
            where,
            given=f"a period of {span(period)}",
            allowed="10, 20 or 30 seconds, or whole minutes: what CloudWatch evaluates",
            mend="round the period to minutes",
        )
    longest = LONGEST_WINDOW if period < timedelta(hours=1) else LONGEST_WINDOW_OF_HOURS
    if period * spec.periods > longest:
        raise ConfigurationError(
            where,
            given=f"{spec.periods} periods of {span(period)}",
            allowed=f"a window of {span(longest)} at most (CloudWatch's limit for this period)",
            mend="use fewer or shorter periods",
        )
    warm_up = spec.warm_up if isinstance(spec, AlarmSpec) else None
    if warm_up is not None and not SHORTEST_WARM_UP <= warm_up <= LONGEST_WARM_UP:
        raise ConfigurationError(
            where,
            given=f"a warm-up of {span(warm_up)}",
            allowed=f"{span(SHORTEST_WARM_UP)} to {span(LONGEST_WARM_UP)}",
            mend="leave it out, or warm up for a shorter time",
        )


def _check_metrics(where: str, spec: AlarmSpec | AnomalySpec, region: str | None) -> None:
    metrics = [spec.metric] if isinstance(spec.metric, Metric) else list(spec.metric.using.values())
    if len(metrics) > MOST_METRICS:
        raise ConfigurationError(
            where,
            given=f"an expression over {len(metrics)} metrics",
            allowed=f"{MOST_METRICS} metrics in one alarm, CloudWatch's limit",
            mend="make one alarm for each ten of them",
        )
    if isinstance(spec, AnomalySpec):
        _check_band(where, spec, metrics)
    elif isinstance(spec.metric, Metric) and spec.metric.namespace == ALWAYS_IGNORES and spec.missing_data != "ignore":
        raise ConfigurationError(
            where,
            given=f"missing_data={spec.missing_data!r} for a metric of {ALWAYS_IGNORES}",
            allowed="'ignore', or an expression that fills gaps: without data such an alarm keeps its state, whatever it says",
            mend='say ignore, or measure MathMetric(expression="FILL(m, 0)", using={"m": ...}, ...)',
        )
    for metric in metrics:
        known = published(metric)
        if known is not None and spec.metric.period < known.every:
            raise ConfigurationError(
                where,
                given=f"a period of {span(spec.metric.period)} for {metric.namespace} {metric.name}",
                allowed=f"{span(known.every)} or longer, which is how often it comes ({known.source})",
                mend="lengthen the period; most of the shorter ones would have no data",
            )
        if metric.region is not None and region is not None and metric.region != region:
            raise ConfigurationError(
                where,
                given=f"{metric.namespace} {metric.name} in {metric.region}",
                allowed=f"metrics of {region}, the region of this stack: a CloudWatch alarm sees its own region only",
                mend=f"watch this construct from a stack in {metric.region}, with Routes of its own there",
            )


def _check_band(where: str, spec: AnomalySpec, metrics: list[Metric]) -> None:
    if not metrics:
        raise ConfigurationError(
            where,
            given="a query (SELECT ...)",
            allowed="a metric, or an expression over metrics: CloudWatch learns what to expect of those",
            mend="name the metric",
        )
    if not spec.width > 0:
        raise ConfigurationError(
            where, given=spec.width, allowed="a band wider than 0 standard deviations", mend="2 is CloudWatch's own default"
        )
