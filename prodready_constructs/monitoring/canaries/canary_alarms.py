"""What a canary's runs tell, and who hears of it."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity

NAMESPACE = "CloudWatchSynthetics"
#: Below this share of good runs, two periods of three: with a run a period, one of them has failed twice.
GOOD_RUNS = 90
#: Share of a run's time above which somebody looks before runs are cut off.
LONG_RUN = 0.8
_MINUTE, _TWO_DAYS = timedelta(minutes=1), timedelta(days=2)


def metric(canary: str, name: str, *, period: timedelta, statistic: str = "Average", label: str | None = None) -> Metric:
    """One metric of *canary*.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_metrics.html
    """
    return Metric(namespace=NAMESPACE, name=name, dimensions={"CanaryName": canary}, statistic=statistic, period=period, label=label)


def period_of(interval: timedelta) -> timedelta:
    """The period that every run falls into: the interval, in whole minutes."""
    return max(_MINUTE, -(-interval // _MINUTE) * _MINUTE)


def canary_alarms(canary: str, *, what: str, interval: timedelta, timeout: timedelta, bucket: str, prefix: str) -> tuple[AlarmSpec, ...]:
    """It fails, it is slow, it does not run."""
    period = period_of(interval)
    commands = (
        f"aws synthetics get-canary-runs --name {canary} --max-results 5",
        f"aws s3 ls s3://{bucket}/{prefix} --recursive",
        f"aws synthetics get-canary --name {canary}",
    )
    seconds = timeout.total_seconds()
    return (
        failing(canary, what=what, period=period, commands=commands),
        AlarmSpec(
            id="CanarySlow",
            metric=metric(canary, "Duration", period=period),
            threshold=LONG_RUN * seconds * 1000,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            # No runs, no durations; CanaryStopped hears of that.
            missing_data="missing",
            source=f"{LONG_RUN:.0%} of the {seconds:.0f} seconds after which a run is cut off and counts as failed",
            runbook=RunbookSpec(
                meaning=f"What {what} does takes most of the time it may take; a little slower and it fails.",
                causes=("the service answers slowly", "DNS or TLS takes long: look at the steps' duration_ms", "a step was added"),
                first_commands=commands,
            ),
        ),
        AlarmSpec(
            id="CanaryStopped",
            metric=metric(canary, "SuccessPercent", period=period, statistic="SampleCount"),
            threshold=1,
            comparison="LessThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            # A run that is not there is what this alarm is about.
            missing_data="breaching",
            # A new canary has not run yet.
            warm_up=min(3 * period, _TWO_DAYS),
            source="Three runs that did not come: a canary that was stopped, or cannot run, sees nothing",
            runbook=RunbookSpec(
                meaning="The canary no longer runs: nobody would notice that users cannot reach the service.",
                causes=(
                    "somebody stopped it",
                    "its role or the bucket of its artifacts is gone",
                    "Lambda's concurrency in this account is used up",
                ),
                first_commands=(
                    f"aws synthetics get-canary --name {canary} --query Canary.Status",
                    f"aws synthetics start-canary --name {canary}",
                    "aws lambda get-account-settings",
                ),
            ),
        ),
    )


def failing(canary: str, *, what: str, period: timedelta, commands: tuple[str, ...], datapoints: int = 2, periods: int = 3) -> AlarmSpec:
    """Users cannot do what the canary does."""
    return AlarmSpec(
        id="CanaryFailing",
        metric=metric(canary, "SuccessPercent", period=period),
        threshold=GOOD_RUNS,
        comparison="LessThanThreshold",
        severity=Severity.CRITICAL,
        periods=periods,
        datapoints=datapoints,
        # A period between two runs says nothing; CanaryStopped hears of runs that do not come.
        missing_data="missing",
        source=f"Ledger OPS-6; below {GOOD_RUNS} % of runs in {datapoints} of {periods} periods: one failure may be the network, the second is not",
        runbook=RunbookSpec(
            meaning=f"Users cannot do what {what} does, as seen from outside.",
            causes=(
                "the last deployment",
                "the service or a store behind it is down: its own alarms say which",
                "the certificate expired, or the name no longer resolves",
                "the answer changed, and the canary's expectation did not",
            ),
            first_commands=commands,
        ),
    )


def canary_graphs(canary: str, *, interval: timedelta) -> tuple[GraphSpec, ...]:
    """How many runs are good, and how long they take."""
    period = period_of(interval)
    return (
        GraphSpec(
            title="Canary: good runs",
            metrics=(metric(canary, "SuccessPercent", period=period, label="%"),),
            unit="Percent",
            signal="errors",
        ),
        GraphSpec(
            title="Canary: duration",
            metrics=(metric(canary, "Duration", period=period, label="ms"),),
            unit="Milliseconds",
            signal="latency",
        ),
    )
