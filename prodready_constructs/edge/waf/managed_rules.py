"""Managed rule groups as rules of the web ACL: pinned, narrowed, with single rules that only count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodready_constructs.edge.waf.managed import PAID_GROUPS, Exclusion, Group, LabelException, ManagedGroup
from prodready_constructs.edge.waf.rule import Rule
from prodready_constructs.edge.waf.statements import (
    EXCLUSION_VIEW,
    TRUSTED_LABEL,
    Acl,
    all_of,
    any_of,
    begins_with,
    labelled,
    negated,
    none_of,
    require_path,
)
from prodready_constructs.edge.waf.threats import BotControl, Threat
from prodready_constructs.errors import ConfigurationError


def managed_rule(
    name: str,
    group: Group | None,
    *,
    pin: ManagedGroup | None,
    threat: Threat | None,
    exclusions: Sequence[Exclusion],
    counted: Sequence[str],
    spared: bool,
) -> Rule:
    """The rule of one managed group.

    Args:
        counted: single rules that count, because an exception after the group decides.
        spared: trusted addresses are not judged.
    """
    paths = [path for exclusion in exclusions for path in exclusion.paths]
    only = threat.paths if isinstance(threat, BotControl) else ()
    narrowed = [
        *([any_of([begins_with(path, EXCLUSION_VIEW) for path in only])] if only else []),
        *([none_of(paths)] if paths else []),
        *([negated(labelled(TRUSTED_LABEL))] if spared else []),
    ]
    count = dict.fromkeys([*(exclusion.rule for exclusion in exclusions if exclusion.rule), *counted])
    statement = Acl.ManagedRuleGroupStatementProperty(
        vendor_name=pin.vendor if pin else "AWS",
        name=group.aws_name if group else str(pin and pin.vendor_group),
        version=pin.version if pin else None,
        managed_rule_group_configs=[threat.config()] if threat else None,
        rule_action_overrides=[
            Acl.RuleActionOverrideProperty(name=rule, action_to_use=Acl.RuleActionProperty(count=Acl.CountActionProperty()))
            for rule in count
        ]
        or None,
        scope_down_statement=all_of(narrowed) if narrowed else None,
    )
    return Rule(
        name=name,
        statement=Acl.StatementProperty(managed_rule_group_statement=statement),
        does="group",
        units=pin.units if pin else None,
        price=threat.price if threat else None,
    )


def require_exclusions(where: str, exclusions: Sequence[Exclusion], groups: Mapping[str, object]) -> dict[str, list[Exclusion]]:
    """The exclusions by group; refuse one without meaning or reason."""
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


def require_exceptions(
    where: str,
    exceptions: Sequence[LabelException],
    groups: Mapping[str, Group | None],
    *,
    lists: Mapping[str, object],
    exclusions: Sequence[Exclusion],
) -> None:
    """Refuse an exception to a group or for a list that is not there, whose label nobody knows, or that an exclusion contradicts."""
    nowhere = {(exclusion.group, exclusion.rule) for exclusion in exclusions}
    for one in exceptions:
        if (one.group, one.rule) in nowhere:
            raise ConfigurationError(
                f"{where}: rules",
                given=f"LabelException and Exclusion of {one.rule}",
                allowed="one of them: the exclusion blocks nowhere, the exception everywhere but in one place",
                mend="keep the exception",
            )
        if one.group not in groups:
            raise ConfigurationError(
                f"{where}: rules",
                given=f"LabelException of {one.group}",
                allowed=f"a managed group of this web ACL: {', '.join(groups)}",
                mend="copy the group's name from the rule in the log",
            )
        if one.addresses is not None and one.addresses not in lists:
            raise ConfigurationError(
                f"{where}: rules",
                given=f"LabelException for addresses {one.addresses!r}",
                allowed=f"an AddressList of this web ACL: {', '.join(lists) or 'there is none'}",
                mend="add the list to rules",
            )
        if not one.label and (groups[one.group] is None or one.group in PAID_GROUPS):
            raise ConfigurationError(
                f"{where}: rules",
                given=f"LabelException of {one.group} without a label",
                allowed="the label that the rule sets",
                mend=f"copy it from the log, where {one.rule} matched, into label=",
            )
