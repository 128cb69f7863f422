"""Which metrics of a cache wake somebody, of both forms. No AWS module."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.cache.watched import FIVE_MINUTES, WatchedCache, alarms
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, GraphSpec, MathMetric, RunbookSpec, Severity
from prodready_constructs.foundation.rotation_alarms import rotation_failed

#: What one node takes, and when to say so.
MOST_CONNECTIONS, _SHARE = 65_000, 0.8
#: Below this the cache is hardly asked, and a rate says nothing.
_FEWEST_READS = 1_000
_LOWEST_HIT_RATE = 80
_MONITOR = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html"
_METRICS = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html"


def common_alarms(cache: WatchedCache) -> tuple[AnyAlarmSpec, ...]:
    """What both forms have: evictions, connections, refused sign-ins, hit rate, rotation."""
    return (
        *alarms(
            cache,
            "EvictionsHigh",
            "Evictions",
            1_000,
            over="SUM",
            statistic="Sum",
            severity=Severity.WARNING,
            meaning="The cache throws out keys before their time to make room: the source behind it gets the load again.",
            causes=("more data than memory", "keys without an expiry fill the cache", "one job writes large values"),
            source=f"ledger CACHE-3; AWS leaves the number to the workload ({_MONITOR}): a thousand keys in each of three times five "
            "minutes is no longer the odd key of a full cache",
        ),
        *alarms(
            cache,
            "ConnectionsHigh",
            "CurrConnections",
            MOST_CONNECTIONS * _SHARE,
            over="MAX",
            statistic="Maximum",
            severity=Severity.WARNING,
            meaning=f"More than {MOST_CONNECTIONS * _SHARE:,.0f} clients are connected; a node turns away those above {MOST_CONNECTIONS:,}.",
            causes=("clients that open a connection for each request", "a pool per process times more tasks", "connections left open"),
            source=f"ledger CACHE-3: four fifths of the {MOST_CONNECTIONS:,} connections of a node; so many at a serverless cache are "
            "clients without a pool",
        ),
        *alarms(
            cache,
            "SignInsRefused",
            "AuthenticationFailures",
            10,
            over="SUM",
            statistic="Sum",
            comparison="GreaterThanOrEqualToThreshold",
            missing_data="notBreaching",  # an idle cache refuses nobody
            periods=1,
            severity=Severity.WARNING,
            meaning="Clients sign in with a wrong name or password. Users of those clients wait for the source behind the cache.",
            causes=(
                "tasks that still hold a password from before the last rotation but one: start new tasks",
                "a stack update set the user's password again, and the one before ceased: start new tasks",
                "somebody tries passwords from within the VPC",
            ),
            source=f"AWS suggests an alarm ({_METRICS}); ten in five minutes is no mistyped password",
        ),
        *_hit_rate(cache),
        rotation_failed(
            "SecretRotationFailed",
            secret_arn=cache.secret_arn,
            named=cache.secret_arn,
            source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-eventbridge.html; ledger SEC-2",
            meaning="The application's password was not rotated: it still works, and gets older than the policy allows.",
            causes=("the rotation function failed: see its log", "the function may not read the secret or use its key"),
        ),
    )


def _hit_rate(cache: WatchedCache) -> tuple[AlarmSpec, ...]:
    return tuple(
        AlarmSpec(
            id=f"HitRateLow{suffix}",
            metric=hit_rate(cache, sources, when_idle="100"),
            threshold=_LOWEST_HIT_RATE,
            comparison="LessThanThreshold",
            severity=Severity.WARNING,
            source=f"a rate under about 0.8 means that many keys are evicted, expired or not there ({_METRICS}); "
            f"an hour of it, while {_FEWEST_READS:,} keys in five minutes are asked for",
            periods=12,
            missing_data="notBreaching",  # a cache that nobody reads
            runbook=RunbookSpec(
                meaning="More than a fifth of the reads find nothing: users wait for the source behind the cache, which bears the load.",
                causes=(
                    "the cache is new, or was emptied or restored",
                    "expiries too short",
                    "evictions: see EvictionsHigh",
                    "keys changed with a release",
                ),
                first_commands=(cache.series("CacheHits"), cache.series("Evictions"), cache.describe),
            ),
        )
        for suffix, sources in cache.batches(2)
    )


def hit_rate(cache: WatchedCache, sources: tuple[tuple[str, str], ...], *, when_idle: str, period: timedelta = FIVE_MINUTES) -> MathMetric:
    """Percent of the reads that found their key; *when_idle* where too few were asked to tell."""
    label = "Hit rate"
    if cache.serverless:
        using = {
            "hits": cache.metric("CacheHits", "Sum", sources[0], period),
            "rate": cache.metric("CacheHitRate", "Average", sources[0], period),
        }
        return MathMetric(
            expression=f"IF(hits>{_FEWEST_READS}*{_LOWEST_HIT_RATE}/100,rate,{when_idle})", using=using, label=label, period=period
        )
    using = {f"h{number}": cache.metric("CacheHits", "Sum", one, period) for number, one in enumerate(sources)}
    using |= {f"n{number}": cache.metric("CacheMisses", "Sum", one, period) for number, one in enumerate(sources)}
    hits, misses = (f"SUM([{','.join(f'{kind}{number}' for number in range(len(sources)))}])" for kind in "hn")
    expression = f"IF({hits}+{misses}>{_FEWEST_READS},100*{hits}/({hits}+{misses}),{when_idle})"
    return MathMetric(expression=expression, using=using, label=label, period=period)


def graph(cache: WatchedCache, title: str, *names: str, statistic: str = "Average", unit: str | None = None) -> GraphSpec:
    """Metrics of every source, a minute a point."""
    minute = timedelta(minutes=1)
    metrics = tuple(cache.metric(name, statistic, one, minute) for name in names for one in cache.sources)
    return GraphSpec(title=f"{cache.identifier}: {title}", metrics=metrics, unit=unit)


def hit_rate_graph(cache: WatchedCache) -> GraphSpec:
    """The hit rate, as the alarm sees it, without what it says of an idle cache."""
    return GraphSpec(
        title=f"{cache.identifier}: hit rate",
        metrics=tuple(hit_rate(cache, sources, when_idle="0", period=FIVE_MINUTES) for _, sources in cache.batches(2)),
        unit="Percent",
    )
