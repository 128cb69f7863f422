"""cdk-nag's rule packs, each run once over the construct tree inside JavaScript: one message a pack, no callbacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import cdk_nag
from constructs import IConstruct

from prodready_constructs.compliance.findings import Finding, waivable_finding

#: All six packs.
PRODUCTION_PACKS: tuple[type[cdk_nag.NagPack], ...] = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.ServerlessChecks,
    cdk_nag.NIST80053R4Checks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.PCIDSS321Checks,
)
#: What staging is held to: AWS's own good practice.
STAGING_PACKS: tuple[type[cdk_nag.NagPack], ...] = PRODUCTION_PACKS[:2]
#: The first parts of the packs' rule ids, in the order of the packs.
NAMESPACES = ("AwsSolutions", "Serverless", "NIST.800.53.R4", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")
_CONTROLS = re.compile(r"^(.* - \(Control IDs?: .*?\)\.) (.*)$", re.DOTALL)


def run_packs(app: IConstruct, packs: Mapping[str, Sequence[type[cdk_nag.NagPack]]], *, nested_in: Mapping[str, str]) -> Iterator[Finding]:
    """Findings of the packs, on the stacks each applies to.

    Args:
        packs: construct path of a stack -> its packs.
        nested_in: construct path of a resource -> path of the stack it belongs to.
    """
    wanted = {pack: [path for path, chosen in packs.items() if pack in chosen] for chosen in packs.values() for pack in chosen}
    for pack, paths in wanted.items():
        scopes = [app] if len(paths) == len(packs) else [_at(app, path) for path in paths]
        for scope in scopes:
            for violation in pack(verbose=True).validate_scope(scope).violations:
                why, fix = _reason_and_fix(violation.description)
                for place in violation.violating_resources:
                    path = place.construct_path or ""
                    # A stack inside another stack is walked with it, whatever packs it has itself.
                    if pack in packs.get(nested_in.get(path, ""), (pack,)):
                        yield waivable_finding(rule=violation.rule_name, path=path, why=why, fix=fix)


def namespace(pack: type[cdk_nag.NagPack]) -> str:
    """The first part of the ids of *pack*'s rules."""
    return dict(zip(PRODUCTION_PACKS, NAMESPACES, strict=True)).get(pack) or str(pack().read_pack_name)


def _at(app: IConstruct, path: str) -> IConstruct:
    construct = app
    for child in path.split("/"):
        construct = construct.node.find_child(child)
    return construct


def _reason_and_fix(description: str) -> tuple[str, str]:
    """cdk-nag's verbose text: what is wrong (with the control ids of its framework), then what the rule wants."""
    if found := _CONTROLS.match(description):
        return found[1], found[2]
    why, separator, fix = description.partition(". ")
    return (f"{why}.", fix) if separator else (description, "see the rule's page: https://github.com/cdklabs/cdk-nag/blob/main/RULES.md")
