"""How much one visitor may ask for, and what the others hear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.edge.waf.statements import (
    LIMIT_VIEW,
    TRUSTED_LABEL,
    Acl,
    Statement,
    all_of,
    begins_with,
    forwarded_ip,
    labelled,
    negated,
    require_path,
)
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture.edge import WAF_RATE_LIMITS, WAF_WINDOWS

#: The longest window AWS WAF offers: path limits are counted in it.
PATH_WINDOW = max(WAF_WINDOWS)
#: Most keys of one rule (AWS::WAFv2::WebACL RateBasedStatement.CustomKeys).
MOST_KEYS = 5
_PLAIN = {"address": "ip", "method": "http_method", "path": "uri_path", "query": "query_string"}
_NAMED = {"header": "header", "cookie": "cookie", "argument": "query_argument"}
_AS_IT_IS = ("path", "query")
_RULE_NAME = re.compile(r"[0-9A-Za-z_-]{1,128}")
#: AWS WAF's own metrics of a web ACL have these names.
_RESERVED = {"all", "default_action"}

Action = Literal["block", "challenge", "captcha"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A limit on requests that have something in common.

    Requests without one of the keys (no such header) are not counted: the limit by address, which every web ACL has, holds them.

    Attributes:
        name: of the rule and its metric.
        limit: requests in *window*, 10 to 2,000,000,000.
        window: 1, 2, 5 or 10 minutes.
        by: what they have in common: ``address``, ``method``, ``path``, ``query``, ``header:x-api-key``, ``cookie:session``,
            ``argument:tenant``; up to five. None at all counts everybody together, and wants a *path*.
        path: only requests whose path begins with it.
        action: ``block`` (429 with Retry-After), ``challenge`` or ``captcha``: for browsers only; AWS charges for both.
    """

    name: str
    limit: int
    window: timedelta = timedelta(minutes=5)
    by: tuple[str, ...] = ("address",)
    path: str | None = None
    action: Action = "block"

    def __post_init__(self) -> None:
        require_name("RateLimit.name", self.name)
        require_limit("RateLimit.limit", self.limit, self.window)
        if self.window not in WAF_WINDOWS:
            raise ConfigurationError(
                "RateLimit.window",
                given=str(self.window),
                allowed="1, 2, 5 or 10 minutes (60, 120, 300 or 600 seconds), the windows AWS WAF offers",
                mend=f"the nearest is {min(WAF_WINDOWS, key=lambda offered: abs(offered - self.window))}",
            )
        if self.path is not None:
            require_path("RateLimit.path", self.path)
        if self.action not in {"block", "challenge", "captcha"}:
            raise ConfigurationError(
                "RateLimit.action", given=self.action, allowed="block, challenge or captcha", mend="to try a limit, name it in count_only"
            )
        self._require_keys()

    def _require_keys(self) -> None:
        if not self.by and self.path is None:
            raise ConfigurationError(
                "RateLimit.by",
                given="no key and no path",
                allowed="a key, or a path whose requests are counted together",
                mend="by=('address',) counts each address by itself",
            )
        if len(self.by) > MOST_KEYS or len(set(self.by)) != len(self.by):
            raise ConfigurationError(
                "RateLimit.by",
                given=", ".join(self.by),
                allowed=f"at most {MOST_KEYS} keys, each once",
                mend="keep what tells visitors apart",
            )
        for key in self.by:
            kind, _, name = key.partition(":")
            fits = kind in _PLAIN if ":" not in key else kind in _NAMED and 1 <= len(name.strip()) <= 64
            if not fits:
                raise ConfigurationError(
                    "RateLimit.by",
                    given=key,
                    allowed=f"{', '.join(_PLAIN)}, or {', '.join(f'{one}:NAME' for one in _NAMED)} with a name of up to 64 characters",
                    mend="a header is written 'header:x-api-key'",
                )


def rate_statement(limit: RateLimit, *, forwarded: bool, trusting: bool) -> Statement:
    """What *limit* counts. *forwarded*: visitors are told apart by X-Forwarded-For; *trusting*: trusted addresses are not counted."""
    narrowed = [begins_with(limit.path.lower(), LIMIT_VIEW)] if limit.path else []
    if trusting:
        narrowed.append(negated(labelled(TRUSTED_LABEL)))
    custom = limit.by not in {(), ("address",)}
    by_address = "FORWARDED_IP" if forwarded else "IP"
    statement = Acl.RateBasedStatementProperty(
        limit=limit.limit,
        evaluation_window_sec=int(limit.window.total_seconds()),
        aggregate_key_type="CUSTOM_KEYS" if custom else by_address if limit.by else "CONSTANT",
        custom_keys=[_key(key, forwarded) for key in limit.by] if custom else None,
        forwarded_ip_config=forwarded_ip("MATCH") if forwarded and "address" in limit.by else None,
        scope_down_statement=all_of(narrowed) if narrowed else None,
    )
    return Acl.StatementProperty(rate_based_statement=statement)


def _key(key: str, forwarded: bool) -> wafv2.CfnWebACL.RateBasedStatementCustomKeyProperty:
    kind, _, name = key.partition(":")
    if key == "address" and forwarded:
        return Acl.RateBasedStatementCustomKeyProperty(forwarded_ip={})
    unchanged = [Acl.TextTransformationProperty(priority=0, type="NONE")]
    if name:
        # ``{"header": RateLimitHeaderProperty(...)}``: each named key has a struct of its own with the same two fields.
        struct: Any = {
            "header": Acl.RateLimitHeaderProperty,
            "cookie": Acl.RateLimitCookieProperty,
            "argument": Acl.RateLimitQueryArgumentProperty,
        }[kind]
        return _custom(_NAMED[kind], struct(name=name, text_transformations=unchanged))
    if kind in _AS_IT_IS:
        seen = [Acl.TextTransformationProperty(priority=place, type=view) for place, view in enumerate(LIMIT_VIEW)]
        return (
            Acl.RateBasedStatementCustomKeyProperty(uri_path=Acl.RateLimitUriPathProperty(text_transformations=seen))
            if kind == "path"
            else Acl.RateBasedStatementCustomKeyProperty(query_string=Acl.RateLimitQueryStringProperty(text_transformations=unchanged))
        )
    return _custom(_PLAIN[kind], {})


def _custom(field: str, value: Any) -> wafv2.CfnWebACL.RateBasedStatementCustomKeyProperty:
    return Acl.RateBasedStatementCustomKeyProperty(**{field: value})


def require_limit(where: str, limit: int, window: timedelta) -> None:
    """Refuse a limit that AWS WAF does."""
    low, high = WAF_RATE_LIMITS
    if not low <= limit <= high:
        raise ConfigurationError(
            where,
            given=limit,
            allowed=f"{low} to {high} requests per {window.seconds // 60} minutes (AWS WAF's range for a rate-based rule)",
            mend=f"the nearest is {low if limit < low else high}",
        )


def require_name(where: str, name: str) -> None:
    """Refuse a name that AWS WAF does, for a rule or its metric."""
    if not _RULE_NAME.fullmatch(name) or name.lower() in _RESERVED:
        raise ConfigurationError(
            where,
            given=name,
            allowed="1 to 128 letters, digits, '-' and '_', and neither 'ALL' nor 'Default_Action', which AWS WAF's own metrics have",
            mend="choose another name",
        )
