"""The guard: every rule that an app is held to, judged where it cannot be gone around, at synth."""

from prodready_constructs.compliance.findings import Finding, GuardError
from prodready_constructs.compliance.guard import Verdict, guard
from prodready_constructs.compliance.hardening import REQUIRED_TAGS, HardeningRules
from prodready_constructs.compliance.packs import PRODUCTION_PACKS, STAGING_PACKS
from prodready_constructs.compliance.register import Waiver
from prodready_constructs.compliance.rules import RULES, Rule

__all__ = [
    "PRODUCTION_PACKS",
    "REQUIRED_TAGS",
    "RULES",
    "STAGING_PACKS",
    "Finding",
    "GuardError",
    "HardeningRules",
    "Rule",
    "Verdict",
    "Waiver",
    "guard",
]
