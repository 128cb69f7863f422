"""What somebody must hear about the site as its visitors see it.

Source of the metrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-RUM-metrics.html
"""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

_FIVE_MINUTES = timedelta(minutes=5)
#: Milliseconds from which the largest paint of a page is poor. Source: web.dev, "Largest Contentful Paint".
POOR_PAINT = 4_000
#: Script errors in a hundred sessions that are more than old browsers and extensions.
ERRORS_PER_HUNDRED = 20


def rum_alarms(name: str) -> tuple[AlarmSpec, ...]:
    """The alarms of the app monitor *name*."""
    describe = f"aws rum get-app-monitor --name {name}"
    errors = (
        f'aws cloudwatch get-metric-data --metric-data-queries \'[{{"Id":"e","MetricStat":{{"Metric":{{"Namespace":"AWS/RUM",'
        f'"MetricName":"JsErrorCount","Dimensions":[{{"Name":"application_name","Value":"{name}"}}]}},"Period":300,"Stat":"Sum"}}}}]\' '
        "--start-time $(date -ud '-3 hours' +%FT%TZ) --end-time $(date -u +%FT%TZ)"
    )
    return (
        AlarmSpec(
            id="ScriptErrors",
            metric=MathMetric(
                expression="IF(sessions > 10, 100 * FILL(errors, 0) / sessions, 0)",
                using={"errors": _metric(name, "JsErrorCount"), "sessions": _metric(name, "SessionCount")},
                label="Script errors in 100 sessions",
                period=_FIVE_MINUTES,
            ),
            threshold=ERRORS_PER_HUNDRED,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            # Nobody is there: nothing is broken for anybody.
            missing_data="notBreaching",
            source=f"Our reason: {ERRORS_PER_HUNDRED} errors in 100 sessions is a release that broke, not an extension that meddles",
            runbook=RunbookSpec(
                meaning="Scripts fail in visitors' browsers: parts of the site do not work for them, though the servers are well.",
                causes=(
                    "A release with an error",
                    "A page that refers to assets of a release that are gone",
                    "The content security policy stops a script",
                ),
                first_commands=(errors, describe),
            ),
        ),
        AlarmSpec(
            id="SlowPages",
            metric=_metric(name, "WebVitalsLargestContentfulPaint", statistic="p75"),
            threshold=POOR_PAINT,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=6,
            missing_data="notBreaching",
            source="web.dev, Largest Contentful Paint: above 4 seconds at the 75th percentile is poor",
            runbook=RunbookSpec(
                meaning="For a quarter of the visitors the main part of a page takes more than 4 seconds to appear.",
                causes=(
                    "A large image or script of a new release",
                    "A cold cache; see the site's cache hit rate",
                    "An API that the first view waits for",
                ),
                first_commands=(describe,),
            ),
        ),
    )


def rum_graphs(name: str) -> tuple[GraphSpec, ...]:
    """Sessions and errors, and how long the largest paint takes."""
    return (
        GraphSpec(title="Visitors' sessions and errors", metrics=tuple(_metric(name, each) for each in ("SessionCount", "JsErrorCount"))),
        GraphSpec(
            title="Largest paint",
            metrics=tuple(_metric(name, "WebVitalsLargestContentfulPaint", statistic=statistic) for statistic in ("p50", "p75")),
            unit="ms",
        ),
    )


def _metric(name: str, kind: str, *, statistic: str = "Sum") -> Metric:
    return Metric(
        namespace="AWS/RUM",
        name=kind,
        dimensions={"application_name": name},
        statistic=statistic,
        period=_FIVE_MINUTES,
        label=f"{kind} {statistic}",
    )
