"""The rules of a web ACL, in the order AWS WAF judges them, and what each costs in capacity."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import EdgePosture
from prodready_constructs.posture.edge import WAF_RATE_LIMITS, WAF_WINDOWS, known_countries

Acl = wafv2.CfnWebACL

#: AWS managed rule groups: our rule name -> (AWS name, capacity units). Source: AWS WAF developer guide, "AWS Managed Rules rule groups list".
IP_GROUPS = {
    "IpReputation": ("AWSManagedRulesAmazonIpReputationList", 25),
    "AnonymousIp": ("AWSManagedRulesAnonymousIpList", 50),
}
CONTENT_GROUPS = {
    "KnownBadInputs": ("AWSManagedRulesKnownBadInputsRuleSet", 200),
    "Common": ("AWSManagedRulesCommonRuleSet", 700),
    "SqlInjection": ("AWSManagedRulesSQLiRuleSet", 200),
}
BOT_GROUPS = {"BotControl": ("AWSManagedRulesBotControlRuleSet", 50)}
#: Capacity units. Source: AWS WAF developer guide, "Using match rule statements" and "Using rate-based rule statements".
GEO_UNITS = 1
RATE_UNITS = 2
STARTS_WITH_UNITS = 2
TRANSFORMATION_UNITS = 10

#: The longest window AWS WAF offers: path limits are counted in it.
PATH_WINDOW = max(WAF_WINDOWS)
#: 100 requests in 15 minutes, the limit asked for, scaled to the longest window: 100 * 10 / 15 = 67.
DEFAULT_PATH_LIMITS: Mapping[str, int] = {"/api/": round(100 * PATH_WINDOW / timedelta(minutes=15))}

#: A limit must hold however the path is written: ``/API/``, ``/%61pi/`` and ``//x/../api/`` are all ``/api/``.
_LIMIT_VIEW = ("URL_DECODE", "NORMALIZE_PATH", "LOWERCASE")
#: An exclusion must not be widened by ``/upload/../admin``; letter case is kept, since it only widens.
_EXCLUSION_VIEW = ("URL_DECODE", "NORMALIZE_PATH")
EXCLUDED_PATH_UNITS = STARTS_WITH_UNITS + TRANSFORMATION_UNITS * len(_EXCLUSION_VIEW)
PATH_LIMIT_UNITS = RATE_UNITS + STARTS_WITH_UNITS + TRANSFORMATION_UNITS * len(_LIMIT_VIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Where a managed rule group does not apply.

    Attributes:
        group: ``IpReputation``, ``AnonymousIp``, ``KnownBadInputs``, ``Common``, ``SqlInjection`` or ``BotControl``.
        paths: the group does not look at requests whose path begins with one of these (``/upload/``).
        rule: one rule of the group (``SizeRestrictions_BODY``) that counts instead of blocking, everywhere. Give either this or *paths*.
        because: why, for whoever reads the web ACL next year.
    """

    group: str
    because: str
    paths: tuple[str, ...] = ()
    rule: str | None = None

    def as_fact(self) -> dict[str, object]:
        """For the evidence: what is not judged, and why."""
        return {"group": self.group, "paths": list(self.paths), "rule": self.rule, "because": self.because}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule before it has its place: what it looks for, and its capacity units."""

    name: str
    statement: wafv2.CfnWebACL.StatementProperty
    units: int
    managed: bool = False


def plan(
    where: str,
    *,
    posture: EdgePosture,
    forwarded: bool,
    path_limits: Mapping[str, int],
    exclusions: Sequence[Exclusion],
    blocked: Collection[str],
    allowed: Collection[str],
) -> list[Rule]:
    """All rules in their order: countries, addresses, rates, then contents (the dear ones last).

    Args:
        where: the path of the construct, for messages.
        forwarded: the connecting address is CloudFront's, so that visitors are told apart by ``X-Forwarded-For``, and lists of addresses
            have nothing to look at.
    """
    groups = {**({} if forwarded else IP_GROUPS), **CONTENT_GROUPS, **(BOT_GROUPS if posture.bot_control else {})}
    by_group = _by_group(where, exclusions, groups)
    managed = {name: _managed(name, *group, by_group.get(name, ())) for name, group in groups.items()}
    addresses = [rule for name, rule in managed.items() if name in IP_GROUPS]
    contents = [rule for name, rule in managed.items() if name not in IP_GROUPS]
    return [
        *_countries(where, forwarded, {*posture.blocked_countries, *blocked}, set(allowed)),
        *addresses,
        _rate("RateLimit", posture.rate_limit, posture.rate_window, forwarded),
        *_path_limits(where, path_limits, forwarded),
        *contents,
    ]


def _countries(where: str, forwarded: bool, blocked: set[str], allowed: set[str]) -> Iterable[Rule]:
    known_countries(f"{where}: blocked_countries", blocked)
    known_countries(f"{where}: allowed_countries", allowed)
    if both := sorted(blocked & allowed):
        raise ConfigurationError(
            f"{where}: allowed_countries",
            given=", ".join(both),
            allowed="countries that are not blocked as well",
            mend="take them out of one of the lists (the posture's blocked_countries count too)",
        )
    if blocked:
        yield Rule("BlockedCountries", Acl.StatementProperty(geo_match_statement=_geo(blocked, forwarded, "MATCH")), GEO_UNITS)
    if allowed:
        inside = Acl.StatementProperty(geo_match_statement=_geo(allowed, forwarded, "NO_MATCH"))
        yield Rule("OutsideAllowedCountries", Acl.StatementProperty(not_statement=Acl.NotStatementProperty(statement=inside)), GEO_UNITS)


def _geo(codes: set[str], forwarded: bool, fallback: str) -> wafv2.CfnWebACL.GeoMatchStatementProperty:
    return Acl.GeoMatchStatementProperty(country_codes=sorted(codes), forwarded_ip_config=_forwarded_ip(forwarded, fallback))


def _forwarded_ip(forwarded: bool, fallback: str) -> wafv2.CfnWebACL.ForwardedIPConfigurationProperty | None:
    # *fallback* is the verdict on a header that holds no address: always the one that blocks, since CloudFront never sends such a header.
    return Acl.ForwardedIPConfigurationProperty(header_name="X-Forwarded-For", fallback_behavior=fallback) if forwarded else None


def _rate(name: str, limit: int, window: timedelta, forwarded: bool, path: str | None = None) -> Rule:
    statement = Acl.RateBasedStatementProperty(
        limit=limit,
        evaluation_window_sec=int(window.total_seconds()),
        aggregate_key_type="FORWARDED_IP" if forwarded else "IP",
        forwarded_ip_config=_forwarded_ip(forwarded, "MATCH"),
        scope_down_statement=_begins_with(path.lower(), _LIMIT_VIEW) if path else None,
    )
    return Rule(name, Acl.StatementProperty(rate_based_statement=statement), PATH_LIMIT_UNITS if path else RATE_UNITS)


def _path_limits(where: str, path_limits: Mapping[str, int], forwarded: bool) -> Iterable[Rule]:
    low, high = WAF_RATE_LIMITS
    seen: dict[str, str] = {}
    for path, limit in path_limits.items():
        require_path(f"{where}: path_limits", path)
        if not low <= limit <= high:
            raise ConfigurationError(
                f"{where}: path_limits[{path!r}]",
                given=limit,
                allowed=f"{low} to {high} requests per {PATH_WINDOW.seconds // 60} minutes (AWS WAF's range for a rate-based rule)",
                mend=f"the nearest is {low if limit < low else high}",
            )
        name = f"PathLimit-{re.sub(r'[^a-z0-9]+', '-', path.lower()).strip('-') or 'root'}"
        if name in seen:
            raise ConfigurationError(
                f"{where}: path_limits",
                given=f"{seen[name]!r} and {path!r}",
                allowed="paths that differ in more than punctuation and letter case",
                mend="keep one of them",
            )
        seen[name] = path
        yield _rate(name, limit, PATH_WINDOW, forwarded, path)


def require_path(where: str, path: str) -> None:
    """Refuse a path that no request can have."""
    if not path.startswith("/"):
        raise ConfigurationError(where, given=path, allowed="a path that begins with '/'", mend=f"use '/{path}'")


def _by_group(where: str, exclusions: Sequence[Exclusion], groups: Mapping[str, object]) -> dict[str, list[Exclusion]]:
    found: dict[str, list[Exclusion]] = {}
    for exclusion in exclusions:
        if exclusion.group not in groups:
            raise ConfigurationError(
                f"{where}: exclusions",
                given=exclusion.group,
                allowed=f"a managed group of this web ACL: {', '.join(groups)}",
                mend="copy the group's name from the rule in the log",
            )
        if bool(exclusion.paths) == bool(exclusion.rule):
            raise ConfigurationError(
                f"{where}: exclusions",
                given=f"paths={exclusion.paths!r}, rule={exclusion.rule!r}",
                allowed="either paths or a rule",
                mend="name the paths that the group leaves alone, or the one rule that only counts",
            )
        if not exclusion.because.strip():
            raise ConfigurationError(
                f"{where}: exclusions", given="no reason", allowed="a reason in words", mend=f"say why {exclusion.group} does not apply"
            )
        for path in exclusion.paths:
            require_path(f"{where}: exclusions", path)
        found.setdefault(exclusion.group, []).append(exclusion)
    return found


def _managed(name: str, aws_name: str, units: int, exclusions: Sequence[Exclusion]) -> Rule:
    paths = [path for exclusion in exclusions for path in exclusion.paths]
    counted = [exclusion.rule for exclusion in exclusions if exclusion.rule]
    config = None
    if name in BOT_GROUPS:
        common = Acl.AWSManagedRulesBotControlRuleSetProperty(inspection_level="COMMON")
        config = [Acl.ManagedRuleGroupConfigProperty(aws_managed_rules_bot_control_rule_set=common)]
    statement = Acl.ManagedRuleGroupStatementProperty(
        vendor_name="AWS",
        name=aws_name,
        managed_rule_group_configs=config,
        rule_action_overrides=[
            Acl.RuleActionOverrideProperty(name=rule, action_to_use=Acl.RuleActionProperty(count=Acl.CountActionProperty()))
            for rule in counted
        ]
        or None,
        scope_down_statement=_none_of(paths) if paths else None,
    )
    return Rule(
        name,
        Acl.StatementProperty(managed_rule_group_statement=statement),
        units + len(paths) * EXCLUDED_PATH_UNITS,
        managed=True,
    )


def _none_of(paths: list[str]) -> wafv2.CfnWebACL.StatementProperty:
    each = [_begins_with(path, _EXCLUSION_VIEW) for path in paths]
    any_of = each[0] if len(each) == 1 else Acl.StatementProperty(or_statement=Acl.OrStatementProperty(statements=each))
    return Acl.StatementProperty(not_statement=Acl.NotStatementProperty(statement=any_of))


def _begins_with(path: str, view: Sequence[str]) -> wafv2.CfnWebACL.StatementProperty:
    return Acl.StatementProperty(
        byte_match_statement=Acl.ByteMatchStatementProperty(
            field_to_match=Acl.FieldToMatchProperty(uri_path={}),
            positional_constraint="STARTS_WITH",
            search_string=path,
            text_transformations=[Acl.TextTransformationProperty(priority=place, type=kind) for place, kind in enumerate(view)],
        )
    )
