"""The rules on what a web ACL keeps and lets past, and on where a name leads: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.templates import Resources, found, resource, stack_of


def redacting(*names: Any) -> list[dict[str, Any]]:
    return [{"SingleHeader": {"Name": name}} for name in names]


def protecting(**field: Any) -> dict[str, Any]:
    return {"DataProtectionConfig": {"DataProtections": [{"Action": "SUBSTITUTION", "Field": field}]}}


@pytest.mark.control("WEB-1", "GOV-3")
@pytest.mark.parametrize(
    ("fields", "acl", "details"),
    [
        (redacting("authorization", "cookie"), {}, []),
        (redacting("Authorization", "Cookie", "x-key"), {}, []),
        (redacting("authorization"), {}, ["cookie"]),
        ([{"QueryString": {}}, {"Method": {}}], {}, ["authorization", "cookie"]),
        (None, {}, ["authorization", "cookie"]),
        (None, protecting(FieldType="SINGLE_HEADER", FieldKeys=["authorization", "cookie"]), []),
        (None, protecting(FieldType="SINGLE_HEADER"), []),
        (redacting("cookie"), protecting(FieldType="SINGLE_HEADER", FieldKeys=["authorization"]), []),
        (None, protecting(FieldType="SINGLE_COOKIE"), ["authorization", "cookie"]),
        (redacting({"Ref": "Header"}), {}, ["authorization", "cookie"]),
    ],
)
def test_the_log_of_a_firewall_shows_no_credentials(fields: Any, acl: dict[str, Any], details: list[str]) -> None:
    log = resource("WAFv2::LoggingConfiguration", {"ResourceArn": {"Fn::GetAtt": ["Acl", "Arn"]}, "RedactedFields": fields})
    resources = {"Acl": resource("WAFv2::WebACL", acl), "Log": log}
    assert found("WafLogShowsCredentials", stack_of(resources)) == [f"[{detail}] @ Stack/Log" for detail in details]


MANAGED = {"Name": "Common", "Priority": 10, "Statement": {"ManagedRuleGroupStatement": {}}, "OverrideAction": {"None": {}}}
OWN_GROUP = {"RuleGroupReferenceStatement": {"Arn": {"Fn::GetAtt": ["Group", "Arn"]}}}
LETTING = resource("WAFv2::RuleGroup", {"Rules": [{"Action": {"Block": {}}}, {"Action": {"Allow": {}}}]})


def ruled(*rules: dict[str, Any]) -> Resources:
    return {"Acl/Acl": resource("WAFv2::WebACL", {"Rules": list(rules)}), "Group": LETTING}


@pytest.mark.control("WEB-1", "GOV-3")
@pytest.mark.parametrize(
    ("rule", "bypasses"),
    [
        ({"Priority": 0, "Action": {"Allow": {}}}, True),
        ({"Priority": "9", "Action": {"Allow": {}}}, True),
        ({"Priority": 11, "Action": {"Allow": {}}}, False),
        ({"Priority": 0, "Action": {"Count": {}}}, False),
        ({"Priority": 0, "Action": {"Block": {}}}, False),
        ({"Priority": {"Ref": "Place"}, "Action": {"Allow": {}}}, False),
        ({"Priority": 0, "Statement": OWN_GROUP, "OverrideAction": {"None": {}}}, True),
        ({"Priority": 0, "Statement": OWN_GROUP, "OverrideAction": {"Count": {}}}, False),
        ({"Priority": 0, "Statement": {"RuleGroupReferenceStatement": {"Arn": "arn:elsewhere"}}}, False),
    ],
)
def test_no_rule_lets_requests_past_the_managed_ones(rule: dict[str, Any], bypasses: bool) -> None:
    expected = ["[Office] @ Stack/Acl/Acl"] if bypasses else []
    assert found("WafBypass", stack_of(ruled({"Name": "Office", **rule}, MANAGED))) == expected
    assert found("WafBypass", stack_of(ruled({"Name": "Office", **rule}))) == [], "there is nothing to get past"


def test_priorities_that_are_decided_at_deployment_are_not_judged() -> None:
    office = {"Name": "Office", "Priority": 0, "Action": {"Allow": {}}}
    assert found("WafBypass", stack_of(ruled(office, MANAGED | {"Priority": {"Ref": "Place"}}))) == []


@pytest.mark.control("WEB-1", "GOV-3")
@pytest.mark.parametrize(
    ("fact", "passes"),
    [
        ({"name": "Office", "verdict": "allow", "because": "the penetration test of March sends injections"}, True),
        ({"name": "Office", "verdict": "trust", "because": "the office"}, False),
        ({"name": "Office", "verdict": "allow", "because": None}, False),
        ({"name": "Other", "verdict": "allow", "because": "the penetration test of March sends injections"}, False),
    ],
)
def test_a_list_that_says_why_it_lets_in_passes(fact: dict[str, Any], passes: bool) -> None:
    stack = stack_of(ruled({"Name": "Office", "Priority": 0, "Action": {"Allow": {}}}, MANAGED))
    metadata = {"Stack/Acl": [{"type": "prodready:construct", "data": {"kind": "WebAcl", "addresses": [fact]}}]}
    assert found("WafBypass", stack, metadata=metadata) == ([] if passes else ["[Office] @ Stack/Acl/Acl"])


COUNT: dict[str, Any] = {"Count": {}}
LIMIT: dict[str, Any] = {"Name": "Rate", "Statement": {"RateBasedStatement": {"Limit": 10_000}}, "Action": {"Block": {}}}


@pytest.mark.control("WEB-1", "GOV-3")
@pytest.mark.parametrize(
    ("rules", "details"),
    [
        ([MANAGED, LIMIT], []),
        ([MANAGED | {"OverrideAction": COUNT}], ["Common"]),
        ([{"Name": "Own", "Statement": OWN_GROUP, "OverrideAction": COUNT}], ["Own"]),
        ([LIMIT | {"Action": COUNT}], ["Rate"]),
        # A lower limit gives warning before the one that blocks.
        ([LIMIT, LIMIT | {"Name": "Warning", "Action": COUNT}], []),
        ([{"Name": "Label", "Statement": {"LabelMatchStatement": {}}, "Action": COUNT}], []),
        ([MANAGED | {"OverrideAction": {"Ref": "Decided"}}], []),
    ],
)
def test_protection_that_only_counts_is_none(rules: list[dict[str, Any]], details: list[str]) -> None:
    assert found("WafCountsOnly", stack_of(ruled(*rules))) == [f"[{detail}] @ Stack/Acl/Acl" for detail in details]


@pytest.mark.control("WEB-1")
@pytest.mark.parametrize(("on_trial", "passes"), [(["Common"], True), (["Other"], False), ([], False)])
def test_a_recorded_trial_may_count(on_trial: list[str], passes: bool) -> None:
    metadata = {"Stack/Acl": [{"type": "prodready:construct", "data": {"kind": "WebAcl", "on_trial": on_trial}}]}
    stack = stack_of(ruled(MANAGED | {"OverrideAction": COUNT}))
    assert found("WafCountsOnly", stack, metadata=metadata) == ([] if passes else ["[Common] @ Stack/Acl/Acl"])


@pytest.mark.control("WEB-9", "GOV-3")
@pytest.mark.parametrize(
    ("record", "unchecked"),
    [
        ({"Failover": "PRIMARY"}, True),
        ({"Failover": "PRIMARY", "AliasTarget": {"EvaluateTargetHealth": False}}, True),
        ({"Failover": "PRIMARY", "AliasTarget": {"DNSName": "x"}}, True),
        ({"Failover": "PRIMARY", "AliasTarget": {"EvaluateTargetHealth": True}}, False),
        ({"Failover": "PRIMARY", "AliasTarget": {"EvaluateTargetHealth": {"Ref": "Look"}}}, False),
        ({"Failover": "PRIMARY", "HealthCheckId": {"Ref": "Check"}}, False),
        ({"Failover": "SECONDARY", "AliasTarget": {"EvaluateTargetHealth": False}}, False),
        ({"Failover": {"Ref": "Role"}}, False),
        ({"AliasTarget": {"EvaluateTargetHealth": False}}, False),
    ],
)
def test_a_primary_can_be_given_up(record: dict[str, Any], unchecked: bool) -> None:
    named = {"Name": "shop.example.com.", "Type": "A", **record}
    assert found("FailoverUnchecked", stack_of({"Name": resource("Route53::RecordSet", named)})) == (["Stack/Name"] if unchecked else [])
    group = resource("Route53::RecordSetGroup", {"RecordSets": [{"Name": "other", "Type": "A"}, named]})
    assert found("FailoverUnchecked", stack_of({"Names": group})) == (["[A shop.example.com.] @ Stack/Names"] if unchecked else [])


@pytest.mark.control("WEB-9", "GOV-3")
@pytest.mark.parametrize(("inverted", "bent"), [(True, True), ("true", True), (False, False), (None, False), ({"Ref": "Inverted"}, False)])
def test_a_health_check_says_what_it_sees(inverted: Any, bent: bool) -> None:
    check = resource("Route53::HealthCheck", {"HealthCheckConfig": {"Type": "HTTPS", "Inverted": inverted}})
    assert found("InvertedHealthCheck", stack_of({"Check": check})) == (["Stack/Check"] if bent else [])
