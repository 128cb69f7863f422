"""One rule before it has its place: what it looks for, what it does, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.edge.waf.limits import require_name
from prodready_constructs.edge.waf.statements import Acl, Statement
from prodready_constructs.errors import ConfigurationError

#: The key of the answer to whoever asks too much.
TOO_MANY = "TooManyRequests"
#: What that answer says: nothing about the rule or the service.
TOO_MANY_BODY = '{"message":"Too many requests. Try again later."}'

Does = Literal["block", "count", "allow", "challenge", "captcha", "group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRule:
    """A statement of your own, judged after all other rules.

    Attributes:
        name: of the rule and its metric.
        statement: what it looks for; a ``CfnWebACL.StatementProperty``.
        action: ``block``, ``count``, ``challenge`` or ``captcha``.
        units: its capacity, where the statement is a rule group whose capacity only AWS knows.
    """

    name: str
    statement: wafv2.CfnWebACL.StatementProperty
    action: Literal["block", "count", "challenge", "captcha"] = "block"
    units: int | None = None

    def __post_init__(self) -> None:
        require_name("CustomRule.name", self.name)
        if self.action not in {"block", "count", "challenge", "captcha"}:
            raise ConfigurationError(
                "CustomRule.action",
                given=self.action,
                allowed="block, count, challenge or captcha",
                mend="to let addresses past the other rules, use AddressList(verdict='allow'), which says why",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule before it has its place.

    Attributes:
        does: what becomes of a request that matches; ``group`` leaves it to the rule group.
        units: its capacity; computed, when None.
        retry_after: of a rate rule: what the visitor is told.
        label: what it puts on a request.
        price: what AWS charges for it beside the web ACL.
    """

    name: str
    statement: Statement
    does: Does = "block"
    units: int | None = None
    retry_after: timedelta | None = None
    label: str | None = None
    price: str | None = None
    #: The managed group that this rule belongs to, on trial as it is.
    with_group: str | None = None

    @property
    def limits_rate(self) -> bool:
        """A rate rule that blocks: its metric is one of blocked requests."""
        return self.retry_after is not None and self.does == "block"


def rendered(rule: Rule, place: int, *, trial: bool, samples: bool) -> wafv2.CfnWebACL.RuleProperty:
    """*rule* as AWS WAF takes it, *place* in the order of judgement; on *trial* it counts and blocks nothing."""
    # A managed group brings its own actions, which an override sets aside; a rule of ours has an action itself.
    group = rule.does == "group"
    override = (Acl.OverrideActionProperty(count={}) if trial else Acl.OverrideActionProperty(none={})) if group else None
    return Acl.RuleProperty(
        name=rule.name,
        priority=place,
        statement=rule.statement,
        action=None if group else _action("count" if trial else rule.does, rule.retry_after),
        override_action=override,
        rule_labels=[Acl.LabelProperty(name=rule.label)] if rule.label else None,
        visibility_config=seen_as(rule.name, samples=samples),
    )


def _action(does: Does, retry_after: timedelta | None) -> wafv2.CfnWebACL.RuleActionProperty:
    if does == "count":
        return Acl.RuleActionProperty(count=Acl.CountActionProperty())
    if does == "allow":
        return Acl.RuleActionProperty(allow=Acl.AllowActionProperty())
    if does == "challenge":
        return Acl.RuleActionProperty(challenge=Acl.ChallengeActionProperty())
    if does == "captcha":
        return Acl.RuleActionProperty(captcha=Acl.CaptchaActionProperty())
    if retry_after is None:
        return Acl.RuleActionProperty(block=Acl.BlockActionProperty())
    seconds = str(int(retry_after.total_seconds()))
    answer = Acl.CustomResponseProperty(
        response_code=429,
        response_headers=[Acl.CustomHTTPHeaderProperty(name="Retry-After", value=seconds)],
        custom_response_body_key=TOO_MANY,
    )
    return Acl.RuleActionProperty(block=Acl.BlockActionProperty(custom_response=answer))


def seen_as(name: str, *, samples: bool) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    """Metrics under *name*, and samples of requests where they are wanted."""
    return Acl.VisibilityConfigProperty(cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=samples)
