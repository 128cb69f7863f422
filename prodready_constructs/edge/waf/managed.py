"""The rule groups that AWS maintains: what they cost, which of their rules set which label, and where they do not apply.

Source: AWS WAF developer guide, "AWS Managed Rules rule groups list".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from prodready_constructs.edge.waf.statements import require_path
from prodready_constructs.errors import ConfigurationError


class Group(NamedTuple):
    """An AWS managed rule group: its AWS name, capacity units, label namespace, and whether AWS publishes versions of it."""

    aws_name: str
    units: int
    namespace: str
    versioned: bool = True


#: Judge addresses, not contents: without meaning where all connections are CloudFront's.
IP_GROUPS = {
    "IpReputation": Group("AWSManagedRulesAmazonIpReputationList", 25, "amazon-ip-list", versioned=False),
    "AnonymousIp": Group("AWSManagedRulesAnonymousIpList", 50, "anonymous-ip-list", versioned=False),
}
CONTENT_GROUPS = {
    "KnownBadInputs": Group("AWSManagedRulesKnownBadInputsRuleSet", 200, "known-bad-inputs"),
    "Common": Group("AWSManagedRulesCommonRuleSet", 700, "core-rule-set"),
    "SqlInjection": Group("AWSManagedRulesSQLiRuleSet", 200, "sql-database"),
}
#: Added by ``ManagedGroup``.
MORE_GROUPS = {
    "AdminProtection": Group("AWSManagedRulesAdminProtectionRuleSet", 100, "admin-protection"),
    "Linux": Group("AWSManagedRulesLinuxRuleSet", 200, "linux-os"),
    "Posix": Group("AWSManagedRulesUnixRuleSet", 100, "posix-os"),
    "Windows": Group("AWSManagedRulesWindowsRuleSet", 200, "windows-os"),
    "Php": Group("AWSManagedRulesPHPRuleSet", 100, "php-app"),
    "WordPress": Group("AWSManagedRulesWordPressRuleSet", 100, "wordpress-app"),
}
#: Added by ``BotControl``, ``AccountTakeover`` and ``AccountCreation``: AWS charges for each.
PAID_GROUPS = {
    "BotControl": Group("AWSManagedRulesBotControlRuleSet", 50, "bot-control", versioned=False),
    "AccountTakeover": Group("AWSManagedRulesATPRuleSet", 50, "atp", versioned=False),
    "AccountCreation": Group("AWSManagedRulesACFPRuleSet", 50, "acfp", versioned=False),
}
GROUPS = {**IP_GROUPS, **CONTENT_GROUPS, **MORE_GROUPS, **PAID_GROUPS}

#: How AWS writes the last part of a rule's name in its label.
_PARTS = {
    "BODY": "Body",
    "COOKIE": "Cookie",
    "HEADER": "Header",
    "METHOD": "Method",
    "QUERYARGUMENTS": "QueryArguments",
    "QUERYSTRING": "QueryString",
    "URIPATH": "URIPath",
}
#: Groups whose labels end with the rule's very name.
_AS_NAMED = ("posix-os", "wordpress-app")
#: Labels that do not follow from the rule's name.
_OWN_LABELS = {
    "UserAgent_BadBots_HEADER": "BadBots_Header",
    "Host_localhost_HEADER": "Host_Localhost_Header",
    "PROPFIND_METHOD": "Propfind_Method",
}
_VERSION = re.compile(r"[\w#:.\-/]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Where a managed rule group does not apply.

    Attributes:
        group: ``IpReputation``, ``AnonymousIp``, ``KnownBadInputs``, ``Common``, ``SqlInjection``, ``BotControl`` or one that a rule added.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelException:
    """One rule of a managed group that blocks everywhere but in one place.

    The group's rule counts and labels; a rule of ours after it blocks what has the label and is not in that place. Narrower than an
    :class:`Exclusion`: the group's other rules still judge the place, and this one still blocks everywhere else.

    Attributes:
        group: the managed group; *rule*: its rule (``CrossSiteScripting_BODY``), as the log names it.
        because: why, for whoever reads the web ACL next year.
        paths: where the rule does not block: paths that begin with one of these.
        addresses: for whom it does not: the name of an :class:`AddressList` of this web ACL. With *paths* too, both must be true.
        label: the rule's label, where it does not follow from the rule's name.
    """

    group: str
    rule: str
    because: str
    paths: tuple[str, ...] = ()
    addresses: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        require_reason("LabelException.because", self.because)
        if not self.paths and not self.addresses:
            raise ConfigurationError(
                "LabelException.paths",
                given="neither paths nor addresses",
                allowed="a place where the rule does not block",
                mend="name paths or an address list; a rule that shall block nowhere is an Exclusion(rule=...)",
            )
        for path in self.paths:
            require_path("LabelException.paths", path)

    @property
    def name(self) -> str:
        """Of the rule that blocks outside the exception."""
        return f"{self.group}-{self.rule}"

    def label_in(self, group: Group) -> str:
        """The label that *rule* puts on a request."""
        if self.label:
            return self.label
        stem, _, part = self.rule.rpartition("_")
        spelt = part in _PARTS and group.namespace not in _AS_NAMED
        own = _OWN_LABELS.get(self.rule) or (f"{stem}_{_PARTS[part]}" if spelt else self.rule)
        return f"awswaf:managed:aws:{group.namespace}:{own}"

    def as_fact(self) -> dict[str, object]:
        """For the evidence."""
        return {"group": self.group, "rule": self.rule, "paths": list(self.paths), "addresses": self.addresses, "because": self.because}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedGroup:
    """A managed rule group more, or one of the usual ones at a pinned version.

    Attributes:
        group: ``Common``, ``KnownBadInputs``, ``SqlInjection`` (to pin it), ``AdminProtection``, ``Linux``, ``Posix``, ``Windows``, ``Php``,
            ``WordPress``; or any name of yours for a group of another vendor.
        version: ``Version_1.10``; AWS's current default when None. A pinned version expires: AWS announces it on an SNS topic.
        vendor, vendor_group, units: of a group from AWS Marketplace: the vendor, the group's name there and its capacity units.
    """

    group: str
    version: str | None = None
    vendor: str = "AWS"
    vendor_group: str | None = None
    units: int | None = None

    def __post_init__(self) -> None:
        if self.vendor != "AWS":
            if not self.vendor_group or not self.units:
                raise ConfigurationError(
                    "ManagedGroup.vendor",
                    given=f"{self.vendor} without vendor_group or units",
                    allowed="the group's name at the vendor and its capacity units",
                    mend=f"ask: aws wafv2 list-available-managed-rule-groups, for {self.vendor}'s",
                )
            return
        known = {name: group for name, group in GROUPS.items() if name not in PAID_GROUPS}
        if self.group not in known:
            raise ConfigurationError(
                "ManagedGroup.group",
                given=self.group,
                allowed=", ".join(known),
                mend="Bot Control and fraud control are values of their own; a Marketplace group wants vendor=",
            )
        if self.version is None:
            return
        if not known[self.group].versioned:
            raise ConfigurationError(
                "ManagedGroup.version",
                given=f"{self.version} of {self.group}",
                allowed="no version: AWS publishes none of it",
                mend="leave it out",
            )
        if not _VERSION.fullmatch(self.version):
            raise ConfigurationError(
                "ManagedGroup.version",
                given=self.version,
                allowed="a version such as 'Version_1.10'",
                mend="copy it from list-available-managed-rule-group-versions",
            )


def require_reason(where: str, because: str) -> None:
    """Refuse an exemption that nobody explained."""
    if not because.strip():
        raise ConfigurationError(
            where, given="no reason", allowed="a reason in words", mend="say why, for whoever reads the web ACL next year"
        )
