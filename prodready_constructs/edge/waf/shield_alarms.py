"""What wakes someone about attacks that Shield Advanced sees.

Source of the metrics: https://docs.aws.amazon.com/waf/latest/developerguide/shield-metrics.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity
from prodready_constructs.edge.waf.shield_values import METRIC_REGIONS, ShieldProtection


def specs(protected: Sequence[ShieldProtection]) -> tuple[AlarmSpec, ...]:
    """``DDoSDetected`` of each resource."""
    return tuple(
        AlarmSpec(
            id=f"{one.name}UnderAttack",
            metric=_metric(one, "DDoSDetected"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            # Shield reports each minute during an attack, and a zero after it.
            periods=1,
            missing_data="notBreaching",  # and once a day in peace
            source="AWS Shield Advanced metrics: alarm where DDoSDetected is not zero",
            runbook=RunbookSpec(
                meaning=f"Shield sees what looks like a denial-of-service attack on {one.name}: it may be slow or away for users.",
                causes=(
                    "a flood of requests or packets",
                    "a campaign, a launch or a load test that looks like one",
                ),
                first_commands=(
                    f"aws shield list-attacks --region us-east-1 --resource-arns {one.resource_arn} "
                    "--start-time FromInclusive=$(date -ud '-3 hours' +%s),ToExclusive=$(date -u +%s)",
                    f"aws shield describe-protection --region us-east-1 --resource-arn {one.resource_arn}",
                ),
                escalation="Users feel it and the application's own limits do not hold: open a case 'DDoS attack' with AWS Support, urgent, "
                "which reaches the Shield response team (Business or Enterprise Support).",
            ),
        )
        for one in protected
    )


def graphs(protected: Sequence[ShieldProtection]) -> tuple[GraphSpec, ...]:
    """Attacks by resource."""
    return (GraphSpec(title="DDoS detected", metrics=tuple(_metric(one, "DDoSDetected", label=one.name) for one in protected)),)


def _metric(one: ShieldProtection, name: str, *, label: str | None = None) -> Metric:
    return Metric(
        namespace="AWS/DDoSProtection",
        name=name,
        dimensions={"ResourceArn": one.resource_arn},
        statistic="Sum",
        period=timedelta(minutes=1),
        label=label,
        region=METRIC_REGIONS.get(one.kind) if one.kind else None,
    )
