"""Exceptions with a reason, as the constructs themselves record them: the rules know them in a real assembly, and no others."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudfront as cloudfront

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.edge import AddressList, ContentSecurityPolicy, WebAcl
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.posture import PRODUCTION
from tests.edge.cdn.parts import a_site
from tests.support.synthesis import new_app, new_stack

Policy = cloudfront.CfnResponseHeadersPolicy
AUDIT = "the penetration test of March sends injections"


def judged(stack: cdk.Stack, directory: Path, rule: str) -> list[str]:
    """The paths at which *rule* does not hold."""
    cdk.App.of(stack).synth()  # type: ignore[union-attr]
    subject = Subject(assembly=read_assembly(directory))
    return [finding.path for finding in hardening_findings(subject) if finding.rule.startswith(f"Prodready-{rule}[")]


@pytest.mark.control("WEB-7", "GOV-3")
def test_inline_scripts_with_a_reason_pass_and_the_same_by_hand_does_not(tmp_path: Path) -> None:
    stack = new_stack(new_app(outdir=str(tmp_path)))
    a_site(
        stack,
        content_security_policy=ContentSecurityPolicy().allow_inline(
            "script-src", reason="the old shop writes its basket inline until March"
        ),
    )
    written = Policy.ContentSecurityPolicyProperty(content_security_policy="script-src 'self' 'unsafe-inline'", override=True)
    Policy(
        stack,
        "ByHand",
        response_headers_policy_config=Policy.ResponseHeadersPolicyConfigProperty(
            name="by-hand", security_headers_config=Policy.SecurityHeadersConfigProperty(content_security_policy=written)
        ),
    )
    assert judged(stack, tmp_path, "LooseContentPolicy") == ["Stack/ByHand"]


@pytest.mark.control("WEB-1", "GOV-3")
def test_addresses_let_in_with_a_reason_pass(tmp_path: Path) -> None:
    stack = new_stack(new_app(outdir=str(tmp_path)))
    auditor = AddressList(name="Auditor", addresses=("192.0.2.1",), verdict="allow", because=AUDIT)
    WebAcl(stack, "Acl", posture=PRODUCTION.edge, rules=[auditor])
    assert judged(stack, tmp_path, "WafBypass") == []


@pytest.mark.control("WEB-1", "GOV-3")
def test_the_same_rule_under_another_name_does_not(tmp_path: Path) -> None:
    stack = new_stack(new_app(outdir=str(tmp_path)))
    auditor = AddressList(name="Auditor", addresses=("192.0.2.1",), verdict="allow", because=AUDIT)
    acl = WebAcl(stack, "Acl", posture=PRODUCTION.edge, rules=[auditor])
    let_in = next(place for place, rule in enumerate(stack.resolve(acl.acl.rules)) if "allow" in rule.get("action", {}))
    acl.acl.add_property_override(f"Rules.{let_in}.Name", "Somebody")
    assert judged(stack, tmp_path, "WafBypass") == ["Stack/Acl/Acl"]


@pytest.mark.control("WEB-1", "GOV-3")
def test_a_trial_of_a_web_acl_passes_and_the_same_by_hand_does_not(tmp_path: Path) -> None:
    stack = new_stack(new_app(outdir=str(tmp_path)))
    WebAcl(stack, "Tried", posture=PRODUCTION.edge, count_only=True)
    common = {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}
    rule = {"Name": "Common", "Statement": {"ManagedRuleGroupStatement": common}, "OverrideAction": {"Count": {}}}
    cdk.CfnResource(stack, "ByHand", type="AWS::WAFv2::WebACL", properties={"Rules": [rule]})
    assert judged(stack, tmp_path, "WafCountsOnly") == ["Stack/ByHand"]
