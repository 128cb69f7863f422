"""The rules of a web ACL, in the order AWS WAF judges them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from prodready_constructs.edge.waf.addresses import AddressList, Countries
from prodready_constructs.edge.waf.limits import PATH_WINDOW, RateLimit, rate_statement, require_limit
from prodready_constructs.edge.waf.managed import (
    CONTENT_GROUPS,
    GROUPS,
    IP_GROUPS,
    PAID_GROUPS,
    Exclusion,
    Group,
    LabelException,
    ManagedGroup,
)
from prodready_constructs.edge.waf.managed_rules import managed_rule, require_exceptions, require_exclusions
from prodready_constructs.edge.waf.rule import CustomRule, Rule
from prodready_constructs.edge.waf.statements import (
    EXCLUSION_VIEW,
    TRUSTED_LABEL,
    Statement,
    all_of,
    any_of,
    begins_with,
    from_countries,
    from_sets,
    labelled,
    negated,
    require_path,
)
from prodready_constructs.edge.waf.threats import PRICES, AccountCreation, AccountTakeover, BotControl, Threat, require_place
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import EdgePosture

#: 100 requests in 15 minutes, the limit asked for, scaled to the longest window: 100 * 10 / 15 = 67.
DEFAULT_PATH_LIMITS: Mapping[str, int] = {"/api/": round(100 * PATH_WINDOW / timedelta(minutes=15))}

#: Whatever can stand in ``WebAcl(rules=[...])``.
RuleValue = (
    RateLimit | AddressList | Countries | ManagedGroup | LabelException | BotControl | AccountTakeover | AccountCreation | CustomRule
)
_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a web ACL is asked for.

    Attributes:
        where: the path of the construct, for messages.
        placement: ``BEHIND_CLOUDFRONT`` tells visitors apart by ``X-Forwarded-For``; lists of bad addresses have nothing to look at there.
        sets: address list -> the ARNs of its IP sets.
    """

    where: str
    posture: EdgePosture
    placement: str
    path_limits: Mapping[str, int]
    values: Sequence[RuleValue]
    exclusions: Sequence[Exclusion]
    sets: Mapping[str, Sequence[str]]

    @property
    def forwarded(self) -> bool:
        """All connections are CloudFront's."""
        return self.placement == "BEHIND_CLOUDFRONT"

    def of(self, kind: type[_Value]) -> list[_Value]:
        """The values of *kind*, as given."""
        return [value for value in self.values if isinstance(value, kind)]

    def rules(self) -> list[Rule]:
        """All rules in their order: addresses, countries, rates, then contents (the dear ones last), exceptions and your own."""
        lists = self.of(AddressList)
        trusting = any(one.verdict == "trust" for one in lists)
        rules = [
            *self._lists(lists, "block"),
            *self._lists(lists, "trust"),
            *self._lists(lists, "allow"),
            *self._lists(lists, "only"),
            *self._countries(trusting),
            *self._groups(trusting),
        ]
        names = [rule.name for rule in rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigurationError(
                f"{self.where}: rules", given=", ".join(twice), allowed="names that no other rule has", mend="rename one, or leave one out"
            )
        return rules

    def _lists(self, lists: Sequence[AddressList], verdict: str) -> Iterable[Rule]:
        chosen = [one for one in lists if one.verdict == verdict]
        if verdict == "only" and len(chosen) > 1:
            raise ConfigurationError(
                f"{self.where}: rules",
                given=", ".join(one.name for one in chosen),
                allowed="one list with verdict='only': two would turn away everybody who is not in both",
                mend="put the addresses into one list",
            )
        for one in chosen:
            # A header without an address is no member of a list that lets in, and is one of a list that keeps out.
            inside = from_sets(self.sets[one.name], forwarded=self.forwarded, fallback="MATCH" if verdict == "block" else "NO_MATCH")
            if verdict == "block":
                yield Rule(name=one.name, statement=inside)
            elif verdict == "only":
                yield Rule(name=one.name, statement=negated(inside))
            elif verdict == "trust":
                yield Rule(name=one.name, statement=inside, does="count", label=TRUSTED_LABEL)
            else:
                yield Rule(name=one.name, statement=inside, does="allow")

    def _countries(self, trusting: bool) -> Iterable[Rule]:
        values = self.of(Countries)
        blocked = {*self.posture.blocked_countries, *(code for one in values for code in one.blocked)}
        allowed = {code for one in values for code in one.allowed}
        if both := sorted(blocked & allowed):
            raise ConfigurationError(
                f"{self.where}: rules",
                given=f"{', '.join(both)} allowed and blocked",
                allowed="countries that are one or the other",
                mend="take them out of one of the lists (the posture's blocked_countries count too)",
            )
        if blocked:
            there = from_countries(blocked, forwarded=self.forwarded, fallback="MATCH")
            yield Rule(name="BlockedCountries", statement=_spared(there, trusting))
        if allowed:
            outside = negated(from_countries(allowed, forwarded=self.forwarded, fallback="NO_MATCH"))
            yield Rule(name="OutsideAllowedCountries", statement=_spared(outside, trusting))

    def _groups(self, trusting: bool) -> Iterable[Rule]:
        bots = self.of(BotControl) or ([BotControl()] if self.posture.bot_control and not self.forwarded else [])
        asked: list[Threat] = [*bots, *self.of(AccountTakeover), *self.of(AccountCreation)]
        self._require_once(asked, self.of(ManagedGroup))
        threats = {threat.name: threat for threat in asked}
        pinned = {one.group: one for one in self.of(ManagedGroup)}
        for threat in threats.values():
            require_place(self.where, threat, self.placement)
        usual: dict[str, Group] = {**({} if self.forwarded else IP_GROUPS), **CONTENT_GROUPS}
        self._require_addresses(pinned)
        more = {name: GROUPS.get(name) for name in pinned if name not in usual}
        groups: dict[str, Group | None] = {**usual, **more, **{name: PAID_GROUPS[name] for name in threats}}
        exclusions = require_exclusions(self.where, self.exclusions, groups)
        exceptions = self.of(LabelException)
        require_exceptions(self.where, exceptions, groups, lists=self.sets, exclusions=self.exclusions)
        made = {
            name: managed_rule(
                name,
                group,
                pin=pinned.get(name),
                threat=threats.get(name),
                exclusions=exclusions.get(name, ()),
                counted=[one.rule for one in exceptions if one.group == name],
                spared=trusting and name in IP_GROUPS,
            )
            for name, group in groups.items()
        }
        yield from (rule for name, rule in made.items() if name in IP_GROUPS)
        yield from self._limits(trusting)
        yield from (rule for name, rule in made.items() if name not in IP_GROUPS)
        yield from (self._exception(one, groups[one.group]) for one in exceptions)
        for own in self.of(CustomRule):
            yield Rule(name=own.name, statement=own.statement, does=own.action, units=own.units, price=PRICES.get(own.action))

    def _require_addresses(self, pinned: Mapping[str, ManagedGroup]) -> None:
        if self.forwarded and (useless := sorted(IP_GROUPS.keys() & pinned.keys())):
            raise ConfigurationError(
                f"{self.where}: rules",
                given=f"{', '.join(useless)} behind CloudFront",
                allowed="groups that judge contents: all connections come from CloudFront's addresses here",
                mend="give it to the distribution's web ACL",
            )

    def _require_once(self, threats: Sequence[Threat], groups: Sequence[ManagedGroup]) -> None:
        names = [*(threat.name for threat in threats), *(group.group for group in groups)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigurationError(
                f"{self.where}: rules", given=f"{', '.join(twice)} twice", allowed="each group once", mend="say all about it in one value"
            )

    def _limits(self, trusting: bool) -> Iterable[Rule]:
        limits = [
            RateLimit(name="RateLimit", limit=self.posture.rate_limit, window=self.posture.rate_window),
            *self._path_limits(),
            *self.of(RateLimit),
        ]
        for limit in limits:
            statement = rate_statement(limit, forwarded=self.forwarded, trusting=trusting)
            yield Rule(
                name=limit.name,
                statement=statement,
                does=limit.action,
                retry_after=limit.window,
                price=PRICES.get(limit.action),
            )

    def _path_limits(self) -> Iterable[RateLimit]:
        seen: dict[str, str] = {}
        for path, limit in self.path_limits.items():
            require_path(f"{self.where}: path_limits", path)
            require_limit(f"{self.where}: path_limits[{path!r}]", limit, PATH_WINDOW)
            name = f"PathLimit-{re.sub(r'[^a-z0-9]+', '-', path.lower()).strip('-') or 'root'}"
            if name in seen:
                raise ConfigurationError(
                    f"{self.where}: path_limits",
                    given=f"{seen[name]!r} and {path!r}",
                    allowed="paths that differ in more than punctuation and letter case",
                    mend="keep one of them",
                )
            seen[name] = path
            yield RateLimit(name=name, limit=limit, window=PATH_WINDOW, path=path)

    def _exception(self, one: LabelException, group: Group | None) -> Rule:
        places = [any_of([begins_with(path, EXCLUSION_VIEW) for path in one.paths])] if one.paths else []
        if one.addresses:
            places.append(from_sets(self.sets[one.addresses], forwarded=self.forwarded, fallback="NO_MATCH"))
        label = one.label or (one.label_in(group) if group else "")
        return Rule(name=one.name, statement=all_of([labelled(label), negated(all_of(places))]), with_group=one.group)


def _spared(statement: Statement, trusting: bool) -> Statement:
    return all_of([statement, negated(labelled(TRUSTED_LABEL))]) if trusting else statement
