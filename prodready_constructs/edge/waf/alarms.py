"""What wakes someone about a web ACL, and its graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.foundation import REGION

_FIVE_MINUTES = timedelta(minutes=5)
#: Blocked requests in 5 minutes that are more than the internet's background noise.
BLOCKED_SURGE = 1_000
#: Rate-limited requests in 5 minutes that are more than one impatient visitor.
RATE_SURGE = 100
#: Requests in 5 minutes that rules on trial would have blocked, and that somebody should look at before they do.
TRIAL_SURGE = 100
#: Metrics in the mathematics of one alarm (Amazon CloudWatch user guide, "CloudWatch alarms": limits).
MOST_METRICS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A web ACL as its alarms see it.

    Attributes:
        name: in metrics; rules: all, by metric name; limits: those that limit rates; trial: those that only count.
        look: the command that shows what was blocked; samples: whether AWS WAF keeps any.
    """

    name: str
    rules: Sequence[str]
    limits: Sequence[str]
    trial: Sequence[str]
    placement: str
    arn: str
    look: str
    samples: bool

    def commands(self, rules: Sequence[str]) -> tuple[str, ...]:
        """The log, and samples of what *rules* matched."""
        if not self.samples:
            return (self.look,)
        cloudfront = self.placement == "CLOUDFRONT"
        scope, region = ("CLOUDFRONT", " --region us-east-1") if cloudfront else ("REGIONAL", "")
        return (
            self.look,
            *(
                f"aws wafv2 get-sampled-requests --web-acl-arn {self.arn} --scope {scope} --rule-metric-name {rule} --max-items 100 "
                f"--time-window StartTime=$(date -ud '-30 minutes' +%s),EndTime=$(date -u +%s){region}"
                for rule in rules
            ),
        )

    def metric(self, kind: str, rule: str, *, label: str | None = None) -> Metric:
        """The sum of *kind* by *rule* in 5 minutes."""
        # CloudFront's web ACLs report without a Region dimension, in us-east-1 (AWS WAF developer guide, "Metrics and dimensions").
        place = {} if self.placement == "CLOUDFRONT" else {"Region": REGION}
        return Metric(
            namespace="AWS/WAFV2",
            name=kind,
            dimensions={"WebACL": self.name, "Rule": rule, **place},
            statistic="Sum",
            period=_FIVE_MINUTES,
            label=label,
            region="us-east-1" if self.placement == "CLOUDFRONT" else None,
        )

    def total(self, kind: str, rules: Sequence[str], label: str) -> MathMetric:
        """The sum of *kind* by all of *rules*."""
        some = rules[:MOST_METRICS]
        return MathMetric(
            expression=" + ".join(f"FILL(m{place}, 0)" for place in range(len(some))),
            using={f"m{place}": self.metric(kind, rule) for place, rule in enumerate(some)},
            label=label,
            period=_FIVE_MINUTES,
        )


def specs(acl: Watched) -> tuple[AnyAlarmSpec, ...]:
    """Surges of blocked and of rate-limited requests, and of what rules on trial would have blocked."""
    return (
        AlarmSpec(
            id="BlockedSurge",
            metric=acl.metric("BlockedRequests", "ALL"),
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
                first_commands=acl.commands(("Common", "SqlInjection")),
            ),
        ),
        AlarmSpec(
            id="RateLimited",
            metric=acl.total("BlockedRequests", acl.limits, "Rate-limited requests"),
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
                first_commands=acl.commands(acl.limits)[0 if not acl.samples else 1 :],
            ),
        ),
        *(_trial(acl) if acl.trial else ()),
    )


def _trial(acl: Watched) -> tuple[AnyAlarmSpec, ...]:
    return (
        AlarmSpec(
            id="TrialMatches",
            metric=acl.total("CountedRequests", acl.trial, "Requests counted on trial"),
            threshold=TRIAL_SURGE,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            # An hour of it: a trial is looked at in the morning, and an attack has its own alarm.
            periods=12,
            missing_data="notBreaching",  # a rule that matches nothing reports nothing
            source=f"Our reason: {TRIAL_SURGE} matches in 5 minutes for an hour are enough to decide a trial by",
            runbook=RunbookSpec(
                meaning="Rules on trial match steadily: they would block these requests once they are in force.",
                causes=(
                    "real visitors look like an attack to the rule: it needs an exclusion or an exception first",
                    "an attack that the rule would hold off: put it in force",
                ),
                first_commands=acl.commands(acl.trial),
            ),
        ),
    )


def graphs(acl: Watched) -> tuple[GraphSpec, ...]:
    """Requests allowed and blocked, and blocked by rule."""
    return (
        GraphSpec(
            title="WAF requests",
            metrics=tuple(acl.metric(kind, "ALL", label=kind) for kind in ("AllowedRequests", "BlockedRequests")),
        ),
        GraphSpec(
            title="WAF blocked by rule",
            metrics=tuple(acl.metric("BlockedRequests", rule, label=rule) for rule in acl.rules),
        ),
    )
