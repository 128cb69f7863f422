"""What the six rule packs say about one stack, straight from cdk-nag (the guard itself is tested in tests/compliance)."""

from __future__ import annotations

import aws_cdk as cdk
import cdk_nag

PACKS = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.ServerlessChecks,
    cdk_nag.NIST80053R4Checks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.PCIDSS321Checks,
)


def findings(stack: cdk.Stack) -> list[str]:
    """Every finding of every pack, as ``rule @ construct path``."""
    return sorted(
        f"{violation.rule_name} @ {resource.construct_path}"
        for pack in PACKS
        for violation in pack().validate_scope(stack).violations
        for resource in violation.violating_resources
    )
