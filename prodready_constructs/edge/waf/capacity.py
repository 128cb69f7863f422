"""What a rule costs in web ACL capacity units, as AWS WAF's guide computes it.

Sources: AWS WAF developer guide, "Using match rule statements", "Using logical rule statements", "Using rate-based rule statements",
"AWS WAF rules that add labels" and "AWS Managed Rules rule groups list".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.edge.waf.managed import GROUPS
from prodready_constructs.errors import ConfigurationError

_MATCHES = {"EXACTLY": 2, "STARTS_WITH": 2, "ENDS_WITH": 2, "CONTAINS": 10, "CONTAINS_WORD": 10}
_TRANSFORMATION, _ALL_ARGUMENTS, _RATE, _CUSTOM_KEY, _ANY_POSITION, _LABELS_PER_UNIT = 10, 10, 2, 30, 4, 5
_MANAGED = {group.aws_name: group.units for group in GROUPS.values()}


def units_of(where: str, statement: wafv2.CfnWebACL.StatementProperty, *, labels: int = 0) -> int:
    """The capacity of a rule with *statement* that adds *labels* labels; AWS WAF may count less, where rules share a transformation.

    Raises:
        ConfigurationError: a rule group whose capacity only AWS knows.
    """
    return _units(where, statement) + -(-labels // _LABELS_PER_UNIT)


def _units(where: str, statement: Any) -> int:
    for kind, cost in _COSTS.items():
        if (inner := getattr(statement, kind)) is not None:
            return cost(where, inner)
    return _unknown(where)


def _group(where: str, group: Any) -> int:
    if group.vendor_name != "AWS" or group.name not in _MANAGED:
        _unknown(where)
    return _MANAGED[group.name] + _narrowed(where, group)


def _addresses(_: str, addresses: Any) -> int:
    config = addresses.ip_set_forwarded_ip_config
    return 1 + (_ANY_POSITION if config is not None and config.position == "ANY" else 0)


def _together(where: str, several: Any) -> int:
    return sum(_units(where, one) for one in several.statements)


def _rate(where: str, rate: Any) -> int:
    return _RATE + _CUSTOM_KEY * len(rate.custom_keys or ()) + _narrowed(where, rate)


def _unknown(where: str) -> NoReturn:
    raise ConfigurationError(
        f"{where}: units",
        given="a rule group of unknown capacity",
        allowed="its capacity units, as a number",
        mend="ask: aws wafv2 describe-managed-rule-group (or get-rule-group) --query Capacity, and give units=",
    )


def _narrowed(where: str, statement: Any) -> int:
    return 0 if statement.scope_down_statement is None else _units(where, statement.scope_down_statement)


def _component(statement: Any, base: int) -> int:
    field = statement.field_to_match
    transformations = sum(one.type != "NONE" for one in statement.text_transformations)
    return (
        base * (2 if field.json_body else 1)
        + (_ALL_ARGUMENTS if field.all_query_arguments is not None else 0)
        + _TRANSFORMATION * transformations
    )


def _looking(base: int) -> Callable[[str, Any], int]:
    return lambda _, statement: _component(statement, base)


#: Statement -> what it costs.
_COSTS: dict[str, Callable[[str, Any], int]] = {
    "geo_match_statement": lambda _, __: 1,
    "asn_match_statement": lambda _, __: 1,
    "label_match_statement": lambda _, __: 1,
    "ip_set_reference_statement": _addresses,
    "byte_match_statement": lambda _, match: _component(match, _MATCHES[match.positional_constraint]),
    "size_constraint_statement": _looking(1),
    "regex_match_statement": _looking(3),
    "regex_pattern_set_reference_statement": _looking(25),
    "sqli_match_statement": _looking(20),
    "xss_match_statement": _looking(40),
    "and_statement": _together,
    "or_statement": _together,
    "not_statement": lambda where, negated: _units(where, negated.statement),
    "rate_based_statement": _rate,
    "managed_rule_group_statement": _group,
}
