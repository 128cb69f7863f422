"""AWS WAF in small: what a synthesized web ACL does with one request.

It reads the JSON of the template only, rule by rule in the order of priority, as the AWS WAF developer guide tells it: a rule that blocks or
allows ends the judgement, one that counts (or labels) does not; a rule group's overrides and its scope-down statement come first. What a
managed group would find in a request is said by the request (``attacks``), since AWS does not publish its patterns.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

#: The labels of the rules that the tests use, as AWS lists them ("AWS Managed Rules rule groups list").
LABELS = {
    "SQLi_BODY": "awswaf:managed:aws:sql-database:SQLi_Body",
    "SQLi_QUERYARGUMENTS": "awswaf:managed:aws:sql-database:SQLi_QueryArguments",
    "CrossSiteScripting_BODY": "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
    "SizeRestrictions_BODY": "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body",
    "UserAgent_BadBots_HEADER": "awswaf:managed:aws:core-rule-set:BadBots_Header",
    "HostingProviderIPList": "awswaf:managed:aws:anonymous-ip-list:HostingProviderIPList",
    "AWSManagedIPReputationList": "awswaf:managed:aws:amazon-ip-list:AWSManagedIPReputationList",
    "UNIXShellCommandsVariables_BODY": "awswaf:managed:aws:posix-os:UNIXShellCommandsVariables_BODY",
}
#: Which group has which of these rules.
OWNERS = {
    "AWSManagedRulesSQLiRuleSet": {"SQLi_BODY", "SQLi_QUERYARGUMENTS"},
    "AWSManagedRulesCommonRuleSet": {"CrossSiteScripting_BODY", "SizeRestrictions_BODY", "UserAgent_BadBots_HEADER"},
    "AWSManagedRulesAnonymousIpList": {"HostingProviderIPList"},
    "AWSManagedRulesAmazonIpReputationList": {"AWSManagedIPReputationList"},
    "AWSManagedRulesUnixRuleSet": {"UNIXShellCommandsVariables_BODY"},
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request: where it goes, where it comes from, what a managed group would find in it, and whether it is one too many."""

    path: str = "/"
    ip: str = "198.51.100.7"
    country: str = "DE"
    headers: Mapping[str, str] = field(default_factory=dict)
    attacks: frozenset[str] = frozenset()
    flooding: bool = False


@dataclass
class Verdict:
    """What became of it: the rule that ended the judgement (None: the default action), what that did, what was counted on the way."""

    allowed: bool
    by: str | None = None
    action: Mapping[str, Any] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)


def judge(resources: Mapping[str, Any], acl: Mapping[str, Any], request: Request) -> Verdict:
    """The verdict of *acl* (its template properties) about *request*; *resources* of the template hold the IP sets."""
    verdict = Verdict(allowed="Allow" in acl["DefaultAction"])
    rules = sorted(acl["Rules"], key=lambda rule: rule["Priority"])
    assert len({rule["Priority"] for rule in rules}) == len(rules), "AWS WAF refuses a priority twice"
    for rule in rules:
        action = _action(resources, rule, request, verdict)
        if action is None:
            continue
        (kind,) = action
        if kind == "Count":
            verdict.counted.append(rule["Name"])
            verdict.labels |= {label["Name"] for label in rule.get("RuleLabels", ())}
            continue
        verdict.allowed, verdict.by, verdict.action = kind == "Allow", rule["Name"], action
        return verdict
    return verdict


def _action(resources: Mapping[str, Any], rule: Mapping[str, Any], request: Request, verdict: Verdict) -> Mapping[str, Any] | None:
    """What *rule* does to the request: an action, or None where it does not match."""
    group = rule["Statement"].get("ManagedRuleGroupStatement")
    if group is None:
        return rule["Action"] if _matches(resources, rule["Statement"], request, verdict.labels) else None
    narrowed = group.get("ScopeDownStatement")
    if narrowed is not None and not _matches(resources, narrowed, request, verdict.labels):
        return None
    overrides = {one["Name"]: next(iter(one["ActionToUse"])) for one in group.get("RuleActionOverrides", ())}
    found = sorted(request.attacks & OWNERS.get(group["Name"], set()))
    verdict.labels |= {LABELS[attack] for attack in found}
    blocking = [attack for attack in found if overrides.get(attack) != "Count"]
    if "Count" in rule["OverrideAction"]:
        return {"Count": {}} if blocking else None
    return {"Block": {}} if blocking else {"Count": {}} if found else None


def _matches(resources: Mapping[str, Any], statement: Mapping[str, Any], request: Request, labels: set[str]) -> bool:
    ((kind, inner),) = statement.items()

    def true(one: Mapping[str, Any]) -> bool:
        return _matches(resources, one, request, labels)

    def several() -> list[bool]:
        assert len(inner["Statements"]) >= 2, "AWS WAF refuses an AND or OR of one"
        return [true(one) for one in inner["Statements"]]

    verdicts: Mapping[str, Callable[[], bool]] = {
        "AndStatement": lambda: all(several()),
        "OrStatement": lambda: any(several()),
        "NotStatement": lambda: not true(inner["Statement"]),
        "LabelMatchStatement": lambda: inner["Scope"] == "LABEL" and inner["Key"] in labels,
        "GeoMatchStatement": lambda: request.country in inner["CountryCodes"],
        "IPSetReferenceStatement": lambda: _in_set(resources, inner, request),
        "ByteMatchStatement": lambda: _bytes_match(inner, request),
        "RateBasedStatement": lambda: request.flooding and ("ScopeDownStatement" not in inner or true(inner["ScopeDownStatement"])),
    }
    return verdicts[kind]()


def _in_set(resources: Mapping[str, Any], statement: Mapping[str, Any], request: Request) -> bool:
    addresses = resources[statement["Arn"]["Fn::GetAtt"][0]]["Properties"]["Addresses"]
    source = request.ip
    if config := statement.get("IPSetForwardedIPConfig"):
        chain = [part.strip() for part in request.headers.get(config["HeaderName"].lower(), "").split(",") if part.strip()]
        if not chain:
            return bool(config["FallbackBehavior"] == "MATCH")
        source = {"FIRST": chain[0], "LAST": chain[-1]}[config["Position"]]
    return any(ipaddress.ip_address(source) in ipaddress.ip_network(one) for one in addresses)


def _bytes_match(statement: Mapping[str, Any], request: Request) -> bool:
    target = statement["FieldToMatch"]
    seen = request.path if "UriPath" in target else request.headers.get(target["SingleHeader"]["Name"].lower(), "")
    for step in sorted(statement["TextTransformations"], key=lambda one: one["Priority"]):
        seen = TRANSFORMATIONS[step["Type"]](seen)
    wanted = statement["SearchString"]
    return bool(
        {
            "STARTS_WITH": seen.startswith(wanted),
            "ENDS_WITH": seen.endswith(wanted),
            "EXACTLY": seen == wanted,
            "CONTAINS": wanted in seen,
        }[statement["PositionalConstraint"]]
    )


def _normalized(path: str) -> str:
    # ``posixpath`` keeps two leading slashes and drops the last one; AWS WAF does neither.
    inside = re.sub(r"/+", "/", path)
    return posixpath.normpath(inside) + ("/" if inside.endswith("/") and inside != "/" else "")


TRANSFORMATIONS = {"NONE": str, "URL_DECODE": unquote, "LOWERCASE": str.lower, "NORMALIZE_PATH": _normalized}
