"""What wakes someone about a web ACL, and its graphs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.foundation import REGION

_FIVE_MINUTES = timedelta(minutes=5)
#: Blocked requests in 5 minutes that are more than the internet's background noise.
BLOCKED_SURGE = 1_000
#: Rate-limited requests in 5 minutes that are more than one impatient visitor.
RATE_SURGE = 100


def specs(name: str, rules: Sequence[str], placement: str, *, arn: str, log_group: str) -> tuple[AnyAlarmSpec, ...]:
    """Surges of blocked and of rate-limited requests of the web ACL whose metric name is *name*."""
    cloudfront = placement == "CLOUDFRONT"
    region = " --region us-east-1" if cloudfront else ""
    logs = f"aws logs tail {log_group} --since 30m --filter-pattern '{{ $.action = \"BLOCK\" }}'{region}"

    def samples(rule: str) -> str:
        scope = "CLOUDFRONT" if cloudfront else "REGIONAL"
        return (
            f"aws wafv2 get-sampled-requests --web-acl-arn {arn} --scope {scope} --rule-metric-name {rule} --max-items 100 "
            f"--time-window StartTime=$(date -ud '-30 minutes' +%s),EndTime=$(date -u +%s){region}"
        )

    limits = [rule for rule in rules if rule.startswith(("RateLimit", "PathLimit"))]
    return (
        AlarmSpec(
            id="BlockedSurge",
            metric=_metric(name, "BlockedRequests", "ALL", placement),
            threshold=BLOCKED_SURGE,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",  # AWS WAF reports nothing when nothing is blocked
            source=f"Our reason: {BLOCKED_SURGE} blocked requests in 5 minutes, twice running, is an attack or a rule that blocks real visitors",
            runbook=RunbookSpec(
                meaning="The web ACL turns away far more requests than usual: an attack is held off, or real visitors are locked out.",
                causes=(
                    "a scan or an attack",
                    "a release whose requests a managed rule takes for an attack",
                    "a new version of a managed group",
                ),
                first_commands=(logs, *(samples(rule) for rule in ("Common", "SqlInjection"))),
            ),
        ),
        AlarmSpec(
            id="RateLimited",
            metric=MathMetric(
                expression=" + ".join(f"FILL(m{place}, 0)" for place in range(len(limits))),
                using={f"m{place}": _metric(name, "BlockedRequests", rule, placement) for place, rule in enumerate(limits)},
                label="Rate-limited requests",
                period=_FIVE_MINUTES,
            ),
            threshold=RATE_SURGE,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source=f"Our reason: {RATE_SURGE} rate-limited requests in 5 minutes, twice running, is a flood or a limit set too low",
            runbook=RunbookSpec(
                meaning="Addresses send more than the limit allows and are blocked: a flood, or many people behind one address.",
                causes=(
                    "a flood from few addresses",
                    "an office or carrier network behind one address",
                    "a client that retries without pause",
                ),
                first_commands=tuple(samples(rule) for rule in limits),
            ),
        ),
    )


def graphs(name: str, rules: Sequence[str], placement: str) -> tuple[GraphSpec, ...]:
    """Requests allowed and blocked, and blocked by rule."""
    return (
        GraphSpec(
            title="WAF requests",
            metrics=tuple(_metric(name, kind, "ALL", placement, label=kind) for kind in ("AllowedRequests", "BlockedRequests")),
        ),
        GraphSpec(
            title="WAF blocked by rule",
            metrics=tuple(_metric(name, "BlockedRequests", rule, placement, label=rule) for rule in rules),
        ),
    )


def _metric(name: str, kind: str, rule: str, placement: str, *, label: str | None = None) -> Metric:
    # CloudFront's web ACLs report without a Region dimension, in us-east-1 (AWS WAF developer guide, "Metrics and dimensions").
    place = {} if placement == "CLOUDFRONT" else {"Region": REGION}
    return Metric(
        namespace="AWS/WAFV2",
        name=kind,
        dimensions={"WebACL": name, "Rule": rule, **place},
        statistic="Sum",
        period=_FIVE_MINUTES,
        label=label,
        region="us-east-1" if placement == "CLOUDFRONT" else None,
    )
