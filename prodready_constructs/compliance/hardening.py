"""Our own rules: run over an assembly, or as a plugin of the CDK's policy validation in an app without the guard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import aws_cdk as cdk
import jsii

from prodready_constructs.compliance.findings import Finding, waivable_finding
from prodready_constructs.compliance.rules import NAMESPACE, RULES, Hit, Rule, Subject
from prodready_constructs.evidence.assembly import read_assembly

#: Ledger COST-2.
REQUIRED_TAGS = ("application", "environment", "owner", "cost-centre", "data-class")


def hardening_findings(subject: Subject) -> Iterator[Finding]:
    """What our rules find in the templates."""
    for rule, place in _hits(subject):
        yield waivable_finding(rule=_name(rule, place), path=place.path, why=f"{rule.why} {place.note}".strip(), fix=rule.fix)


@jsii.implements(cdk.IPolicyValidationPlugin)
class HardeningRules:
    """Our own rules as a plugin: ``Validations.of(app).add_plugins(HardeningRules())``. One callback a synth, whatever the rules.

    For an app that does not end with :func:`guard`, which runs the same rules and more. Waivers written with ``waive`` are honoured
    by the CDK; nobody checks there whether they are used, expired or too wide.

    Args:
        required_tags: tag keys that every taggable resource, or its stack, carries.
        staging: construct paths of stacks in which one task is enough.
    """

    def __init__(self, *, required_tags: tuple[str, ...] = REQUIRED_TAGS, staging: tuple[str, ...] = ()) -> None:
        self._required_tags = required_tags
        self._staging = frozenset(staging)

    @property
    def name(self) -> str:
        """The plugin's name, and the namespace of its rules in acknowledgements."""
        return NAMESPACE

    @property
    def version(self) -> str | None:
        """Not stated: the CDK would send it as usage data."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """Not stated, for the same reason."""
        return None

    @jsii.member(jsii_name="validate")
    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Judge every template of the stage or app. Called by the CDK."""
        # A plugin of an app is handed the templates of its stages too: assemblies inside the app's.
        homes = {Path(path).parent for path in context.template_paths}
        directory = min(homes, key=lambda home: len(home.parts))
        directory = directory if all(home.is_relative_to(directory) for home in homes) else directory.parent
        subject = Subject(assembly=read_assembly(directory), staging=self._staging, required_tags=self._required_tags)
        found: dict[tuple[str, str, str], list[cdk.PolicyViolatingResource]] = {}
        for rule, place in _hits(subject):
            what = (_name(rule, place), f"{rule.why} {place.note}".strip(), rule.fix)
            found.setdefault(what, []).append(cdk.PolicyViolatingResource(construct_path=place.path, locations=["Properties"]))
        violations = [
            cdk.PolicyViolation(rule_name=name, description=why, fix=fix, severity="error", violating_resources=places)
            for (name, why, fix), places in found.items()
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)


def _hits(subject: Subject) -> Iterator[tuple[Rule, Hit]]:
    for rule in RULES:
        yield from ((rule, place) for place in rule.find(subject))


def _name(rule: Rule, place: Hit) -> str:
    return f"{rule.id}[{place.detail}]" if place.detail else rule.id
