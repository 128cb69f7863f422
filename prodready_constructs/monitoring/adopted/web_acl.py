"""WAF web ACLs."""

from __future__ import annotations

from typing import Any

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.foundation import REGION
from prodready_constructs.monitoring.adopted.data import FIVE, WARNING, Service

#: Blocked requests in five minutes that are more than the internet's background noise.
SURGE = 1_000


def web_acl(name: str, arn: str, *, cloudfront: bool) -> tuple[AnyAlarmSpec, ...]:
    """A web ACL by the name of its metrics."""
    place = {} if cloudfront else {"Region": REGION}
    scope, region = ("CLOUDFRONT", " --region us-east-1") if cloudfront else ("REGIONAL", "")
    of = Service(
        "AWS/WAFV2",
        {"WebACL": name, "Rule": "ALL", **place},
        (
            f"aws wafv2 get-sampled-requests --web-acl-arn {arn} --scope {scope} --rule-metric-name {name} --max-items 100 "
            f"--time-window StartTime=$(date -ud '-30 minutes' +%s),EndTime=$(date -u +%s){region}",
        ),
        FIVE,
        "us-east-1" if cloudfront else None,
    )
    return (
        of.alarm(
            "BlockedSurge",
            of.metric("BlockedRequests"),
            SURGE,
            severity=WARNING,
            source=f"Our reason: {SURGE:,} blocked requests in 5 minutes, twice running, are an attack or a rule that blocks real visitors",
            periods=2,
            # Nothing blocked, no datapoint.
            missing_data="notBreaching",
            meaning="The web ACL turns away far more requests than usual.",
            causes=("a scan or an attack", "a release whose requests a rule takes for an attack", "a new version of a managed group"),
        ),
    )


def _of_plain(found: Any) -> tuple[AnyAlarmSpec, ...]:
    seen = found.visibility_config
    name = seen["metricName"] if isinstance(seen, dict) else seen.metric_name
    return web_acl(name, found.attr_arn, cloudfront=found.scope == "CLOUDFRONT")


ADOPTS = {"aws_wafv2.CfnWebACL": _of_plain}
